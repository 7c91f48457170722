// Generated from tagsteer/v1/apply_service.proto


export interface PlanFinding {
  /**
   * "does-not-fit", "nearly-full", "switch-away", "not-compiled", "not-counted", "incomplete" or "links-change".
   */
  'kind'?: (string);
  'subject'?: (string);
  'sentence'?: (string);
}

export interface PlanFinding__Output {
  /**
   * "does-not-fit", "nearly-full", "switch-away", "not-compiled", "not-counted", "incomplete" or "links-change".
   */
  'kind': (string);
  'subject': (string);
  'sentence': (string);
}
