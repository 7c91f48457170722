// Generated from tagsteer/v1/network_service.proto


export interface DeleteNetworkRequest {
  'name'?: (string);
  'etag'?: (string);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface DeleteNetworkRequest__Output {
  'name': (string);
  'etag': (string);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
