// Generated from tagsteer/v1/lease_service.proto

import type { Long } from '@grpc/proto-loader';

export interface RenewRequest {
  /**
   * "default" where empty.
   */
  'network'?: (string);
  'address'?: (string);
  /**
   * As the lease has it.
   */
  'generation'?: (number | string | Long);
  'requestId'?: (string);
}

export interface RenewRequest__Output {
  /**
   * "default" where empty.
   */
  'network': (string);
  'address': (string);
  /**
   * As the lease has it.
   */
  'generation': (string);
  'requestId': (string);
}
