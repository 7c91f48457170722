// Generated from tagsteer/v1/apply_service.proto

import type { Long } from '@grpc/proto-loader';

export interface ActCounts {
  'add'?: (number | string | Long);
  'modify'?: (number | string | Long);
  'delete'?: (number | string | Long);
}

export interface ActCounts__Output {
  'add': (string);
  'modify': (string);
  'delete': (string);
}
