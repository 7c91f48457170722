// Generated from tagsteer/v1/lifecycle_service.proto

import type { Stage as _tagsteer_v1_Stage, Stage__Output as _tagsteer_v1_Stage__Output } from '../../tagsteer/v1/Stage.ts';
import type { StageCause as _tagsteer_v1_StageCause, StageCause__Output as _tagsteer_v1_StageCause__Output } from '../../tagsteer/v1/StageCause.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { StageMove as _tagsteer_v1_StageMove, StageMove__Output as _tagsteer_v1_StageMove__Output } from '../../tagsteer/v1/StageMove.ts';
import type { Long } from '@grpc/proto-loader';

export interface InterfaceStage {
  'interface'?: (string);
  'stage'?: (_tagsteer_v1_Stage);
  'cause'?: (_tagsteer_v1_StageCause);
  'since'?: (_google_protobuf_Timestamp | null);
  'note'?: (string);
  /**
   * Counts the moves: MoveStage refuses one that was asked for of an older one.
   */
  'generation'?: (number | string | Long);
  /**
   * Earlier stages, the newest first; at most 16.
   */
  'earlier'?: (_tagsteer_v1_StageMove)[];
  /**
   * The store revision of the interface's record: what WaitApplied takes.
   */
  'revision'?: (number | string | Long);
  /**
   * Silence that counters prove, in seconds; absent where they are not read.
   */
  'quietSeconds'?: (number | string | Long);
  /**
   * When traffic was counted last; absent where none was.
   */
  'trafficTime'?: (_google_protobuf_Timestamp | null);
  '_quietSeconds'?: "quietSeconds";
}

export interface InterfaceStage__Output {
  'interface': (string);
  'stage': (_tagsteer_v1_Stage__Output);
  'cause': (_tagsteer_v1_StageCause__Output);
  'since': (_google_protobuf_Timestamp__Output | null);
  'note': (string);
  /**
   * Counts the moves: MoveStage refuses one that was asked for of an older one.
   */
  'generation': (string);
  /**
   * Earlier stages, the newest first; at most 16.
   */
  'earlier': (_tagsteer_v1_StageMove__Output)[];
  /**
   * The store revision of the interface's record: what WaitApplied takes.
   */
  'revision': (string);
  /**
   * Silence that counters prove, in seconds; absent where they are not read.
   */
  'quietSeconds'?: (string);
  /**
   * When traffic was counted last; absent where none was.
   */
  'trafficTime': (_google_protobuf_Timestamp__Output | null);
  '_quietSeconds'?: "quietSeconds";
}
