/**
 * What is true of a region when it goes from one table to the next: whether the registers name its sender and its
 * receiver truly. A region that they name truly is known by these names from then on; of any other nothing may come.
 * It refuses to know table numbers: it reads the registers that pipeline.ts declares.
 */
import { type Address, type Family, GATEWAY_MAC } from '../../model/address.ts'
import { linkLocal } from '../policy/compile-interface.ts'
import { ETHERTYPE, ND } from '../policy/fields.ts'
import { ELSEWHERE, REGISTERS } from '../policy/pipeline.ts'
import type { DatapathView } from '../policy/state.ts'
import type { Facts, Owner } from './facts.ts'
import type { Region } from './region.ts'
import type { Hit } from './rows.ts'
import { type Exact, field, implies, isExact, known, PLACE, PORT, RECEIVER, SENDER, type Val } from './space.ts'

export const SOURCE = field(REGISTERS.source)
export const DESTINATION = field(REGISTERS.destination)
export const NETWORK = field(REGISTERS.network)
export const OUT_PORT = field(REGISTERS.port)
export const WAY = field(REGISTERS.place)
export const ETH_SRC = field('eth_src')
export const ETH_DST = field('eth_dst')
export const ETH_TYPE = field('eth_type')
export const IP_SRC = { 4: field('ipv4_src'), 6: field('ipv6_src') } as const
export const IP_DST = { 4: field('ipv4_dst'), 6: field('ipv6_dst') } as const
const ARP_SPA = field('arp_spa')
const ARP_SHA = field('arp_sha')
const ICMPV6_TYPE = field('icmpv6_type')

const NO_PLACES: ReadonlySet<number> = new Set()

export interface Site {
  readonly facts: Facts
  readonly datapath: DatapathView
  readonly normal: boolean
}

export function familyOf(val: Val): 4 | 6 | 0 {
  return val === ETHERTYPE.ipv4 ? 4 : val === ETHERTYPE.ipv6 ? 6 : 0
}

/** An address as a field holds it. */
export function inField({ family, value }: Address): Exact {
  return family === 4 ? Number(value) : value
}

/** Brings what is known of a region's ends up to date. Changes the region. */
export function settle(region: Region, site: Site): void {
  refuseForeignMac(region, site)
  const family = familyOf(region.vals[ETH_TYPE])
  if (family !== region.ghost.family && family !== 0) region.ghost = { ...region.ghost, family }
  const type = region.vals[ICMPV6_TYPE]
  const isDiscovery = typeof type === 'number' && type >= ND.routerSolicit && type <= ND.redirect
  if (isDiscovery || region.vals[ETH_TYPE] === ETHERTYPE.arp) {
    if (!region.ghost.neighbour) region.ghost = { ...region.ghost, neighbour: true }
  }
  if (region.ghost.phase === 'raw') {
    identify(region, site)
    forgetSource(region)
  }
  if (region.ghost.phase === 'raw' && isOfLinks(region)) carry(region, site)
  if (region.ghost.phase === 'sent' || (region.ghost.phase === 'raw' && region.ghost.neighbour)) aim(region, site)
}

/** Of whom it is, is known: what the header says of it is the same for all that he sends. */
function forgetSource({ ghost: { phase, neighbour }, vals }: Region): void {
  if (phase === 'sent' && !neighbour) for (const its of [ETH_SRC, IP_SRC[4], IP_SRC[6]]) vals[its] = undefined
}

/** From a link or an uplink, the MAC address of an interface that cannot be behind it. */
function refuseForeignMac(region: Region, { facts, datapath, normal }: Site): void {
  const { ghost, vals } = region
  // The answer to a neighbour has the MAC address of whom it is about.
  if (ghost.neighbour || ghost.phase !== 'raw' || (ghost.entry !== 'fabric' && ghost.entry !== 'uplink')) return
  const mac = vals[ETH_SRC]
  if (mac === GATEWAY_MAC && ghost.said === '' && facts.domains.isRouted(vals[NETWORK]))
    stray(region, 'it has the MAC address of gateways')
  const owner = typeof mac === 'number' ? facts.byMac(mac) : undefined
  if (owner === undefined) return
  const isOurs = ghost.entry === 'fabric' || normal
  if (isOurs && owner.place?.datapathId !== datapath.datapathId) return
  stray(region, `it has the MAC address of ${owner.name}`)
}

function stray(region: Region, why: string): void {
  region.ghost = { ...region.ghost, phase: 'stray', why }
}

function identify(region: Region, site: Site): void {
  const { vals, ghost } = region
  const source = vals[SOURCE]
  if (source === 0 || source === undefined) return
  if (ghost.said !== '') {
    // By whom a tunnel, a label or a tag names, and of which network, its switch was held to.
    const isNamed = typeof source === 'object' && source.kind === 'ref' && source.of === 'sender'
    if (!isNamed) stray(region, 'it names another sender than what brought it')
    else if (vals[NETWORK] !== ghost.network) stray(region, 'it is of another network')
    else region.ghost = { ...ghost, phase: 'sent' }
    return
  }
  if (ghost.entry === 'tenant') {
    const owners = site.facts.ownersAt({ datapathId: site.datapath.datapathId, port: ghost.port })
    const owner = owners.find((its) => isFrom(region, its))
    const isForged = vals[ETH_SRC] === GATEWAY_MAC && owner !== undefined && site.facts.domains.isRouted(owner.network)
    if (isForged) stray(region, 'it has the MAC address of gateways')
    else if (owner === undefined) stray(region, 'it names a sender that its port does not own')
    else named(region, owner)
    return
  }
  // Who in the world speaks of neighbours does not matter: whom it is for is looked at.
  if (ghost.neighbour) return
  if (ghost.entry === 'idle') {
    stray(region, 'it comes from a port without an interface')
    return
  }
  const mac = vals[ETH_SRC]
  const owner = typeof mac === 'number' ? site.facts.byMac(mac) : undefined
  if (owner !== undefined) {
    const isOurs = ghost.entry === 'fabric' || site.normal
    const isThere = owner.place !== undefined && owner.place.datapathId !== site.datapath.datapathId
    if (isOurs && isThere) named(region, owner)
    else stray(region, 'it names an interface that is not there')
    return
  }
  if (typeof source === 'number' && isOfWorld(region, site, source, 'src')) {
    region.ghost = {
      ...ghost,
      phase: 'sent',
      network: region.vals[NETWORK] as number,
      senders: new Map([[source, undefined]]),
    }
    vals[SOURCE] = SENDER
  } else stray(region, 'it names a sender of the world that is another')
}

function named(region: Region, owner: Owner): void {
  const { vals, ghost } = region
  if (vals[SOURCE] !== owner.identity || vals[NETWORK] !== owner.network) {
    stray(region, `it is not what ${owner.name} is`)
    return
  }
  region.ghost = { ...ghost, phase: 'sent', network: owner.network, senders: new Map([[owner.identity, owner.name]]) }
  vals[SOURCE] = SENDER
}

/** Whether the header says so, too. */
function isFrom({ vals, ghost }: Region, owner: Owner): boolean {
  if (owner.isOpen) return true
  if (vals[ETH_SRC] !== owner.mac) return false
  const owns = (family: Family, value: Val): boolean =>
    isExact(value) && owner.addresses.some((its) => its.family === family && inField(its) === value)
  if (ghost.family === 4) return owns(4, vals[IP_SRC[4]])
  if (ghost.family === 6) {
    const value = vals[IP_SRC[6]]
    return owns(6, value) || (value === linkLocal(owner.mac) && vals[ICMPV6_TYPE] === ND.solicit)
  }
  return vals[ETH_TYPE] === ETHERTYPE.arp && owns(4, vals[ARP_SPA]) && vals[ARP_SHA] === owner.mac
}

/**
 * Whether every packet of a region has an end in the world that this identity stands for. The rows above took the
 * addresses of records and of longer prefixes away.
 */
function isOfWorld(region: Region, { facts }: Site, identity: number, end: 'src' | 'dst'): boolean {
  const { ghost, vals } = region
  const { family } = ghost
  const network = vals[NETWORK]
  if (!facts.isWorld(identity) || family === 0 || typeof network !== 'number' || network === 0) return false
  const its = (end === 'src' ? IP_SRC : IP_DST)[family]
  const prefix = facts.prefixOf(identity)
  const width = family === 4 ? 32n : 128n
  const { value, mask } = known(its, vals[its])
  if (prefix !== undefined) {
    const wanted = ((1n << BigInt(prefix.length)) - 1n) << (width - BigInt(prefix.length))
    if (prefix.family !== family || (mask & wanted) !== wanted || (value & wanted) !== prefix.value) return false
  }
  const gone = new Gone(region)
  for (const { value: inner, length } of facts.prefixesWithin(prefix, family)) {
    const its2 = ((1n << BigInt(length)) - 1n) << (width - BigInt(length))
    if ((inner & mask & its2) !== (value & mask & its2)) continue
    if (!gone.has(its, `${inner}/${its2 === (1n << width) - 1n ? '' : its2}`)) return false
  }
  const isLeft = (address: Address): boolean =>
    address.family === family && (address.value & mask) === value && !gone.has(its, `${address.value}/`)
  for (const gateway of facts.domains.keptGateways(network)) if (isLeft(gateway)) return false
  for (const owner of facts.domains.owners(network)) if (owner.addresses.some(isLeft)) return false
  return end === 'src' || facts.state.backend === 'normal' || everyMacIsGone(region, facts, gone)
}

/** No interface's MAC address is a way to the world, nor is a gateway's. */
function everyMacIsGone(region: Region, facts: Facts, gone: Gone): boolean {
  const mac = region.vals[ETH_DST]
  const hasGateway = facts.domains.isRouted(region.vals[NETWORK])
  if (typeof mac === 'number') return facts.byMac(mac) === undefined && !(hasGateway && mac === GATEWAY_MAC)
  const isOut = (its: number): boolean =>
    typeof mac === 'object' && (mac.kind === 'other' ? mac.excludes(its) : mac.kind === 'set' && !mac.set.has(its))
  if (hasGateway && !isOut(GATEWAY_MAC) && !gone.has(ETH_DST, `${GATEWAY_MAC}/`)) return false
  for (const owner of facts.owners.values()) if (!isOut(owner.mac) && !gone.has(ETH_DST, `${owner.mac}/`)) return false
  return true
}

/** It is for interfaces alone, and rows above took all that is for each of them. */
function isOfNobody(region: Region, { facts }: Site): boolean {
  const mac = region.vals[ETH_DST]
  if (typeof mac !== 'object' || mac.kind !== 'set') return false
  const gone = new Gone(region)
  for (const one of mac.set) if (facts.byMac(Number(one)) === undefined || !gone.has(ETH_DST, `${one}/`)) return false
  return true
}

/** What rows above took from a region by one field alone, given what is known of the others. */
export class Gone {
  readonly #taken = new Map<number, Set<string>>()

  constructor(region: Region) {
    for (let node = region.above; node !== undefined; node = node.next) {
      for (let at = 0; at < node.count; at++) {
        const { tests } = node.hits[at] as Hit
        const open = tests.filter((test) => !implies(region.vals[test.field], test, region))
        const [only] = open
        if (open.length !== 1 || only === undefined) continue
        const its = this.#taken.get(only.field) ?? new Set()
        its.add(`${only.value}/${only.mask ?? ''}`)
        this.#taken.set(only.field, its)
      }
    }
  }

  has(its: number, text: string): boolean {
    return this.#taken.get(its)?.has(text) === true
  }
}

const isUnset = (val: Val): boolean => val === 0 || val === undefined

function aim(region: Region, site: Site): void {
  const { vals, ghost } = region
  const identity = vals[DESTINATION]
  const port = vals[OUT_PORT]
  const way = vals[WAY]
  if (isUnset(identity) && isUnset(port) && isUnset(way)) return
  if (ghost.neighbour) {
    const mac = vals[ETH_DST]
    const asked = typeof mac === 'number' ? site.facts.byMac(mac) : undefined
    if (ghost.where !== 'nowhere') return
    if (asked === undefined || !isWayTo(asked, site, port, way)) stray(region, 'it is an answer for somebody else')
    else region.ghost = { ...ghost, where: asked.place?.datapathId === site.datapath.datapathId ? 'here' : 'away' }
    return
  }
  const owner = receiverOf(region, site.facts)
  if (owner !== undefined && identity === owner.identity && isWayTo(owner, site, port, way)) {
    const { place } = owner as Owner & { place: NonNullable<Owner['place']> }
    const isHere = place.datapathId === site.datapath.datapathId
    const number = site.facts.switchNumber(place.datapathId)
    vals[DESTINATION] = RECEIVER
    if (isHere) vals[OUT_PORT] = PORT
    else if (!site.normal) vals[WAY] = PLACE
    const receivers = new Map([[owner.identity, owner.name]])
    const places = isHere || number === undefined ? NO_PLACES : new Set([number])
    const { network } = owner
    const routed = network !== ghost.network
    region.ghost = { ...ghost, phase: 'aimed', network, routed, receivers, places, where: isHere ? 'here' : 'away' }
    return
  }
  const out = isExact(port) && isExact(way) && isWayOut(site, port, way)
  if (out && typeof identity === 'number' && isOfWorld(region, site, identity, 'dst')) {
    vals[DESTINATION] = RECEIVER
    const isAny = isToGateway(region, site) && !isOfNobody(region, site)
    const receivers = new Map(isAny ? [[identity, undefined]] : [])
    region.ghost = { ...ghost, phase: 'aimed', receivers, where: 'world' }
    return
  }
  stray(region, owner === undefined ? 'it is for nobody that it names' : `it is not on its way to ${owner.name}`)
}

/**
 * Whether there are packets for the world in a region: they say nothing of their sender, and tunnels bring them, and
 * questions for neighbours there, to the switch that leads to the world and to no other (exits.ts).
 */
export function isToGateway({ ghost }: Region, { facts, datapath }: Site): boolean {
  if (ghost.said !== '') return false
  return ghost.port !== datapath.tunnel?.port || facts.gatewayOf(datapath) === datapath.datapathId
}

function isOfLinks({ ghost: { said } }: Region): boolean {
  return said === 'mpls' || said === 'vlan'
}

/** What a link brings for an interface elsewhere goes on as it is. */
function carry(region: Region, site: Site): void {
  const { vals, ghost } = region
  const [port, way] = [vals[OUT_PORT], vals[WAY]]
  if (isUnset(port) && isUnset(way)) return
  const mac = vals[ETH_DST]
  const macs = typeof mac === 'object' && mac.kind === 'set' ? mac.set : isExact(mac) ? [mac] : []
  const receivers = new Map<number, string>()
  const places = new Set<number>()
  for (const one of macs) {
    const owner = site.facts.byMac(Number(one))
    const number = owner?.place && site.facts.switchNumber(owner.place.datapathId)
    if (owner === undefined || number === undefined || !isWayTo(owner, site, port, way)) {
      stray(region, 'it is for nobody that it names')
      return
    }
    receivers.set(owner.identity, owner.name)
    places.add(number)
  }
  vals[WAY] = PLACE
  region.ghost = { ...ghost, phase: 'aimed', receivers, places, where: 'away' }
}

/** Whom the header is for. */
function receiverOf({ vals, ghost }: Region, facts: Facts): Owner | undefined {
  const { family, network } = ghost
  if (family === 0) return undefined
  const value = vals[IP_DST[family]]
  if (!isExact(value)) return undefined
  const owner = facts.domains.holder(network, value)
  if (owner === undefined || !facts.isReady(owner) || vals[ETH_DST] !== owner.mac) return undefined
  // Nothing is routed that names its sender where it comes in, or that the world sends.
  const isBrought = ghost.said !== '' || [...ghost.senders.values()].includes(undefined)
  return owner.network === network || !isBrought ? owner : undefined
}

export function isWayTo({ place }: Owner, { facts, datapath, normal }: Site, port: Val, way: Val): boolean {
  if (place === undefined) return false
  if (place.datapathId === datapath.datapathId) return port === place.port && way === 0
  return port === 0 && way === (normal ? ELSEWHERE : facts.switchNumber(place.datapathId))
}

function isWayOut({ facts, datapath, normal }: Site, port: Exact, way: Exact): boolean {
  if (normal) return port === 0 && way === ELSEWHERE
  const gateway = facts.gatewayOf(datapath)
  if (gateway === undefined) return false
  if (gateway === datapath.datapathId) return datapath.uplinkPorts.has(Number(port)) && way === 0
  return port === 0 && way === facts.switchNumber(gateway)
}
