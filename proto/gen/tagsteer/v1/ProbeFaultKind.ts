// Generated from tagsteer/v1/probe_service.proto

export const ProbeFaultKind = {
  PROBE_FAULT_KIND_UNSPECIFIED: 'PROBE_FAULT_KIND_UNSPECIFIED',
  /**
   * The identity that was in the packet is not there any more, or was not written at all.
   */
  PROBE_FAULT_KIND_TAG_LOST: 'PROBE_FAULT_KIND_TAG_LOST',
  /**
   * Another identity is there, or was read.
   */
  PROBE_FAULT_KIND_TAG_CHANGED: 'PROBE_FAULT_KIND_TAG_CHANGED',
  /**
   * Policy permits it, and it did not arrive.
   */
  PROBE_FAULT_KIND_PACKET_LOST: 'PROBE_FAULT_KIND_PACKET_LOST',
  /**
   * Policy permits it, and rows of policy dropped it.
   */
  PROBE_FAULT_KIND_REFUSED: 'PROBE_FAULT_KIND_REFUSED',
  /**
   * Policy does not permit it, and it arrived.
   */
  PROBE_FAULT_KIND_LEAKED: 'PROBE_FAULT_KIND_LEAKED',
} as const;

export type ProbeFaultKind =
  | 'PROBE_FAULT_KIND_UNSPECIFIED'
  | 0
  /**
   * The identity that was in the packet is not there any more, or was not written at all.
   */
  | 'PROBE_FAULT_KIND_TAG_LOST'
  | 1
  /**
   * Another identity is there, or was read.
   */
  | 'PROBE_FAULT_KIND_TAG_CHANGED'
  | 2
  /**
   * Policy permits it, and it did not arrive.
   */
  | 'PROBE_FAULT_KIND_PACKET_LOST'
  | 3
  /**
   * Policy permits it, and rows of policy dropped it.
   */
  | 'PROBE_FAULT_KIND_REFUSED'
  | 4
  /**
   * Policy does not permit it, and it arrived.
   */
  | 'PROBE_FAULT_KIND_LEAKED'
  | 5

export type ProbeFaultKind__Output = typeof ProbeFaultKind[keyof typeof ProbeFaultKind]
