// Generated from tagsteer/v1/topology_service.proto

export const LinkCarrier = {
  LINK_CARRIER_UNSPECIFIED: 'LINK_CARRIER_UNSPECIFIED',
  /**
   * A label: 20 bits.
   */
  LINK_CARRIER_MPLS: 'LINK_CARRIER_MPLS',
  /**
   * A VLAN tag: 11 bits, the other half of the tags being those of collectors and services.
   */
  LINK_CARRIER_VLAN: 'LINK_CARRIER_VLAN',
} as const;

export type LinkCarrier =
  | 'LINK_CARRIER_UNSPECIFIED'
  | 0
  /**
   * A label: 20 bits.
   */
  | 'LINK_CARRIER_MPLS'
  | 1
  /**
   * A VLAN tag: 11 bits, the other half of the tags being those of collectors and services.
   */
  | 'LINK_CARRIER_VLAN'
  | 2

export type LinkCarrier__Output = typeof LinkCarrier[keyof typeof LinkCarrier]
