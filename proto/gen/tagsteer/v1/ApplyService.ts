// Generated from tagsteer/v1/apply_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ApplyRequest as _tagsteer_v1_ApplyRequest, ApplyRequest__Output as _tagsteer_v1_ApplyRequest__Output } from '../../tagsteer/v1/ApplyRequest.ts';
import type { ApplyResponse as _tagsteer_v1_ApplyResponse, ApplyResponse__Output as _tagsteer_v1_ApplyResponse__Output } from '../../tagsteer/v1/ApplyResponse.ts';

export interface ApplyServiceClient extends grpc.Client {
  /**
   * All or nothing: every record is written (or found unchanged) and every deletion done in one generation, or the
   * request fails and nothing has changed. Records may refer to each other in any order.
   */
  Apply(argument: _tagsteer_v1_ApplyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  Apply(argument: _tagsteer_v1_ApplyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  Apply(argument: _tagsteer_v1_ApplyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  Apply(argument: _tagsteer_v1_ApplyRequest, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  /**
   * All or nothing: every record is written (or found unchanged) and every deletion done in one generation, or the
   * request fails and nothing has changed. Records may refer to each other in any order.
   */
  apply(argument: _tagsteer_v1_ApplyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  apply(argument: _tagsteer_v1_ApplyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  apply(argument: _tagsteer_v1_ApplyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  apply(argument: _tagsteer_v1_ApplyRequest, callback: grpc.requestCallback<_tagsteer_v1_ApplyResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ApplyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * All or nothing: every record is written (or found unchanged) and every deletion done in one generation, or the
   * request fails and nothing has changed. Records may refer to each other in any order.
   */
  Apply: grpc.handleUnaryCall<_tagsteer_v1_ApplyRequest__Output, _tagsteer_v1_ApplyResponse>;
  
}

export interface ApplyServiceDefinition extends grpc.ServiceDefinition {
  Apply: MethodDefinition<_tagsteer_v1_ApplyRequest, _tagsteer_v1_ApplyResponse, _tagsteer_v1_ApplyRequest__Output, _tagsteer_v1_ApplyResponse__Output>
}
