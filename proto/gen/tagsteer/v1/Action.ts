// Generated from tagsteer/v1/policy_service.proto

export const Action = {
  ACTION_UNSPECIFIED: 'ACTION_UNSPECIFIED',
  ACTION_ALLOW: 'ACTION_ALLOW',
  ACTION_DENY: 'ACTION_DENY',
  /**
   * Deny, and tell the sender (TCP RST or ICMP administratively prohibited).
   */
  ACTION_REJECT: 'ACTION_REJECT',
  /**
   * Report matching packets; later rules decide.
   */
  ACTION_LOG: 'ACTION_LOG',
  /**
   * Allow up to a rate.
   */
  ACTION_RATE_LIMIT: 'ACTION_RATE_LIMIT',
  /**
   * Decide nothing and leave the tier: the rules of the next one are consulted, after the last the defaults.
   */
  ACTION_PASS: 'ACTION_PASS',
} as const;

export type Action =
  | 'ACTION_UNSPECIFIED'
  | 0
  | 'ACTION_ALLOW'
  | 1
  | 'ACTION_DENY'
  | 2
  /**
   * Deny, and tell the sender (TCP RST or ICMP administratively prohibited).
   */
  | 'ACTION_REJECT'
  | 3
  /**
   * Report matching packets; later rules decide.
   */
  | 'ACTION_LOG'
  | 4
  /**
   * Allow up to a rate.
   */
  | 'ACTION_RATE_LIMIT'
  | 5
  /**
   * Decide nothing and leave the tier: the rules of the next one are consulted, after the last the defaults.
   */
  | 'ACTION_PASS'
  | 6

export type Action__Output = typeof Action[keyof typeof Action]
