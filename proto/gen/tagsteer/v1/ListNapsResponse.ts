// Generated from tagsteer/v1/nap_service.proto

import type { Nap as _tagsteer_v1_Nap, Nap__Output as _tagsteer_v1_Nap__Output } from '../../tagsteer/v1/Nap.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListNapsResponse {
  'naps'?: (_tagsteer_v1_Nap)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListNapsResponse__Output {
  'naps': (_tagsteer_v1_Nap__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
