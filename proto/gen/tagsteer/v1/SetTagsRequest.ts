// Generated from tagsteer/v1/interface_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';

export interface SetTagsRequest {
  'name'?: (string);
  'add'?: (_tagsteer_v1_Tag)[];
  'remove'?: (_tagsteer_v1_Tag)[];
  /**
   * Replace all tags by `add`.
   */
  'replace'?: (boolean);
  'etag'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface SetTagsRequest__Output {
  'name': (string);
  'add': (_tagsteer_v1_Tag__Output)[];
  'remove': (_tagsteer_v1_Tag__Output)[];
  /**
   * Replace all tags by `add`.
   */
  'replace': (boolean);
  'etag': (string);
  'requestId': (string);
  'validateOnly': (boolean);
}
