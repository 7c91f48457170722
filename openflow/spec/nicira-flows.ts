/**
 * Flows as Nicira's extension of OpenFlow 1.0 writes them, with an nx_match: messages (experimenter 0x2320, types 13,
 * 14 and 17) and statistics (0 and 1). Ports are those of OpenFlow 1.0, 16 bits, in every version. Open vSwitch 3.1
 * speaks the messages on connections of all versions and the statistics on 1.0.
 */

import { enumeration, type Of, rest, u8, u16, u32, u64 } from '../wire/field.ts'
import { length, pad, padTo, sizeOf, struct } from '../wire/struct.ts'
import { flowRemovedReason, packetInReason } from './enums.ts'
import { flowActions } from './flow-actions.ts'
import { apart, nxMatch } from './nicira-match.ts'

/**
 * `struct nx_flow_mod`. `table_id` counts when nx_flow_mod_table_id has enabled it, otherwise it must be 0. A cookie to
 * look for is the field `nxm_nx_cookie` of the match.
 */
export const nxFlowMod = apart(
  struct({
    cookie: u64,
    table_id: u8,
    command: enumeration(u8, { add: 0, modify: 1, modify_strict: 2, delete: 3, delete_strict: 4 }),
    idle_timeout: u16,
    hard_timeout: u16,
    priority: u16,
    buffer_id: u32,
    out_port: u16,
    flags: u16,
    match_len: sizeOf('match'),
    pad: pad(6),
    match: nxMatch,
    pad2: padTo(8),
    instructions: flowActions,
  }),
)

/** `struct nx_flow_removed`. `table_id_plus_1` is 0 from a switch that does not tell the table. */
export const nxFlowRemoved = apart(
  struct({
    cookie: u64,
    priority: u16,
    reason: flowRemovedReason,
    table_id_plus_1: u8,
    duration_sec: u32,
    duration_nsec: u32,
    idle_timeout: u16,
    match_len: sizeOf('match'),
    packet_count: u64,
    byte_count: u64,
    match: nxMatch,
    pad: padTo(8),
  }),
)

/** `struct nx_packet_in`. `match` is the packet's metadata; the cookie of a packet that no flow sent is all ones. */
export const nxPacketIn = apart(
  struct({
    buffer_id: u32,
    total_len: u16,
    reason: packetInReason,
    table_id: u8,
    cookie: u64,
    match_len: sizeOf('match'),
    pad: pad(6),
    match: nxMatch,
    pad2: padTo(8),
    pad3: pad(2),
    data: rest,
  }),
)

/** `struct nx_flow_stats_request`, also of aggregate statistics. out_port 0xffff and table_id 0xff mean any. */
export const nxFlowStatsRequest = struct({
  out_port: u16,
  match_len: sizeOf('match'),
  table_id: u8,
  pad: pad(3),
  match: nxMatch,
  pad2: padTo(8),
})
/** Body of nx_flow and nx_aggregate requests of 1.0, where the match is a list of fields. */
export type NxFlowStatsRequest = Of<typeof nxFlowStatsRequest>

/** `struct nx_flow_stats`. Ages are in seconds plus one; 0 means that the switch does not tell. */
export const nxFlowStats = struct({
  length,
  table_id: u8,
  pad: pad(1),
  duration_sec: u32,
  duration_nsec: u32,
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  match_len: sizeOf('match'),
  idle_age: u16,
  hard_age: u16,
  cookie: u64,
  packet_count: u64,
  byte_count: u64,
  match: nxMatch,
  pad2: padTo(8),
  instructions: flowActions,
})
/** A flow with its counters as Open vSwitch tells it on 1.0; `idle_age` and `hard_age` in seconds. */
export type NxFlowStats = Of<typeof nxFlowStats>

/** `struct ofp_aggregate_stats_reply`, as in OpenFlow. */
export const nxAggregateStats = struct({ packet_count: u64, byte_count: u64, flow_count: u32, pad: pad(4) })
