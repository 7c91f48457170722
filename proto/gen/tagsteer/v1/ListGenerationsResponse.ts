// Generated from tagsteer/v1/history_service.proto

import type { Generation as _tagsteer_v1_Generation, Generation__Output as _tagsteer_v1_Generation__Output } from '../../tagsteer/v1/Generation.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListGenerationsResponse {
  'generations'?: (_tagsteer_v1_Generation)[];
  'nextPageToken'?: (string);
  'newest'?: (number | string | Long);
  /**
   * The earliest generation whose records can still be told; changes are told of the next one and later.
   */
  'oldest'?: (number | string | Long);
}

export interface ListGenerationsResponse__Output {
  'generations': (_tagsteer_v1_Generation__Output)[];
  'nextPageToken': (string);
  'newest': (string);
  /**
   * The earliest generation whose records can still be told; changes are told of the next one and later.
   */
  'oldest': (string);
}
