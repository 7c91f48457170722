// Generated from tagsteer/v1/apply_service.proto

import type { Long } from '@grpc/proto-loader';

export interface Capacity {
  'what'?: (string);
  'used'?: (number | string | Long);
  'limit'?: (number | string | Long);
}

export interface Capacity__Output {
  'what': (string);
  'used': (string);
  'limit': (string);
}
