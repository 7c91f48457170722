/**
 * The plan of carriers for people: for two switches what carries identities from one to the other, how many of those in use
 * fit, what it costs packets, by which way, and why not more. Pure. A pair costs the length of its way. It refuses to choose
 * (carriers.ts does) and knows nothing of rows.
 */
import {
  CARRIER_BITS,
  CARRIER_OCTETS,
  type CarriedView,
  type Carrier,
  fits,
  isIpv6,
  mtuBetween,
  type NextHop,
  nextHopTo,
  overheadOf,
  UNDERLAY_MTU,
} from './carriers.ts'
import type { DatapathView, Edge, IntentView, Place } from './state.ts'

export interface CarrierPlan {
  carrier: Carrier
  bits: number
  /** Identities in use that get there in packets, and those whose holders are known by address there. */
  carried: number
  byAddress: number
  /** Octets that are added to packets of either family. */
  octets: { ipv4: number; ipv6: number }
  /** Octets of the largest IP packet that fits. */
  mtu: number
  /** Whether the sender of a larger one is told. */
  signalled: boolean
  /** Underlay address of the other end, where it is a tunnel. */
  remote?: string
  /** Datapath ids, both ends among them. */
  way: string[]
  /** Empty where there is nothing to say. */
  reason: string
}

/** Identities that interfaces have. */
export function identitiesInUse(intent: Pick<IntentView, 'identities' | 'usersOf'>): number[] {
  return [...intent.identities.keys()].filter((identity) => intent.usersOf(identity).size > 0)
}

/** How many identities each carrier has room for. */
export class Rooms {
  readonly #identities: readonly number[]
  readonly #counts = new Map<Carrier, number>()

  constructor(identities: readonly number[]) {
    this.#identities = identities
  }

  /** @returns those that fit, and those that do not. */
  of(carrier: Carrier): { carried: number; byAddress: number } {
    let carried = this.#counts.get(carrier)
    if (carried === undefined) {
      carried = this.#identities.filter((identity) => fits(carrier, identity)).length
      this.#counts.set(carrier, carried)
    }
    return { carried, byAddress: this.#identities.length - carried }
  }
}

export interface PlanFacts {
  observed: CarriedView
  rooms: Rooms
  /** Who is at the other end of the link of a port. */
  behind(place: Place): string | undefined
}

/** undefined: there is no way, or no such switches. */
export function carrierPlan(
  { observed, rooms, behind }: PlanFacts,
  fromId: string,
  toId: string,
): CarrierPlan | undefined {
  const from = observed.datapaths.get(fromId)
  const to = observed.datapaths.get(toId) ?? observed.absent?.get(toId)
  const hop = from && nextHopTo(observed, from, toId)
  if (from === undefined || to === undefined || hop === undefined || fromId === toId) return undefined
  const { carrier, remote, largest } = hop
  const way = remote === undefined ? wayOf(observed, fromId, toId, behind) : [fromId, toId]
  const below = remote !== undefined && isIpv6(remote) ? 6 : 4
  const more = remote === undefined ? 0 : overheadOf(carrier, below) - overheadOf(carrier, 4)
  const { ipv4, ipv6 } = CARRIER_OCTETS[carrier]
  const ends = mtuBetween(from, to)
  const narrowest = Math.min(ends, ...way.map((at) => observed.datapaths.get(at)?.mtu ?? UNDERLAY_MTU))
  const room = rooms.of(carrier)
  const reasons = [
    whyByAddress(from, to, hop, room.byAddress),
    narrowest < ends && `a switch on the way takes ${narrowest} octets only, and nobody is told of larger packets`,
    largest === undefined && overheadOf(carrier, below) > 0 && `${fromId} cannot compare lengths of packets`,
  ].filter((its) => typeof its === 'string')
  return {
    ...{ carrier, bits: CARRIER_BITS[carrier], ...room, way },
    octets: { ipv4: ipv4 + more, ipv6: ipv6 + more },
    mtu: narrowest - overheadOf(carrier, below),
    signalled: largest !== undefined,
    ...(remote !== undefined && { remote }),
    reason: reasons.join('; '),
  }
}

/** Switches that packets over links come by; as far as links are known. */
function wayOf(observed: CarriedView, from: string, to: string, behind: PlanFacts['behind']): string[] {
  const way = [from]
  for (let at = from; at !== to && way.length <= observed.datapaths.size; ) {
    const port = observed.datapaths.get(at)?.nextHops.get(to)
    const next = port === undefined ? undefined : behind({ datapathId: at, port })
    if (next === undefined) break
    way.push(next)
    at = next
  }
  return way
}

function whyByAddress(from: DatapathView, to: Edge, { carrier }: NextHop, byAddress: number): string | false {
  if (carrier === 'vxlan')
    return 'receivers do not rely on the group policy id: userspace datapaths of Open vSwitch leave it out'
  if (carrier !== 'address')
    return byAddress > 0 && `${CARRIER_BITS[carrier]} bits: identities without room are known by address`
  const [own, its] = [from.tunnel, to.tunnel]
  if (own !== undefined && its !== undefined) {
    if (own.kind !== its.kind) return `ends of tunnels are of two kinds: ${own.kind}, ${its.kind}`
    if (isIpv6(own.address) !== isIpv6(its.address)) return 'ends of tunnels are of two families'
  }
  if (from.carriers === undefined) return 'the record of the sending switch names no carriers for links'
  if (to.carriers === undefined) return 'the record of the receiving switch names no carriers for links'
  return `no carrier in common: ${from.carriers.join(', ')}; ${to.carriers.join(', ')}`
}
