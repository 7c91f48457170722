// Generated from tagsteer/v1/lease_service.proto

export const LeaseState = {
  LEASE_STATE_UNSPECIFIED: 'LEASE_STATE_UNSPECIFIED',
  LEASE_STATE_HELD: 'LEASE_STATE_HELD',
  /**
   * Given to a client, bound to no interface yet.
   */
  LEASE_STATE_STANDBY: 'LEASE_STATE_STANDBY',
  LEASE_STATE_COOLING: 'LEASE_STATE_COOLING',
} as const;

export type LeaseState =
  | 'LEASE_STATE_UNSPECIFIED'
  | 0
  | 'LEASE_STATE_HELD'
  | 1
  /**
   * Given to a client, bound to no interface yet.
   */
  | 'LEASE_STATE_STANDBY'
  | 2
  | 'LEASE_STATE_COOLING'
  | 3

export type LeaseState__Output = typeof LeaseState[keyof typeof LeaseState]
