// Generated from tagsteer/v1/interface_service.proto


export interface GetInterfaceRequest {
  'name'?: (string);
}

export interface GetInterfaceRequest__Output {
  'name': (string);
}
