// Generated from tagsteer/v1/lease_service.proto

import type { Lease as _tagsteer_v1_Lease, Lease__Output as _tagsteer_v1_Lease__Output } from '../../tagsteer/v1/Lease.ts';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../google/rpc/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface StreamedLease {
  'id'?: (number | string | Long);
  'lease'?: (_tagsteer_v1_Lease | null);
  /**
   * As Allocate would have ended, with the same details.
   */
  'failure'?: (_google_rpc_Status | null);
  'result'?: "lease"|"failure";
}

export interface StreamedLease__Output {
  'id': (string);
  'lease'?: (_tagsteer_v1_Lease__Output | null);
  /**
   * As Allocate would have ended, with the same details.
   */
  'failure'?: (_google_rpc_Status__Output | null);
  'result'?: "lease"|"failure";
}
