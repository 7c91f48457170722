// Generated from tagsteer/v1/lifecycle_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One revocable interface.
 */
export interface Reclaimed {
  'interface'?: (string);
  /**
   * Those that it holds by lease.
   */
  'addresses'?: (string)[];
  /**
   * Why nothing is taken back; empty where it was, or would be.
   */
  'refused'?: (string);
  'revocableSince'?: (_google_protobuf_Timestamp | null);
  'retentionSeconds'?: (number | string | Long);
  'quietSeconds'?: (number | string | Long);
  /**
   * The switch that counts, and when it was read last.
   */
  'datapathId'?: (string);
  'readTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Addresses that were asked for and did not answer.
   */
  'unanswered'?: (string)[];
  '_quietSeconds'?: "quietSeconds";
}

/**
 * One revocable interface.
 */
export interface Reclaimed__Output {
  'interface': (string);
  /**
   * Those that it holds by lease.
   */
  'addresses': (string)[];
  /**
   * Why nothing is taken back; empty where it was, or would be.
   */
  'refused': (string);
  'revocableSince': (_google_protobuf_Timestamp__Output | null);
  'retentionSeconds': (string);
  'quietSeconds'?: (string);
  /**
   * The switch that counts, and when it was read last.
   */
  'datapathId': (string);
  'readTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Addresses that were asked for and did not answer.
   */
  'unanswered': (string)[];
  '_quietSeconds'?: "quietSeconds";
}
