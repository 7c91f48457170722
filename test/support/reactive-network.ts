/**
 * Reactive switches in the large: the real compiler and the real bookkeeping of demands around reference switches, with
 * function calls where a channel would be. What a switch asks is compiled, installed and confirmed before the next frame
 * is looked at. Used by tests of the reactive mode.
 */
import type { Message } from 'node-openflow'
import { DEMAND_LIMITS, Demands } from '../../controller/demands.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { demandRows } from '../../controller/policy/compile-demand.ts'
import { readCookie } from '../../controller/policy/cookie.ts'
import { emptyDelta, type Intent, type IntentDelta } from '../../controller/policy/intent.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import type { Demand, NetworkState, ObservedDelta, Place } from '../../controller/policy/state.ts'
import type { AnyRecord, Reactive, SwitchRecord } from '../../model/records.ts'
import { type ArbitraryPacket, intentOf } from './arbitrary-state.ts'
import { ALL } from './controller-parts.ts'
import { arrives } from './policy-packets.ts'
import { type Arrival, ReferenceNetwork } from './reference-network.ts'

/** The record of a reactive switch. */
export function reactiveRecord(datapathId: string, reactive: Reactive): SwitchRecord {
  const meta = {
    number: 1 + Number.parseInt(datapathId, 16),
    createTime: 0,
    updateTime: 0,
    updatedBy: 'test',
    owner: '',
  }
  return { ...meta, name: `sw-${datapathId}`, kind: 'switch', datapathId, uplinks: [], links: [], reactive }
}

/** Asking without bounds in time, as a test asks faster than any port. */
export const UNHURRIED = { ...DEMAND_LIMITS, burst: 1e9, asksPerSecond: 1e9 } as unknown as typeof DEMAND_LIMITS

/** Of answers, for networks of a few interfaces: a cache takes its memory when it is made. */
const SMALL = { capacity: 1024 }

export const REACTIVE: Reactive = { verdicts: 1024, idleSeconds: 60 }

/** The same records, on reactive switches: those of every other number, or all. */
export function reactively(intent: Intent, datapathIds: string[], every: 1 | 2, reactive = REACTIVE): Intent {
  const { interfaces, naps, vnps, policies } = intent
  const records: AnyRecord[] = [interfaces, naps, vnps, policies].flatMap((its): AnyRecord[] => [...its.values()])
  const some = datapathIds.filter((_, index) => index % every === 0)
  return intentOf({ datapathIds, records: [...records, ...some.map((its) => reactiveRecord(its, reactive))] })
}

export class ReactiveNetwork {
  readonly network: ReferenceNetwork
  readonly demands: Demands
  readonly told: { type: string; subject: string; details: object }[] = []
  /** What the compiler reads; intent may be replaced, and then told by `intentChanged`. */
  state: NetworkState
  readonly kept = new Map<string, Map<string, Demand>>()
  /** What each switch should hold. */
  readonly programs = new Map<string, SwitchProgram>()
  /** Packet-ins that asked. */
  asked = 0
  nowMs = 0
  /** Switches take nothing. */
  refuses = false
  readonly #compiler: Compiler
  #lookup: PolicyLookup

  /** @param limits Of asking; the real ones where absent. */
  constructor(given: NetworkState, limits: typeof DEMAND_LIMITS = DEMAND_LIMITS) {
    this.state = { ...given, observed: { ...given.observed, demands: this.kept } }
    this.#lookup = new PolicyLookup(given.intent, SMALL)
    this.#compiler = new Compiler(given.backend)
    this.network = new ReferenceNetwork(given.observed)
    this.network.onPacketIn = (datapathId, { cookie, table_id, match, data, reason }) => {
      if (readCookie(cookie)?.kind !== 'ask') return
      this.asked++
      const inPort = Number(match.find(({ field }) => field === 'in_port')?.value)
      const fields = match.filter(({ field }) => field !== 'in_port')
      this.demands.ask({ kind: 'packetIn', datapathId, inPort, reason, tableId: table_id, cookie, data, fields })
    }
    this.demands = new Demands({
      reactive: (datapathId) => (this.state.intent as Intent).switchOf(datapathId)?.reactive,
      answer: (question) => this.#lookup.answer(question),
      put: (datapathId, changes) => this.#put(datapathId, changes),
      installed: (datapathId) => this.network.installed(datapathId),
      rows: (demand, reactive) => demandRows(this.state.intent, demand, this.#lookup.answer(demand), reactive).keys(),
      send: (datapathId, message: Message) => {
        this.network.packetOut(datapathId, message)
        return true
      },
      doubt: (datapathId) => this.told.push({ type: 'doubt', subject: datapathId, details: {} }),
      tell: (type, subject, details = {}) => this.told.push({ type, subject, details }),
      clock: () => this.nowMs,
      limits,
    })
    this.#compile(ALL)
  }

  /** Intent is another object now, compiled from nothing; or the same one, of which this changed. */
  intentChanged(intent: Intent, delta: IntentDelta | 'all' = 'all'): void {
    this.state = { ...this.state, intent }
    if (delta === 'all') this.#lookup = new PolicyLookup(intent, SMALL)
    else this.#lookup.changed(delta)
    if (delta === 'all' || delta.switches.size > 0) this.demands.modesChanged()
    this.#compile(delta === 'all' ? ALL : { intent: delta, observed: nothing() })
  }

  /** Time passes: rows go by themselves, and that is told. */
  pass(ms: number): void {
    this.nowMs += ms
    for (const [datapathId, messages] of this.network.pass(ms)) {
      for (const message of messages) {
        if (message.type !== 'flow_removed' || message.reason !== 'idle_timeout') continue
        const { table_id: table, priority, match, cookie } = message
        this.network.lost(datapathId, flowKey(table, priority, match))
        this.demands.expired(datapathId, [{ table, priority, match, cookie, instructions: [], unit: '' }])
      }
    }
  }

  #put(datapathId: string, changes: ReadonlyMap<string, Demand | undefined>): void {
    const its = this.kept.get(datapathId) ?? new Map<string, Demand>()
    this.kept.set(datapathId, its)
    for (const [key, demand] of changes) {
      if (demand === undefined) its.delete(key)
      else its.set(key, demand)
    }
    const demands = new Map([[datapathId, new Set(changes.keys())]])
    this.#scheduled.push({ ...nothing(), demands })
  }

  /** Where a frame comes out that goes in at a port, and what was asked on its way. */
  send(from: Place, frame: Uint8Array): Arrival[] {
    const arrivals = this.network.send(from, frame)
    while (this.#scheduled.length > 0) {
      this.settle()
      arrivals.push(...this.network.drain())
    }
    return arrivals
  }

  /** As arrives() of policy-packets.ts. */
  arrives(packet: ArbitraryPacket, reply: boolean, ephemeral?: number): boolean {
    return arrives(this, this.state, packet, reply, ephemeral)
  }

  readonly #scheduled: ObservedDelta[] = []

  /** Compiles what was asked, installs and confirms it, until nobody asks any more. */
  settle(): void {
    for (let delta = this.#scheduled.shift(); delta !== undefined; delta = this.#scheduled.shift()) {
      this.#compile({ intent: emptyDelta(this.state.intent.generation), observed: delta })
    }
  }

  #compile(changed: Parameters<Compiler['compile']>[1]): void {
    for (const [datapathId, { program }] of this.#compiler.compile(this.state, changed)) {
      this.programs.set(datapathId, program)
      if (this.refuses) continue
      this.network.install(datapathId, program)
      this.demands.confirmed(datapathId)
    }
  }
}

function nothing(): ObservedDelta {
  return { datapaths: new Set(), places: new Set() }
}
