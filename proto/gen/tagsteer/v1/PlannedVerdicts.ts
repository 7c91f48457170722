// Generated from tagsteer/v1/apply_service.proto

import type { VerdictChange as _tagsteer_v1_VerdictChange, VerdictChange__Output as _tagsteer_v1_VerdictChange__Output } from '../../tagsteer/v1/VerdictChange.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Pairs are ordered pairs of interfaces; a prefix of the world counts as one.
 */
export interface PlannedVerdicts {
  /**
   * Pairs between which some packet passes now and would not any more.
   */
  'losing'?: (number | string | Long);
  /**
   * Pairs between which some packet would pass that does not now.
   */
  'gaining'?: (number | string | Long);
  /**
   * Pairs with any other verdict, such as reject for deny.
   */
  'differing'?: (number | string | Long);
  /**
   * False where there were too many to look at: then the counts are at least so many.
   */
  'complete'?: (boolean);
  /**
   * What shuts first, then what opens; as many as the limit says.
   */
  'changes'?: (_tagsteer_v1_VerdictChange)[];
  /**
   * How many there are.
   */
  'total'?: (number | string | Long);
}

/**
 * Pairs are ordered pairs of interfaces; a prefix of the world counts as one.
 */
export interface PlannedVerdicts__Output {
  /**
   * Pairs between which some packet passes now and would not any more.
   */
  'losing': (string);
  /**
   * Pairs between which some packet would pass that does not now.
   */
  'gaining': (string);
  /**
   * Pairs with any other verdict, such as reject for deny.
   */
  'differing': (string);
  /**
   * False where there were too many to look at: then the counts are at least so many.
   */
  'complete': (boolean);
  /**
   * What shuts first, then what opens; as many as the limit says.
   */
  'changes': (_tagsteer_v1_VerdictChange__Output)[];
  /**
   * How many there are.
   */
  'total': (string);
}
