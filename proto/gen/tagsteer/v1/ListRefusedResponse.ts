// Generated from tagsteer/v1/flow_service.proto

import type { RefusedTraffic as _tagsteer_v1_RefusedTraffic, RefusedTraffic__Output as _tagsteer_v1_RefusedTraffic__Output } from '../../tagsteer/v1/RefusedTraffic.ts';

export interface ListRefusedResponse {
  'refused'?: (_tagsteer_v1_RefusedTraffic)[];
  'nextPageToken'?: (string);
}

export interface ListRefusedResponse__Output {
  'refused': (_tagsteer_v1_RefusedTraffic__Output)[];
  'nextPageToken': (string);
}
