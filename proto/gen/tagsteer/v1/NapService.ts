// Generated from tagsteer/v1/nap_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CreateNapRequest as _tagsteer_v1_CreateNapRequest, CreateNapRequest__Output as _tagsteer_v1_CreateNapRequest__Output } from '../../tagsteer/v1/CreateNapRequest.ts';
import type { DeleteNapRequest as _tagsteer_v1_DeleteNapRequest, DeleteNapRequest__Output as _tagsteer_v1_DeleteNapRequest__Output } from '../../tagsteer/v1/DeleteNapRequest.ts';
import type { GetNapRequest as _tagsteer_v1_GetNapRequest, GetNapRequest__Output as _tagsteer_v1_GetNapRequest__Output } from '../../tagsteer/v1/GetNapRequest.ts';
import type { GetUtilisationRequest as _tagsteer_v1_GetUtilisationRequest, GetUtilisationRequest__Output as _tagsteer_v1_GetUtilisationRequest__Output } from '../../tagsteer/v1/GetUtilisationRequest.ts';
import type { ListNapsRequest as _tagsteer_v1_ListNapsRequest, ListNapsRequest__Output as _tagsteer_v1_ListNapsRequest__Output } from '../../tagsteer/v1/ListNapsRequest.ts';
import type { ListNapsResponse as _tagsteer_v1_ListNapsResponse, ListNapsResponse__Output as _tagsteer_v1_ListNapsResponse__Output } from '../../tagsteer/v1/ListNapsResponse.ts';
import type { Nap as _tagsteer_v1_Nap, Nap__Output as _tagsteer_v1_Nap__Output } from '../../tagsteer/v1/Nap.ts';
import type { UpdateNapRequest as _tagsteer_v1_UpdateNapRequest, UpdateNapRequest__Output as _tagsteer_v1_UpdateNapRequest__Output } from '../../tagsteer/v1/UpdateNapRequest.ts';
import type { Utilisation as _tagsteer_v1_Utilisation, Utilisation__Output as _tagsteer_v1_Utilisation__Output } from '../../tagsteer/v1/Utilisation.ts';

export interface NapServiceClient extends grpc.Client {
  CreateNap(argument: _tagsteer_v1_CreateNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  CreateNap(argument: _tagsteer_v1_CreateNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  CreateNap(argument: _tagsteer_v1_CreateNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  CreateNap(argument: _tagsteer_v1_CreateNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  createNap(argument: _tagsteer_v1_CreateNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  createNap(argument: _tagsteer_v1_CreateNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  createNap(argument: _tagsteer_v1_CreateNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  createNap(argument: _tagsteer_v1_CreateNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  
  /**
   * Refused while addresses are given. Cooling addresses go on cooling.
   */
  DeleteNap(argument: _tagsteer_v1_DeleteNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNap(argument: _tagsteer_v1_DeleteNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNap(argument: _tagsteer_v1_DeleteNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteNap(argument: _tagsteer_v1_DeleteNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  /**
   * Refused while addresses are given. Cooling addresses go on cooling.
   */
  deleteNap(argument: _tagsteer_v1_DeleteNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNap(argument: _tagsteer_v1_DeleteNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNap(argument: _tagsteer_v1_DeleteNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteNap(argument: _tagsteer_v1_DeleteNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetNap(argument: _tagsteer_v1_GetNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  GetNap(argument: _tagsteer_v1_GetNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  GetNap(argument: _tagsteer_v1_GetNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  GetNap(argument: _tagsteer_v1_GetNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  getNap(argument: _tagsteer_v1_GetNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  getNap(argument: _tagsteer_v1_GetNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  getNap(argument: _tagsteer_v1_GetNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  getNap(argument: _tagsteer_v1_GetNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  
  /**
   * How many addresses of a NAP, or of all, are in which state. All states together are the size.
   */
  GetUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  GetUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  GetUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  GetUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  /**
   * How many addresses of a NAP, or of all, are in which state. All states together are the size.
   */
  getUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  getUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  getUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  getUtilisation(argument: _tagsteer_v1_GetUtilisationRequest, callback: grpc.requestCallback<_tagsteer_v1_Utilisation__Output>): grpc.ClientUnaryCall;
  
  ListNaps(argument: _tagsteer_v1_ListNapsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  ListNaps(argument: _tagsteer_v1_ListNapsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  ListNaps(argument: _tagsteer_v1_ListNapsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  ListNaps(argument: _tagsteer_v1_ListNapsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  listNaps(argument: _tagsteer_v1_ListNapsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  listNaps(argument: _tagsteer_v1_ListNapsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  listNaps(argument: _tagsteer_v1_ListNapsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  listNaps(argument: _tagsteer_v1_ListNapsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListNapsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none. Ranges out of which addresses that are given would
   * fall are refused, unless the NAP is draining.
   */
  UpdateNap(argument: _tagsteer_v1_UpdateNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  UpdateNap(argument: _tagsteer_v1_UpdateNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  UpdateNap(argument: _tagsteer_v1_UpdateNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  UpdateNap(argument: _tagsteer_v1_UpdateNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none. Ranges out of which addresses that are given would
   * fall are refused, unless the NAP is draining.
   */
  updateNap(argument: _tagsteer_v1_UpdateNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  updateNap(argument: _tagsteer_v1_UpdateNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  updateNap(argument: _tagsteer_v1_UpdateNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  updateNap(argument: _tagsteer_v1_UpdateNapRequest, callback: grpc.requestCallback<_tagsteer_v1_Nap__Output>): grpc.ClientUnaryCall;
  
}

export interface NapServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateNap: grpc.handleUnaryCall<_tagsteer_v1_CreateNapRequest__Output, _tagsteer_v1_Nap>;
  
  /**
   * Refused while addresses are given. Cooling addresses go on cooling.
   */
  DeleteNap: grpc.handleUnaryCall<_tagsteer_v1_DeleteNapRequest__Output, _tagsteer_v1_Accepted>;
  
  GetNap: grpc.handleUnaryCall<_tagsteer_v1_GetNapRequest__Output, _tagsteer_v1_Nap>;
  
  /**
   * How many addresses of a NAP, or of all, are in which state. All states together are the size.
   */
  GetUtilisation: grpc.handleUnaryCall<_tagsteer_v1_GetUtilisationRequest__Output, _tagsteer_v1_Utilisation>;
  
  ListNaps: grpc.handleUnaryCall<_tagsteer_v1_ListNapsRequest__Output, _tagsteer_v1_ListNapsResponse>;
  
  /**
   * With allow_missing it creates the record where there is none. Ranges out of which addresses that are given would
   * fall are refused, unless the NAP is draining.
   */
  UpdateNap: grpc.handleUnaryCall<_tagsteer_v1_UpdateNapRequest__Output, _tagsteer_v1_Nap>;
  
}

export interface NapServiceDefinition extends grpc.ServiceDefinition {
  CreateNap: MethodDefinition<_tagsteer_v1_CreateNapRequest, _tagsteer_v1_Nap, _tagsteer_v1_CreateNapRequest__Output, _tagsteer_v1_Nap__Output>
  DeleteNap: MethodDefinition<_tagsteer_v1_DeleteNapRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteNapRequest__Output, _tagsteer_v1_Accepted__Output>
  GetNap: MethodDefinition<_tagsteer_v1_GetNapRequest, _tagsteer_v1_Nap, _tagsteer_v1_GetNapRequest__Output, _tagsteer_v1_Nap__Output>
  GetUtilisation: MethodDefinition<_tagsteer_v1_GetUtilisationRequest, _tagsteer_v1_Utilisation, _tagsteer_v1_GetUtilisationRequest__Output, _tagsteer_v1_Utilisation__Output>
  ListNaps: MethodDefinition<_tagsteer_v1_ListNapsRequest, _tagsteer_v1_ListNapsResponse, _tagsteer_v1_ListNapsRequest__Output, _tagsteer_v1_ListNapsResponse__Output>
  UpdateNap: MethodDefinition<_tagsteer_v1_UpdateNapRequest, _tagsteer_v1_Nap, _tagsteer_v1_UpdateNapRequest__Output, _tagsteer_v1_Nap__Output>
}
