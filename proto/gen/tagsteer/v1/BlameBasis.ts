// Generated from tagsteer/v1/history_service.proto

export const BlameBasis = {
  BLAME_BASIS_UNSPECIFIED: 'BLAME_BASIS_UNSPECIFIED',
  /**
   * `generation` made the flow what it is: without its change it is not there, or is another.
   */
  BLAME_BASIS_CHANGE: 'BLAME_BASIS_CHANGE',
  /**
   * The flow was there, as it is, at the oldest generation that history reaches.
   */
  BLAME_BASIS_OLDER: 'BLAME_BASIS_OLDER',
  /**
   * No record: ports and links as they are now.
   */
  BLAME_BASIS_TOPOLOGY: 'BLAME_BASIS_TOPOLOGY',
  /**
   * No record: every switch has it, whatever is asked for.
   */
  BLAME_BASIS_PIPELINE: 'BLAME_BASIS_PIPELINE',
  /**
   * The flow does not follow from the records as they are now (it is about to go, or to come). `generation` is the last
   * change of the record that its cookie names.
   */
  BLAME_BASIS_RECORD: 'BLAME_BASIS_RECORD',
} as const;

export type BlameBasis =
  | 'BLAME_BASIS_UNSPECIFIED'
  | 0
  /**
   * `generation` made the flow what it is: without its change it is not there, or is another.
   */
  | 'BLAME_BASIS_CHANGE'
  | 1
  /**
   * The flow was there, as it is, at the oldest generation that history reaches.
   */
  | 'BLAME_BASIS_OLDER'
  | 2
  /**
   * No record: ports and links as they are now.
   */
  | 'BLAME_BASIS_TOPOLOGY'
  | 3
  /**
   * No record: every switch has it, whatever is asked for.
   */
  | 'BLAME_BASIS_PIPELINE'
  | 4
  /**
   * The flow does not follow from the records as they are now (it is about to go, or to come). `generation` is the last
   * change of the record that its cookie names.
   */
  | 'BLAME_BASIS_RECORD'
  | 5

export type BlameBasis__Output = typeof BlameBasis[keyof typeof BlameBasis]
