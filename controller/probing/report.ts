/**
 * What a probe shows: by which switches and ports it went, which identity was written where it came in, what carried it,
 * which was read where it came out, what became of it, and, where that is not what policy and carriers promise, what is
 * wrong and between which two places. A function of what was expected and what switches said. It refuses to know how
 * probes are sent (probing.ts).
 */
import type { Direction } from '../../model/records.ts'
import type { Carrier } from '../policy/carriers.ts'
import type { WatchedStage } from '../policy/compile-watch.ts'
import type { Place } from '../policy/state.ts'
import type { Sighting, Tag } from './sighting.ts'

export interface ExpectedEnd extends Place {
  identity: number
}

/** What should happen. */
export interface Expected {
  sender: ExpectedEnd
  receiver: ExpectedEnd
  /** Datapath ids from the sender's switch to the receiver's, both included. */
  path: readonly string[]
  /** What carries the identity of the sender: `address` where nothing does, or nothing can. */
  carrier: Carrier
  /** Whether policy lets it pass. */
  permitted: boolean
}

/** What one switch showed. */
export interface Hop {
  datapathId: string
  /** The port that it came in by; absent where the switch did not say. */
  inPort?: number
  /** The port that it left by, where that is known. */
  outPort?: number
  /** What the packet carried when it came, and when it left. */
  arrived?: Tag
  left?: Tag
  /** Every stage at which it was seen, in the order of the pipeline. */
  stages: WatchedStage[]
}

/**
 * delivered: it got to the port of its receiver. dropped: rows of policy dropped it, on this side of this switch. lost:
 * it was seen last on this switch, and was dropped there or on the way from there.
 */
export type Outcome = 'delivered' | 'dropped' | 'lost'

export type FaultKind =
  /** The identity that was in the packet is not there any more, or was not written at all. */
  | 'tag-lost'
  /** Another identity is there, or was read. */
  | 'tag-changed'
  /** Policy lets it pass, and it did not arrive. */
  | 'packet-lost'
  /** Policy lets it pass, and rows of policy dropped it. */
  | 'refused'
  /** Policy does not let it pass, and it arrived. */
  | 'leaked'

export interface Fault {
  kind: FaultKind
  /** On the way between these switches; in one where both are the same. */
  from: string
  to: string
}

export interface Judgement {
  outcome: Outcome
  hops: Hop[]
  /** What the sender's switch put in the packet; what came to the receiver's; what that took the sender for. */
  written?: Tag
  carried?: Tag
  read?: number
  /** Switch where it was seen last; where rows of policy dropped it, the side. */
  at?: { datapathId: string; side?: Direction }
  /** The first thing that is wrong on its way. */
  fault?: Fault
}

const ORDER: readonly WatchedStage[] = ['classify', 'egress_admin', 'ingress_admin', 'commit', 'forward', 'deliver']

/** @param sightings Of one packet. */
export function judge(expected: Expected, sightings: readonly Sighting[]): Judgement {
  const { sender, receiver, path, permitted } = expected
  const hops = hopsOf(expected, sightings)
  const last = hops.at(-1)
  const there = hops.find(({ datapathId }) => datapathId === receiver.datapathId)
  const delivered = there?.stages.includes('deliver') === true
  const side = delivered || last === undefined ? undefined : droppingSide(last)
  const outcome: Outcome = delivered ? 'delivered' : side === undefined ? 'lost' : 'dropped'
  const read = sightings.find(
    ({ datapathId, stage }) => datapathId === receiver.datapathId && (stage === 'egress_admin' || stage === 'deliver'),
  )?.source
  const crosses = path.length > 1
  const written = crosses && hops[0]?.datapathId === sender.datapathId ? hops[0].left : undefined
  const carried = crosses ? there?.arrived : undefined
  const at = last && { datapathId: last.datapathId, ...(side && { side }) }
  const fault =
    tagFault(expected, hops, read) ??
    (delivered === permitted
      ? undefined
      : verdictFault(expected, { delivered, ...(side && { side }), ...(last && { last }) }))
  return {
    ...{ outcome, hops },
    ...(written && { written }),
    ...(carried && { carried }),
    ...(read !== undefined && { read }),
    ...(at && { at }),
    ...(fault && { fault }),
  }
}

/** Switches in the order of the expected way, those that are not on it after them in the order in which they told. */
function hopsOf({ path, receiver }: Expected, sightings: readonly Sighting[]): Hop[] {
  const seen = new Map<string, Sighting[]>()
  for (const sighting of sightings) seen.set(sighting.datapathId, [...(seen.get(sighting.datapathId) ?? []), sighting])
  const order = [...path.filter((datapathId) => seen.has(datapathId))]
  for (const datapathId of seen.keys()) if (!path.includes(datapathId)) order.push(datapathId)
  return order.map((datapathId) => {
    const its = seen.get(datapathId) ?? []
    const at = (stage: WatchedStage): Sighting | undefined => its.find((sighting) => sighting.stage === stage)
    const [came, leaves, ends] = [at('classify'), at('forward'), at('deliver')]
    const inPort = (came ?? its[0])?.inPort
    const outPort = (ends ?? leaves)?.port || undefined
    const left = datapathId === receiver.datapathId ? undefined : leaves?.tag
    return {
      datapathId,
      ...(inPort !== undefined && { inPort }),
      ...(outPort !== undefined && { outPort }),
      ...(came?.tag && { arrived: came.tag }),
      ...(left && { left }),
      stages: ORDER.filter((stage) => at(stage) !== undefined),
    }
  })
}

/** The side whose rows dropped it: it came to them, and not to those behind. */
function droppingSide({ stages }: Hop): Direction | undefined {
  if (!stages.includes('egress_admin') || stages.includes('commit')) return undefined
  return stages.includes('ingress_admin') ? 'ingress' : 'egress'
}

/** What is wrong with the identity, wherever the packet got to. */
function tagFault(
  { sender, receiver, path, carrier }: Expected,
  hops: readonly Hop[],
  read: number | undefined,
): Fault | undefined {
  const own: Tag | undefined = carrier === 'address' ? undefined : { carrier, value: sender.identity }
  const seen = path.flatMap((datapathId) => hops.find((hop) => hop.datapathId === datapathId) ?? [])
  let before = own
  let from = sender.datapathId
  for (const hop of seen) {
    const { datapathId, stages, arrived, left } = hop
    const isFirst = datapathId === sender.datapathId
    if (!isFirst && stages[0] === 'classify') {
      const kind = difference(before, arrived)
      if (kind !== undefined) return { kind, from, to: datapathId }
    }
    if (datapathId === receiver.datapathId) break
    const inside = isFirst ? own : arrived
    // Others' rows may have sent it on: then the next switch says what they did to it.
    const isWatched = stages.includes('forward')
    const kind = isWatched ? difference(inside, left) : undefined
    if (kind !== undefined) return { kind, from: datapathId, to: datapathId }
    before = isWatched ? left : inside
    from = datapathId
  }
  if (read === undefined || read === sender.identity) return undefined
  return { kind: 'tag-changed', from: receiver.datapathId, to: receiver.datapathId }
}

function difference(before: Tag | undefined, after: Tag | undefined): 'tag-lost' | 'tag-changed' | undefined {
  // A group policy id may be left behind: then the sender is known by its address, as carriers.ts has it.
  if (before !== undefined && after === undefined) return before.carrier === 'vxlan' ? undefined : 'tag-lost'
  return before?.value === after?.value && before?.carrier === after?.carrier ? undefined : 'tag-changed'
}

/** Delivered though it may not be, or not though it may. */
function verdictFault(
  { sender, receiver, path }: Expected,
  { delivered, side, last }: { delivered: boolean; side?: Direction; last?: Hop },
): Fault {
  if (delivered) return { kind: 'leaked', from: receiver.datapathId, to: receiver.datapathId }
  const at = last?.datapathId ?? sender.datapathId
  if (side !== undefined) return { kind: 'refused', from: at, to: at }
  const next = last?.stages.includes('forward') === true ? path[path.indexOf(at) + 1] : undefined
  return { kind: 'packet-lost', from: at, to: next ?? at }
}
