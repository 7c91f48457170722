// Generated from tagsteer/v1/ipam_service.proto

import type { Connector as _tagsteer_v1_Connector, Connector__Output as _tagsteer_v1_Connector__Output } from '../../tagsteer/v1/Connector.ts';

export interface ListConnectorsResponse {
  'connectors'?: (_tagsteer_v1_Connector)[];
}

export interface ListConnectorsResponse__Output {
  'connectors': (_tagsteer_v1_Connector__Output)[];
}
