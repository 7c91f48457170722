// Generated from tagsteer/v1/lifecycle_service.proto

import type { StagePolicy as _tagsteer_v1_StagePolicy, StagePolicy__Output as _tagsteer_v1_StagePolicy__Output } from '../../tagsteer/v1/StagePolicy.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListStagePoliciesResponse {
  'stagePolicies'?: (_tagsteer_v1_StagePolicy)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListStagePoliciesResponse__Output {
  'stagePolicies': (_tagsteer_v1_StagePolicy__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
