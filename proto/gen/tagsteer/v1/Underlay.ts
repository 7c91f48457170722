// Generated from tagsteer/v1/topology_service.proto

import type { UnderlayKind as _tagsteer_v1_UnderlayKind, UnderlayKind__Output as _tagsteer_v1_UnderlayKind__Output } from '../../tagsteer/v1/UnderlayKind.ts';

/**
 * What the bridge's own port sends, packets of tunnels among them, leaves by an uplink that is up; what an uplink brings
 * goes to the bridge's own port, and never to another uplink.
 */
export interface Underlay {
  'kind'?: (_tagsteer_v1_UnderlayKind);
  /**
   * Names of ports, 1 to 8, in the order in which they are preferred.
   */
  'uplinks'?: (string)[];
}

/**
 * What the bridge's own port sends, packets of tunnels among them, leaves by an uplink that is up; what an uplink brings
 * goes to the bridge's own port, and never to another uplink.
 */
export interface Underlay__Output {
  'kind': (_tagsteer_v1_UnderlayKind__Output);
  /**
   * Names of ports, 1 to 8, in the order in which they are preferred.
   */
  'uplinks': (string)[];
}
