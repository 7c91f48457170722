// Generated from tagsteer/v1/interface_service.proto

import type { UpdateInterfaceRequest as _tagsteer_v1_UpdateInterfaceRequest, UpdateInterfaceRequest__Output as _tagsteer_v1_UpdateInterfaceRequest__Output } from '../../tagsteer/v1/UpdateInterfaceRequest.ts';

export interface BatchUpdateInterfacesRequest {
  'requests'?: (_tagsteer_v1_UpdateInterfaceRequest)[];
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface BatchUpdateInterfacesRequest__Output {
  'requests': (_tagsteer_v1_UpdateInterfaceRequest__Output)[];
  'requestId': (string);
  'validateOnly': (boolean);
}
