// Generated from tagsteer/v1/policy_service.proto


export interface Mirror {
  /**
   * The interface that gets the copies, whatever its network.
   */
  'to'?: (string);
}

export interface Mirror__Output {
  /**
   * The interface that gets the copies, whatever its network.
   */
  'to': (string);
}
