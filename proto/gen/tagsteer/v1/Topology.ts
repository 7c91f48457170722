// Generated from tagsteer/v1/topology_service.proto

import type { Switch as _tagsteer_v1_Switch, Switch__Output as _tagsteer_v1_Switch__Output } from '../../tagsteer/v1/Switch.ts';
import type { Link as _tagsteer_v1_Link, Link__Output as _tagsteer_v1_Link__Output } from '../../tagsteer/v1/Link.ts';
import type { Location as _tagsteer_v1_Location, Location__Output as _tagsteer_v1_Location__Output } from '../../tagsteer/v1/Location.ts';

export interface Topology {
  'switches'?: (_tagsteer_v1_Switch)[];
  'links'?: (_tagsteer_v1_Link)[];
  'locations'?: (_tagsteer_v1_Location)[];
}

export interface Topology__Output {
  'switches': (_tagsteer_v1_Switch__Output)[];
  'links': (_tagsteer_v1_Link__Output)[];
  'locations': (_tagsteer_v1_Location__Output)[];
}
