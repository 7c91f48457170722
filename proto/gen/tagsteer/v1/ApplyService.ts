// Generated from tagsteer/v1/apply_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ApplyRequest as _tagsteer_v1_ApplyRequest, ApplyRequest__Output as _tagsteer_v1_ApplyRequest__Output } from '../../tagsteer/v1/ApplyRequest.ts';
import type { ApplyResponse as _tagsteer_v1_ApplyResponse, ApplyResponse__Output as _tagsteer_v1_ApplyResponse__Output } from '../../tagsteer/v1/ApplyResponse.ts';
import type { PlanRequest as _tagsteer_v1_PlanRequest, PlanRequest__Output as _tagsteer_v1_PlanRequest__Output } from '../../tagsteer/v1/PlanRequest.ts';
import type { PlanResponse as _tagsteer_v1_PlanResponse, PlanResponse__Output as _tagsteer_v1_PlanResponse__Output } from '../../tagsteer/v1/PlanResponse.ts';

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
  
  /**
   * What Apply would do with the same request: nothing is written, and no switch is sent a flow. The plan is about the
   * newest durable generation; it says where it cannot know something.
   */
  Plan(argument: _tagsteer_v1_PlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  Plan(argument: _tagsteer_v1_PlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  Plan(argument: _tagsteer_v1_PlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  Plan(argument: _tagsteer_v1_PlanRequest, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What Apply would do with the same request: nothing is written, and no switch is sent a flow. The plan is about the
   * newest durable generation; it says where it cannot know something.
   */
  plan(argument: _tagsteer_v1_PlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  plan(argument: _tagsteer_v1_PlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  plan(argument: _tagsteer_v1_PlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  plan(argument: _tagsteer_v1_PlanRequest, callback: grpc.requestCallback<_tagsteer_v1_PlanResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ApplyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * All or nothing: every record is written (or found unchanged) and every deletion done in one generation, or the
   * request fails and nothing has changed. Records may refer to each other in any order.
   */
  Apply: grpc.handleUnaryCall<_tagsteer_v1_ApplyRequest__Output, _tagsteer_v1_ApplyResponse>;
  
  /**
   * What Apply would do with the same request: nothing is written, and no switch is sent a flow. The plan is about the
   * newest durable generation; it says where it cannot know something.
   */
  Plan: grpc.handleUnaryCall<_tagsteer_v1_PlanRequest__Output, _tagsteer_v1_PlanResponse>;
  
}

export interface ApplyServiceDefinition extends grpc.ServiceDefinition {
  Apply: MethodDefinition<_tagsteer_v1_ApplyRequest, _tagsteer_v1_ApplyResponse, _tagsteer_v1_ApplyRequest__Output, _tagsteer_v1_ApplyResponse__Output>
  Plan: MethodDefinition<_tagsteer_v1_PlanRequest, _tagsteer_v1_PlanResponse, _tagsteer_v1_PlanRequest__Output, _tagsteer_v1_PlanResponse__Output>
}
