// Generated from tagsteer/v1/lease_service.proto

import type { NapScore as _tagsteer_v1_NapScore, NapScore__Output as _tagsteer_v1_NapScore__Output } from '../../tagsteer/v1/NapScore.ts';

export interface SelectNapResponse {
  /**
   * The one that would be chosen; empty where none can.
   */
  'nap'?: (string);
  /**
   * Every NAP of the network; those that can be chosen first, the best of them first.
   */
  'scores'?: (_tagsteer_v1_NapScore)[];
}

export interface SelectNapResponse__Output {
  /**
   * The one that would be chosen; empty where none can.
   */
  'nap': (string);
  /**
   * Every NAP of the network; those that can be chosen first, the best of them first.
   */
  'scores': (_tagsteer_v1_NapScore__Output)[];
}
