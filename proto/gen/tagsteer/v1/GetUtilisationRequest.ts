// Generated from tagsteer/v1/nap_service.proto


export interface GetUtilisationRequest {
  /**
   * Empty: of all.
   */
  'nap'?: (string);
}

export interface GetUtilisationRequest__Output {
  /**
   * Empty: of all.
   */
  'nap': (string);
}
