// Generated from tagsteer/v1/lint_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { LintRequest as _tagsteer_v1_LintRequest, LintRequest__Output as _tagsteer_v1_LintRequest__Output } from '../../tagsteer/v1/LintRequest.ts';
import type { LintResponse as _tagsteer_v1_LintResponse, LintResponse__Output as _tagsteer_v1_LintResponse__Output } from '../../tagsteer/v1/LintResponse.ts';

export interface LintServiceClient extends grpc.Client {
  /**
   * Writes nothing.
   */
  Lint(argument: _tagsteer_v1_LintRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  Lint(argument: _tagsteer_v1_LintRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  Lint(argument: _tagsteer_v1_LintRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  Lint(argument: _tagsteer_v1_LintRequest, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Writes nothing.
   */
  lint(argument: _tagsteer_v1_LintRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  lint(argument: _tagsteer_v1_LintRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  lint(argument: _tagsteer_v1_LintRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  lint(argument: _tagsteer_v1_LintRequest, callback: grpc.requestCallback<_tagsteer_v1_LintResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface LintServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Writes nothing.
   */
  Lint: grpc.handleUnaryCall<_tagsteer_v1_LintRequest__Output, _tagsteer_v1_LintResponse>;
  
}

export interface LintServiceDefinition extends grpc.ServiceDefinition {
  Lint: MethodDefinition<_tagsteer_v1_LintRequest, _tagsteer_v1_LintResponse, _tagsteer_v1_LintRequest__Output, _tagsteer_v1_LintResponse__Output>
}
