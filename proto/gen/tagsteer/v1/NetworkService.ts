// Generated from tagsteer/v1/network_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CreateNetworkRequest as _tagsteer_v1_CreateNetworkRequest, CreateNetworkRequest__Output as _tagsteer_v1_CreateNetworkRequest__Output } from '../../tagsteer/v1/CreateNetworkRequest.ts';
import type { DeleteNetworkRequest as _tagsteer_v1_DeleteNetworkRequest, DeleteNetworkRequest__Output as _tagsteer_v1_DeleteNetworkRequest__Output } from '../../tagsteer/v1/DeleteNetworkRequest.ts';
import type { GetNetworkRequest as _tagsteer_v1_GetNetworkRequest, GetNetworkRequest__Output as _tagsteer_v1_GetNetworkRequest__Output } from '../../tagsteer/v1/GetNetworkRequest.ts';
import type { ListNetworksRequest as _tagsteer_v1_ListNetworksRequest, ListNetworksRequest__Output as _tagsteer_v1_ListNetworksRequest__Output } from '../../tagsteer/v1/ListNetworksRequest.ts';
import type { ListNetworksResponse as _tagsteer_v1_ListNetworksResponse, ListNetworksResponse__Output as _tagsteer_v1_ListNetworksResponse__Output } from '../../tagsteer/v1/ListNetworksResponse.ts';
import type { Network as _tagsteer_v1_Network, Network__Output as _tagsteer_v1_Network__Output } from '../../tagsteer/v1/Network.ts';
import type { UpdateNetworkRequest as _tagsteer_v1_UpdateNetworkRequest, UpdateNetworkRequest__Output as _tagsteer_v1_UpdateNetworkRequest__Output } from '../../tagsteer/v1/UpdateNetworkRequest.ts';

export interface NetworkServiceClient extends grpc.Client {
  CreateNetwork(argument: _tagsteer_v1_CreateNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  CreateNetwork(argument: _tagsteer_v1_CreateNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  CreateNetwork(argument: _tagsteer_v1_CreateNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  CreateNetwork(argument: _tagsteer_v1_CreateNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  createNetwork(argument: _tagsteer_v1_CreateNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  createNetwork(argument: _tagsteer_v1_CreateNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  createNetwork(argument: _tagsteer_v1_CreateNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  createNetwork(argument: _tagsteer_v1_CreateNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  
  /**
   * The network goes on as a layer 2 domain without a router.
   */
  DeleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  /**
   * The network goes on as a layer 2 domain without a router.
   */
  deleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNetwork(argument: _tagsteer_v1_DeleteNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetNetwork(argument: _tagsteer_v1_GetNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _tagsteer_v1_GetNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _tagsteer_v1_GetNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _tagsteer_v1_GetNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _tagsteer_v1_GetNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _tagsteer_v1_GetNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _tagsteer_v1_GetNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _tagsteer_v1_GetNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  
  ListNetworks(argument: _tagsteer_v1_ListNetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _tagsteer_v1_ListNetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _tagsteer_v1_ListNetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _tagsteer_v1_ListNetworksRequest, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _tagsteer_v1_ListNetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _tagsteer_v1_ListNetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _tagsteer_v1_ListNetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _tagsteer_v1_ListNetworksRequest, callback: grpc.requestCallback<_tagsteer_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  UpdateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  UpdateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  UpdateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  updateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  updateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  updateNetwork(argument: _tagsteer_v1_UpdateNetworkRequest, callback: grpc.requestCallback<_tagsteer_v1_Network__Output>): grpc.ClientUnaryCall;
  
}

export interface NetworkServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateNetwork: grpc.handleUnaryCall<_tagsteer_v1_CreateNetworkRequest__Output, _tagsteer_v1_Network>;
  
  /**
   * The network goes on as a layer 2 domain without a router.
   */
  DeleteNetwork: grpc.handleUnaryCall<_tagsteer_v1_DeleteNetworkRequest__Output, _tagsteer_v1_Accepted>;
  
  GetNetwork: grpc.handleUnaryCall<_tagsteer_v1_GetNetworkRequest__Output, _tagsteer_v1_Network>;
  
  ListNetworks: grpc.handleUnaryCall<_tagsteer_v1_ListNetworksRequest__Output, _tagsteer_v1_ListNetworksResponse>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateNetwork: grpc.handleUnaryCall<_tagsteer_v1_UpdateNetworkRequest__Output, _tagsteer_v1_Network>;
  
}

export interface NetworkServiceDefinition extends grpc.ServiceDefinition {
  CreateNetwork: MethodDefinition<_tagsteer_v1_CreateNetworkRequest, _tagsteer_v1_Network, _tagsteer_v1_CreateNetworkRequest__Output, _tagsteer_v1_Network__Output>
  DeleteNetwork: MethodDefinition<_tagsteer_v1_DeleteNetworkRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteNetworkRequest__Output, _tagsteer_v1_Accepted__Output>
  GetNetwork: MethodDefinition<_tagsteer_v1_GetNetworkRequest, _tagsteer_v1_Network, _tagsteer_v1_GetNetworkRequest__Output, _tagsteer_v1_Network__Output>
  ListNetworks: MethodDefinition<_tagsteer_v1_ListNetworksRequest, _tagsteer_v1_ListNetworksResponse, _tagsteer_v1_ListNetworksRequest__Output, _tagsteer_v1_ListNetworksResponse__Output>
  UpdateNetwork: MethodDefinition<_tagsteer_v1_UpdateNetworkRequest, _tagsteer_v1_Network, _tagsteer_v1_UpdateNetworkRequest__Output, _tagsteer_v1_Network__Output>
}
