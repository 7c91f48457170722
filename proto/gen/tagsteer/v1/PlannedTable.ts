// Generated from tagsteer/v1/apply_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PlannedTable {
  'table'?: (number);
  'name'?: (string);
  'before'?: (number | string | Long);
  'after'?: (number | string | Long);
  /**
   * While the change is under way.
   */
  'peak'?: (number | string | Long);
  /**
   * What the switch says the table can hold; 0 where that is unknown.
   */
  'limit'?: (number | string | Long);
}

export interface PlannedTable__Output {
  'table': (number);
  'name': (string);
  'before': (string);
  'after': (string);
  /**
   * While the change is under way.
   */
  'peak': (string);
  /**
   * What the switch says the table can hold; 0 where that is unknown.
   */
  'limit': (string);
}
