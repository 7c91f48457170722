// Generated from tagsteer/v1/probe_service.proto


export interface ProbeRequest {
  /**
   * Names of interface records.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * "tcp/443", "udp/53" or "icmp" (echo request); the last where empty.
   */
  'packet'?: (string);
}

export interface ProbeRequest__Output {
  /**
   * Names of interface records.
   */
  'from': (string);
  'to': (string);
  /**
   * "tcp/443", "udp/53" or "icmp" (echo request); the last where empty.
   */
  'packet': (string);
}
