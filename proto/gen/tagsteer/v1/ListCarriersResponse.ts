// Generated from tagsteer/v1/topology_service.proto

import type { CarrierPlan as _tagsteer_v1_CarrierPlan, CarrierPlan__Output as _tagsteer_v1_CarrierPlan__Output } from '../../tagsteer/v1/CarrierPlan.ts';

export interface ListCarriersResponse {
  /**
   * By datapath ids. Pairs without a way are left out.
   */
  'carriers'?: (_tagsteer_v1_CarrierPlan)[];
  'nextPageToken'?: (string);
}

export interface ListCarriersResponse__Output {
  /**
   * By datapath ids. Pairs without a way are left out.
   */
  'carriers': (_tagsteer_v1_CarrierPlan__Output)[];
  'nextPageToken': (string);
}
