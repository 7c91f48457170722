// Generated from tagsteer/v1/conflict.proto

export const FindingSeverity = {
  FINDING_SEVERITY_UNSPECIFIED: 'FINDING_SEVERITY_UNSPECIFIED',
  FINDING_SEVERITY_WARNING: 'FINDING_SEVERITY_WARNING',
  FINDING_SEVERITY_INFORMATION: 'FINDING_SEVERITY_INFORMATION',
} as const;

export type FindingSeverity =
  | 'FINDING_SEVERITY_UNSPECIFIED'
  | 0
  | 'FINDING_SEVERITY_WARNING'
  | 1
  | 'FINDING_SEVERITY_INFORMATION'
  | 2

export type FindingSeverity__Output = typeof FindingSeverity[keyof typeof FindingSeverity]
