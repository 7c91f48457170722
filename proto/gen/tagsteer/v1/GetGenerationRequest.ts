// Generated from tagsteer/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

export interface GetGenerationRequest {
  'generation'?: (number | string | Long);
}

export interface GetGenerationRequest__Output {
  'generation': (string);
}
