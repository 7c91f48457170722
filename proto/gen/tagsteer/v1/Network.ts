// Generated from tagsteer/v1/network_service.proto

import type { Subnet as _tagsteer_v1_Subnet, Subnet__Output as _tagsteer_v1_Subnet__Output } from '../../tagsteer/v1/Subnet.ts';
import type { Meta as _tagsteer_v1_Meta, Meta__Output as _tagsteer_v1_Meta__Output } from '../../tagsteer/v1/Meta.ts';
import type { NetworkDhcp as _tagsteer_v1_NetworkDhcp, NetworkDhcp__Output as _tagsteer_v1_NetworkDhcp__Output } from '../../tagsteer/v1/NetworkDhcp.ts';

/**
 * A network that interfaces name; one without a record is a layer 2 domain and nothing else.
 */
export interface Network {
  /**
   * As interfaces name it.
   */
  'name'?: (string);
  /**
   * Networks that name the same virtual router are routed to each other, as far as policy permits. Empty: none.
   */
  'router'?: (string);
  /**
   * Subnets of one network, and of all networks with one router, do not overlap. With a router there is at least one,
   * and every address of the interfaces lies in one.
   */
  'subnets'?: (_tagsteer_v1_Subnet)[];
  'owner'?: (string);
  'etag'?: (string);
  'meta'?: (_tagsteer_v1_Meta | null);
  /**
   * Interfaces that name the network now. Output only.
   */
  'interfaceCount'?: (number);
  /**
   * What guests are told by DHCPv4, for which the network needs an IPv4 subnet. Absent: nothing.
   */
  'dhcp'?: (_tagsteer_v1_NetworkDhcp | null);
}

/**
 * A network that interfaces name; one without a record is a layer 2 domain and nothing else.
 */
export interface Network__Output {
  /**
   * As interfaces name it.
   */
  'name': (string);
  /**
   * Networks that name the same virtual router are routed to each other, as far as policy permits. Empty: none.
   */
  'router': (string);
  /**
   * Subnets of one network, and of all networks with one router, do not overlap. With a router there is at least one,
   * and every address of the interfaces lies in one.
   */
  'subnets': (_tagsteer_v1_Subnet__Output)[];
  'owner': (string);
  'etag': (string);
  'meta': (_tagsteer_v1_Meta__Output | null);
  /**
   * Interfaces that name the network now. Output only.
   */
  'interfaceCount': (number);
  /**
   * What guests are told by DHCPv4, for which the network needs an IPv4 subnet. Absent: nothing.
   */
  'dhcp': (_tagsteer_v1_NetworkDhcp__Output | null);
}
