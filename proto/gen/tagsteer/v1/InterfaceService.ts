// Generated from tagsteer/v1/interface_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { BatchUpdateInterfacesRequest as _tagsteer_v1_BatchUpdateInterfacesRequest, BatchUpdateInterfacesRequest__Output as _tagsteer_v1_BatchUpdateInterfacesRequest__Output } from '../../tagsteer/v1/BatchUpdateInterfacesRequest.ts';
import type { BatchUpdateInterfacesResponse as _tagsteer_v1_BatchUpdateInterfacesResponse, BatchUpdateInterfacesResponse__Output as _tagsteer_v1_BatchUpdateInterfacesResponse__Output } from '../../tagsteer/v1/BatchUpdateInterfacesResponse.ts';
import type { CreateInterfaceRequest as _tagsteer_v1_CreateInterfaceRequest, CreateInterfaceRequest__Output as _tagsteer_v1_CreateInterfaceRequest__Output } from '../../tagsteer/v1/CreateInterfaceRequest.ts';
import type { DeleteInterfaceRequest as _tagsteer_v1_DeleteInterfaceRequest, DeleteInterfaceRequest__Output as _tagsteer_v1_DeleteInterfaceRequest__Output } from '../../tagsteer/v1/DeleteInterfaceRequest.ts';
import type { GetInterfaceRequest as _tagsteer_v1_GetInterfaceRequest, GetInterfaceRequest__Output as _tagsteer_v1_GetInterfaceRequest__Output } from '../../tagsteer/v1/GetInterfaceRequest.ts';
import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';
import type { ListInterfacesRequest as _tagsteer_v1_ListInterfacesRequest, ListInterfacesRequest__Output as _tagsteer_v1_ListInterfacesRequest__Output } from '../../tagsteer/v1/ListInterfacesRequest.ts';
import type { ListInterfacesResponse as _tagsteer_v1_ListInterfacesResponse, ListInterfacesResponse__Output as _tagsteer_v1_ListInterfacesResponse__Output } from '../../tagsteer/v1/ListInterfacesResponse.ts';
import type { SetTagsRequest as _tagsteer_v1_SetTagsRequest, SetTagsRequest__Output as _tagsteer_v1_SetTagsRequest__Output } from '../../tagsteer/v1/SetTagsRequest.ts';
import type { UpdateInterfaceRequest as _tagsteer_v1_UpdateInterfaceRequest, UpdateInterfaceRequest__Output as _tagsteer_v1_UpdateInterfaceRequest__Output } from '../../tagsteer/v1/UpdateInterfaceRequest.ts';

export interface InterfaceServiceClient extends grpc.Client {
  /**
   * All or nothing, up to 1,000 records.
   */
  BatchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  BatchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  BatchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  BatchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  /**
   * All or nothing, up to 1,000 records.
   */
  batchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  batchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  batchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  batchUpdateInterfaces(argument: _tagsteer_v1_BatchUpdateInterfacesRequest, callback: grpc.requestCallback<_tagsteer_v1_BatchUpdateInterfacesResponse__Output>): grpc.ClientUnaryCall;
  
  CreateInterface(argument: _tagsteer_v1_CreateInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  CreateInterface(argument: _tagsteer_v1_CreateInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  CreateInterface(argument: _tagsteer_v1_CreateInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  CreateInterface(argument: _tagsteer_v1_CreateInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  createInterface(argument: _tagsteer_v1_CreateInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  createInterface(argument: _tagsteer_v1_CreateInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  createInterface(argument: _tagsteer_v1_CreateInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  createInterface(argument: _tagsteer_v1_CreateInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  
  DeleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteInterface(argument: _tagsteer_v1_DeleteInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetInterface(argument: _tagsteer_v1_GetInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  GetInterface(argument: _tagsteer_v1_GetInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  GetInterface(argument: _tagsteer_v1_GetInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  GetInterface(argument: _tagsteer_v1_GetInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  getInterface(argument: _tagsteer_v1_GetInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  getInterface(argument: _tagsteer_v1_GetInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  getInterface(argument: _tagsteer_v1_GetInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  getInterface(argument: _tagsteer_v1_GetInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  
  ListInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  ListInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  ListInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  ListInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  listInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  listInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  listInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  listInterfaces(argument: _tagsteer_v1_ListInterfacesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListInterfacesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Adds and removes tags in one step, whatever other tags the record holds.
   */
  SetTags(argument: _tagsteer_v1_SetTagsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  SetTags(argument: _tagsteer_v1_SetTagsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  SetTags(argument: _tagsteer_v1_SetTagsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  SetTags(argument: _tagsteer_v1_SetTagsRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  /**
   * Adds and removes tags in one step, whatever other tags the record holds.
   */
  setTags(argument: _tagsteer_v1_SetTagsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  setTags(argument: _tagsteer_v1_SetTagsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  setTags(argument: _tagsteer_v1_SetTagsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  setTags(argument: _tagsteer_v1_SetTagsRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  UpdateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  UpdateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  UpdateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  updateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  updateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  updateInterface(argument: _tagsteer_v1_UpdateInterfaceRequest, callback: grpc.requestCallback<_tagsteer_v1_Interface__Output>): grpc.ClientUnaryCall;
  
}

export interface InterfaceServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * All or nothing, up to 1,000 records.
   */
  BatchUpdateInterfaces: grpc.handleUnaryCall<_tagsteer_v1_BatchUpdateInterfacesRequest__Output, _tagsteer_v1_BatchUpdateInterfacesResponse>;
  
  CreateInterface: grpc.handleUnaryCall<_tagsteer_v1_CreateInterfaceRequest__Output, _tagsteer_v1_Interface>;
  
  DeleteInterface: grpc.handleUnaryCall<_tagsteer_v1_DeleteInterfaceRequest__Output, _tagsteer_v1_Accepted>;
  
  GetInterface: grpc.handleUnaryCall<_tagsteer_v1_GetInterfaceRequest__Output, _tagsteer_v1_Interface>;
  
  ListInterfaces: grpc.handleUnaryCall<_tagsteer_v1_ListInterfacesRequest__Output, _tagsteer_v1_ListInterfacesResponse>;
  
  /**
   * Adds and removes tags in one step, whatever other tags the record holds.
   */
  SetTags: grpc.handleUnaryCall<_tagsteer_v1_SetTagsRequest__Output, _tagsteer_v1_Interface>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateInterface: grpc.handleUnaryCall<_tagsteer_v1_UpdateInterfaceRequest__Output, _tagsteer_v1_Interface>;
  
}

export interface InterfaceServiceDefinition extends grpc.ServiceDefinition {
  BatchUpdateInterfaces: MethodDefinition<_tagsteer_v1_BatchUpdateInterfacesRequest, _tagsteer_v1_BatchUpdateInterfacesResponse, _tagsteer_v1_BatchUpdateInterfacesRequest__Output, _tagsteer_v1_BatchUpdateInterfacesResponse__Output>
  CreateInterface: MethodDefinition<_tagsteer_v1_CreateInterfaceRequest, _tagsteer_v1_Interface, _tagsteer_v1_CreateInterfaceRequest__Output, _tagsteer_v1_Interface__Output>
  DeleteInterface: MethodDefinition<_tagsteer_v1_DeleteInterfaceRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteInterfaceRequest__Output, _tagsteer_v1_Accepted__Output>
  GetInterface: MethodDefinition<_tagsteer_v1_GetInterfaceRequest, _tagsteer_v1_Interface, _tagsteer_v1_GetInterfaceRequest__Output, _tagsteer_v1_Interface__Output>
  ListInterfaces: MethodDefinition<_tagsteer_v1_ListInterfacesRequest, _tagsteer_v1_ListInterfacesResponse, _tagsteer_v1_ListInterfacesRequest__Output, _tagsteer_v1_ListInterfacesResponse__Output>
  SetTags: MethodDefinition<_tagsteer_v1_SetTagsRequest, _tagsteer_v1_Interface, _tagsteer_v1_SetTagsRequest__Output, _tagsteer_v1_Interface__Output>
  UpdateInterface: MethodDefinition<_tagsteer_v1_UpdateInterfaceRequest, _tagsteer_v1_Interface, _tagsteer_v1_UpdateInterfaceRequest__Output, _tagsteer_v1_Interface__Output>
}
