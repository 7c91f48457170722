/**
 * Which packets between whom get another verdict, and by what: the concerned pairs (concerned.ts) judged in both states
 * by the lookup, which is held to permits.ts, and those that differ put into groups that people can read. A generator, so
 * that the caller can let others in between. It refuses to know records, switches and how a change is printed.
 */

import { type Classes, type EndClass, standIns, viewOf, type When } from './classes.ts'
import { type Concerned, concernedPairs, type Within } from './concerned.ts'
import { byText } from './explain.ts'
import { type Layer4, packetAt, placeOf, ranges, rangeTexts } from './layer4.ts'
import { type Between, PolicyLookup } from './lookup.ts'
import type { Decision, PolicyPacket, Verdict } from './permits.ts'

export type VerdictWord = Decision['verdict']

/** What a packet meets: refused by the first side that refuses it, limited where a side that passes it limits. */
export function verdictWord({ allow, egress, ingress }: Verdict): VerdictWord {
  if (!allow) return passes(egress.verdict) ? ingress.verdict : egress.verdict
  return egress.verdict === 'rate-limit' ? egress.verdict : ingress.verdict
}

export const passes = (word: VerdictWord): boolean => word === 'allow' || word === 'rate-limit'

/** A verdict and what it comes from, in words. */
export interface Judged {
  verdict: VerdictWord
  by: string
}

/** Packets that all get the same other verdict, by the same rules or defaults. */
export interface VerdictChange {
  /** Indices of classes. */
  from: readonly number[]
  to: readonly number[]
  layer4: readonly Layer4[]
  /** Texts of the same. */
  packets: readonly string[]
  before: Judged
  after: Judged
  /** Ordered pairs of interfaces, a prefix of the world counted as one. */
  pairs: number
}

export interface VerdictChanges {
  classes: Classes
  /** Answers for single packets between classes of interest. */
  judge: Judge
  /** Those that shut first, then by pairs. */
  changes: VerdictChange[]
  /** Ordered pairs that lose a packet, that gain one, that have any other verdict. A pair may lose one and gain one. */
  losing: number
  gaining: number
  differing: number
  /** False where there were more pairs of classes than could be looked at: all counts are at least so many. */
  complete: boolean
}

/** Pairs of classes that one plan looks at. */
export const MAX_PAIRS = 200_000

export function* verdictChanges(classes: Classes, maxPairs = MAX_PAIRS): Generator<void, VerdictChanges> {
  const concerned: Concerned = yield* concernedPairs(classes, maxPairs)
  const judge = new Judge(classes)
  const groups = new Groups()
  const counts = { losing: 0, gaining: 0, differing: 0 }
  for (const [from, its] of concerned.pairs) {
    for (const [to, within] of its) {
      yield
      const pairs = pairsOf(classes.all, from, to)
      if (pairs === 0) continue
      const differing = judge.differing(from, to, within)
      if (differing.length === 0) continue
      counts.differing += pairs
      if (differing.some(({ before, after }) => passes(before.verdict) && !passes(after.verdict)))
        counts.losing += pairs
      if (differing.some(({ before, after }) => !passes(before.verdict) && passes(after.verdict)))
        counts.gaining += pairs
      for (const each of differing) groups.add(from, to, pairs, each)
    }
  }
  return { classes, judge, changes: groups.list(), ...counts, complete: !concerned.cut }
}

function pairsOf(all: readonly EndClass[], from: number, to: number): number {
  const size = (end: EndClass): number => (end.kind === 'world' ? 1 : end.names.length)
  const [one, other] = [all[from]!, all[to]!]
  if (one.kind === 'world' && other.kind === 'world') return 0
  return size(one) * (from === to ? size(other) - 1 : size(other))
}

/** One outcome between two classes, for some packets. */
interface Differing {
  layer4: Layer4[]
  before: Judged
  after: Judged
}

/** Asks the same question in both states. */
export class Judge {
  readonly #classes: Classes
  readonly #lookups: Readonly<Record<When, PolicyLookup>>

  constructor(classes: Classes) {
    this.#classes = classes
    this.#lookups = {
      before: new PolicyLookup(viewOf(classes, 'before')),
      after: new PolicyLookup(viewOf(classes, 'after')),
    }
  }

  /** The verdict in one state; ends that are not there, or have no way to each other, are refused. */
  verdict(from: number, to: number, packet: Omit<PolicyPacket, 'from' | 'to' | 'reply'>, when: When): Verdict {
    return this.between(from, to, when).verdict(packet)
  }

  /** Packets among those that these rules carry whose verdict differs, by outcome. */
  differing(from: number, to: number, within: Within): Differing[] {
    const [before, after] = [this.between(from, to, 'before'), this.between(from, to, 'after')]
    const found: Differing[] = []
    for (const one of ranges([...before.rules, ...after.rules], within)) {
      const packet = packetAt(one)
      const [was, is] = [before.verdict(packet), after.verdict(packet)]
      if (verdictWord(was) === verdictWord(is)) continue
      const [then, now] = [judged(was), judged(is)]
      const same = found.find((each) => isSame(each.before, then) && isSame(each.after, now))
      if (same === undefined) found.push({ layer4: [one], before: then, after: now })
      else same.layer4.push(one)
    }
    return found
  }

  /** The rules that name two ends in one state, and verdicts between them. */
  between(from: number, to: number, when: When): Between {
    const { all } = this.#classes
    const name = (index: number, which: 0 | 1): string => {
      const end = all[index]!
      return end.kind === 'world' ? end.address : standIns(index)[which]
    }
    return this.#lookups[when].between(name(from, 0), name(to, from === to ? 1 : 0))
  }
}

const isSame = (one: Judged, other: Judged): boolean => one.verdict === other.verdict && one.by === other.by

/** Whether a change is about a packet. */
export function concerns(
  { layer4 }: Pick<VerdictChange, 'layer4'>,
  packet: Pick<PolicyPacket, 'protocol' | 'port' | 'code'>,
): boolean {
  const { protocol } = packet
  const place = placeOf(packet)
  return layer4.some(
    ({ protocol: its, first, last, except }) =>
      (except === undefined ? its === protocol : !except.includes(protocol)) &&
      (first === undefined || last === undefined || (place !== undefined && first <= place && place <= last)),
  )
}

/** The side that decides: the first that refuses, else the receiver's, else the sender's where the receiver has no say. */
export function judged(verdict: Verdict): Judged {
  const { egress, ingress } = verdict
  const by = !passes(egress.verdict) || ingress.by.kind === 'world' ? egress : ingress
  return {
    verdict: verdictWord(verdict),
    by: by.by.kind === 'unknown' ? 'nobody, for one end is not there' : byText(by),
  }
}

/** Outcomes of pairs, gathered where they are alike. */
class Groups {
  /** By receiver and outcome: who sends. */
  readonly #byTo = new Map<
    string,
    { to: number; from: number[]; pairs: number; differing: Differing; packets: string[] }
  >()

  add(from: number, to: number, pairs: number, differing: Differing): void {
    const packets = rangeTexts(differing.layer4)
    const key = JSON.stringify([to, packets, differing.before, differing.after])
    const known = this.#byTo.get(key)
    if (known === undefined) this.#byTo.set(key, { to, from: [from], pairs, differing, packets })
    else {
      known.from.push(from)
      known.pairs += pairs
    }
  }

  /** Receivers with the same senders and outcome together. */
  list(): VerdictChange[] {
    const merged = new Map<string, VerdictChange & { to: number[] }>()
    for (const { to, from, pairs, differing, packets } of this.#byTo.values()) {
      const key = JSON.stringify([from, packets, differing.before, differing.after])
      const known = merged.get(key)
      if (known === undefined) merged.set(key, { from, to: [to], packets, pairs, ...differing })
      else {
        known.to.push(to)
        known.pairs += pairs
      }
    }
    return [...merged.values()].sort((one, other) => weight(one) - weight(other) || other.pairs - one.pairs)
  }
}

/** What shuts comes first, then what opens. */
function weight({ before, after }: VerdictChange): number {
  if (passes(before.verdict) && !passes(after.verdict)) return 0
  return passes(before.verdict) ? 2 : passes(after.verdict) ? 1 : 3
}
