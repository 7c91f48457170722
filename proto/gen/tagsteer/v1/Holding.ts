// Generated from tagsteer/v1/lease_service.proto

import type { Lease as _tagsteer_v1_Lease, Lease__Output as _tagsteer_v1_Lease__Output } from '../../tagsteer/v1/Lease.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface Holding {
  /**
   * Absent where nobody had it by lease.
   */
  'lease'?: (_tagsteer_v1_Lease | null);
  /**
   * Absent where it was so before the oldest change that is kept.
   */
  'from'?: (_google_protobuf_Timestamp | null);
  /**
   * Absent where it is still so.
   */
  'until'?: (_google_protobuf_Timestamp | null);
  /**
   * The generation that began it, and who wrote that.
   */
  'generation'?: (number | string | Long);
  'caller'?: (string);
}

export interface Holding__Output {
  /**
   * Absent where nobody had it by lease.
   */
  'lease': (_tagsteer_v1_Lease__Output | null);
  /**
   * Absent where it was so before the oldest change that is kept.
   */
  'from': (_google_protobuf_Timestamp__Output | null);
  /**
   * Absent where it is still so.
   */
  'until': (_google_protobuf_Timestamp__Output | null);
  /**
   * The generation that began it, and who wrote that.
   */
  'generation': (string);
  'caller': (string);
}
