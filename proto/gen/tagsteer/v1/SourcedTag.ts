// Generated from tagsteer/v1/interface_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';
import type { TagOrigin as _tagsteer_v1_TagOrigin, TagOrigin__Output as _tagsteer_v1_TagOrigin__Output } from '../../tagsteer/v1/TagOrigin.ts';
import type { TagLoss as _tagsteer_v1_TagLoss, TagLoss__Output as _tagsteer_v1_TagLoss__Output } from '../../tagsteer/v1/TagLoss.ts';

/**
 * A tag that an interface has or would have, and who says so.
 */
export interface SourcedTag {
  'tag'?: (_tagsteer_v1_Tag | null);
  'origin'?: (_tagsteer_v1_TagOrigin);
  /**
   * The NAP; empty where it is the record itself or the stage.
   */
  'from'?: (string);
  /**
   * Whether policies select by it.
   */
  'counts'?: (boolean);
  /**
   * Why not.
   */
  'lost'?: (_tagsteer_v1_TagLoss);
}

/**
 * A tag that an interface has or would have, and who says so.
 */
export interface SourcedTag__Output {
  'tag': (_tagsteer_v1_Tag__Output | null);
  'origin': (_tagsteer_v1_TagOrigin__Output);
  /**
   * The NAP; empty where it is the record itself or the stage.
   */
  'from': (string);
  /**
   * Whether policies select by it.
   */
  'counts': (boolean);
  /**
   * Why not.
   */
  'lost': (_tagsteer_v1_TagLoss__Output);
}
