// Generated from tagsteer/v1/ipam_service.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface Connector {
  'name'?: (string);
  /**
   * netbox or kea.
   */
  'kind'?: (string);
  'url'?: (string);
  'networks'?: (string)[];
  /**
   * When it was last read; absent where it was not since the controller started.
   */
  'lastSuccess'?: (_google_protobuf_Timestamp | null);
  /**
   * Readings and writes that failed since the controller started.
   */
  'failures'?: (number | string | Long);
  /**
   * Why the last one failed; empty where it did not.
   */
  'lastFailure'?: (string);
  /**
   * Conflicts of the last plan.
   */
  'conflicts'?: (number);
}

export interface Connector__Output {
  'name': (string);
  /**
   * netbox or kea.
   */
  'kind': (string);
  'url': (string);
  'networks': (string)[];
  /**
   * When it was last read; absent where it was not since the controller started.
   */
  'lastSuccess': (_google_protobuf_Timestamp__Output | null);
  /**
   * Readings and writes that failed since the controller started.
   */
  'failures': (string);
  /**
   * Why the last one failed; empty where it did not.
   */
  'lastFailure': (string);
  /**
   * Conflicts of the last plan.
   */
  'conflicts': (number);
}
