// Generated from tagsteer/v1/policy_service.proto

/**
 * Rules of an earlier tier are consulted before all rules of a later one, whatever partition they belong to.
 */
export const Tier = {
  /**
   * TIER_TENANT.
   */
  TIER_UNSPECIFIED: 'TIER_UNSPECIFIED',
  TIER_ADMIN: 'TIER_ADMIN',
  TIER_TENANT: 'TIER_TENANT',
  TIER_BASELINE: 'TIER_BASELINE',
} as const;

/**
 * Rules of an earlier tier are consulted before all rules of a later one, whatever partition they belong to.
 */
export type Tier =
  /**
   * TIER_TENANT.
   */
  | 'TIER_UNSPECIFIED'
  | 0
  | 'TIER_ADMIN'
  | 1
  | 'TIER_TENANT'
  | 2
  | 'TIER_BASELINE'
  | 3

/**
 * Rules of an earlier tier are consulted before all rules of a later one, whatever partition they belong to.
 */
export type Tier__Output = typeof Tier[keyof typeof Tier]
