/**
 * Which policy rows each switch has, beside the rows of its interfaces and ports: all of them where it may carry what
 * others send each other; else those of the networks that it is concerned with (compile-scope.ts); and, of a reactive
 * switch, only those that decide what it asked (compile-demand.ts). It refuses to know rows. Used by compile.ts.
 */
import type { Reactive } from '../../model/records.ts'
import { DemandRows, ROWS_OF_A_DEMAND, type Share } from './compile-demand.ts'
import { type PolicyChange, PolicyRows } from './compile-policy.ts'
import type { PolicyScope } from './compile-scope.ts'
import { undecidedRows } from './compile-switch.ts'
import type { SwitchUnits } from './compile-units.ts'
import type { Pace } from './compile-work.ts'
import type { IntentDelta } from './intent.ts'
import type { Interest } from './interest.ts'
import type { Occurrences } from './occurrences.ts'
import type { Meter } from './program.ts'
import type { IntentView, NetworkState, ObservedDelta } from './state.ts'

/** The policy of a switch that is concerned with these networks, and no others. */
interface Scoped {
  scope: PolicyScope
  networks: Set<string>
}

/** What may differ on a switch. */
export interface ShareChange {
  policy: PolicyChange
  /** Networks that switches may be concerned with now, or no longer. */
  interest: ReadonlyMap<string, ReadonlySet<string> | 'all'>
  demands: ObservedDelta['demands']
}

/** The same objects on all switches. */
const UNDECIDED = { proactive: undecidedRows(false), reactive: undecidedRows(true) }
/** What an identity's rows on one switch are taken for; how many they are is not known before. */
const ROWS_OF_AN_IDENTITY = 10

export class PolicyShares {
  readonly #policy = new PolicyRows()
  readonly #demands = new DemandRows()
  /** Of reactive switches, by datapath id. */
  readonly #modes = new Map<string, Reactive>()
  readonly #interest: Interest
  readonly #occurrences: Occurrences
  /** Of switches that are not concerned with everything. */
  readonly #scopes = new Map<string, Scoped>()

  constructor(interest: Interest, occurrences: Occurrences) {
    this.#interest = interest
    this.#occurrences = occurrences
  }

  get meters(): ReadonlyMap<number, Meter> {
    return this.#policy.meters
  }

  /** Each switch is a new one. */
  clear(): void {
    this.#scopes.clear()
  }

  /**
   * Brings the rows of rules up to date, and those of demands of switches that are known, in steps, between which intent
   * may change: what changes then has to be told by another call.
   */
  *updating(intent: IntentView, delta: IntentDelta | 'all', pace: Pace): Generator<undefined, PolicyChange> {
    if (delta === 'all' || delta.switches.size > 0) {
      this.#modes.clear()
      for (const { datapathId, reactive } of intent.switches.values()) {
        if (reactive !== undefined) this.#modes.set(datapathId, reactive)
      }
    }
    yield* this.#demands.updating(intent, delta, pace)
    return yield* this.#policy.updating(intent, delta, pace)
  }

  /** The rows of a switch that has none yet. */
  *starting(state: NetworkState, datapathId: string, units: SwitchUnits, pace: Pace): Generator<undefined> {
    const reactive = this.#modes.get(datapathId)
    units.set('undecided', reactive === undefined ? UNDECIDED.proactive : UNDECIDED.reactive)
    if (reactive !== undefined) {
      const demands = state.observed.demands?.get(datapathId)?.values() ?? []
      const share: Share = (key, flow) => units.share(key, flow)
      yield* this.#demands.starting(state.intent, datapathId, reactive, { demands, share, pace })
      return
    }
    if (this.#interest.isCarrier(datapathId)) {
      for (const [key, flow] of this.#policy.flows) {
        units.share(key, flow)
        if (pace.spend(1)) yield undefined
      }
      return
    }
    const scope = this.#policy.scope((key, flow) => units.share(key, flow))
    const networks = new Set(this.#interest.networksOf(datapathId))
    this.#scopes.set(datapathId, { scope, networks })
    for (const network of networks) {
      for (const identity of this.#occurrences.now(network)) {
        scope.enter(identity)
        if (pace.spend(ROWS_OF_AN_IDENTITY)) yield undefined
      }
    }
  }

  *following(
    state: NetworkState,
    datapathId: string,
    units: SwitchUnits,
    change: ShareChange,
    pace: Pace,
  ): Generator<undefined> {
    const scoped = this.#scopes.get(datapathId)
    const reactive = this.#modes.get(datapathId)
    const was = this.#demands.modeOf(datapathId)
    const isCarrier = this.#interest.isCarrier(datapathId)
    if (was !== reactive) {
      this.end(datapathId)
      if (was === undefined) this.#takeAll(units, change.policy)
      yield* this.starting(state, datapathId, units, pace)
    } else if (reactive !== undefined) {
      const demands = state.observed.demands?.get(datapathId)
      for (const key of change.demands?.get(datapathId) ?? []) {
        this.#demands.set(state.intent, datapathId, key, demands?.get(key))
        if (pace.spend(ROWS_OF_A_DEMAND)) yield undefined
      }
    } else if (isCarrier !== (scoped === undefined) || (change.policy.rescope && scoped !== undefined)) {
      this.end(datapathId)
      this.#takeAll(units, change.policy)
      yield* this.starting(state, datapathId, units, pace)
    } else if (scoped === undefined) {
      for (const key of change.policy.flows) {
        units.share(key, this.#policy.flows.get(key))
        if (pace.spend(1)) yield undefined
      }
    } else this.#rescope(datapathId, scoped, change.interest.get(datapathId) ?? new Set())
  }

  /** The switch is gone, or begins anew. */
  end(datapathId: string): void {
    this.#demands.end(datapathId)
    const scoped = this.#scopes.get(datapathId)
    if (scoped !== undefined) this.#policy.endScope(scoped.scope)
    this.#scopes.delete(datapathId)
  }

  #takeAll(units: SwitchUnits, { flows }: PolicyChange): void {
    for (const keys of [flows, this.#policy.flows.keys()]) for (const key of keys) units.share(key, undefined)
  }

  /** Networks that went go as they were, those that came come as they are, and in the others identities come and go. */
  #rescope(datapathId: string, { scope, networks }: Scoped, changed: ReadonlySet<string> | 'all'): void {
    const came: string[] = []
    for (const network of changed === 'all' ? [...networks, ...this.#interest.networksOf(datapathId)] : changed) {
      const isConcerned = this.#interest.concerns(datapathId, network)
      if (isConcerned === networks.has(network)) continue
      if (isConcerned) came.push(network)
      else {
        networks.delete(network)
        for (const identity of this.#occurrences.before(network)) scope.leave(identity)
      }
    }
    for (const network of this.#occurrences.networks()) {
      if (!networks.has(network)) continue
      for (const [identity, occurs] of this.#occurrences.moved(network)) {
        if (occurs) scope.enter(identity)
        else scope.leave(identity)
      }
    }
    for (const network of came) {
      networks.add(network)
      for (const identity of this.#occurrences.now(network)) scope.enter(identity)
    }
  }
}
