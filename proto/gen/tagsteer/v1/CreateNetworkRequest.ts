// Generated from tagsteer/v1/network_service.proto

import type { Network as _tagsteer_v1_Network, Network__Output as _tagsteer_v1_Network__Output } from '../../tagsteer/v1/Network.ts';

export interface CreateNetworkRequest {
  'network'?: (_tagsteer_v1_Network | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateNetworkRequest__Output {
  'network': (_tagsteer_v1_Network__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
