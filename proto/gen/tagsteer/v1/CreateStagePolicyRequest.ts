// Generated from tagsteer/v1/lifecycle_service.proto

import type { StagePolicy as _tagsteer_v1_StagePolicy, StagePolicy__Output as _tagsteer_v1_StagePolicy__Output } from '../../tagsteer/v1/StagePolicy.ts';

export interface CreateStagePolicyRequest {
  'stagePolicy'?: (_tagsteer_v1_StagePolicy | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateStagePolicyRequest__Output {
  'stagePolicy': (_tagsteer_v1_StagePolicy__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
