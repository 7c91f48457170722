// Generated from tagsteer/v1/flow_service.proto

export const Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  VERDICT_ALLOW: 'VERDICT_ALLOW',
  VERDICT_DENY: 'VERDICT_DENY',
  VERDICT_REJECT: 'VERDICT_REJECT',
} as const;

export type Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'VERDICT_ALLOW'
  | 1
  | 'VERDICT_DENY'
  | 2
  | 'VERDICT_REJECT'
  | 3

export type Verdict__Output = typeof Verdict[keyof typeof Verdict]
