/**
 * The rows of one interface record on one switch: what it may send from its port, who it is when its packets come from
 * another switch, how neighbours find it and where packets for it go. Rows that only refuse need the network's number;
 * all others need the identity too, so whatever is not fully known is shut. It refuses to know rules. Used by
 * compile.ts.
 */
import { type Action, type Instruction, type Oxm, VLAN_PRESENT } from 'node-openflow'
import { type Address, parseAddress } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { IDENTITY, type InterfaceRecord, type LinkCarrier } from '../../model/records.ts'
import { type Carrier, carrierBetween, fits } from './carriers.ts'
import { HAS_IDENTITY_TAG, IS_LABELLED } from './compile-carrier.ts'
import { answersDhcp, askForAddresses } from './compile-dhcp.ts'
import { arpAnswer, startOfAdvert } from './compile-neighbour.ts'
import { routeTo } from './compile-route.ts'
import { cookieOf } from './cookie.ts'
import {
  from,
  goingTo,
  instructions,
  is,
  type KeptRows,
  type KeyedMatch,
  kept,
  keyed,
  load,
  ND,
  NO_ROWS,
  OneRow,
  RowSet,
  type Rows,
  setFlag,
  type Then,
  to,
} from './fields.ts'
import { LINKS_OF_A_CARRIER } from './interest.ts'
import { ELSEWHERE, FLAG, REGISTERS, TABLES } from './pipeline.ts'
import type { Flow } from './program.ts'
import { refusalCookie } from './refusals.ts'
import { domainNamed, domainOf, routerOf } from './routing.ts'
import type { NetworkState, Place } from './state.ts'
import { zoneName } from './zones.ts'

/** What every switch needs to know of an interface. */
export interface InterfaceFacts {
  record: InterfaceRecord
  /** Its compilation unit, and the cookie of most of its rows. */
  unit: string
  cookie: bigint
  addresses: readonly Address[]
  /** IDENTITY.unknown where it has none yet. */
  identity: number
  network: number
  /** The routing domain of its network (routing.ts). */
  domain: string
  /** Number of the router of its network; undefined where it has none. */
  router: number | undefined
  /** Where it is attached; never a port of a link or an uplink. */
  place: Place | undefined
  /** Number of the switch it is attached to. */
  switchNumber: number | undefined
  /** The network, as a match; and what its packets look like that another switch brings. */
  inNetwork: Oxm
  brought: KeyedMatch
  /** Packets for each address. */
  received: readonly KeyedMatch[]
  /** Guests of its network are answered. */
  dhcp: boolean
}

/** What an interface's rows need to know of a switch. */
export interface Site {
  datapathId: string
  /** Of the interface's network on this switch; undefined: it has none, and no packet of the network is judged there. */
  zone: number | undefined
  /**
   * What packets load that this switch may only carry: the zone, or 0 where they meet no connection tracking. Undefined
   * without a zone on the way to the world, where they would.
   */
  carried: number | undefined
  /** The existing network forwards, and brings packets of other switches through uplinks. */
  normal: boolean
  /** The world can be reached at all. */
  world: boolean
  /** What rows do with packets of an interface, by identity: many interfaces have the same. */
  senders: Map<number, Sending>
  /** Services of the network are on this switch, and send on what other interfaces send. */
  served: boolean
  /** Services of the network are somewhere, and what interfaces here send may come back to this switch. */
  steered: boolean
  /** What packets from another switch bring the identity of their sender in. */
  carrierFrom(datapathId: string): Carrier
  /** Packets arrive that brought an identity, and have no zone yet. */
  receives: boolean
  /** What any switch puts identities in on links. */
  onLinks: ReadonlySet<LinkCarrier>
}

/** Loads who sent it, and goes on. */
interface Sending {
  zone: number
  toNeighbour: readonly Instruction[]
  toDestination: readonly Instruction[]
}

export const WORLD_FLAG: Oxm = { field: 'reg8', value: FLAG.world, mask: FLAG.world }
export const NOT_WORLD: Oxm = { field: 'reg8', value: 0, mask: FLAG.world }
const NONE: Rows = new Map()
/** Priorities of rows for packets that another switch brings, and for those that an interface gets. */
const BROUGHT = 300
const RECEIVED = 300
export const NOTHING_ON_LINKS: ReadonlySet<LinkCarrier> = new Set()
const FROM_FABRIC: Oxm = { field: 'reg8', value: FLAG.fabric, mask: FLAG.fabric }
export const SET_WORLD = setFlag(FLAG.world)
/** At the stage `sender`: no address that it may have. */
export const IS_REFUSED: Oxm = { field: 'reg8', value: FLAG.refused, mask: FLAG.refused }
const IS_TAGGED: Oxm = { field: 'vlan_vid', value: VLAN_PRESENT, mask: VLAN_PRESENT }

/** Undefined where there is no such record or its network has no number: then it has no rows at all. */
export function factsOf({ intent, observed, backend }: NetworkState, name: string): InterfaceFacts | undefined {
  const record = intent.interfaces.get(name)
  const network = record && intent.number('network', record.network)
  if (record === undefined || network === undefined) return undefined
  const place = observed.places.get(name)
  const there = place && observed.datapaths.get(place.datapathId)
  const isTaken = place !== undefined && (there?.uplinkPorts.has(place.port) || there?.fabricPorts.has(place.port))
  const fromMac: Oxm = { field: 'eth_src', value: record.mac }
  const toMac: Oxm = { field: 'eth_dst', value: record.mac }
  const inNetwork: Oxm = { field: 'reg3', value: network }
  const router = routerOf(intent, record.network)
  const addresses = record.addresses.flatMap((text) => parseAddress(text) ?? [])
  return {
    record,
    unit: interfaceUnit(record.name),
    cookie: cookieOf('interface', record.number),
    addresses,
    identity: intent.identityOf(name),
    network,
    domain: domainNamed(record.network, router),
    router: router === undefined ? undefined : intent.number('router', router),
    place: isTaken ? undefined : place,
    switchNumber: place && intent.number('switch', place.datapathId),
    inNetwork,
    brought: keyed(TABLES.origin, BROUGHT, backend === 'normal' ? [fromMac] : [fromMac, FROM_FABRIC]),
    received: addresses.map((address) => keyed(TABLES.destination, RECEIVED, [inNetwork, toMac, ...to(address)])),
    dhcp: answersDhcp(intent.networks.get(record.network)),
  }
}

/** @param isLocal Whether an interface of the network is on the switch. */
export function siteOf(
  state: NetworkState,
  datapathId: string,
  network: string,
  world: boolean,
  isLocal: boolean,
  services: Pick<Site, 'served' | 'steered'>,
  onLinks: ReadonlySet<LinkCarrier>,
): Site {
  const zone = state.intent.number('zone', zoneName(datapathId, domainOf(state.intent, network)))
  const normal = state.backend === 'normal'
  // Where the existing network forwards, no packet is judged on the way out or in.
  const datapath = state.observed.datapaths.get(datapathId)
  const judges = !normal && (datapath?.uplinkPorts.size ?? 0) > 0
  // What is for the world says nothing of its sender: who is on the way there has to know everybody. Many interfaces are
  // on the same switch.
  const leadsOut = world && (datapath?.fabricPorts.size ?? 0) + (datapath?.uplinkPorts.size ?? 0) >= LINKS_OF_A_CARRIER
  const isBlind = normal || leadsOut
  const carriers = new Map<string, Carrier>()
  const carrierFrom = (other: string): Carrier => {
    const carrier = carriers.get(other) ?? (isBlind ? 'address' : carrierBetween(state.observed, other, datapathId))
    carriers.set(other, carrier)
    return carrier
  }
  // A zone that nobody needs there any more makes no difference.
  return {
    datapathId,
    zone,
    carried: judges ? zone : isLocal ? (zone ?? 0) : 0,
    normal,
    world,
    senders: new Map(),
    ...services,
    carrierFrom,
    receives: !normal && (onLinks.size > 0 || datapath?.tunnel !== undefined),
    onLinks: normal ? NOTHING_ON_LINKS : onLinks,
  }
}

/** Whether it is known where the interface is and who. */
export function isKnown({ place, identity }: InterfaceFacts): boolean {
  return place !== undefined && identity !== IDENTITY.unknown
}

/** What packets load that a switch brings on which all that is known is elsewhere has one row of its own; else undefined. */
export function carriedOf({ carried, world, served }: Site): number | undefined {
  return world || served ? undefined : carried
}

/** The one row of an interface that is known and elsewhere; none where its packets say who sent them. */
export function broughtRow(facts: InterfaceFacts, site: Site, carried: number): Flow | undefined {
  const { place, brought, unit, cookie } = facts
  if (place !== undefined && bringsIdentity(facts, place, site)) return undefined
  const { match } = brought
  const instructions = sending(facts, site, carried).toNeighbour
  return { table: TABLES.origin, priority: BROUGHT, match, instructions, cookie, unit }
}

/** The rows that belong to one switch, as they are kept. Most are the one row of an interface that is elsewhere. */
export function ownRows(facts: InterfaceFacts, site: Site): KeptRows {
  const carried = carriedOf(site)
  const isPlain = isKnown(facts) && facts.place?.datapathId !== site.datapathId
  if (!isPlain || carried === undefined) return kept(interfaceRows(facts, site))
  const row = broughtRow(facts, site, carried)
  return row === undefined ? NO_ROWS : new OneRow(facts.brought.key, row)
}

/** The rows that belong to one switch. */
export function interfaceRows(facts: InterfaceFacts, site: Site): Rows {
  const set = new RowSet(facts.unit, facts.cookie)
  const { identity, place } = facts
  if (identity === IDENTITY.unknown) return set.rows
  if (place?.datapathId === site.datapathId) {
    // Without a zone it is shut; what the switch carries for others goes on.
    if (site.zone !== undefined) {
      sendFromPort(set, facts, sending(facts, site, site.zone), place.port)
      receive(set, facts, site.world, [load('reg2', place.port), ...(site.receives ? [load('reg7', site.zone)] : [])])
      for (const tagged of carriedTo(facts, site.onLinks))
        set.add(TABLES.carried, 50, tagged, { actions: [load('reg3', facts.network)], goto: TABLES.untag })
      if (site.steered && !site.normal) comeBack(set, facts, site.zone)
    }
  } else sendFromElsewhere(set, facts, site)
  if (site.served && place !== undefined && site.zone !== undefined) sendAgain(set, facts)
  receiveFromWorld(set, facts, site)
  return set.rows
}

/** The rows that are the same on every switch but the one where the interface is. */
export function interfaceRowsElsewhere(
  facts: InterfaceFacts,
  { normal, world, onLinks }: Pick<Site, 'normal' | 'world' | 'onLinks'>,
): Rows {
  const set = new RowSet(facts.unit, facts.cookie)
  const { identity, place, switchNumber } = facts
  if (identity === IDENTITY.unknown || place === undefined) return set.rows
  const number = normal ? ELSEWHERE : switchNumber
  if (number === undefined) return set.rows
  receive(set, facts, world, [load('reg6', number)])
  for (const tagged of normal ? [] : carriedTo(facts, onLinks))
    set.add(TABLES.carried, 50, tagged, { actions: [load('reg6', number)], goto: TABLES.forward })
  return set.rows
}

/** What links bring for an interface with a tag or a label. */
function carriedTo({ record }: InterfaceFacts, onLinks: ReadonlySet<LinkCarrier>): Oxm[][] {
  return [...onLinks].map((carrier) => [
    carrier === 'mpls' ? IS_LABELLED : HAS_IDENTITY_TAG,
    { field: 'eth_dst', value: record.mac },
  ])
}

/** Whether all packets that come from an interface on another switch say who sent them. */
function bringsIdentity({ identity }: InterfaceFacts, place: Place, { steered, carrierFrom }: Site): boolean {
  return !steered && fits(carrierFrom(place.datapathId), identity)
}

/** The rows that are the same on every switch that is concerned with the network. */
export function interfaceRowsEverywhere(facts: InterfaceFacts, world: boolean): Rows {
  const set = new RowSet(facts.unit, facts.cookie)
  if (world) refuseMac(set, facts)
  refuseImpostors(set, facts, world)
  if (facts.identity !== IDENTITY.unknown) {
    answerNeighbours(set, facts)
    routeTo(set, facts)
  }
  return set.rows
}

/** The rows on a switch that is not concerned with the network: only the world could bring its packets. */
export function interfaceRowsFarAway(facts: InterfaceFacts, world: boolean): Rows {
  if (!world) return NONE
  const set = new RowSet(facts.unit, facts.cookie)
  refuseMac(set, facts)
  if (facts.identity !== IDENTITY.unknown) refuseSender(set, facts)
  return set.rows
}

export function interfaceUnit(name: string): string {
  return `interface/${name}`
}

/** Loads the router of a network. */
export function inDomain({ router }: Pick<InterfaceFacts, 'router'>): Action[] {
  return router === undefined ? [] : [load(REGISTERS.router, router)]
}

/** Loads who sent it, where, and the zone. */
export function sender({ identity, network }: InterfaceFacts, zone: number): Action[] {
  return [load('reg0', identity), load('reg3', network), load('reg7', zone)]
}

function sending(facts: InterfaceFacts, { senders }: Site, zone: number): Sending {
  const known = senders.get(facts.identity)
  if (known?.zone === zone) return known
  const load: Instruction = { type: 'apply_actions', actions: sender(facts, zone) }
  const made = {
    zone,
    toNeighbour: [load, goingTo(TABLES.neighbour)],
    // Where there is a router it has to be asked whether the packet is for it.
    toDestination: [load, goingTo(facts.router === undefined ? TABLES.destination : TABLES.neighbour)],
  }
  senders.set(facts.identity, made)
  return made
}

/** A record's MAC, whatever its network, is no way to the world. */
function refuseMac(set: RowSet, { record }: InterfaceFacts): void {
  set.add(TABLES.destination, 240, [{ field: 'eth_dst', value: record.mac }], {})
}

/** Nobody in the world has a record's MAC. */
function refuseSender(set: RowSet, { record }: InterfaceFacts): void {
  set.add(TABLES.origin, 250, [{ field: 'eth_src', value: record.mac }], {})
}

/** Nobody in the world has a record's address, and nobody but its MAC receives for it. */
function refuseImpostors(set: RowSet, facts: InterfaceFacts, world: boolean): void {
  const network = facts.inNetwork
  // Where packets are routed, an address is its holder's in all networks of the router.
  const domain: Oxm = facts.router === undefined ? network : { field: REGISTERS.router, value: facts.router }
  for (const address of facts.addresses) {
    set.add(TABLES.destination, 250, [domain, ...to(address)], {})
    if (!world) continue
    set.add(TABLES.outside, 300, [domain, ...from(address)], {})
    const { value } = address
    if (address.family === 4) {
      set.add(TABLES.outside, 300, [network, is.arp(), { field: 'arp_spa', value: Number(value) }], {})
    } else {
      set.add(TABLES.outside, 310, [network, ...is.icmpv6(ND.advert), { field: 'ipv6_nd_target', value }], {})
    }
  }
}

const FORGED_MAC = refusalCookie('forged-mac')
const FORGED_ADDRESS = refusalCookie('forged-address')
const ROGUE_ROUTER = refusalCookie('rogue-router')
const TAGS_OF_GUESTS: readonly [Oxm, bigint][] = [
  [IS_TAGGED, refusalCookie('tagged-vlan')],
  [IS_LABELLED, refusalCookie('tagged-mpls')],
]
/** Neighbour discovery that is neither answered nor let pass: hosts may well ask for routers, and be none. */
const UNHEARD: readonly [type: number, cookie: bigint | undefined][] = [
  [ND.routerSolicit, undefined],
  [ND.routerAdvert, ROGUE_ROUTER],
  [ND.solicit, FORGED_ADDRESS],
  [ND.advert, FORGED_ADDRESS],
  [ND.redirect, ROGUE_ROUTER],
]

function sendFromPort(set: RowSet, facts: InterfaceFacts, sending: Sending, port: number): void {
  const { record, addresses } = facts
  const { toNeighbour, toDestination } = sending
  const table = TABLES.port_security
  const add = (priority: number, match: Oxm[], does: readonly Instruction[]): void =>
    set.addMade(table, priority, keyed(table, priority, match), does)
  const atPort: Oxm = { field: 'in_port', value: port }
  const enter: Then = { goto: table }
  for (const [match, cookie] of TAGS_OF_GUESTS) set.add(TABLES.classify, 505, [atPort, match], {}, cookie)
  if (facts.dhcp) askForAddresses(set, record, atPort)
  if (!record.portSecurity) {
    set.add(TABLES.classify, 395, [atPort], enter)
    add(100, [atPort], toNeighbour)
    // Above what no other port's is heard of.
    add(280, [atPort, is.ipv6(), { field: 'ip_proto', value: PROTOCOL.icmpv6 }], toNeighbour)
    return
  }
  const own: Oxm[] = [atPort, { field: 'eth_src', value: record.mac }]
  set.add(TABLES.classify, 400, own, enter)
  set.add(TABLES.classify, 390, [atPort], {}, FORGED_MAC)
  set.add(TABLES.sender, 1000, [atPort, IS_REFUSED], {}, FORGED_ADDRESS)
  const solicit = (source: bigint): void => add(300, [...own, ...solicitation(source, record.mac)], toNeighbour)
  for (const address of addresses) {
    add(200, [...own, ...from(address)], toDestination)
    if (address.family === 6) {
      solicit(address.value)
      // Announcing its own is not heard either.
      const target: Oxm = { field: 'ipv6_nd_target', value: address.value }
      set.add(table, 260, [...own, ...is.icmpv6(ND.advert), target], {})
      continue
    }
    const value = Number(address.value)
    const arp: Oxm[] = [...own, is.arp(), { field: 'arp_sha', value: record.mac }]
    // Asking for its own address is announcing it; nobody needs to hear that.
    set.add(table, 350, [...own, is.arp(), { field: 'arp_tpa', value }], {})
    add(300, [...arp, { field: 'arp_spa', value }], toNeighbour)
  }
  if (!addresses.some(({ family }) => family === 6)) return
  solicit(linkLocal(record.mac))
  for (const [type, cookie] of UNHEARD) set.add(table, 250, [...own, ...is.icmpv6(type)], {}, cookie ?? facts.cookie)
}

/** What a service sends on is from whom its address says, and looks as if it came from there. */
function sendAgain(set: RowSet, facts: InterfaceFacts): void {
  const { identity, addresses, record } = facts
  const actions = [
    load('reg0', identity),
    { type: 'set_field', field: { field: 'eth_src', value: record.mac } } as const,
  ]
  for (const address of addresses) {
    set.add(TABLES.sender, 300, [facts.inNetwork, ...from(address)], { actions, goto: TABLES.destination })
  }
}

/** What another switch's service sends on comes back to the switch of its sender, for somebody there or on the way. */
function comeBack(set: RowSet, facts: InterfaceFacts, zone: number): void {
  const its: Oxm[] = [FROM_FABRIC, { field: 'eth_src', value: facts.record.mac }]
  const then = { actions: [...sender(facts, zone), setFlag(FLAG.returned)], goto: TABLES.destination }
  for (const type of [is.ipv4(), is.ipv6()]) set.add(TABLES.origin, 310, [...its, type], then)
}

/** With its own source and link-layer address; a probe for its own address needs no row, as silence is the answer. */
function solicitation(source: bigint, mac: number): Oxm[] {
  return [...is.icmpv6(ND.solicit), { field: 'ipv6_src', value: source }, { field: 'ipv6_nd_sll', value: mac }]
}

/** The address that every IPv6 host makes of its MAC (RFC 4291 appendix A). */
export function linkLocal(mac: number): bigint {
  const octets = BigInt(mac)
  const interfaceId = ((octets >> 24n) << 40n) | (0xfffen << 24n) | (octets & 0xff_ffffn)
  return (0xfe80n << 112n) | (interfaceId ^ (1n << 57n))
}

/** Other switches have checked the sender, so its MAC is enough; uplinks bring it only where they connect switches. */
function sendFromElsewhere(set: RowSet, facts: InterfaceFacts, site: Site): void {
  const { carried, world } = site
  if (carried !== undefined && facts.place !== undefined && !bringsIdentity(facts, facts.place, site)) {
    set.addMade(TABLES.origin, BROUGHT, facts.brought, sending(facts, site, carried).toNeighbour)
  }
  if (world) refuseSender(set, facts)
}

/** What comes from the world is of the network of whom it is for. */
function receiveFromWorld(set: RowSet, facts: InterfaceFacts, { zone: own, carried, world, datapathId }: Site): void {
  const { record, network, addresses, place } = facts
  const isHere = place?.datapathId === datapathId
  if (isHere) set.add(TABLES.origin, 300, [{ field: 'eth_src', value: record.mac }], {})
  const zone = isHere ? own : carried
  if (!world || zone === undefined) return
  const actions = [load('reg3', network), load('reg7', zone), ...inDomain(facts), SET_WORLD]
  const then = { actions, goto: TABLES.outside }
  const { origin } = TABLES
  set.add(origin, 100, [{ field: 'eth_dst', value: record.mac }], then)
  for (const { family, value } of addresses) {
    if (family === 4) set.add(origin, 150, [...is.arpRequest(), { field: 'arp_tpa', value: Number(value) }], then)
    else set.add(origin, 150, [...is.icmpv6(ND.solicit), { field: 'ipv6_nd_target', value }], then)
  }
}

function answerNeighbours(set: RowSet, facts: InterfaceFacts): void {
  const { record, addresses } = facts
  const network = facts.inNetwork
  const cookie = cookieOf('neighbour', record.number)
  for (const { family, value } of addresses) {
    if (family === 4) {
      const address = Number(value)
      const match: Oxm[] = [network, ...is.arpRequest(), { field: 'arp_tpa', value: address }]
      set.add(TABLES.neighbour, 100, match, { actions: arpAnswer(record.mac, address) }, cookie)
    } else {
      const match: Oxm[] = [network, ...is.icmpv6(ND.solicit), { field: 'ipv6_nd_target', value }]
      const then = { actions: startOfAdvert(record.mac, value), goto: TABLES.advertise }
      set.add(TABLES.neighbour, 100, match, then, cookie)
    }
  }
}

/** @param way Loads the port where the interface is here, else what finds the way. */
function receive(set: RowSet, facts: InterfaceFacts, world: boolean, way: Action[]): void {
  const { record, identity, received } = facts
  const cookie = cookieOf('destination', record.number)
  const does = instructions({ actions: [load('reg1', identity), ...way], goto: TABLES.connection })
  for (const match of received) set.addMade(TABLES.destination, RECEIVED, match, does, cookie)
  if (!world) return
  const then = { actions: way, goto: TABLES.forward }
  const mine: Oxm[] = [facts.inNetwork, { field: 'eth_dst', value: record.mac }]
  set.add(TABLES.destination, 400, [...mine, ...is.arpReply(), WORLD_FLAG], then, cookie)
  set.add(TABLES.destination, 400, [...mine, ...is.icmpv6(ND.advert), WORLD_FLAG], then, cookie)
}
