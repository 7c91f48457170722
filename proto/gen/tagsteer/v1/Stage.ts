// Generated from tagsteer/v1/lifecycle_service.proto

export const Stage = {
  STAGE_UNSPECIFIED: 'STAGE_UNSPECIFIED',
  STAGE_PROVISIONED: 'STAGE_PROVISIONED',
  STAGE_ACTIVE: 'STAGE_ACTIVE',
  STAGE_IDLE: 'STAGE_IDLE',
  STAGE_STANDBY: 'STAGE_STANDBY',
  STAGE_REVOCABLE: 'STAGE_REVOCABLE',
  STAGE_RETIRED: 'STAGE_RETIRED',
  STAGE_RESTRICTED: 'STAGE_RESTRICTED',
} as const;

export type Stage =
  | 'STAGE_UNSPECIFIED'
  | 0
  | 'STAGE_PROVISIONED'
  | 1
  | 'STAGE_ACTIVE'
  | 2
  | 'STAGE_IDLE'
  | 3
  | 'STAGE_STANDBY'
  | 4
  | 'STAGE_REVOCABLE'
  | 5
  | 'STAGE_RETIRED'
  | 6
  | 'STAGE_RESTRICTED'
  | 7

export type Stage__Output = typeof Stage[keyof typeof Stage]
