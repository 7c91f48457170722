// Generated from tagsteer/v1/probe_service.proto

export const ProbeOutcome = {
  PROBE_OUTCOME_UNSPECIFIED: 'PROBE_OUTCOME_UNSPECIFIED',
  /**
   * It got to the port of its receiver.
   */
  PROBE_OUTCOME_DELIVERED: 'PROBE_OUTCOME_DELIVERED',
  /**
   * Rows of policy dropped it.
   */
  PROBE_OUTCOME_DROPPED: 'PROBE_OUTCOME_DROPPED',
  /**
   * It was dropped elsewhere, or on the way between two switches.
   */
  PROBE_OUTCOME_LOST: 'PROBE_OUTCOME_LOST',
} as const;

export type ProbeOutcome =
  | 'PROBE_OUTCOME_UNSPECIFIED'
  | 0
  /**
   * It got to the port of its receiver.
   */
  | 'PROBE_OUTCOME_DELIVERED'
  | 1
  /**
   * Rows of policy dropped it.
   */
  | 'PROBE_OUTCOME_DROPPED'
  | 2
  /**
   * It was dropped elsewhere, or on the way between two switches.
   */
  | 'PROBE_OUTCOME_LOST'
  | 3

export type ProbeOutcome__Output = typeof ProbeOutcome[keyof typeof ProbeOutcome]
