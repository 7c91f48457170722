// Generated from tagsteer/v1/flow_service.proto


export interface ExplainRequest {
  /**
   * Interface names, or addresses of the world.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * "tcp/443", "icmp", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
   */
  'packet'?: (string);
}

export interface ExplainRequest__Output {
  /**
   * Interface names, or addresses of the world.
   */
  'from': (string);
  'to': (string);
  /**
   * "tcp/443", "icmp", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
   */
  'packet': (string);
}
