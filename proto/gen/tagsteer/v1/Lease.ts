// Generated from tagsteer/v1/lease_service.proto

import type { LeaseState as _tagsteer_v1_LeaseState, LeaseState__Output as _tagsteer_v1_LeaseState__Output } from '../../tagsteer/v1/LeaseState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface Lease {
  'network'?: (string);
  'address'?: (string);
  'nap'?: (string);
  /**
   * Empty on standby; of a cooling lease, the one that had it.
   */
  'interface'?: (string);
  'client'?: (string);
  'state'?: (_tagsteer_v1_LeaseState);
  /**
   * Of two leases of one address the later has the greater; Renew and Release must name it.
   */
  'generation'?: (number | string | Long);
  'since'?: (_google_protobuf_Timestamp | null);
  /**
   * Absent where it does not end by itself.
   */
  'expires'?: (_google_protobuf_Timestamp | null);
  /**
   * Of a cooling lease.
   */
  'coolUntil'?: (_google_protobuf_Timestamp | null);
  /**
   * The store revision that wrote it last: what WaitApplied takes.
   */
  'revision'?: (number | string | Long);
}

export interface Lease__Output {
  'network': (string);
  'address': (string);
  'nap': (string);
  /**
   * Empty on standby; of a cooling lease, the one that had it.
   */
  'interface': (string);
  'client': (string);
  'state': (_tagsteer_v1_LeaseState__Output);
  /**
   * Of two leases of one address the later has the greater; Renew and Release must name it.
   */
  'generation': (string);
  'since': (_google_protobuf_Timestamp__Output | null);
  /**
   * Absent where it does not end by itself.
   */
  'expires': (_google_protobuf_Timestamp__Output | null);
  /**
   * Of a cooling lease.
   */
  'coolUntil': (_google_protobuf_Timestamp__Output | null);
  /**
   * The store revision that wrote it last: what WaitApplied takes.
   */
  'revision': (string);
}
