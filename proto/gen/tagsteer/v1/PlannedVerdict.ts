// Generated from tagsteer/v1/apply_service.proto


export interface PlannedVerdict {
  /**
   * "allow", "rate-limit", "deny" or "reject".
   */
  'verdict'?: (string);
  'decidedBy'?: (string);
}

export interface PlannedVerdict__Output {
  /**
   * "allow", "rate-limit", "deny" or "reject".
   */
  'verdict': (string);
  'decidedBy': (string);
}
