// Generated from tagsteer/v1/policy_service.proto

import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface ListPoliciesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  /**
   * Only policies of this partition.
   */
  'vnp'?: (string);
  'readMask'?: (_google_protobuf_FieldMask | null);
}

export interface ListPoliciesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  /**
   * Only policies of this partition.
   */
  'vnp': (string);
  'readMask': (_google_protobuf_FieldMask__Output | null);
}
