// Generated from tagsteer/v1/topology_service.proto

import type { Carrier as _tagsteer_v1_Carrier, Carrier__Output as _tagsteer_v1_Carrier__Output } from '../../tagsteer/v1/Carrier.ts';

/**
 * How packets get from one switch to another.
 */
export interface CarrierPlan {
  'fromDatapathId'?: (string);
  'from'?: (string);
  'toDatapathId'?: (string);
  'to'?: (string);
  'carrier'?: (_tagsteer_v1_Carrier);
  /**
   * That the carrier has for an identity; 0 for CARRIER_ADDRESS.
   */
  'identityBits'?: (number);
  /**
   * Of identities that interfaces have now: those that get to the other switch in the packet, and those that do not, of
   * which it knows senders by their addresses.
   */
  'identitiesCarried'?: (number);
  'identitiesByAddress'?: (number);
  /**
   * Octets that are added to an IPv4 packet and to an IPv6 packet on this way.
   */
  'octetsIpv4'?: (number);
  'octetsIpv6'?: (number);
  /**
   * Of the largest IP packet that fits.
   */
  'mtu'?: (number);
  /**
   * Whether a sender is told when its packet is larger; else such a packet is lost.
   */
  'signalled'?: (boolean);
  /**
   * Of the other end, where it is a tunnel.
   */
  'tunnelAddress'?: (string);
  /**
   * Switches on the way, by name or else datapath id, both ends among them.
   */
  'way'?: (string)[];
  /**
   * Why senders, or some of them, are known by address; what is narrower than the ends say. Empty where there is nothing.
   */
  'reason'?: (string);
}

/**
 * How packets get from one switch to another.
 */
export interface CarrierPlan__Output {
  'fromDatapathId': (string);
  'from': (string);
  'toDatapathId': (string);
  'to': (string);
  'carrier': (_tagsteer_v1_Carrier__Output);
  /**
   * That the carrier has for an identity; 0 for CARRIER_ADDRESS.
   */
  'identityBits': (number);
  /**
   * Of identities that interfaces have now: those that get to the other switch in the packet, and those that do not, of
   * which it knows senders by their addresses.
   */
  'identitiesCarried': (number);
  'identitiesByAddress': (number);
  /**
   * Octets that are added to an IPv4 packet and to an IPv6 packet on this way.
   */
  'octetsIpv4': (number);
  'octetsIpv6': (number);
  /**
   * Of the largest IP packet that fits.
   */
  'mtu': (number);
  /**
   * Whether a sender is told when its packet is larger; else such a packet is lost.
   */
  'signalled': (boolean);
  /**
   * Of the other end, where it is a tunnel.
   */
  'tunnelAddress': (string);
  /**
   * Switches on the way, by name or else datapath id, both ends among them.
   */
  'way': (string)[];
  /**
   * Why senders, or some of them, are known by address; what is narrower than the ends say. Empty where there is nothing.
   */
  'reason': (string);
}
