/**
 * The graph of switches and directed links. A link is usable for forwarding where its ports are point to point: a port
 * that reaches several others, or is reached by several, is on a shared segment, where a frame for one would also
 * arrive at another. It refuses to know how links are found and for how long they are believed.
 */

export interface PortRef {
  datapathId: string
  port: number
}

/** What is sent out of `from` arrives at `to`. */
export interface Link {
  from: PortRef
  to: PortRef
}

export function portKey({ datapathId, port }: PortRef): string {
  return `${datapathId}:${port}`
}

export function linkKey({ from, to }: Link): string {
  return `${portKey(from)}>${portKey(to)}`
}

export function reversed({ from, to }: Link): Link {
  return { from: to, to: from }
}

/** By datapath id, then port. */
export function comparePorts(a: PortRef, b: PortRef): number {
  return a.datapathId < b.datapathId ? -1 : a.datapathId > b.datapathId ? 1 : a.port - b.port
}

export class Graph {
  readonly #switches = new Set<string>()
  readonly #links = new Map<string, Link>()
  readonly #from = new Map<string, Map<string, Link>>()
  readonly #to = new Map<string, Map<string, Link>>()
  readonly #bySwitch = new Map<string, Map<string, Link>>()

  /** Switches that were added and those at the ends of links. */
  get switches(): ReadonlySet<string> {
    return this.#switches
  }

  get links(): IterableIterator<Link> {
    return this.#links.values()
  }

  get size(): number {
    return this.#links.size
  }

  has(link: Link): boolean {
    return this.#links.has(linkKey(link))
  }

  addSwitch(datapathId: string): void {
    this.#switches.add(datapathId)
  }

  /** Removes a switch with its links, which are returned. */
  removeSwitch(datapathId: string): Link[] {
    const gone = [...(this.#bySwitch.get(datapathId)?.values() ?? [])]
    for (const link of gone) this.remove(link)
    this.#switches.delete(datapathId)
    return gone
  }

  /** @returns false where it was there already. */
  add(link: Link): boolean {
    const key = linkKey(link)
    if (this.#links.has(key)) return false
    this.#switches.add(link.from.datapathId).add(link.to.datapathId)
    this.#links.set(key, link)
    into(this.#from, portKey(link.from), key, link)
    into(this.#to, portKey(link.to), key, link)
    into(this.#bySwitch, link.from.datapathId, key, link)
    into(this.#bySwitch, link.to.datapathId, key, link)
    return true
  }

  /** @returns false where it was not there. */
  remove(link: Link): boolean {
    const key = linkKey(link)
    if (!this.#links.delete(key)) return false
    outOf(this.#from, portKey(link.from), key)
    outOf(this.#to, portKey(link.to), key)
    outOf(this.#bySwitch, link.from.datapathId, key)
    outOf(this.#bySwitch, link.to.datapathId, key)
    return true
  }

  /** Links that leave or enter a port. */
  at(port: PortRef): Link[] {
    const key = portKey(port)
    return [...(this.#from.get(key)?.values() ?? []), ...(this.#to.get(key)?.values() ?? [])]
  }

  /** Links that leave or enter a switch. */
  of(datapathId: string): Link[] {
    return [...(this.#bySwitch.get(datapathId)?.values() ?? [])]
  }

  /** Ports of a switch that are an end of a link, usable or not. */
  fabricPorts(datapathId: string): Set<number> {
    const ports = new Set<number>()
    for (const { from, to } of this.#bySwitch.get(datapathId)?.values() ?? []) {
      if (from.datapathId === datapathId) ports.add(from.port)
      if (to.datapathId === datapathId) ports.add(to.port)
    }
    return ports
  }

  isFabric(port: PortRef): boolean {
    const key = portKey(port)
    return this.#from.has(key) || this.#to.has(key)
  }

  /** Whether frames may be forwarded over a link: it joins two switches, point to point. */
  usable(link: Link): boolean {
    if (link.from.datapathId === link.to.datapathId || !this.has(link)) return false
    return this.#single(link.from, link.to) && this.#single(link.to, link.from)
  }

  /** Links that may be used, in a fixed order. */
  usableLinks(): Link[] {
    return [...this.#links.values()]
      .filter((link) => this.usable(link))
      .sort((a, b) => comparePorts(a.from, b.from) || comparePorts(a.to, b.to))
  }

  /** Whether all links at a port lead to or come from one and the same other port. */
  #single(port: PortRef, other: PortRef): boolean {
    const key = portKey(port)
    const wanted = portKey(other)
    for (const { to } of this.#from.get(key)?.values() ?? []) if (portKey(to) !== wanted) return false
    for (const { from } of this.#to.get(key)?.values() ?? []) if (portKey(from) !== wanted) return false
    return true
  }
}

function into(index: Map<string, Map<string, Link>>, at: string, key: string, link: Link): void {
  const entry = index.get(at)
  if (entry === undefined) index.set(at, new Map([[key, link]]))
  else entry.set(key, link)
}

function outOf(index: Map<string, Map<string, Link>>, at: string, key: string): void {
  const entry = index.get(at)
  entry?.delete(key)
  if (entry?.size === 0) index.delete(at)
}
