// Generated from tagsteer/v1/probe_service.proto

import type { Carrier as _tagsteer_v1_Carrier, Carrier__Output as _tagsteer_v1_Carrier__Output } from '../../tagsteer/v1/Carrier.ts';

export interface ProbeTag {
  'carrier'?: (_tagsteer_v1_Carrier);
  /**
   * As the carrier has it: an identity.
   */
  'identity'?: (number);
}

export interface ProbeTag__Output {
  'carrier': (_tagsteer_v1_Carrier__Output);
  /**
   * As the carrier has it: an identity.
   */
  'identity': (number);
}
