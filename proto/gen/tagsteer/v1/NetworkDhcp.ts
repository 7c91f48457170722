// Generated from tagsteer/v1/network_service.proto

import type { DhcpRoute as _tagsteer_v1_DhcpRoute, DhcpRoute__Output as _tagsteer_v1_DhcpRoute__Output } from '../../tagsteer/v1/DhcpRoute.ts';

export interface NetworkDhcp {
  /**
   * Of answers about addresses that have no end of their own; 3600 where 0.
   */
  'leaseSeconds'?: (number);
  /**
   * IPv4 addresses of name servers.
   */
  'dns'?: (string)[];
  /**
   * Where names without dots are looked for; the first is the domain of hosts.
   */
  'searchDomains'?: (string)[];
  /**
   * Octets of the largest IP packet; 0: nothing is said.
   */
  'mtu'?: (number);
  'routes'?: (_tagsteer_v1_DhcpRoute)[];
  /**
   * Interfaces that may relay requests of the network's guests.
   */
  'relays'?: (string)[];
}

export interface NetworkDhcp__Output {
  /**
   * Of answers about addresses that have no end of their own; 3600 where 0.
   */
  'leaseSeconds': (number);
  /**
   * IPv4 addresses of name servers.
   */
  'dns': (string)[];
  /**
   * Where names without dots are looked for; the first is the domain of hosts.
   */
  'searchDomains': (string)[];
  /**
   * Octets of the largest IP packet; 0: nothing is said.
   */
  'mtu': (number);
  'routes': (_tagsteer_v1_DhcpRoute__Output)[];
  /**
   * Interfaces that may relay requests of the network's guests.
   */
  'relays': (string)[];
}
