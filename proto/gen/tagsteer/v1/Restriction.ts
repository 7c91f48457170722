// Generated from tagsteer/v1/lifecycle_service.proto

export const Restriction = {
  RESTRICTION_UNSPECIFIED: 'RESTRICTION_UNSPECIFIED',
  /**
   * Nothing that another opens is received.
   */
  RESTRICTION_NO_INGRESS: 'RESTRICTION_NO_INGRESS',
  /**
   * Nothing is opened.
   */
  RESTRICTION_NO_EGRESS: 'RESTRICTION_NO_EGRESS',
  /**
   * Neither, with addresses that no interface record holds.
   */
  RESTRICTION_NO_WORLD: 'RESTRICTION_NO_WORLD',
} as const;

export type Restriction =
  | 'RESTRICTION_UNSPECIFIED'
  | 0
  /**
   * Nothing that another opens is received.
   */
  | 'RESTRICTION_NO_INGRESS'
  | 1
  /**
   * Nothing is opened.
   */
  | 'RESTRICTION_NO_EGRESS'
  | 2
  /**
   * Neither, with addresses that no interface record holds.
   */
  | 'RESTRICTION_NO_WORLD'
  | 3

export type Restriction__Output = typeof Restriction[keyof typeof Restriction]
