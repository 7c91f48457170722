// Generated from tagsteer/v1/history_service.proto

import type { Flow as _tagsteer_v1_Flow, Flow__Output as _tagsteer_v1_Flow__Output } from '../../tagsteer/v1/Flow.ts';
import type { BlameBasis as _tagsteer_v1_BlameBasis, BlameBasis__Output as _tagsteer_v1_BlameBasis__Output } from '../../tagsteer/v1/BlameBasis.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { RecordDifference as _tagsteer_v1_RecordDifference, RecordDifference__Output as _tagsteer_v1_RecordDifference__Output } from '../../tagsteer/v1/RecordDifference.ts';
import type { Long } from '@grpc/proto-loader';

export interface BlamedFlow {
  /**
   * Names or datapath ids of the switches that have it so.
   */
  'switches'?: (string)[];
  /**
   * With the record and rule that caused it.
   */
  'flow'?: (_tagsteer_v1_Flow | null);
  'basis'?: (_tagsteer_v1_BlameBasis);
  /**
   * The generation, who made it and how; empty where the basis is TOPOLOGY or PIPELINE, or OLDER.
   */
  'generation'?: (number | string | Long);
  'time'?: (_google_protobuf_Timestamp | null);
  'caller'?: (string);
  'method'?: (string);
  'requestId'?: (string);
  /**
   * What of that generation made the flow what it is: a record's change, with the record before and after it,
   */
  'change'?: (_tagsteer_v1_RecordDifference | null);
  /**
   * or what the controller keeps for itself: "place of interface web-1". Both are empty where several changes did it
   * together.
   */
  'internal'?: (string);
}

export interface BlamedFlow__Output {
  /**
   * Names or datapath ids of the switches that have it so.
   */
  'switches': (string)[];
  /**
   * With the record and rule that caused it.
   */
  'flow': (_tagsteer_v1_Flow__Output | null);
  'basis': (_tagsteer_v1_BlameBasis__Output);
  /**
   * The generation, who made it and how; empty where the basis is TOPOLOGY or PIPELINE, or OLDER.
   */
  'generation': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  'caller': (string);
  'method': (string);
  'requestId': (string);
  /**
   * What of that generation made the flow what it is: a record's change, with the record before and after it,
   */
  'change': (_tagsteer_v1_RecordDifference__Output | null);
  /**
   * or what the controller keeps for itself: "place of interface web-1". Both are empty where several changes did it
   * together.
   */
  'internal': (string);
}
