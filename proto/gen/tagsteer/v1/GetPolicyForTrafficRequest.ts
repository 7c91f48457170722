// Generated from tagsteer/v1/policy_service.proto

import type { Tag as _tagsteer_v1_Tag, Tag__Output as _tagsteer_v1_Tag__Output } from '../../tagsteer/v1/Tag.ts';

export interface GetPolicyForTrafficRequest {
  'tags'?: (_tagsteer_v1_Tag)[];
}

export interface GetPolicyForTrafficRequest__Output {
  'tags': (_tagsteer_v1_Tag__Output)[];
}
