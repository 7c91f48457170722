/**
 * How packets of other switches get to one, and who is named by what they bring: the identity that a tunnel, a label or a
 * VLAN tag carries is one of those that the switch before may write (exits.ts holds it to that). It refuses to know rows.
 */

import type { LinkCarrier } from '../../model/records.ts'
import { CARRIER_BITS, type Carrier, fits, nextHopTo, onLinksOf, peersOf } from '../policy/carriers.ts'
import type { Facts, Owner } from './facts.ts'
import type { Site } from './settle.ts'

/** The way of packets to a switch, where it ends. */
export interface Arrival {
  /** What their own switch puts the identity of their sender in. */
  readonly carrier: Carrier
  readonly port: number
  /** Underlay address of the last switch before, where that is the other end of a tunnel. */
  readonly remote: string | undefined
}

/** Whether an identity is put in what carries it; that it then arrives, too, is `fits`. */
export function isWritten(carrier: Carrier, identity: number): boolean {
  return carrier === 'vxlan' ? identity < 2 ** CARRIER_BITS.vxlan : fits(carrier, identity)
}

/** Identities, each with an interface that has it. */
export type Named = ReadonlyMap<number, string>

export class Arrivals {
  readonly #site: Site
  readonly #from = new Map<string, Arrival | undefined>()
  readonly #onLinks: ReadonlySet<LinkCarrier>
  /** Whether packets may come, or leave, with the identity of their sender. */
  readonly isCarrying: boolean

  constructor(site: Site) {
    this.#site = site
    const { facts, normal, datapath } = site
    this.#onLinks = normal ? new Set() : onLinksOf(facts.state.observed)
    this.isCarrying = !normal && (datapath.tunnel !== undefined || this.#onLinks.size > 0)
  }

  isOnLinks(carrier: LinkCarrier): boolean {
    return this.#onLinks.has(carrier)
  }

  /** How packets of a switch get here; undefined: they do not. */
  from(datapathId: string): Arrival | undefined {
    if (this.#from.has(datapathId)) return this.#from.get(datapathId)
    const found = arrivalOf(this.#site.facts, datapathId, this.#site.datapath.datapathId)
    this.#from.set(datapathId, found)
    return found
  }

  /** How what an interface may be permitted to send to the world gets here: the identity of its sender does not. */
  outFrom({ place, identity }: Owner): Arrival | undefined {
    const { facts, datapath } = this.#site
    const potential = facts.potential(identity)
    if (!facts.worldIdentities.some((its) => potential.has(its))) return undefined
    const there = place && facts.state.observed.datapaths.get(place.datapathId)
    const gateway = there && facts.gatewayOf(there)
    if (there === undefined || gateway === undefined || gateway === there.datapathId) return undefined
    return passing(facts, there.datapathId, gateway, datapath.datapathId)
  }

  /** Whether packets of an interface say, when they are here, who sent them. */
  isNamed({ place, identity }: Owner): boolean {
    const arrival = place && this.from(place.datapathId)
    return arrival !== undefined && fits(arrival.carrier, identity)
  }

  /** Underlay addresses of the other ends of tunnels. */
  *remotes(): IterableIterator<string> {
    const { facts, datapath } = this.#site
    for (const [, { address }] of peersOf(facts.state.observed, datapath)) yield address
  }

  /** Those whom tunnels name: by address of the end that they come from, and by network. */
  *tunnelled(): IterableIterator<{ remote: string; network: number; senders: Named }> {
    const { facts, datapath } = this.#site
    const { tunnel, datapathId } = datapath
    if (tunnel === undefined) return
    const here = facts.residents(datapathId)
    for (const [peer, { address: remote }] of peersOf(facts.state.observed, datapath)) {
      for (const network of here.keys()) {
        // What is routed names nobody where the name may be lost (exits.ts).
        const isLossy = tunnel.kind === 'vxlan'
        const names = isLossy ? facts.residents(peer).get(network) : residentsIn(facts, peer, network)
        const senders = new Map([...(names ?? [])].filter(([identity]) => isWritten(tunnel.kind, identity)))
        if (senders.size > 0) yield { remote, network, senders }
      }
    }
  }

  /** Those who may be named in what links bring for an interface, and the way of it: by a link, or within a tunnel. */
  *labelled(owner: Owner): IterableIterator<{ carrier: LinkCarrier; arrival: Arrival; senders: Named }> {
    const { facts, datapath } = this.#site
    const { observed } = facts.state
    const place = owner.place?.datapathId
    if (place === undefined) return
    const found = new Map<string, { carrier: LinkCarrier; arrival: Arrival; senders: Map<number, string> }>()
    for (const [from, view] of observed.datapaths) {
      const carrier = from === place ? undefined : nextHopTo(observed, view, place)?.carrier
      if ((carrier !== 'mpls' && carrier !== 'vlan') || from === datapath.datapathId) continue
      const arrival = passing(facts, from, place, datapath.datapathId)
      if (arrival === undefined) continue
      for (const [identity, name] of residentsIn(facts, from, owner.network)) {
        if (!fits(carrier, identity)) continue
        const key = `${carrier} ${arrival.port} ${arrival.remote}`
        const its = found.get(key) ?? { carrier, arrival, senders: new Map<number, string>() }
        found.set(key, its)
        its.senders.set(identity, name)
      }
    }
    yield* found.values()
  }
}

/** Those on a switch who may send to somebody in a network: they are in its domain. */
function residentsIn(facts: Facts, datapathId: string, network: number): Named {
  const found = new Map<number, string>()
  const residents = facts.residents(datapathId)
  for (const its of facts.domains.networksOf(network))
    for (const [identity, name] of residents.get(its) ?? []) found.set(identity, name)
  return found
}

/** How packets from one switch get to another; undefined: they do not. */
export function arrivalOf(facts: Facts, from: string, to: string): Arrival | undefined {
  return passing(facts, from, to, to)
}

/** How packets from one switch to another come to one that is on their way. */
function passing(facts: Facts, from: string, to: string, here: string): Arrival | undefined {
  const { observed } = facts.state
  let carrier: Carrier | undefined
  let at = from
  for (let hops = 0; hops <= observed.datapaths.size; hops++) {
    const own = observed.datapaths.get(at)
    const hop = own && nextHopTo(observed, own, to)
    if (own === undefined || hop === undefined) return undefined
    carrier ??= hop.carrier
    if (hop.remote !== undefined) {
      const port = observed.datapaths.get(to)?.tunnel?.port
      return to !== here || port === undefined ? undefined : { carrier, port, remote: own.tunnel?.address }
    }
    const next = facts.behind({ datapathId: at, port: hop.port })
    if (next === undefined) return undefined
    at = next.datapathId
    if (at === here) return { carrier, port: next.port, remote: undefined }
    if (at === to) return undefined
  }
  return undefined
}
