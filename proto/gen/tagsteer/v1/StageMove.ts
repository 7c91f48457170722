// Generated from tagsteer/v1/lifecycle_service.proto

import type { Stage as _tagsteer_v1_Stage, Stage__Output as _tagsteer_v1_Stage__Output } from '../../tagsteer/v1/Stage.ts';
import type { StageCause as _tagsteer_v1_StageCause, StageCause__Output as _tagsteer_v1_StageCause__Output } from '../../tagsteer/v1/StageCause.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface StageMove {
  'stage'?: (_tagsteer_v1_Stage);
  'cause'?: (_tagsteer_v1_StageCause);
  'since'?: (_google_protobuf_Timestamp | null);
  /**
   * What was seen, or said; may be empty.
   */
  'note'?: (string);
}

export interface StageMove__Output {
  'stage': (_tagsteer_v1_Stage__Output);
  'cause': (_tagsteer_v1_StageCause__Output);
  'since': (_google_protobuf_Timestamp__Output | null);
  /**
   * What was seen, or said; may be empty.
   */
  'note': (string);
}
