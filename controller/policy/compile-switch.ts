/**
 * The rows of a switch that no interface record asked for: what its ports are, the fixed part of every table, the way to
 * other switches and to the world. It refuses to know rules and records. Used by compile.ts.
 */

import {
  type Action,
  CT_EST,
  CT_INV,
  CT_NEW,
  CT_REL,
  CT_RPL,
  CT_TRK,
  type FieldName,
  NX_CT_COMMIT,
  NX_CT_RECIRC_NONE,
  type Oxm,
  PORT_IN_PORT,
  PORT_MAX,
  PORT_NORMAL,
  VLAN_PRESENT,
} from 'node-openflow'
import { CARRIED_MAC, parsePrefix } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { IDENTITY, type LinkCarrier } from '../../model/records.ts'
import { TCP_SYN } from '../../packet/tcp.ts'
import { gatewayOf, nextHopTo } from './carriers.ts'
import { IS_LABELLED, sendTo } from './compile-carrier.ts'
import { FORWARD_UNIT } from './compile-forward.ts'
import { IS_REFUSED, NOT_WORLD, WORLD_FLAG } from './compile-interface.ts'
import { routeSystemRows } from './compile-route.ts'
import { LOOK_UP, RETURNED, steerSystemRows } from './compile-steer.ts'
import { cookieOf } from './cookie.ts'
import {
  ETHERTYPE,
  HEADERS_ONLY,
  is,
  load,
  move,
  ND,
  output,
  RowSet,
  type Rows,
  setFlag,
  toController,
  WHOLE_PACKET,
  within,
} from './fields.ts'
import { AFTER, ELSEWHERE, FLAG, MARK, POLICY_BANDS, POLICY_TABLES, TABLES, UNKNOWN_PORT } from './pipeline.ts'
import { refusalCookie } from './refusals.ts'
import type { Backend, DatapathView, IntentView, NetworkState } from './state.ts'

export type PortClass = 'uplink' | 'fabric' | 'tunnel' | 'tenant' | 'unattached' | 'none'

/** What a port is. `isTenant`: an interface is attached to it. Uplinks and links are never an interface's. */
export function classOf(datapath: DatapathView, port: number, isTenant: boolean): PortClass {
  if (datapath.uplinkPorts.has(port)) return 'uplink'
  if (datapath.tunnel?.port === port) return 'tunnel'
  if (datapath.fabricPorts.has(port)) return 'fabric'
  if (isTenant) return 'tenant'
  return port <= PORT_MAX && datapath.ports.get(port)?.up === true ? 'unattached' : 'none'
}

/** Ports of interfaces have rows of theirs. @param onLinks What any switch puts identities in on links. */
export function portRows(port: number, portClass: PortClass, normal: boolean, onLinks: ReadonlySet<LinkCarrier>): Rows {
  const isLink = portClass === 'uplink' || portClass === 'fabric'
  const set = new RowSet(`port/${port}`, cookieOf(isLink ? 'link' : 'unattached', port))
  const match: Oxm[] = [{ field: 'in_port', value: port }]
  if (isLink) {
    // Where the existing network forwards, uplinks too bring packets that another of our switches has checked.
    const flag = portClass === 'fabric' || normal ? FLAG.fabric : FLAG.uplink
    set.add(TABLES.classify, 200, match, { actions: [load('reg8', flag)], goto: TABLES.origin })
    if (portClass === 'fabric' && !normal) {
      set.add(TABLES.classify, 510, [...match, TAGGED], { actions: [load('reg8', flag)], goto: TABLES.carried })
      if (onLinks.has('mpls'))
        set.add(TABLES.classify, 505, [...match, IS_LABELLED], { actions: [load('reg8', flag)], goto: TABLES.carried })
      // It was counted where it came in.
      const again: Oxm = { field: 'eth_src', value: CARRIED_MAC }
      const flags = flag | FLAG.returned
      set.add(TABLES.classify, 250, [...match, again], { actions: [load('reg8', flags)], goto: TABLES.origin })
    }
  }
  if (portClass === 'unattached') set.add(TABLES.classify, 200, match, { actions: [toController(HEADERS_ONLY)] })
  return set.rows
}

const TAGGED: Oxm = { field: 'vlan_vid', value: VLAN_PRESENT, mask: VLAN_PRESENT }
/** Of MAC addresses of groups. */
const GROUP_BIT = 0x01_00_00_00_00_00
/** Link-local addresses (RFC 4291, RFC 3927) are no record's: hosts make them as they like, and nobody can be reached by them. */
const LINK_LOCAL_6 = { value: 0xfe80n << 112n, mask: 0x3ffn << 118n } as const
const LINK_LOCAL_4 = { value: 0xa9fe_0000, mask: 0xffff_0000 } as const
/** Labels of upstream assignment, and below multicast (RFC 5332). */
const MPLS_MULTICAST = 0x8848
/** Of nw_frag: a fragment (1) that is not the first (2). */
const LATER_FRAGMENT = 3

const COMMITTED: Oxm = { field: 'ct_mark', value: 1 << MARK.committed, mask: 1 << MARK.committed }
const UNKNOWN_KEY: Action = { type: 'set_field', field: { field: 'reg4', value: UNKNOWN_PORT } }
const SET_OUTWARD = setFlag(FLAG.outward)

const FROM_INTERFACE: Oxm = { field: 'reg8', value: 0, mask: FLAG.fabric }

const TRACKED_BITS = CT_TRK | CT_INV | CT_RPL | CT_REL

/** Packets of the original direction, new or established. */
const original = (bit: number): Oxm => ({ field: 'ct_state', value: CT_TRK | bit, mask: TRACKED_BITS | bit })
const tracked = (bits: number): Oxm => ({ field: 'ct_state', value: CT_TRK | bits, mask: CT_TRK | CT_INV | bits })

const SWAP_ENDS: Action[] = [
  ...[move('reg0', 'reg9', 32), move('reg1', 'reg0', 32), move('reg9', 'reg1', 32)],
  setFlag(FLAG.reply),
]

/** What is the same on every switch and never changes. */
export function systemRows(backend: Backend): Rows {
  const set = new RowSet('system', cookieOf('system'))
  const lldp: Oxm[] = [{ field: 'eth_type', value: ETHERTYPE.lldp }]
  set.add(TABLES.classify, 300, lldp, { actions: [toController(WHOLE_PACKET)] }, cookieOf('probe'))
  // A tag would name a network of the world that policy knows nothing of; what is below it matches as if there were none.
  set.add(TABLES.classify, 500, [TAGGED], {})
  // No sender is a group.
  const fromGroup: Oxm = { field: 'eth_src', value: GROUP_BIT, mask: GROUP_BIT }
  set.add(TABLES.classify, 500, [fromGroup], {}, refusalCookie('forged-mac'))
  unheardRows(set)

  for (const type of [is.ipv4(), is.ipv6()]) {
    set.add(TABLES.neighbour, 10, [type], { goto: TABLES.destination })
    set.add(TABLES.connection, 100, [type], { actions: [LOOK_UP] })
  }
  for (let type: number = ND.routerSolicit; type <= ND.redirect; type++) {
    set.add(TABLES.neighbour, 15, is.icmpv6(type), {})
  }
  set.add(TABLES.advertise, 100, is.icmpv6(ND.advert), { actions: restOfAdvert() })

  const group: Oxm = { field: 'eth_dst', value: GROUP_BIT, mask: GROUP_BIT }
  set.add(TABLES.destination, 500, [group], {})
  for (const multicast of ['224.0.0.0/4', 'ff00::/8', 'fe80::/10']) {
    const prefix = parsePrefix(multicast)
    if (prefix !== undefined) set.add(TABLES.destination, 290, within(prefix, 'dst'), {})
  }
  // Both edges judge; a switch on the way only carries.
  const transit: Oxm[] = [
    { field: 'reg8', value: FLAG.fabric, mask: FLAG.fabric },
    { field: 'reg2', value: 0 },
  ]
  set.add(TABLES.connection, 200, transit, { goto: TABLES.forward })

  trackedRows(set)
  set.add(TABLES.log, 0, [], { goto: TABLES.egress_admin })
  // What a service sends on, or is to have, has been logged.
  set.add(TABLES.log, POLICY_BANDS.world, [RETURNED], { goto: TABLES.egress_admin })
  for (const direction of ['egress', 'ingress'] as const) {
    const bit = 2 ** MARK.kept[direction]
    const kept: Oxm[] = [
      { field: 'ct_state', value: CT_TRK, mask: CT_TRK | CT_NEW },
      { field: 'ct_mark', value: bit, mask: bit },
    ]
    set.add(POLICY_TABLES[direction].admin, POLICY_BANDS.kept, kept, { goto: AFTER[direction] })
  }

  const zone = { field: 'reg7', ofs: 0, n_bits: 16 } as const
  const { keyBits, worldFlags, kept } = MARK
  const commit: Action = {
    type: 'nx_ct',
    flags: NX_CT_COMMIT,
    zone,
    recirc_table: NX_CT_RECIRC_NONE,
    alg: 'none',
    actions: [
      move('reg4', 'ct_mark', keyBits),
      {
        type: 'nx_reg_move',
        n_bits: worldFlags.bits,
        src: 'reg8',
        src_ofs: Math.log2(FLAG.world),
        dst: 'ct_mark',
        dst_ofs: worldFlags.ofs,
      },
      {
        type: 'nx_reg_move',
        n_bits: kept.bits,
        src: 'reg8',
        src_ofs: Math.log2(FLAG.keptEgress),
        dst: 'ct_mark',
        dst_ofs: kept.ofs,
      },
      { type: 'nx_reg_load', ofs_nbits: { ofs: MARK.committed, n_bits: 1 }, dst: 'ct_mark', value: 1n },
    ],
  }
  // Connection tracking takes any segment for the first of a connection that it has forgotten. Where a rule cuts, only a
  // SYN begins one: what was cut does not come back in the middle.
  const cut: Oxm = { field: 'reg8', value: FLAG.cut, mask: FLAG.cut }
  const noSyn: Oxm = { field: 'tcp_flags', value: 0, mask: TCP_SYN }
  for (const type of [is.ipv4(), is.ipv6()]) {
    const tcp: Oxm = { field: 'ip_proto', value: PROTOCOL.tcp }
    set.add(TABLES.commit, 110, [type, tcp, original(CT_NEW), cut, noSyn], {})
    set.add(TABLES.commit, 100, [type, original(CT_NEW)], { actions: [commit], goto: TABLES.mirror_egress })
  }
  set.add(TABLES.commit, 0, [], { goto: TABLES.mirror_egress })
  steerSystemRows(set, backend)
  routeSystemRows(set)

  set.add(TABLES.forward, 100, [{ field: 'reg6', value: 0 }], { goto: TABLES.deliver })
  const deliver: Action = { type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 32 }, src: 'reg2', max_len: 0 }
  set.add(TABLES.deliver, 0, [], { actions: [deliver] })
  return set.rows
}

/**
 * What guests say that is neither let pass nor forged: hosts do so before they have an address, and to find others of
 * their kind. It has their own MAC address: their ports have seen to that.
 */
function unheardRows(set: RowSet): void {
  const { port_security: table, sender } = TABLES
  const target: Oxm = { field: 'ipv6_nd_target', ...LINK_LOCAL_6 }
  // Ports that may send anything have rows above these.
  set.add(table, 260, [is.ipv6(), { field: 'ipv6_src', value: 0n }], {})
  set.add(table, 260, [...is.icmpv6(ND.advert), target], {})
  const source: Oxm = { field: 'ipv6_src', ...LINK_LOCAL_6 }
  set.add(table, 255, [...is.icmpv6(ND.solicit), source], {})
  set.add(table, 90, [is.ipv6(), source], {})
  for (const { value, mask } of [{ value: 0, mask: 0xffff_ffff }, LINK_LOCAL_4]) {
    set.add(table, 90, [is.ipv4(), { field: 'ipv4_src', value, mask }], {})
    set.add(table, 90, [is.arp(), { field: 'arp_spa', value, mask }], {})
  }
  // All else that has a sender's address has another's: its port counts it.
  for (const type of [is.ipv4(), is.ipv6(), is.arp()])
    set.add(table, 50, [type], { actions: [load('reg8', FLAG.refused)], goto: sender })
  set.add(table, 50, [{ field: 'eth_type', value: MPLS_MULTICAST }], {}, refusalCookie('tagged-mpls'))
  set.add(sender, 900, [IS_REFUSED], {}, refusalCookie('forged-address'))
}

/**
 * What becomes of packets that no rule in a policy table decides: the next tier does, or, on a reactive switch, the
 * controller is asked, with the registers of the packet.
 */
export function undecidedRows(isReactive: boolean): Rows {
  const set = new RowSet('undecided', cookieOf('system'))
  for (const { admin, tenant, baseline, default: last } of Object.values(POLICY_TABLES)) {
    if (isReactive) {
      set.add(admin, 0, [], { actions: [toController(WHOLE_PACKET)] }, cookieOf('ask'))
      continue
    }
    set.add(admin, 0, [], { goto: tenant })
    set.add(tenant, 0, [], { goto: baseline })
    set.add(baseline, 0, [], { goto: last })
  }
  return set.rows
}

/** The rest of an advertisement: the option's type and address, flags solicited and override. */
function restOfAdvert(): Action[] {
  return [
    { type: 'set_field', field: { field: 'nd_options_type', value: 2 } },
    { type: 'set_field', field: { field: 'nd_reserved', value: 0x6000_0000 } },
    move('eth_src', 'ipv6_nd_tll', 48),
    output(PORT_IN_PORT),
  ]
}

/**
 * Replies, and ICMP errors about a connection, are judged as what they answer: from the connection's own key. Open
 * vSwitch tells the ports of a connection only with the first fragment of a packet; for others there is its mark.
 */
function trackedRows(set: RowSet): void {
  const { tracked: table, egress_admin: next } = TABLES
  const protocol = move('ct_nw_proto', 'reg5', 8)
  const markedKey = move('ct_mark', 'reg4', MARK.keyBits)
  for (const [bits, swap, priority] of [
    [CT_RPL, SWAP_ENDS, 210],
    [CT_REL, [], 200],
  ] as const) {
    const match = tracked(bits)
    const destinationPort = move('ct_tp_dst', 'reg4', 16)
    for (const number of [PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp]) {
      const actions = [...swap, protocol, destinationPort]
      set.add(table, priority, [match, { field: 'ct_nw_proto', value: number }], { actions, goto: next })
    }
    // Connection tracking keeps type and code of ICMP where others have their ports.
    for (const number of [PROTOCOL.icmp, PROTOCOL.icmpv6]) {
      const actions = [...swap, protocol, ...icmpKey('ct_tp_src', 'ct_tp_dst')]
      set.add(table, priority, [match, { field: 'ct_nw_proto', value: number }], { actions, goto: next })
    }
    set.add(table, priority - 5, [match], { actions: [...swap, protocol], goto: next })
    for (const type of [is.ipv4(), is.ipv6()]) {
      set.add(table, priority + 30, [match, ...laterFragment(type)], {
        actions: [...swap, protocol, markedKey],
        goto: next,
      })
    }
  }
  // Nobody in the world is on the way between two interfaces.
  const { keyBits, worldFlags } = MARK
  const between: Oxm = { field: 'ct_mark', value: 0, mask: ((1 << worldFlags.bits) - 1) << keyBits }
  set.add(table, 300, [tracked(CT_REL), WORLD_FLAG, between], {})
  // A service sends on what it was given, and that belongs to a connection that somebody else opened.
  const unopened: Oxm[] = [
    { field: 'ct_state', value: CT_TRK | CT_NEW, mask: CT_TRK | CT_NEW },
    { field: 'ct_mark', value: 0, mask: 1 << MARK.committed },
  ]
  const sentOn: Oxm = { field: 'reg8', value: FLAG.returned, mask: FLAG.returned | FLAG.fabric }
  set.add(table, 400, [sentOn, ...unopened], {})
  for (const [bit, goto] of [
    [CT_NEW, TABLES.log],
    [CT_EST, next],
  ] as const) {
    for (const type of [is.ipv4(), is.ipv6()]) {
      const add = (number: number, ...key: Action[]) => {
        const actions = [move('ip_proto', 'reg5', 8), ...key]
        set.add(table, 100, [original(bit), type, { field: 'ip_proto', value: number }], { actions, goto })
      }
      add(PROTOCOL.tcp, move('tcp_dst', 'reg4', 16))
      add(PROTOCOL.udp, move('udp_dst', 'reg4', 16))
      add(PROTOCOL.sctp, move('sctp_dst', 'reg4', 16))
      if (type.value === ETHERTYPE.ipv4) add(PROTOCOL.icmp, ...icmpKey('icmpv4_type', 'icmpv4_code'))
      else add(PROTOCOL.icmpv6, ...icmpKey('icmpv6_type', 'icmpv6_code'))
      set.add(table, 90, [original(bit), type], { actions: [move('ip_proto', 'reg5', 8)], goto })
      // Without a reply a connection of UDP is new, however often it was committed.
      const later = [original(bit), ...laterFragment(type)]
      set.add(table, 120, later, { actions: [protocol, UNKNOWN_KEY], goto: next })
      set.add(table, 130, [...later, COMMITTED], { actions: [protocol, markedKey], goto: next })
    }
  }
}

/** Type and code of ICMP as a key. */
function icmpKey(type: FieldName, code: FieldName): Action[] {
  const part = (src: FieldName, dst_ofs: number): Action => ({
    ...{ type: 'nx_reg_move', n_bits: 8, src_ofs: 0, dst_ofs, src, dst: 'reg4' },
  })
  return [part(type, 8), part(code, 0)]
}

function laterFragment(type: Oxm): Oxm[] {
  return [type, { field: 'nw_frag', value: LATER_FRAGMENT, mask: LATER_FRAGMENT }]
}

/**
 * Where the existing network forwards, what an interface sends goes to every link. The switch's own forwarding would
 * learn where interfaces are, deliver to them past policy, and still think them there when they have moved.
 */
function toLinks({ fabricPorts, uplinkPorts }: DatapathView): Action[] {
  return outputs([...fabricPorts, ...uplinkPorts])
}

function outputs(ports: readonly number[]): Action[] {
  return [...new Set(ports)].sort((one, other) => one - other).map(output)
}

/** The ways to other switches where the existing network forwards. */
export function networkRows(datapath: DatapathView): Rows {
  const set = new RowSet(FORWARD_UNIT, cookieOf('system'))
  const elsewhere: Oxm = { field: 'reg6', value: ELSEWHERE }
  set.add(TABLES.forward, 10, [elsewhere], { actions: [output(PORT_NORMAL)] })
  set.add(TABLES.forward, 20, [elsewhere, FROM_INTERFACE], { actions: toLinks(datapath) })
  return set.rows
}

/** Whether an uplink exists anywhere. */
export function worldExists(datapaths: ReadonlyMap<string, DatapathView>): boolean {
  for (const { uplinkPorts } of datapaths.values()) if (uplinkPorts.size > 0) return true
  return false
}

/** The world: who is in it by longest prefix, the way there, and how its neighbours are asked for. */
export function worldRows(state: NetworkState, datapath: DatapathView): Rows {
  const set = new RowSet('world', cookieOf('system'))
  const way = wayOut(state, datapath)
  for (const { identity, priority, end } of worldPrefixes(state.intent)) {
    const cookie = cookieOf('prefix', identity)
    const source = [load('reg0', identity)]
    set.add(TABLES.outside, priority, end('src'), { actions: source, goto: TABLES.neighbour }, cookie)
    if (way === undefined) continue
    const actions = [load('reg1', identity), SET_OUTWARD, ...way]
    set.add(TABLES.destination, priority, [...end('dst'), NOT_WORLD], { actions, goto: TABLES.connection }, cookie)
  }
  set.add(TABLES.outside, 50, [is.arp()], { goto: TABLES.neighbour })
  set.add(TABLES.neighbour, 20, [...is.arpRequest(), NOT_WORLD], { goto: TABLES.flood })
  set.add(TABLES.neighbour, 20, [...is.icmpv6(ND.solicit), NOT_WORLD], { goto: TABLES.flood })
  set.add(TABLES.neighbour, 20, [...is.arpReply(), WORLD_FLAG], { goto: TABLES.destination })
  set.add(TABLES.neighbour, 20, [...is.icmpv6(ND.advert), WORLD_FLAG], { goto: TABLES.destination })
  if (state.backend === 'normal') {
    set.add(TABLES.flood, 100, [], { actions: [output(PORT_NORMAL)] })
    set.add(TABLES.flood, 110, [FROM_INTERFACE], { actions: toLinks(datapath) })
  } else {
    const asked = gatewayOf(state, datapath)
    // Tunnels lead to one switch at a time: to the one that has the world's answer.
    const through = asked === undefined ? undefined : nextHopTo(state.observed, datapath, asked)
    const tunnel = through?.remote === undefined ? [] : sendTo(through)
    set.add(TABLES.flood, 100, [], {
      actions: [...outputs([...datapath.floodPorts, ...datapath.uplinkPorts]), ...tunnel],
    })
  }
  return set.rows
}

interface WorldPrefix {
  identity: number
  priority: number
  end(end: 'src' | 'dst'): Oxm[]
}

/** Named prefixes, longer ones first, and everything else. */
function worldPrefixes({ prefixes }: IntentView): WorldPrefix[] {
  const found: WorldPrefix[] = [is.ipv4(), is.ipv6()].map((type) => ({
    identity: IDENTITY.world,
    priority: 50,
    end: () => [type],
  }))
  for (const [text, identity] of prefixes) {
    const prefix = parsePrefix(text)
    if (prefix === undefined) continue
    found.push({ identity, priority: 100 + prefix.length, end: (end) => within(prefix, end) })
  }
  return found
}

/** Through an uplink of this switch; else through that of the first switch that has one and can be reached. */
function wayOut(state: NetworkState, datapath: DatapathView): Action[] | undefined {
  if (state.backend === 'normal') return [load('reg6', ELSEWHERE)]
  if (datapath.uplinkPorts.size > 0) return [load('reg2', Math.min(...datapath.uplinkPorts))]
  const gateway = gatewayOf(state, datapath)
  const number = gateway === undefined ? undefined : state.intent.number('switch', gateway)
  return number === undefined ? undefined : [load('reg6', number)]
}
