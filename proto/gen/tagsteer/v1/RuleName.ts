// Generated from tagsteer/v1/conflict.proto


export interface RuleName {
  'vnp'?: (string);
  'policy'?: (string);
  /**
   * Index in the policy's rules.
   */
  'index'?: (number);
}

export interface RuleName__Output {
  'vnp': (string);
  'policy': (string);
  /**
   * Index in the policy's rules.
   */
  'index': (number);
}
