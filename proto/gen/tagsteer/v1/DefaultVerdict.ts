// Generated from tagsteer/v1/vnp_service.proto

export const DefaultVerdict = {
  /**
   * Deny for ingress, allow for egress.
   */
  DEFAULT_VERDICT_UNSPECIFIED: 'DEFAULT_VERDICT_UNSPECIFIED',
  DEFAULT_VERDICT_ALLOW: 'DEFAULT_VERDICT_ALLOW',
  DEFAULT_VERDICT_DENY: 'DEFAULT_VERDICT_DENY',
} as const;

export type DefaultVerdict =
  /**
   * Deny for ingress, allow for egress.
   */
  | 'DEFAULT_VERDICT_UNSPECIFIED'
  | 0
  | 'DEFAULT_VERDICT_ALLOW'
  | 1
  | 'DEFAULT_VERDICT_DENY'
  | 2

export type DefaultVerdict__Output = typeof DefaultVerdict[keyof typeof DefaultVerdict]
