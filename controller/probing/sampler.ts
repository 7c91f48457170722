/**
 * Takes samples for as long as the controller runs: probes (probing.ts) between switches that put identities into packets
 * for one another, pair after pair (pairs.ts), each of two interfaces that may talk (pick.ts), so that every pair has its
 * turn within a time that can be told. What samples show is kept in propagation.ts; faults are told as alerts.
 *
 * Nobody is told of what passes by itself. A sample that shows a fault counts only if nothing that it depends on became
 * another meanwhile: what was expected of it, switches and links on its way, what they hand to the controller. Else it is
 * taken again. One that counts is confirmed by others, so far apart that a link that failed in silence is found out first.
 *
 * Bounds. So many samples under way, so many a second; of those, samples that are taken again never take all places, so that
 * the round goes on. It refuses to send packets.
 */
import type { Failure, Result } from '../../model/errors.ts'
import { nextHopTo } from '../policy/carriers.ts'
import type { Between } from '../policy/lookup.ts'
import type { NetworkState } from '../policy/state.ts'
import type { ChangeFollower } from '../state-changes.ts'
import type { ProbeWish } from './aim.ts'
import { PairOrder } from './pairs.ts'
import { pick } from './pick.ts'
import type { ProbeReport } from './probing.ts'
import { type Learnt, type PairState, Propagation, type PropagationCounts, type Shown } from './propagation.ts'
import { Residents } from './residents.ts'

export const SAMPLER_LIMITS = {
  /** Samples under way; of these, those that are taken again. */
  atOnce: 8,
  againAtOnce: 4,
  /** Of all switches together. */
  perSecond: 50,
  /** Pairs that wait to be sampled again; of more faults at once, others wait for the round. */
  again: 256,
  /** Milliseconds until a fault is confirmed, at least; until one that was told is looked at again; until what became another meanwhile has settled. */
  confirmMs: 2000,
  recheckMs: 5000,
  settleMs: 1000,
  /** Times that a sample is taken again in a row because something became another, before it waits for the round. */
  unsettled: 20,
  /** Pairs without a carrier that one look passes over. */
  passedOver: 256,
  /** Milliseconds after which a pair is no longer called proved; two rounds where they take longer. */
  provenMs: 600_000,
} as const

/** How often the sampler is to be asked to look (milliseconds). */
export const SAMPLER_TICK_MS = 100

/** unsettled: something became another meanwhile. unsent: no probe could be sent. silent: nobody may talk there, as far as was found. */
export type SampleOutcome = Shown | 'unsettled' | 'unsent' | 'silent'

/** A fault, or its end, for people. */
export type News = (type: NonNullable<Learnt['news']>, report: ProbeReport) => void

export interface SamplerOptions {
  /** Samples that begin at each switch per minute; 0: none are taken. */
  perMinute: number
  state: NetworkState
  /** What became another in it. */
  changes: ChangeFollower
  between(from: string, to: string): Between
  probe(wish: ProbeWish): Promise<Result<ProbeReport>>
  /** Served, and with all that is wanted of it. */
  isReady(datapathId: string): boolean
  /** Packets to the controller that were dropped since the start. */
  dropped(datapathId: string): number
  /** Milliseconds between probes of links: what fails in silence is found out within four of them. */
  linkProbeMs: number
  news: News
  /** Of a sample that arrived: how long it took from one edge to the other. */
  crossed(seconds: number): void
  /** Milliseconds, monotonic; and since the epoch. */
  clock(): number
  now(): number
  /** From 0, below 1. */
  random(): number
  limits?: Partial<Record<keyof typeof SAMPLER_LIMITS, number>>
}

/** How far rounds are. Times in milliseconds. */
export interface Rounds {
  /** Switches that put identities into packets for others, or may. */
  switches: number
  /** Ordered pairs of them, and how long a look at all of them takes at most if none is held up. */
  pairs: number
  plannedMs: number
  /** How long the last one took; absent: none is over yet, or a switch came or went since. */
  lastMs?: number
  perMinute: number
}

interface Again {
  from: string
  to: string
  dueMs: number
  wish: ProbeWish
  unsettled: number
}

export class Sampler {
  readonly #options: SamplerOptions
  readonly #limits: Record<keyof typeof SAMPLER_LIMITS, number>
  readonly #propagation = new Propagation()
  readonly #residents = new Residents()
  readonly #order: PairOrder
  readonly #again = new Map<string, Again>()
  /** Pairs under way, and whether it is for another time. */
  readonly #underWay = new Map<string, boolean>()
  /** When something on a switch became another. */
  readonly #disturbed = new Map<string, number>()
  #lastMs: number
  /** Samples that may begin now. */
  #credit = 0
  #roundBegan: number | undefined
  #roundMs: number | undefined
  #closed = false
  readonly outcomes: Record<SampleOutcome, number> = {
    ...{ proven: 0, lost: 0, changed: 0, refused: 0, unsettled: 0, unsent: 0, silent: 0 },
  }

  constructor(options: SamplerOptions) {
    this.#options = options
    const { linkProbeMs, limits } = options
    const confirmMs = Math.max(SAMPLER_LIMITS.confirmMs, 2 * linkProbeMs)
    this.#limits = { ...SAMPLER_LIMITS, confirmMs, ...limits }
    this.#order = new PairOrder(() => options.random())
    this.#lastMs = options.clock()
  }

  get pairs(): Iterable<PairState> {
    return this.#propagation.pairs
  }

  /** Since when, milliseconds since the epoch, a pair has to have been proved to be called so now. */
  get provenSince(): number {
    return (
      this.#options.now() - Math.max(this.#limits.provenMs, 2 * Math.max(this.rounds.plannedMs, this.#roundMs ?? 0))
    )
  }

  get counts(): PropagationCounts {
    return this.#propagation.counts(this.provenSince)
  }

  get rounds(): Rounds {
    const { perMinute } = this.#options
    const rate = this.#rate
    return {
      ...{ switches: this.#order.members, pairs: this.#order.size, perMinute },
      plannedMs: rate === 0 ? 0 : Math.ceil((this.#order.size / rate) * 1000),
      ...(this.#roundMs !== undefined && { lastMs: this.#roundMs }),
    }
  }

  /** To be called every SAMPLER_TICK_MS. */
  tick(): void {
    const { clock, perMinute } = this.#options
    const now = clock()
    const passed = now - this.#lastMs
    this.#lastMs = now
    if (this.#closed || perMinute === 0) return
    this.#follow()
    // Who stood still does not catch up.
    this.#credit = Math.min(this.#credit + (this.#rate * passed) / 1000, this.#limits.atOnce)
    this.#takeAgain(now)
    while (this.#credit >= 1 && this.#underWay.size < this.#limits.atOnce) {
      this.#credit--
      const pair = this.#nextPair(now)
      if (pair !== undefined) this.#begin(...pair)
    }
  }

  close(): void {
    this.#closed = true
    this.#options.changes.stop()
  }

  /** Samples per second. */
  get #rate(): number {
    return Math.min((this.#order.members * this.#options.perMinute) / 60, this.#limits.perSecond)
  }

  #follow(): void {
    const { changes, state, clock } = this.#options
    if (!changes.isStale) return
    changes.look()
    const { observed } = changes.take()
    const now = clock()
    for (const name of observed.places) this.#residents.put(name, state.observed.places.get(name))
    for (const datapathId of new Set([...observed.datapaths, ...(observed.ends ?? [])])) {
      const view = state.observed.datapaths.get(datapathId)
      this.#disturbed.set(datapathId, now)
      const isMember = view !== undefined && (view.tunnel !== undefined || (view.carriers?.length ?? 0) > 0)
      if (!this.#order.put(datapathId, isMember)) continue
      this.#roundBegan = undefined
      this.#roundMs = undefined
      if (isMember) continue
      this.#propagation.forgetSwitch(datapathId)
      this.#disturbed.delete(datapathId)
    }
  }

  /** The next pair that has its turn and a carrier. */
  #nextPair(now: number): [from: string, to: string] | undefined {
    for (let passed = 0; passed < this.#limits.passedOver; passed++) {
      const next = this.#order.next()
      if (next === undefined) return undefined
      const { from, to, ends } = next
      this.#roundBegan ??= now
      if (ends) {
        this.#roundMs = now - this.#roundBegan
        this.#roundBegan = undefined
      }
      if (this.#isCarried(from, to)) return [from, to]
      this.#propagation.forget(from, to)
    }
    return undefined
  }

  #isCarried(from: string, to: string): boolean {
    const { observed, backend } = this.#options.state
    const own = observed.datapaths.get(from)
    const next = own && backend === 'fabric' ? nextHopTo(observed, own, to) : undefined
    return next !== undefined && next.carrier !== 'address'
  }

  #takeAgain(now: number): void {
    let places = this.#limits.againAtOnce
    for (const isAgain of this.#underWay.values()) if (isAgain) places--
    for (const [key, again] of this.#again) {
      if (places <= 0 || this.#underWay.size >= this.#limits.atOnce) return
      if (again.dueMs > now || this.#underWay.has(key)) continue
      this.#again.delete(key)
      places--
      this.#begin(again.from, again.to, again)
    }
  }

  #begin(from: string, to: string, again?: Again): void {
    const { state, isReady, between, random } = this.#options
    const key = `${from} ${to}`
    // Who waits to be sampled again has his turn then.
    if (this.#underWay.has(key) || this.#again.has(key)) return
    if (again !== undefined && !this.#isCarried(from, to)) {
      this.#propagation.forget(from, to)
      return
    }
    const facts = { intent: state.intent, between, random }
    const wish =
      again?.wish ??
      this.#propagation.of(from, to)?.wish ??
      pick(facts, this.#residents.on(from), this.#residents.on(to)) ??
      this.#propagation.of(from, to)?.proven?.wish
    if (wish === undefined) {
      this.outcomes.silent++
      return
    }
    if (!isReady(from) || !isReady(to)) {
      this.outcomes.unsent++
      this.#unsettled(from, to, wish, again)
      return
    }
    this.#underWay.set(key, again !== undefined)
    void this.#sample(from, to, wish, again).finally(() => this.#underWay.delete(key))
  }

  async #sample(from: string, to: string, wish: ProbeWish, again: Again | undefined): Promise<void> {
    const { clock, probe, dropped, crossed, news } = this.#options
    const began = clock()
    const droppedBefore = [from, to].map(dropped)
    const answer = await probe(wish)
    if (this.#closed) return
    this.#follow()
    if (!answer.ok) {
      this.outcomes.unsent++
      // What cannot be asked any more is not asked again: another packet has the next turn.
      if (isGone(answer.failure)) this.#forgetWish(from, to)
      else this.#unsettled(from, to, wish, again)
      return
    }
    const report = answer.value
    const { path, permitted, sender, receiver } = report.expected
    if (!permitted || sender.datapathId !== from || receiver.datapathId !== to) {
      this.outcomes.unsettled++
      this.#forgetWish(from, to)
      return
    }
    const isDisturbed =
      report.unsettled ||
      // The switch took no packet: that is nothing about what is between.
      report.hops.length === 0 ||
      path.some((datapathId) => (this.#disturbed.get(datapathId) ?? Number.NEGATIVE_INFINITY) >= began) ||
      [from, to].some((datapathId, at) => dropped(datapathId) !== droppedBefore[at])
    if (report.fault !== undefined && isDisturbed) {
      this.outcomes.unsettled++
      this.#unsettled(from, to, wish, again)
      return
    }
    const learnt = this.#propagation.took(report)
    this.outcomes[learnt.shown]++
    if (report.crossedMs !== undefined) crossed(report.crossedMs / 1000)
    if (learnt.news !== undefined) news(learnt.news, report)
    if (learnt.again === undefined) return
    const { confirmMs, recheckMs } = this.#limits
    this.#later(from, to, wish, learnt.again === 'confirm' ? confirmMs : recheckMs, 0)
  }

  /** Something is about to become another: once that has settled, it is asked again. */
  #unsettled(from: string, to: string, wish: ProbeWish, again: Again | undefined): void {
    const times = (again?.unsettled ?? 0) + 1
    if (times > this.#limits.unsettled) this.#forgetWish(from, to)
    else this.#later(from, to, wish, this.#limits.settleMs, times)
  }

  #later(from: string, to: string, wish: ProbeWish, ms: number, unsettled: number): void {
    if (this.#again.size >= this.#limits.again) return
    this.#again.set(`${from} ${to}`, { from, to, wish, dueMs: this.#options.clock() + ms, unsettled })
  }

  #forgetWish(from: string, to: string): void {
    const state = this.#propagation.of(from, to)
    if (state !== undefined) delete state.wish
  }
}

/** Whether the reason is one that does not pass by itself. */
function isGone({ code }: Failure): boolean {
  return code === 'NOT_FOUND' || code === 'INVALID_FIELD'
}
