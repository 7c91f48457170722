// Generated from tagsteer/v1/interface_service.proto

import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListInterfacesResponse {
  'interfaces'?: (_tagsteer_v1_Interface)[];
  'nextPageToken'?: (string);
  /**
   * The generation that the list shows: watch from here.
   */
  'generation'?: (number | string | Long);
}

export interface ListInterfacesResponse__Output {
  'interfaces': (_tagsteer_v1_Interface__Output)[];
  'nextPageToken': (string);
  /**
   * The generation that the list shows: watch from here.
   */
  'generation': (string);
}
