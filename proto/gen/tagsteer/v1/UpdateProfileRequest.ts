// Generated from tagsteer/v1/profile_service.proto

import type { Profile as _tagsteer_v1_Profile, Profile__Output as _tagsteer_v1_Profile__Output } from '../../tagsteer/v1/Profile.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateProfileRequest {
  'profile'?: (_tagsteer_v1_Profile | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateProfileRequest__Output {
  'profile': (_tagsteer_v1_Profile__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
