// Generated from tagsteer/v1/flow_service.proto

export const FlowState = {
  FLOW_STATE_UNSPECIFIED: 'FLOW_STATE_UNSPECIFIED',
  /**
   * On the switch as desired.
   */
  FLOW_STATE_INSTALLED: 'FLOW_STATE_INSTALLED',
  /**
   * Desired and not confirmed yet.
   */
  FLOW_STATE_PENDING: 'FLOW_STATE_PENDING',
  /**
   * On the switch under our cookie and not desired.
   */
  FLOW_STATE_STALE: 'FLOW_STATE_STALE',
} as const;

export type FlowState =
  | 'FLOW_STATE_UNSPECIFIED'
  | 0
  /**
   * On the switch as desired.
   */
  | 'FLOW_STATE_INSTALLED'
  | 1
  /**
   * Desired and not confirmed yet.
   */
  | 'FLOW_STATE_PENDING'
  | 2
  /**
   * On the switch under our cookie and not desired.
   */
  | 'FLOW_STATE_STALE'
  | 3

export type FlowState__Output = typeof FlowState[keyof typeof FlowState]
