/**
 * All packets through one switch at once, table by table: every port's packets as regions, regions that no longer differ
 * united, families of identities taken apart only where a table asks for them. Whatever is not as facts.ts says becomes
 * a doubt (ends.ts). It refuses to know what comes behind a port (prove.ts) and whether a doubt is right (confirm.ts).
 */

import { apart } from './apart.ts'
import { Arrivals } from './arrivals.ts'
import { Asker } from './ask.ts'
import type { Doubt } from './doubt.ts'
import { type Leaving, leave } from './effects.ts'
import { Ends } from './ends.ts'
import { type Entering, Entries, type Root } from './entries.ts'
import { AT_EXITS, NAMED_IN, TUN_DST, TUNNEL_ID } from './exits.ts'
import type { Facts, FactsChange } from './facts.ts'
import { COLLECTED, isProper } from './families.ts'
import { Graph, type Todo } from './graph.ts'
import { Judge } from './judge.ts'
import { Liveness, TRUTHS } from './live.ts'
import { markMoved, markRow } from './marks.ts'
import { type Asked, type Left, Level, link, Node, sampleOf, united } from './node.ts'
import type { Ports } from './ports.ts'
import { ProbeFinder } from './probes.ts'
import {
  type Above,
  copyOf,
  entering,
  type Finding,
  ghostAt,
  isTaken,
  NO_ALIAS,
  NO_PAIRS,
  narrow,
  type Region,
} from './region.ts'
import type { Hit, Row } from './rows.ts'
import { isOneWith } from './same.ts'
import { DESTINATION, SOURCE, settle } from './settle.ts'
import type { Val } from './space.ts'
import { asksWho, NOWHERE, onesOf, Split, type SplitParts } from './split.ts'
import type { TableIndex } from './table.ts'
import { areSame, forget, isCovered, isMust, isTransit, isUnpromised, shapeOf } from './walking.ts'

/** What nobody looks at any more of what stays here. */
const OF_ENDS = [SOURCE, DESTINATION, TUNNEL_ID, ...Object.values(NAMED_IN), ...Object.values(TUN_DST)]
/** Rows above that are looked at for whether they take all of what a row takes; of one test each, all are. */
const MOST_WIDE = 24
/** Rows of which each is remembered what came of it. */
const MANY = 64

/** Where packets for a switch, or for the world, leave this one. */
export type Ways = Map<number | 'world', Set<number>>

export interface Walked {
  doubts: Doubt[]
  ways: Ways
  regions: number
}

/** What is another than at the last walk. */
export interface WalkChange {
  /** Rows that came or went. */
  readonly rows: readonly { readonly table: number; readonly row: Row }[]
  /** Ports that came, went or changed. */
  readonly ports: Iterable<number>
  readonly facts: FactsChange
}

export class SwitchWalk {
  readonly #site: Ports
  readonly #facts: Facts
  readonly #tables: ReadonlyMap<number, TableIndex>
  readonly #arrivals: Arrivals
  readonly #asker: Asker
  readonly #live: Liveness
  readonly #judge: Judge
  readonly #ends: Ends
  /** Tables that do nothing, and where they lead. */
  readonly #passages = new Map<number, number>()
  #graph: Graph
  #shape = ''
  readonly #entries: Entries
  /** The port whose own packets are being looked at, and where they have come to. */
  #root: Root | undefined
  readonly #own: Node[] = []
  /** Of this sweep: what one has found is found for others alike. */
  readonly #splits: Split[] = []
  /** What is being looked at. */
  #node = new Node(-1, entering(ghostAt('idle', 0)), undefined, undefined)
  readonly #leaving: Leaving
  readonly #splitting: SplitParts = { part: (region, whose) => this.#part(region, whose) }

  constructor(site: Ports, tables: ReadonlyMap<number, TableIndex>) {
    this.#site = site
    this.#facts = site.facts
    this.#tables = tables
    this.#asker = new Asker(site, {
      part: (region, whose, asked) => this.#part(region, whose, asked),
      lost: (region, whose, why) => {
        this.#graph.part(this.#node, region, whose, 'nobody').lost = why
      },
      loss: (region, why) => this.#ends.loss(this.#node, region, why),
    })
    this.#arrivals = new Arrivals(site)
    this.#live = new Liveness(tables, () => (this.#arrivals.isCarrying ? AT_EXITS : []))
    this.#graph = this.#newGraph()
    this.#judge = new Judge(site, new ProbeFinder(site.facts, tables))
    this.#ends = new Ends(site, this.#judge, this.#arrivals)
    this.#entries = new Entries(site, this.#arrivals, this.#entering())
    this.#leaving = {
      goes: (table, region) => this.#goes(table, region),
      comesOut: (port, region) => this.#ends.comesOut(this.#node, port, region),
      unknown: (what, region) => {
        if (!isTaken(region)) this.#ends.doubt(this.#node, 'unmodelled', what, region)
      },
      zone: (zone, _commit, region) => this.#checkZone(zone, region),
    }
  }

  #entering(): Entering {
    const graph = (): Graph => this.#graph
    return {
      get graph() {
        return graph()
      },
      asker: this.#asker,
      begin: (node, root) => {
        this.#node = node
        this.#root = root
      },
      put: (table, region) => this.#put(table, region),
      sweep: (root) => this.#sweep(root),
    }
  }

  /** Walks from nothing. */
  run(): Walked {
    this.#graph = this.#newGraph()
    this.#entries.roots.clear()
    this.#judge.forget(undefined)
    this.#shape = shapeOf(this.#tables)
    this.#live.compute()
    this.#passages.clear()
    for (const [number, { passage }] of this.#tables) if (passage !== undefined) this.#passages.set(number, passage)
    for (const port of this.#entries.portNumbers()) this.#entries.enter(port)
    this.#graph.sweep(this.#visitNode)
    for (const split of this.#splits.splice(0)) split.close()
    return this.#walked()
  }

  /** Walks again where something is another than at the last walk. */
  update({ rows, ports, facts }: WalkChange): Walked {
    if (shapeOf(this.#tables) !== this.#shape) return this.run()
    const { datapathId } = this.#site.datapath
    const again = new Set(ports)
    const names = new Set<string>()
    for (const { name, before, after } of facts.owners) {
      names.add(name)
      for (const its of [before, after]) if (its?.place?.datapathId === datapathId) again.add(its.place.port)
    }
    const moved = new Set(facts.moved)
    const marks = { graph: this.#graph, tables: this.#tables, roots: this.#entries.roots, facts: this.#facts }
    for (const { table, row } of rows) markRow(marks, table, row, again, moved)
    if (names.size > 0) for (const node of this.#graph.open) this.#graph.mark(node, { lookUp: true, whose: names })
    this.#judge.forget(moved)
    markMoved(this.#graph, moved, facts.openers)
    const known = this.#entries.portNumbers()
    for (const port of again) {
      if (known.has(port)) this.#entries.enter(port)
      else this.#entries.leaveOut(port)
    }
    const isCarrying = this.#arrivals.isCarrying
    for (const [port, root] of names.size > 0 ? this.#entries.roots : []) {
      if (isCarrying && root.start.ghost.entry === 'fabric') this.#entries.enter(port)
      else this.#entries.enterMusts(root, names)
    }
    this.#graph.sweep(this.#visitNode)
    for (const split of this.#splits.splice(0)) split.close()
    return this.#walked()
  }

  #newGraph(): Graph {
    return new Graph((table) => {
      const { live, asked } = this.#live.at(table)
      return new Level(live, asked)
    }, COLLECTED)
  }

  #walked(): Walked {
    const doubts: Doubt[] = []
    const ways: Ways = new Map()
    let { regions } = this.#graph
    for (const root of this.#entries.roots.values()) regions += root.regions
    for (const node of this.#graph.doubted) doubts.push(...node.doubts)
    for (const node of this.#graph.withWays) {
      for (const { place, port } of node.ways) {
        const ports = ways.get(place)
        if (ports === undefined) ways.set(place, new Set([port]))
        else ports.add(port)
      }
    }
    return { doubts, ways, regions }
  }

  // ---- from node to node ----

  /** Packets that nobody has been found to have sent are their port's own: they are looked at at once. */
  #sweep(root: Root): void {
    const own = this.#own
    while (own.length > 0) {
      let table = 256
      for (const node of own) if (node.table < table) table = node.table
      root.tables.push(table)
      let left = 0
      for (let at = 0; at < own.length; at++) {
        const node = own[at] as Node
        if (node.table === table) {
          root.regions++
          this.#visitOwn(node)
        } else own[left++] = node
      }
      own.length = left
    }
    this.#root = undefined
  }

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
    this.#node.outs.push({ to: this.#graph.level(table).at(region), region })
  }

  /** What a port's own nodes find and lead to counts as the port's. */
  #putOwn(table: number, region: Region, { node: { outs, doubts, ways } }: Root): void {
    const { live } = this.#live.at(table)
    let to: Node | undefined
    for (const node of this.#own) if (node.table === table && isOneWith(sampleOf(node), region, live)) to = node
    if (to === undefined) {
      to = new Node(table, region, undefined, undefined)
      to.outs = outs
      to.doubts = doubts
      to.ways = ways
      this.#own.push(to)
    }
    link({ to, region })
  }

  /** A part of what is being looked at, which the table asks for. */
  #part(region: Region, whose: string | number, asked?: Asked): void {
    const node = this.#node
    if (this.#root === undefined) {
      this.#graph.part(node, region, whose, asked)
      return
    }
    const part = new Node(node.table, region, node, asked)
    part.outs = node.outs
    part.doubts = node.doubts
    part.ways = node.ways
    this.#own.push(part)
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
    settle(region, this.#site)
    if (region.ghost.phase === 'aimed' && region.ghost.receivers.size === 0) return
    if (region.ghost.phase === 'stray' && before !== 'stray' && isMust(region) && !region.ghost.neighbour)
      this.#ends.loss(node, region, region.ghost.why)
    const matters = this.#live.at(table)
    forget(region, matters)
    if (region.ghost.phase === 'aimed' && !matters.who) {
      if (this.#judge.isNobody(region)) return
      const why = isTransit(region) ? undefined : this.#judge.whyNot(region)
      if (why !== undefined && region.ghost.pairs !== undefined) {
        for (const one of onesOf(region)) this.#goesOn(table, one)
        return
      }
      if (!this.#pass(region, why)) return
    }
    const { phase, must } = region.ghost
    if (must !== '' && phase !== 'raw' && phase !== 'stray') {
      // Its sender has been found: from here on it is among all that he sends.
      if (before === 'raw' && phase === 'sent' && region.ghost.said === '') return
      region.ghost = { ...region.ghost, must: '' }
    }
    this.#put(table, region)
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
    const ends = this.#arrivals.isCarrying && ghost.where !== 'here'
    if (!ends) for (const its of OF_ENDS) region.vals[its] = undefined
    region.ghost = {
      ...ghost,
      ends,
      improper,
      pairs: undefined,
      phase: 'passed',
      tracking: isNew ? 'new' : 'none',
      committed: !isNew || ghost.committed,
    }
    region.alias = NO_ALIAS
    return true
  }

  // ---- one region at one table ----

  readonly #visitNode = (node: Node, todo: Todo): void => {
    this.#node = node
    const { region } = node
    const table = this.#tables.get(node.table)
    if (node.lost !== undefined) this.#ends.loss(node, region, node.lost)
    else if (table === undefined) this.#ends.drop(node, region)
    else if (node.asked !== undefined) this.#lookUp(region, table, node.asked)
    else if (!todo.all && node.split !== undefined && todo.openers !== undefined && asksWho(region, table)) {
      node.split.some(todo.openers, this.#splitting)
      this.#leaveTogether(node.split, region)
      this.#graph.settleParts(node, [...todo.openers, ''])
    } else if (todo.all || !node.isLookedUp || asksWho(region, table)) this.#lookAtAll(node, region, table)
    else {
      const asked = this.#asker.asks(region, table)
      if (todo.whose !== undefined) {
        this.#asker.parts(region, table, asked, todo.whose)
        this.#graph.settleParts(node, todo.whose)
      }
      this.#asker.world(region, table, asked)
      this.#lookUp(region, table, asked, todo.whose === undefined && !todo.inputs)
    }
  }

  /** One of a port's own, which is looked at once. */
  #visitOwn(node: Node): void {
    this.#node = node
    const table = this.#tables.get(node.table)
    const region = node.parent === undefined ? united(node, COLLECTED) : node.region
    if (region === undefined) return
    if (table === undefined) this.#ends.drop(node, region)
    else this.#lookAtAll(node, region, table)
  }

  #lookAtAll(node: Node, region: Region, table: TableIndex): void {
    node.split = undefined
    node.isLookedUp = false
    if (!this.#takeApart(region, table)) {
      node.isLookedUp = true
      const asked = this.#asker.asks(region, table)
      this.#asker.parts(region, table, asked, undefined)
      this.#asker.world(region, table, asked)
      this.#lookUp(region, table, asked)
    }
    if (this.#root === undefined) this.#graph.settleParts(node, undefined)
  }

  /** Takes a region apart where the table asks for more than it says. @returns Whether it did. */
  #takeApart(region: Region, table: TableIndex): boolean {
    if (region.ghost.phase === 'aimed') {
      if (asksWho(region, table)) {
        const split = new Split(this.#facts, region, table)
        const like = this.#splits.find((one) => one.isLike(region, table))
        split.all(this.#splitting, like)
        if (like === undefined) this.#splits.push(split)
        this.#leaveTogether(split, region)
        this.#node.split = split
        return true
      }
    }
    const parts = apart(region, table, this.#judge, this.#facts)
    if (parts === undefined) return false
    for (const part of parts) this.#part(part, '')
    return true
  }

  #leaveTogether(split: Split, region: Region): void {
    for (const [table, pairs] of split.groups) {
      const part = copyOf(region)
      part.ghost = { ...part.ghost, pairs, except: NO_PAIRS }
      if (table === NOWHERE) this.#ends.drop(this.#node, part)
      else this.#goes(table, part)
    }
  }

  /**
   * @param asked Receivers or senders were gone through one by one: rows for them and rows that drop say nothing new.
   * @param isSame The region and what is true of it are those of last time.
   */
  #lookUp(region: Region, table: TableIndex, asked: Asked, isSame = false): void {
    const node = this.#node
    const { hits: found, misses } = table.lookup(region.vals, region)
    const hits = areSame(node.hits, found) ? node.hits : found
    node.hits = hits
    const before = isSame ? node.left : undefined
    node.left = hits.length > MANY && this.#root === undefined ? new Map() : undefined
    const isQuiet = isUnpromised(region)
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
      if (above === 0 && node.left !== undefined) {
        if (hit.tests.length < 2 || wide.length < MOST_WIDE) wide.push(hit)
        this.#leaveOne(region, hit, before?.get(hit))
        continue
      }
      if (isQuiet && hit.row.isDrop) {
        if (hit.tests.length < 2 || wide.length < MOST_WIDE) wide.push(hit)
        continue
      }
      const part = narrow(region, hit.tests)
      if (isCovered(wide, hit, part)) continue
      if (hit.tests.length < 2 || wide.length < MOST_WIDE) wide.push(hit)
      part.above = above === 0 ? region.above : ({ hits, count: above, next: region.above } satisfies Above)
      this.#leave(part, hit)
    }
    if (!misses || isQuiet || asked !== 'nobody') return
    const rest = copyOf(region)
    rest.above = hits.length === 0 ? region.above : { hits, count: hits.length, next: region.above }
    this.#ends.drop(node, rest)
  }

  /** Of many rows, one that nothing lies above: what came of it is kept, as long as only others change. */
  #leaveOne(region: Region, hit: Hit, before: Left | undefined): void {
    const node = this.#node
    const { outs, doubts, ways } = node
    node.outs = []
    node.doubts = []
    node.ways = []
    if (before === undefined) this.#leave(narrow(region, hit.tests), hit)
    const left = before ?? { outs: node.outs, doubts: node.doubts, ways: node.ways }
    node.left?.set(hit, left)
    node.outs = outs
    node.doubts = doubts
    node.ways = ways
    for (const edge of left.outs) outs.push(edge)
    for (const doubt of left.doubts) doubts.push(doubt)
    for (const way of left.ways) ways.push(way)
  }

  #leave(part: Region, hit: Hit): void {
    const node = this.#node
    part.met = { table: node.table, hit, before: part.met }
    if (hit.row.isDrop) this.#ends.dropBy(hit, node, part)
    else leave(part, hit.row, this.#leaving)
  }

  #checkZone(zone: Val, region: Region): void {
    const { phase, network } = region.ghost
    if (phase !== 'aimed' && phase !== 'sent') return
    if (zone === this.#facts.zone(this.#site.datapath.datapathId, network)) return
    this.#ends.doubt(this.#node, 'hidden', 'connections of its network are kept in another zone', region)
  }
}
