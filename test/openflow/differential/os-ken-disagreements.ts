/**
 * Where os-ken 2.5.0 and this codec disagree, and who is right: one row each. A message is excused in a phase when one
 * of its parts is a row's; the test asserts that all others agree, and that each row still disagrees.
 *
 * Phases: `read` (os-ken reads other values, or fails), `write` (os-ken does not write back the octets that it read),
 * `build` (os-ken writes other octets for the same values, or fails).
 */
import { type Action, encode, type Message, OXM } from 'node-openflow'
import { flowMod, flowWithActions } from './cases.ts'
import type { Part } from './tree.ts'

export type Phase = 'read' | 'write' | 'build'

export interface Disagreement {
  readonly where: string
  /** Versions in which it is; all without. */
  readonly versions?: readonly number[]
  readonly phases: readonly Phase[]
  readonly is: (part: Part) => boolean
  readonly right: 'node-openflow' | 'os-ken' | 'both' | 'neither'
  readonly why: string
  /** Messages that show it, where generated ones rarely do; 1.3 unless the row is of other versions only. */
  readonly examples?: readonly Message[]
}

type Value = Record<string, unknown>

const SINCE_13 = [4, 5, 6]

/** Parts of a kind with one of the names; any name without names. */
function part(kind: string, names?: readonly string[] | RegExp, when: (value: Value) => boolean = () => true) {
  return (one: Part): boolean => {
    if (one.kind !== kind) return false
    if (names instanceof RegExp ? !names.test(one.name) : names !== undefined && !names.includes(one.name)) return false
    return when(one.value as Value)
  }
}

const any =
  (...tests: ReadonlyArray<(one: Part) => boolean>): ((one: Part) => boolean) =>
  (one) =>
    tests.some((test) => test(one))

const size = (value: unknown): number => (value as Uint8Array).length
/** Not of Nicira's classes, by the field's number. */
const isOfOpenFlow = (field: string): boolean => {
  const { class: cls = 0 } = OXM[field as keyof typeof OXM] ?? {}
  return cls === 0x8000 || cls === 0x8001 || cls === 0xffff
}
const isExperimenter = (field: string): boolean => 'experimenter' in (OXM[field as keyof typeof OXM] ?? {})

/** Octets of a match field with its header. */
function oxmSize(value: Value): number {
  const { field, mask, body, experimenter } = value as Value & { field: string }
  const row = OXM[field as keyof typeof OXM]
  if (row === undefined) return 4 + size(body) + (experimenter === undefined ? 0 : 4)
  const width = value['value'] instanceof Uint8Array ? size(value['value']) : row.size
  return 4 + ('experimenter' in row ? 4 : 0) + width * (mask === undefined ? 1 : 2)
}

// ---- examples

/** Actions whose padding os-ken leaves to what comes next. */
const PADDED = ['nx_bundle', 'nx_bundle_load', 'nx_nat', 'nx_learn', 'nx_stack_push', 'nx_stack_pop']
const NAT: Action = { type: 'nx_nat', flags: 0, range: { ipv4_min: 1, ipv4_max: 2, proto_min: 3 } }

const XID = 7

const learn = (specs: readonly object[]): Message =>
  flowWithActions(4, [
    {
      ...{ type: 'nx_learn', idle_timeout: 0, hard_timeout: 0, priority: 1, cookie: 0n, flags: 0, table_id: 1 },
      ...{ fin_idle_timeout: 0, fin_hard_timeout: 0, specs },
    },
  ])

const tableFeatures = (property: object): Message => {
  const table = { table_id: 1, name: 't', metadata_match: 1n, metadata_write: 2n, config: 0, max_entries: 5 }
  const body = [{ ...table, properties: [property] }]
  return { type: 'multipart_request', xid: XID, flags: 0, mp_type: 'table_features', body } as Message
}

const hello = (bitmaps: number[]): Message => ({
  type: 'hello',
  xid: XID,
  elements: [{ type: 'versionbitmap', bitmaps }],
})

const packetOut = (actions: Action[]): Message => ({
  ...{ type: 'packet_out', xid: XID, buffer_id: 0xffffffff, in_port: 3, actions, data: new Uint8Array(20).fill(7) },
})

const portModOdd = (version: number): Message => {
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

const noMonitor = (version: number): Message =>
  ({ type: 'multipart_request', xid: XID, version, flags: 0, mp_type: 'flow_monitor', body: [] }) as unknown as Message

const meterFeatures = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'meter_features' },
  body: { max_meter: 1, band_types: 2, capabilities: 3, max_bands: 4, max_color: 5, features: undefined },
} as unknown as Message

const STRANGE = {
  field: 'unknown',
  class: 0xffff,
  id: 9,
  experimenter: 0x123456,
  reserved: false,
  body: new Uint8Array(8),
}

const RESERVED = { field: 'unknown', class: 0x8002, id: 9, reserved: true, body: new Uint8Array(8) }

const statTrigger = (field: object): Message =>
  flowMod(6, { instructions: [{ type: 'stat_trigger', flags: 1, thresholds: [field] }] })

const BUCKET = { weight: 0, watch_port: 0xffffffff, watch_group: 0xffffffff, actions: [{ type: 'group', group_id: 5 }] }
const bundleFeatures = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'bundle_features' },
  body: {
    capabilities: 0,
    properties: [{ type: 'experimenter', experimenter: 5, exp_type: 6, data: new Uint8Array(8) }],
  },
} as unknown as Message

const status = { role: 'equal', reason: 'request', channel_status: 'up', properties: [] }
const controllers = {
  ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'controller_status' },
  body: [1, 2].map((short_id) => ({ short_id, ...status })),
} as unknown as Message

const flowMonitor: Message = {
  ...{ type: 'multipart_request', xid: XID, flags: 0, mp_type: 'flow_monitor' },
  body: [{ id: 1, flags: 2, out_port: 0xffffffff, table_id: 0xff, match: [{ field: 'in_port', value: 1 }] }],
}

const twoBuckets = {
  ...{ type: 'group_mod', xid: XID, version: 6, command: 'add', group_type: 'all', group_id: 1 },
  ...{ command_bucket_id: 0xffffffff, buckets: [0, 1].map((bucket_id) => ({ ...BUCKET, bucket_id })) },
} as unknown as Message

const copyField = flowWithActions(6, [
  { type: 'copy_field', n_bits: 2, src_offset: 3, dst_offset: 4, src: 0xffff78b80984c8f9n, dst: 132855 },
])

const paddedBucket = {
  ...twoBuckets,
  buckets: [{ ...BUCKET, bucket_id: 0, actions: [NAT], watch_port: 1 }],
} as unknown as Message

const aggregate = (field: object): Message =>
  ({
    ...{ type: 'multipart_reply', xid: XID, version: 6, flags: 0, mp_type: 'aggregate' },
    body: {
      ...{ packet_count: 2n ** 64n - 1n, byte_count: 2n ** 64n - 1n, flow_count: 0xffffffff },
      stats: [field],
    },
  }) as unknown as Message

const forwarded = (request: object): Message[] =>
  [5, 6].map(
    (version) => ({ type: 'requestforward', xid: XID, version, request: { ...request, xid: XID, version } }) as Message,
  )

const flowStatsMask = {
  ...{ type: 'get_async_reply', xid: XID, version: 6, packet_in_mask_slave: 0, packet_in_mask_master: 0 },
  ...{ port_status_mask_slave: 0, port_status_mask_master: 0, flow_removed_mask_slave: 0, flow_removed_mask_master: 0 },
  flow_stats_mask_slave: 1,
} as unknown as Message

const removedFlow = (version: number): Message => {
  const flow = { reason: 'delete', priority: 1, idle_timeout: 0, hard_timeout: 0, table_id: 0, cookie: 0n, match: [] }
  const body = [{ event: 'removed', ...flow, instructions: [{ type: 'goto_table', table_id: 1 }] }]
  return { type: 'multipart_reply', xid: XID, version, flags: 0, mp_type: 'flow_monitor', body } as unknown as Message
}

const EIGHT = new Uint8Array(8).fill(7)
const ODD = { type: 'experimenter', experimenter: 5, exp_type: 6, data: EIGHT.subarray(2) }
const band = { type: 'experimenter', rate: 1, burst_size: 2, experimenter: 3, data: EIGHT } as const
const meterMod = { type: 'meter_mod', xid: XID, command: 'add', flags: 1, meter_id: 5 } as const
const meterConfig = { type: 'multipart_reply', xid: XID, flags: 0, mp_type: 'meter_config' } as const

const packetIn: Message = {
  ...{ type: 'packet_in', xid: XID, buffer_id: 0xffffffff, total_len: 4, reason: 'action', table_id: 0, cookie: 0n },
  ...{ match: [], data: EIGHT },
}

const packetIn10 = {
  ...packetIn,
  ...{ version: 1, match: [{ field: 'in_port', value: 3 }], cookie: 2n ** 64n - 1n },
} as Message

const bundleWithDst = {
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

const port10 = { port_no: 1, hw_addr: 5, name: 'p', config: 0, state: 0, curr: 0, advertised: 0, supported: 0, peer: 0 }
const portTwice = {
  ...{ type: 'features_reply', xid: XID, version: 1, datapath_id: 1n, n_buffers: 0, n_tables: 1, auxiliary_id: 0 },
  ...{
    capabilities: 0,
    reserved: 0,
    actions: 1,
    ports: [1, 2].map(() => ({ ...port10, curr_speed: 0, max_speed: 0 })),
  },
} as Message

const experimenterReply: Message = {
  ...{ type: 'multipart_reply', xid: XID, flags: 0, mp_type: 'experimenter' },
  body: { experimenter: 5, exp_type: 6, data: new Uint8Array(12) },
}

/** Octets of an experimenter reply's data. */
function replySize(message: Value): number {
  const body = message['body'] as Value
  return message['mp_type'] === 'experimenter' ? size(body['data']) : encode(message as never).length - 24
}

const UNNAMED =
  /^(unknown|dp_hash|ct_nw_.*|ct_ipv6_.*|ct_tp_.*|nd_(reserved|options_type)|packet_type|oxm_of_.*|tun_metadata\d+)$/
const LATER_TUNNEL = /^tun_(erspan|gtpu)_/

export const DISAGREEMENTS: readonly Disagreement[] = [
  // ---- match fields
  {
    where: 'pbb_uca on 1.3',
    versions: [4],
    phases: ['read', 'build'],
    is: any(part('oxm', ['pbb_uca']), part('oxm id', ['pbb_uca'])),
    right: 'neither',
    why: 'EXT-256 gives it an experimenter field of 1.3, os-ken writes that with an obsolete id; here it is field 41, as since 1.4. Open vSwitch has neither',
  },
  {
    where: 'nxm_nx_cookie',
    versions: SINCE_13,
    phases: ['read', 'write', 'build'],
    is: any(part('oxm', ['nxm_nx_cookie']), part('field', ['nxm_nx_cookie'])),
    right: 'node-openflow',
    why: 'it has the number of mpls_ttl and another length (Open vSwitch tells them apart by that); os-ken knows mpls_ttl',
    examples: [flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'nxm_nx_cookie', n_bits: 8 }])],
  },
  {
    where: 'tun_erspan_*, tun_gtpu_*',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: any(part('oxm', LATER_TUNNEL), part('oxm id', LATER_TUNNEL)),
    right: 'node-openflow',
    why: 'fields of Open vSwitch 2.10 and 2.13 (ovs-fields(7)); os-ken raises KeyError for experimenter fields that it does not know',
    examples: [flowMod(4, { match: [{ field: 'tun_erspan_idx', value: 1 }] })],
  },
  {
    where: 'experimenter fields without a row',
    phases: ['read', 'build'],
    is: part('oxm', ['unknown'], ({ experimenter }) => experimenter !== undefined),
    right: 'node-openflow',
    why: 'section 7.2.3.3 lets them be there; os-ken raises KeyError',
    examples: [
      flowMod(4, {
        match: [{ field: 'unknown', class: 0xffff, id: 5, experimenter: 0x100_0000, masked: false, body: EIGHT }],
      }),
      flowWithActions(4, [
        {
          type: 'nx_reg_load2',
          field: {
            field: 'unknown',
            class: 0xffff,
            id: 5,
            experimenter: 0x100_0000,
            masked: false,
            body: EIGHT.subarray(4),
          },
        },
      ]),
    ],
  },
  {
    where: 'fields without a row and without octets',
    versions: SINCE_13,
    phases: ['read'],
    is: part('oxm', ['unknown'], ({ body }) => size(body) === 0),
    right: 'both',
    why: 'length 0 is possible (section 7.2.3.2), nobody defines such a field; os-ken asserts that it is above 0',
    examples: [flowMod(4, { match: [{ field: 'unknown', class: 2, id: 5, masked: false, body: new Uint8Array(0) }] })],
  },
  // ---- fields named in Nicira's actions
  {
    where: 'fields that os-ken has no name for, in actions',
    phases: ['read', 'write', 'build'],
    is: part('field', UNNAMED),
    right: 'node-openflow',
    why: 'os-ken does not keep the length of the header and writes 0, or raises for experimenter fields',
    examples: [flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'tun_metadata1', n_bits: 8 }])],
  },
  {
    where: 'experimenter fields in actions',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: any(part('field', LATER_TUNNEL), (one) => one.kind === 'field' && isExperimenter(one.name)),
    right: 'node-openflow',
    why: 'headers of 64 bits have room in nx_stack_*, nx_output_reg2 and nx_learn (ovs-actions(7)); os-ken reads 32 bits there',
    examples: [
      flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'nsh_ttl', n_bits: 8 }]),
      flowWithActions(4, [{ type: 'nx_output_reg2', ofs_nbits: { ofs: 0, n_bits: 8 }, src: 'nsh_ttl', max_len: 0 }]),
    ],
  },
  // ---- actions
  {
    where: 'nx_bundle with dst',
    phases: ['read'],
    is: part('action', ['nx_bundle'], ({ ofs_nbits, dst }) => ofs_nbits !== 0 || dst !== 0),
    right: 'both',
    why: 'they must be zero; os-ken makes them so, here they are kept',
    examples: [flowWithActions(4, [bundleWithDst])],
  },
  {
    where: 'nx_bundle with dst, written',
    versions: SINCE_13,
    phases: ['write', 'build'],
    is: part('action', ['nx_bundle'], ({ ofs_nbits, dst }) => ofs_nbits !== 0 || dst !== 0),
    right: 'both',
    why: 'they must be zero; os-ken makes them so, here they are kept',
    examples: [flowWithActions(4, [bundleWithDst])],
  },

  {
    where: 'nx_encap',
    phases: ['read', 'write', 'build'],
    is: part('action', ['nx_encap']),
    right: 'node-openflow',
    why: 'os-ken has two classes under the one subtype and reads all as encap(ethernet) of size 0, without properties',
  },
  {
    where: 'nx_sample2 with a direction',
    phases: ['write', 'build'],
    is: part('action', ['nx_sample2'], ({ direction }) => direction !== 'default' && direction !== 0),
    right: 'node-openflow',
    why: 'sample(ingress), sample(egress) of ovs-actions(7); os-ken writes padding there',
  },
  {
    where: 'nx_reg_load2 of fields that are not 14 octets',
    phases: ['write', 'build'],
    is: part('action', ['nx_reg_load2'], ({ field }) => Math.ceil((oxmSize(field as Value) + 2) / 8) !== 2),
    right: 'node-openflow',
    why: 'the field is padded to a multiple of 8 with the header (Open vSwitch writes so); os-ken pads to 24 and fails with longer ones',
    examples: [
      flowWithActions(4, [{ type: 'nx_reg_load2', field: { field: 'ip_dscp', value: 1 } }]),
      flowWithActions(4, [{ type: 'nx_reg_load2', field: { field: 'nxm_nx_ipv6_src', value: 5n } }]),
    ],
  },
  {
    where: 'nx_learn with more than 1023 bits',
    phases: ['read'],
    is: part('learn spec', undefined, ({ n_bits }) => (n_bits as number) > 1023),
    right: 'both',
    why: 'no field is so wide; the header has 11 bits for it, os-ken and Open vSwitch look at 10',
    examples: [learn([{ n_bits: 1040, src: new Uint8Array(130), to: 'output' }])],
  },
  {
    where: 'nx_learn with more than 1023 bits, written',
    versions: SINCE_13,
    phases: ['write'],
    is: part('learn spec', undefined, ({ n_bits }) => (n_bits as number) > 1023),
    right: 'both',
    why: 'no field is so wide; the header has 11 bits for it, os-ken and Open vSwitch look at 10',
    examples: [learn([{ n_bits: 1040, src: new Uint8Array(130), to: 'output' }])],
  },
  {
    where: 'nx_controller2: userdata of less than 1 octet',
    phases: ['read'],
    is: part('controller2 property', ['userdata'], ({ userdata }) => size(userdata) === 0),
    right: 'node-openflow',
    why: 'properties are padded to 8 octets; os-ken writes and skips none when it is empty',
    examples: [
      flowWithActions(4, [{ type: 'nx_controller2', properties: [{ type: 'userdata', userdata: new Uint8Array(0) }] }]),
    ],
  },
  {
    where: 'nx_controller2: meter_id',
    phases: ['read', 'build'],
    is: part('controller2 property', ['meter_id']),
    right: 'node-openflow',
    why: 'a property of Open vSwitch 2.13 (ovs-actions(7)); os-ken raises AttributeError for properties it does not know',
  },
  {
    where: 'nx_controller2: properties twice or in another order than their numbers',
    phases: ['write', 'build'],
    is: part(
      'action',
      ['nx_controller2'],
      ({ properties }) => !rising((properties as Value[]).map(({ type }) => String(type))),
    ),
    right: 'node-openflow',
    why: 'os-ken keeps one of each and writes them sorted',
    examples: [
      flowWithActions(4, [
        {
          type: 'nx_controller2',
          properties: [
            { type: 'controller_id', controller_id: 1 },
            { type: 'max_len', max_len: 9 },
          ],
        },
      ]),
    ],
  },
  // ---- instructions, bands, properties
  {
    where: 'experimenter instruction',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('instruction', ['experimenter']),
    right: 'node-openflow',
    why: 'section 7.2.4; os-ken has no class for it, raises, or never comes to an end',
  },
  {
    where: 'experimenter band with data',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('band', ['experimenter'], ({ data }) => size(data) > 0),
    right: 'node-openflow',
    why: 'the length says that more follows (section 7.3.4.4); os-ken drops it, or takes it for the next band',
    examples: [
      { ...meterMod, bands: [band] },
      { ...meterConfig, body: [{ flags: 0, meter_id: 1, bands: [band] }] },
    ],
  },
  {
    where: 'experimenter table feature whose data is no multiple of 4 octets',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('table feature', /^experimenter/, ({ data }) => size(data) % 4 !== 0),
    right: 'both',
    why: 'section 7.3.5.5.2 has data of 32 bit units; os-ken raises for others, here they are kept',
    examples: [tableFeatures(ODD), { ...tableFeatures(ODD), type: 'multipart_reply' } as Message],
  },
  {
    where: 'fields without value, in table features and copy_field of 1.5',
    versions: SINCE_13,
    phases: ['build'],
    is: part('oxm id'),
    right: 'node-openflow',
    why: 'oxm_length is the length of the value (section 7.3.5.5.2); os-ken writes 0, and fails for experimenter fields',
    examples: [tableFeatures({ type: 'match', oxm_ids: [{ field: 'eth_dst', masked: true }] })],
  },
  {
    where: 'table features: types of actions and instructions with data',
    versions: SINCE_13,
    phases: ['build'],
    is: any(part('action id', ['unknown']), part('instruction id', ['unknown'])),
    right: 'node-openflow',
    why: 'experimenter types have an id behind the header (section 7.3.5.5.2); os-ken writes and keeps the header alone',
    examples: [
      tableFeatures({ type: 'apply_actions', action_ids: [{ type: 0xffff, data: Uint8Array.of(0, 0, 0x23, 0x20) }] }),
    ],
  },
  {
    where: "experimenters' properties whose data is no multiple of 4 octets",
    versions: [5, 6],
    phases: ['read', 'build'],
    is: (one) =>
      / property$/.test(one.kind) && /^experimenter/.test(one.name) && size((one.value as Value)['data']) % 4 !== 0,
    right: 'both',
    why: 'the specification has data of 32 bit units (1.4.1 section 7.2.1.2); os-ken raises for others, here they are kept',
    examples: [5, 6].map(portModOdd),
  },
  // ---- 1.0
  {
    where: "fields of later versions in Nicira's actions",
    versions: [1],
    phases: ['read', 'write', 'build'],
    is: any(
      part('field', undefined, (value) => isOfOpenFlow(String(value))),
      part('action', ['nx_reg_load2'], ({ field }) => isOfOpenFlow(String((field as Value)['field']))),
    ),
    right: 'node-openflow',
    why: 'Open vSwitch takes them on 1.0 (ovs-fields(7)); os-ken has no names for them there and writes lengths of 0',
    examples: [
      flowWithActions(1, [{ type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 8 }, src: 'ipv4_dst', max_len: 0 }]),
    ],
  },
  {
    where: 'padding at the end of actions',
    versions: [1],
    phases: ['write', 'build'],
    is: any(part('action', PADDED), part('controller2 property', ['userdata'])),
    right: 'node-openflow',
    why: 'actions are multiples of 8 octets (1.0.1 section 5.2.4); os-ken leaves padding out where it is the end of the message',
  },
  {
    where: 'features_reply with a port twice',
    versions: [1],
    phases: ['read'],
    is: part('message', ['features_reply'], ({ ports }) => {
      const numbers = (ports as Value[]).map(({ port_no }) => port_no)
      return new Set(numbers).size < numbers.length
    }),
    right: 'both',
    why: 'a port has one number; os-ken keeps ports by number, here the list is kept',
    examples: [portTwice],
  },
  {
    where: 'queues of 1.0',
    versions: [1],
    phases: ['build'],
    is: part('message', ['queue_get_config_reply'], ({ queues }) => (queues as unknown[]).length > 0),
    right: 'node-openflow',
    why: "a switch's message; os-ken's class of a queue takes no properties, it only reads them",
  },
  // ---- 1.5
  {
    where: "the ONF's fields of 1.3 on 1.5",
    versions: [6],
    phases: ['read', 'build'],
    is: part('oxm', ['oxm_of_tcp_flags', 'oxm_of_actset_output']),
    right: 'node-openflow',
    why: 'Open vSwitch takes them on every version (ovs-fields(7)); os-ken raises KeyError for experimenter fields that it does not know',
  },
  {
    where: 'statistics without a row',
    versions: [6],
    phases: ['read', 'write', 'build'],
    is: part('oxs', ['unknown']),
    right: 'node-openflow',
    why: 'like fields of matches they are to be passed over (1.5.1 section 7.2.4.1); os-ken raises for experimenters and empty ones, and loses the reserved bit',
    examples: [aggregate(STRANGE), statTrigger(STRANGE), statTrigger(RESERVED)],
  },
  {
    where: 'buckets of 1.5 in front of others',
    versions: [6],
    phases: ['read', 'write'],
    is: part('buckets', /^([2-9]|\d\d+)$/),
    right: 'node-openflow',
    why: 'properties end with the bucket (1.5.1 section 7.3.4.3.1); os-ken goes on to the end of the list',
    examples: [twoBuckets],
  },
  {
    where: 'buckets of 1.5 with properties behind the padding of an action',
    versions: [6],
    phases: ['write', 'build'],
    is: part('buckets', undefined, (buckets) =>
      (buckets as unknown as Value[]).some(({ actions }) =>
        PADDED.includes(String((actions as Value[]).at(-1)?.['type'])),
      ),
    ),
    right: 'node-openflow',
    why: 'as of packet_out with data',
    examples: [paddedBucket],
  },
  {
    where: 'masks of flow_stats and cont_status',
    versions: [6],
    phases: ['read'],
    is: part('async property', /^(flow_stats|cont_status)_/),
    right: 'node-openflow',
    why: 'properties 12 to 15 of 1.5.1 section 7.3.10.1; os-ken has the numbers and no class',
    examples: [flowStatsMask],
  },
  {
    where: 'controller_status of several controllers',
    versions: [6],
    phases: ['read'],
    is: part('multipart_reply', ['controller_status'], ({ body }) => (body as unknown[]).length > 1),
    right: 'node-openflow',
    why: 'properties end with the status (1.5.1 section 7.3.5.19); os-ken goes on by 16 octets, and may never come to an end',
    examples: [controllers],
  },
  {
    where: 'bundle_features with a property that is no multiple of 8 octets',
    versions: [6],
    phases: ['read'],
    is: part('multipart_reply', ['bundle_features'], ({ body }) =>
      ((body as Value)['properties'] as Value[]).some(({ data }) => data !== undefined && (size(data) + 12) % 8 !== 0),
    ),
    right: 'node-openflow',
    why: 'the reply is one body with padded properties (1.5.1 section 7.3.5.20); os-ken counts without padding and looks for a second one',
    examples: [bundleFeatures],
  },
  {
    where: 'copy_field of 1.5',
    versions: [6],
    phases: ['read', 'write'],
    is: part('action', ['copy_field']),
    right: 'node-openflow',
    why: 'two fields and padding (1.5.1 section 7.2.6.6); os-ken reads padding and what follows as fields',
    examples: [copyField],
  },
  // ---- messages
  {
    where: 'flow monitor requests of none or several',
    versions: [5, 6],
    phases: ['build'],
    is: part('multipart_request', ['flow_monitor'], ({ body }) => (body as unknown[]).length !== 1),
    right: 'node-openflow',
    why: 'the body is an array of struct ofp_flow_monitor_request (1.4.1 section 7.3.5.19); os-ken has one',
    examples: [5, 6].map(noMonitor),
  },
  {
    where: 'meter_features of 1.5 without features',
    versions: [6],
    phases: ['read'],
    is: part('multipart_reply', ['meter_features'], ({ body }) => (body as Value)['features'] === undefined),
    right: 'os-ken',
    why: 'struct ofp_meter_features has them (1.5.1 section 7.3.5.15); Open vSwitch 3.1 sends and takes only the 16 octets of 1.3, so both are taken here',
    examples: [meterFeatures],
  },
  {
    where: 'packet_out of 1.5 without in_port',
    versions: [6],
    phases: ['build'],
    is: part(
      'message',
      ['packet_out'],
      ({ match }) =>
        !((match as Value[] | undefined) ?? [{ field: 'in_port' }]).some(({ field }) => field === 'in_port'),
    ),
    right: 'os-ken',
    why: 'the match has to have it (1.5.1 section 7.3.6); os-ken asserts that, here the member in_port says 0xffffffff then',
    examples: [
      {
        ...packetOut([{ type: 'output', port: 3, max_len: 0 }]),
        in_port: 0xffffffff,
        match: [],
        version: 6,
      } as Message,
    ],
  },
  {
    where: 'flow monitor: events added, removed, modified, resumed',
    versions: [5, 6],
    phases: ['read'],
    is: part('flow update', ['added', 'removed', 'modified', 'resumed']),
    right: 'node-openflow',
    why: 'events of 1.4.1 section 7.3.5.19.2; os-ken has two classes for several events and asserts that it is the first of each',
  },
  {
    where: 'flow monitor: a removed flow with instructions',
    versions: [5, 6],
    phases: ['build'],
    is: part('flow update', ['removed'], ({ instructions }) => (instructions as unknown[]).length > 0),
    right: 'both',
    why: 'a switch tells none of a removed flow (1.4.1 section 7.3.5.19.2); os-ken asserts that, here they are kept',
    examples: [5, 6].map(removedFlow),
  },
  {
    where: 'requestforward of anything but group_mod and meter_mod',
    versions: [5, 6],
    phases: ['read', 'write', 'build'],
    is: part(
      'message',
      ['requestforward'],
      ({ request }) => !/^(group|meter)_mod$/.test((request as Value)['type'] as string),
    ),
    right: 'both',
    why: 'no others are to be forwarded (1.4.1 section 7.4.7); os-ken asserts that, here a message is a message',
    examples: [...forwarded({ type: 'barrier_request' }), ...forwarded({ type: 'echo_request', data: EIGHT })],
  },
  {
    where: 'hello elements of other types',
    versions: SINCE_13,
    phases: ['read'],
    is: part('hello element', /^\d+$/),
    right: 'node-openflow',
    why: 'they are to be ignored and end at a multiple of 8 octets (section 7.5.1); os-ken goes on at their length, raises, or never comes to an end',
    examples: [{ type: 'hello', xid: XID, elements: [{ type: 2, data: EIGHT.subarray(3) }] }],
  },
  {
    where: 'hello with a bitmap of other than one word',
    versions: SINCE_13,
    phases: ['read'],
    is: part('hello element', ['versionbitmap'], ({ bitmaps }) => (bitmaps as number[]).length !== 1),
    right: 'node-openflow',
    why: 'the element ends at a multiple of 8 octets (section 7.5.1); os-ken goes on before the padding',
    examples: [hello([1 << 4, 0])],
  },
  {
    where: 'hello with version 31 of a word',
    versions: SINCE_13,
    phases: ['read'],
    is: part('hello element', ['versionbitmap'], ({ bitmaps }) =>
      (bitmaps as number[]).some((word) => word >= 2 ** 31),
    ),
    right: 'node-openflow',
    why: 'a bit is a version (section 7.5.1); os-ken looks at 31 of 32',
    examples: [hello([0x8000_0010])],
  },

  {
    where: 'packet_in with more data than total_len',
    phases: ['read'],
    is: part('message', ['packet_in'], ({ data, total_len }) => size(data) > (total_len as number)),
    right: 'node-openflow',
    why: 'total_len is of the frame (section 7.4.1), so there cannot be more: nothing says to cut it; os-ken does',
    examples: [packetIn, packetIn10],
  },
  {
    where: 'packet_out of a buffer, with data',
    phases: ['build'],
    is: part('message', ['packet_out'], ({ buffer_id }) => buffer_id !== 0xffffffff),
    right: 'both',
    why: 'data has no meaning when a buffer is named (section 7.3.7); os-ken asserts that there is none, here it is kept',
    examples: [{ ...packetOut([{ type: 'output', port: 3, max_len: 0 }]), buffer_id: 7 } as Message],
  },
  {
    where: 'packet_out without actions',
    versions: [1, 4, 5],
    phases: ['build'],
    is: part('message', ['packet_out'], ({ actions, data }) => (actions as unknown[]).length === 0 && size(data) > 0),
    right: 'node-openflow',
    why: 'drops the frame, which is allowed (section 7.3.7); os-ken writes the fixed members over the front of the data',
    examples: [packetOut([])],
  },
  {
    where: 'packet_out with data behind the padding of an action',
    versions: [4, 5],
    phases: ['build'],
    is: part('message', ['packet_out'], ({ actions, data }) => {
      const last = (actions as Value[]).at(-1)
      return size(data) > 0 && PADDED.includes(String(last?.['type']))
    }),
    right: 'node-openflow',
    why: 'actions are multiples of 8 octets (section 7.2.5); os-ken leaves padding out where it is the end of what it has',
    examples: [packetOut([NAT])],
  },
  {
    where: 'experimenter multipart reply with more than 8 octets of data',
    versions: [4, 5],
    phases: ['read'],
    is: part(
      'multipart_reply',
      /^(experimenter|flow_monitor|nx_.*)$/,
      (message) =>
        (message['mp_type'] !== 'flow_monitor' || message['version'] === undefined) && replySize(message) > 8,
    ),
    right: 'node-openflow',
    why: 'the data goes on to the end (section 7.3.5.15); os-ken believes in bodies of 16 octets and looks for more of them',
    examples: [experimenterReply],
  },

  {
    where: 'flow monitor (EXT-187)',
    versions: [4],
    phases: ['build'],
    is: part('multipart_request', ['flow_monitor'], ({ body }) => (body as unknown[]).length > 0),
    right: 'node-openflow',
    why: 'the match has its header in what Open vSwitch writes and reads (test/golden/wire); os-ken leaves it out',
    examples: [flowMonitor],
  },
  {
    where: 'bundle properties',
    versions: [4],
    phases: ['read', 'write', 'build'],
    is: part('bundle properties'),
    right: 'both',
    why: "none is defined but the experimenter's; os-ken cannot write them",
    examples: [
      {
        ...{ type: 'bundle_control', xid: 7, bundle_id: 1, bundle_type: 'open_request', flags: 0 },
        properties: [{ type: 'experimenter', experimenter: 0x123456, exp_type: 1, data: new Uint8Array(0) }],
      },
    ],
  },
]

const CONTROLLER2 = ['max_len', 'controller_id', 'reason', 'userdata', 'pause', 'meter_id']

function rising(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || CONTROLLER2.indexOf(name) > CONTROLLER2.indexOf(names[i - 1]!))
}
