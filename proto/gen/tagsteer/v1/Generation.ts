// Generated from tagsteer/v1/history_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { RecordDifference as _tagsteer_v1_RecordDifference, RecordDifference__Output as _tagsteer_v1_RecordDifference__Output } from '../../tagsteer/v1/RecordDifference.ts';
import type { Long } from '@grpc/proto-loader';

export interface Generation {
  'generation'?: (number | string | Long);
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * Common name of the certificate that wrote; "controller" for what the controller wrote of itself.
   */
  'caller'?: (string);
  /**
   * The call; for the controller itself what made it write: "observed" (topology) or "switch connected".
   */
  'method'?: (string);
  'requestId'?: (string);
  'note'?: (string);
  /**
   * Records. In a list at most 20, without the records themselves.
   */
  'changes'?: (_tagsteer_v1_RecordDifference)[];
  'changeCount'?: (number);
  /**
   * What the controller keeps for itself and changed with them: "place of interface web-1", "links", "identity 300",
   * "number zone/...". At most 20.
   */
  'internal'?: (string)[];
  'internalCount'?: (number);
}

export interface Generation__Output {
  'generation': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * Common name of the certificate that wrote; "controller" for what the controller wrote of itself.
   */
  'caller': (string);
  /**
   * The call; for the controller itself what made it write: "observed" (topology) or "switch connected".
   */
  'method': (string);
  'requestId': (string);
  'note': (string);
  /**
   * Records. In a list at most 20, without the records themselves.
   */
  'changes': (_tagsteer_v1_RecordDifference__Output)[];
  'changeCount': (number);
  /**
   * What the controller keeps for itself and changed with them: "place of interface web-1", "links", "identity 300",
   * "number zone/...". At most 20.
   */
  'internal': (string)[];
  'internalCount': (number);
}
