// Generated from tagsteer/v1/nap_service.proto

import type { Nap as _tagsteer_v1_Nap, Nap__Output as _tagsteer_v1_Nap__Output } from '../../tagsteer/v1/Nap.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateNapRequest {
  'nap'?: (_tagsteer_v1_Nap | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateNapRequest__Output {
  'nap': (_tagsteer_v1_Nap__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
