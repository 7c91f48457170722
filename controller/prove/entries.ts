/**
 * Where packets come in at a switch: every packet of each port, and those that must get through, of the interfaces at a
 * port or behind a link. It refuses to know what becomes of them.
 */
import { GATEWAY_MAC } from '../../model/address.ts'
import { classOf } from '../policy/compile-switch.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import type { Arrivals } from './arrivals.ts'
import type { Asker } from './ask.ts'
import type { Graph } from './graph.ts'
import { Node } from './node.ts'
import { copyOf, type Entry, type Region } from './region.ts'
import { ETH_SRC, ETH_TYPE, IP_SRC, inField, type Site } from './settle.ts'
import { field } from './space.ts'
import { tagsApart, tunnelStarts, wholeAt } from './starts.ts'

const TCI = field('vlan_tci')
const NW_FRAG = field('nw_frag')

/** A port, and what its own packets find and lead to until the registers say who sent them. */
export interface Root {
  readonly node: Node
  /** Every packet that comes in there. */
  readonly start: Region
  /** Tables that its own packets come to. */
  readonly tables: number[]
  regions: number
  /** From a link: packets that must get through, by interface. */
  readonly musts: Map<string, Node>
}

export interface Entering {
  readonly graph: Graph
  readonly asker: Asker
  /** What is put from now on is put by this node; of a port: its own packets are looked at at once. */
  begin(node: Node, root: Root | undefined): void
  put(table: number, region: Region): void
  sweep(root: Root): void
}

export class Entries {
  readonly roots = new Map<number, Root>()
  readonly #arrivals: Arrivals
  readonly #site: Site
  readonly #to: Entering

  constructor(site: Site, arrivals: Arrivals, to: Entering) {
    this.#site = site
    this.#arrivals = arrivals
    this.#to = to
  }

  get #facts(): Site['facts'] {
    return this.#site.facts
  }

  portNumbers(): Set<number> {
    const { datapath } = this.#site
    const ports = new Set([...datapath.ports.keys(), ...datapath.fabricPorts, ...datapath.uplinkPorts])
    for (const owner of this.#facts.owners.values()) {
      if (owner.place?.datapathId === datapath.datapathId) ports.add(owner.place.port)
    }
    return ports
  }

  enter(port: number): void {
    const { datapath } = this.#site
    const owners = this.#facts.ownersAt({ datapathId: datapath.datapathId, port })
    const its = classOf(datapath, port, owners.length > 0)
    const entry: Entry = its === 'unattached' || its === 'none' ? 'idle' : its === 'tunnel' ? 'fabric' : its
    const arrivals = this.#arrivals
    const start = wholeAt(entry, port, arrivals.isCarrying)
    const node = this.roots.get(port)?.node ?? new Node(-1, start, undefined, undefined)
    const { outs } = node
    this.#to.graph.forget(node)
    this.#leaveOutMusts(port)
    const root: Root = { node, start, tables: [], regions: 0, musts: new Map() }
    this.roots.set(port, root)
    this.#to.begin(node, root)
    const starts =
      its === 'tunnel'
        ? tunnelStarts(this.#site, arrivals, start)
        : arrivals.isCarrying
          ? tagsApart(start, arrivals)
          : [copyOf(start)]
    for (const one of starts) this.#to.put(0, one)
    if (this.#facts.domains.areAny && (entry === 'uplink' || owners.some(({ isOpen }) => isOpen))) {
      // Nobody's rows ask for the MAC address of gateways but those that refuse it.
      const forged = copyOf(start)
      forged.vals[ETH_SRC] = GATEWAY_MAC
      forged.vals[TCI] = 0
      this.#to.put(0, forged)
    }
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
        this.#to.put(0, must)
      }
    }
    this.#to.sweep(root)
    this.#to.graph.settle(node, outs)
    this.#to.graph.note(node)
    this.enterMusts(root, undefined)
  }

  /** Packets that must get through from a link, by whom they are from or for. */
  enterMusts(root: Root, whose: ReadonlySet<string> | undefined): void {
    const { entry } = root.start.ghost
    if (entry !== 'fabric' && entry !== 'uplink') return
    const found = new Map<string, Region[]>()
    for (const [name, must] of this.#to.asker.musts(root.start, whose, this.#arrivals)) {
      const its = found.get(name)
      if (its === undefined) found.set(name, [must])
      else its.push(must)
    }
    for (const name of whose ?? new Set([...found.keys(), ...root.musts.keys()])) {
      const node = root.musts.get(name) ?? new Node(-1, root.start, root.node, undefined)
      const { outs } = node
      node.outs = []
      this.#to.begin(node, undefined)
      for (const must of found.get(name) ?? []) this.#to.put(0, must)
      this.#to.graph.settle(node, outs)
      if (node.outs.length === 0) root.musts.delete(name)
      else root.musts.set(name, node)
    }
  }

  /** A port that is gone. */
  leaveOut(port: number): void {
    const root = this.roots.get(port)
    if (root === undefined) return
    const { outs } = root.node
    this.#to.graph.forget(root.node)
    this.#to.graph.settle(root.node, outs)
    this.#to.graph.note(root.node)
    this.#leaveOutMusts(port)
    this.roots.delete(port)
  }

  #leaveOutMusts(port: number): void {
    for (const node of this.roots.get(port)?.musts.values() ?? []) {
      const { outs } = node
      node.outs = []
      this.#to.graph.settle(node, outs)
    }
  }
}
