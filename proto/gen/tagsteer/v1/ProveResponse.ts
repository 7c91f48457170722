// Generated from tagsteer/v1/prove_service.proto

import type { Counterexample as _tagsteer_v1_Counterexample, Counterexample__Output as _tagsteer_v1_Counterexample__Output } from '../../tagsteer/v1/Counterexample.ts';
import type { Unproved as _tagsteer_v1_Unproved, Unproved__Output as _tagsteer_v1_Unproved__Output } from '../../tagsteer/v1/Unproved.ts';
import type { NotProved as _tagsteer_v1_NotProved, NotProved__Output as _tagsteer_v1_NotProved__Output } from '../../tagsteer/v1/NotProved.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProveResponse {
  /**
   * Every switch that was asked about was looked at, and nothing was found.
   */
  'proved'?: (boolean);
  'switches'?: (number);
  'flows'?: (number);
  /**
   * Of the proof alone, without reading.
   */
  'milliseconds'?: (number);
  'generation'?: (number | string | Long);
  'counterexamples'?: (_tagsteer_v1_Counterexample)[];
  /**
   * What could neither be shown nor ruled out.
   */
  'open'?: (_tagsteer_v1_Unproved)[];
  /**
   * Switches that were asked about and not looked at.
   */
  'notProved'?: (_tagsteer_v1_NotProved)[];
  /**
   * What is taken for given and not proved, a sentence each.
   */
  'assumptions'?: (string)[];
}

export interface ProveResponse__Output {
  /**
   * Every switch that was asked about was looked at, and nothing was found.
   */
  'proved': (boolean);
  'switches': (number);
  'flows': (number);
  /**
   * Of the proof alone, without reading.
   */
  'milliseconds': (number);
  'generation': (string);
  'counterexamples': (_tagsteer_v1_Counterexample__Output)[];
  /**
   * What could neither be shown nor ruled out.
   */
  'open': (_tagsteer_v1_Unproved__Output)[];
  /**
   * Switches that were asked about and not looked at.
   */
  'notProved': (_tagsteer_v1_NotProved__Output)[];
  /**
   * What is taken for given and not proved, a sentence each.
   */
  'assumptions': (string)[];
}
