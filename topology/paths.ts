/**
 * Next hops on shortest paths. For each destination, every switch forwards to a neighbor that is strictly nearer, so
 * that no loop can be; among equals the one with the lowest datapath id, then the lowest own port. A frozen switch is
 * one that cannot be told anything at the moment: it forwards as it was last told. An avoided switch is only passed where
 * a way around is much longer or missing. It refuses to know how links are found.
 */
import type { Graph, Link } from './graph.ts'

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

export function adjacency(graph: Graph): Adjacency {
  const into = new Map<string, Link[]>()
  const outOf = new Map<string, Link[]>()
  for (const link of graph.usableLinks()) {
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
export function routeTo(destination: string, { into, outOf }: Adjacency, constraints = FREE): Route {
  const { frozen, avoided } = constraints
  const cost = (datapathId: string): number =>
    datapathId !== destination && avoided.has(datapathId) ? 1 + AVOIDED_COST : 1
  const follows = (link: Link): boolean => {
    const told = frozen.get(link.from.datapathId)
    return told === undefined || told.get(destination) === link.from.port
  }
  const distance = new Map<string, number>([[destination, 0]])
  const buckets: (string[] | undefined)[] = [[destination]]
  for (let at = 0; at < buckets.length; at++) {
    for (const datapathId of buckets[at] ?? []) {
      if (distance.get(datapathId) !== at) continue
      const reached = at + cost(datapathId)
      for (const link of into.get(datapathId) ?? []) {
        const known = distance.get(link.from.datapathId)
        if ((known !== undefined && known <= reached) || !follows(link)) continue
        distance.set(link.from.datapathId, reached)
        const bucket = buckets[reached]
        if (bucket === undefined) buckets[reached] = [link.from.datapathId]
        else bucket.push(link.from.datapathId)
      }
    }
  }
  const next = new Map<string, number>()
  for (const [datapathId, far] of distance) {
    if (datapathId === destination) continue
    const first = outOf.get(datapathId)?.find((link) => {
      const near = distance.get(link.to.datapathId)
      return near !== undefined && near + cost(link.to.datapathId) === far && follows(link)
    })
    if (first !== undefined) next.set(datapathId, first.from.port)
  }
  return { distance, next }
}

/** The next hops of every switch to every other. */
export function shortestPaths(graph: Graph, constraints = FREE): Map<string, Map<string, number>> {
  const links = adjacency(graph)
  const paths = new Map<string, Map<string, number>>([...graph.switches].map((datapathId) => [datapathId, new Map()]))
  for (const destination of graph.switches)
    for (const [datapathId, port] of routeTo(destination, links, constraints).next)
      paths.get(datapathId)?.set(destination, port)
  return paths
}

export function sameHops(a: NextHops, b: NextHops): boolean {
  return a.size === b.size && [...a].every(([datapathId, port]) => b.get(datapathId) === port)
}

function push(index: Map<string, Link[]>, key: string, link: Link): void {
  const links = index.get(key)
  if (links === undefined) index.set(key, [link])
  else links.push(link)
}
