// Generated from tagsteer/v1/prove_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ProveRequest as _tagsteer_v1_ProveRequest, ProveRequest__Output as _tagsteer_v1_ProveRequest__Output } from '../../tagsteer/v1/ProveRequest.ts';
import type { ProveResponse as _tagsteer_v1_ProveResponse, ProveResponse__Output as _tagsteer_v1_ProveResponse__Output } from '../../tagsteer/v1/ProveResponse.ts';
import type { WatchProofsRequest as _tagsteer_v1_WatchProofsRequest, WatchProofsRequest__Output as _tagsteer_v1_WatchProofsRequest__Output } from '../../tagsteer/v1/WatchProofsRequest.ts';

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
  
  /**
   * The same after each generation that switches have applied, and at intervals, for as long as it is read: the first
   * proof is one of everything, later ones look at what may have become another. Changes gather while one is under way; a
   * failure is told when it stands on a second look.
   */
  Watch(argument: _tagsteer_v1_WatchProofsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProveResponse__Output>;
  Watch(argument: _tagsteer_v1_WatchProofsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProveResponse__Output>;
  /**
   * The same after each generation that switches have applied, and at intervals, for as long as it is read: the first
   * proof is one of everything, later ones look at what may have become another. Changes gather while one is under way; a
   * failure is told when it stands on a second look.
   */
  watch(argument: _tagsteer_v1_WatchProofsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProveResponse__Output>;
  watch(argument: _tagsteer_v1_WatchProofsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProveResponse__Output>;
  
}

export interface ProveServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Reads the tables of the switches back, flows of others in them included, and proves; or finds packets whose fate is
   * not what policy says. Changes nothing. Proofs run one after the other.
   */
  Prove: grpc.handleUnaryCall<_tagsteer_v1_ProveRequest__Output, _tagsteer_v1_ProveResponse>;
  
  /**
   * The same after each generation that switches have applied, and at intervals, for as long as it is read: the first
   * proof is one of everything, later ones look at what may have become another. Changes gather while one is under way; a
   * failure is told when it stands on a second look.
   */
  Watch: grpc.handleServerStreamingCall<_tagsteer_v1_WatchProofsRequest__Output, _tagsteer_v1_ProveResponse>;
  
}

export interface ProveServiceDefinition extends grpc.ServiceDefinition {
  Prove: MethodDefinition<_tagsteer_v1_ProveRequest, _tagsteer_v1_ProveResponse, _tagsteer_v1_ProveRequest__Output, _tagsteer_v1_ProveResponse__Output>
  Watch: MethodDefinition<_tagsteer_v1_WatchProofsRequest, _tagsteer_v1_ProveResponse, _tagsteer_v1_WatchProofsRequest__Output, _tagsteer_v1_ProveResponse__Output>
}
