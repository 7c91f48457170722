// Generated from tagsteer/v1/vnp_service.proto

import type { Vnp as _tagsteer_v1_Vnp, Vnp__Output as _tagsteer_v1_Vnp__Output } from '../../tagsteer/v1/Vnp.ts';

export interface CreateVnpRequest {
  'vnp'?: (_tagsteer_v1_Vnp | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateVnpRequest__Output {
  'vnp': (_tagsteer_v1_Vnp__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
