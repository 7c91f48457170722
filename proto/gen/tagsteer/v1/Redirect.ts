// Generated from tagsteer/v1/policy_service.proto


export interface Redirect {
  /**
   * Interfaces of the packets' network, by name, in the order in which packets of the original direction come to them;
   * replies come to them in reverse. One is a next hop, several are a service chain; at most 8.
   */
  'via'?: (string)[];
}

export interface Redirect__Output {
  /**
   * Interfaces of the packets' network, by name, in the order in which packets of the original direction come to them;
   * replies come to them in reverse. One is a next hop, several are a service chain; at most 8.
   */
  'via': (string)[];
}
