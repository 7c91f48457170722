// Generated from tagsteer/v1/lifecycle_service.proto

import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface ListStagePoliciesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'readMask'?: (_google_protobuf_FieldMask | null);
}

export interface ListStagePoliciesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'readMask': (_google_protobuf_FieldMask__Output | null);
}
