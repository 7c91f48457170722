// Generated from tagsteer/v1/apply_service.proto

import type { Long } from '@grpc/proto-loader';

export interface TrackingSwitch {
  'datapathId'?: (string);
  'name'?: (string);
  /**
   * Whether its connections could be read; else nobody knows how many would be cut there.
   */
  'known'?: (boolean);
  'reason'?: (string);
  /**
   * Connections that were looked at.
   */
  'connections'?: (number | string | Long);
}

export interface TrackingSwitch__Output {
  'datapathId': (string);
  'name': (string);
  /**
   * Whether its connections could be read; else nobody knows how many would be cut there.
   */
  'known': (boolean);
  'reason': (string);
  /**
   * Connections that were looked at.
   */
  'connections': (string);
}
