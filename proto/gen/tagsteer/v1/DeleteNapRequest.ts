// Generated from tagsteer/v1/nap_service.proto


export interface DeleteNapRequest {
  'name'?: (string);
  'etag'?: (string);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface DeleteNapRequest__Output {
  'name': (string);
  'etag': (string);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
