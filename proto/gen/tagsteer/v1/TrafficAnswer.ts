// Generated from tagsteer/v1/policy_service.proto


export interface TrafficAnswer {
  'allow'?: (boolean);
  /**
   * Reject rather than silence: the sender is told.
   */
  'rejected'?: (boolean);
  /**
   * RULE, DEFAULT_DENY, DEFAULT_ALLOW, NO_SHARED_VNP, UNKNOWN_INTERFACE, NO_PATH.
   */
  'decidedBy'?: (string);
}

export interface TrafficAnswer__Output {
  'allow': (boolean);
  /**
   * Reject rather than silence: the sender is told.
   */
  'rejected': (boolean);
  /**
   * RULE, DEFAULT_DENY, DEFAULT_ALLOW, NO_SHARED_VNP, UNKNOWN_INTERFACE, NO_PATH.
   */
  'decidedBy': (string);
}
