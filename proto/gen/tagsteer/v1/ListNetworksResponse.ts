// Generated from tagsteer/v1/network_service.proto

import type { Network as _tagsteer_v1_Network, Network__Output as _tagsteer_v1_Network__Output } from '../../tagsteer/v1/Network.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListNetworksResponse {
  'networks'?: (_tagsteer_v1_Network)[];
  'nextPageToken'?: (string);
  'generation'?: (number | string | Long);
}

export interface ListNetworksResponse__Output {
  'networks': (_tagsteer_v1_Network__Output)[];
  'nextPageToken': (string);
  'generation': (string);
}
