// Generated from tagsteer/v1/topology_service.proto

import type { TunnelKind as _tagsteer_v1_TunnelKind, TunnelKind__Output as _tagsteer_v1_TunnelKind__Output } from '../../tagsteer/v1/TunnelKind.ts';

/**
 * An end of tunnels: the bridge has one port for all of them, tsgnv0 or tsvxl0.
 */
export interface Tunnel {
  'kind'?: (_tagsteer_v1_TunnelKind);
  /**
   * IPv4 or IPv6, in the network below. No two switches have the same.
   */
  'address'?: (string);
}

/**
 * An end of tunnels: the bridge has one port for all of them, tsgnv0 or tsvxl0.
 */
export interface Tunnel__Output {
  'kind': (_tagsteer_v1_TunnelKind__Output);
  /**
   * IPv4 or IPv6, in the network below. No two switches have the same.
   */
  'address': (string);
}
