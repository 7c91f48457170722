// Generated from tagsteer/v1/topology_service.proto

import type { PortRole as _tagsteer_v1_PortRole, PortRole__Output as _tagsteer_v1_PortRole__Output } from '../../tagsteer/v1/PortRole.ts';

export interface Port {
  'port'?: (number);
  'name'?: (string);
  'mac'?: (string);
  'up'?: (boolean);
  'role'?: (_tagsteer_v1_PortRole);
  /**
   * Interface records attached here.
   */
  'interfaces'?: (string)[];
}

export interface Port__Output {
  'port': (number);
  'name': (string);
  'mac': (string);
  'up': (boolean);
  'role': (_tagsteer_v1_PortRole__Output);
  /**
   * Interface records attached here.
   */
  'interfaces': (string)[];
}
