/**
 * All packets through one switch at once, table by table: every port's packets as regions, regions that no longer differ
 * united, families of identities taken apart only where a table asks for them. Whatever is not as facts.ts says becomes
 * a doubt. It refuses to know what comes behind a port (prove.ts) and whether a doubt is right (confirm.ts).
 */

import { isGroupMac } from '../../model/address.ts'
import { classOf } from '../policy/compile-switch.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import { type Asked, Asker } from './ask.ts'
import type { Doubt, DoubtKind } from './doubt.ts'
import type { Facts } from './facts.ts'
import { COLLECTED, exactIn, isMulticast, isPlace, isProper, layer4Of, membersOf, placesOf, unite } from './families.ts'
import { Judge } from './judge.ts'
import { Liveness } from './live.ts'
import { isLinkOut, isNeighbourTraffic, type Ports } from './ports.ts'
import { ProbeFinder } from './probes.ts'
import {
  type Above,
  copyOf,
  type Entry,
  entering,
  type Finding,
  ghostAt,
  isTaken,
  keyOf,
  leave,
  narrow,
  protocolIn,
  REG,
  type Region,
} from './region.ts'
import { ETH_DST, ETH_SRC, ETH_TYPE, IP_DST, IP_SRC, inField, type Site, settle, stray } from './settle.ts'
import { field, implies, isExact, type Ref, type Val } from './space.ts'
import type { Hit, TableIndex } from './table.ts'

const TCI = field('vlan_tci')
const ICMPV6_TYPE = field('icmpv6_type')
const NW_FRAG = field('nw_frag')
/** What policy is asked about: kept until it has been asked. */
const TRUTHS = [
  ...['ip_proto', 'nw_frag', 'tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type', 'icmpv6_type'],
  ...['icmpv4_code', 'icmpv6_code', 'ct_mark'],
  ...['ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', REGISTERS.key, REGISTERS.protocol],
].map(field)
/** Rows above that are looked at for whether they take all of what a row takes; of one test each, all are. */
const MOST_WIDE = 24

/** Where packets for a switch, or for the world, leave this one. */
export type Ways = Map<number | 'world', Set<number | 'any'>>

export interface Walked {
  doubts: Doubt[]
  ways: Ways
  regions: number
}

export class SwitchWalk {
  readonly #site: Site
  readonly #facts: Facts
  readonly #tables: ReadonlyMap<number, TableIndex>
  readonly #ports: Ports
  readonly #asker: Asker
  readonly #live: Liveness
  readonly #probes: ProbeFinder
  readonly #judge: Judge
  /** Tables that do nothing, and where they lead. */
  readonly #passages = new Map<number, number>()
  readonly #leftovers = new Map<readonly Hit[], number>()
  readonly #queue = new Map<number, Map<string, Region>>()
  #out: Walked = { doubts: [], ways: new Map(), regions: 0 }
  #at = 0

  constructor(site: Site, tables: ReadonlyMap<number, TableIndex>, noFlood: ReadonlySet<number>) {
    this.#site = site
    this.#facts = site.facts
    this.#tables = tables
    this.#ports = { ...site, noFlood }
    this.#asker = new Asker(site, {
      lookUp: (region, table, asked) => this.#lookUp(region, table, asked),
      loss: (region, why) => this.#loss(region, why),
    })
    this.#live = new Liveness(tables)
    this.#probes = new ProbeFinder(site.facts, tables)
    this.#judge = new Judge(site, this.#probes)
  }

  run(): Walked {
    this.#out = { doubts: [], ways: new Map(), regions: 0 }
    this.#probes.forget()
    this.#passages.clear()
    this.#leftovers.clear()
    for (const [number, { passage }] of this.#tables) if (passage !== undefined) this.#passages.set(number, passage)
    for (const port of this.#portNumbers()) this.#enter(port)
    this.#drain()
    return this.#out
  }

  #portNumbers(): Set<number> {
    const { datapath } = this.#site
    const ports = new Set([...datapath.ports.keys(), ...datapath.fabricPorts, ...datapath.uplinkPorts])
    for (const owner of this.#facts.owners.values()) {
      if (owner.place?.datapathId === datapath.datapathId) ports.add(owner.place.port)
    }
    return ports
  }

  #enter(port: number): void {
    const { datapath } = this.#site
    const owners = this.#facts.ownersAt({ datapathId: datapath.datapathId, port })
    const its = classOf(datapath, port, owners.length > 0)
    const entry: Entry = its === 'unattached' || its === 'none' ? 'idle' : its
    const start = entering(ghostAt(entry, port))
    this.#put(0, start, '')
    for (const owner of owners) {
      if (!this.#facts.isReady(owner)) continue
      for (const address of owner.addresses) {
        const must = copyOf(start)
        must.vals[ETH_SRC] = owner.mac
        must.vals[ETH_TYPE] = address.family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
        must.vals[IP_SRC[address.family]] = inField(address)
        must.vals[TCI] = 0
        must.vals[NW_FRAG] = 0
        must.ghost = { ...must.ghost, must: owner.name, family: address.family }
        this.#put(0, must, `must ${owner.name} ${address.value}`)
      }
    }
  }

  // ---- the queue: tables in order, equal regions united ----

  #put(table: number, region: Region, key: string): void {
    region.table = table
    region.isMute = false
    let its = this.#queue.get(table)
    if (its === undefined) {
      its = new Map()
      this.#queue.set(table, its)
    }
    const live = this.#live.at(table)
    const name = key === '' ? this.#nameOf(region, live) : key
    const known = its.get(name)
    if (known === undefined) its.set(name, region)
    else unite(known, region)
  }

  /** Regions of a protocol that rows above left over are united only where they left over the same. */
  #nameOf(region: Region, live: readonly number[]): string {
    if (region.ghost.phase !== 'aimed') return keyOf(region, live)
    const name = keyOf(region, [...live, ...TRUTHS])
    if (region.above === undefined || isExact(protocolIn(region))) return name
    let id = this.#leftovers.get(region.above.hits)
    if (id === undefined) {
      id = this.#leftovers.size
      this.#leftovers.set(region.above.hits, id)
    }
    return `${name} ${id} ${region.above.count}`
  }

  #drain(): void {
    for (let table = 0; table < 256; table++) {
      const regions = this.#queue.get(table)
      if (regions === undefined) continue
      this.#queue.delete(table)
      this.#at = table
      for (const region of regions.values()) {
        this.#out.regions++
        this.#visit(region)
      }
    }
  }

  /** What leaves a row for another table. */
  #goes(first: number, region: Region): void {
    let table = first
    for (let next = this.#passages.get(table); next !== undefined && next > table; next = this.#passages.get(table)) {
      table = next
    }
    if (table <= this.#at) {
      this.#doubt('unmodelled', `a row leads back to table ${table}`, region)
      return
    }
    if (!this.#tables.has(table)) {
      this.#drop(region)
      return
    }
    const before = region.ghost.phase
    this.#refuseForeignMac(region)
    settle(region, this.#site)
    if (region.ghost.phase === 'stray' && before !== 'stray' && this.#isMust(region) && !region.ghost.neighbour)
      this.#loss(region, region.ghost.why)
    const live = this.#live.at(table)
    this.#forget(region, live)
    if (region.ghost.phase === 'aimed' && !this.#mattersWho(live)) {
      if (this.#judge.isNobody(region)) return
      if (!this.#pass(region)) return
    }
    if (region.ghost.phase !== 'raw' && region.ghost.phase !== 'stray' && region.ghost.must !== '') {
      region.ghost = { ...region.ghost, must: '' }
    }
    this.#put(table, region, '')
  }

  #isMust({ ghost }: Region): boolean {
    return ghost.must !== ''
  }

  /** From a link or an uplink, the MAC address of an interface that cannot be behind it. */
  #refuseForeignMac(region: Region): void {
    const { ghost, vals } = region
    // The answer to a neighbour has the MAC address of whom it is about.
    if (ghost.neighbour || ghost.phase !== 'raw' || (ghost.entry !== 'fabric' && ghost.entry !== 'uplink')) return
    const mac = vals[ETH_SRC]
    const owner = typeof mac === 'number' ? this.#facts.byMac(mac) : undefined
    if (owner === undefined) return
    const isOurs = ghost.entry === 'fabric' || this.#site.normal
    if (isOurs && owner.place?.datapathId !== this.#site.datapath.datapathId) return
    stray(region, `it has the MAC address of ${owner.name}`)
  }

  /** Forgets fields that no longer matter. */
  #forget(region: Region, live: readonly number[]): void {
    const { vals, ghost } = region
    const kept: Val[] = []
    const collects = ghost.entry !== 'tenant' && (ghost.phase === 'raw' || ghost.phase === 'sent')
    if (ghost.phase === 'aimed') {
      for (const its of TRUTHS) {
        const val = vals[its]
        if (val !== undefined) kept[its] = val
      }
    }
    for (const its of live) {
      const val = vals[its]
      if (val === undefined) continue
      kept[its] =
        collects && typeof val !== 'object' && COLLECTED.includes(its) ? { kind: 'set', set: new Set([val]) } : val
    }
    region.vals = kept
  }

  #mattersWho(live: readonly number[]): boolean {
    return [REGISTERS.source, REGISTERS.destination, REGISTERS.key, REGISTERS.protocol].some((its) =>
      live.includes(field(its)),
    )
  }

  /** Judges what goes on where nobody asks any more who it is from and for. @returns Whether it goes on. */
  #pass(region: Region): boolean {
    const { ghost } = region
    const isTransit = ghost.entry !== 'tenant' && ghost.tracking === 'none' && ghost.where !== 'here'
    const why = isTransit ? undefined : this.#judge.whyNot(region)
    if (why !== undefined) {
      if (isTaken(region)) return false
      // It may still be dropped.
      region.ghost = { ...ghost, phase: 'stray', why: why.why, finding: why }
      return true
    }
    const isNew = ghost.tracking === 'new'
    const improper = !isProper(region)
    for (const its of TRUTHS) region.vals[its] = undefined
    region.ghost = {
      ...ghost,
      improper,
      phase: 'passed',
      tracking: isNew ? 'new' : 'none',
      committed: !isNew || ghost.committed,
    }
    region.alias = new Map()
    return true
  }

  // ---- one region at one table ----

  #visit(region: Region): void {
    const table = this.#tables.get(region.table)
    if (table === undefined) {
      this.#drop(region)
      return
    }
    if (region.ghost.phase === 'aimed') {
      const parts = membersOf(this.#facts, region, table)
      if (parts !== undefined) {
        for (const part of parts) this.#visit(part)
        return
      }
      const split = layer4Of(this.#judge, region, table)
      if (split !== undefined) {
        for (const part of split) if (!isTaken(part)) this.#visit(part)
        return
      }
    }
    const macs = region.vals[ETH_DST]
    if (this.#isMust(region) && typeof macs === 'object' && macs.kind === 'set' && table.tested.has(ETH_DST)) {
      for (const mac of macs.set) {
        const part = copyOf(region)
        part.vals[ETH_DST] = mac
        this.#visit(part)
      }
      return
    }
    const place = REG.find((its) => table.tested.has(its) && isPlace(region.vals[its]))
    if (place !== undefined) {
      for (const part of placesOf(region, place)) this.#visit(part)
      return
    }
    const asks = this.#asker.ask(region, table)
    this.#lookUp(region, table, asks)
  }

  /** @param asked Receivers or senders were gone through one by one: rows for them and rows that drop say nothing new. */
  #lookUp(region: Region, table: TableIndex, asked: Asked): void {
    const { hits, misses } = table.lookup(region.vals, region)
    const wide: Hit[] = []
    let above = 0
    let priority = -1
    for (let at = 0; at < hits.length; at++) {
      const hit = hits[at] as Hit
      if (hit.priority !== priority) {
        above = at
        priority = hit.priority
      }
      if (asked === 'receivers' && this.#isOneReceiver(hit, region)) continue
      if (asked !== 'nobody' && hit.row.isDrop && this.#isExpectedDrop(hit)) continue
      const part = narrow(region, hit.tests)
      if (wide.some((other) => other.priority > hit.priority && takes(other, part))) continue
      if (hit.tests.length < 2 || wide.length < MOST_WIDE) wide.push(hit)
      part.above = above === 0 ? region.above : ({ hits, count: above, next: region.above } satisfies Above)
      part.met = { table: region.table, hit, before: region.met }
      if (hit.row.isDrop) {
        this.#drop(part)
        continue
      }
      this.#leave(part, hit)
    }
    if (!misses || asked !== 'nobody') return
    const rest = copyOf(region)
    rest.above = hits.length === 0 ? region.above : { hits, count: hits.length, next: region.above }
    this.#drop(rest)
  }

  #leave(part: Region, hit: Hit): void {
    leave(part, hit.row, {
      goes: (table, region) => this.#goes(table, region === part ? copyOf(region) : region),
      comesOut: (port, region) => this.#comesOut(port, region),
      unknown: (what, region) => {
        if (!isTaken(region)) this.#doubt('unmodelled', what, region)
      },
      zone: (zone, _commit, region) => this.#checkZone(zone, region),
    })
  }

  #checkZone(zone: Val, region: Region): void {
    const { phase, network } = region.ghost
    if (phase !== 'aimed' && phase !== 'sent') return
    if (zone === this.#facts.zone(this.#site.datapath.datapathId, network)) return
    this.#loss(region, 'connections of its network are kept in another zone')
  }

  /** The row of one interface as the receiver: it has been looked at. */
  #isOneReceiver({ tests }: Hit, region: Region): boolean {
    const { family, network } = region.ghost
    if (family === 0) return false
    const mac = exactIn(tests, ETH_DST)
    const address = exactIn(tests, IP_DST[family])
    if (mac === undefined || address === undefined) return false
    const owner = this.#facts.byAddress(network, { family, value: BigInt(address) })
    return owner !== undefined && owner.mac === mac && this.#facts.isReady(owner)
  }

  /** Drops that name a record's address or MAC address, or a group: those whom they concern are looked at apart. */
  #isExpectedDrop({ tests }: Hit): boolean {
    return tests.some(({ field: its, value, mask }) => {
      if (its === ETH_DST || its === ETH_SRC) {
        return mask === undefined
          ? this.#facts.byMac(Number(value)) !== undefined || isGroupMac(Number(value))
          : isGroupMac(Number(value))
      }
      for (const family of [4, 6] as const) {
        if (its !== IP_DST[family] && its !== IP_SRC[family]) continue
        if (mask !== undefined) return isMulticast(family, BigInt(value))
        const owner = [...this.#facts.networks].some(
          (network) => this.#facts.byAddress(network, { family, value: BigInt(value) }) !== undefined,
        )
        return owner || isMulticast(family, BigInt(value))
      }
      return its === ICMPV6_TYPE && Number(value) >= 133 && Number(value) <= 137
    })
  }

  // ---- ends ----

  /** Packets that no row takes further. */
  #drop(region: Region): void {
    const { ghost } = region
    if (ghost.family === 0 && ghost.phase !== 'passed') return
    if (!isProper(region)) return
    switch (ghost.phase) {
      case 'raw':
      case 'stray':
        if (ghost.must !== '' && ghost.phase === 'raw' && !isTaken(region)) this.#loss(region, 'it is dropped')
        return
      case 'sent':
        if (!isTaken(region)) this.#loss(region, 'it is dropped')
        return
      case 'aimed': {
        if (ghost.unasked || ghost.tracking === 'inv' || ghost.tracking === 'rel' || ghost.tracking === 'rel-rpl')
          return
        const lost = this.#judge.whyLost(region)
        if (lost !== undefined && !isTaken(region)) this.#doubt('loss', lost.why, region, lost)
        return
      }
      case 'passed':
        if (!ghost.improper && !isTaken(region)) this.#loss(region, 'it is permitted and has no way')
    }
  }

  #comesOut(port: number | Ref | undefined, region: Region): void {
    if (isTaken(region)) return
    const { datapath } = this.#site
    const { phase, entry, where, places } = region.ghost
    if (phase === 'aimed') {
      if (this.#judge.isNobody(region)) return
      const isTransit = entry !== 'tenant' && region.ghost.tracking === 'none' && where !== 'here'
      const why = isTransit ? undefined : this.#judge.whyNot(region)
      if (why !== undefined) {
        this.#doubt('leak', why.why, region, why)
        return
      }
    }
    if (phase === 'passed' || phase === 'aimed') {
      const { tracking, committed } = region.ghost
      if (tracking === 'new' && !committed && !region.ghost.improper && isProper(region))
        this.#loss(region, 'its connection is not remembered')
      if (where === 'here' && typeof port === 'object' && port.of === 'port') return
      if (where === 'world' && typeof port === 'number' && datapath.uplinkPorts.has(port)) return
      if (typeof port === 'number' && (where === 'away' || where === 'world') && isLinkOut(this.#ports, port, entry)) {
        this.#way(where === 'world' ? ['world'] : [...places], port)
        return
      }
      this.#doubt('leak', `it leaves by port ${portText(port)}, which is not its receiver's`, region)
      return
    }
    if (isNeighbourTraffic(this.#ports, port, region)) return
    const { finding } = region.ghost
    this.#doubt(
      'leak',
      phase === 'stray' ? region.ghost.why : `nobody is known to have sent it, and it leaves by port ${portText(port)}`,
      region,
      finding,
    )
  }

  #way(places: (number | 'world')[], port: number): void {
    for (const place of places) {
      const ports = this.#out.ways.get(place) ?? new Set()
      ports.add(port)
      this.#out.ways.set(place, ports)
    }
  }

  #loss(region: Region, why: string): void {
    this.#doubt('loss', why, region)
  }

  #doubt(kind: DoubtKind, why: string, region: Region, which?: Finding): void {
    const { ghost } = region
    const some = (family: ReadonlyMap<number, string | undefined>, identity: number | undefined) =>
      identity === undefined || !family.has(identity) ? family : new Map([[identity, family.get(identity)]])
    this.#out.doubts.push({
      kind,
      why,
      datapathId: this.#site.datapath.datapathId,
      entry: ghost.entry,
      port: ghost.port,
      tracking: ghost.tracking,
      senders: some(ghost.senders, which?.from),
      receivers: some(ghost.receivers, which?.to),
      must: ghost.must,
      places: ghost.places,
      layer4: which?.layer4,
      vals: region.vals,
      met: region.met,
    })
  }
}

/** Whether a row that comes before takes all of a region. */
function takes({ tests }: Hit, { vals }: Region): boolean {
  return tests.every((test) => implies(vals[test.field], test))
}

function portText(port: number | Ref | undefined): string {
  return typeof port === 'number' ? String(port) : 'that nobody can tell'
}
