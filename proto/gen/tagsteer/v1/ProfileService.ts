// Generated from tagsteer/v1/profile_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Accepted as _tagsteer_v1_Accepted, Accepted__Output as _tagsteer_v1_Accepted__Output } from '../../tagsteer/v1/Accepted.ts';
import type { CreateProfileRequest as _tagsteer_v1_CreateProfileRequest, CreateProfileRequest__Output as _tagsteer_v1_CreateProfileRequest__Output } from '../../tagsteer/v1/CreateProfileRequest.ts';
import type { DeleteProfileRequest as _tagsteer_v1_DeleteProfileRequest, DeleteProfileRequest__Output as _tagsteer_v1_DeleteProfileRequest__Output } from '../../tagsteer/v1/DeleteProfileRequest.ts';
import type { GetProfileRequest as _tagsteer_v1_GetProfileRequest, GetProfileRequest__Output as _tagsteer_v1_GetProfileRequest__Output } from '../../tagsteer/v1/GetProfileRequest.ts';
import type { ListProfilesRequest as _tagsteer_v1_ListProfilesRequest, ListProfilesRequest__Output as _tagsteer_v1_ListProfilesRequest__Output } from '../../tagsteer/v1/ListProfilesRequest.ts';
import type { ListProfilesResponse as _tagsteer_v1_ListProfilesResponse, ListProfilesResponse__Output as _tagsteer_v1_ListProfilesResponse__Output } from '../../tagsteer/v1/ListProfilesResponse.ts';
import type { Profile as _tagsteer_v1_Profile, Profile__Output as _tagsteer_v1_Profile__Output } from '../../tagsteer/v1/Profile.ts';
import type { UpdateProfileRequest as _tagsteer_v1_UpdateProfileRequest, UpdateProfileRequest__Output as _tagsteer_v1_UpdateProfileRequest__Output } from '../../tagsteer/v1/UpdateProfileRequest.ts';

export interface ProfileServiceClient extends grpc.Client {
  CreateProfile(argument: _tagsteer_v1_CreateProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  CreateProfile(argument: _tagsteer_v1_CreateProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  CreateProfile(argument: _tagsteer_v1_CreateProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  CreateProfile(argument: _tagsteer_v1_CreateProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  createProfile(argument: _tagsteer_v1_CreateProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  createProfile(argument: _tagsteer_v1_CreateProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  createProfile(argument: _tagsteer_v1_CreateProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  createProfile(argument: _tagsteer_v1_CreateProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  
  DeleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  DeleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  deleteProfile(argument: _tagsteer_v1_DeleteProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Accepted__Output>): grpc.ClientUnaryCall;
  
  GetProfile(argument: _tagsteer_v1_GetProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  GetProfile(argument: _tagsteer_v1_GetProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  GetProfile(argument: _tagsteer_v1_GetProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  GetProfile(argument: _tagsteer_v1_GetProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  getProfile(argument: _tagsteer_v1_GetProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  getProfile(argument: _tagsteer_v1_GetProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  getProfile(argument: _tagsteer_v1_GetProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  getProfile(argument: _tagsteer_v1_GetProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  
  ListProfiles(argument: _tagsteer_v1_ListProfilesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  ListProfiles(argument: _tagsteer_v1_ListProfilesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  ListProfiles(argument: _tagsteer_v1_ListProfilesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  ListProfiles(argument: _tagsteer_v1_ListProfilesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  listProfiles(argument: _tagsteer_v1_ListProfilesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  listProfiles(argument: _tagsteer_v1_ListProfilesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  listProfiles(argument: _tagsteer_v1_ListProfilesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  listProfiles(argument: _tagsteer_v1_ListProfilesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListProfilesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateProfile(argument: _tagsteer_v1_UpdateProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  UpdateProfile(argument: _tagsteer_v1_UpdateProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  UpdateProfile(argument: _tagsteer_v1_UpdateProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  UpdateProfile(argument: _tagsteer_v1_UpdateProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  /**
   * With allow_missing it creates the record where there is none.
   */
  updateProfile(argument: _tagsteer_v1_UpdateProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  updateProfile(argument: _tagsteer_v1_UpdateProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  updateProfile(argument: _tagsteer_v1_UpdateProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  updateProfile(argument: _tagsteer_v1_UpdateProfileRequest, callback: grpc.requestCallback<_tagsteer_v1_Profile__Output>): grpc.ClientUnaryCall;
  
}

export interface ProfileServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateProfile: grpc.handleUnaryCall<_tagsteer_v1_CreateProfileRequest__Output, _tagsteer_v1_Profile>;
  
  DeleteProfile: grpc.handleUnaryCall<_tagsteer_v1_DeleteProfileRequest__Output, _tagsteer_v1_Accepted>;
  
  GetProfile: grpc.handleUnaryCall<_tagsteer_v1_GetProfileRequest__Output, _tagsteer_v1_Profile>;
  
  ListProfiles: grpc.handleUnaryCall<_tagsteer_v1_ListProfilesRequest__Output, _tagsteer_v1_ListProfilesResponse>;
  
  /**
   * With allow_missing it creates the record where there is none.
   */
  UpdateProfile: grpc.handleUnaryCall<_tagsteer_v1_UpdateProfileRequest__Output, _tagsteer_v1_Profile>;
  
}

export interface ProfileServiceDefinition extends grpc.ServiceDefinition {
  CreateProfile: MethodDefinition<_tagsteer_v1_CreateProfileRequest, _tagsteer_v1_Profile, _tagsteer_v1_CreateProfileRequest__Output, _tagsteer_v1_Profile__Output>
  DeleteProfile: MethodDefinition<_tagsteer_v1_DeleteProfileRequest, _tagsteer_v1_Accepted, _tagsteer_v1_DeleteProfileRequest__Output, _tagsteer_v1_Accepted__Output>
  GetProfile: MethodDefinition<_tagsteer_v1_GetProfileRequest, _tagsteer_v1_Profile, _tagsteer_v1_GetProfileRequest__Output, _tagsteer_v1_Profile__Output>
  ListProfiles: MethodDefinition<_tagsteer_v1_ListProfilesRequest, _tagsteer_v1_ListProfilesResponse, _tagsteer_v1_ListProfilesRequest__Output, _tagsteer_v1_ListProfilesResponse__Output>
  UpdateProfile: MethodDefinition<_tagsteer_v1_UpdateProfileRequest, _tagsteer_v1_Profile, _tagsteer_v1_UpdateProfileRequest__Output, _tagsteer_v1_Profile__Output>
}
