// Generated from tagsteer/v1/policy_service.proto

import type { Policy as _tagsteer_v1_Policy, Policy__Output as _tagsteer_v1_Policy__Output } from '../../tagsteer/v1/Policy.ts';

export interface CreatePolicyRequest {
  'policy'?: (_tagsteer_v1_Policy | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreatePolicyRequest__Output {
  'policy': (_tagsteer_v1_Policy__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
