// Generated from tagsteer/v1/apply_service.proto

import type { PlannedVerdict as _tagsteer_v1_PlannedVerdict, PlannedVerdict__Output as _tagsteer_v1_PlannedVerdict__Output } from '../../tagsteer/v1/PlannedVerdict.ts';

export interface CutConnection {
  /**
   * Interface names, or addresses of the world.
   */
  'from'?: (string);
  'to'?: (string);
  'source'?: (string);
  'destination'?: (string);
  'protocol'?: (number);
  /**
   * 0 where the protocol has none.
   */
  'sourcePort'?: (number);
  /**
   * Destination port or ICMP type; 0 where the protocol has none.
   */
  'port'?: (number);
  'after'?: (_tagsteer_v1_PlannedVerdict | null);
  /**
   * Names or datapath ids of the switches that track it.
   */
  'switches'?: (string)[];
  /**
   * Switches would be told to forget it, because the rule that let it through cuts: permitting it again does not resume it.
   */
  'removed'?: (boolean);
}

export interface CutConnection__Output {
  /**
   * Interface names, or addresses of the world.
   */
  'from': (string);
  'to': (string);
  'source': (string);
  'destination': (string);
  'protocol': (number);
  /**
   * 0 where the protocol has none.
   */
  'sourcePort': (number);
  /**
   * Destination port or ICMP type; 0 where the protocol has none.
   */
  'port': (number);
  'after': (_tagsteer_v1_PlannedVerdict__Output | null);
  /**
   * Names or datapath ids of the switches that track it.
   */
  'switches': (string)[];
  /**
   * Switches would be told to forget it, because the rule that let it through cuts: permitting it again does not resume it.
   */
  'removed': (boolean);
}
