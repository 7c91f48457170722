// Generated from tagsteer/v1/network_service.proto


export interface DhcpRoute {
  /**
   * "10.0.0.0/8".
   */
  'cidr'?: (string);
  /**
   * In a subnet of the network.
   */
  'gateway'?: (string);
}

export interface DhcpRoute__Output {
  /**
   * "10.0.0.0/8".
   */
  'cidr': (string);
  /**
   * In a subnet of the network.
   */
  'gateway': (string);
}
