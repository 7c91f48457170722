// Generated from tagsteer/v1/verify_service.proto

export const DifferenceKind = {
  DIFFERENCE_KIND_UNSPECIFIED: 'DIFFERENCE_KIND_UNSPECIFIED',
  /**
   * Wanted and not there.
   */
  DIFFERENCE_KIND_MISSING: 'DIFFERENCE_KIND_MISSING',
  /**
   * There with other content.
   */
  DIFFERENCE_KIND_CHANGED: 'DIFFERENCE_KIND_CHANGED',
  /**
   * There under our cookie and not wanted.
   */
  DIFFERENCE_KIND_STALE: 'DIFFERENCE_KIND_STALE',
  /**
   * Another's, in a table of the pipeline.
   */
  DIFFERENCE_KIND_FOREIGN: 'DIFFERENCE_KIND_FOREIGN',
} as const;

export type DifferenceKind =
  | 'DIFFERENCE_KIND_UNSPECIFIED'
  | 0
  /**
   * Wanted and not there.
   */
  | 'DIFFERENCE_KIND_MISSING'
  | 1
  /**
   * There with other content.
   */
  | 'DIFFERENCE_KIND_CHANGED'
  | 2
  /**
   * There under our cookie and not wanted.
   */
  | 'DIFFERENCE_KIND_STALE'
  | 3
  /**
   * Another's, in a table of the pipeline.
   */
  | 'DIFFERENCE_KIND_FOREIGN'
  | 4

export type DifferenceKind__Output = typeof DifferenceKind[keyof typeof DifferenceKind]
