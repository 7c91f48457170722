// Generated from tagsteer/v1/vnp_service.proto


export interface GetVnpRequest {
  'name'?: (string);
}

export interface GetVnpRequest__Output {
  'name': (string);
}
