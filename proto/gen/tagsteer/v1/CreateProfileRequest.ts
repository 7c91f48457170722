// Generated from tagsteer/v1/profile_service.proto

import type { Profile as _tagsteer_v1_Profile, Profile__Output as _tagsteer_v1_Profile__Output } from '../../tagsteer/v1/Profile.ts';

export interface CreateProfileRequest {
  'profile'?: (_tagsteer_v1_Profile | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateProfileRequest__Output {
  'profile': (_tagsteer_v1_Profile__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
