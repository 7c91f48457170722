// Generated from tagsteer/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

export interface DiffGenerationsRequest {
  'from'?: (number | string | Long);
  /**
   * The newest where zero. May be earlier than `from`.
   */
  'to'?: (number | string | Long);
  /**
   * 100 where zero; at most 1,000.
   */
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface DiffGenerationsRequest__Output {
  'from': (string);
  /**
   * The newest where zero. May be earlier than `from`.
   */
  'to': (string);
  /**
   * 100 where zero; at most 1,000.
   */
  'pageSize': (number);
  'pageToken': (string);
}
