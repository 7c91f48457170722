// Generated from tagsteer/v1/policy_service.proto

/**
 * What a change of policy does to connections that a rule admitted.
 */
export const Established = {
  /**
   * ESTABLISHED_RE_EVALUATE.
   */
  ESTABLISHED_UNSPECIFIED: 'ESTABLISHED_UNSPECIFIED',
  /**
   * Every packet of a connection is judged by the policy of now.
   */
  ESTABLISHED_RE_EVALUATE: 'ESTABLISHED_RE_EVALUATE',
  /**
   * On the side of the rule a connection goes on until it ends, whatever policy becomes. Only with ACTION_ALLOW.
   */
  ESTABLISHED_KEEP: 'ESTABLISHED_KEEP',
  /**
   * Switches forget a connection that the rule let through as soon as policy no longer permits it. Only with ACTION_ALLOW
   * and ACTION_RATE_LIMIT.
   */
  ESTABLISHED_CUT: 'ESTABLISHED_CUT',
} as const;

/**
 * What a change of policy does to connections that a rule admitted.
 */
export type Established =
  /**
   * ESTABLISHED_RE_EVALUATE.
   */
  | 'ESTABLISHED_UNSPECIFIED'
  | 0
  /**
   * Every packet of a connection is judged by the policy of now.
   */
  | 'ESTABLISHED_RE_EVALUATE'
  | 1
  /**
   * On the side of the rule a connection goes on until it ends, whatever policy becomes. Only with ACTION_ALLOW.
   */
  | 'ESTABLISHED_KEEP'
  | 2
  /**
   * Switches forget a connection that the rule let through as soon as policy no longer permits it. Only with ACTION_ALLOW
   * and ACTION_RATE_LIMIT.
   */
  | 'ESTABLISHED_CUT'
  | 3

/**
 * What a change of policy does to connections that a rule admitted.
 */
export type Established__Output = typeof Established[keyof typeof Established]
