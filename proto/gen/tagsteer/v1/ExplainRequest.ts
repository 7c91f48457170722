// Generated from tagsteer/v1/flow_service.proto


export interface ExplainRequest {
  /**
   * Interface names, or addresses of the world.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * "tcp/443", "icmp" (echo request), "icmp/3/4", "icmpv6/128", "icmp/time-exceeded", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
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
   * "tcp/443", "icmp" (echo request), "icmp/3/4", "icmpv6/128", "icmp/time-exceeded", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
   */
  'packet': (string);
}
