// Generated from tagsteer/v1/prove_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ProveRequest as _tagsteer_v1_ProveRequest, ProveRequest__Output as _tagsteer_v1_ProveRequest__Output } from '../../tagsteer/v1/ProveRequest.ts';
import type { ProveResponse as _tagsteer_v1_ProveResponse, ProveResponse__Output as _tagsteer_v1_ProveResponse__Output } from '../../tagsteer/v1/ProveResponse.ts';

export interface ProveServiceClient extends grpc.Client {
  /**
   * Reads the tables of the switches back, flows of others in them included, and proves; or finds packets whose fate is
   * not what policy says. Changes nothing. Proofs run one after the other.
   */
  Prove(argument: _tagsteer_v1_ProveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  Prove(argument: _tagsteer_v1_ProveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  Prove(argument: _tagsteer_v1_ProveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  Prove(argument: _tagsteer_v1_ProveRequest, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Reads the tables of the switches back, flows of others in them included, and proves; or finds packets whose fate is
   * not what policy says. Changes nothing. Proofs run one after the other.
   */
  prove(argument: _tagsteer_v1_ProveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  prove(argument: _tagsteer_v1_ProveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  prove(argument: _tagsteer_v1_ProveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  prove(argument: _tagsteer_v1_ProveRequest, callback: grpc.requestCallback<_tagsteer_v1_ProveResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ProveServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Reads the tables of the switches back, flows of others in them included, and proves; or finds packets whose fate is
   * not what policy says. Changes nothing. Proofs run one after the other.
   */
  Prove: grpc.handleUnaryCall<_tagsteer_v1_ProveRequest__Output, _tagsteer_v1_ProveResponse>;
  
}

export interface ProveServiceDefinition extends grpc.ServiceDefinition {
  Prove: MethodDefinition<_tagsteer_v1_ProveRequest, _tagsteer_v1_ProveResponse, _tagsteer_v1_ProveRequest__Output, _tagsteer_v1_ProveResponse__Output>
}
