// Generated from tagsteer/v1/lease_service.proto

import type { LeaseState as _tagsteer_v1_LeaseState, LeaseState__Output as _tagsteer_v1_LeaseState__Output } from '../../tagsteer/v1/LeaseState.ts';

export interface ListLeasesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Only of these, where they are not empty.
   */
  'network'?: (string);
  'nap'?: (string);
  'interface'?: (string);
  'client'?: (string);
  'state'?: (_tagsteer_v1_LeaseState);
}

export interface ListLeasesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Only of these, where they are not empty.
   */
  'network': (string);
  'nap': (string);
  'interface': (string);
  'client': (string);
  'state': (_tagsteer_v1_LeaseState__Output);
}
