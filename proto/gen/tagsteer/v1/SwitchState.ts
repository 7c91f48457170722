// Generated from tagsteer/v1/topology_service.proto

export const SwitchState = {
  SWITCH_STATE_UNSPECIFIED: 'SWITCH_STATE_UNSPECIFIED',
  SWITCH_STATE_OFFLINE: 'SWITCH_STATE_OFFLINE',
  /**
   * Connected, not yet served.
   */
  SWITCH_STATE_CONNECTING: 'SWITCH_STATE_CONNECTING',
  SWITCH_STATE_SERVED: 'SWITCH_STATE_SERVED',
  /**
   * Keeps enforcing an older generation; see degraded_reason.
   */
  SWITCH_STATE_DEGRADED: 'SWITCH_STATE_DEGRADED',
  /**
   * Not served; see degraded_reason.
   */
  SWITCH_STATE_REFUSED: 'SWITCH_STATE_REFUSED',
} as const;

export type SwitchState =
  | 'SWITCH_STATE_UNSPECIFIED'
  | 0
  | 'SWITCH_STATE_OFFLINE'
  | 1
  /**
   * Connected, not yet served.
   */
  | 'SWITCH_STATE_CONNECTING'
  | 2
  | 'SWITCH_STATE_SERVED'
  | 3
  /**
   * Keeps enforcing an older generation; see degraded_reason.
   */
  | 'SWITCH_STATE_DEGRADED'
  | 4
  /**
   * Not served; see degraded_reason.
   */
  | 'SWITCH_STATE_REFUSED'
  | 5

export type SwitchState__Output = typeof SwitchState[keyof typeof SwitchState]
