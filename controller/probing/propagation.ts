/**
 * What samples have shown of each ordered pair of switches: when it was last proved that the identity written by the one
 * is the identity read by the other, and what is wrong where it is not. A fault is told when so many samples in a row have
 * shown one, once for each cause; that it is over, when the same packet shows that all is right. A function of samples,
 * with no clock. It refuses to take samples (sampler.ts).
 *
 * A sample that was taken while its way or its ends became others is not to be given to it.
 */
import type { ProbeWish } from './aim.ts'
import { type ProbeReport, type Sample, sampleOf } from './probing.ts'

export type TagCause = 'tag-lost' | 'tag-changed'

/** What one sample shows: `refused`: the identity arrived where it was judged, and rows of policy were wrong about it. */
export type Shown = 'proven' | 'lost' | 'changed' | 'refused'

export const PROPAGATION_LIMITS = {
  /** Samples in a row that show a fault until it is told. */
  confirmations: 3,
  /** Pairs of switches that are remembered, those looked at longest ago dropped first. */
  pairs: 16_384,
} as const

export interface PairState {
  /** Datapath ids. */
  readonly from: string
  readonly to: string
  /** Of the last sample that told something, and of the last that proved the pair. */
  last: Sample
  proven?: Sample
  /** Samples in a row that showed a fault, by the same way. */
  faults: number
  /** What is asked again while there is a fault. */
  wish?: ProbeWish
  /** Causes that were told and are not over. */
  readonly told: Set<TagCause>
}

export interface Learnt {
  shown: Shown
  /** What is to be told. */
  news?: TagCause | 'tag-recovered'
  /** The same is to be asked again: a fault is to be confirmed, or to be seen ending. */
  again?: 'confirm' | 'recheck'
}

export interface PropagationCounts {
  /** Pairs proved at most so long ago and without a fault since; with a fault that was told; all others. */
  proven: number
  faulty: number
  unproven: number
}

export class Propagation {
  /** The pair looked at longest ago first. */
  readonly #pairs = new Map<string, PairState>()
  readonly #limits: Record<keyof typeof PROPAGATION_LIMITS, number>

  constructor(limits: Partial<Record<keyof typeof PROPAGATION_LIMITS, number>> = {}) {
    this.#limits = { ...PROPAGATION_LIMITS, ...limits }
  }

  of(from: string, to: string): PairState | undefined {
    return this.#pairs.get(keyOf(from, to))
  }

  get pairs(): Iterable<PairState> {
    return this.#pairs.values()
  }

  get size(): number {
    return this.#pairs.size
  }

  /** There is no such pair any more, or nothing is carried between them. */
  forget(from: string, to: string): void {
    this.#pairs.delete(keyOf(from, to))
  }

  /** All pairs with a switch. Costs as much as there are pairs. */
  forgetSwitch(datapathId: string): void {
    for (const [key, { from, to }] of this.#pairs) if (from === datapathId || to === datapathId) this.#pairs.delete(key)
  }

  /** @param report Of a probe that policy permits. */
  took(report: ProbeReport): Learnt {
    const sample = sampleOf(report)
    const { sender, receiver } = sample.expected
    const [from, to] = [sender.datapathId, receiver.datapathId]
    const key = keyOf(from, to)
    const known = this.#pairs.get(key)
    const state: PairState = known ?? { from, to, last: sample, faults: 0, told: new Set() }
    const isSameWay = wayText(state.last) === wayText(sample)
    state.last = sample
    // The last to be looked at is the last to be dropped.
    this.#pairs.delete(key)
    this.#pairs.set(key, state)
    if (known === undefined) this.#drop()
    const shown = shownBy(sample)
    if (shown === 'refused') return { shown }
    if (shown === 'proven') {
      state.proven = sample
      const isOver = state.told.size > 0
      state.told.clear()
      state.faults = 0
      delete state.wish
      return { shown, ...(isOver && { news: 'tag-recovered' }) }
    }
    state.faults = isSameWay ? state.faults + 1 : 1
    state.wish = sample.wish
    const cause: TagCause = shown === 'lost' ? 'tag-lost' : 'tag-changed'
    if (state.told.has(cause)) return { shown, again: 'recheck' }
    if (state.faults < this.#limits.confirmations) return { shown, again: 'confirm' }
    state.told.add(cause)
    return { shown, news: cause, again: 'recheck' }
  }

  /** @param since Milliseconds since the epoch: proved after that. */
  counts(since: number): PropagationCounts {
    const counts = { proven: 0, faulty: 0, unproven: 0 }
    for (const state of this.#pairs.values()) counts[standing(state, since)]++
    return counts
  }

  #drop(): void {
    for (const key of this.#pairs.keys()) {
      if (this.#pairs.size <= this.#limits.pairs) return
      this.#pairs.delete(key)
    }
  }
}

/** @param since Milliseconds since the epoch. */
export function standing({ told, proven, faults }: PairState, since: number): keyof PropagationCounts {
  if (told.size > 0) return 'faulty'
  return proven !== undefined && proven.time >= since && faults === 0 ? 'proven' : 'unproven'
}

function keyOf(from: string, to: string): string {
  return `${from} ${to}`
}

function wayText({ expected: { path, carrier } }: Sample): string {
  return [carrier, ...path].join(' ')
}

function shownBy({ fault }: Sample): Shown {
  switch (fault?.kind) {
    case undefined:
      return 'proven'
    case 'tag-lost':
    case 'packet-lost':
      return 'lost'
    case 'tag-changed':
      return 'changed'
    default:
      return 'refused'
  }
}
