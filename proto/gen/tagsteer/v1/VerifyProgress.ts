// Generated from tagsteer/v1/verify_service.proto


export interface VerifyProgress {
  /**
   * "read" or "compile".
   */
  'phase'?: (string);
  /**
   * Switches.
   */
  'done'?: (number);
  'total'?: (number);
}

export interface VerifyProgress__Output {
  /**
   * "read" or "compile".
   */
  'phase': (string);
  /**
   * Switches.
   */
  'done': (number);
  'total': (number);
}
