// Generated from tagsteer/v1/policy_service.proto

import type { Policy as _tagsteer_v1_Policy, Policy__Output as _tagsteer_v1_Policy__Output } from '../../tagsteer/v1/Policy.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdatePolicyRequest {
  'policy'?: (_tagsteer_v1_Policy | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdatePolicyRequest__Output {
  'policy': (_tagsteer_v1_Policy__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
