// Generated from tagsteer/v1/history_service.proto

import type { RecordDifference as _tagsteer_v1_RecordDifference, RecordDifference__Output as _tagsteer_v1_RecordDifference__Output } from '../../tagsteer/v1/RecordDifference.ts';
import type { Long } from '@grpc/proto-loader';

export interface DiffGenerationsResponse {
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  /**
   * By kind and name.
   */
  'changes'?: (_tagsteer_v1_RecordDifference)[];
  'nextPageToken'?: (string);
}

export interface DiffGenerationsResponse__Output {
  'from': (string);
  'to': (string);
  /**
   * By kind and name.
   */
  'changes': (_tagsteer_v1_RecordDifference__Output)[];
  'nextPageToken': (string);
}
