// Generated from tagsteer/v1/topology_service.proto

import type { Switch as _tagsteer_v1_Switch, Switch__Output as _tagsteer_v1_Switch__Output } from '../../tagsteer/v1/Switch.ts';

export interface ListSwitchesResponse {
  'switches'?: (_tagsteer_v1_Switch)[];
  'nextPageToken'?: (string);
}

export interface ListSwitchesResponse__Output {
  'switches': (_tagsteer_v1_Switch__Output)[];
  'nextPageToken': (string);
}
