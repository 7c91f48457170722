// Generated from tagsteer/v1/policy_service.proto

import type { Policy as _tagsteer_v1_Policy, Policy__Output as _tagsteer_v1_Policy__Output } from '../../tagsteer/v1/Policy.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListPoliciesResponse {
  'policies'?: (_tagsteer_v1_Policy)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListPoliciesResponse__Output {
  'policies': (_tagsteer_v1_Policy__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
