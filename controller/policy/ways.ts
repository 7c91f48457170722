/**
 * Where a packet goes between its ends and who gets a copy, by what policy decides and where things are: slow and
 * obvious, as permits.ts is for verdicts. Compiled tables are held to it by tests; explain and the prover ask it. It
 * refuses to know tables.
 *
 *  1. The rules that decide on both sides may each redirect. Packets of the original direction go to the services of
 *     the sender's rule, then to those of the receiver's, to each once; replies go to the same in reverse.
 *  2. A chain works where all its services are in the one network of its ends (none leads between networks of a router), and there is a way between switches from the
 *     sender to the first, on to the next, and from the last to the receiver (the world is where its uplink is). Where the
 *     existing network forwards, all of them have to be on one switch. Else what has to go through it is dropped.
 *  3. A connection of which a service of its chain is an end is led through none of it.
 *  4. A packet that passes is copied to the collectors of both deciding rules, one that a rule refuses to that rule's:
 *     once to each, from where it comes in first, if there is a way to the collector. Where the existing network forwards, a
 *     switch that judges it has to have the collector. Nobody gets a copy of what he sends or receives.
 */
import { IDENTITY, type InterfaceRecord, type Rule } from '../../model/records.ts'
import { gatewayOf, nextPortFrom } from './carriers.ts'
import type { Decision, PolicyPacket, Verdict } from './permits.ts'
import type { IntentView, NetworkState, Place } from './state.ts'
import { isCarried, joined, MAX_CARRIED } from './steering.ts'

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
  const start = switchOf(state, sender, receiver)
  const end = switchOf(state, receiver, sender)
  const networks = new Set([sender, receiver].flatMap((its) => its?.network ?? []))
  const problem = verdict.allow ? chainProblem(state, wish.chain, networks, start, end) : undefined
  // What goes no further is judged where it came in only.
  const judging = new Set(verdict.allow && problem === undefined ? [start, end] : [start])
  const missed: Way['missed'] = []
  const copies = wish.copies.filter((collector) => {
    const place = placeOf(state, collector)
    const why =
      place === undefined
        ? `${collector} is on no connected port`
        : state.backend === 'fabric'
          ? legProblem(state, start, collector, place.datapathId)
          : judging.has(place.datapathId)
            ? undefined
            : `${collector} is on switch ${place.datapathId}, which does not judge the packet, and the existing network carries no copies`
    if (why !== undefined) missed.push({ collector, why })
    return why === undefined
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
  networks: ReadonlySet<string>,
  start: string | undefined,
  end: string | undefined,
): string | undefined {
  if (via.length === 0) return undefined
  if (networks.size > 1)
    return `it has to go through ${via.join(' and ')}, and its ends are in different networks: services lead within one`
  const switches: string[] = []
  for (const name of via) {
    const place = placeOf(state, name)
    if (place === undefined) return `${name}, which it has to go through, is on no connected port`
    if (!networks.has(state.intent.interfaces.get(name)?.network ?? ''))
      return `${name}, which it has to go through, is in another network`
    switches.push(place.datapathId)
  }
  if (state.backend === 'fabric') {
    for (const [index, name] of via.entries()) {
      const problem = legProblem(state, index === 0 ? start : switches[index - 1], name, switches[index] as string)
      if (problem !== undefined) return problem
    }
    const last = switches.at(-1) as string
    if (end === undefined || isReached(state, last, end)) return undefined
    return `there is no path from switch ${last}, where ${via.at(-1)} is that it has to go through, to switch ${end}`
  }
  const all = new Set([start, ...switches, end])
  if (all.size === 1 && !all.has(undefined)) return undefined
  return `it has to go through ${via.join(' and ')}, and not all of them and both ends are on one switch, as they must be where the existing network forwards`
}

/** Why a switch cannot send a packet to a collector or service. */
export function legProblem(
  state: NetworkState,
  from: string | undefined,
  name: string,
  datapathId: string,
): string | undefined {
  if (from === datapathId) return undefined
  if (from === undefined || !isReached(state, from, datapathId))
    return `there is no path from ${from === undefined ? 'where it comes in' : `switch ${from}`} to switch ${datapathId}, where ${name} is`
  const number = state.intent.number('steer', name)
  if (number !== undefined && isCarried(number)) return undefined
  return `${name} is on another switch, and links have no tag left for it: they carry those of ${MAX_CARRIED} names`
}

function isReached({ observed }: NetworkState, from: string, to: string): boolean {
  return from === to || nextPortFrom(observed, from, to) !== undefined
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
  return gatewayOf(state, datapath)
}
