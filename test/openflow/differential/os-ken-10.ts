/**
 * OpenFlow 1.0 as os-ken names it: ofp_match with wildcards, actions without instructions, ports of 16 bits. Written
 * from the specification (OpenFlow 1.0.1), not from the codec. See tree.ts for the form.
 */
import { encode, type Message } from 'node-openflow'
import {
  type Convert,
  camel,
  leaf,
  listOf,
  type Member,
  mac,
  membersOf,
  nameOctets,
  ordered,
  shape,
  type Tree,
  type Walk,
} from './tree.ts'

type Value = Record<string, unknown>
type Field = { field: string; value: number; mask?: number }

const port: Convert = (value) => String((value as number) & 0xffff)
/** Statistics of queues: OFPP_ALL of 1.0 asks for all ports, which is OFPP_ANY later. */
const queuePort: Convert = (value, walk) => {
  const swapped = new Map([
    [0xfffffffc, 0xffff],
    [0xffffffff, 0xfffc],
  ])
  return port(swapped.get(value as number) ?? value, walk)
}

// ---- match (section 5.2.3) ------------------------------------------------------------------------------------

const octets = (value: number): string => `x${value.toString(16).padStart(12, '0')}`
const ones = (mask: number): number => mask.toString(2).replaceAll('0', '').length

/** Wildcard bit and member of a field; fields of one member exclude each other. */
const MEMBERS: ReadonlyArray<readonly [bit: number, member: string, fields: readonly string[]]> = [
  [1 << 0, 'in_port', ['in_port']],
  [1 << 2, 'dl_src', ['eth_src']],
  [1 << 3, 'dl_dst', ['eth_dst']],
  [1 << 4, 'dl_type', ['eth_type']],
  [1 << 5, 'nw_proto', ['ip_proto', 'arp_op']],
  [1 << 6, 'tp_src', ['tcp_src', 'udp_src', 'sctp_src', 'icmpv4_type', 'icmpv6_type']],
  [1 << 7, 'tp_dst', ['tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_code', 'icmpv6_code']],
  [1 << 20, 'dl_vlan_pcp', ['vlan_pcp']],
  [1 << 21, 'nw_tos', ['ip_dscp']],
]
/** Addresses have a count of wild bits at a place of the wildcards. */
const ADDRESSES: ReadonlyArray<readonly [shift: number, member: string, fields: readonly string[]]> = [
  [8, 'nw_src', ['ipv4_src', 'arp_spa']],
  [14, 'nw_dst', ['ipv4_dst', 'arp_tpa']],
]
const VLAN_BIT = 1 << 1
const PCP_BIT = 1 << 20
const NO_VLAN = 0xffff

const match10: Convert = (value, walk) => {
  const list = value as Field[]
  for (const one of list) walk.saw({ kind: 'oxm', name: one.field, value: one })
  const find = (names: readonly string[]): Field | undefined => list.find(({ field }) => names.includes(field))
  const members: Record<string, number> = {}
  let wildcards = 0
  for (const [bit, member, fields] of MEMBERS) {
    const found = find(fields)
    if (found === undefined) wildcards |= bit
    members[member] = (found?.value ?? 0) << (member === 'nw_tos' ? 2 : 0)
    if (member === 'dl_src' || member === 'dl_dst') members[member] = found?.value ?? 0
    if (member === 'in_port') members[member] = (found?.value ?? 0) & 0xffff
  }
  for (const [shift, member, fields] of ADDRESSES) {
    const found = find(fields)
    wildcards |= (found === undefined ? 32 : 32 - ones(found.mask ?? 0xffffffff)) << shift
    members[member] = found?.value ?? 0
  }
  const vlan = find(['vlan_vid'])
  members['dl_vlan'] =
    vlan === undefined || vlan.mask !== undefined ? 0 : vlan.value === 0 ? NO_VLAN : vlan.value & 0xfff
  if (vlan === undefined || vlan.mask !== undefined) wildcards |= VLAN_BIT
  // Where there is no tag, there is no priority to be wild.
  if (members['dl_vlan'] === NO_VLAN) wildcards &= ~PCP_BIT
  const { dl_src = 0, dl_dst = 0, ...numbers } = members
  const told = Object.fromEntries(Object.entries(numbers).map(([name, one]) => [name, String(one)]))
  return { class: 'OFPMatch', ...told, dl_src: octets(dl_src), dl_dst: octets(dl_dst), wildcards: String(wildcards) }
}

// ---- actions (section 5.2.4) ----------------------------------------------------------------------------------

const SET_FIELD: Readonly<Record<string, readonly [cls: string, member: string, convert: (value: number) => string]>> =
  {
    eth_src: ['SetDlSrc', 'dl_addr', octets],
    eth_dst: ['SetDlDst', 'dl_addr', octets],
    ipv4_src: ['SetNwSrc', 'nw_addr', String],
    ipv4_dst: ['SetNwDst', 'nw_addr', String],
    ip_dscp: ['SetNwTos', 'tos', (value) => String(value << 2)],
  }

function setField(value: unknown): Tree {
  const { field, value: number } = (value as { field: Field }).field
  const [cls, member, convert] = SET_FIELD[field]!
  return { class: `OFPAction${cls}`, [member]: convert(number) }
}

/** Actions that 1.0 has otherwise than later versions; Nicira's are the same. */
export const ACTIONS_10: Readonly<Record<string, Convert>> = {
  output: shape('OFPActionOutput', { port }),
  set_vlan_vid: shape('OFPActionVlanVid'),
  set_vlan_pcp: shape('OFPActionVlanPcp'),
  pop_vlan: shape('OFPActionStripVlan'),
  set_tp_src: shape('OFPActionSetTpSrc', { tp_port: ['tp', leaf] }),
  set_tp_dst: shape('OFPActionSetTpDst', { tp_port: ['tp', leaf] }),
  enqueue: shape('OFPActionEnqueue', { port }),
  set_field: setField,
  experimenter: shape('OFPActionVendorUnknown', { experimenter: ['vendor', leaf] }),
}

// ---- ports, queues --------------------------------------------------------------------------------------------

/** `enum ofp_port_features`: rates up to 10 Gbit/s as later, medium and negotiation in front of the later rates. */
const features: Convert = (value) => {
  const bits = value as number
  return String((bits & 0x7f) | ((bits >>> 4) & 0xf80))
}

const fourFeatures = { curr: features, advertised: features, supported: features, peer: features } as const
const phyPort = shape('OFPPhyPort', {
  port_no: port,
  hw_addr: mac,
  name: nameOctets,
  ...fourFeatures,
  curr_speed: null,
  max_speed: null,
})

const queue = shape('OFPPacketQueue', {
  port: null,
  properties: listOf((value, walk) => {
    const { type } = value as { type: string }
    walk.saw({ kind: 'queue property', name: type, value })
    return shape(`OFPQueueProp${camel(type)}`)(value, walk)
  }),
})

// ---- messages -------------------------------------------------------------------------------------------------

const OFPC_STP = 0x10
const OFPFF_EMERG = 0x8000

/** A bit that later versions have no place for is kept by the codec at another one. */
const moved =
  (from: number, to: number): Convert =>
  (value) => {
    const bits = value as number
    return String((((bits & ~from) | (bits & from ? to : 0)) >>> 0) & 0xffff_ffff)
  }

const actionsOf = (actions: Convert): Member => [
  'actions',
  (value, walk) =>
    actions(
      (value as Value[]).flatMap((one) => one['actions'] as Value[]),
      walk,
    ),
]

const removed = ordered('idle_timeout', 'hard_timeout', 'delete')

function packetIn(value: unknown, walk: Walk): Tree {
  const { match, table_id: _, cookie: __, ...rest } = value as Value
  const [inPort] = match as Field[]
  return {
    ...{ class: 'OFPPacketIn', in_port: port(inPort?.value, walk) },
    ...membersOf(rest, { reason: ordered('no_match', 'action') }, walk),
  }
}

/** What Nicira adds to the errors of 1.0 is data to os-ken. */
function error(value: unknown, walk: Walk): Tree {
  const octets = encode(value as Message)
  const [type, code] = [octets.subarray(8, 10), octets.subarray(10, 12)].map((two) => String(two[0]! * 256 + two[1]!))
  return { class: 'OFPErrorMsg', type: type!, code: code!, data: leaf(octets.subarray(12), walk) }
}

/** Messages, by our names; `actions` is the list of them. */
export function messages10(actions: Convert): Readonly<Record<string, Convert>> {
  return {
    hello: () => ({ class: 'OFPHello' }),
    error,
    features_reply: shape('OFPSwitchFeatures', {
      ...{ auxiliary_id: null, reserved: null, ports: listOf(phyPort) },
      capabilities: moved(OFPC_STP, 8),
    }),
    packet_in: packetIn,
    flow_removed: shape('OFPFlowRemoved', { match: match10, reason: removed, table_id: null, hard_timeout: null }),
    port_status: shape('OFPPortStatus', { reason: ordered('add', 'delete', 'modify'), desc: phyPort }),
    packet_out: shape('OFPPacketOut', { in_port: port, actions }),
    flow_mod: shape('OFPFlowMod', {
      match: match10,
      command: ordered('add', 'modify', 'modify_strict', 'delete', 'delete_strict'),
      ...{ table_id: null, cookie_mask: null, out_group: null, out_port: port, flags: moved(OFPFF_EMERG, 4) },
      instructions: actionsOf(actions),
    }),
    port_mod: shape('OFPPortMod', { port_no: port, hw_addr: mac, advertise: features }),
    queue_get_config_request: shape('OFPQueueGetConfigRequest', { port }),
    queue_get_config_reply: shape('OFPQueueGetConfigReply', { port, queues: listOf(queue) }),
    experimenter: shape('OFPVendor', { experimenter: ['vendor', leaf], exp_type: null }),
  }
}

const flowRequest = { match: match10, out_port: port, out_group: null, cookie: null, cookie_mask: null } as const

/** Statistics: members of the request, body of the reply. */
export function stats10(
  actions: Convert,
): Readonly<Record<string, readonly [Readonly<Record<string, Member>>, Convert]>> {
  const untimed = { duration_sec: null, duration_nsec: null } as const
  return {
    desc: [
      {},
      shape('OFPDescStats', {
        ...{ mfr_desc: nameOctets, hw_desc: nameOctets, sw_desc: nameOctets, serial_num: nameOctets },
        dp_desc: nameOctets,
      }),
    ],
    flow: [
      flowRequest,
      listOf(shape('OFPFlowStats', { match: match10, flags: null, instructions: actionsOf(actions) })),
    ],
    // os-ken puts the one body into a list.
    aggregate: [flowRequest, (value, walk) => [shape('OFPAggregateStats')(value, walk)]],
    table: [{}, listOf(shape('OFPTableStats', { name: nameOctets }))],
    port_stats: [{ port_no: port }, listOf(shape('OFPPortStats', { port_no: port, ...untimed }))],
    queue: [{ port_no: queuePort }, listOf(shape('OFPQueueStats', { port_no: port, ...untimed }))],
  }
}

/** Statistics of vendors, groups and Nicira's messages go by other classes in os-ken's 1.0; they are not compared. */
export const NOT_COMPARED_10 =
  /^message (nx_|group_mod|requestforward|bundle|multipart_\w+ (nx_|group|experimenter))|^(packet_in2|ct_flush) property/
