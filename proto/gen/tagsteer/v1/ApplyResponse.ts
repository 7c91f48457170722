// Generated from tagsteer/v1/apply_service.proto

import type { Applied as _tagsteer_v1_Applied, Applied__Output as _tagsteer_v1_Applied__Output } from '../../tagsteer/v1/Applied.ts';
import type { Finding as _tagsteer_v1_Finding, Finding__Output as _tagsteer_v1_Finding__Output } from '../../tagsteer/v1/Finding.ts';
import type { Long } from '@grpc/proto-loader';

export interface ApplyResponse {
  /**
   * The generation that holds the change; the current one where nothing changed.
   */
  'generation'?: (number | string | Long);
  'results'?: (_tagsteer_v1_Applied)[];
  /**
   * Conflicts that the change brings.
   */
  'warnings'?: (_tagsteer_v1_Finding)[];
}

export interface ApplyResponse__Output {
  /**
   * The generation that holds the change; the current one where nothing changed.
   */
  'generation': (string);
  'results': (_tagsteer_v1_Applied__Output)[];
  /**
   * Conflicts that the change brings.
   */
  'warnings': (_tagsteer_v1_Finding__Output)[];
}
