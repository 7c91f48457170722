// Generated from tagsteer/v1/interface_service.proto

export const TagOrigin = {
  TAG_ORIGIN_UNSPECIFIED: 'TAG_ORIGIN_UNSPECIFIED',
  /**
   * The interface record.
   */
  TAG_ORIGIN_RECORD: 'TAG_ORIGIN_RECORD',
  /**
   * A pool that it has an address of.
   */
  TAG_ORIGIN_NAP: 'TAG_ORIGIN_NAP',
  /**
   * The stage that it is in.
   */
  TAG_ORIGIN_STAGE: 'TAG_ORIGIN_STAGE',
} as const;

export type TagOrigin =
  | 'TAG_ORIGIN_UNSPECIFIED'
  | 0
  /**
   * The interface record.
   */
  | 'TAG_ORIGIN_RECORD'
  | 1
  /**
   * A pool that it has an address of.
   */
  | 'TAG_ORIGIN_NAP'
  | 2
  /**
   * The stage that it is in.
   */
  | 'TAG_ORIGIN_STAGE'
  | 3

export type TagOrigin__Output = typeof TagOrigin[keyof typeof TagOrigin]
