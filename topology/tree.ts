/**
 * The flood tree: the fabric ports over which broadcast, multicast and unknown destinations travel, so that each switch
 * gets one copy. Only links that work both ways are part of it, and both ends of a link agree. It follows the shortest
 * ways from the switch with the lowest datapath id; a frozen switch floods as it was last told, and the others build
 * around that. It refuses to know how links are found.
 */
import { comparePorts, type Link, linkKey, reversed } from './graph.ts'

/**
 * The flood ports of every switch.
 * @param usable The graph's usable links, in their fixed order.
 * @param frozen Switches that cannot be told, with the flood ports they have.
 */
export function floodTree(
  switches: ReadonlySet<string>,
  usable: readonly Link[],
  frozen: ReadonlyMap<string, ReadonlySet<number>> = new Map(),
): Map<string, Set<number>> {
  const ports = new Map<string, Set<number>>([...switches].map((datapathId) => [datapathId, new Set()]))
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
  const unite = ({ from, to }: Link): boolean => {
    const a = root(from.datapathId)
    const b = root(to.datapathId)
    if (a !== b) parent.set(a, b)
    return a !== b
  }
  const join = ({ from, to }: Link): void => {
    if (!unite({ from, to })) return
    ports.get(from.datapathId)?.add(from.port)
    ports.get(to.datapathId)?.add(to.port)
  }
  const links = twoWayLinks(usable)
  const told = ({ datapathId, port }: Link['from']): boolean => frozen.get(datapathId)?.has(port) ?? true
  const possible = links.filter(({ from, to }) => told(from) && told(to))
  for (const link of possible) if (frozen.has(link.from.datapathId) || frozen.has(link.to.datapathId)) join(link)
  // What a frozen switch floods over a link that is not in the tree (it works one way by now) still arrives: no other
  // way may lead there, or there would be a loop.
  for (const link of usable) if (frozen.get(link.from.datapathId)?.has(link.from.port)) unite(link)
  const depth = depths(switches, possible)
  const near = ({ from, to }: Link): number => Math.min(depth.get(from.datapathId) ?? 0, depth.get(to.datapathId) ?? 0)
  for (const link of possible.map((link) => ({ link, near: near(link) })).sort((a, b) => a.near - b.near))
    join(link.link)
  return ports
}

/** Usable links with their opposite, each once, from its lower end. */
function twoWayLinks(usable: readonly Link[]): Link[] {
  const keys = new Set(usable.map(linkKey))
  return usable.filter((link) => comparePorts(link.from, link.to) < 0 && keys.has(linkKey(reversed(link))))
}

/** Hops from the lowest datapath id of each connected part. */
function depths(switches: ReadonlySet<string>, links: readonly Link[]): Map<string, number> {
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
  for (const start of [...switches].sort()) {
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
