// Generated from tagsteer/v1/network_service.proto


export interface Subnet {
  /**
   * "10.0.1.0/24" or "2001:db8:1::/64".
   */
  'cidr'?: (string);
  /**
   * The address of the router in the subnet: switches answer for it, and no interface may have it. Needed with a router,
   * absent without one.
   */
  'gateway'?: (string);
}

export interface Subnet__Output {
  /**
   * "10.0.1.0/24" or "2001:db8:1::/64".
   */
  'cidr': (string);
  /**
   * The address of the router in the subnet: switches answer for it, and no interface may have it. Needed with a router,
   * absent without one.
   */
  'gateway': (string);
}
