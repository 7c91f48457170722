// Generated from tagsteer/v1/profile_service.proto

import type { Profile as _tagsteer_v1_Profile, Profile__Output as _tagsteer_v1_Profile__Output } from '../../tagsteer/v1/Profile.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListProfilesResponse {
  'profiles'?: (_tagsteer_v1_Profile)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListProfilesResponse__Output {
  'profiles': (_tagsteer_v1_Profile__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
