// Generated from tagsteer/v1/profile_service.proto


export interface GetProfileRequest {
  'name'?: (string);
}

export interface GetProfileRequest__Output {
  'name': (string);
}
