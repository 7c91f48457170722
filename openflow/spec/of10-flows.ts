/**
 * Flows, packets and tables of OpenFlow 1.0.1 (sections 5.3.1, 5.3.3, 5.3.5, 5.4.1 to 5.4.3). What 1.0 does not say has
 * one value: the table where packets begin, no cookie mask, any group, no cookie of a packet.
 */

import { enumeration, fixedText, list, type Of, rest, U64_MAX, u8, u16, u32, u64 } from '../wire/field.ts'
import { fewerNames, implied, movedBits } from '../wire/narrow.ts'
import { length, pad, sizeOf, struct } from '../wire/struct.ts'
import { mapped, notInVersion, since } from '../wire/version.ts'
import { actions } from './actions-nested.ts'
import { GROUP_ANY, OFPC_STP, OFPFF_EMERG, TABLE_ALL } from './constants.ts'
import { FLOW_COMMANDS, flowRemovedReason, packetInReason } from './enums.ts'
import { appliedActions } from './flow-actions.ts'
import { inPort10, match10 } from './of10-match.ts'
import { port10, port10Number } from './of10-ports.ts'

const flags = movedBits(u16, [
  [3, 3],
  [4, OFPFF_EMERG],
])

const flowModBody = struct({
  match: match10,
  cookie: u64,
  cookie_mask: implied<bigint>(0n),
  command: enumeration(u16, FLOW_COMMANDS),
  idle_timeout: u16,
  hard_timeout: u16,
  priority: u16,
  buffer_id: u32,
  out_port: port10Number,
  out_group: implied<number>(GROUP_ANY),
  flags,
  instructions: appliedActions,
})
type FlowModBody = Of<typeof flowModBody>

/** 1.0 deletes from all tables; it adds where it likes, which is where packets begin. */
const tableOf = (command: unknown): number => (command === 'delete' || command === 'delete_strict' ? TABLE_ALL : 0)

/** `struct ofp_flow_mod` behind the header. */
export const flowMod10 = mapped<FlowModBody, FlowModBody & { table_id: number }>(
  flowModBody,
  (wire) => ({ ...wire, table_id: tableOf(wire.command) }),
  (value, { at, version }) => {
    const table = tableOf(value.command)
    if (value.table_id !== table) {
      throw notInVersion(at, version, `${value.command} in table ${value.table_id}, ${table} wanted`).within('table_id')
    }
    return value
  },
)

/** `struct ofp_flow_removed` behind the header. */
export const flowRemoved10 = struct({
  match: match10,
  cookie: u64,
  priority: u16,
  reason: fewerNames(flowRemovedReason, ['idle_timeout', 'hard_timeout', 'delete']),
  table_id: implied<number>(0),
  pad: pad(1),
  duration_sec: u32,
  duration_nsec: u32,
  idle_timeout: u16,
  hard_timeout: implied<number>(0),
  pad2: pad(2),
  packet_count: u64,
  byte_count: u64,
})

/** `struct ofp_flow_stats_request`, also of aggregate statistics. */
export const flowStatsRequest10 = struct({
  match: match10,
  table_id: u8,
  pad: pad(1),
  out_port: port10Number,
  out_group: implied<number>(GROUP_ANY),
  cookie: implied<bigint>(0n),
  cookie_mask: implied<bigint>(0n),
})

/** `struct ofp_flow_stats`. */
export const flowStats10 = struct({
  length,
  table_id: u8,
  pad: pad(1),
  match: match10,
  duration_sec: u32,
  duration_nsec: u32,
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  flags: implied<number>(0),
  pad2: pad(6),
  cookie: u64,
  packet_count: u64,
  byte_count: u64,
  instructions: appliedActions,
})

/** `struct ofp_table_stats`; `wildcards` are bits of `enum ofp_flow_wildcards`. */
export const tableStats10 = struct({
  table_id: u8,
  pad: pad(3),
  name: since(fixedText(32), ''),
  wildcards: since(u32, 0),
  max_entries: since(u32, 0),
  active_count: u32,
  lookup_count: u64,
  matched_count: u64,
})

/** `struct ofp_packet_in` behind the header. */
export const packetIn10 = struct({
  buffer_id: u32,
  total_len: u16,
  match: inPort10,
  reason: fewerNames(packetInReason, ['no_match', 'action']),
  table_id: implied<number>(0),
  cookie: implied<bigint>(U64_MAX),
  pad: pad(1),
  data: rest,
})

/** `struct ofp_packet_out` behind the header. */
export const packetOut10 = struct({
  buffer_id: u32,
  in_port: port10Number,
  actions_len: sizeOf('actions'),
  actions,
  data: rest,
})

const capabilities = movedBits(u32, [
  [0x07, 0x07],
  [0x08, OFPC_STP],
  [0xe0, 0xe0],
])

/** `struct ofp_switch_features` behind the header; `actions` has a bit for each action type. */
export const featuresReply10 = struct({
  datapath_id: u64,
  n_buffers: u32,
  n_tables: u8,
  auxiliary_id: implied<number>(0),
  pad: pad(3),
  capabilities,
  reserved: implied<number>(0),
  actions: since(u32, 0),
  ports: since(list(port10), []),
})
