// Generated from tagsteer/v1/topology_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { DeleteSwitchRequest as _tagsteer_v1_DeleteSwitchRequest, DeleteSwitchRequest__Output as _tagsteer_v1_DeleteSwitchRequest__Output } from '../../tagsteer/v1/DeleteSwitchRequest.ts';
import type { GetTopologyRequest as _tagsteer_v1_GetTopologyRequest, GetTopologyRequest__Output as _tagsteer_v1_GetTopologyRequest__Output } from '../../tagsteer/v1/GetTopologyRequest.ts';
import type { ListCarriersRequest as _tagsteer_v1_ListCarriersRequest, ListCarriersRequest__Output as _tagsteer_v1_ListCarriersRequest__Output } from '../../tagsteer/v1/ListCarriersRequest.ts';
import type { ListCarriersResponse as _tagsteer_v1_ListCarriersResponse, ListCarriersResponse__Output as _tagsteer_v1_ListCarriersResponse__Output } from '../../tagsteer/v1/ListCarriersResponse.ts';
import type { ListSwitchesRequest as _tagsteer_v1_ListSwitchesRequest, ListSwitchesRequest__Output as _tagsteer_v1_ListSwitchesRequest__Output } from '../../tagsteer/v1/ListSwitchesRequest.ts';
import type { ListSwitchesResponse as _tagsteer_v1_ListSwitchesResponse, ListSwitchesResponse__Output as _tagsteer_v1_ListSwitchesResponse__Output } from '../../tagsteer/v1/ListSwitchesResponse.ts';
import type { Switch as _tagsteer_v1_Switch, Switch__Output as _tagsteer_v1_Switch__Output } from '../../tagsteer/v1/Switch.ts';
import type { Topology as _tagsteer_v1_Topology, Topology__Output as _tagsteer_v1_Topology__Output } from '../../tagsteer/v1/Topology.ts';
import type { UpdateSwitchRequest as _tagsteer_v1_UpdateSwitchRequest, UpdateSwitchRequest__Output as _tagsteer_v1_UpdateSwitchRequest__Output } from '../../tagsteer/v1/UpdateSwitchRequest.ts';

export interface TopologyServiceClient extends grpc.Client {
  DeleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteSwitch(argument: _tagsteer_v1_DeleteSwitchRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetTopology(argument: _tagsteer_v1_GetTopologyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  GetTopology(argument: _tagsteer_v1_GetTopologyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  GetTopology(argument: _tagsteer_v1_GetTopologyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  GetTopology(argument: _tagsteer_v1_GetTopologyRequest, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  getTopology(argument: _tagsteer_v1_GetTopologyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  getTopology(argument: _tagsteer_v1_GetTopologyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  getTopology(argument: _tagsteer_v1_GetTopologyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  getTopology(argument: _tagsteer_v1_GetTopologyRequest, callback: grpc.requestCallback<_tagsteer_v1_Topology__Output>): grpc.ClientUnaryCall;
  
  /**
   * What carries the identity of a sender between each two switches, and how large packets may be.
   */
  ListCarriers(argument: _tagsteer_v1_ListCarriersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  ListCarriers(argument: _tagsteer_v1_ListCarriersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  ListCarriers(argument: _tagsteer_v1_ListCarriersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  ListCarriers(argument: _tagsteer_v1_ListCarriersRequest, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What carries the identity of a sender between each two switches, and how large packets may be.
   */
  listCarriers(argument: _tagsteer_v1_ListCarriersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  listCarriers(argument: _tagsteer_v1_ListCarriersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  listCarriers(argument: _tagsteer_v1_ListCarriersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  listCarriers(argument: _tagsteer_v1_ListCarriersRequest, callback: grpc.requestCallback<_tagsteer_v1_ListCarriersResponse__Output>): grpc.ClientUnaryCall;
  
  ListSwitches(argument: _tagsteer_v1_ListSwitchesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  ListSwitches(argument: _tagsteer_v1_ListSwitchesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  ListSwitches(argument: _tagsteer_v1_ListSwitchesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  ListSwitches(argument: _tagsteer_v1_ListSwitchesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  listSwitches(argument: _tagsteer_v1_ListSwitchesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  listSwitches(argument: _tagsteer_v1_ListSwitchesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  listSwitches(argument: _tagsteer_v1_ListSwitchesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  listSwitches(argument: _tagsteer_v1_ListSwitchesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListSwitchesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Says more about a switch than it says itself: a name, its uplinks.
   */
  UpdateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  UpdateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  UpdateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  UpdateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  /**
   * Says more about a switch than it says itself: a name, its uplinks.
   */
  updateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  updateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  updateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  updateSwitch(argument: _tagsteer_v1_UpdateSwitchRequest, callback: grpc.requestCallback<_tagsteer_v1_Switch__Output>): grpc.ClientUnaryCall;
  
}

export interface TopologyServiceHandlers extends grpc.UntypedServiceImplementation {
  DeleteSwitch: grpc.handleUnaryCall<_tagsteer_v1_DeleteSwitchRequest__Output, _tagsteer_v1_Accepted>;
  
  GetTopology: grpc.handleUnaryCall<_tagsteer_v1_GetTopologyRequest__Output, _tagsteer_v1_Topology>;
  
  /**
   * What carries the identity of a sender between each two switches, and how large packets may be.
   */
  ListCarriers: grpc.handleUnaryCall<_tagsteer_v1_ListCarriersRequest__Output, _tagsteer_v1_ListCarriersResponse>;
  
  ListSwitches: grpc.handleUnaryCall<_tagsteer_v1_ListSwitchesRequest__Output, _tagsteer_v1_ListSwitchesResponse>;
  
  /**
   * Says more about a switch than it says itself: a name, its uplinks.
   */
  UpdateSwitch: grpc.handleUnaryCall<_tagsteer_v1_UpdateSwitchRequest__Output, _tagsteer_v1_Switch>;
  
}

export interface TopologyServiceDefinition extends grpc.ServiceDefinition {
  DeleteSwitch: MethodDefinition<_tagsteer_v1_DeleteSwitchRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteSwitchRequest__Output, _tagsteer_v1_Accepted__Output>
  GetTopology: MethodDefinition<_tagsteer_v1_GetTopologyRequest, _tagsteer_v1_Topology, _tagsteer_v1_GetTopologyRequest__Output, _tagsteer_v1_Topology__Output>
  ListCarriers: MethodDefinition<_tagsteer_v1_ListCarriersRequest, _tagsteer_v1_ListCarriersResponse, _tagsteer_v1_ListCarriersRequest__Output, _tagsteer_v1_ListCarriersResponse__Output>
  ListSwitches: MethodDefinition<_tagsteer_v1_ListSwitchesRequest, _tagsteer_v1_ListSwitchesResponse, _tagsteer_v1_ListSwitchesRequest__Output, _tagsteer_v1_ListSwitchesResponse__Output>
  UpdateSwitch: MethodDefinition<_tagsteer_v1_UpdateSwitchRequest, _tagsteer_v1_Switch, _tagsteer_v1_UpdateSwitchRequest__Output, _tagsteer_v1_Switch__Output>
}
