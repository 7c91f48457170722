// Generated from tagsteer/v1/probe_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListPropagationRequest as _tagsteer_v1_ListPropagationRequest, ListPropagationRequest__Output as _tagsteer_v1_ListPropagationRequest__Output } from '../../tagsteer/v1/ListPropagationRequest.ts';
import type { ListPropagationResponse as _tagsteer_v1_ListPropagationResponse, ListPropagationResponse__Output as _tagsteer_v1_ListPropagationResponse__Output } from '../../tagsteer/v1/ListPropagationResponse.ts';
import type { ProbeReport as _tagsteer_v1_ProbeReport, ProbeReport__Output as _tagsteer_v1_ProbeReport__Output } from '../../tagsteer/v1/ProbeReport.ts';
import type { ProbeRequest as _tagsteer_v1_ProbeRequest, ProbeRequest__Output as _tagsteer_v1_ProbeRequest__Output } from '../../tagsteer/v1/ProbeRequest.ts';
import type { WatchProbesRequest as _tagsteer_v1_WatchProbesRequest, WatchProbesRequest__Output as _tagsteer_v1_WatchProbesRequest__Output } from '../../tagsteer/v1/WatchProbesRequest.ts';

export interface ProbeServiceClient extends grpc.Client {
  /**
   * What samples have shown of pairs of switches: whether the identity that the one writes is the one that the other reads.
   */
  ListPropagation(argument: _tagsteer_v1_ListPropagationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  ListPropagation(argument: _tagsteer_v1_ListPropagationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  ListPropagation(argument: _tagsteer_v1_ListPropagationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  ListPropagation(argument: _tagsteer_v1_ListPropagationRequest, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What samples have shown of pairs of switches: whether the identity that the one writes is the one that the other reads.
   */
  listPropagation(argument: _tagsteer_v1_ListPropagationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  listPropagation(argument: _tagsteer_v1_ListPropagationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  listPropagation(argument: _tagsteer_v1_ListPropagationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  listPropagation(argument: _tagsteer_v1_ListPropagationRequest, callback: grpc.requestCallback<_tagsteer_v1_ListPropagationResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Sends a packet of one interface for another through the tables of the switches between, and says what they made of it.
   * Its receiver does not see it, and it leaves no connection behind.
   */
  Probe(argument: _tagsteer_v1_ProbeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  Probe(argument: _tagsteer_v1_ProbeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  Probe(argument: _tagsteer_v1_ProbeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  Probe(argument: _tagsteer_v1_ProbeRequest, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  /**
   * Sends a packet of one interface for another through the tables of the switches between, and says what they made of it.
   * Its receiver does not see it, and it leaves no connection behind.
   */
  probe(argument: _tagsteer_v1_ProbeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  probe(argument: _tagsteer_v1_ProbeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  probe(argument: _tagsteer_v1_ProbeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  probe(argument: _tagsteer_v1_ProbeRequest, callback: grpc.requestCallback<_tagsteer_v1_ProbeReport__Output>): grpc.ClientUnaryCall;
  
  /**
   * Every probe that is over from now on, whoever asked for it.
   */
  Watch(argument: _tagsteer_v1_WatchProbesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProbeReport__Output>;
  Watch(argument: _tagsteer_v1_WatchProbesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProbeReport__Output>;
  /**
   * Every probe that is over from now on, whoever asked for it.
   */
  watch(argument: _tagsteer_v1_WatchProbesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProbeReport__Output>;
  watch(argument: _tagsteer_v1_WatchProbesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_ProbeReport__Output>;
  
}

export interface ProbeServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * What samples have shown of pairs of switches: whether the identity that the one writes is the one that the other reads.
   */
  ListPropagation: grpc.handleUnaryCall<_tagsteer_v1_ListPropagationRequest__Output, _tagsteer_v1_ListPropagationResponse>;
  
  /**
   * Sends a packet of one interface for another through the tables of the switches between, and says what they made of it.
   * Its receiver does not see it, and it leaves no connection behind.
   */
  Probe: grpc.handleUnaryCall<_tagsteer_v1_ProbeRequest__Output, _tagsteer_v1_ProbeReport>;
  
  /**
   * Every probe that is over from now on, whoever asked for it.
   */
  Watch: grpc.handleServerStreamingCall<_tagsteer_v1_WatchProbesRequest__Output, _tagsteer_v1_ProbeReport>;
  
}

export interface ProbeServiceDefinition extends grpc.ServiceDefinition {
  ListPropagation: MethodDefinition<_tagsteer_v1_ListPropagationRequest, _tagsteer_v1_ListPropagationResponse, _tagsteer_v1_ListPropagationRequest__Output, _tagsteer_v1_ListPropagationResponse__Output>
  Probe: MethodDefinition<_tagsteer_v1_ProbeRequest, _tagsteer_v1_ProbeReport, _tagsteer_v1_ProbeRequest__Output, _tagsteer_v1_ProbeReport__Output>
  Watch: MethodDefinition<_tagsteer_v1_WatchProbesRequest, _tagsteer_v1_ProbeReport, _tagsteer_v1_WatchProbesRequest__Output, _tagsteer_v1_ProbeReport__Output>
}
