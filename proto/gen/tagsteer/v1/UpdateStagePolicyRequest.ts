// Generated from tagsteer/v1/lifecycle_service.proto

import type { StagePolicy as _tagsteer_v1_StagePolicy, StagePolicy__Output as _tagsteer_v1_StagePolicy__Output } from '../../tagsteer/v1/StagePolicy.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateStagePolicyRequest {
  'stagePolicy'?: (_tagsteer_v1_StagePolicy | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateStagePolicyRequest__Output {
  'stagePolicy': (_tagsteer_v1_StagePolicy__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
