// Generated from tagsteer/v1/interface_service.proto

import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../../google/protobuf/FieldMask.ts';

export interface UpdateInterfaceRequest {
  'interface'?: (_tagsteer_v1_Interface | null);
  /**
   * All fields where empty.
   */
  'updateMask'?: (_google_protobuf_FieldMask | null);
  'allowMissing'?: (boolean);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface UpdateInterfaceRequest__Output {
  'interface': (_tagsteer_v1_Interface__Output | null);
  /**
   * All fields where empty.
   */
  'updateMask': (_google_protobuf_FieldMask__Output | null);
  'allowMissing': (boolean);
  'requestId': (string);
  'validateOnly': (boolean);
}
