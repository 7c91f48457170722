/**
 * Messages of 1.0, 1.3, 1.4 and 1.5 for which their version has words of its own, or that generators rarely make: bits that
 * moved, counters that are not there, what an error quotes, private properties of Open vSwitch. And which messages Open
 * vSwitch 3.1 prints otherwise, beside those of `differential/ovs-texts.ts`. Knows no printer.
 */
import { encode, fromHex, type Message, toJson } from 'node-openflow'
import { VERSIONS, type Version } from '../../openflow/wire/version.ts'

type Value = Record<string, unknown>

const { of10, of13, of14, of15 } = VERSIONS
const ALL = [of10, of13, of14, of15]
const ANY = 0xffff_ffff
const UNKNOWN = 0xffff_ffff_ffff_ffffn

const message = (version: Version, value: Value): Message =>
  ({ xid: 7, ...(version === of13 ? {} : { version }), ...value }) as unknown as Message
const reply = (version: Version, mp_type: string, body: unknown): Message =>
  message(version, { type: 'multipart_reply', flags: 0, mp_type, body })
const request = (version: Version, mp_type: string, body: unknown, flags = 0): Message =>
  message(version, { type: 'multipart_request', flags, mp_type, body })
const flowMod = (version: Version, value: Value): Message =>
  message(version, {
    ...{ type: 'flow_mod', command: 'add', table_id: 0, priority: 32768, cookie: 0n, cookie_mask: 0n, flags: 0 },
    ...{ idle_timeout: 0, hard_timeout: 0, buffer_id: ANY, out_port: ANY, out_group: ANY, match: [], instructions: [] },
    ...value,
  })
const withActions = (version: Version, ...actions: Value[]): Message =>
  flowMod(version, { instructions: [{ type: 'apply_actions', actions }] })

const u64 = (value: bigint): number[] => [...fromHex(value.toString(16).padStart(16, '0'))]

// ---- ports and tables -------------------------------------------------------------------------------------------

const port = {
  port_no: 1,
  hw_addr: 1,
  name: 'p',
  config: 0,
  state: 0,
  curr: 0,
  advertised: 0,
  supported: 0,
  peer: 0,
  ...{ curr_speed: 0, max_speed: 0 },
}
const portStatus = (version: Version, value: Value): Message =>
  message(version, {
    ...{ type: 'port_status', reason: 'add' },
    desc: { ...port, ...(version === of10 ? {} : { curr_speed: 5000, max_speed: 1000 }), ...value },
  })

const table = {
  table_id: 1,
  name: '',
  wildcards: 0,
  max_entries: 10,
  active_count: 0,
  lookup_count: 0n,
  matched_count: 0n,
}
const tables = (...values: Value[]): Message =>
  reply(
    of10,
    'table',
    values.map((value, i) => ({ ...table, table_id: i, ...value })),
  )

const features = (actions: number, ports: Value[]): Message =>
  message(of10, {
    ...{ type: 'features_reply', datapath_id: 5n, n_buffers: 3, n_tables: 2, auxiliary_id: 0, capabilities: 0xf7 },
    ...{ reserved: 0, actions, ports },
  })

const PORTS: Message[] = [
  ...[0, 1, 0x100, 0x200, 0x300].map((state) => portStatus(of10, { state })),
  ...[1, 3, 5, 0x11, 0x7f, 0xf800].map((curr) => portStatus(of10, { curr, supported: curr, config: 0x7f })),
  ...[of13, of14, of15].map((version) => portStatus(version, { config: 0x65, state: 7, curr: 0xffff })),
  features(0, [{ ...port, port_no: 0xfffffffe }, { ...port, port_no: 9 }, port]),
  features(0xfff, []),
  ...[0, 1, 3, 4, 7].map((flags) => message(of10, { type: 'set_config', flags, miss_send_len: 128 })),
  message(of13, { type: 'get_config_reply', flags: 3, miss_send_len: 128 }),
]

const TABLES: Message[] = [
  ...[0, 1, 1 << 8, 63 << 14, 0xc0, 0x3fffff].map((wildcards) => tables({ wildcards })),
  tables({}, { name: 'abc' }, { name: 'abc' }, {}, {}),
  tables({}, { max_entries: 7 }, { max_entries: 7 }, { max_entries: 7, active_count: 2 }),
  tables({}, { wildcards: 3 }, { wildcards: 3, max_entries: 6 }, { wildcards: 3, max_entries: 6 }),
  ...[0, 4, 8, 12].map((config) => message(of14, { type: 'table_mod', table_id: 255, config })),
  ...[undefined, 0, 7].map((flags) =>
    reply(of14, 'table_desc', [
      { table_id: 3, config: 12, properties: flags === undefined ? [] : [{ type: 'eviction', flags }] },
    ]),
  ),
]

// ---- counters ---------------------------------------------------------------------------------------------------

const flow = {
  ...{ table_id: 1, duration_sec: 3, duration_nsec: 5000000, priority: 32768, idle_timeout: 0, hard_timeout: 0 },
  ...{ flags: 0, cookie: 0n, packet_count: UNKNOWN, byte_count: UNKNOWN, match: [], instructions: [] },
}
const counted = {
  ...{ port_no: 4, rx_packets: 1n, tx_packets: UNKNOWN, rx_bytes: 1n, tx_bytes: 1n, rx_dropped: 1n, tx_dropped: 1n },
  ...{ rx_errors: 1n, tx_errors: 1n, duration_sec: 5, duration_nsec: 0 },
}
const ethernet = { type: 'ethernet', rx_frame_err: 1n, rx_over_err: 1n, rx_crc_err: UNKNOWN, collisions: 1n }
const ofIntel = (exp_type: number, octets: readonly number[]): Value => ({
  ...{ type: 'experimenter', experimenter: 0xaa01, exp_type },
  data: Uint8Array.from(octets),
})
const rfc2819 = (value: (i: number) => bigint): Value =>
  ofIntel(1, [0, 0, 0, 0, ...Array.from({ length: 21 }, (_, i) => u64(value(i))).flat()])
const custom = (...names: string[]): Value =>
  ofIntel(2, [
    0,
    0,
    0,
    names.length,
    ...names.flatMap((name, i) => [name.length, ...Buffer.from(name), ...u64(BigInt(i))]),
  ])
const ipfix = {
  ...{ total_flows: 1n, current_flows: 2n, pkts: UNKNOWN, ipv4_pkts: 4n, ipv6_pkts: 5n, tx_pkts: 6n, error_pkts: 7n },
  ...{ ipv4_error_pkts: 8n, ipv6_error_pkts: 9n, tx_errors: UNKNOWN },
}

const COUNTERS: Message[] = [
  ...ALL.map((version) => reply(version, 'flow', [flow])),
  ...[0, 1, 0x7fff_ffff, 0x8000_0000].map((sec) =>
    reply(of15, 'flow', [{ ...flow, idle_time: { sec, nsec: 999999999 } }]),
  ),
  ...[
    [ethernet, rfc2819((i) => BigInt(i))],
    [ethernet, rfc2819((i) => (i === 4 ? 4n : UNKNOWN)), custom('a', 'bb', 'c', 'd')],
    [ethernet, custom('a')],
    [ethernet, custom()],
    [ethernet, ofIntel(3, [])],
    [],
  ].map((properties) =>
    reply(of14, 'port_stats', [
      { ...counted, properties },
      { ...counted, properties: [ethernet] },
    ]),
  ),
  ...[1, ANY].map((duration_sec) =>
    reply(of13, 'group', [
      {
        ...{ group_id: 4, ref_count: 3, packet_count: 4n, byte_count: 5n, duration_sec, duration_nsec: 6 },
        bucket_stats: [1n, UNKNOWN, 3n].map((packet_count) => ({ packet_count, byte_count: 2n })),
      },
    ]),
  ),
  reply(
    of13,
    'nx_ipfix_flow',
    [5, 4294967295].map((collector_set_id) => ({ ...ipfix, collector_set_id })),
  ),
  reply(of13, 'nx_ipfix_bridge', { ...ipfix, collector_set_id: 0 }),
  ...[of10, of13].map((version) =>
    reply(version, 'group_features', {
      ...{
        types: 15,
        capabilities: 0,
        max_groups_all: 0,
        max_groups_select: 4,
        max_groups_indirect: 1,
        max_groups_ff: 2,
      },
      ...{ actions_all: 0, actions_select: 1, actions_indirect: 0xfff, actions_ff: ANY },
    }),
  ),
]

// ---- what errors quote ------------------------------------------------------------------------------------------

const quoting = (
  version: Version,
  data: string,
  kind: Value = { error_type: 'bad_request', code: 'bad_type' },
): Message => message(version, { type: 'error', ...kind, data: fromHex(data.replaceAll(' ', '')) })

const nested = (depth: number): Uint8Array =>
  encode(
    message(of13, {
      ...{ type: 'error', error_type: 'bad_request', code: 'bad_len' },
      data: depth === 0 ? new Uint8Array(0) : nested(depth - 1),
    }),
  )

const ERRORS: Message[] = [
  ...[
    '',
    '04',
    '040e005800000009',
    '0412005800000009',
    '04120058000000090001000000000000',
    '041200580000000900ee000000000000',
    '0412005800000009ffff0000000000000000232000000003',
    '0412001000000009 00ee 0000 00000000',
    '04040018000000090000232 00000000a',
    '040400180000000900aa232000000010',
    '0405000800000009 00000000',
    '0405001000000009 0000000000000000',
    '02020008000000 09',
    '0702000800000009',
    '9902002800000009',
    '990e002800000009',
    '020e002800000009',
    '04010014000000090001 00010405000800000009',
  ].map((data) => quoting(of13, data)),
  quoting(of10, '010e002800000009'),
  quoting(of10, '01100028000000090001 0000'),
  quoting(of10, '0110002800000009ffff0000000023200000000000000000'),
  quoting(of10, '01040028000000090000232 00000000d'),
  quoting(of13, '41ff0041 0a', { error_type: 'hello_failed', code: 'eperm' }),
  quoting(of13, Buffer.from(nested(6)).toString('hex')),
]

// ---- Open vSwitch's own -----------------------------------------------------------------------------------------

const property = (type: number, octets: readonly number[]): number[] => {
  const size = 4 + octets.length
  const padding = Array<number>((8 - (size % 8)) % 8).fill(0)
  return [type >>> 8, type & 255, size >>> 8, size & 255, ...octets, ...padding]
}
const OUTPUT = [0, 0, 0, 16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]
const bridge = property(0x8000, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
const continued = (...properties: number[][]): Message =>
  message(of13, {
    type: 'nx_packet_in2',
    properties: [
      { type: 'packet', data: new Uint8Array(14) },
      { type: 'continuation', continuation: Uint8Array.from([0, 0, 0, 0, ...properties.flat()]) },
      { type: 'userdata', userdata: Uint8Array.of(1, 2) },
    ],
  })

const TLV = { type: 'nsh_tlv', tlv_class: 0x1000, tlv_type: 10, data: Uint8Array.of(6, 7) }

// Of all actions with hashes, Open vSwitch takes only this one with a hash and a way to choose that it does not know.
const bundle = {
  ...{ type: 'nx_bundle_load', fields: 7, algorithm: 9, basis: 3 },
  ...{ slave_type: 'nxm_of_in_port', slaves: [], ofs_nbits: 31, dst: 'reg1' },
}

const OWN: Message[] = [
  withActions(of13, bundle),
  withActions(
    of13,
    { type: 'nx_reg_load2', field: { field: 'tun_erspan_dir', value: 0, mask: 0 } },
    { type: 'nx_reg_load2', field: { field: 'eth_src', value: 0, mask: 0 } },
    ...[1, 0x101, 0xff00].map((mask) => ({ type: 'nx_reg_load2', field: { field: 'tun_flags', value: 0, mask } })),
    { type: 'nx_encap', hdr_size: 0, new_pkt_type: 0x1894f, properties: [TLV] },
  ),
  continued(bridge),
  continued(bridge, property(0x8001, [1, 2, 3, 4]), property(0x8001, [0]), property(0x8002, [0, 0, 0, 5])),
  continued(bridge, property(0x8003, []), property(0x8008, [0, 0, 0, 7])),
  continued(
    property(0x8004, [9]),
    property(0x8005, [0, 0, 0, 0, ...u64(4660n)]),
    property(0x8006, [0, 0, 0, 0, ...OUTPUT]),
  ),
  continued(bridge, property(0x8006, [0, 0, 0, 0]), property(0x8007, [0, 0, 0, 0, ...OUTPUT, ...OUTPUT])),
  continued(bridge, property(0x8002, [0, 0, 0, 0]), property(0x8008, [0, 0, 0, 0])),
  ...[0, 1, 0xffff_fffd].map((meter_id) =>
    withActions(of13, { type: 'nx_controller2', properties: [{ type: 'meter_id', meter_id }] }),
  ),
  withActions(of13, { type: 'nx_controller2', properties: [{ type: 'userdata', userdata: new Uint8Array(0) }] }),
  ...[[], [{ type: 'packet_in_slave', mask: 3 }]].map((properties) =>
    message(of13, { type: 'nx_set_async_config2', properties }),
  ),
  ...[of10, of13, of14].map((version) => {
    const masks = ['packet_in', 'port_status', 'flow_removed'].flatMap((kind) =>
      ['master', 'slave'].map((role) => [`${kind}_mask_${role}`, role === 'slave' ? 0 : ANY]),
    )
    return message(version, { type: 'nx_set_async_config', ...Object.fromEntries(masks) })
  }),
  ...[0, 9, 10, 0xa000a, 0x10800].map((value) => flowMod(of13, { match: [{ field: 'packet_type', value }] })),
  message(of13, { type: 'bundle_control', bundle_id: 5, bundle_type: 99, flags: 0, properties: [] }),
]

// ---- what 1.0 calls otherwise -----------------------------------------------------------------------------------

const SETS = [
  ...['eth_src', 'eth_dst', 'ipv4_src', 'ipv4_dst'].map((field) => ({ field, value: 0x01020304 })),
  { field: 'ip_dscp', value: 9 },
].map((field) => ({ type: 'set_field', field }))

const OLD: Message[] = [
  withActions(of10, { type: 'pop_vlan' }, ...SETS, { type: 'enqueue', port: 3, queue_id: 4 }),
  withActions(of10, { type: 'nx_clone', actions: [{ type: 'pop_vlan' }, { type: 'set_tp_src', tp_port: 5 }] }),
  ...['modify', 'delete', 'delete_strict'].map((command) =>
    flowMod(of10, { command, table_id: command === 'modify' ? 0 : 255, cookie: 9n, out_port: 3 }),
  ),
  flowMod(of10, { match: [{ field: 'vlan_vid', value: 0 }] }),
  request(of10, 'flow', {
    ...{ table_id: 255, out_port: ANY, out_group: ANY, cookie: 0n, cookie_mask: 0n },
    match: [{ field: 'vlan_vid', value: 0 }],
  }),
  request(of10, 'queue', { port_no: 0xffff_fffc, queue_id: ANY }),
  ...[1, 3, 0x8001].flatMap((flags) => [of10, of13].map((version) => request(version, 'desc', {}, flags))),
  ...[0, 0xfffe_0000].map((group_id) => request(of10, 'group', { group_id })),
]

/** Printed alike by both. */
export const MESSAGES: ReadonlyArray<readonly [kind: string, messages: readonly Message[]]> = [
  ['ports and configuration', PORTS],
  ['tables', TABLES],
  ['counters', COUNTERS],
  ['errors', ERRORS],
  ["Open vSwitch's own", OWN],
  ['1.0', OLD],
]

// ---- what Open vSwitch prints otherwise --------------------------------------------------------------------------

export interface Otherwise {
  readonly where: string
  /** The generated messages that it is about, by name and value. */
  readonly is: (name: string, value: Message) => boolean
  readonly why: string
  readonly example: Message
}

const of = (name: RegExp, version?: Version) => (kind: string, value: Message) =>
  name.test(kind) && (version === undefined || (value.version ?? of13) === version)

const monitored = {
  event: 'added',
  reason: 'delete',
  priority: 9,
  idle_timeout: 0,
  hard_timeout: 0,
  table_id: 1,
  cookie: 0n,
}

export const OTHERWISE: readonly Otherwise[] = [
  {
    where: '1.0: a port whose link is down, and what it does in the spanning tree',
    is: (_, value) => value.type === 'port_status' && (value.desc.state & 0x301) > 0x100,
    why: 'Open vSwitch writes STP_BLOCKLINK_DOWN, without a blank',
    example: portStatus(of10, { state: 0x301 }),
  },
  {
    where: 'bits of ports, switches and configuration that the version does not have',
    is: () => false,
    why: 'Open vSwitch cuts them off, or refuses them; they stand in the message',
    example: portStatus(of10, { config: 0x80, state: 8 }),
  },
  {
    where: '1.0: updates of nx_flow_monitor',
    is: of(/nx_flow_monitor$/, of10),
    why: 'Open vSwitch leaves out the priority',
    example: reply(of10, 'nx_flow_monitor', [{ ...monitored, match: [], instructions: [] }]),
  },
  {
    where: '1.0: nx_flow and nx_aggregate requests with a cookie',
    is: of(/nx_(flow|aggregate)$/, of10),
    why: 'which flows are asked for depends on it; Open vSwitch leaves it out',
    example: request(of10, 'nx_flow', {
      ...{ out_port: 0xffff, table_id: 255 },
      match: [{ field: 'nxm_nx_cookie', value: 5n, mask: 7n }],
    }),
  },
  {
    where: 'nx_packet_in on 1.0: fields that Open vSwitch does not know, or whose protocol is not there',
    is: of(/^nx_packet_in$/, of10),
    why: 'Open vSwitch drops them',
    example: message(of10, {
      ...{ type: 'nx_packet_in', buffer_id: ANY, total_len: 1, reason: 'action', table_id: 3, cookie: 1n },
      ...{ match: [{ field: 'pbb_isid', value: 5 }], data: new Uint8Array(1) },
    }),
  },
  {
    where: 'controller() for the reasons 6 and 7',
    is: (name, value) => /controller/.test(name) && 'instructions' in value,
    why: 'no version has them; Open vSwitch, which uses them within, prints nothing for them',
    example: withActions(of13, { type: 'nx_controller', max_len: 5, controller_id: 5, reason: 7 }),
  },
  {
    where: 'encap() with a TLV whose first octets are 0',
    is: (name, value) => name === 'action nx_encap' && /"data":"(00|")/.test(toJson(value)),
    why: 'Open vSwitch leaves out the zeros, and with them the length',
    example: withActions(of13, {
      ...{ type: 'nx_encap', hdr_size: 0, new_pkt_type: 0x1894f },
      properties: [{ type: 'nsh_tlv', tlv_class: 0x1000, tlv_type: 10, data: Uint8Array.of(0, 0, 0x12) }],
    }),
  },
  {
    where: 'nx_ct_flush with one side of a connection',
    is: of(/^ct_flush property/),
    why: 'as in the rows of generated messages: Open vSwitch prints zeros for what is not there',
    example: message(of13, { type: 'nx_ct_flush', ip_proto: 6, properties: [{ type: 'orig_tuple', tuple: [] }] }),
  },
  {
    where: 'errors that quote what Open vSwitch refuses',
    is: () => false,
    why: 'the codec reads what it can read: here an unknown command, and an experimenter that nobody knows',
    example: quoting(of13, '0404001000000009 00aa2320 00000010'),
  },
]
