// Generated from tagsteer/v1/policy_service.proto


export interface TrafficQuestion {
  /**
   * Interface names, or addresses.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * As in FlowService.Explain: "tcp/443", "icmp", "icmpv6/128", "icmp/3/4", "icmp/echo-request", "udp/53", "47".
   */
  'packet'?: (string);
}

export interface TrafficQuestion__Output {
  /**
   * Interface names, or addresses.
   */
  'from': (string);
  'to': (string);
  /**
   * As in FlowService.Explain: "tcp/443", "icmp", "icmpv6/128", "icmp/3/4", "icmp/echo-request", "udp/53", "47".
   */
  'packet': (string);
}
