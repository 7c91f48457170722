// Generated from tagsteer/v1/network_service.proto

import type { Network as _tagsteer_v1_Network, Network__Output as _tagsteer_v1_Network__Output } from '../../tagsteer/v1/Network.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateNetworkRequest {
  'network'?: (_tagsteer_v1_Network | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateNetworkRequest__Output {
  'network': (_tagsteer_v1_Network__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
