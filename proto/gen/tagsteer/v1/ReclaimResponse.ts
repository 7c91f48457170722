// Generated from tagsteer/v1/lifecycle_service.proto

import type { Reclaimed as _tagsteer_v1_Reclaimed, Reclaimed__Output as _tagsteer_v1_Reclaimed__Output } from '../../tagsteer/v1/Reclaimed.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReclaimResponse {
  'reclaimed'?: (_tagsteer_v1_Reclaimed)[];
  'generation'?: (number | string | Long);
}

export interface ReclaimResponse__Output {
  'reclaimed': (_tagsteer_v1_Reclaimed__Output)[];
  'generation': (string);
}
