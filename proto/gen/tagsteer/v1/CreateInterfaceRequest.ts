// Generated from tagsteer/v1/interface_service.proto

import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';

export interface CreateInterfaceRequest {
  'interface'?: (_tagsteer_v1_Interface | null);
  /**
   * A UUID: a repeated request with the same id has one effect and the same answer.
   */
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateInterfaceRequest__Output {
  'interface': (_tagsteer_v1_Interface__Output | null);
  /**
   * A UUID: a repeated request with the same id has one effect and the same answer.
   */
  'requestId': (string);
  'validateOnly': (boolean);
}
