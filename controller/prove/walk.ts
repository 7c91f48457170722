/**
 * All packets through one switch at once, table by table: every port's packets as regions, regions that no longer differ
 * united, families of identities taken apart only where a table asks for them. Whatever is not as facts.ts says becomes
 * a doubt (ends.ts). It refuses to know what comes behind a port (prove.ts) and whether a doubt is right (confirm.ts).
 */

import { classOf } from '../policy/compile-switch.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import { Asker } from './ask.ts'
import type { Doubt } from './doubt.ts'
import { Ends } from './ends.ts'
import type { Facts } from './facts.ts'
import { COLLECTED, isPlace, isProper, layer4Of, placesOf } from './families.ts'
import { Judge } from './judge.ts'
import { Liveness, type Matters } from './live.ts'
import { type Asked, type Edge, Level, link, Node, sampleOf, united } from './node.ts'
import { ProbeFinder } from './probes.ts'
import {
  type Above,
  copyOf,
  type Entry,
  entering,
  type Finding,
  ghostAt,
  isTaken,
  type Leaving,
  leave,
  NO_ALIAS,
  NO_PAIRS,
  narrow,
  type Region,
} from './region.ts'
import type { Hit } from './rows.ts'
import { isOneWith } from './same.ts'
import { ETH_DST, ETH_SRC, ETH_TYPE, IP_SRC, inField, type Site, settle, stray } from './settle.ts'
import { field, isExact, type Val } from './space.ts'
import { asksWho, NOWHERE, onesOf, Split, type SplitParts } from './split.ts'
import { type TableIndex, takesAll } from './table.ts'

const TCI = field('vlan_tci')
const NW_FRAG = field('nw_frag')
/** Who sent what, and for whom it is. */
const WHO = [REGISTERS.source, REGISTERS.destination, REGISTERS.key, REGISTERS.protocol].map(field)
/** What policy is asked about: kept until it has been asked. */
const TRUTHS = [
  ...['ip_proto', 'nw_frag', 'tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type', 'icmpv6_type'],
  ...['icmpv4_code', 'icmpv6_code', 'ct_mark'],
  ...['ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', REGISTERS.key, REGISTERS.protocol],
].map(field)
/** Rows above that are looked at for whether they take all of what a row takes; of one test each, all are. */
const MOST_WIDE = 24

/** Where packets for a switch, or for the world, leave this one. */
export type Ways = Map<number | 'world', Set<number>>

export interface Walked {
  doubts: Doubt[]
  ways: Ways
  regions: number
}

/** A port, and what its own packets find and lead to until the registers say who sent them. */
interface Root {
  readonly node: Node
  /** Tables that its own packets come to. */
  readonly tables: number[]
  regions: number
}

export class SwitchWalk {
  readonly #site: Site
  readonly #facts: Facts
  readonly #tables: ReadonlyMap<number, TableIndex>
  readonly #asker: Asker
  readonly #live: Liveness
  readonly #probes: ProbeFinder
  readonly #judge: Judge
  readonly #ends: Ends
  /** Tables that do nothing, and where they lead. */
  readonly #passages = new Map<number, number>()
  readonly #levels = new Map<number, Level>()
  readonly #roots = new Map<number, Root>()
  /** The port whose own packets are being looked at, and where they have come to. */
  #root: Root | undefined
  #own: Node[] = []
  /** What is being looked at. */
  #node = new Node(-1, entering(ghostAt('idle', 0)), undefined, undefined)
  readonly #leaving: Leaving
  readonly #splitting: SplitParts = { part: (region, whose) => this.#part(region, whose) }

  constructor(site: Site, tables: ReadonlyMap<number, TableIndex>, noFlood: ReadonlySet<number>) {
    this.#site = site
    this.#facts = site.facts
    this.#tables = tables
    this.#asker = new Asker(site, {
      part: (region, whose, asked) => this.#part(region, whose, asked),
      loss: (region, why) => this.#ends.loss(this.#node, region, why),
    })
    this.#live = new Liveness(tables, TRUTHS, WHO)
    this.#probes = new ProbeFinder(site.facts, tables)
    this.#judge = new Judge(site, this.#probes)
    this.#ends = new Ends({ ...site, noFlood }, this.#judge)
    this.#leaving = {
      goes: (table, region) => this.#goes(table, region),
      comesOut: (port, region) => this.#ends.comesOut(this.#node, port, region),
      unknown: (what, region) => {
        if (!isTaken(region)) this.#ends.doubt(this.#node, 'unmodelled', what, region)
      },
      zone: (zone, _commit, region) => this.#checkZone(zone, region),
    }
  }

  run(): Walked {
    this.#live.compute()
    for (const [number, { passage }] of this.#tables) if (passage !== undefined) this.#passages.set(number, passage)
    for (const port of this.#portNumbers()) this.#enter(port)
    for (let table = 0; table < 256; table++) {
      // Parts of a node come up while it is looked at.
      for (const node of this.#levels.get(table)?.nodes ?? []) this.#visit(node)
    }
    return this.#walked()
  }

  #walked(): Walked {
    const doubts: Doubt[] = []
    const ways: Ways = new Map()
    let regions = 0
    const add = (node: Node): void => {
      if (node.doubts.length > 0) doubts.push(...node.doubts)
      for (const { place, port } of node.ways) {
        const ports = ways.get(place)
        if (ports === undefined) ways.set(place, new Set([port]))
        else ports.add(port)
      }
    }
    for (const root of this.#roots.values()) {
      regions += root.regions
      add(root.node)
    }
    for (const { nodes } of this.#levels.values()) {
      regions += nodes.size
      for (const node of nodes) add(node)
    }
    return { doubts, ways, regions }
  }

  // ---- where packets come in ----

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
    const root: Root = { node: new Node(-1, start, undefined, undefined), tables: [], regions: 0 }
    this.#roots.set(port, root)
    this.#root = root
    this.#node = root.node
    this.#put(0, copyOf(start))
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
        this.#put(0, must)
      }
    }
    if (entry === 'fabric' || entry === 'uplink') for (const must of this.#asker.musts(start)) this.#put(0, must)
    this.#sweep(root)
  }

  /** Packets that nobody has been found to have sent are their port's own: they are looked at at once. */
  #sweep(root: Root): void {
    for (let table = 0; this.#own.length > 0; table++) {
      for (let at = 0; at < this.#own.length; at++) {
        const node = this.#own[at] as Node
        if (node.table !== table) continue
        root.regions++
        if (!root.tables.includes(table)) root.tables.push(table)
        this.#visit(node)
      }
      this.#own = this.#own.filter((node) => node.table > table)
    }
    this.#root = undefined
  }

  // ---- from node to node ----

  #put(table: number, region: Region): void {
    region.table = table
    region.isMute = false
    const { entry, phase } = region.ghost
    if (
      this.#root !== undefined &&
      (phase === 'raw' || phase === 'stray') &&
      (entry === 'tenant' || entry === 'idle')
    ) {
      this.#putOwn(table, region, this.#root)
      return
    }
    const edge: Edge = { to: this.#level(table).at(region), region }
    this.#node.outs.push(edge)
    link(edge)
  }

  /** What a port's own nodes find and lead to counts as the port's. */
  #putOwn(table: number, region: Region, { node: { outs, doubts, ways } }: Root): void {
    const { live } = this.#live.at(table)
    let to = this.#own.find((node) => node.table === table && isOneWith(sampleOf(node), region, live))
    if (to === undefined) {
      to = new Node(table, region, undefined, undefined)
      to.outs = outs
      to.doubts = doubts
      to.ways = ways
      this.#own.push(to)
    }
    link({ to, region })
  }

  #level(table: number): Level {
    let level = this.#levels.get(table)
    if (level === undefined) {
      const { live, asked } = this.#live.at(table)
      level = new Level(live, asked)
      this.#levels.set(table, level)
    }
    return level
  }

  /** A part of what is being looked at, which the table asks for. */
  #part(region: Region, whose: string | number, asked?: Asked): void {
    const node = this.#node
    const part = new Node(node.table, region, node, asked)
    if (this.#root !== undefined) {
      part.outs = node.outs
      part.doubts = node.doubts
      part.ways = node.ways
      this.#own.push(part)
      return
    }
    node.parts ??= new Map()
    const its = node.parts.get(whose)
    if (its === undefined) node.parts.set(whose, [part])
    else its.push(part)
    this.#level(node.table).nodes.add(part)
  }

  /** What leaves a row for another table. */
  #goes(first: number, region: Region): void {
    let table = first
    for (let next = this.#passages.get(table); next !== undefined && next > table; next = this.#passages.get(table)) {
      table = next
    }
    const node = this.#node
    if (table <= node.table) {
      this.#ends.doubt(node, 'unmodelled', `a row leads back to table ${table}`, region)
      return
    }
    if (!this.#tables.has(table)) {
      this.#ends.drop(node, region)
      return
    }
    this.#goesOn(table, region)
  }

  #goesOn(table: number, region: Region): void {
    const node = this.#node
    const before = region.ghost.phase
    this.#refuseForeignMac(region)
    settle(region, this.#site)
    if (region.ghost.phase === 'stray' && before !== 'stray' && isMust(region) && !region.ghost.neighbour)
      this.#ends.loss(node, region, region.ghost.why)
    const matters = this.#live.at(table)
    forget(region, matters)
    if (region.ghost.phase === 'aimed' && !matters.who) {
      if (this.#judge.isNobody(region)) return
      const why = this.#whyNot(region)
      if (why !== undefined && region.ghost.pairs !== undefined) {
        for (const one of onesOf(region)) this.#goesOn(table, one)
        return
      }
      if (!this.#pass(region, why)) return
    }
    const { phase, must } = region.ghost
    if (must !== '' && phase !== 'raw' && phase !== 'stray') {
      // Its sender has been found: from here on it is among all that he sends.
      if (before === 'raw' && phase === 'sent') return
      region.ghost = { ...region.ghost, must: '' }
    }
    this.#put(table, region)
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

  /** Judges what goes on where nobody asks any more who it is from and for. @returns Whether it goes on. */
  #pass(region: Region, why: Finding | undefined): boolean {
    const { ghost } = region
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
      pairs: undefined,
      phase: 'passed',
      tracking: isNew ? 'new' : 'none',
      committed: !isNew || ghost.committed,
    }
    region.alias = NO_ALIAS
    return true
  }

  #whyNot(region: Region): Finding | undefined {
    const { entry, tracking, where } = region.ghost
    const isTransit = entry !== 'tenant' && tracking === 'none' && where !== 'here'
    return isTransit ? undefined : this.#judge.whyNot(region)
  }

  // ---- one region at one table ----

  #visit(node: Node): void {
    this.#node = node
    const table = this.#tables.get(node.table)
    const region = node.parent === undefined ? united(node, COLLECTED) : node.region
    if (region === undefined) return
    node.region = region
    if (table === undefined) {
      this.#ends.drop(node, region)
      return
    }
    if (node.asked === undefined && this.#takeApart(region, table)) return
    const asked = node.asked ?? this.#asker.ask(region, table)
    node.isLookedUp = true
    this.#lookUp(region, table, asked)
  }

  /** Takes a region apart where the table asks for more than it says. @returns Whether it did. */
  #takeApart(region: Region, table: TableIndex): boolean {
    if (region.ghost.phase === 'aimed') {
      if (asksWho(region, table)) {
        this.#split(new Split(this.#facts, region, table), region)
        return true
      }
      const split = layer4Of(this.#judge, region, table)
      if (split !== undefined) {
        for (const part of split) if (!isTaken(part)) this.#part(part, '')
        return true
      }
    }
    const macs = region.vals[ETH_DST]
    if (isMust(region) && typeof macs === 'object' && macs.kind === 'set' && table.tested.has(ETH_DST)) {
      for (const mac of macs.set) {
        const part = copyOf(region)
        part.vals[ETH_DST] = mac
        this.#part(part, '')
      }
      return true
    }
    if (region.ghost.places.size === 0) return false
    const place = table.registers.find((its) => isPlace(region.vals[its]))
    if (place === undefined) return false
    for (const part of placesOf(region, place)) this.#part(part, '')
    return true
  }

  #split(split: Split, region: Region): void {
    split.all(this.#splitting)
    for (const [table, pairs] of split.groups) {
      const part = copyOf(region)
      part.ghost = { ...part.ghost, pairs, except: NO_PAIRS }
      if (table === NOWHERE) this.#ends.drop(this.#node, part)
      else this.#goes(table, part)
    }
  }

  /** @param asked Receivers or senders were gone through one by one: rows for them and rows that drop say nothing new. */
  #lookUp(region: Region, table: TableIndex, asked: Asked): void {
    const node = this.#node
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
      if (asked === 'receivers' && this.#asker.isOneReceiver(hit, region)) continue
      if (asked !== 'nobody' && hit.row.isDrop && this.#asker.isExpectedDrop(hit)) continue
      const part = narrow(region, hit.tests)
      if (isCovered(wide, hit, part)) continue
      if (hit.tests.length < 2 || wide.length < MOST_WIDE) wide.push(hit)
      part.above = above === 0 ? region.above : ({ hits, count: above, next: region.above } satisfies Above)
      part.met = { table: node.table, hit, before: region.met }
      if (hit.row.isDrop) this.#ends.drop(node, part)
      else leave(part, hit.row, this.#leaving)
    }
    if (!misses || asked !== 'nobody') return
    const rest = copyOf(region)
    rest.above = hits.length === 0 ? region.above : { hits, count: hits.length, next: region.above }
    this.#ends.drop(node, rest)
  }

  #checkZone(zone: Val, region: Region): void {
    const { phase, network } = region.ghost
    if (phase !== 'aimed' && phase !== 'sent') return
    if (zone === this.#facts.zone(this.#site.datapath.datapathId, network)) return
    this.#ends.loss(this.#node, region, 'connections of its network are kept in another zone')
  }
}

function isMust({ ghost }: Region): boolean {
  return ghost.must !== ''
}

/** Forgets fields that no longer matter, and keeps receivers of packets from links as sets. */
function forget(region: Region, { isLive, isAsked }: Matters): void {
  const { vals, ghost } = region
  const keeps = ghost.phase === 'aimed' ? isAsked : isLive
  let count = Math.min(vals.length, keeps.length)
  while (count > 0 && (keeps[count - 1] === 0 || vals[count - 1] === undefined)) count--
  const kept: Val[] = new Array(count)
  for (let its = 0; its < count; its++) kept[its] = keeps[its] === 1 ? vals[its] : undefined
  region.vals = kept
  if (ghost.entry === 'tenant' || (ghost.phase !== 'raw' && ghost.phase !== 'sent')) return
  for (const its of COLLECTED) {
    const val = kept[its]
    if (isExact(val)) kept[its] = { kind: 'set', set: new Set([val]) }
  }
}

/** Whether a row that comes before takes all of a region. */
function isCovered(wide: readonly Hit[], { priority }: Hit, { vals }: Region): boolean {
  for (const other of wide) if (other.priority > priority && takesAll(other.tests, vals)) return true
  return false
}
