// Generated from tagsteer/v1/network_service.proto


export interface GetNetworkRequest {
  'name'?: (string);
}

export interface GetNetworkRequest__Output {
  'name': (string);
}
