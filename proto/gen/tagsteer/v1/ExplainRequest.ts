// Generated from tagsteer/v1/flow_service.proto

import type { Long } from '@grpc/proto-loader';

export interface ExplainRequest {
  /**
   * Interface names, or addresses of the world.
   */
  'from'?: (string);
  'to'?: (string);
  /**
   * "tcp/443", "icmp" (echo request), "icmp/3/4", "icmpv6/128", "icmp/time-exceeded", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
   * Or as the event of a log shows it, "tcp 10.0.0.1:40000 -> 10.0.0.2:443": then `from` and `to` may be left out.
   */
  'packet'?: (string);
  /**
   * The packet of this event, a `rule-matched`, instead of the three above.
   */
  'event'?: (number | string | Long);
}

export interface ExplainRequest__Output {
  /**
   * Interface names, or addresses of the world.
   */
  'from': (string);
  'to': (string);
  /**
   * "tcp/443", "icmp" (echo request), "icmp/3/4", "icmpv6/128", "icmp/time-exceeded", "udp/53", or ovs-ofctl flow text; any IP packet where empty.
   * Or as the event of a log shows it, "tcp 10.0.0.1:40000 -> 10.0.0.2:443": then `from` and `to` may be left out.
   */
  'packet': (string);
  /**
   * The packet of this event, a `rule-matched`, instead of the three above.
   */
  'event': (string);
}
