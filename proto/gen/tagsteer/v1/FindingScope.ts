// Generated from tagsteer/v1/conflict.proto

export const FindingScope = {
  FINDING_SCOPE_UNSPECIFIED: 'FINDING_SCOPE_UNSPECIFIED',
  /**
   * Whatever tags interfaces have.
   */
  FINDING_SCOPE_ALWAYS: 'FINDING_SCOPE_ALWAYS',
  /**
   * True of the interfaces that exist.
   */
  FINDING_SCOPE_NOW: 'FINDING_SCOPE_NOW',
} as const;

export type FindingScope =
  | 'FINDING_SCOPE_UNSPECIFIED'
  | 0
  /**
   * Whatever tags interfaces have.
   */
  | 'FINDING_SCOPE_ALWAYS'
  | 1
  /**
   * True of the interfaces that exist.
   */
  | 'FINDING_SCOPE_NOW'
  | 2

export type FindingScope__Output = typeof FindingScope[keyof typeof FindingScope]
