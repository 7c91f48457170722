// Generated from tagsteer/v1/nap_service.proto


export interface GetNapRequest {
  'name'?: (string);
}

export interface GetNapRequest__Output {
  'name': (string);
}
