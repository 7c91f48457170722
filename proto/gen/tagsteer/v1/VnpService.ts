// Generated from tagsteer/v1/vnp_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CreateVnpRequest as _tagsteer_v1_CreateVnpRequest, CreateVnpRequest__Output as _tagsteer_v1_CreateVnpRequest__Output } from '../../tagsteer/v1/CreateVnpRequest.ts';
import type { DeleteVnpRequest as _tagsteer_v1_DeleteVnpRequest, DeleteVnpRequest__Output as _tagsteer_v1_DeleteVnpRequest__Output } from '../../tagsteer/v1/DeleteVnpRequest.ts';
import type { GetVnpRequest as _tagsteer_v1_GetVnpRequest, GetVnpRequest__Output as _tagsteer_v1_GetVnpRequest__Output } from '../../tagsteer/v1/GetVnpRequest.ts';
import type { ListVnpsRequest as _tagsteer_v1_ListVnpsRequest, ListVnpsRequest__Output as _tagsteer_v1_ListVnpsRequest__Output } from '../../tagsteer/v1/ListVnpsRequest.ts';
import type { ListVnpsResponse as _tagsteer_v1_ListVnpsResponse, ListVnpsResponse__Output as _tagsteer_v1_ListVnpsResponse__Output } from '../../tagsteer/v1/ListVnpsResponse.ts';
import type { UpdateVnpRequest as _tagsteer_v1_UpdateVnpRequest, UpdateVnpRequest__Output as _tagsteer_v1_UpdateVnpRequest__Output } from '../../tagsteer/v1/UpdateVnpRequest.ts';
import type { Vnp as _tagsteer_v1_Vnp, Vnp__Output as _tagsteer_v1_Vnp__Output } from '../../tagsteer/v1/Vnp.ts';

export interface VnpServiceClient extends grpc.Client {
  CreateVnp(argument: _tagsteer_v1_CreateVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  CreateVnp(argument: _tagsteer_v1_CreateVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  CreateVnp(argument: _tagsteer_v1_CreateVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  CreateVnp(argument: _tagsteer_v1_CreateVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  createVnp(argument: _tagsteer_v1_CreateVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  createVnp(argument: _tagsteer_v1_CreateVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  createVnp(argument: _tagsteer_v1_CreateVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  createVnp(argument: _tagsteer_v1_CreateVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  
  /**
   * Refused while a policy refers to the partition.
   */
  DeleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  /**
   * Refused while a policy refers to the partition.
   */
  deleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteVnp(argument: _tagsteer_v1_DeleteVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetVnp(argument: _tagsteer_v1_GetVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  GetVnp(argument: _tagsteer_v1_GetVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  GetVnp(argument: _tagsteer_v1_GetVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  GetVnp(argument: _tagsteer_v1_GetVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  getVnp(argument: _tagsteer_v1_GetVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  getVnp(argument: _tagsteer_v1_GetVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  getVnp(argument: _tagsteer_v1_GetVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  getVnp(argument: _tagsteer_v1_GetVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  
  ListVnps(argument: _tagsteer_v1_ListVnpsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  ListVnps(argument: _tagsteer_v1_ListVnpsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  ListVnps(argument: _tagsteer_v1_ListVnpsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  ListVnps(argument: _tagsteer_v1_ListVnpsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  listVnps(argument: _tagsteer_v1_ListVnpsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  listVnps(argument: _tagsteer_v1_ListVnpsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  listVnps(argument: _tagsteer_v1_ListVnpsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  listVnps(argument: _tagsteer_v1_ListVnpsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListVnpsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateVnp(argument: _tagsteer_v1_UpdateVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  UpdateVnp(argument: _tagsteer_v1_UpdateVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  UpdateVnp(argument: _tagsteer_v1_UpdateVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  UpdateVnp(argument: _tagsteer_v1_UpdateVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updateVnp(argument: _tagsteer_v1_UpdateVnpRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  updateVnp(argument: _tagsteer_v1_UpdateVnpRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  updateVnp(argument: _tagsteer_v1_UpdateVnpRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  updateVnp(argument: _tagsteer_v1_UpdateVnpRequest, callback: grpc.requestCallback<_tagsteer_v1_Vnp__Output>): grpc.ClientUnaryCall;
  
}

export interface VnpServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateVnp: grpc.handleUnaryCall<_tagsteer_v1_CreateVnpRequest__Output, _tagsteer_v1_Vnp>;
  
  /**
   * Refused while a policy refers to the partition.
   */
  DeleteVnp: grpc.handleUnaryCall<_tagsteer_v1_DeleteVnpRequest__Output, _tagsteer_v1_Accepted>;
  
  GetVnp: grpc.handleUnaryCall<_tagsteer_v1_GetVnpRequest__Output, _tagsteer_v1_Vnp>;
  
  ListVnps: grpc.handleUnaryCall<_tagsteer_v1_ListVnpsRequest__Output, _tagsteer_v1_ListVnpsResponse>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateVnp: grpc.handleUnaryCall<_tagsteer_v1_UpdateVnpRequest__Output, _tagsteer_v1_Vnp>;
  
}

export interface VnpServiceDefinition extends grpc.ServiceDefinition {
  CreateVnp: MethodDefinition<_tagsteer_v1_CreateVnpRequest, _tagsteer_v1_Vnp, _tagsteer_v1_CreateVnpRequest__Output, _tagsteer_v1_Vnp__Output>
  DeleteVnp: MethodDefinition<_tagsteer_v1_DeleteVnpRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteVnpRequest__Output, _tagsteer_v1_Accepted__Output>
  GetVnp: MethodDefinition<_tagsteer_v1_GetVnpRequest, _tagsteer_v1_Vnp, _tagsteer_v1_GetVnpRequest__Output, _tagsteer_v1_Vnp__Output>
  ListVnps: MethodDefinition<_tagsteer_v1_ListVnpsRequest, _tagsteer_v1_ListVnpsResponse, _tagsteer_v1_ListVnpsRequest__Output, _tagsteer_v1_ListVnpsResponse__Output>
  UpdateVnp: MethodDefinition<_tagsteer_v1_UpdateVnpRequest, _tagsteer_v1_Vnp, _tagsteer_v1_UpdateVnpRequest__Output, _tagsteer_v1_Vnp__Output>
}
