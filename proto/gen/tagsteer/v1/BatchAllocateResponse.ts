// Generated from tagsteer/v1/lease_service.proto

import type { Lease as _tagsteer_v1_Lease, Lease__Output as _tagsteer_v1_Lease__Output } from '../../tagsteer/v1/Lease.ts';
import type { Long } from '@grpc/proto-loader';

export interface BatchAllocateResponse {
  /**
   * In the order of the requests.
   */
  'leases'?: (_tagsteer_v1_Lease)[];
  'generation'?: (number | string | Long);
}

export interface BatchAllocateResponse__Output {
  /**
   * In the order of the requests.
   */
  'leases': (_tagsteer_v1_Lease__Output)[];
  'generation': (string);
}
