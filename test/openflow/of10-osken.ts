/**
 * What os-ken's account of a message of OpenFlow 1.0 (test/golden/wire/os-ken-1.0.json) says in the terms of this codec:
 * written down by hand from the specifications, apart from the rows.
 */
import type { Message } from 'node-openflow'

type Members = Record<string, unknown>
/** `{ OFPFlowMod: { ... } }` */
export type Account = { readonly [name: string]: Members }

const number = (members: Members, key: string): number => members[key] as number
/** Integers that JSON would round are hexadecimal text. */
const long = (value: unknown): bigint => BigInt(value as number | string)
const port = (value: unknown): number =>
  (value as number) < 0xff00 ? (value as number) : (value as number) + 0xffff0000
const mac = (value: unknown): number => Number(`0x${String(value).replaceAll(':', '')}`)
const ipv4 = (value: unknown): number =>
  String(value)
    .split('.')
    .reduce((sum, part) => sum * 256 + Number(part), 0)
const octets = (value: unknown): Uint8Array => new Uint8Array(Buffer.from((value as string | null) ?? '', 'base64'))

/** Rates have the same bits as in 1.3; copper and what follows stand four bits higher there. */
const features = (value: unknown): number => ((value as number) & 0x7f) | (((value as number) & 0xf80) << 4)

/** The one match of all those messages: every field, nw_dst with 16 bits of network. */
const MATCH = [
  { field: 'in_port', value: 3 },
  { field: 'eth_dst', value: 0x020000000002 },
  { field: 'eth_src', value: 0x020000000001 },
  { field: 'eth_type', value: 0x800 },
  { field: 'vlan_vid', value: 0x1005 },
  { field: 'vlan_pcp', value: 3 },
  { field: 'ip_dscp', value: 10 },
  { field: 'ip_proto', value: 6 },
  { field: 'ipv4_src', value: 0x0a010203 },
  { field: 'ipv4_dst', value: 0x0a020000, mask: 0xffff0000 },
  { field: 'tcp_src', value: 80 },
  { field: 'tcp_dst', value: 443 },
]
const OSKEN_MATCH = {
  in_port: 3,
  dl_src: '02:00:00:00:00:01',
  dl_dst: '02:00:00:00:00:02',
  dl_vlan: 5,
  dl_vlan_pcp: 3,
  dl_type: 2048,
  nw_tos: 40,
  nw_proto: 6,
  nw_src: '10.1.2.3',
  nw_dst: '10.2.0.0',
  tp_src: 80,
  tp_dst: 443,
  wildcards: 16 << 14,
}

function match(account: unknown): unknown {
  const { OFPMatch } = account as Account
  if (JSON.stringify(OFPMatch) !== JSON.stringify(OSKEN_MATCH))
    throw new Error(`another match: ${JSON.stringify(account)}`)
  return MATCH
}

const setField = (field: string, value: number): Members => ({ type: 'set_field', field: { field, value } })

const ACTIONS: Readonly<Record<string, (members: Members) => Members>> = {
  OFPActionOutput: (m) => ({ type: 'output', port: port(m['port']), max_len: m['max_len'] }),
  OFPActionVlanVid: (m) => ({ type: 'set_vlan_vid', vlan_vid: m['vlan_vid'] }),
  OFPActionVlanPcp: (m) => ({ type: 'set_vlan_pcp', vlan_pcp: m['vlan_pcp'] }),
  OFPActionStripVlan: () => ({ type: 'pop_vlan' }),
  OFPActionSetDlSrc: (m) => setField('eth_src', mac(m['dl_addr'])),
  OFPActionSetDlDst: (m) => setField('eth_dst', mac(m['dl_addr'])),
  OFPActionSetNwSrc: (m) => setField('ipv4_src', ipv4(m['nw_addr'])),
  OFPActionSetNwDst: (m) => setField('ipv4_dst', ipv4(m['nw_addr'])),
  OFPActionSetNwTos: (m) => setField('ip_dscp', number(m, 'tos') / 4),
  OFPActionSetTpSrc: (m) => ({ type: 'set_tp_src', tp_port: m['tp'] }),
  OFPActionSetTpDst: (m) => ({ type: 'set_tp_dst', tp_port: m['tp'] }),
  OFPActionEnqueue: (m) => ({ type: 'enqueue', port: port(m['port']), queue_id: m['queue_id'] }),
  OFPActionVendorUnknown: (m) => ({ type: 'experimenter', experimenter: m['vendor'], data: octets(m['data']) }),
}

const only = (account: Account): [string, Members] => Object.entries(account)[0]!

function actions(list: unknown): Members[] {
  return (list as Account[]).map((one) => {
    const [name, members] = only(one)
    return ACTIONS[name]!(members)
  })
}

function applied(list: unknown): Members[] {
  const all = actions(list)
  return all.length === 0 ? [] : [{ type: 'apply_actions', actions: all }]
}

function phyPort(account: unknown): Members {
  const { OFPPhyPort: m } = account as Account
  return {
    port_no: port(m!['port_no']),
    hw_addr: mac(m!['hw_addr']),
    name: m!['name'],
    config: m!['config'],
    state: m!['state'],
    curr: features(m!['curr']),
    advertised: features(m!['advertised']),
    supported: features(m!['supported']),
    peer: features(m!['peer']),
    curr_speed: 0,
    max_speed: 0,
  }
}

const counters = (m: Members, ...keys: string[]): Members => Object.fromEntries(keys.map((key) => [key, long(m[key])]))
const UNKNOWN_TIME = { duration_sec: 0xffffffff, duration_nsec: 0xffffffff }

function queue(account: unknown, of: number): Members {
  const { OFPPacketQueue: m } = account as Account
  const properties = (m!['properties'] as Account[]).map((one) => {
    const [name, { rate }] = only(one)
    return name === 'OFPQueuePropMinRate' ? { type: 'min_rate', rate } : { type: name }
  })
  return { queue_id: m!['queue_id'], port: of, properties }
}

function flow(m: Members): Members {
  const { table_id, duration_sec, duration_nsec, priority, idle_timeout, hard_timeout } = m
  return {
    table_id,
    duration_sec,
    duration_nsec,
    priority,
    idle_timeout,
    hard_timeout,
    flags: 0,
    ...counters(m, 'cookie', 'packet_count', 'byte_count'),
    match: match(m['match']),
    instructions: applied(m['actions']),
  }
}

/** One of a reply's list. */
const PARTS: Readonly<Record<string, (members: Members) => Members>> = {
  OFPDescStats: (m) => m,
  OFPFlowStats: flow,
  OFPAggregateStats: (m) => ({ ...counters(m, 'packet_count', 'byte_count'), flow_count: m['flow_count'] }),
  OFPTableStats: (m) => ({ ...m, ...counters(m, 'lookup_count', 'matched_count') }),
  OFPPortStats: ({ port_no, ...m }) => ({ port_no: port(port_no), ...counters(m, ...Object.keys(m)), ...UNKNOWN_TIME }),
  OFPQueueStats: ({ port_no, queue_id, ...m }) => ({
    port_no: port(port_no),
    queue_id,
    ...counters(m, ...Object.keys(m)),
    ...UNKNOWN_TIME,
  }),
}

/** os-ken has a list of one where the body is one structure. */
function parts(body: unknown): unknown {
  const list = (Array.isArray(body) ? body : [body]) as Account[]
  const all = list.map((one) => {
    const [name, members] = only(one)
    return PARTS[name]!(members)
  })
  return ['OFPDescStats', 'OFPAggregateStats'].includes(only(list[0]!)[0]) ? all[0] : all
}

const part = (side: 'request' | 'reply', mp_type: string, flags: unknown, body: unknown): Members => ({
  type: `multipart_${side}`,
  flags,
  mp_type,
  body,
})

const flowRequest = (m: Members): Members => ({
  match: match(m['match']),
  table_id: m['table_id'],
  out_port: port(m['out_port']),
  out_group: 0xffffffff,
  cookie: 0n,
  cookie_mask: 0n,
})

const COMMANDS = ['add', 'modify', 'modify_strict', 'delete', 'delete_strict']

/** Types and codes of section 5.4.4, by number. */
const ERRORS: ReadonlyArray<readonly [string, readonly string[]]> = [
  ['hello_failed', ['incompatible', 'eperm']],
  [
    'bad_request',
    [
      'bad_version',
      'bad_type',
      'bad_multipart',
      'bad_experimenter',
      'bad_exp_type',
      'eperm',
      'bad_len',
      'buffer_empty',
      'buffer_unknown',
    ],
  ],
  [
    'bad_action',
    [
      'bad_type',
      'bad_len',
      'bad_experimenter',
      'bad_exp_type',
      'bad_out_port',
      'bad_argument',
      'eperm',
      'too_many',
      'bad_queue',
    ],
  ],
  ['flow_mod_failed', ['table_full', 'overlap', 'eperm', 'bad_emerg_timeout', 'bad_command', 'unsupported']],
  ['port_mod_failed', ['bad_port', 'bad_hw_addr']],
  ['queue_op_failed', ['bad_port', 'bad_queue', 'eperm']],
]

const MESSAGES: Readonly<Record<string, (members: Members) => Members>> = {
  OFPHello: () => ({ type: 'hello', elements: [] }),
  OFPErrorMsg: (m) => {
    const [error_type, codes] = ERRORS[number(m, 'type')]!
    return { type: 'error', error_type, code: codes[number(m, 'code')], data: octets(m['data']) }
  },
  OFPEchoRequest: (m) => ({ type: 'echo_request', data: octets(m['data']) }),
  OFPEchoReply: (m) => ({ type: 'echo_reply', data: octets(m['data']) }),
  OFPVendor: (m) => ({ type: 'experimenter', experimenter: m['vendor'], exp_type: 0, data: octets(m['data']) }),
  OFPFeaturesRequest: () => ({ type: 'features_request' }),
  // Capability bit 3 is STP, for which 1.3 has no bit.
  OFPSwitchFeatures: (m) => ({
    type: 'features_reply',
    datapath_id: long(m['datapath_id']),
    n_buffers: m['n_buffers'],
    n_tables: m['n_tables'],
    auxiliary_id: 0,
    capabilities: (number(m, 'capabilities') & 0xe7) | ((number(m, 'capabilities') & 8) << 1),
    reserved: 0,
    actions: m['actions'],
    ports: Object.values(m['ports'] as Members).map(phyPort),
  }),
  OFPGetConfigRequest: () => ({ type: 'get_config_request' }),
  OFPGetConfigReply: (m) => ({ type: 'get_config_reply', ...m }),
  OFPSetConfig: (m) => ({ type: 'set_config', ...m }),
  OFPPacketIn: (m) => ({
    type: 'packet_in',
    buffer_id: m['buffer_id'],
    total_len: m['total_len'],
    reason: ['no_match', 'action'][number(m, 'reason')],
    table_id: 0,
    cookie: 0xffffffffffffffffn,
    match: [{ field: 'in_port', value: port(m['in_port']) }],
    data: octets(m['data']),
  }),
  OFPFlowRemoved: (m) => ({
    type: 'flow_removed',
    ...counters(m, 'cookie', 'packet_count', 'byte_count'),
    priority: m['priority'],
    reason: ['idle_timeout', 'hard_timeout', 'delete'][number(m, 'reason')],
    table_id: 0,
    duration_sec: m['duration_sec'],
    duration_nsec: m['duration_nsec'],
    idle_timeout: m['idle_timeout'],
    hard_timeout: 0,
    match: match(m['match']),
  }),
  OFPPortStatus: (m) => ({
    type: 'port_status',
    reason: ['add', 'delete', 'modify'][number(m, 'reason')],
    desc: phyPort(m['desc']),
  }),
  OFPPacketOut: (m) => ({
    type: 'packet_out',
    buffer_id: m['buffer_id'],
    in_port: port(m['in_port']),
    actions: actions(m['actions']),
    data: octets(m['data']),
  }),
  // Flag 4 is EMERG, which is 0x8000 here.
  OFPFlowMod: (m) => ({
    type: 'flow_mod',
    cookie: long(m['cookie']),
    cookie_mask: 0n,
    table_id: number(m, 'command') < 3 ? 0 : 0xff,
    command: COMMANDS[number(m, 'command')],
    idle_timeout: m['idle_timeout'],
    hard_timeout: m['hard_timeout'],
    priority: m['priority'],
    buffer_id: m['buffer_id'],
    out_port: port(m['out_port']),
    out_group: 0xffffffff,
    flags: (number(m, 'flags') & 3) | (number(m, 'flags') & 4 ? 0x8000 : 0),
    match: match(m['match']),
    instructions: applied(m['actions']),
  }),
  OFPPortMod: (m) => ({
    type: 'port_mod',
    port_no: port(m['port_no']),
    hw_addr: mac(m['hw_addr']),
    config: m['config'],
    mask: m['mask'],
    advertise: features(m['advertise']),
  }),
  OFPBarrierRequest: () => ({ type: 'barrier_request' }),
  OFPBarrierReply: () => ({ type: 'barrier_reply' }),
  OFPQueueGetConfigRequest: (m) => ({ type: 'queue_get_config_request', port: port(m['port']) }),
  OFPQueueGetConfigReply: (m) => ({
    type: 'queue_get_config_reply',
    port: port(m['port']),
    queues: (m['queues'] as unknown[]).map((one) => queue(one, port(m['port']))),
  }),
  OFPDescStatsRequest: ({ flags }) => part('request', 'desc', flags, {}),
  OFPFlowStatsRequest: (m) => part('request', 'flow', m['flags'], flowRequest(m)),
  OFPAggregateStatsRequest: (m) => part('request', 'aggregate', m['flags'], flowRequest(m)),
  OFPTableStatsRequest: ({ flags }) => part('request', 'table', flags, {}),
  OFPPortStatsRequest: ({ flags, port_no }) => part('request', 'port_stats', flags, { port_no: port(port_no) }),
  // The queues of all ports: OFPP_ALL in 1.0, OFPP_ANY later.
  OFPQueueStatsRequest: ({ flags, port_no, queue_id }) =>
    part('request', 'queue', flags, { port_no: port_no === 0xfffc ? 0xffffffff : port(port_no), queue_id }),
  OFPDescStatsReply: (m) => part('reply', 'desc', m['flags'], parts(m['body'])),
  OFPFlowStatsReply: (m) => part('reply', 'flow', m['flags'], parts(m['body'])),
  OFPAggregateStatsReply: (m) => part('reply', 'aggregate', m['flags'], parts(m['body'])),
  OFPTableStatsReply: (m) => part('reply', 'table', m['flags'], parts(m['body'])),
  OFPPortStatsReply: (m) => part('reply', 'port_stats', m['flags'], parts(m['body'])),
  OFPQueueStatsReply: (m) => part('reply', 'queue', m['flags'], parts(m['body'])),
}

/** The message that an account is of; os-ken tells no xid. */
export function accounted(account: Account): Omit<Message, 'xid'> {
  const [name, members] = only(account)
  return { version: 1, ...MESSAGES[name]!(members) } as unknown as Omit<Message, 'xid'>
}
