// Generated from tagsteer/v1/lifecycle_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CreateStagePolicyRequest as _tagsteer_v1_CreateStagePolicyRequest, CreateStagePolicyRequest__Output as _tagsteer_v1_CreateStagePolicyRequest__Output } from '../../tagsteer/v1/CreateStagePolicyRequest.ts';
import type { DeleteStagePolicyRequest as _tagsteer_v1_DeleteStagePolicyRequest, DeleteStagePolicyRequest__Output as _tagsteer_v1_DeleteStagePolicyRequest__Output } from '../../tagsteer/v1/DeleteStagePolicyRequest.ts';
import type { GetStagePolicyRequest as _tagsteer_v1_GetStagePolicyRequest, GetStagePolicyRequest__Output as _tagsteer_v1_GetStagePolicyRequest__Output } from '../../tagsteer/v1/GetStagePolicyRequest.ts';
import type { GetStageRequest as _tagsteer_v1_GetStageRequest, GetStageRequest__Output as _tagsteer_v1_GetStageRequest__Output } from '../../tagsteer/v1/GetStageRequest.ts';
import type { InterfaceStage as _tagsteer_v1_InterfaceStage, InterfaceStage__Output as _tagsteer_v1_InterfaceStage__Output } from '../../tagsteer/v1/InterfaceStage.ts';
import type { ListStagePoliciesRequest as _tagsteer_v1_ListStagePoliciesRequest, ListStagePoliciesRequest__Output as _tagsteer_v1_ListStagePoliciesRequest__Output } from '../../tagsteer/v1/ListStagePoliciesRequest.ts';
import type { ListStagePoliciesResponse as _tagsteer_v1_ListStagePoliciesResponse, ListStagePoliciesResponse__Output as _tagsteer_v1_ListStagePoliciesResponse__Output } from '../../tagsteer/v1/ListStagePoliciesResponse.ts';
import type { ListStagesRequest as _tagsteer_v1_ListStagesRequest, ListStagesRequest__Output as _tagsteer_v1_ListStagesRequest__Output } from '../../tagsteer/v1/ListStagesRequest.ts';
import type { ListStagesResponse as _tagsteer_v1_ListStagesResponse, ListStagesResponse__Output as _tagsteer_v1_ListStagesResponse__Output } from '../../tagsteer/v1/ListStagesResponse.ts';
import type { MoveStageRequest as _tagsteer_v1_MoveStageRequest, MoveStageRequest__Output as _tagsteer_v1_MoveStageRequest__Output } from '../../tagsteer/v1/MoveStageRequest.ts';
import type { ReclaimRequest as _tagsteer_v1_ReclaimRequest, ReclaimRequest__Output as _tagsteer_v1_ReclaimRequest__Output } from '../../tagsteer/v1/ReclaimRequest.ts';
import type { ReclaimResponse as _tagsteer_v1_ReclaimResponse, ReclaimResponse__Output as _tagsteer_v1_ReclaimResponse__Output } from '../../tagsteer/v1/ReclaimResponse.ts';
import type { StagePolicy as _tagsteer_v1_StagePolicy, StagePolicy__Output as _tagsteer_v1_StagePolicy__Output } from '../../tagsteer/v1/StagePolicy.ts';
import type { UpdateStagePolicyRequest as _tagsteer_v1_UpdateStagePolicyRequest, UpdateStagePolicyRequest__Output as _tagsteer_v1_UpdateStagePolicyRequest__Output } from '../../tagsteer/v1/UpdateStagePolicyRequest.ts';

export interface LifecycleServiceClient extends grpc.Client {
  CreateStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  CreateStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  CreateStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  CreateStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  createStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  createStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  createStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  createStagePolicy(argument: _tagsteer_v1_CreateStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  
  DeleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteStagePolicy(argument: _tagsteer_v1_DeleteStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetStage(argument: _tagsteer_v1_GetStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  GetStage(argument: _tagsteer_v1_GetStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  GetStage(argument: _tagsteer_v1_GetStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  GetStage(argument: _tagsteer_v1_GetStageRequest, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  getStage(argument: _tagsteer_v1_GetStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  getStage(argument: _tagsteer_v1_GetStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  getStage(argument: _tagsteer_v1_GetStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  getStage(argument: _tagsteer_v1_GetStageRequest, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  
  GetStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  GetStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  GetStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  GetStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  getStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  getStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  getStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  getStagePolicy(argument: _tagsteer_v1_GetStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  
  ListStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  listStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  listStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  listStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  listStagePolicies(argument: _tagsteer_v1_ListStagePoliciesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListStagePoliciesResponse__Output>): grpc.ClientUnaryCall;
  
  ListStages(argument: _tagsteer_v1_ListStagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _tagsteer_v1_ListStagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _tagsteer_v1_ListStagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _tagsteer_v1_ListStagesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _tagsteer_v1_ListStagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _tagsteer_v1_ListStagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _tagsteer_v1_ListStagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _tagsteer_v1_ListStagesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * A legal move (docs/lifecycle.md), or STAGE_MOVE_ILLEGAL. Moving to the stage that it is in changes nothing.
   */
  MoveStage(argument: _tagsteer_v1_MoveStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  MoveStage(argument: _tagsteer_v1_MoveStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  MoveStage(argument: _tagsteer_v1_MoveStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  MoveStage(argument: _tagsteer_v1_MoveStageRequest, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  /**
   * A legal move (docs/lifecycle.md), or STAGE_MOVE_ILLEGAL. Moving to the stage that it is in changes nothing.
   */
  moveStage(argument: _tagsteer_v1_MoveStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  moveStage(argument: _tagsteer_v1_MoveStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  moveStage(argument: _tagsteer_v1_MoveStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  moveStage(argument: _tagsteer_v1_MoveStageRequest, callback: grpc.requestCallback<_tagsteer_v1_InterfaceStage__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes addresses of revocable interfaces back: those whose retention is over, whose counters prove silence, and at which
   * nobody answers. With validate_only it says which those are, and why others are not.
   */
  Reclaim(argument: _tagsteer_v1_ReclaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  Reclaim(argument: _tagsteer_v1_ReclaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  Reclaim(argument: _tagsteer_v1_ReclaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  Reclaim(argument: _tagsteer_v1_ReclaimRequest, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes addresses of revocable interfaces back: those whose retention is over, whose counters prove silence, and at which
   * nobody answers. With validate_only it says which those are, and why others are not.
   */
  reclaim(argument: _tagsteer_v1_ReclaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  reclaim(argument: _tagsteer_v1_ReclaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  reclaim(argument: _tagsteer_v1_ReclaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  reclaim(argument: _tagsteer_v1_ReclaimRequest, callback: grpc.requestCallback<_tagsteer_v1_ReclaimResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  UpdateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  UpdateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  UpdateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  updateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  updateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  updateStagePolicy(argument: _tagsteer_v1_UpdateStagePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_StagePolicy__Output>): grpc.ClientUnaryCall;
  
}

export interface LifecycleServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateStagePolicy: grpc.handleUnaryCall<_tagsteer_v1_CreateStagePolicyRequest__Output, _tagsteer_v1_StagePolicy>;
  
  DeleteStagePolicy: grpc.handleUnaryCall<_tagsteer_v1_DeleteStagePolicyRequest__Output, _tagsteer_v1_Accepted>;
  
  GetStage: grpc.handleUnaryCall<_tagsteer_v1_GetStageRequest__Output, _tagsteer_v1_InterfaceStage>;
  
  GetStagePolicy: grpc.handleUnaryCall<_tagsteer_v1_GetStagePolicyRequest__Output, _tagsteer_v1_StagePolicy>;
  
  ListStagePolicies: grpc.handleUnaryCall<_tagsteer_v1_ListStagePoliciesRequest__Output, _tagsteer_v1_ListStagePoliciesResponse>;
  
  ListStages: grpc.handleUnaryCall<_tagsteer_v1_ListStagesRequest__Output, _tagsteer_v1_ListStagesResponse>;
  
  /**
   * A legal move (docs/lifecycle.md), or STAGE_MOVE_ILLEGAL. Moving to the stage that it is in changes nothing.
   */
  MoveStage: grpc.handleUnaryCall<_tagsteer_v1_MoveStageRequest__Output, _tagsteer_v1_InterfaceStage>;
  
  /**
   * Takes addresses of revocable interfaces back: those whose retention is over, whose counters prove silence, and at which
   * nobody answers. With validate_only it says which those are, and why others are not.
   */
  Reclaim: grpc.handleUnaryCall<_tagsteer_v1_ReclaimRequest__Output, _tagsteer_v1_ReclaimResponse>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateStagePolicy: grpc.handleUnaryCall<_tagsteer_v1_UpdateStagePolicyRequest__Output, _tagsteer_v1_StagePolicy>;
  
}

export interface LifecycleServiceDefinition extends grpc.ServiceDefinition {
  CreateStagePolicy: MethodDefinition<_tagsteer_v1_CreateStagePolicyRequest, _tagsteer_v1_StagePolicy, _tagsteer_v1_CreateStagePolicyRequest__Output, _tagsteer_v1_StagePolicy__Output>
  DeleteStagePolicy: MethodDefinition<_tagsteer_v1_DeleteStagePolicyRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteStagePolicyRequest__Output, _tagsteer_v1_Accepted__Output>
  GetStage: MethodDefinition<_tagsteer_v1_GetStageRequest, _tagsteer_v1_InterfaceStage, _tagsteer_v1_GetStageRequest__Output, _tagsteer_v1_InterfaceStage__Output>
  GetStagePolicy: MethodDefinition<_tagsteer_v1_GetStagePolicyRequest, _tagsteer_v1_StagePolicy, _tagsteer_v1_GetStagePolicyRequest__Output, _tagsteer_v1_StagePolicy__Output>
  ListStagePolicies: MethodDefinition<_tagsteer_v1_ListStagePoliciesRequest, _tagsteer_v1_ListStagePoliciesResponse, _tagsteer_v1_ListStagePoliciesRequest__Output, _tagsteer_v1_ListStagePoliciesResponse__Output>
  ListStages: MethodDefinition<_tagsteer_v1_ListStagesRequest, _tagsteer_v1_ListStagesResponse, _tagsteer_v1_ListStagesRequest__Output, _tagsteer_v1_ListStagesResponse__Output>
  MoveStage: MethodDefinition<_tagsteer_v1_MoveStageRequest, _tagsteer_v1_InterfaceStage, _tagsteer_v1_MoveStageRequest__Output, _tagsteer_v1_InterfaceStage__Output>
  Reclaim: MethodDefinition<_tagsteer_v1_ReclaimRequest, _tagsteer_v1_ReclaimResponse, _tagsteer_v1_ReclaimRequest__Output, _tagsteer_v1_ReclaimResponse__Output>
  UpdateStagePolicy: MethodDefinition<_tagsteer_v1_UpdateStagePolicyRequest, _tagsteer_v1_StagePolicy, _tagsteer_v1_UpdateStagePolicyRequest__Output, _tagsteer_v1_StagePolicy__Output>
}
