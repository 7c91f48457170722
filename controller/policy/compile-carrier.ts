/**
 * The rows of one switch that write the identity of a sender into packets for other switches, and read it from theirs
 * (carriers.ts says which pair uses what). Packets from the world, and what a service sends on, travel without: the next
 * switch knows them by their addresses. It refuses to know interfaces and rules. Used by compile.ts.
 */
import { type Action, type FieldName, type Oxm, VLAN_PRESENT } from 'node-openflow'
import { parseAddress } from '../../model/address.ts'
import { IDENTITY, type LinkCarrier, type TunnelKind } from '../../model/records.ts'
import { type Carrier, type NextHop, UNTAGGABLE } from './carriers.ts'
import { BY_GATEWAY } from './compile-route.ts'
import { cookieOf } from './cookie.ts'
import { ETHERTYPE, is, load, output, RowSet, type Rows, to, toController } from './fields.ts'
import { GENEVE_FIELDS } from './geneve.ts'
import { FLAG, REGISTERS, TABLES } from './pipeline.ts'
import type { Flow } from './program.ts'
import { refusalCookie } from './refusals.ts'
import type { Backend, DatapathView, TunnelEnd } from './state.ts'

export const CARRIER_UNIT = 'carrier'

/** What the scratch register says at the stage `tag`. */
export const CARRIER_CODE = { geneve: 1, vxlan: 2, mpls: 3, vlan: 4 } as const satisfies Record<
  Exclude<Carrier, 'address'>,
  number
>

/** Of VLAN identifiers: an identity is in the other bits. Collectors and services have those without. */
export const IDENTITY_TAG = 0x800
/** IPv6 explicit null (RFC 3032 section 2.1): the label below that of the identity, where the packet is IPv6. */
const IPV6_NULL = 2
/** Of an identity, in a mask: those below 256 are nobody's that sends. */
const NOBODY = 0xffff_ff00

/**
 * Sent by an interface of this switch, as itself, to another: neither carried for another, nor the world's or for it, nor
 * sent on by a service.
 */
const OWN_FLAGS = FLAG.fabric | FLAG.uplink | FLAG.returned | FLAG.outward
const ROUTED_FLAGS = OWN_FLAGS | FLAG.reply | FLAG.routed
const IS_TAGGED: Oxm = { field: 'vlan_vid', value: VLAN_PRESENT, mask: VLAN_PRESENT }
const IS_UNTAGGED: Oxm = { field: 'vlan_vid', value: 0 }
export const IS_LABELLED: Oxm = { field: 'eth_type', value: ETHERTYPE.mpls }
export const HAS_IDENTITY_TAG: Oxm = {
  field: 'vlan_vid',
  value: VLAN_PRESENT | IDENTITY_TAG,
  mask: VLAN_PRESENT | IDENTITY_TAG,
}

const PUT_OUT: Action = { type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 32 }, src: REGISTERS.port, max_len: 0 }

/** Copies bits of one field into another. */
function bits(src: FieldName, src_ofs: number, n_bits: number, dst: FieldName, dst_ofs: number): Action {
  return { type: 'nx_reg_move', n_bits, src_ofs, dst_ofs, src, dst }
}

/** The class is the first three of the sixteen bits of the prediction. */
const CLASS = { ofs: 13, bits: 3 } as const

/** The rows of a switch; none where it has neither an end of tunnels nor anything that carries on links. */
export function carrierRows(backend: Backend, datapath: DatapathView, onLinks: ReadonlySet<LinkCarrier>): Rows {
  const set = new RowSet(CARRIER_UNIT, cookieOf('system'))
  const { tunnel, carriers = [] } = datapath
  if (backend === 'normal') return set.rows
  if ((tunnel !== undefined || carriers.includes('mpls')) && datapath.measures !== false) refuseLarge(set)
  if (tunnel !== undefined) {
    arrive(set, tunnel, onLinks)
    refuseGuests(set, tunnel.address)
    if (tunnel.kind === 'geneve') {
      const { identity, prediction } = GENEVE_FIELDS
      send(set, CARRIER_CODE.geneve, (own) => [
        bits(own, 0, 32, identity, 0),
        bits(REGISTERS.prediction, 0, 16, prediction, 0),
        NETWORK_OUT,
        PUT_OUT,
      ])
    } else {
      const write = (own: 'reg0' | 'reg1'): Action[] => [bits(own, 0, 16, 'tun_gbp_id', 0), NETWORK_OUT, PUT_OUT]
      // The id may be lost on its way, and who sent a routed packet be known by its MAC alone.
      send(set, CARRIER_CODE.vxlan, write, 16, undefined, false)
    }
    set.add(TABLES.tag, 10, [{ field: REGISTERS.scratch, value: CARRIER_CODE[tunnel.kind] }], {
      actions: [NETWORK_OUT, PUT_OUT],
    })
  }
  if (onLinks.size > 0 && datapath.fabricPorts.size > 0) untag(set, onLinks)
  for (const carrier of carriers) {
    if (carrier === 'mpls') sendLabelled(set)
    else sendTagged(set)
    set.add(TABLES.tag, 10, [{ field: REGISTERS.scratch, value: CARRIER_CODE[carrier] }], { actions: [PUT_OUT] })
  }
  return set.rows
}

/** Octets of a packet that is too large that the controller needs: an ICMPv6 error quotes most (RFC 4443 section 2.4 c). */
const QUOTED = 1294

/** Octets of an Ethernet header. */
const ETHERNET = 14

/**
 * What interfaces here sent. Only that is measured: no packet with labels is (a frame of a guest with labels is dropped by
 * the first table), for Open vSwitch 3.1 ends where one with more than three comes to an action for labels afterwards.
 */
const SENT_HERE: Oxm = { field: REGISTERS.flags, value: 0, mask: FLAG.fabric | FLAG.uplink | FLAG.unmeasured }
const OWN_MEASURED: Oxm = { field: REGISTERS.flags, value: 0, mask: OWN_FLAGS | FLAG.unmeasured }

/** Marks a packet that is larger than what the way takes. @param largest IP packet, octets. */
function measure(largest: number | undefined): Action[] {
  if (largest === undefined) return []
  const offset = Math.log2(FLAG.large)
  return [{ type: 'nx_check_pkt_larger', pkt_len: Math.min(0xffff, largest + ETHERNET), offset, dst: REGISTERS.flags }]
}

/** A packet that was found too large goes no further, and its sender is told. */
function refuseLarge(set: RowSet): void {
  const large: Oxm = { field: REGISTERS.flags, value: FLAG.large, mask: FLAG.large }
  set.add(TABLES.tag, 300, [large], { actions: [toController(QUOTED)] }, cookieOf('oversize'))
}

const NETWORK_OUT = bits(REGISTERS.network, 0, 24, 'tunnel_id', 0)

/** What comes by the port of tunnels. */
function arrive(set: RowSet, { port }: TunnelEnd, onLinks: ReadonlySet<LinkCarrier>): void {
  const { classify, tunnelled, carried, origin, neighbour } = TABLES
  const byTunnel: Oxm = { field: 'in_port', value: port }
  // Anybody in the network below can send to the address of an end.
  set.add(classify, 515, [byTunnel], {}, refusalCookie('unknown-tunnel-end'))
  set.add(tunnelled, 200, [IS_TAGGED], { goto: carried })
  // From a switch without an end, by way of one that has: it is labelled for the receiver's.
  if (onLinks.has('mpls')) set.add(tunnelled, 200, [IS_LABELLED], { goto: carried })
  const none: Oxm = { field: REGISTERS.source, value: 0 }
  set.add(tunnelled, 100, [none], { goto: origin })
  set.add(tunnelled, 50, [{ ...none, mask: NOBODY }], {}, refusalCookie('forged-identity'))
  for (const type of [is.ipv4(), is.ipv6()]) set.add(tunnelled, 10, [type], { goto: neighbour })
}

/** What comes from the end of another switch. */
function arriveFrom(set: RowSet, kind: TunnelKind, port: number, remote: string): void {
  const from = end(remote, 'src')
  if (from === undefined) return
  const { identity, prediction } = GENEVE_FIELDS
  const read =
    kind === 'geneve'
      ? [bits(identity, 0, 32, REGISTERS.source, 0), bits(prediction, 0, 16, REGISTERS.prediction, 0)]
      : [bits('tun_gbp_id', 0, 16, REGISTERS.source, 0)]
  const actions = [load(REGISTERS.flags, FLAG.fabric), ...read, bits('tunnel_id', 0, 24, REGISTERS.network, 0)]
  set.add(TABLES.classify, 520, [{ field: 'in_port', value: port }, from], { actions, goto: TABLES.tunnelled })
}

/**
 * What a guest sends to the end of a tunnel, as if it were a switch. It stands below all receivers: an interface may have
 * that address in its network, and policy decides on what goes to the world; there, ends refuse whoever is none themselves.
 */
function refuseGuests(set: RowSet, address: string): void {
  const parsed = parseAddress(address)
  if (parsed === undefined) return
  set.add(TABLES.destination, 40, to(parsed), {}, refusalCookie('tunnel-from-guest'))
}

/** An address of the underlay as a match of what a tunnel brought, or as what it is to be sent to. */
function end(address: string, which: 'src' | 'dst'): Oxm | undefined {
  const parsed = parseAddress(address)
  if (parsed === undefined) return undefined
  return parsed.family === 4
    ? { field: `tun_${which}`, value: Number(parsed.value) }
    : { field: `tun_ipv6_${which}`, value: parsed.value }
}

/**
 * Rows of `tag`, for each direction of a connection: the sender is who opened it, or whom it was opened to.
 * @param width Bits that the carrier has for an identity; one that needs more is not written.
 * @param more What else packets have to be.
 * @param routed Whether it is written into routed packets too.
 */
function send(
  set: RowSet,
  code: number,
  actions: (own: 'reg0' | 'reg1') => Action[],
  width = 32,
  more: readonly (readonly Oxm[])[] = [[is.ipv4()], [is.ipv6()]],
  routed = true,
): void {
  for (const [own, reply] of [
    [REGISTERS.source, 0],
    [REGISTERS.destination, FLAG.reply],
  ] as const) {
    const match: Oxm[] = [
      { field: REGISTERS.scratch, value: code },
      { field: REGISTERS.flags, value: reply, mask: routed ? OWN_FLAGS | FLAG.reply : ROUTED_FLAGS },
    ]
    if (width < 32) match.push({ field: own, value: 0, mask: (0xffff_ffff << width) >>> 0 })
    for (const its of more) set.add(TABLES.tag, 100, [...match, ...its], { actions: actions(own) })
    if (!routed) continue
    // Who knows the sender by its identity needs no MAC address of it: what a router had says so.
    const byRouter: Oxm[] = [
      { field: REGISTERS.flags, value: FLAG.routed | reply, mask: ROUTED_FLAGS },
      ...match.slice(2),
    ]
    for (const its of more)
      set.add(TABLES.tag, 110, [match[0]!, ...byRouter, ...its], { actions: [BY_GATEWAY, ...actions(own)] })
  }
}

/** A label, and the class of the prediction as its traffic class (RFC 5462). */
function label(own: 'reg0' | 'reg1'): Action[] {
  return [
    { type: 'push_mpls', ethertype: ETHERTYPE.mpls },
    bits(own, 0, 20, 'mpls_label', 0),
    bits(REGISTERS.prediction, CLASS.ofs, CLASS.bits, 'mpls_tc', 0),
  ]
}

function sendLabelled(set: RowSet): void {
  const below: Action[] = [
    { type: 'push_mpls', ethertype: ETHERTYPE.mpls },
    { type: 'set_field', field: { field: 'mpls_label', value: IPV6_NULL } },
  ]
  send(set, CARRIER_CODE.mpls, (own) => [...label(own), PUT_OUT], 20, [[is.ipv4(), IS_UNTAGGED]])
  send(set, CARRIER_CODE.mpls, (own) => [...below, ...label(own), PUT_OUT], 20, [[is.ipv6(), IS_UNTAGGED]])
}

function sendTagged(set: RowSet): void {
  const untagged = [is.ipv4(), is.ipv6()].map((type) => [type, IS_UNTAGGED])
  const push = (own: 'reg0' | 'reg1'): Action[] => [
    { type: 'push_vlan', ethertype: ETHERTYPE.vlan },
    { type: 'set_field', field: { field: 'vlan_vid', value: VLAN_PRESENT | IDENTITY_TAG } },
    bits(own, 0, 11, 'vlan_vid', 0),
    bits(REGISTERS.prediction, CLASS.ofs, CLASS.bits, 'vlan_pcp', 0),
    PUT_OUT,
  ]
  send(set, CARRIER_CODE.vlan, push, 11, untagged)
  for (const own of [REGISTERS.source, REGISTERS.destination]) {
    const reply = own === REGISTERS.source ? 0 : FLAG.reply
    const match: Oxm[] = [
      { field: REGISTERS.scratch, value: CARRIER_CODE.vlan },
      { field: REGISTERS.flags, value: reply, mask: FLAG.reply },
      { field: own, value: UNTAGGABLE },
    ]
    set.add(TABLES.tag, 200, match, { actions: [PUT_OUT] })
  }
}

/** What links bring, labelled or tagged, and has arrived. */
function untag(set: RowSet, onLinks: ReadonlySet<LinkCarrier>): void {
  const { untag: table, neighbour } = TABLES
  if (onLinks.has('mpls')) {
    const read = [
      bits('mpls_label', 0, 20, REGISTERS.source, 0),
      bits('mpls_tc', 0, CLASS.bits, REGISTERS.prediction, CLASS.ofs),
    ]
    const pop = (ethertype: number): Action => ({ type: 'pop_mpls', ethertype })
    const last = (value: 0 | 1): Oxm[] => [IS_LABELLED, { field: 'mpls_bos', value }]
    set.add(table, 100, last(1), { actions: [...read, pop(ETHERTYPE.ipv4)], goto: neighbour })
    // Labels cannot be matched in part: these are the ones that have a meaning.
    for (const nobody of [IDENTITY.unknown, IDENTITY.host, IDENTITY.gateway, IDENTITY.world]) {
      const match: Oxm[] = [IS_LABELLED, { field: 'mpls_label', value: nobody }]
      set.add(table, 200, match, {}, refusalCookie('forged-identity'))
    }
    const both = [pop(ETHERTYPE.mpls), pop(ETHERTYPE.ipv6)]
    set.add(table, 100, last(0), { actions: [...read, ...both], goto: neighbour })
  }
  if (onLinks.has('vlan')) {
    const read = [
      bits('vlan_vid', 0, 11, REGISTERS.source, 0),
      bits('vlan_pcp', 0, CLASS.bits, REGISTERS.prediction, CLASS.ofs),
    ]
    const nobody: Oxm = { field: 'vlan_vid', value: VLAN_PRESENT | IDENTITY_TAG, mask: VLAN_PRESENT | (0xfff & NOBODY) }
    set.add(table, 200, [nobody], {}, refusalCookie('forged-identity'))
    for (const type of [is.ipv4(), is.ipv6()])
      set.add(table, 100, [HAS_IDENTITY_TAG, type], { actions: [...read, { type: 'pop_vlan' }], goto: neighbour })
  }
}

/**
 * Rows towards a switch, at the stage `forward`, and those that read what comes from its end of a tunnel. Where links
 * carry the identity they are for what interfaces here send alone. None measures (measuringRows).
 * @param number Of the switch.
 */
export function hopRows(
  unit: string,
  number: number,
  { port, carrier, remote }: NextHop,
): readonly (readonly [string, Flow])[] {
  const set = new RowSet(unit, cookieOf('switch', number))
  const there: Oxm = { field: REGISTERS.place, value: number }
  if (carrier === 'address') set.add(TABLES.forward, 50, [there], { actions: [output(port)] })
  else {
    const actions = towards(port, carrier, remote)
    if (carrier === 'mpls' || carrier === 'vlan') {
      const own: Oxm = { field: REGISTERS.flags, value: 0, mask: OWN_FLAGS }
      set.add(TABLES.forward, 60, [there, own], { actions, goto: TABLES.tag })
    } else {
      set.add(TABLES.forward, 50, [there], { actions, goto: TABLES.tag })
      if (remote !== undefined) {
        arriveFrom(set, carrier, port, remote)
        refuseGuests(set, remote)
      }
    }
  }
  return [...set.rows]
}

/** The row that measures what interfaces here send, above those that do not; none where nothing is to be measured. */
export function measuringRows(
  unit: string,
  number: number,
  { port, carrier, remote, largest }: NextHop,
): readonly (readonly [string, Flow])[] {
  if (largest === undefined || carrier === 'address') return []
  const set = new RowSet(unit, cookieOf('switch', number))
  const actions = [...towards(port, carrier, remote), ...measure(largest)]
  const there: Oxm = { field: REGISTERS.place, value: number }
  if (remote === undefined) set.add(TABLES.forward, 65, [there, OWN_MEASURED], { actions, goto: TABLES.tag })
  else set.add(TABLES.forward, 55, [there, SENT_HERE], { actions, goto: TABLES.tag })
  return [...set.rows]
}

function towards(port: number, carrier: Exclude<Carrier, 'address'>, remote: string | undefined): Action[] {
  return [load(REGISTERS.port, port), load(REGISTERS.scratch, CARRIER_CODE[carrier]), ...toEnd(remote)]
}

/** Sends to a switch what is for it on account of its network alone: copies, and questions for neighbours. */
export function sendTo({ port, remote }: NextHop): Action[] {
  return remote === undefined ? [output(port)] : [...toEnd(remote), NETWORK_OUT, output(port)]
}

/** Addresses what a tunnel takes. */
function toEnd(remote: string | undefined): Action[] {
  const field = remote === undefined ? undefined : end(remote, 'dst')
  return field === undefined ? [] : [{ type: 'set_field', field }]
}
