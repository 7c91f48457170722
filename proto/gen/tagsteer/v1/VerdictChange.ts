// Generated from tagsteer/v1/apply_service.proto

import type { PlannedEnds as _tagsteer_v1_PlannedEnds, PlannedEnds__Output as _tagsteer_v1_PlannedEnds__Output } from '../../tagsteer/v1/PlannedEnds.ts';
import type { PlannedVerdict as _tagsteer_v1_PlannedVerdict, PlannedVerdict__Output as _tagsteer_v1_PlannedVerdict__Output } from '../../tagsteer/v1/PlannedVerdict.ts';
import type { Long } from '@grpc/proto-loader';

export interface VerdictChange {
  'from'?: (_tagsteer_v1_PlannedEnds | null);
  'to'?: (_tagsteer_v1_PlannedEnds | null);
  /**
   * "tcp/5432", "udp/53-60", "icmp", "protocol 47", "other protocols"; "any" alone.
   */
  'packets'?: (string)[];
  'before'?: (_tagsteer_v1_PlannedVerdict | null);
  'after'?: (_tagsteer_v1_PlannedVerdict | null);
  'pairs'?: (number | string | Long);
}

export interface VerdictChange__Output {
  'from': (_tagsteer_v1_PlannedEnds__Output | null);
  'to': (_tagsteer_v1_PlannedEnds__Output | null);
  /**
   * "tcp/5432", "udp/53-60", "icmp", "protocol 47", "other protocols"; "any" alone.
   */
  'packets': (string)[];
  'before': (_tagsteer_v1_PlannedVerdict__Output | null);
  'after': (_tagsteer_v1_PlannedVerdict__Output | null);
  'pairs': (string);
}
