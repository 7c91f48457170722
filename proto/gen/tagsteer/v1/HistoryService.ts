// Generated from tagsteer/v1/history_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BlameRequest as _tagsteer_v1_BlameRequest, BlameRequest__Output as _tagsteer_v1_BlameRequest__Output } from '../../tagsteer/v1/BlameRequest.ts';
import type { BlameResponse as _tagsteer_v1_BlameResponse, BlameResponse__Output as _tagsteer_v1_BlameResponse__Output } from '../../tagsteer/v1/BlameResponse.ts';
import type { DiffGenerationsRequest as _tagsteer_v1_DiffGenerationsRequest, DiffGenerationsRequest__Output as _tagsteer_v1_DiffGenerationsRequest__Output } from '../../tagsteer/v1/DiffGenerationsRequest.ts';
import type { DiffGenerationsResponse as _tagsteer_v1_DiffGenerationsResponse, DiffGenerationsResponse__Output as _tagsteer_v1_DiffGenerationsResponse__Output } from '../../tagsteer/v1/DiffGenerationsResponse.ts';
import type { Generation as _tagsteer_v1_Generation, Generation__Output as _tagsteer_v1_Generation__Output } from '../../tagsteer/v1/Generation.ts';
import type { GetGenerationRequest as _tagsteer_v1_GetGenerationRequest, GetGenerationRequest__Output as _tagsteer_v1_GetGenerationRequest__Output } from '../../tagsteer/v1/GetGenerationRequest.ts';
import type { ListGenerationsRequest as _tagsteer_v1_ListGenerationsRequest, ListGenerationsRequest__Output as _tagsteer_v1_ListGenerationsRequest__Output } from '../../tagsteer/v1/ListGenerationsRequest.ts';
import type { ListGenerationsResponse as _tagsteer_v1_ListGenerationsResponse, ListGenerationsResponse__Output as _tagsteer_v1_ListGenerationsResponse__Output } from '../../tagsteer/v1/ListGenerationsResponse.ts';

export interface HistoryServiceClient extends grpc.Client {
  /**
   * Which record caused a flow, and the change since which it is as it is. NOT_FOUND where no switch has such a flow.
   */
  Blame(argument: _tagsteer_v1_BlameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  Blame(argument: _tagsteer_v1_BlameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  Blame(argument: _tagsteer_v1_BlameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  Blame(argument: _tagsteer_v1_BlameRequest, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Which record caused a flow, and the change since which it is as it is. NOT_FOUND where no switch has such a flow.
   */
  blame(argument: _tagsteer_v1_BlameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  blame(argument: _tagsteer_v1_BlameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  blame(argument: _tagsteer_v1_BlameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  blame(argument: _tagsteer_v1_BlameRequest, callback: grpc.requestCallback<_tagsteer_v1_BlameResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The records that differ between two generations: the net effect of everything between them.
   */
  DiffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  DiffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  DiffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  DiffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The records that differ between two generations: the net effect of everything between them.
   */
  diffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  diffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  diffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  diffGenerations(argument: _tagsteer_v1_DiffGenerationsRequest, callback: grpc.requestCallback<_tagsteer_v1_DiffGenerationsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * One generation with every record before and after it. COMPACTED where history does not reach it any more.
   */
  GetGeneration(argument: _tagsteer_v1_GetGenerationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  GetGeneration(argument: _tagsteer_v1_GetGenerationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  GetGeneration(argument: _tagsteer_v1_GetGenerationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  GetGeneration(argument: _tagsteer_v1_GetGenerationRequest, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  /**
   * One generation with every record before and after it. COMPACTED where history does not reach it any more.
   */
  getGeneration(argument: _tagsteer_v1_GetGenerationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  getGeneration(argument: _tagsteer_v1_GetGenerationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  getGeneration(argument: _tagsteer_v1_GetGenerationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  getGeneration(argument: _tagsteer_v1_GetGenerationRequest, callback: grpc.requestCallback<_tagsteer_v1_Generation__Output>): grpc.ClientUnaryCall;
  
  /**
   * Generations, newest first. A page may hold fewer than asked for, or none, and still have a next one.
   */
  ListGenerations(argument: _tagsteer_v1_ListGenerationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  ListGenerations(argument: _tagsteer_v1_ListGenerationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  ListGenerations(argument: _tagsteer_v1_ListGenerationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  ListGenerations(argument: _tagsteer_v1_ListGenerationsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Generations, newest first. A page may hold fewer than asked for, or none, and still have a next one.
   */
  listGenerations(argument: _tagsteer_v1_ListGenerationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  listGenerations(argument: _tagsteer_v1_ListGenerationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  listGenerations(argument: _tagsteer_v1_ListGenerationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  listGenerations(argument: _tagsteer_v1_ListGenerationsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListGenerationsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface HistoryServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Which record caused a flow, and the change since which it is as it is. NOT_FOUND where no switch has such a flow.
   */
  Blame: grpc.handleUnaryCall<_tagsteer_v1_BlameRequest__Output, _tagsteer_v1_BlameResponse>;
  
  /**
   * The records that differ between two generations: the net effect of everything between them.
   */
  DiffGenerations: grpc.handleUnaryCall<_tagsteer_v1_DiffGenerationsRequest__Output, _tagsteer_v1_DiffGenerationsResponse>;
  
  /**
   * One generation with every record before and after it. COMPACTED where history does not reach it any more.
   */
  GetGeneration: grpc.handleUnaryCall<_tagsteer_v1_GetGenerationRequest__Output, _tagsteer_v1_Generation>;
  
  /**
   * Generations, newest first. A page may hold fewer than asked for, or none, and still have a next one.
   */
  ListGenerations: grpc.handleUnaryCall<_tagsteer_v1_ListGenerationsRequest__Output, _tagsteer_v1_ListGenerationsResponse>;
  
}

export interface HistoryServiceDefinition extends grpc.ServiceDefinition {
  Blame: MethodDefinition<_tagsteer_v1_BlameRequest, _tagsteer_v1_BlameResponse, _tagsteer_v1_BlameRequest__Output, _tagsteer_v1_BlameResponse__Output>
  DiffGenerations: MethodDefinition<_tagsteer_v1_DiffGenerationsRequest, _tagsteer_v1_DiffGenerationsResponse, _tagsteer_v1_DiffGenerationsRequest__Output, _tagsteer_v1_DiffGenerationsResponse__Output>
  GetGeneration: MethodDefinition<_tagsteer_v1_GetGenerationRequest, _tagsteer_v1_Generation, _tagsteer_v1_GetGenerationRequest__Output, _tagsteer_v1_Generation__Output>
  ListGenerations: MethodDefinition<_tagsteer_v1_ListGenerationsRequest, _tagsteer_v1_ListGenerationsResponse, _tagsteer_v1_ListGenerationsRequest__Output, _tagsteer_v1_ListGenerationsResponse__Output>
}
