// Generated from tagsteer/v1/profile_service.proto


export interface DeleteProfileRequest {
  'name'?: (string);
  'etag'?: (string);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface DeleteProfileRequest__Output {
  'name': (string);
  'etag': (string);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
