// Generated from tagsteer/v1/conflict.proto

/**
 * In the terms of Al-Shaer and Hamed's taxonomy of firewall anomalies.
 */
export const FindingKind = {
  FINDING_KIND_UNSPECIFIED: 'FINDING_KIND_UNSPECIFIED',
  /**
   * Never decides: earlier rules decide all of its packets, some of them otherwise.
   */
  FINDING_KIND_SHADOWED: 'FINDING_KIND_SHADOWED',
  /**
   * Without it every packet has the same verdict and the same reports.
   */
  FINDING_KIND_REDUNDANT: 'FINDING_KIND_REDUNDANT',
  /**
   * Two rules of equal standing disagree; only the tie-break decides.
   */
  FINDING_KIND_CONTRADICTORY: 'FINDING_KIND_CONTRADICTORY',
  /**
   * An earlier rule is an exception to this one.
   */
  FINDING_KIND_GENERALISATION: 'FINDING_KIND_GENERALISATION',
  /**
   * Two rules disagree about packets of both; the order decides.
   */
  FINDING_KIND_CORRELATION: 'FINDING_KIND_CORRELATION',
  /**
   * Names no packet that can be sent.
   */
  FINDING_KIND_IRRELEVANT: 'FINDING_KIND_IRRELEVANT',
} as const;

/**
 * In the terms of Al-Shaer and Hamed's taxonomy of firewall anomalies.
 */
export type FindingKind =
  | 'FINDING_KIND_UNSPECIFIED'
  | 0
  /**
   * Never decides: earlier rules decide all of its packets, some of them otherwise.
   */
  | 'FINDING_KIND_SHADOWED'
  | 1
  /**
   * Without it every packet has the same verdict and the same reports.
   */
  | 'FINDING_KIND_REDUNDANT'
  | 2
  /**
   * Two rules of equal standing disagree; only the tie-break decides.
   */
  | 'FINDING_KIND_CONTRADICTORY'
  | 3
  /**
   * An earlier rule is an exception to this one.
   */
  | 'FINDING_KIND_GENERALISATION'
  | 4
  /**
   * Two rules disagree about packets of both; the order decides.
   */
  | 'FINDING_KIND_CORRELATION'
  | 5
  /**
   * Names no packet that can be sent.
   */
  | 'FINDING_KIND_IRRELEVANT'
  | 6

/**
 * In the terms of Al-Shaer and Hamed's taxonomy of firewall anomalies.
 */
export type FindingKind__Output = typeof FindingKind[keyof typeof FindingKind]
