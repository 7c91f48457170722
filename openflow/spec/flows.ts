/**
 * Flows and tables as they are asked for and told (OpenFlow 1.3.5 sections 7.3.5.2 to 7.3.5.4 and 7.4.2, 1.5.1 sections
 * 7.3.5.2 to 7.3.5.5 and 7.4.2). From 1.5 on the counters are a list of fields; the values have the members of 1.3.
 */

import { enumeration, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { spelled } from '../wire/spelled.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { columns, since } from '../wire/version.ts'
import { flowRemovedReason } from './enums.ts'
import { aggregateCounters, flowCounters } from './flow-counters.ts'
import { instructions } from './instructions.ts'
import { match } from './match.ts'
import { flowRemoved10, flowStats10, flowStatsRequest10, tableStats10 } from './of10-flows.ts'
import { stats } from './oxs.ts'

/** `struct ofp_flow_stats_request`, also of aggregate statistics. */
const flowStatsRequest13 = struct({
  table_id: u8,
  pad: pad(3),
  out_port: u32,
  out_group: u32,
  pad2: pad(4),
  cookie: u64,
  cookie_mask: u64,
  match,
})
/** Which flows are asked for (section 7.3.5.2). PORT_ANY, GROUP_ANY and TABLE_ALL mean any. */
export type FlowStatsRequest = Of<typeof flowStatsRequest13>
export const flowStatsRequest = columns<FlowStatsRequest>({ of10: flowStatsRequest10, of13: flowStatsRequest13 })

const flowStats15 = spelled(
  struct({
    length,
    pad: pad(2),
    table_id: u8,
    pad2: pad(1),
    priority: u16,
    idle_timeout: u16,
    hard_timeout: u16,
    flags: u16,
    importance: since(u16, 0),
    cookie: u64,
    match,
    stats,
    instructions,
  }),
  'stats',
  flowCounters,
)
/**
 * A flow with its counters (section 7.3.5.2; in 1.5 ofp_flow_desc). `packet_count` and `byte_count` are 2^64-1 where
 * the switch does not count.
 */
export type FlowStats = Of<typeof flowStats15>

const flowStatsHead = {
  length,
  table_id: u8,
  pad: pad(1),
  duration_sec: u32,
  duration_nsec: u32,
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  flags: u16,
} as const
const flowStatsTail = { cookie: u64, packet_count: u64, byte_count: u64, match, instructions } as const

/** `struct ofp_flow_stats`, in 1.5 `struct ofp_flow_desc`: a flow with its counters. */
export const flowStats = columns<FlowStats>({
  of10: flowStats10,
  of13: struct({ ...flowStatsHead, pad2: pad(4), ...flowStatsTail }),
  of14: struct({ ...flowStatsHead, importance: since(u16, 0), pad2: pad(2), ...flowStatsTail }),
  of15: flowStats15,
})

/** `struct ofp_flow_stats` of 1.5: counters alone, on request or because a stat_trigger says so. */
export const flowCountersOnly = spelled(
  struct({
    length,
    pad: pad(2),
    table_id: u8,
    reason: enumeration(u8, { stats_request: 0, stat_trigger: 1 }),
    priority: u16,
    match,
    stats,
  }),
  'stats',
  flowCounters,
)
/** Counters of a flow without what it does (1.5.1 section 7.3.5.3). */
export type FlowCountersOnly = Of<typeof flowCountersOnly>

const flowRemoved15 = spelled(
  struct({
    table_id: u8,
    reason: flowRemovedReason,
    priority: u16,
    idle_timeout: u16,
    hard_timeout: u16,
    cookie: u64,
    match,
    stats,
  }),
  'stats',
  flowCounters,
)

/** `struct ofp_flow_removed` behind the header. */
export const flowRemoved = columns<Of<typeof flowRemoved15>>({
  of10: flowRemoved10,
  of13: struct({
    cookie: u64,
    priority: u16,
    reason: flowRemovedReason,
    table_id: u8,
    duration_sec: u32,
    duration_nsec: u32,
    idle_timeout: u16,
    hard_timeout: u16,
    packet_count: u64,
    byte_count: u64,
    match,
  }),
  of15: flowRemoved15,
})

const aggregate15 = spelled(struct({ stats }), 'stats', aggregateCounters)
/** Sums over the flows that were asked for (section 7.3.5.3). */
export type AggregateStats = Of<typeof aggregate15>

/** `struct ofp_aggregate_stats_reply`. */
const aggregate13 = struct({ packet_count: u64, byte_count: u64, flow_count: u32, pad: pad(4) })
export const aggregateStats = columns<AggregateStats>({
  of10: aggregate13,
  of13: aggregate13,
  of15: aggregate15,
})

/** `struct ofp_table_stats`. */
const tableStats13 = struct({
  table_id: u8,
  pad: pad(3),
  active_count: u32,
  lookup_count: u64,
  matched_count: u64,
})
export const tableStats = columns<Of<typeof tableStats10>>({ of10: tableStats10, of13: tableStats13 })
/** Counters of a table (section 7.3.5.4); 1.0 tells more. */
export type TableStats = Of<typeof tableStats>
