// Generated from tagsteer/v1/history_service.proto

import type { BlamedFlow as _tagsteer_v1_BlamedFlow, BlamedFlow__Output as _tagsteer_v1_BlamedFlow__Output } from '../../tagsteer/v1/BlamedFlow.ts';
import type { Long } from '@grpc/proto-loader';

export interface BlameResponse {
  /**
   * At most 100.
   */
  'flows'?: (_tagsteer_v1_BlamedFlow)[];
  /**
   * There are more.
   */
  'truncated'?: (boolean);
  /**
   * The flows are those of this generation, and no change before `oldest` was looked at.
   */
  'newest'?: (number | string | Long);
  'oldest'?: (number | string | Long);
}

export interface BlameResponse__Output {
  /**
   * At most 100.
   */
  'flows': (_tagsteer_v1_BlamedFlow__Output)[];
  /**
   * There are more.
   */
  'truncated': (boolean);
  /**
   * The flows are those of this generation, and no change before `oldest` was looked at.
   */
  'newest': (string);
  'oldest': (string);
}
