// Generated from tagsteer/v1/lifecycle_service.proto


export interface GetStageRequest {
  /**
   * Name of the interface.
   */
  'name'?: (string);
}

export interface GetStageRequest__Output {
  /**
   * Name of the interface.
   */
  'name': (string);
}
