/**
 * Where a packet goes between its ends and who gets a copy, by what policy decides and where things are: slow and
 * obvious, as permits.ts is for verdicts. Compiled tables are held to it by tests; explain and the prover ask it. It
 * refuses to know tables.
 *
 *  1. The rules that decide on both sides may each redirect. Packets of the original direction go to the services of
 *     the sender's rule, then to those of the receiver's, to each once; replies go to the same in reverse.
 *  2. A chain works where all its services and both ends are on one switch and in one network (the world is where its
 *     uplink is). Elsewhere what has to go through it is dropped.
 *  3. A connection of which a service of its chain is an end is led through none of it.
 *  4. A packet that passes is copied to the collectors of both deciding rules, one that a rule refuses to that rule's:
 *     once to each, where a switch judges it that has the collector. Nobody gets a copy of what he sends or receives.
 */
import { IDENTITY, type InterfaceRecord, type Rule } from '../../model/records.ts'
import type { Decision, PolicyPacket, Verdict } from './permits.ts'
import type { IntentView, NetworkState, Place } from './state.ts'
import { joined } from './steering.ts'

/** What the deciding rules ask for. */
export interface SteeringWish {
  /** Services of the chain in the order in which this packet is to come to them. */
  chain: string[]
  /** Collectors, each once. */
  copies: string[]
}

/** What becomes of it. */
export interface Way {
  /** Services that it comes to, in order. */
  via: string[]
  /** Collectors that get a copy. */
  copies: string[]
  /** Why the packet has no way, although policy may let it pass. */
  problem?: string
  /** Collectors that get no copy, and why. */
  missed: { collector: string; why: string }[]
}

/** The rule that decided. */
function ruleOf({ policies }: Pick<IntentView, 'policies'>, { by }: Decision): Rule | undefined {
  return by.kind === 'rule' ? policies.get(by.cause.policy)?.rules[by.cause.ruleIndex] : undefined
}

/** @param packet As permits() was asked. */
export function steeringWish(
  intent: Pick<IntentView, 'policies'>,
  packet: PolicyPacket,
  { allow, egress, ingress }: Verdict,
): SteeringWish {
  const [first, second] = [ruleOf(intent, egress), ruleOf(intent, ingress)]
  const collectors = (...rules: (Rule | undefined)[]): string[] => {
    const ends = [packet.from, packet.to]
    const named = rules.flatMap((rule) => rule?.mirror ?? [])
    return [...new Set(named)].filter((name) => !ends.includes(name))
  }
  if (!allow) {
    const isSenders = egress.verdict === 'deny' || egress.verdict === 'reject'
    return { chain: [], copies: collectors(isSenders ? first : second) }
  }
  const chain = joined(first?.redirect ?? [], second?.redirect ?? [])
  return { chain: packet.reply === true ? chain.reverse() : chain, copies: collectors(first, second) }
}

/** Where the packet goes, from where things are now. */
export function wayOf(state: NetworkState, packet: PolicyPacket, verdict: Verdict): Way {
  const wish = steeringWish(state.intent, packet, verdict)
  const { interfaces } = state.intent
  const [sender, receiver] = [interfaces.get(packet.from), interfaces.get(packet.to)]
  const problem = verdict.allow ? chainProblem(state, wish.chain, sender, receiver) : undefined
  const start = switchOf(state, sender, receiver)
  const end = switchOf(state, receiver, sender)
  // What goes no further is judged where it came in only.
  const judging = new Set(verdict.allow && problem === undefined ? [start, end] : [start])
  const missed: Way['missed'] = []
  const copies = wish.copies.filter((collector) => {
    const place = placeOf(state, collector)
    if (place !== undefined && judging.has(place.datapathId)) return true
    const why =
      place === undefined
        ? `${collector} is on no connected port`
        : `${collector} is on switch ${place.datapathId}, which does not judge the packet`
    missed.push({ collector, why })
    return false
  })
  const isEnd = wish.chain.includes(packet.from) || wish.chain.includes(packet.to)
  return { via: isEnd ? [] : wish.chain, copies, missed, ...(problem === undefined ? {} : { problem }) }
}

/** A path with the problem that the way brings, where it has none of its own. */
export function along<P extends { problem?: string }>(path: P, { problem }: Way): P {
  return problem === undefined ? path : { problem, ...path }
}

function chainProblem(
  state: NetworkState,
  via: readonly string[],
  sender: InterfaceRecord | undefined,
  receiver: InterfaceRecord | undefined,
): string | undefined {
  if (via.length === 0) return undefined
  const network = (sender ?? receiver)?.network
  const switches = new Set([switchOf(state, sender, receiver), switchOf(state, receiver, sender)])
  for (const name of via) {
    const place = placeOf(state, name)
    if (place === undefined) return `${name}, which it has to go through, is on no connected port`
    if (state.intent.interfaces.get(name)?.network !== network)
      return `${name}, which it has to go through, is in another network`
    switches.add(place.datapathId)
  }
  if (switches.size === 1 && !switches.has(undefined)) return undefined
  return `it has to go through ${via.join(' and ')}, and not all of them and both ends are on one switch`
}

/** Where an interface is that is known enough to send and receive. */
function placeOf({ intent, observed }: NetworkState, name: string): Place | undefined {
  const place = observed.places.get(name)
  const there = place && observed.datapaths.get(place.datapathId)
  if (place === undefined || there === undefined || intent.identityOf(name) === IDENTITY.unknown) return undefined
  return there.uplinkPorts.has(place.port) || there.fabricPorts.has(place.port) ? undefined : place
}

/** The switch of an end; of the world, the one through whose uplink the other end reaches it. */
function switchOf(
  state: NetworkState,
  end: InterfaceRecord | undefined,
  other: InterfaceRecord | undefined,
): string | undefined {
  if (end !== undefined) return placeOf(state, end.name)?.datapathId
  const near = other && placeOf(state, other.name)?.datapathId
  const datapath = near === undefined ? undefined : state.observed.datapaths.get(near)
  // The existing network is one that no switch of ours judges.
  if (datapath === undefined || state.backend === 'normal') return undefined
  if (datapath.uplinkPorts.size > 0) return near
  const gateways = [...state.observed.datapaths.values()].filter(
    ({ uplinkPorts, datapathId }) => uplinkPorts.size > 0 && datapath.nextHops.has(datapathId),
  )
  return gateways.map(({ datapathId }) => datapathId).sort()[0]
}
