// Generated from tagsteer/v1/flow_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AppliedStatus as _tagsteer_v1_AppliedStatus, AppliedStatus__Output as _tagsteer_v1_AppliedStatus__Output } from '../../tagsteer/v1/AppliedStatus.ts';
import type { ExplainRequest as _tagsteer_v1_ExplainRequest, ExplainRequest__Output as _tagsteer_v1_ExplainRequest__Output } from '../../tagsteer/v1/ExplainRequest.ts';
import type { Explanation as _tagsteer_v1_Explanation, Explanation__Output as _tagsteer_v1_Explanation__Output } from '../../tagsteer/v1/Explanation.ts';
import type { ListFlowsRequest as _tagsteer_v1_ListFlowsRequest, ListFlowsRequest__Output as _tagsteer_v1_ListFlowsRequest__Output } from '../../tagsteer/v1/ListFlowsRequest.ts';
import type { ListFlowsResponse as _tagsteer_v1_ListFlowsResponse, ListFlowsResponse__Output as _tagsteer_v1_ListFlowsResponse__Output } from '../../tagsteer/v1/ListFlowsResponse.ts';
import type { ListRefusedRequest as _tagsteer_v1_ListRefusedRequest, ListRefusedRequest__Output as _tagsteer_v1_ListRefusedRequest__Output } from '../../tagsteer/v1/ListRefusedRequest.ts';
import type { ListRefusedResponse as _tagsteer_v1_ListRefusedResponse, ListRefusedResponse__Output as _tagsteer_v1_ListRefusedResponse__Output } from '../../tagsteer/v1/ListRefusedResponse.ts';
import type { ListTablesRequest as _tagsteer_v1_ListTablesRequest, ListTablesRequest__Output as _tagsteer_v1_ListTablesRequest__Output } from '../../tagsteer/v1/ListTablesRequest.ts';
import type { ListTablesResponse as _tagsteer_v1_ListTablesResponse, ListTablesResponse__Output as _tagsteer_v1_ListTablesResponse__Output } from '../../tagsteer/v1/ListTablesResponse.ts';
import type { WaitAppliedRequest as _tagsteer_v1_WaitAppliedRequest, WaitAppliedRequest__Output as _tagsteer_v1_WaitAppliedRequest__Output } from '../../tagsteer/v1/WaitAppliedRequest.ts';

export interface FlowServiceClient extends grpc.Client {
  /**
   * Why a packet between two interfaces is allowed or denied.
   */
  Explain(argument: _tagsteer_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _tagsteer_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _tagsteer_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _tagsteer_v1_ExplainRequest, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  /**
   * Why a packet between two interfaces is allowed or denied.
   */
  explain(argument: _tagsteer_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _tagsteer_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _tagsteer_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _tagsteer_v1_ExplainRequest, callback: grpc.requestCallback<_tagsteer_v1_Explanation__Output>): grpc.ClientUnaryCall;
  
  /**
   * Flows of one switch with the record and policy behind each, desired and installed.
   */
  ListFlows(argument: _tagsteer_v1_ListFlowsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  ListFlows(argument: _tagsteer_v1_ListFlowsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  ListFlows(argument: _tagsteer_v1_ListFlowsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  ListFlows(argument: _tagsteer_v1_ListFlowsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Flows of one switch with the record and policy behind each, desired and installed.
   */
  listFlows(argument: _tagsteer_v1_ListFlowsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  listFlows(argument: _tagsteer_v1_ListFlowsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  listFlows(argument: _tagsteer_v1_ListFlowsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  listFlows(argument: _tagsteer_v1_ListFlowsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListFlowsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What switches dropped because it was forged, by switch, reason and port, since the controller started.
   */
  ListRefused(argument: _tagsteer_v1_ListRefusedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  ListRefused(argument: _tagsteer_v1_ListRefusedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  ListRefused(argument: _tagsteer_v1_ListRefusedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  ListRefused(argument: _tagsteer_v1_ListRefusedRequest, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What switches dropped because it was forged, by switch, reason and port, since the controller started.
   */
  listRefused(argument: _tagsteer_v1_ListRefusedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  listRefused(argument: _tagsteer_v1_ListRefusedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  listRefused(argument: _tagsteer_v1_ListRefusedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  listRefused(argument: _tagsteer_v1_ListRefusedRequest, callback: grpc.requestCallback<_tagsteer_v1_ListRefusedResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The declared tables of the pipeline.
   */
  ListTables(argument: _tagsteer_v1_ListTablesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  ListTables(argument: _tagsteer_v1_ListTablesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  ListTables(argument: _tagsteer_v1_ListTablesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  ListTables(argument: _tagsteer_v1_ListTablesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The declared tables of the pipeline.
   */
  listTables(argument: _tagsteer_v1_ListTablesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  listTables(argument: _tagsteer_v1_ListTablesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  listTables(argument: _tagsteer_v1_ListTablesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  listTables(argument: _tagsteer_v1_ListTablesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListTablesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Returns when every switch concerned enforces the generation, or fails with NOT_APPLIED and the laggards.
   */
  WaitApplied(argument: _tagsteer_v1_WaitAppliedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  WaitApplied(argument: _tagsteer_v1_WaitAppliedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  WaitApplied(argument: _tagsteer_v1_WaitAppliedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  WaitApplied(argument: _tagsteer_v1_WaitAppliedRequest, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  /**
   * Returns when every switch concerned enforces the generation, or fails with NOT_APPLIED and the laggards.
   */
  waitApplied(argument: _tagsteer_v1_WaitAppliedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  waitApplied(argument: _tagsteer_v1_WaitAppliedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  waitApplied(argument: _tagsteer_v1_WaitAppliedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  waitApplied(argument: _tagsteer_v1_WaitAppliedRequest, callback: grpc.requestCallback<_tagsteer_v1_AppliedStatus__Output>): grpc.ClientUnaryCall;
  
}

export interface FlowServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Why a packet between two interfaces is allowed or denied.
   */
  Explain: grpc.handleUnaryCall<_tagsteer_v1_ExplainRequest__Output, _tagsteer_v1_Explanation>;
  
  /**
   * Flows of one switch with the record and policy behind each, desired and installed.
   */
  ListFlows: grpc.handleUnaryCall<_tagsteer_v1_ListFlowsRequest__Output, _tagsteer_v1_ListFlowsResponse>;
  
  /**
   * What switches dropped because it was forged, by switch, reason and port, since the controller started.
   */
  ListRefused: grpc.handleUnaryCall<_tagsteer_v1_ListRefusedRequest__Output, _tagsteer_v1_ListRefusedResponse>;
  
  /**
   * The declared tables of the pipeline.
   */
  ListTables: grpc.handleUnaryCall<_tagsteer_v1_ListTablesRequest__Output, _tagsteer_v1_ListTablesResponse>;
  
  /**
   * Returns when every switch concerned enforces the generation, or fails with NOT_APPLIED and the laggards.
   */
  WaitApplied: grpc.handleUnaryCall<_tagsteer_v1_WaitAppliedRequest__Output, _tagsteer_v1_AppliedStatus>;
  
}

export interface FlowServiceDefinition extends grpc.ServiceDefinition {
  Explain: MethodDefinition<_tagsteer_v1_ExplainRequest, _tagsteer_v1_Explanation, _tagsteer_v1_ExplainRequest__Output, _tagsteer_v1_Explanation__Output>
  ListFlows: MethodDefinition<_tagsteer_v1_ListFlowsRequest, _tagsteer_v1_ListFlowsResponse, _tagsteer_v1_ListFlowsRequest__Output, _tagsteer_v1_ListFlowsResponse__Output>
  ListRefused: MethodDefinition<_tagsteer_v1_ListRefusedRequest, _tagsteer_v1_ListRefusedResponse, _tagsteer_v1_ListRefusedRequest__Output, _tagsteer_v1_ListRefusedResponse__Output>
  ListTables: MethodDefinition<_tagsteer_v1_ListTablesRequest, _tagsteer_v1_ListTablesResponse, _tagsteer_v1_ListTablesRequest__Output, _tagsteer_v1_ListTablesResponse__Output>
  WaitApplied: MethodDefinition<_tagsteer_v1_WaitAppliedRequest, _tagsteer_v1_AppliedStatus, _tagsteer_v1_WaitAppliedRequest__Output, _tagsteer_v1_AppliedStatus__Output>
}
