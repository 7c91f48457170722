// Generated from tagsteer/v1/vnp_service.proto

import type { Vnp as _tagsteer_v1_Vnp, Vnp__Output as _tagsteer_v1_Vnp__Output } from '../../tagsteer/v1/Vnp.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateVnpRequest {
  'vnp'?: (_tagsteer_v1_Vnp | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateVnpRequest__Output {
  'vnp': (_tagsteer_v1_Vnp__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
