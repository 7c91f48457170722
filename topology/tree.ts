/**
 * The flood tree: the fabric ports over which broadcast, multicast and unknown destinations travel, so that each switch
 * gets one copy. Only links that work both ways are part of it, and both ends of a link agree. It follows the shortest
 * ways from the switch with the lowest datapath id; a frozen switch floods as it was last told, and the others build
 * around that. It refuses to know how links are found.
 */
import { comparePorts, type Graph, type Link, reversed } from './graph.ts'

/** The flood ports of every switch. @param frozen Switches that cannot be told, with the flood ports they have. */
export function floodTree(
  graph: Graph,
  frozen: ReadonlyMap<string, ReadonlySet<number>> = new Map(),
): Map<string, Set<number>> {
  const ports = new Map<string, Set<number>>([...graph.switches].map((datapathId) => [datapathId, new Set()]))
  const parent = new Map<string, string>()
  const root = (datapathId: string): string => {
    let at = datapathId
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) {
      const above = parent.get(up)
      if (above !== undefined) parent.set(at, above)
      at = up
    }
    return at
  }
  const join = ({ from, to }: Link): void => {
    const a = root(from.datapathId)
    const b = root(to.datapathId)
    if (a === b) return
    parent.set(a, b)
    ports.get(from.datapathId)?.add(from.port)
    ports.get(to.datapathId)?.add(to.port)
  }
  const links = twoWayLinks(graph)
  const told = ({ datapathId, port }: Link['from']): boolean => frozen.get(datapathId)?.has(port) ?? true
  const possible = links.filter(({ from, to }) => told(from) && told(to))
  for (const link of possible) if (frozen.has(link.from.datapathId) || frozen.has(link.to.datapathId)) join(link)
  const depth = depths(graph, possible)
  const near = ({ from, to }: Link): number => Math.min(depth.get(from.datapathId) ?? 0, depth.get(to.datapathId) ?? 0)
  for (const link of possible.map((link) => ({ link, near: near(link) })).sort((a, b) => a.near - b.near))
    join(link.link)
  return ports
}

/** Usable links with their opposite, each once, from its lower end. */
function twoWayLinks(graph: Graph): Link[] {
  return graph.usableLinks().filter((link) => comparePorts(link.from, link.to) < 0 && graph.usable(reversed(link)))
}

/** Hops from the lowest datapath id of each connected part. */
function depths(graph: Graph, links: readonly Link[]): Map<string, number> {
  const neighbors = new Map<string, string[]>()
  for (const { from, to } of links) {
    for (const [one, other] of [
      [from.datapathId, to.datapathId],
      [to.datapathId, from.datapathId],
    ] as const) {
      const list = neighbors.get(one)
      if (list === undefined) neighbors.set(one, [other])
      else list.push(other)
    }
  }
  const depth = new Map<string, number>()
  for (const start of [...graph.switches].sort()) {
    if (depth.has(start)) continue
    depth.set(start, 0)
    const queue = [start]
    for (const datapathId of queue) {
      for (const neighbor of neighbors.get(datapathId) ?? []) {
        if (depth.has(neighbor)) continue
        depth.set(neighbor, depth.get(datapathId)! + 1)
        queue.push(neighbor)
      }
    }
  }
  return depth
}
