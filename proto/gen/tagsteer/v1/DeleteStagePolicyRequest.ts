// Generated from tagsteer/v1/lifecycle_service.proto


export interface DeleteStagePolicyRequest {
  'name'?: (string);
  'etag'?: (string);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface DeleteStagePolicyRequest__Output {
  'name': (string);
  'etag': (string);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
