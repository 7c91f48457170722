// Generated from tagsteer/v1/lifecycle_service.proto

export const Trigger = {
  TRIGGER_UNSPECIFIED: 'TRIGGER_UNSPECIFIED',
  /**
   * Packets of the interface that were dropped as forged, within the time.
   */
  TRIGGER_REFUSED_PACKETS: 'TRIGGER_REFUSED_PACKETS',
  /**
   * Kilobits per second that it sends, for all of the time.
   */
  TRIGGER_BANDWIDTH: 'TRIGGER_BANDWIDTH',
} as const;

export type Trigger =
  | 'TRIGGER_UNSPECIFIED'
  | 0
  /**
   * Packets of the interface that were dropped as forged, within the time.
   */
  | 'TRIGGER_REFUSED_PACKETS'
  | 1
  /**
   * Kilobits per second that it sends, for all of the time.
   */
  | 'TRIGGER_BANDWIDTH'
  | 2

export type Trigger__Output = typeof Trigger[keyof typeof Trigger]
