// Generated from tagsteer/v1/lifecycle_service.proto


export interface Application {
  /**
   * As in rules; at least one.
   */
  'protocols'?: (string)[];
  'ports'?: (string)[];
}

export interface Application__Output {
  /**
   * As in rules; at least one.
   */
  'protocols': (string)[];
  'ports': (string)[];
}
