// Generated from tagsteer/v1/policy_service.proto

import type { MergedRule as _tagsteer_v1_MergedRule, MergedRule__Output as _tagsteer_v1_MergedRule__Output } from '../../tagsteer/v1/MergedRule.ts';
import type { Long } from '@grpc/proto-loader';

export interface MergedPolicy {
  'generation'?: (number | string | Long);
  /**
   * Partitions that an interface with these tags is a member of, in the order in which they are consulted.
   */
  'vnps'?: (string)[];
  'rules'?: (_tagsteer_v1_MergedRule)[];
}

export interface MergedPolicy__Output {
  'generation': (string);
  /**
   * Partitions that an interface with these tags is a member of, in the order in which they are consulted.
   */
  'vnps': (string)[];
  'rules': (_tagsteer_v1_MergedRule__Output)[];
}
