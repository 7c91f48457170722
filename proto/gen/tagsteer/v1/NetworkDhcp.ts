// Generated from tagsteer/v1/network_service.proto

import type { DhcpRoute as _tagsteer_v1_DhcpRoute, DhcpRoute__Output as _tagsteer_v1_DhcpRoute__Output } from '../../tagsteer/v1/DhcpRoute.ts';

export interface NetworkDhcp {
  /**
   * Of answers about addresses that have no end of their own; 3600 where 0.
   */
  'leaseSeconds'?: (number);
  /**
   * Name servers, IPv4 and IPv6.
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
  /**
   * IPv4 only.
   */
  'routes'?: (_tagsteer_v1_DhcpRoute)[];
  /**
   * Seconds that a router advertisement makes the gateway a default router for; 1800 where absent.
   */
  'routerSeconds'?: (number);
  /**
   * IPv6 hosts are told that they may make addresses of the prefix by themselves. Switches refuse those.
   */
  'autonomous'?: (boolean);
  /**
   * Interfaces that may relay requests of the network's guests.
   */
  'relays'?: (string)[];
  '_routerSeconds'?: "routerSeconds";
}

export interface NetworkDhcp__Output {
  /**
   * Of answers about addresses that have no end of their own; 3600 where 0.
   */
  'leaseSeconds': (number);
  /**
   * Name servers, IPv4 and IPv6.
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
  /**
   * IPv4 only.
   */
  'routes': (_tagsteer_v1_DhcpRoute__Output)[];
  /**
   * Seconds that a router advertisement makes the gateway a default router for; 1800 where absent.
   */
  'routerSeconds'?: (number);
  /**
   * IPv6 hosts are told that they may make addresses of the prefix by themselves. Switches refuse those.
   */
  'autonomous': (boolean);
  /**
   * Interfaces that may relay requests of the network's guests.
   */
  'relays': (string)[];
  '_routerSeconds'?: "routerSeconds";
}
