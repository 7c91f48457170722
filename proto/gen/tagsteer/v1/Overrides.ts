// Generated from tagsteer/v1/interface_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';

/**
 * Where an interface differs from what it inherits, beyond its own tags: those win anyway.
 */
export interface Overrides {
  /**
   * Inherited tags that do not count. A string tag also stands for all that have it as their key.
   */
  'without'?: (_tagsteer_v1_Tag)[];
}

/**
 * Where an interface differs from what it inherits, beyond its own tags: those win anyway.
 */
export interface Overrides__Output {
  /**
   * Inherited tags that do not count. A string tag also stands for all that have it as their key.
   */
  'without': (_tagsteer_v1_Tag__Output)[];
}
