// Generated from tagsteer/v1/vnp_service.proto

import type { Vnp as _tagsteer_v1_Vnp, Vnp__Output as _tagsteer_v1_Vnp__Output } from '../../tagsteer/v1/Vnp.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListVnpsResponse {
  'vnps'?: (_tagsteer_v1_Vnp)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListVnpsResponse__Output {
  'vnps': (_tagsteer_v1_Vnp__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
