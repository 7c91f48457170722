/**
 * Next hops on shortest paths. For each destination, every switch forwards to a neighbor that is strictly nearer, so
 * that no loop can be; among equals the one with the lowest datapath id, then the lowest own port. A frozen switch is
 * one that cannot be told anything at the moment: it forwards as it was last told. An avoided switch is only passed where
 * a way around is much longer or missing. It refuses to know how links are found.
 */
import { type Graph, type Link, linkKey } from './graph.ts'

/** Hops that a way through an avoided switch counts extra. */
export const AVOIDED_COST = 8

/** Destination datapath id to the port of the next hop. */
export type NextHops = ReadonlyMap<string, number>

/** Frozen switches with what they were told last. */
export type Frozen = ReadonlyMap<string, NextHops>

/** What holds some switches back. */
export interface Constraints {
  frozen: Frozen
  avoided: ReadonlySet<string>
}

const FREE: Constraints = { frozen: new Map(), avoided: new Set() }

/** One destination: for each switch that reaches it, its distance and, but for the destination itself, its port. */
export interface Route {
  distance: ReadonlyMap<string, number>
  next: ReadonlyMap<string, number>
}

/** Usable links by the switch at either end; made once for many destinations. */
export interface Adjacency {
  into: ReadonlyMap<string, readonly Link[]>
  outOf: ReadonlyMap<string, readonly Link[]>
}

export function adjacency(usable: readonly Link[]): Adjacency {
  const into = new Map<string, Link[]>()
  const outOf = new Map<string, Link[]>()
  for (const link of usable) {
    push(into, link.to.datapathId, link)
    push(outOf, link.from.datapathId, link)
  }
  for (const links of outOf.values())
    links.sort((a, b) =>
      a.to.datapathId < b.to.datapathId ? -1 : a.to.datapathId > b.to.datapathId ? 1 : a.from.port - b.from.port,
    )
  return { into, outOf }
}

/** The ways of all switches to one destination. */
export function routeTo(destination: string, adjacent: Adjacency, constraints = FREE): Route {
  const distance = new Map<string, number>([[destination, 0]])
  const buckets: (string[] | undefined)[] = [[destination]]
  for (let at = 0; at < buckets.length; at++) {
    for (const datapathId of buckets[at] ?? []) {
      if (distance.get(datapathId) !== at) continue
      const reached = at + cost(datapathId, destination, constraints)
      for (const link of adjacent.into.get(datapathId) ?? []) {
        const known = distance.get(link.from.datapathId)
        if ((known !== undefined && known <= reached) || !follows(link, destination, constraints)) continue
        distance.set(link.from.datapathId, reached)
        const bucket = buckets[reached]
        if (bucket === undefined) buckets[reached] = [link.from.datapathId]
        else bucket.push(link.from.datapathId)
      }
    }
  }
  const next = new Map<string, number>()
  for (const datapathId of distance.keys()) {
    const hop = bestHop(datapathId, destination, distance, adjacent, constraints)
    if (hop !== undefined) next.set(datapathId, hop.port)
  }
  return { distance, next }
}

/** What a switch makes of its neighbors' distances. */
function bestHop(
  datapathId: string,
  destination: string,
  distance: ReadonlyMap<string, number>,
  { outOf }: Adjacency,
  constraints: Constraints,
): { distance: number; port: number } | undefined {
  if (datapathId === destination) return undefined
  let best: { distance: number; port: number } | undefined
  for (const link of outOf.get(datapathId) ?? []) {
    const near = distance.get(link.to.datapathId)
    if (near === undefined || !follows(link, destination, constraints)) continue
    const far = near + cost(link.to.datapathId, destination, constraints)
    if (best === undefined || far < best.distance) best = { distance: far, port: link.from.port }
  }
  return best
}

function cost(datapathId: string, destination: string, { avoided }: Constraints): number {
  return datapathId !== destination && avoided.has(datapathId) ? 1 + AVOIDED_COST : 1
}

function follows(link: Link, destination: string, { frozen }: Constraints): boolean {
  const told = frozen.get(link.from.datapathId)
  return told === undefined || told.get(destination) === link.from.port
}

/** The next hops of every switch to every other. */
export function shortestPaths(graph: Graph, constraints = FREE): Map<string, Map<string, number>> {
  const links = adjacency(graph.usableLinks())
  const paths = new Map<string, Map<string, number>>([...graph.switches].map((datapathId) => [datapathId, new Map()]))
  for (const destination of graph.switches)
    for (const [datapathId, port] of routeTo(destination, links, constraints).next)
      paths.get(datapathId)?.set(destination, port)
  return paths
}

/**
 * Shortest paths kept up to date. A destination's ways are computed anew only where some switch next to a change would
 * now choose otherwise: distances that satisfy every switch are the shortest there are.
 */
export class Paths {
  #routes = new Map<string, Route>()
  readonly #next = new Map<string, NextHops>()
  #usable = new Map<string, Link>()
  #adjacent: Adjacency = { into: new Map(), outOf: new Map() }
  #constraints: Constraints = FREE
  /** Destinations computed so far, for measurements. */
  computed = 0

  /** Next hops of a switch; a map that was handed out never changes. */
  of(datapathId: string): NextHops {
    return this.#next.get(datapathId) ?? NO_HOPS
  }

  /** @param usable The usable links of the graph. */
  update(switches: ReadonlySet<string>, usable: readonly Link[], constraints = FREE): void {
    const links = new Map(usable.map((link) => [linkKey(link), link]))
    const adjacent = adjacency(usable)
    const touched = this.#touched(links, adjacent, constraints)
    this.#usable = links
    this.#adjacent = adjacent
    this.#constraints = { frozen: new Map(constraints.frozen), avoided: new Set(constraints.avoided) }
    const routes = new Map<string, Route>()
    const edits = new Map<string, Map<string, number>>()
    for (const destination of switches) {
      const before = this.#routes.get(destination)
      const stale = before === undefined || touched.some((datapathId) => this.#chooses(datapathId, destination, before))
      const after = stale ? routeTo(destination, this.#adjacent, this.#constraints) : before
      routes.set(destination, after)
      if (!stale) continue
      this.computed++
      for (const [datapathId, port] of after.next)
        if (before?.next.get(datapathId) !== port) this.#edit(edits, datapathId).set(destination, port)
      for (const datapathId of before?.next.keys() ?? [])
        if (!after.next.has(datapathId)) this.#edit(edits, datapathId).delete(destination)
    }
    for (const [destination, { next }] of this.#routes)
      if (!switches.has(destination)) for (const one of next.keys()) this.#edit(edits, one).delete(destination)
    for (const [datapathId, hops] of edits) this.#next.set(datapathId, hops)
    for (const datapathId of this.#next.keys()) if (!switches.has(datapathId)) this.#next.delete(datapathId)
    this.#routes = routes
  }

  #edit(edits: Map<string, Map<string, number>>, datapathId: string): Map<string, number> {
    const hops = edits.get(datapathId) ?? new Map(this.of(datapathId))
    edits.set(datapathId, hops)
    return hops
  }

  /** Whether a switch would choose otherwise than it did. */
  #chooses(datapathId: string, destination: string, before: Route): boolean {
    const best = bestHop(datapathId, destination, before.distance, this.#adjacent, this.#constraints)
    if (datapathId === destination) return false
    return best?.distance !== before.distance.get(datapathId) || best?.port !== before.next.get(datapathId)
  }

  /** Switches whose links, or whose neighbors' standing, differ. */
  #touched(links: ReadonlyMap<string, Link>, { into }: Adjacency, { frozen, avoided }: Constraints): string[] {
    const touched = new Set<string>()
    for (const [key, { from }] of links) if (!this.#usable.has(key)) touched.add(from.datapathId)
    for (const [key, { from }] of this.#usable) if (!links.has(key)) touched.add(from.datapathId)
    const before = this.#constraints
    for (const datapathId of new Set([...frozen.keys(), ...before.frozen.keys()]))
      if (frozen.get(datapathId) !== before.frozen.get(datapathId)) touched.add(datapathId)
    for (const datapathId of new Set([...avoided, ...before.avoided])) {
      if (avoided.has(datapathId) === before.avoided.has(datapathId)) continue
      for (const { from } of into.get(datapathId) ?? []) touched.add(from.datapathId)
    }
    return [...touched]
  }
}

const NO_HOPS: NextHops = new Map()

export function sameHops(a: NextHops, b: NextHops): boolean {
  if (a === b) return true
  return a.size === b.size && [...a].every(([datapathId, port]) => b.get(datapathId) === port)
}

function push(index: Map<string, Link[]>, key: string, link: Link): void {
  const links = index.get(key)
  if (links === undefined) index.set(key, [link])
  else links.push(link)
}
