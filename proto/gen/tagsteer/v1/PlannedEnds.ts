// Generated from tagsteer/v1/apply_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlannedEnds {
  /**
   * How many interfaces.
   */
  'count'?: (number | string | Long);
  /**
   * The first of them, by name.
   */
  'interfaces'?: (string)[];
  /**
   * Prefixes of the world; of nested ones the longest that holds an address counts.
   */
  'world'?: (string)[];
  /**
   * Tags that all of them carry and selectors mention.
   */
  'tags'?: (_tagsteer_v1_Tag)[];
}

export interface PlannedEnds__Output {
  /**
   * How many interfaces.
   */
  'count': (string);
  /**
   * The first of them, by name.
   */
  'interfaces': (string)[];
  /**
   * Prefixes of the world; of nested ones the longest that holds an address counts.
   */
  'world': (string)[];
  /**
   * Tags that all of them carry and selectors mention.
   */
  'tags': (_tagsteer_v1_Tag__Output)[];
}
