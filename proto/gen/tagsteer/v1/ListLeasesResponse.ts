// Generated from tagsteer/v1/lease_service.proto

import type { Lease as _tagsteer_v1_Lease, Lease__Output as _tagsteer_v1_Lease__Output } from '../../tagsteer/v1/Lease.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListLeasesResponse {
  'leases'?: (_tagsteer_v1_Lease)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListLeasesResponse__Output {
  'leases': (_tagsteer_v1_Lease__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
