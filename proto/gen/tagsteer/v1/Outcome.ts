// Generated from tagsteer/v1/apply_service.proto

export const Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_CREATED: 'OUTCOME_CREATED',
  OUTCOME_UPDATED: 'OUTCOME_UPDATED',
  OUTCOME_UNCHANGED: 'OUTCOME_UNCHANGED',
  OUTCOME_DELETED: 'OUTCOME_DELETED',
} as const;

export type Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_CREATED'
  | 1
  | 'OUTCOME_UPDATED'
  | 2
  | 'OUTCOME_UNCHANGED'
  | 3
  | 'OUTCOME_DELETED'
  | 4

export type Outcome__Output = typeof Outcome[keyof typeof Outcome]
