// Generated from tagsteer/v1/interface_service.proto

import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';
import type { Long } from '@grpc/proto-loader';

export interface BatchUpdateInterfacesResponse {
  'interfaces'?: (_tagsteer_v1_Interface)[];
  'generation'?: (number | string | Long);
}

export interface BatchUpdateInterfacesResponse__Output {
  'interfaces': (_tagsteer_v1_Interface__Output)[];
  'generation': (string);
}
