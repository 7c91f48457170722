// Generated from tagsteer/v1/ipam_service.proto

import type { Side as _tagsteer_v1_Side, Side__Output as _tagsteer_v1_Side__Output } from '../../tagsteer/v1/Side.ts';

/**
 * Which side wins a conflict.
 */
export interface ReconcileChoice {
  /**
   * "default" where empty.
   */
  'network'?: (string);
  'address'?: (string);
  'side'?: (_tagsteer_v1_Side);
}

/**
 * Which side wins a conflict.
 */
export interface ReconcileChoice__Output {
  /**
   * "default" where empty.
   */
  'network': (string);
  'address': (string);
  'side': (_tagsteer_v1_Side__Output);
}
