// Generated from tagsteer/v1/conflict.proto

import type { WitnessEnd as _tagsteer_v1_WitnessEnd, WitnessEnd__Output as _tagsteer_v1_WitnessEnd__Output } from '../../tagsteer/v1/WitnessEnd.ts';

export interface Witness {
  'from'?: (_tagsteer_v1_WitnessEnd | null);
  'to'?: (_tagsteer_v1_WitnessEnd | null);
  /**
   * IP protocol number.
   */
  'protocol'?: (number);
  /**
   * Destination port or ICMP type.
   */
  'port'?: (number);
  /**
   * ICMP code.
   */
  'code'?: (number);
  '_port'?: "port";
  '_code'?: "code";
}

export interface Witness__Output {
  'from': (_tagsteer_v1_WitnessEnd__Output | null);
  'to': (_tagsteer_v1_WitnessEnd__Output | null);
  /**
   * IP protocol number.
   */
  'protocol': (number);
  /**
   * Destination port or ICMP type.
   */
  'port'?: (number);
  /**
   * ICMP code.
   */
  'code'?: (number);
  '_port'?: "port";
  '_code'?: "code";
}
