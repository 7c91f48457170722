// Generated from tagsteer/v1/types.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What the controller adds to every record. Ignored on input.
 */
export interface Meta {
  /**
   * The number that stands for the record in cookies and logs.
   */
  'number'?: (number);
  'createTime'?: (_google_protobuf_Timestamp | null);
  'updateTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Common name of the certificate that wrote it last.
   */
  'updatedBy'?: (string);
  /**
   * Generation of the last change: wait for it with FlowService.WaitApplied.
   */
  'generation'?: (number | string | Long);
}

/**
 * What the controller adds to every record. Ignored on input.
 */
export interface Meta__Output {
  /**
   * The number that stands for the record in cookies and logs.
   */
  'number': (number);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  'updateTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Common name of the certificate that wrote it last.
   */
  'updatedBy': (string);
  /**
   * Generation of the last change: wait for it with FlowService.WaitApplied.
   */
  'generation': (string);
}
