// Generated from tagsteer/v1/ipam_service.proto


export interface ReconcileConflict {
  'network'?: (string);
  'address'?: (string);
  /**
   * What was agreed on last.
   */
  'base'?: (string);
  'ours'?: (string);
  'theirs'?: (string);
  /**
   * both: both sides changed it. fixed: it is written into an interface record by hand, so that only ours can win.
   */
  'why'?: (string);
}

export interface ReconcileConflict__Output {
  'network': (string);
  'address': (string);
  /**
   * What was agreed on last.
   */
  'base': (string);
  'ours': (string);
  'theirs': (string);
  /**
   * both: both sides changed it. fixed: it is written into an interface record by hand, so that only ours can win.
   */
  'why': (string);
}
