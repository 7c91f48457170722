// Generated from tagsteer/v1/nap_service.proto

import type { Pressure as _tagsteer_v1_Pressure, Pressure__Output as _tagsteer_v1_Pressure__Output } from '../../tagsteer/v1/Pressure.ts';
import type { Watermarks as _tagsteer_v1_Watermarks, Watermarks__Output as _tagsteer_v1_Watermarks__Output } from '../../tagsteer/v1/Watermarks.ts';

/**
 * Numbers of addresses, in decimal: an IPv6 pool has more of them than 64 bits count. free + held + standby + cooling +
 * fixed + excluded = size.
 */
export interface NapUtilisation {
  'nap'?: (string);
  'network'?: (string);
  'size'?: (string);
  'free'?: (string);
  /**
   * Given to interfaces.
   */
  'held'?: (string);
  /**
   * Promised to clients, and bound to no interface yet.
   */
  'standby'?: (string);
  /**
   * Released, and given to nobody else for a while.
   */
  'cooling'?: (string);
  /**
   * Written into interface records, without a lease.
   */
  'fixed'?: (string);
  /**
   * By the NAP, or because they are the network's own.
   */
  'excluded'?: (string);
  /**
   * Of the addresses that can be given (size - excluded), the share that is not free.
   */
  'used'?: (number | string);
  'pressure'?: (_tagsteer_v1_Pressure);
  /**
   * Of the NAP's record.
   */
  'watermarks'?: (_tagsteer_v1_Watermarks | null);
}

/**
 * Numbers of addresses, in decimal: an IPv6 pool has more of them than 64 bits count. free + held + standby + cooling +
 * fixed + excluded = size.
 */
export interface NapUtilisation__Output {
  'nap': (string);
  'network': (string);
  'size': (string);
  'free': (string);
  /**
   * Given to interfaces.
   */
  'held': (string);
  /**
   * Promised to clients, and bound to no interface yet.
   */
  'standby': (string);
  /**
   * Released, and given to nobody else for a while.
   */
  'cooling': (string);
  /**
   * Written into interface records, without a lease.
   */
  'fixed': (string);
  /**
   * By the NAP, or because they are the network's own.
   */
  'excluded': (string);
  /**
   * Of the addresses that can be given (size - excluded), the share that is not free.
   */
  'used': (number);
  'pressure': (_tagsteer_v1_Pressure__Output);
  /**
   * Of the NAP's record.
   */
  'watermarks': (_tagsteer_v1_Watermarks__Output | null);
}
