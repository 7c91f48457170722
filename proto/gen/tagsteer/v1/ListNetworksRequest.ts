// Generated from tagsteer/v1/network_service.proto

import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface ListNetworksRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'readMask'?: (_google_protobuf_FieldMask | null);
}

export interface ListNetworksRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'readMask': (_google_protobuf_FieldMask__Output | null);
}
