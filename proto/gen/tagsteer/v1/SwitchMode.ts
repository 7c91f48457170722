// Generated from tagsteer/v1/topology_service.proto

export const SwitchMode = {
  /**
   * SWITCH_MODE_PROACTIVE.
   */
  SWITCH_MODE_UNSPECIFIED: 'SWITCH_MODE_UNSPECIFIED',
  /**
   * It has every rule that can matter on it.
   */
  SWITCH_MODE_PROACTIVE: 'SWITCH_MODE_PROACTIVE',
  /**
   * It asks the controller about the first packet of a pair, protocol and port, and keeps the verdict while it is used.
   */
  SWITCH_MODE_REACTIVE: 'SWITCH_MODE_REACTIVE',
} as const;

export type SwitchMode =
  /**
   * SWITCH_MODE_PROACTIVE.
   */
  | 'SWITCH_MODE_UNSPECIFIED'
  | 0
  /**
   * It has every rule that can matter on it.
   */
  | 'SWITCH_MODE_PROACTIVE'
  | 1
  /**
   * It asks the controller about the first packet of a pair, protocol and port, and keeps the verdict while it is used.
   */
  | 'SWITCH_MODE_REACTIVE'
  | 2

export type SwitchMode__Output = typeof SwitchMode[keyof typeof SwitchMode]
