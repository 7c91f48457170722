/**
 * Next hops on shortest paths. For each destination, every switch forwards to a neighbor that is strictly nearer, so
 * that no loop can be; among equals the one with the lowest datapath id, then the lowest own port. A frozen switch is
 * one that cannot be told anything at the moment: it forwards as it was last told. An avoided switch is only passed
 * where a way around is much longer or missing. It refuses to know how links are found.
 */
import { type Graph, type Link, linkKey } from './graph.ts'

/** Hops that a way through an avoided switch counts extra. */
export const AVOIDED_COST = 8

/** Destination datapath id to the port of the next hop. */
export type NextHops = ReadonlyMap<string, number>

/** What holds some switches back. */
export interface Constraints {
  /** Frozen switches with what they were told last. */
  frozen: ReadonlyMap<string, NextHops>
  avoided: ReadonlySet<string>
}

const FREE: Constraints = { frozen: new Map(), avoided: new Set() }
const NO_HOPS: NextHops = new Map()
const FAR = -1
const NO_PORT = -1

/** A link from one switch to another, by their places in `Net.names`. */
interface Edge {
  from: number
  to: number
  port: number
}

/** Switches and usable links, numbered: the inner loops run over numbers only. */
interface Net {
  /** Sorted. */
  names: readonly string[]
  index: ReadonlyMap<string, number>
  into: readonly (readonly Edge[])[]
  /** By neighbor, then port: the order of preference among equals. */
  outOf: readonly (readonly Edge[])[]
  /** What passing a switch costs. */
  cost: readonly number[]
  /** By switch: what it was told, where it is frozen. */
  told: readonly (NextHops | undefined)[]
}

/** One destination: by switch, its distance (or FAR) and its port (or NO_PORT). */
interface Route {
  distance: Int32Array
  port: Int32Array
}

function netOf(switches: ReadonlySet<string>, usable: readonly Link[], { frozen, avoided }: Constraints): Net {
  const names = [...switches].sort()
  const index = new Map(names.map((name, place) => [name, place]))
  const into: Edge[][] = names.map(() => [])
  const outOf: Edge[][] = names.map(() => [])
  for (const { from, to } of usable) {
    const edge = { from: index.get(from.datapathId)!, to: index.get(to.datapathId)!, port: from.port }
    into[edge.to]!.push(edge)
    outOf[edge.from]!.push(edge)
  }
  for (const edges of outOf) edges.sort((a, b) => a.to - b.to || a.port - b.port)
  const cost = names.map((name) => (avoided.has(name) ? 1 + AVOIDED_COST : 1))
  return { names, index, into, outOf, cost, told: names.map((name) => frozen.get(name)) }
}

/** The ways of all switches to one destination, by distance upwards. */
function routeTo(destination: number, net: Net): Route {
  const distance = new Int32Array(net.names.length).fill(FAR)
  distance[destination] = 0
  const buckets: (number[] | undefined)[] = [[destination]]
  for (let at = 0; at < buckets.length; at++) {
    for (const place of buckets[at] ?? []) {
      if (distance[place] !== at) continue
      const reached = at + (place === destination ? 1 : net.cost[place]!)
      for (const edge of net.into[place]!) {
        const known = distance[edge.from]!
        if ((known !== FAR && known <= reached) || !follows(edge, destination, net)) continue
        distance[edge.from] = reached
        const bucket = buckets[reached]
        if (bucket === undefined) buckets[reached] = [edge.from]
        else bucket.push(edge.from)
      }
    }
  }
  const port = new Int32Array(net.names.length).fill(NO_PORT)
  for (let place = 0; place < port.length; place++) {
    if (distance[place] !== FAR) port[place] = bestEdge(place, destination, distance, net)?.port ?? NO_PORT
  }
  return { distance, port }
}

/** What a switch makes of its neighbors' distances. */
function bestEdge(place: number, destination: number, distance: Int32Array, net: Net): Edge | undefined {
  if (place === destination) return undefined
  let best: Edge | undefined
  let bestFar = Infinity
  for (const edge of net.outOf[place]!) {
    const far = farBy(edge, destination, distance, net)
    if (far === FAR || far >= bestFar || !follows(edge, destination, net)) continue
    best = edge
    bestFar = far
  }
  return best
}

function farBy(edge: Edge, destination: number, distance: Int32Array, net: Net): number {
  const near = distance[edge.to]!
  return near === FAR ? FAR : near + (edge.to === destination ? 1 : net.cost[edge.to]!)
}

function follows(edge: Edge, destination: number, net: Net): boolean {
  const told = net.told[edge.from]
  return told === undefined || told.get(net.names[destination]!) === edge.port
}

/** The next hops of every switch to every other, computed anew. */
export function shortestPaths(graph: Graph, constraints = FREE): Map<string, Map<string, number>> {
  const net = netOf(graph.switches, graph.usableLinks(), constraints)
  const paths = new Map<string, Map<string, number>>([...graph.switches].map((name) => [name, new Map()]))
  net.names.forEach((destination, place) => {
    routeTo(place, net).port.forEach((port, at) => {
      if (port !== NO_PORT) paths.get(net.names[at]!)!.set(destination, port)
    })
  })
  return paths
}

/**
 * Shortest paths kept up to date. A destination's ways are computed anew only where some switch next to a change would
 * now choose otherwise: distances that satisfy every switch are the shortest there are.
 */
export class Paths {
  #routes: Route[] = []
  #next = new Map<string, NextHops>()
  #usable = new Map<string, Link>()
  #net: Net = netOf(new Set(), [], FREE)
  #constraints: Constraints = FREE
  /** Destinations computed so far, for measurements. */
  computed = 0

  /** Next hops of a switch; a map that was handed out never changes. */
  of(datapathId: string): NextHops {
    return this.#next.get(datapathId) ?? NO_HOPS
  }

  /** Hops (with what avoided switches cost) from one switch to another; undefined where there is no way. */
  distance(from: string, to: string): number | undefined {
    const [start, end] = [this.#net.index.get(from), this.#net.index.get(to)]
    if (start === undefined || end === undefined) return undefined
    const far = this.#routes[end]!.distance[start]!
    return far === FAR ? undefined : far
  }

  /** @param usable The usable links of the graph. */
  update(switches: ReadonlySet<string>, usable: readonly Link[], constraints = FREE): void {
    const links = new Map(usable.map((link) => [linkKey(link), link]))
    const net = netOf(switches, usable, constraints)
    const same = net.names.length === this.#net.names.length && net.names.every((name) => this.#net.index.has(name))
    const touched = same ? this.#touched(links, net, constraints) : []
    const before = this.#routes
    this.#usable = links
    this.#net = net
    this.#constraints = { frozen: new Map(constraints.frozen), avoided: new Set(constraints.avoided) }
    const edits = new Map<string, Map<string, number>>()
    this.#routes = net.names.map((_, destination) => {
      const known = same ? before[destination] : undefined
      const after = (known && this.#repaired(destination, known, touched)) ?? this.#compute(destination)
      if (after !== known) this.#note(destination, after, known, edits)
      return after
    })
    if (same) for (const [name, hops] of edits) this.#next.set(name, hops)
    else this.#next = new Map(net.names.map((name) => [name, keepEqual(this.of(name), edits.get(name) ?? NO_HOPS)]))
  }

  #compute(destination: number): Route {
    this.computed++
    return routeTo(destination, this.#net)
  }

  /**
   * The ways as they were, where every switch next to a change would choose the same; with other ports where only
   * that changes; undefined where a distance changes, so that all must be computed anew.
   */
  #repaired(destination: number, known: Route, touched: readonly number[]): Route | undefined {
    let port: Int32Array | undefined
    for (const place of touched) {
      if (place === destination) continue
      const best = bestEdge(place, destination, known.distance, this.#net)
      const far = best === undefined ? FAR : farBy(best, destination, known.distance, this.#net)
      if (far !== known.distance[place]) return undefined
      const chosen = best?.port ?? NO_PORT
      if (chosen === known.port[place]) continue
      port ??= known.port.slice()
      port[place] = chosen
    }
    return port === undefined ? known : { distance: known.distance, port }
  }

  /** Notes which switches' next hops differ. */
  #note(destination: number, after: Route, known: Route | undefined, edits: Map<string, Map<string, number>>): void {
    const { names } = this.#net
    for (let place = 0; place < names.length; place++) {
      const port = after.port[place]!
      if (port === (known === undefined ? NO_PORT : known.port[place])) continue
      const name = names[place]!
      const hops = edits.get(name) ?? new Map(known === undefined ? NO_HOPS : this.of(name))
      edits.set(name, hops)
      if (port === NO_PORT) hops.delete(names[destination]!)
      else hops.set(names[destination]!, port)
    }
  }

  /** Switches whose links, or whose neighbors' standing, differ. */
  #touched(links: ReadonlyMap<string, Link>, net: Net, { frozen, avoided }: Constraints): number[] {
    const touched = new Set<number>()
    const touch = (name: string): void => {
      const place = net.index.get(name)
      if (place !== undefined) touched.add(place)
    }
    for (const [key, { from }] of links) if (!this.#usable.has(key)) touch(from.datapathId)
    for (const [key, { from }] of this.#usable) if (!links.has(key)) touch(from.datapathId)
    const before = this.#constraints
    for (const name of new Set([...frozen.keys(), ...before.frozen.keys()]))
      if (frozen.get(name) !== before.frozen.get(name)) touch(name)
    for (const name of new Set([...avoided, ...before.avoided])) {
      if (avoided.has(name) === before.avoided.has(name)) continue
      for (const edge of net.into[net.index.get(name) ?? -1] ?? []) touched.add(edge.from)
    }
    return [...touched]
  }
}

/** The old map where both say the same: who holds it sees at once that nothing changed. */
function keepEqual(before: NextHops, after: NextHops): NextHops {
  return sameHops(before, after) ? before : after
}

export function sameHops(a: NextHops, b: NextHops): boolean {
  if (a === b) return true
  return a.size === b.size && [...a].every(([datapathId, port]) => b.get(datapathId) === port)
}
