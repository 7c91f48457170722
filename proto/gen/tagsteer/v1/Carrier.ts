// Generated from tagsteer/v1/probe_service.proto

/**
 * What brings the identity of the sender to the receiver's switch.
 */
export const Carrier = {
  CARRIER_UNSPECIFIED: 'CARRIER_UNSPECIFIED',
  /**
   * Nothing does: the sender is known there by its MAC address.
   */
  CARRIER_ADDRESS: 'CARRIER_ADDRESS',
  CARRIER_GENEVE: 'CARRIER_GENEVE',
  CARRIER_VXLAN: 'CARRIER_VXLAN',
  CARRIER_MPLS: 'CARRIER_MPLS',
  CARRIER_VLAN: 'CARRIER_VLAN',
} as const;

/**
 * What brings the identity of the sender to the receiver's switch.
 */
export type Carrier =
  | 'CARRIER_UNSPECIFIED'
  | 0
  /**
   * Nothing does: the sender is known there by its MAC address.
   */
  | 'CARRIER_ADDRESS'
  | 1
  | 'CARRIER_GENEVE'
  | 2
  | 'CARRIER_VXLAN'
  | 3
  | 'CARRIER_MPLS'
  | 4
  | 'CARRIER_VLAN'
  | 5

/**
 * What brings the identity of the sender to the receiver's switch.
 */
export type Carrier__Output = typeof Carrier[keyof typeof Carrier]
