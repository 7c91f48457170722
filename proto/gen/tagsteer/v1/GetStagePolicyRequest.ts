// Generated from tagsteer/v1/lifecycle_service.proto


export interface GetStagePolicyRequest {
  'name'?: (string);
}

export interface GetStagePolicyRequest__Output {
  'name': (string);
}
