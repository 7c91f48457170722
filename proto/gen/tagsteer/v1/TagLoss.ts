// Generated from tagsteer/v1/interface_service.proto

export const TagLoss = {
  TAG_LOSS_UNSPECIFIED: 'TAG_LOSS_UNSPECIFIED',
  /**
   * The record's overrides name it.
   */
  TAG_LOSS_OVERRIDES: 'TAG_LOSS_OVERRIDES',
  /**
   * A tag of higher rank has the same key.
   */
  TAG_LOSS_KEY: 'TAG_LOSS_KEY',
} as const;

export type TagLoss =
  | 'TAG_LOSS_UNSPECIFIED'
  | 0
  /**
   * The record's overrides name it.
   */
  | 'TAG_LOSS_OVERRIDES'
  | 1
  /**
   * A tag of higher rank has the same key.
   */
  | 'TAG_LOSS_KEY'
  | 2

export type TagLoss__Output = typeof TagLoss[keyof typeof TagLoss]
