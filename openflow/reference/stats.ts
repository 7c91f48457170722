/**
 * Answers to multipart requests (section 7.3.5): what the state says, in one part each. Types the simulation has
 * nothing to say about (queues, table features, experimenters') are refused. Changes nothing.
 */

import * as k from '../spec/constants.ts'
import type { FlowStatsRequest } from '../spec/flows.ts'
import type { MessageNamed } from '../spec/message.ts'
import type { MultipartReply } from '../spec/multipart.ts'
import { checkMatchFields } from './check.ts'
import { select, usesGroup } from './flow-mod.ts'
import { Refusal } from './refusal.ts'
import { type Flow, type State, TABLE_COUNT, testsOf } from './state.ts'
import { fitted } from './tunnel.ts'

/** Milliseconds as seconds and nanoseconds. */
export function duration(from: number, now: number): { duration_sec: number; duration_nsec: number } {
  const age = Math.max(0, now - from)
  return { duration_sec: Math.floor(age / 1000), duration_nsec: Math.floor(age % 1000) * 1_000_000 }
}

export function answerMultipart(
  state: State,
  request: MessageNamed<'multipart_request'>,
  now: number,
  name: string,
): MessageNamed<'multipart_reply'> {
  return { type: 'multipart_reply', xid: request.xid, ...answer(state, request, now, name) }
}

function answer(state: State, request: MessageNamed<'multipart_request'>, now: number, name: string): MultipartReply {
  const flags = 0
  switch (request.mp_type) {
    case 'desc': {
      const body = {
        mfr_desc: 'node-openflow',
        hw_desc: 'reference switch',
        sw_desc: 'reference switch',
        serial_num: 'None',
        dp_desc: name,
      }
      return { flags, mp_type: 'desc', body }
    }
    case 'flow':
      return { flags, mp_type: 'flow', body: selected(state, request.body).map((flow) => flowEntry(flow, now)) }
    case 'aggregate': {
      const flows = selected(state, request.body)
      const body = {
        packet_count: flows.reduce((sum, flow) => sum + flow.packets, 0n),
        byte_count: flows.reduce((sum, flow) => sum + flow.bytes, 0n),
        flow_count: flows.length,
      }
      return { flags, mp_type: 'aggregate', body }
    }
    case 'table':
      return { flags, mp_type: 'table', body: tables(state) }
    case 'port_desc':
      return { flags, mp_type: 'port_desc', body: [...state.ports.values()].map(({ desc }) => desc) }
    case 'port_stats':
      return { flags, mp_type: 'port_stats', body: ports(state, request.body.port_no, now) }
    case 'group_desc': {
      const body = [...state.groups.values()].map(({ id, type, buckets }) => ({
        group_id: id,
        group_type: type,
        buckets,
      }))
      return { flags, mp_type: 'group_desc', body }
    }
    case 'group':
      return { flags, mp_type: 'group', body: groups(state, request.body.group_id, now) }
    case 'group_features':
      return { flags, mp_type: 'group_features', body: GROUP_FEATURES }
    case 'meter_config': {
      const body = meterIds(state, request.body.meter_id).map((id) => {
        const { flags, bands } = state.meters.get(id)!
        return { flags, meter_id: id, bands }
      })
      return { flags, mp_type: 'meter_config', body }
    }
    case 'meter':
      return { flags, mp_type: 'meter', body: meters(state, request.body.meter_id, now) }
    case 'meter_features': {
      const body = { max_meter: k.METER_MAX, band_types: 6, capabilities: 15, max_bands: 8, max_color: 0 }
      return { flags, mp_type: 'meter_features', body }
    }
    default:
      throw new Refusal('bad_request', 'bad_multipart')
  }
}

/** All four types, chaining checked; the action bits are those of basic actions. */
const GROUP_FEATURES = {
  types: 15,
  capabilities: 0x7,
  max_groups_all: k.GROUP_MAX,
  max_groups_select: k.GROUP_MAX,
  max_groups_indirect: k.GROUP_MAX,
  max_groups_ff: k.GROUP_MAX,
  actions_all: 0x3ff8001,
  actions_select: 0x3ff8001,
  actions_indirect: 0x3ff8001,
  actions_ff: 0x3ff8001,
}

function selected(state: State, request: FlowStatsRequest): Flow[] {
  checkMatchFields(request.match, state.options)
  return select(state, {
    tableId: request.table_id,
    tests: testsOf(request.match.map((oxm) => fitted(oxm, state.options))),
    cookie: request.cookie,
    cookieMask: request.cookie_mask,
    outPort: request.out_port,
    outGroup: request.out_group,
  })
}

function flowEntry(flow: Flow, now: number) {
  return {
    table_id: flow.tableId,
    ...duration(flow.created, now),
    priority: flow.priority,
    idle_timeout: flow.idleTimeout,
    hard_timeout: flow.hardTimeout,
    flags: flow.flags,
    cookie: flow.cookie,
    packet_count: flow.packets,
    byte_count: flow.bytes,
    match: flow.match,
    instructions: flow.instructions,
  }
}

function tables(state: State) {
  return Array.from({ length: TABLE_COUNT }, (_, id) => {
    const table = state.tables.get(id)
    return {
      table_id: id,
      active_count: table?.flows.length ?? 0,
      lookup_count: table?.lookups ?? 0n,
      matched_count: table?.matched ?? 0n,
    }
  })
}

function ports(state: State, only: number, now: number) {
  const wanted = [...state.ports].filter(([no]) => only === k.PORT_ANY || no === only)
  return wanted.map(([no, port]) => ({
    port_no: no,
    rx_packets: port.rxPackets,
    tx_packets: port.txPackets,
    rx_bytes: port.rxBytes,
    tx_bytes: port.txBytes,
    rx_dropped: 0n,
    tx_dropped: 0n,
    rx_errors: 0n,
    tx_errors: 0n,
    rx_frame_err: 0n,
    rx_over_err: 0n,
    rx_crc_err: 0n,
    collisions: 0n,
    ...duration(0, now),
  }))
}

function groups(state: State, only: number, now: number) {
  const wanted = [...state.groups.values()].filter(({ id }) => only === k.GROUP_ALL || id === only)
  const flows = [...state.tables.values()].flatMap((table) => table.flows)
  return wanted.map((group) => ({
    group_id: group.id,
    ref_count: flows.filter((flow) => usesGroup(flow.instructions, group.id)).length,
    packet_count: group.packets,
    byte_count: group.bytes,
    ...duration(group.created, now),
    bucket_stats: group.bucketStats.map(({ packets, bytes }) => ({ packet_count: packets, byte_count: bytes })),
  }))
}

function meterIds(state: State, only: number): number[] {
  if (only === k.METER_ALL) return [...state.meters.keys()]
  if (!state.meters.has(only)) throw new Refusal('meter_mod_failed', 'unknown_meter')
  return [only]
}

function meters(state: State, only: number, now: number) {
  const flows = [...state.tables.values()].flatMap((table) => table.flows)
  return meterIds(state, only).map((id) => {
    const meter = state.meters.get(id)!
    const users = flows.filter((flow) => flow.instructions.some((one) => one.type === 'meter' && one.meter_id === id))
    return {
      meter_id: id,
      flow_count: users.length,
      packet_in_count: meter.packets,
      byte_in_count: meter.bytes,
      ...duration(meter.created, now),
      band_stats: meter.buckets.map(({ packets, bytes }) => ({ packet_band_count: packets, byte_band_count: bytes })),
    }
  })
}
