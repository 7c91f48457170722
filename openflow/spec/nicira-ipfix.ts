/** What Open vSwitch tells of an IPFIX exporter: statistics 3 (of the bridge) and 4 (of flows' sample actions). */

import { type Of, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'

/** `struct nx_ipfix_stats_reply`, 88 octets. `collector_set_id` is 0 for the bridge's exporter. */
export const nxIpfixStats = struct({
  total_flows: u64,
  current_flows: u64,
  pkts: u64,
  ipv4_pkts: u64,
  ipv6_pkts: u64,
  error_pkts: u64,
  ipv4_error_pkts: u64,
  ipv6_error_pkts: u64,
  tx_pkts: u64,
  tx_errors: u64,
  collector_set_id: u32,
  pad: pad(4),
})
/** Counters of one IPFIX exporter since it was set up. */
export type NxIpfixStats = Of<typeof nxIpfixStats>
