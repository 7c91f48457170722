// Generated from tagsteer/v1/lease_service.proto


export interface SelectNapRequest {
  /**
   * "default" where empty.
   */
  'network'?: (string);
  /**
   * A profile record; where empty, one of which nothing is known.
   */
  'profile'?: (string);
}

export interface SelectNapRequest__Output {
  /**
   * "default" where empty.
   */
  'network': (string);
  /**
   * A profile record; where empty, one of which nothing is known.
   */
  'profile': (string);
}
