/**
 * Where regions have come to: a node for each region at a table, made one of all that come to the same (same.ts), with
 * what it led to. So a later proof looks again only at nodes that something changed for. It refuses to know what rows do.
 */
import type { Doubt } from './doubt.ts'
import { copyOf, type Ghost, NO_PAIRS, type Region, type Relation } from './region.ts'
import type { Hit } from './rows.ts'
import { commonAlias, hashAt, isOneWith } from './same.ts'
import { ETH_DST, ETH_SRC, IP_DST } from './settle.ts'
import { type Exact, isExact, type OneOf, type Test } from './space.ts'
import type { Split } from './split.ts'

/** Fields of the receiver that rows for packets from links and uplinks ask one by one, and that are kept as sets. */
export type Collected = readonly number[]

/** A region on its way from a node to the next. */
export interface Edge {
  readonly to: Node
  readonly region: Region
}

/** Who was gone through one by one: rows for them and rows that drop say nothing new. */
export type Asked = 'nobody' | 'receivers' | 'senders'

/** A packet for a switch, or the world, leaves by a port. */
export interface WayOut {
  readonly place: number | 'world'
  readonly port: number
}

/** What came of one row. */
export interface Left {
  readonly outs: readonly Edge[]
  readonly doubts: readonly Doubt[]
  readonly ways: readonly WayOut[]
}

export class Node {
  readonly table: number
  /** All that came here, as one. */
  region: Region
  /** undefined: of a node, or of the port it came in by. */
  readonly parent: Node | undefined
  /** Set: it is a part that a table asks for, and is only looked up. */
  readonly asked: Asked | undefined
  /** Set: nothing is looked up, it is lost, and why. */
  lost: string | undefined = undefined
  /** What it is known by among the nodes of its table; parts are not. */
  hash = 0
  inputs: Edge | Set<Edge> | undefined
  outs: Edge[] = []
  /** Parts, by whom they are for: an interface's name, an identity, or empty for another. */
  parts: Map<string | number, Node[]> | undefined = undefined
  split: Split | undefined = undefined
  doubts: Doubt[] = []
  ways: WayOut[] = []
  hits: readonly Hit[] = NO_HITS
  /** What came of each of many rows that nothing lies above. */
  left: Map<Hit, Left> | undefined = undefined
  /** It was looked at before. */
  isKnown = false
  /** It was looked up at its table, not only taken apart. */
  isLookedUp = false
  isGone = false

  constructor(table: number, region: Region, parent: Node | undefined, asked: Asked | undefined) {
    this.table = table
    this.region = region
    this.parent = parent
    this.asked = asked
    this.inputs = undefined
  }
}

const NO_HITS: readonly never[] = []

/** Fields by which parts of regions are told apart, one for each. */
const INDEXED = [ETH_DST, IP_DST[4], IP_DST[6], ETH_SRC]

/** The nodes of one table. */
export class Level {
  /** Parts included, in the order in which they came up. */
  readonly nodes = new Set<Node>()
  readonly #byHash = new Map<number, Node | Node[]>()
  readonly #live: readonly number[]
  readonly #asked: readonly number[]
  /** By field, and there by value; under undefined, those of which more than one value is known. */
  readonly #byField = new Map<number, Map<Exact | undefined, Set<Node>>>()

  /** @param live Fields that count here. @param asked Those, and the ones that policy is asked about. */
  constructor(live: readonly number[], asked: readonly number[]) {
    this.#live = live
    this.#asked = asked
  }

  /** The node that a region comes to; a new one where there is none. */
  at(region: Region): Node {
    const live = region.ghost.phase === 'aimed' ? this.#asked : this.#live
    const hash = hashAt(region, live)
    const found = this.#byHash.get(hash)
    if (found instanceof Node) {
      if (isOneWith(sampleOf(found), region, live)) return found
    } else if (found !== undefined) {
      for (const one of found) if (isOneWith(sampleOf(one), region, live)) return one
    }
    const node = new Node(region.table, region, undefined, undefined)
    node.hash = hash
    if (found === undefined) this.#byHash.set(hash, node)
    else if (found instanceof Node) this.#byHash.set(hash, [found, node])
    else found.push(node)
    this.add(node)
    return node
  }

  add(node: Node): void {
    this.nodes.add(node)
    for (const [its, index] of this.#byField) enter(index, keyOf(node, its), node)
  }

  delete(node: Node): void {
    this.nodes.delete(node)
    for (const [its, index] of this.#byField) index.get(keyOf(node, its))?.delete(node)
    if (node.parent !== undefined) return
    const found = this.#byHash.get(node.hash)
    if (found === node) this.#byHash.delete(node.hash)
    else if (Array.isArray(found)) found.splice(found.indexOf(node), 1)
  }

  /** A superset of the nodes whose regions may pass tests. */
  *near(tests: readonly Test[]): IterableIterator<Node> {
    const test = tests.find((one) => one.mask === undefined && INDEXED.includes(one.field))
    if (test === undefined) {
      yield* this.nodes
      return
    }
    let index = this.#byField.get(test.field)
    if (index === undefined) {
      index = new Map()
      this.#byField.set(test.field, index)
      for (const node of this.nodes) enter(index, keyOf(node, test.field), node)
    }
    yield* index.get(test.value) ?? []
    yield* index.get(undefined) ?? []
  }
}

/** Only parts keep their regions. */
function keyOf({ parent, region }: Node, its: number): Exact | undefined {
  const val = parent === undefined ? undefined : region.vals[its]
  return isExact(val) ? val : undefined
}

function enter(index: Map<Exact | undefined, Set<Node>>, key: Exact | undefined, node: Node): void {
  const its = index.get(key)
  if (its === undefined) index.set(key, new Set([node]))
  else its.add(node)
}

/** A region that came to a node, as it came: by this the node is known. */
export function sampleOf({ inputs, region }: Node): Region {
  if (inputs === undefined) return region
  if (!(inputs instanceof Set)) return inputs.region
  for (const { region: its } of inputs) return its
  return region
}

export function link(edge: Edge): void {
  const { to } = edge
  if (to.inputs === undefined) to.inputs = edge
  else if (to.inputs instanceof Set) to.inputs.add(edge)
  else to.inputs = new Set([to.inputs, edge])
}

export function unlink(edge: Edge): void {
  const { to } = edge
  if (to.inputs instanceof Set) to.inputs.delete(edge)
  else if (to.inputs === edge) to.inputs = undefined
  if (to.inputs instanceof Set && to.inputs.size === 0) to.inputs = undefined
}

/** All that came to a node, as one; undefined: nothing does. */
export function united({ inputs }: Node, collected: Collected): Region | undefined {
  if (inputs === undefined) return undefined
  if (!(inputs instanceof Set)) return inputs.region
  if (inputs.size === 1) for (const { region } of inputs) return region
  return unionOf(inputs, collected)
}

/** Both as one; of what differs between them nothing is known. */
function unionOf(edges: ReadonlySet<Edge>, collected: Collected): Region {
  let known: Region | undefined
  let senders: Family | undefined
  let receivers: Family | undefined
  let places: Places | undefined
  let pairs: Map<number, ReadonlySet<number>> | undefined
  let except: Ghost['except'] = NO_PAIRS
  let sets: Map<number, Set<Exact>> | undefined
  for (const { region } of edges) {
    const { ghost } = region
    if (known === undefined) {
      known = copyOf(region)
      known.isMute = false
      except = ghost.except
      continue
    }
    const first = known.ghost
    places = withAll(places, first.places, ghost.places)
    if (ghost.phase === 'passed' && !ghost.ends) continue
    senders = withAllOf(senders, first.senders, ghost.senders)
    receivers = withAllOf(receivers, first.receivers, ghost.receivers)
    if (ghost.pairs !== undefined) pairs = withPairs(pairs, first.pairs, ghost.pairs)
    if (except !== ghost.except) except = inBoth(except, ghost.except)
    if (known.above !== region.above) known.above = undefined
    if (known.alias !== region.alias) known.alias = commonAlias(known.alias, region.alias)
    for (const its of collected) {
      const val = region.vals[its]
      const before = known.vals[its]
      if (!isSet(val) || !isSet(before) || val.set === before.set) continue
      let set = sets?.get(its)
      if (set === undefined) {
        set = new Set(before.set)
        sets ??= new Map()
        sets.set(its, set)
      }
      for (const value of val.set) set.add(value)
    }
  }
  const region = known as Region
  const { ghost } = region
  for (const [its, set] of sets ?? []) region.vals[its] = { kind: 'set', set }
  if (senders ?? receivers ?? places ?? pairs ?? (except !== ghost.except || undefined)) {
    region.ghost = {
      ...ghost,
      pairs: pairs ?? ghost.pairs,
      senders: senders ?? ghost.senders,
      receivers: receivers ?? ghost.receivers,
      places: places ?? ghost.places,
      except,
    }
  }
  return region
}

type Family = Map<number, string | undefined>
type Places = Set<number>

function isSet(val: Region['vals'][number]): val is OneOf {
  return typeof val === 'object' && val.kind === 'set'
}

function withAllOf(made: Family | undefined, first: Ghost['senders'], more: Ghost['senders']): Family | undefined {
  if (more === first) return made
  let found = made
  for (const [identity, name] of more) {
    if ((found ?? first).has(identity)) continue
    found ??= new Map(first)
    found.set(identity, name)
  }
  return found
}

function withAll(made: Places | undefined, first: Ghost['places'], more: Ghost['places']): Places | undefined {
  if (more === first) return made
  let found = made
  for (const place of more) {
    if ((found ?? first).has(place)) continue
    found ??= new Set(first)
    found.add(place)
  }
  return found
}

function withPairs(
  made: Map<number, ReadonlySet<number>> | undefined,
  first: Relation | undefined,
  more: Relation,
): Map<number, ReadonlySet<number>> {
  const found = made ?? new Map(first)
  for (const [opener, targets] of more) {
    const its = found.get(opener)
    if (its !== targets) found.set(opener, its === undefined ? targets : new Set([...its, ...targets]))
  }
  return found
}

/** Pairs that neither of two regions holds. */
function inBoth(one: Ghost['except'], other: Ghost['except']): Ghost['except'] {
  const found = new Map<number, ReadonlySet<number> | 'all'>()
  for (const [opener, its] of one) {
    const too = other.get(opener)
    if (too === undefined) continue
    if (its === 'all') found.set(opener, too)
    else found.set(opener, too === 'all' ? its : new Set([...its].filter((target) => too.has(target))))
  }
  return found
}
