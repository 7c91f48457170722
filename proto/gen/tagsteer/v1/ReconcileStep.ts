// Generated from tagsteer/v1/ipam_service.proto


/**
 * A fact is "free", "withheld" or "used by INTERFACE".
 */
export interface ReconcileStep {
  'network'?: (string);
  'address'?: (string);
  /**
   * ours, theirs, or base: both sides agree already, which is noted.
   */
  'side'?: (string);
  'from'?: (string);
  'to'?: (string);
}

/**
 * A fact is "free", "withheld" or "used by INTERFACE".
 */
export interface ReconcileStep__Output {
  'network': (string);
  'address': (string);
  /**
   * ours, theirs, or base: both sides agree already, which is noted.
   */
  'side': (string);
  'from': (string);
  'to': (string);
}
