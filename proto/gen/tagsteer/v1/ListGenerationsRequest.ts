// Generated from tagsteer/v1/history_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface ListGenerationsRequest {
  /**
   * 100 where zero; at most 1,000.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Filters; all that are set must hold.
   */
  'caller'?: (string);
  /**
   * Generations that changed a record of this kind: "interface", "vnp", "policy" or "switch".
   */
  'kind'?: (string);
  /**
   * Generations that changed a record of this name.
   */
  'name'?: (string);
  'since'?: (_google_protobuf_Timestamp | null);
  'until'?: (_google_protobuf_Timestamp | null);
  /**
   * Also generations that changed no record.
   */
  'includeInternal'?: (boolean);
}

export interface ListGenerationsRequest__Output {
  /**
   * 100 where zero; at most 1,000.
   */
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Filters; all that are set must hold.
   */
  'caller': (string);
  /**
   * Generations that changed a record of this kind: "interface", "vnp", "policy" or "switch".
   */
  'kind': (string);
  /**
   * Generations that changed a record of this name.
   */
  'name': (string);
  'since': (_google_protobuf_Timestamp__Output | null);
  'until': (_google_protobuf_Timestamp__Output | null);
  /**
   * Also generations that changed no record.
   */
  'includeInternal': (boolean);
}
