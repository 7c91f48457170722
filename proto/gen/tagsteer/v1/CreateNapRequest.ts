// Generated from tagsteer/v1/nap_service.proto

import type { Nap as _tagsteer_v1_Nap, Nap__Output as _tagsteer_v1_Nap__Output } from '../../tagsteer/v1/Nap.ts';

export interface CreateNapRequest {
  'nap'?: (_tagsteer_v1_Nap | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateNapRequest__Output {
  'nap': (_tagsteer_v1_Nap__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
