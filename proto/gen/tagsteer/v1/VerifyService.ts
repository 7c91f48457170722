// Generated from tagsteer/v1/verify_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { VerifyRequest as _tagsteer_v1_VerifyRequest, VerifyRequest__Output as _tagsteer_v1_VerifyRequest__Output } from '../../tagsteer/v1/VerifyRequest.ts';
import type { VerifyStep as _tagsteer_v1_VerifyStep, VerifyStep__Output as _tagsteer_v1_VerifyStep__Output } from '../../tagsteer/v1/VerifyStep.ts';

export interface VerifyServiceClient extends grpc.Client {
  /**
   * Reads every flow of the switches and compares with what is wanted of them; compiles all of the intent anew and
   * compares with what is wanted. Tells how far it is, then what it found, switch by switch; ends after the last.
   * Verifications run one after the other.
   */
  Verify(argument: _tagsteer_v1_VerifyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_VerifyStep__Output>;
  Verify(argument: _tagsteer_v1_VerifyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_VerifyStep__Output>;
  /**
   * Reads every flow of the switches and compares with what is wanted of them; compiles all of the intent anew and
   * compares with what is wanted. Tells how far it is, then what it found, switch by switch; ends after the last.
   * Verifications run one after the other.
   */
  verify(argument: _tagsteer_v1_VerifyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_VerifyStep__Output>;
  verify(argument: _tagsteer_v1_VerifyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_VerifyStep__Output>;
  
}

export interface VerifyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Reads every flow of the switches and compares with what is wanted of them; compiles all of the intent anew and
   * compares with what is wanted. Tells how far it is, then what it found, switch by switch; ends after the last.
   * Verifications run one after the other.
   */
  Verify: grpc.handleServerStreamingCall<_tagsteer_v1_VerifyRequest__Output, _tagsteer_v1_VerifyStep>;
  
}

export interface VerifyServiceDefinition extends grpc.ServiceDefinition {
  Verify: MethodDefinition<_tagsteer_v1_VerifyRequest, _tagsteer_v1_VerifyStep, _tagsteer_v1_VerifyRequest__Output, _tagsteer_v1_VerifyStep__Output>
}
