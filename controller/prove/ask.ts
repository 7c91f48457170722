/**
 * Those whom tables know one by one: at the table that tells interfaces apart by MAC address or address, each is looked at
 * on its own, as a packet that must get through. It refuses to know what becomes of it.
 */
import { GATEWAY_MAC, isGroupMac, parseAddress } from '../../model/address.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { LINKS_OF_A_CARRIER } from '../policy/interest.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import type { Arrival, Arrivals } from './arrivals.ts'
import type { Facts, Owner } from './facts.ts'
import { aimedAt, exactIn, isMulticast } from './families.ts'
import type { Asked } from './node.ts'
import { copyOf, type Entry, narrow, type Region } from './region.ts'
import type { Hit } from './rows.ts'
import {
  DESTINATION,
  ETH_DST,
  ETH_SRC,
  ETH_TYPE,
  familyOf,
  Gone,
  IP_DST,
  IP_SRC,
  inField,
  NETWORK,
  type Site,
} from './settle.ts'
import { field, isExact, type Test } from './space.ts'
import { labelledFor, unnamedFrom } from './starts.ts'
import type { TableIndex } from './table.ts'

const TCI = field('vlan_tci')
const NW_FRAG = field('nw_frag')
const ICMPV6_TYPE = field('icmpv6_type')
const IP_PROTO = field('ip_proto')
/** Echo requests to a gateway, which have to be answered. */
export const GATEWAY_MUST = ' gateway'
const ECHO = {
  4: { protocol: 1, type: field('icmpv4_type'), code: field('icmpv4_code'), request: 8 },
  6: { protocol: 58, type: ICMPV6_TYPE, code: field('icmpv6_code'), request: 128 },
} as const
/** A sender in the world: a MAC address that no record may have (RFC 7042: documentation). */
export const WORLD_MAC = 0x00005e0053ff

export interface AskedBy {
  /** A part to be looked up. @param whose The interface that it is from or for; the world's has no name. */
  part(region: Region, whose: string, asked: Asked): void
  /** A part that is lost for certain. */
  lost(region: Region, whose: string, why: string): void
  loss(region: Region, why: string): void
}

const FAMILIES = [4, 6] as const

/** Interfaces to go through; undefined: all. */
export type Whose = ReadonlySet<string> | undefined

export class Asker {
  readonly #site: Site
  readonly #facts: Facts
  readonly #to: AskedBy

  constructor(site: Site, to: AskedBy) {
    this.#site = site
    this.#facts = site.facts
    this.#to = to
  }

  /** Whose interfaces the table asks for one by one in a region. */
  asks(region: Region, table: TableIndex): Asked {
    const { ghost, vals } = region
    const { phase, family, entry, said } = ghost
    if (phase === 'sent' && family !== 0 && table.asks(IP_DST[family]) && !isExact(vals[IP_DST[family]])) {
      if (isNeighbourType(vals)) return 'nobody'
      if (!this.#isOnWay(region, table)) return 'receivers'
      // What another switch sends for another network is found by the receiver's MAC address alone.
      const mac = vals[ETH_DST]
      const isOpen = mac === undefined || (typeof mac === 'object' && mac.kind === 'other')
      const isBrought = entry !== 'tenant' && said === '' && ![...ghost.senders.values()].includes(undefined)
      return isBrought && isOpen && table.asksAny([ETH_DST], vals, region) ? 'receivers' : 'nobody'
    }
    if (phase !== 'raw' || said !== '' || (entry !== 'fabric' && entry !== 'uplink')) return 'nobody'
    if (table.asks(ETH_SRC) && vals[ETH_SRC] === undefined) return 'senders'
    return asksWorld(vals, table) ? 'senders' : 'nobody'
  }

  /** Of a domain with a router, one table leads to networks and the next to receivers: whether it is the first. */
  #isOnWay(region: Region, table: TableIndex): boolean {
    const { network, family } = region.ghost
    if (family === 0 || !this.#facts.domains.isRouted(network)) return false
    return !table.asksAny([IP_DST[family]], region.vals, region)
  }

  /** Looks at interfaces that the region may be from or for on their own: each must get through. */
  parts(region: Region, table: TableIndex, asked: Asked, whose: Whose): void {
    if (asked === 'receivers') this.#askReceivers(region, whose, this.#isOnWay(region, table))
    else if (asked === 'senders' && table.asks(ETH_SRC) && region.vals[ETH_SRC] === undefined)
      this.#askSenders(region, whose)
  }

  /** The same for the world. */
  world(region: Region, table: TableIndex, asked: Asked): void {
    if (asked === 'receivers') {
      if (!this.#isOnWay(region, table)) this.#askForWorld(region, table)
    } else if (asked === 'senders' && !(table.asks(ETH_SRC) && region.vals[ETH_SRC] === undefined))
      this.#askWorld(region, table)
  }

  #owners(all: Iterable<Owner>, whose: Whose): Iterable<Owner> {
    return whose === undefined ? all : [...whose].flatMap((name) => this.#facts.owners.get(name) ?? [])
  }

  #askReceivers(region: Region, whose: Whose, isOnWay: boolean): void {
    const { ghost } = region
    const family = ghost.family as 4 | 6
    const { datapath, normal } = this.#site
    const { domains } = this.#facts
    const network = networkOf(region)
    const isToGateway = region.vals[ETH_DST] === GATEWAY_MAC && domains.isRouted(network)
    const isRouting = isToGateway || isOnWay
    const gone = !isRouting && domains.isRouted(network) ? new Gone(region) : undefined
    // What another switch routed has its sender's network, and may be for any of the domain that no row has led on.
    const isWide = isRouting || (ghost.entry === 'fabric' && domains.isRouted(network) && isPlain(this.#facts))
    if (isToGateway && whose === undefined) this.#askGateways(region, network, family)
    const among = isWide ? domains.owners(network) : this.#facts.ownersIn(network)
    for (const owner of this.#owners(among, whose)) {
      const isOne = isWide ? domains.areOne(owner.network, network) : owner.network === network
      if (!isOne || !this.#facts.isReady(owner) || gone?.has(ETH_DST, `${owner.mac}/`)) continue
      const mac: Test = { field: ETH_DST, value: isToGateway ? GATEWAY_MAC : owner.mac, mask: undefined }
      const isHere = owner.place.datapathId === datapath.datapathId
      if (!isHere && !normal && !this.#facts.reaches(datapath.datapathId, owner.place.datapathId)) continue
      for (const address of owner.addresses) {
        if (address.family !== family) continue
        const its: Test = { field: IP_DST[family], value: inField(address), mask: undefined }
        if (!this.#mayBe(region, mac)) {
          if (!isRouting && owner.network !== network) continue
          if (ghost.entry === 'uplink' || (ghost.entry === 'fabric' && isHere && this.#mayBeAnybodys(region)))
            this.#to.lost(aimedAt(region, owner), owner.name, `no packets for ${owner.name} get here`)
          continue
        }
        const part = narrow(region, [mac, its])
        part.ghost = { ...part.ghost, must: owner.name }
        this.#to.part(part, owner.name, 'nobody')
      }
    }
  }

  /** Gateways answer echo requests. */
  #askGateways(region: Region, network: number, family: 4 | 6): void {
    const { protocol, type, code, request } = ECHO[family]
    for (const gateway of this.#facts.domains.gateways(network)) {
      if (gateway.family !== family) continue
      const tests = [
        [IP_DST[family], inField(gateway)],
        [IP_PROTO, protocol],
        [type, request],
        [code, 0],
        [NW_FRAG, 0],
        [TCI, 0],
      ] as const
      const part = narrow(
        region,
        tests.map(([its, value]) => ({ field: its, value, mask: undefined })),
      )
      part.ghost = { ...part.ghost, must: GATEWAY_MUST }
      this.#to.part(part, GATEWAY_MUST, 'nobody')
    }
  }

  #askForWorld(region: Region, table: TableIndex): void {
    const { ghost } = region
    if (region.vals[ETH_DST] === GATEWAY_MAC) return
    const family = ghost.family as 4 | 6
    const { datapath, normal } = this.#site
    for (const identity of this.#facts.worldIdentities) {
      const sample = this.#facts.hasWorld ? this.#facts.worldSample(identity, family, ghost.network) : undefined
      if (sample === undefined || ghost.entry === 'uplink' || [...ghost.senders.values()].includes(undefined)) continue
      if (this.#facts.gatewayOf(datapath) === undefined && !normal) continue
      const part = copyOf(region)
      part.vals[ETH_DST] = WORLD_MAC
      part.vals[IP_DST[family]] = inField(sample)
      part.ghost = { ...part.ghost, must: 'world' }
      this.#lookUpWorld(part, table, identity)
    }
  }

  /** What the world sends, or a link brings with a name, is for anybody here. */
  #mayBeAnybodys({ ghost }: Region): boolean {
    if (ghost.said !== '') return true
    for (const name of ghost.senders.values()) if (name === undefined) return true
    return false
  }

  /** A packet to the world goes on as one for this identity; where it does not, it is lost. */
  #lookUpWorld(region: Region, table: TableIndex, identity: number): void {
    const { hits, misses } = table.lookup(region.vals, region)
    const named = (hit: Hit): boolean =>
      hit.row.next !== undefined &&
      hit.row.effects.some(
        (effect) => effect.do === 'write' && effect.field === DESTINATION && effect.whole === identity,
      )
    if (!misses && hits.every(named)) return
    const part = copyOf(region)
    part.ghost = { ...part.ghost, receivers: new Map([[identity, undefined]]) }
    this.#to.loss(part, 'the world is not found')
  }

  #mayBe(region: Region, test: Test): boolean {
    const val = region.vals[test.field]
    return (
      val === undefined ||
      (isExact(val)
        ? val === test.value
        : val.kind === 'set'
          ? val.set.has(test.value)
          : val.kind !== 'other' || !val.excludes(test.value))
    )
  }

  /** Interfaces of other switches, and everybody in the world, are known by their MAC address or by that of the receiver. */
  #askSenders(region: Region, whose: Whose): void {
    const start = plainOf(region)
    for (const owner of this.#owners(this.#facts.owners.values(), whose)) {
      const part = copyOf(start)
      part.vals[ETH_SRC] = owner.mac
      this.#to.part(part, owner.name, 'senders')
    }
  }

  /** Packets that have to get through from a link or an uplink: of each interface behind it, and of the world to each. */
  *musts(entering: Region, whose: Whose, arrivals: Arrivals): IterableIterator<[string, Region]> {
    const { entry } = entering.ghost
    const { datapath, normal } = this.#site
    const whole = plainOf(entering)
    for (const owner of this.#owners(this.#facts.owners.values(), whose)) {
      const isThere = owner.place !== undefined && owner.place.datapathId !== datapath.datapathId
      const isOurs =
        (entry === 'fabric' &&
          this.#facts.isReady(owner) &&
          this.#facts.reaches(owner.place.datapathId, datapath.datapathId)) ||
        (normal && this.#facts.isReady(owner))
      const hasZone = this.#facts.zone(datapath.datapathId, owner.network) !== undefined
      // What is only carried meets no connection tracking, but on a gateway.
      const isKnown = hasZone || normal || datapath.uplinkPorts.size === 0
      const expected = isThere && isOurs && isKnown && this.#concerns(owner.network)
      const families = new Set(owner.addresses.map((its) => its.family))
      const isFabric = entry === 'fabric' && arrivals.isCarrying
      if (isFabric && this.#facts.isReady(owner) && this.#concerns(owner.network))
        for (const its of labelledFor(this.#site, arrivals, whole, owner)) yield [owner.name, its]
      const starts = !isFabric ? [whole] : isThere ? unnamedStarts(this.#site, arrivals, owner, whole) : []
      for (const start of expected ? starts : []) {
        for (const family of families) {
          const must = copyOf(start)
          must.vals[ETH_SRC] = owner.mac
          must.vals[ETH_TYPE] = family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
          must.ghost = { ...must.ghost, must: owner.name, family }
          yield [owner.name, must]
        }
      }
      if (!hasZone || !this.#facts.isReady(owner) || !this.#comesFromWorld(owner, entry)) continue
      const gateway = isFabric ? this.#facts.gatewayOf(datapath) : undefined
      const start = isFabric
        ? startOf(this.#site, gateway === undefined ? undefined : arrivals.from(gateway), whole)
        : whole
      for (const family of start === undefined ? [] : families) {
        const into = copyOf(start as Region)
        into.vals[ETH_SRC] = WORLD_MAC
        into.vals[ETH_DST] = owner.mac
        into.vals[ETH_TYPE] = family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
        if (family === 6) into.vals[ICMPV6_TYPE] = 128
        into.ghost = { ...into.ghost, must: 'world', family }
        yield [owner.name, into]
      }
    }
  }

  /** Whether packets of the world for an interface come in by such a port. */
  #comesFromWorld({ place }: Owner, entry: Entry): boolean {
    if (entry === 'uplink') return true
    const { datapath, normal } = this.#site
    const gateway = this.#facts.gatewayOf(datapath)
    if (normal || place?.datapathId !== datapath.datapathId || gateway === undefined) return false
    return gateway !== datapath.datapathId && this.#facts.reaches(gateway, datapath.datapathId)
  }

  /** Whether packets of a network have business here: somebody of it is here, or they may pass through. */
  #concerns(network: number): boolean {
    const { fabricPorts, uplinkPorts, datapathId } = this.#site.datapath
    if (fabricPorts.size + uplinkPorts.size >= LINKS_OF_A_CARRIER) return true
    for (const its of this.#facts.domains.owners(network))
      if (this.#facts.isReady(its) && its.place.datapathId === datapathId) return true
    return false
  }

  #askWorld(region: Region, table: TableIndex): void {
    for (const family of [4, 6] as const) {
      if (familyOf(region.vals[ETH_TYPE]) !== family && isExact(region.vals[ETH_TYPE])) continue
      for (const identity of this.#facts.worldIdentities) {
        const sample = this.#facts.worldSample(identity, family, region.vals[NETWORK] as number)
        if (sample === undefined) continue
        const part = copyOf(region)
        part.vals[ETH_TYPE] = family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
        part.vals[IP_SRC[family]] = inField(sample)
        if (family === 6) part.vals[ICMPV6_TYPE] = 128
        part.vals[TCI] = 0
        part.ghost = {
          ...part.ghost,
          must: 'world',
          family,
          network: region.vals[NETWORK] as number,
          senders: new Map([[identity, undefined]]),
        }
        const { hits, misses } = table.lookup(part.vals, part)
        const named = (hit: Hit): boolean =>
          hit.row.next !== undefined &&
          hit.row.effects.some(
            (effect) => effect.do === 'write' && effect.field === field(REGISTERS.source) && effect.whole === identity,
          )
        if (misses || !hits.every(named)) this.#to.loss(part, 'the world is not known as what it is')
      }
    }
  }

  /** The row of one interface as the receiver: it has been looked at. */
  isOneReceiver({ tests }: Hit, region: Region): boolean {
    const { family } = region.ghost
    const network = networkOf(region)
    if (family === 0) return false
    const mac = exactIn(tests, ETH_DST)
    const address = exactIn(tests, IP_DST[family])
    if (mac === undefined || address === undefined) return false
    const isToGateway = mac === GATEWAY_MAC
    const owner = isToGateway ? this.#facts.domains.holder(network, address) : this.#facts.holderOf(network, address)
    return owner !== undefined && (isToGateway || owner.mac === mac) && this.#facts.isReady(owner)
  }

  /** Drops that name a record's address or MAC address, or a group: those whom they concern are looked at apart. */
  isExpectedDrop({ tests }: Hit): boolean {
    for (const test of tests) if (this.#namesSomebody(test)) return true
    return false
  }

  #namesSomebody({ field: its, value, mask }: Test): boolean {
    if (its === ETH_DST || its === ETH_SRC) {
      if (mask === undefined && this.#facts.byMac(Number(value)) !== undefined) return true
      if (its === ETH_DST && value === GATEWAY_MAC) return true
      return isGroupMac(Number(value))
    }
    for (const family of FAMILIES) {
      if (its !== IP_DST[family] && its !== IP_SRC[family]) continue
      if (mask === undefined) {
        for (const network of this.#facts.networks) {
          if (this.#facts.holderOf(network, value) !== undefined) return true
          if (this.#facts.domains.isGateway(network, value)) return true
        }
      }
      return isMulticast(family, BigInt(value))
    }
    return its === ICMPV6_TYPE && Number(value) >= 133 && Number(value) <= 137
  }
}

/** The network that packets are led in. */
function networkOf({ vals, ghost }: Region): number {
  const network = vals[NETWORK]
  return typeof network === 'number' && network !== 0 ? network : ghost.network
}

/** Whole packets without VLAN tag. */
function plainOf(region: Region): Region {
  const part = copyOf(region)
  part.vals[TCI] = 0
  part.vals[NW_FRAG] = 0
  return part
}

/** What an interface sends without its identity, as it comes in by one port. */
function unnamedStarts(site: Site, arrivals: Arrivals, owner: Owner, whole: Region): Region[] {
  const own = arrivals.isNamed(owner) || owner.place === undefined ? undefined : arrivals.from(owner.place.datapathId)
  const out = arrivals.outFrom(owner)
  const isSame = own?.port === out?.port && own?.remote === out?.remote
  return [own, isSame ? undefined : out].flatMap((arrival) => startOf(site, arrival, whole) ?? [])
}

/** What says nothing of its sender, as it comes in; undefined: by another port. */
function startOf(site: Site, arrival: Arrival | undefined, whole: Region): Region | undefined {
  if (arrival?.port !== whole.ghost.port) return undefined
  const remote = arrival.remote === undefined ? undefined : parseAddress(arrival.remote)
  return remote === undefined ? whole : unnamedFrom(site, whole, remote)
}

function asksWorld(vals: Region['vals'], table: TableIndex): boolean {
  return vals[NETWORK] !== 0 && isExact(vals[NETWORK]) && FAMILIES.some((family) => table.tested.has(IP_SRC[family]))
}

function isNeighbourType(vals: Region['vals']): boolean {
  const type = vals[ICMPV6_TYPE]
  return typeof type === 'number' && type >= 133 && type <= 137
}

/** Nothing carries identities from switch to switch: everybody is known by address. */
function isPlain({ state: { observed } }: Facts): boolean {
  for (const { tunnel, carriers } of observed.datapaths.values())
    if (tunnel !== undefined || carriers !== undefined) return false
  return true
}
