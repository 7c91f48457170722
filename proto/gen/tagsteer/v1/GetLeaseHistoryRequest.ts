// Generated from tagsteer/v1/lease_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface GetLeaseHistoryRequest {
  /**
   * "default" where empty.
   */
  'network'?: (string);
  'address'?: (string);
  /**
   * Only what was so at this time; everything where absent.
   */
  'time'?: (_google_protobuf_Timestamp | null);
}

export interface GetLeaseHistoryRequest__Output {
  /**
   * "default" where empty.
   */
  'network': (string);
  'address': (string);
  /**
   * Only what was so at this time; everything where absent.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
}
