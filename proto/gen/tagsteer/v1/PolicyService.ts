// Generated from tagsteer/v1/policy_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CheckTrafficRequest as _tagsteer_v1_CheckTrafficRequest, CheckTrafficRequest__Output as _tagsteer_v1_CheckTrafficRequest__Output } from '../../tagsteer/v1/CheckTrafficRequest.ts';
import type { CheckTrafficResponse as _tagsteer_v1_CheckTrafficResponse, CheckTrafficResponse__Output as _tagsteer_v1_CheckTrafficResponse__Output } from '../../tagsteer/v1/CheckTrafficResponse.ts';
import type { CreatePolicyRequest as _tagsteer_v1_CreatePolicyRequest, CreatePolicyRequest__Output as _tagsteer_v1_CreatePolicyRequest__Output } from '../../tagsteer/v1/CreatePolicyRequest.ts';
import type { DeletePolicyRequest as _tagsteer_v1_DeletePolicyRequest, DeletePolicyRequest__Output as _tagsteer_v1_DeletePolicyRequest__Output } from '../../tagsteer/v1/DeletePolicyRequest.ts';
import type { GetPolicyForTrafficRequest as _tagsteer_v1_GetPolicyForTrafficRequest, GetPolicyForTrafficRequest__Output as _tagsteer_v1_GetPolicyForTrafficRequest__Output } from '../../tagsteer/v1/GetPolicyForTrafficRequest.ts';
import type { GetPolicyRequest as _tagsteer_v1_GetPolicyRequest, GetPolicyRequest__Output as _tagsteer_v1_GetPolicyRequest__Output } from '../../tagsteer/v1/GetPolicyRequest.ts';
import type { ListPoliciesRequest as _tagsteer_v1_ListPoliciesRequest, ListPoliciesRequest__Output as _tagsteer_v1_ListPoliciesRequest__Output } from '../../tagsteer/v1/ListPoliciesRequest.ts';
import type { ListPoliciesResponse as _tagsteer_v1_ListPoliciesResponse, ListPoliciesResponse__Output as _tagsteer_v1_ListPoliciesResponse__Output } from '../../tagsteer/v1/ListPoliciesResponse.ts';
import type { MergedPolicy as _tagsteer_v1_MergedPolicy, MergedPolicy__Output as _tagsteer_v1_MergedPolicy__Output } from '../../tagsteer/v1/MergedPolicy.ts';
import type { Policy as _tagsteer_v1_Policy, Policy__Output as _tagsteer_v1_Policy__Output } from '../../tagsteer/v1/Policy.ts';
import type { UpdatePolicyRequest as _tagsteer_v1_UpdatePolicyRequest, UpdatePolicyRequest__Output as _tagsteer_v1_UpdatePolicyRequest__Output } from '../../tagsteer/v1/UpdatePolicyRequest.ts';

export interface PolicyServiceClient extends grpc.Client {
  /**
   * Verdicts for many packets at once, without reasons; FlowService.Explain gives those. Policy only: where interfaces
   * are does not matter.
   */
  CheckTraffic(argument: _tagsteer_v1_CheckTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  CheckTraffic(argument: _tagsteer_v1_CheckTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  CheckTraffic(argument: _tagsteer_v1_CheckTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  CheckTraffic(argument: _tagsteer_v1_CheckTrafficRequest, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Verdicts for many packets at once, without reasons; FlowService.Explain gives those. Policy only: where interfaces
   * are does not matter.
   */
  checkTraffic(argument: _tagsteer_v1_CheckTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  checkTraffic(argument: _tagsteer_v1_CheckTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  checkTraffic(argument: _tagsteer_v1_CheckTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  checkTraffic(argument: _tagsteer_v1_CheckTrafficRequest, callback: grpc.requestCallback<_tagsteer_v1_CheckTrafficResponse__Output>): grpc.ClientUnaryCall;
  
  CreatePolicy(argument: _tagsteer_v1_CreatePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  CreatePolicy(argument: _tagsteer_v1_CreatePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  CreatePolicy(argument: _tagsteer_v1_CreatePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  CreatePolicy(argument: _tagsteer_v1_CreatePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  createPolicy(argument: _tagsteer_v1_CreatePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  createPolicy(argument: _tagsteer_v1_CreatePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  createPolicy(argument: _tagsteer_v1_CreatePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  createPolicy(argument: _tagsteer_v1_CreatePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  
  DeletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deletePolicy(argument: _tagsteer_v1_DeletePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetPolicy(argument: _tagsteer_v1_GetPolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  GetPolicy(argument: _tagsteer_v1_GetPolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  GetPolicy(argument: _tagsteer_v1_GetPolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  GetPolicy(argument: _tagsteer_v1_GetPolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  getPolicy(argument: _tagsteer_v1_GetPolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  getPolicy(argument: _tagsteer_v1_GetPolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  getPolicy(argument: _tagsteer_v1_GetPolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  getPolicy(argument: _tagsteer_v1_GetPolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  
  /**
   * The merged policy of a set of tags: every rule that would apply, in the order in which rules are consulted.
   */
  GetPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  GetPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  GetPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  GetPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  /**
   * The merged policy of a set of tags: every rule that would apply, in the order in which rules are consulted.
   */
  getPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  getPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  getPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  getPolicyForTraffic(argument: _tagsteer_v1_GetPolicyForTrafficRequest, callback: grpc.requestCallback<_tagsteer_v1_MergedPolicy__Output>): grpc.ClientUnaryCall;
  
  ListPolicies(argument: _tagsteer_v1_ListPoliciesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListPolicies(argument: _tagsteer_v1_ListPoliciesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListPolicies(argument: _tagsteer_v1_ListPoliciesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  ListPolicies(argument: _tagsteer_v1_ListPoliciesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  listPolicies(argument: _tagsteer_v1_ListPoliciesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  listPolicies(argument: _tagsteer_v1_ListPoliciesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  listPolicies(argument: _tagsteer_v1_ListPoliciesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  listPolicies(argument: _tagsteer_v1_ListPoliciesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListPoliciesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  UpdatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  UpdatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  UpdatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  updatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  updatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  updatePolicy(argument: _tagsteer_v1_UpdatePolicyRequest, callback: grpc.requestCallback<_tagsteer_v1_Policy__Output>): grpc.ClientUnaryCall;
  
}

export interface PolicyServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Verdicts for many packets at once, without reasons; FlowService.Explain gives those. Policy only: where interfaces
   * are does not matter.
   */
  CheckTraffic: grpc.handleUnaryCall<_tagsteer_v1_CheckTrafficRequest__Output, _tagsteer_v1_CheckTrafficResponse>;
  
  CreatePolicy: grpc.handleUnaryCall<_tagsteer_v1_CreatePolicyRequest__Output, _tagsteer_v1_Policy>;
  
  DeletePolicy: grpc.handleUnaryCall<_tagsteer_v1_DeletePolicyRequest__Output, _tagsteer_v1_Accepted>;
  
  GetPolicy: grpc.handleUnaryCall<_tagsteer_v1_GetPolicyRequest__Output, _tagsteer_v1_Policy>;
  
  /**
   * The merged policy of a set of tags: every rule that would apply, in the order in which rules are consulted.
   */
  GetPolicyForTraffic: grpc.handleUnaryCall<_tagsteer_v1_GetPolicyForTrafficRequest__Output, _tagsteer_v1_MergedPolicy>;
  
  ListPolicies: grpc.handleUnaryCall<_tagsteer_v1_ListPoliciesRequest__Output, _tagsteer_v1_ListPoliciesResponse>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdatePolicy: grpc.handleUnaryCall<_tagsteer_v1_UpdatePolicyRequest__Output, _tagsteer_v1_Policy>;
  
}

export interface PolicyServiceDefinition extends grpc.ServiceDefinition {
  CheckTraffic: MethodDefinition<_tagsteer_v1_CheckTrafficRequest, _tagsteer_v1_CheckTrafficResponse, _tagsteer_v1_CheckTrafficRequest__Output, _tagsteer_v1_CheckTrafficResponse__Output>
  CreatePolicy: MethodDefinition<_tagsteer_v1_CreatePolicyRequest, _tagsteer_v1_Policy, _tagsteer_v1_CreatePolicyRequest__Output, _tagsteer_v1_Policy__Output>
  DeletePolicy: MethodDefinition<_tagsteer_v1_DeletePolicyRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeletePolicyRequest__Output, _tagsteer_v1_Accepted__Output>
  GetPolicy: MethodDefinition<_tagsteer_v1_GetPolicyRequest, _tagsteer_v1_Policy, _tagsteer_v1_GetPolicyRequest__Output, _tagsteer_v1_Policy__Output>
  GetPolicyForTraffic: MethodDefinition<_tagsteer_v1_GetPolicyForTrafficRequest, _tagsteer_v1_MergedPolicy, _tagsteer_v1_GetPolicyForTrafficRequest__Output, _tagsteer_v1_MergedPolicy__Output>
  ListPolicies: MethodDefinition<_tagsteer_v1_ListPoliciesRequest, _tagsteer_v1_ListPoliciesResponse, _tagsteer_v1_ListPoliciesRequest__Output, _tagsteer_v1_ListPoliciesResponse__Output>
  UpdatePolicy: MethodDefinition<_tagsteer_v1_UpdatePolicyRequest, _tagsteer_v1_Policy, _tagsteer_v1_UpdatePolicyRequest__Output, _tagsteer_v1_Policy__Output>
}
