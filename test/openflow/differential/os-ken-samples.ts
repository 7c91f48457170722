/** Messages and parts that show a disagreement with os-ken where generated ones rarely do. */
import { type Action, encode, type Message } from 'node-openflow'
import { flowMod, flowWithActions } from './cases.ts'
import { size, type Value } from './os-ken-row.ts'

/** Actions whose padding os-ken leaves to what comes next. */
export const PADDED = ['nx_bundle', 'nx_bundle_load', 'nx_nat', 'nx_learn', 'nx_stack_push', 'nx_stack_pop']
export const NAT: Action = { type: 'nx_nat', flags: 0, range: { ipv4_min: 1, ipv4_max: 2, proto_min: 3 } }

export const XID = 7

export const learn = (specs: readonly object[]): Message =>
  flowWithActions(4, [
    {
      ...{ type: 'nx_learn', idle_timeout: 0, hard_timeout: 0, priority: 1, cookie: 0n, flags: 0, table_id: 1 },
      ...{ fin_idle_timeout: 0, fin_hard_timeout: 0, specs },
    },
  ])

export const tableFeatures = (property: object): Message => {
  const table = { table_id: 1, name: 't', metadata_match: 1n, metadata_write: 2n, config: 0, max_entries: 5 }
  const body = [{ ...table, properties: [property] }]
  return { type: 'multipart_request', xid: XID, flags: 0, mp_type: 'table_features', body } as Message
}

export const hello = (bitmaps: number[]): Message => ({
  type: 'hello',
  xid: XID,
  elements: [{ type: 'versionbitmap', bitmaps }],
})

export const packetOut = (actions: Action[]): Message => ({
  ...{ type: 'packet_out', xid: XID, buffer_id: 0xffffffff, in_port: 3, actions, data: new Uint8Array(20).fill(7) },
})

export const portModOdd = (version: number): Message => {
  const properties = [{ type: 'experimenter', experimenter: 5, exp_type: 6, data: Uint8Array.of(1) }]
  const port = {
    type: 'port_mod',
    xid: XID,
    version,
    port_no: 1,
    hw_addr: 0,
    config: 0,
    mask: 0,
    advertise: 0,
    properties,
  }
  return port as unknown as Message
}

export const noMonitor = (version: number): Message =>
  ({ type: 'multipart_request', xid: XID, version, flags: 0, mp_type: 'flow_monitor', body: [] }) as unknown as Message

export const meterFeatures = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'meter_features' },
  body: { max_meter: 1, band_types: 2, capabilities: 3, max_bands: 4, max_color: 5, features: undefined },
} as unknown as Message

export const STRANGE = {
  field: 'unknown',
  class: 0xffff,
  id: 9,
  experimenter: 0x123456,
  reserved: false,
  body: new Uint8Array(8),
}

export const RESERVED = { field: 'unknown', class: 0x8002, id: 9, reserved: true, body: new Uint8Array(8) }

export const statTrigger = (field: object): Message =>
  flowMod(6, { instructions: [{ type: 'stat_trigger', flags: 1, thresholds: [field] }] })

const BUCKET = {
  weight: 0,
  watch_port: 0xffffffff,
  watch_group: 0xffffffff,
  actions: [{ type: 'group', group_id: 5 }],
}
export const bundleFeatures = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'bundle_features' },
  body: {
    capabilities: 0,
    properties: [{ type: 'experimenter', experimenter: 5, exp_type: 6, data: new Uint8Array(8) }],
  },
} as unknown as Message

const status = { role: 'equal', reason: 'request', channel_status: 'up', properties: [] }
export const controllers = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'controller_status' },
  body: [1, 2].map((short_id) => ({ short_id, ...status })),
} as unknown as Message

export const flowMonitor: Message = {
  ...{ type: 'multipart_request', xid: XID, flags: 0, mp_type: 'flow_monitor' },
  body: [{ id: 1, flags: 2, out_port: 0xffffffff, table_id: 0xff, match: [{ field: 'in_port', value: 1 }] }],
}

export const twoBuckets = {
  ...{ type: 'group_mod', xid: XID, version: 6, command: 'add', group_type: 'all', group_id: 1 },
  ...{ command_bucket_id: 0xffffffff, buckets: [0, 1].map((bucket_id) => ({ ...BUCKET, bucket_id })) },
} as unknown as Message

export const copyField = flowWithActions(6, [
  { type: 'copy_field', n_bits: 2, src_offset: 3, dst_offset: 4, src: 0xffff78b80984c8f9n, dst: 132855 },
])

export const paddedBucket = {
  ...twoBuckets,
  buckets: [{ ...BUCKET, bucket_id: 0, actions: [NAT], watch_port: 1 }],
} as unknown as Message

export const aggregate = (field: object): Message =>
  ({
    ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'aggregate' },
    body: {
      ...{ packet_count: 2n ** 64n - 1n, byte_count: 2n ** 64n - 1n, flow_count: 0xffffffff },
      stats: [field],
    },
  }) as unknown as Message

export const forwarded = (request: object): Message[] =>
  [5, 6].map(
    (version) => ({ type: 'requestforward', xid: XID, version, request: { ...request, xid: XID, version } }) as Message,
  )

export const flowStatsMask = {
  ...{ type: 'get_async_reply', xid: XID, version: 6, packet_in_mask_slave: 0, packet_in_mask_master: 0 },
  ...{ port_status_mask_slave: 0, port_status_mask_master: 0, flow_removed_mask_slave: 0, flow_removed_mask_master: 0 },
  flow_stats_mask_slave: 1,
} as unknown as Message

export const removedFlow = (version: number): Message => {
  const flow = { reason: 'delete', priority: 1, idle_timeout: 0, hard_timeout: 0, table_id: 0, cookie: 0n, match: [] }
  const body = [{ event: 'removed', ...flow, instructions: [{ type: 'goto_table', table_id: 1 }] }]
  return { type: 'multipart_reply', xid: XID, version, flags: 0, mp_type: 'flow_monitor', body } as unknown as Message
}

export const EIGHT = new Uint8Array(8).fill(7)
export const ODD = { type: 'experimenter', experimenter: 5, exp_type: 6, data: EIGHT.subarray(2) }
export const band = { type: 'experimenter', rate: 1, burst_size: 2, experimenter: 3, data: EIGHT } as const
export const meterMod = { type: 'meter_mod', xid: XID, command: 'add', flags: 1, meter_id: 5 } as const
export const meterConfig = { type: 'multipart_reply', xid: XID, flags: 0, mp_type: 'meter_config' } as const

export const packetIn: Message = {
  ...{ type: 'packet_in', xid: XID, buffer_id: 0xffffffff, total_len: 4, reason: 'action', table_id: 0, cookie: 0n },
  ...{ match: [], data: EIGHT },
}

export const packetIn10 = {
  ...packetIn,
  ...{ version: 1, match: [{ field: 'in_port', value: 3 }], cookie: 2n ** 64n - 1n },
} as Message

export const bundleWithDst = {
  ...{
    type: 'nx_bundle',
    algorithm: 'hrw',
    fields: 'eth_src',
    basis: 0,
    slave_type: 'nxm_of_in_port',
    ofs_nbits: 1,
    dst: 0,
    slaves: [],
  },
}

const port10 = {
  port_no: 1,
  hw_addr: 5,
  name: 'p',
  config: 0,
  state: 0,
  curr: 0,
  advertised: 0,
  supported: 0,
  peer: 0,
}
export const portTwice = {
  ...{ type: 'features_reply', xid: XID, version: 1, datapath_id: 1n, n_buffers: 0, n_tables: 1, auxiliary_id: 0 },
  ...{
    capabilities: 0,
    reserved: 0,
    actions: 1,
    ports: [1, 2].map(() => ({ ...port10, curr_speed: 0, max_speed: 0 })),
  },
} as Message

export const experimenterReply: Message = {
  ...{ type: 'multipart_reply', xid: XID, flags: 0, mp_type: 'experimenter' },
  body: { experimenter: 5, exp_type: 6, data: new Uint8Array(12) },
}

/** Octets of an experimenter reply's data. */
export function replySize(message: Value): number {
  const body = message['body'] as Value
  return message['mp_type'] === 'experimenter' ? size(body['data']) : encode(message as never).length - 24
}

export const UNNAMED =
  /^(unknown|dp_hash|ct_nw_.*|ct_ipv6_.*|ct_tp_.*|nd_(reserved|options_type)|packet_type|oxm_of_.*|tun_metadata\d+)$/
export const LATER_TUNNEL = /^tun_(erspan|gtpu)_/
