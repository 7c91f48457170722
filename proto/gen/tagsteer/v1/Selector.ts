// Generated from tagsteer/v1/types.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';

/**
 * Matches an interface by its tags. An empty selector matches every interface.
 */
export interface Selector {
  'allOf'?: (_tagsteer_v1_Tag)[];
  'anyOf'?: (_tagsteer_v1_Tag)[];
  'noneOf'?: (_tagsteer_v1_Tag)[];
}

/**
 * Matches an interface by its tags. An empty selector matches every interface.
 */
export interface Selector__Output {
  'allOf': (_tagsteer_v1_Tag__Output)[];
  'anyOf': (_tagsteer_v1_Tag__Output)[];
  'noneOf': (_tagsteer_v1_Tag__Output)[];
}
