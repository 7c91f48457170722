// Generated from tagsteer/v1/apply_service.proto

import type { Applied as _tagsteer_v1_Applied, Applied__Output as _tagsteer_v1_Applied__Output } from '../../tagsteer/v1/Applied.ts';
import type { Long } from '@grpc/proto-loader';

export interface ApplyResponse {
  /**
   * The generation that holds the change; the current one where nothing changed.
   */
  'generation'?: (number | string | Long);
  'results'?: (_tagsteer_v1_Applied)[];
}

export interface ApplyResponse__Output {
  /**
   * The generation that holds the change; the current one where nothing changed.
   */
  'generation': (string);
  'results': (_tagsteer_v1_Applied__Output)[];
}
