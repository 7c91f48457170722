// Generated from tagsteer/v1/vnp_service.proto

/**
 * What becomes of a write that brings a shadowed or contradictory rule.
 */
export const Conflicts = {
  /**
   * CONFLICTS_WARN.
   */
  CONFLICTS_UNSPECIFIED: 'CONFLICTS_UNSPECIFIED',
  CONFLICTS_ALLOW: 'CONFLICTS_ALLOW',
  /**
   * The answer names them.
   */
  CONFLICTS_WARN: 'CONFLICTS_WARN',
  /**
   * The write fails.
   */
  CONFLICTS_REFUSE: 'CONFLICTS_REFUSE',
} as const;

/**
 * What becomes of a write that brings a shadowed or contradictory rule.
 */
export type Conflicts =
  /**
   * CONFLICTS_WARN.
   */
  | 'CONFLICTS_UNSPECIFIED'
  | 0
  | 'CONFLICTS_ALLOW'
  | 1
  /**
   * The answer names them.
   */
  | 'CONFLICTS_WARN'
  | 2
  /**
   * The write fails.
   */
  | 'CONFLICTS_REFUSE'
  | 3

/**
 * What becomes of a write that brings a shadowed or contradictory rule.
 */
export type Conflicts__Output = typeof Conflicts[keyof typeof Conflicts]
