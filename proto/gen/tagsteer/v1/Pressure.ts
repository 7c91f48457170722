// Generated from tagsteer/v1/nap_service.proto

export const Pressure = {
  PRESSURE_UNSPECIFIED: 'PRESSURE_UNSPECIFIED',
  /**
   * Below the low watermark.
   */
  PRESSURE_LOW: 'PRESSURE_LOW',
  PRESSURE_NORMAL: 'PRESSURE_NORMAL',
  /**
   * Above the high watermark.
   */
  PRESSURE_HIGH: 'PRESSURE_HIGH',
  /**
   * Nothing is free.
   */
  PRESSURE_EXHAUSTED: 'PRESSURE_EXHAUSTED',
} as const;

export type Pressure =
  | 'PRESSURE_UNSPECIFIED'
  | 0
  /**
   * Below the low watermark.
   */
  | 'PRESSURE_LOW'
  | 1
  | 'PRESSURE_NORMAL'
  | 2
  /**
   * Above the high watermark.
   */
  | 'PRESSURE_HIGH'
  | 3
  /**
   * Nothing is free.
   */
  | 'PRESSURE_EXHAUSTED'
  | 4

export type Pressure__Output = typeof Pressure[keyof typeof Pressure]
