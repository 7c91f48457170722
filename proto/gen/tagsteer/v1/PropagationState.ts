// Generated from tagsteer/v1/probe_service.proto

export const PropagationState = {
  PROPAGATION_STATE_UNSPECIFIED: 'PROPAGATION_STATE_UNSPECIFIED',
  /**
   * The identity that was written was read, not long ago, and nothing was wrong since.
   */
  PROPAGATION_STATE_PROVEN: 'PROPAGATION_STATE_PROVEN',
  /**
   * Neither this nor that: the last proof is too old, or a fault is not confirmed yet.
   */
  PROPAGATION_STATE_UNPROVEN: 'PROPAGATION_STATE_UNPROVEN',
  /**
   * Samples have confirmed a fault, and it was told.
   */
  PROPAGATION_STATE_FAULTY: 'PROPAGATION_STATE_FAULTY',
} as const;

export type PropagationState =
  | 'PROPAGATION_STATE_UNSPECIFIED'
  | 0
  /**
   * The identity that was written was read, not long ago, and nothing was wrong since.
   */
  | 'PROPAGATION_STATE_PROVEN'
  | 1
  /**
   * Neither this nor that: the last proof is too old, or a fault is not confirmed yet.
   */
  | 'PROPAGATION_STATE_UNPROVEN'
  | 2
  /**
   * Samples have confirmed a fault, and it was told.
   */
  | 'PROPAGATION_STATE_FAULTY'
  | 3

export type PropagationState__Output = typeof PropagationState[keyof typeof PropagationState]
