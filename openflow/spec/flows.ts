/** Flows and tables as they are asked for and told (sections 7.3.5.2 to 7.3.5.4). */

import { type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { instructions } from './instructions.ts'
import { match } from './match.ts'

/** `struct ofp_flow_stats_request`, also of aggregate statistics. */
export const flowStatsRequest = struct({
  table_id: u8,
  pad: pad(3),
  out_port: u32,
  out_group: u32,
  pad2: pad(4),
  cookie: u64,
  cookie_mask: u64,
  match,
})
export type FlowStatsRequest = Of<typeof flowStatsRequest>

/** `struct ofp_flow_stats`. */
export const flowStats = struct({
  length,
  table_id: u8,
  pad: pad(1),
  duration_sec: u32,
  duration_nsec: u32,
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  flags: u16,
  pad2: pad(4),
  cookie: u64,
  packet_count: u64,
  byte_count: u64,
  match,
  instructions,
})
export type FlowStats = Of<typeof flowStats>

/** `struct ofp_aggregate_stats_reply`. */
export const aggregateStats = struct({ packet_count: u64, byte_count: u64, flow_count: u32, pad: pad(4) })
export type AggregateStats = Of<typeof aggregateStats>

/** `struct ofp_table_stats`. */
export const tableStats = struct({
  table_id: u8,
  pad: pad(3),
  active_count: u32,
  lookup_count: u64,
  matched_count: u64,
})
export type TableStats = Of<typeof tableStats>
