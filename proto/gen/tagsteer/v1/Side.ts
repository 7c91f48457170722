// Generated from tagsteer/v1/ipam_service.proto

export const Side = {
  SIDE_UNSPECIFIED: 'SIDE_UNSPECIFIED',
  SIDE_OURS: 'SIDE_OURS',
  SIDE_THEIRS: 'SIDE_THEIRS',
} as const;

export type Side =
  | 'SIDE_UNSPECIFIED'
  | 0
  | 'SIDE_OURS'
  | 1
  | 'SIDE_THEIRS'
  | 2

export type Side__Output = typeof Side[keyof typeof Side]
