/**
 * Keeps what one connected switch has equal to what it was given: it has the switch tell of every change of its flows
 * (monitor.ts), has the ledger correct those that others made to ours, tells of others' flows in our tables, and
 * compares everything at intervals, for what is not told: groups, meters, ports, and switches without a flow monitor.
 * One for each connection. It sends requests only; what is changed is the ledger's business.
 *
 * Bounds. A switch may be changed by others all day long: looks at what it tells, full reads and events to people are
 * each spaced, at once when it was quiet and ever more seldom while it is not. One that tells more than EVENTS at once
 * and EVENTS_PER_SECOND after that is not listened to for a while. Either way it is corrected within the longest gap.
 */
import type { FlowUpdate, Message, MessageNamed, OpenFlowConnection } from 'node-openflow'
import type { Tell } from '../events.ts'
import { isTimed, type Operation } from '../flows/diff.ts'
import type { Effect, Ledger } from '../flows/ledger.ts'
import { type Flow, flowKey } from '../policy/program.ts'
import { Drift, driftOf, expiredOf, flowText } from './drift.ts'
import { FlowMonitor, monitorRequest } from './monitor.ts'
import { alignInTurns, type ReadBack, readForeign } from './readback.ts'
import { Allowance, Spacing } from './spacing.ts'

const EVENTS = 50_000
const EVENTS_PER_SECOND = 5000
/** Between corrections of what others do, in milliseconds: at least, and while they go on doing it. */
const CORRECT_MS = [10, 1000] as const
/** Between events that tell of it, and between full reads that it takes. */
const TELL_MS = [1000, 60_000] as const
const READ_MS = [500, 30_000] as const
/** An audit that a change of ports asks for comes this long after. */
const SOON_MS = 200
/** How long a switch that tells too much is not listened to. */
const DEAF_MS = [1000, 60_000] as const

export interface UpkeepContext {
  datapathId: string
  tell: Tell
  /** Milliseconds between comparisons of everything; 0 is never. */
  auditMs: number
  ledger: Ledger
  /** Carries out what the ledger asks for. */
  run(effects: readonly Effect[]): void
  read(): Promise<ReadBack>
  /** Whether this connection is still the one that is served. */
  serving(): boolean
  /** A number that changes with everything that may change the meaning of a comparison under way. */
  epoch(): number
  /** Operations that the switch has carried out when it says that it did this transaction. */
  written(xid: number): Iterable<Operation> | undefined
  fault(reason: string): void
  /** Flows that go by themselves are gone. */
  expired(flows: readonly Flow[]): void
}

export class Upkeep {
  readonly #connection: OpenFlowConnection
  readonly #context: UpkeepContext
  readonly #monitor = new FlowMonitor()
  readonly #allowance = new Allowance(EVENTS, EVENTS_PER_SECOND)
  readonly #correcting = new Spacing(...CORRECT_MS)
  readonly #telling = new Spacing(...TELL_MS)
  readonly #tellingForeign = new Spacing(...TELL_MS)
  readonly #reading = new Spacing(...READ_MS)
  readonly #deaf = new Spacing(...DEAF_MS)
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #looking: NodeJS.Immediate | undefined
  #monitorId = 0
  #isTold = false
  /** What the switch has may differ from what it was given, and only reading it tells. */
  #doubt = false
  #audits = false
  #untold = new Drift()
  #stopped = false
  /** How often flows went by themselves. */
  #expiries = 0

  constructor(connection: OpenFlowConnection, context: UpkeepContext) {
    this.#connection = connection
    this.#context = context
  }

  /** Asks to be told. What is read after this is what the switch tells changes of. */
  start(): void {
    const told = (isTold: boolean) => (): void => {
      this.#isTold = isTold
    }
    // One that has no flow monitor says so; audits remain.
    this.#connection.request(monitorRequest(++this.#monitorId)).then(told(true), told(false))
  }

  /** What the switch has has been read: from now on it is compared. */
  served(): void {
    if (this.#audits) return
    this.#audits = true
    this.#auditIn(this.#context.auditMs)
    void this.#findForeign()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
    clearImmediate(this.#looking)
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Looks at a message that came, where it says what became of flows. */
  receive(message: Message): void {
    if (message.type === 'flow_removed') {
      this.#removed(message)
      return
    }
    // What is still on its way from a monitor that was cancelled may be older than what we have written since.
    if (this.#stopped || this.#timers.has('deaf')) return
    if (message.type === 'flow_monitor_paused') {
      this.#monitor.pause()
      this.#inDoubt()
    } else if (message.type === 'flow_monitor_resumed') {
      this.#monitor.resume()
      this.#inDoubt()
    } else if (message.type === 'multipart_reply' && message.mp_type === 'flow_monitor') this.#updates(message.body)
  }

  /** The ledger may have come to rest: what the switch said meanwhile can be looked at. */
  rested(): void {
    if (!this.#monitor.isNews || this.#looking !== undefined || this.#timers.has('look')) return
    // What arrived together is looked at together.
    this.#looking = setImmediate(() => {
      this.#looking = undefined
      if (this.#context.serving()) this.#look()
    })
  }

  /** Compare everything soon. */
  auditSoon(): void {
    if (this.#audits) this.#auditIn(SOON_MS)
  }

  // ---- what the switch tells ----

  #removed({ reason, table_id, priority, match }: MessageNamed<'flow_removed'>): void {
    if (this.#stopped || reason !== 'idle_timeout') return
    const key = flowKey(table_id, priority, match)
    const flow = this.#context.ledger.installed?.flows.get(key)
    if (flow !== undefined && isTimed(flow)) this.#expired(new Map([[key, flow]]))
  }

  #expired(flows: ReadonlyMap<string, Flow>): void {
    if (flows.size === 0) return
    this.#expiries++
    this.#context.ledger.expired(flows.keys())
    this.#context.expired([...flows.values()])
  }

  #updates(updates: readonly FlowUpdate[]): void {
    if (!this.#allowance.take(updates.length, performance.now())) {
      this.#unsubscribe()
      return
    }
    if (!this.#monitor.take(updates, this.#context.written)) this.#inDoubt()
    this.rested()
    this.#tellForeign()
  }

  /** Too much is told: not listened to for a while, and read instead. */
  #unsubscribe(): void {
    const { datapathId, tell } = this.#context
    const now = performance.now()
    this.#deaf.done(now)
    const afterMs = this.#deaf.wait(now)
    this.#monitor.pause()
    this.#cancel()
    tell('switch-flooded', datapathId, { seconds: Math.ceil(afterMs / 1000) })
    this.#plan('deaf', afterMs, () => {
      this.#monitor.resume()
      this.start()
      this.#inDoubt()
    })
  }

  #cancel(): void {
    if (!this.#isTold) return
    try {
      this.#connection.send({ type: 'flow_monitor_cancel', xid: this.#connection.nextXid(), id: this.#monitorId })
    } catch {
      // The connection is gone.
    }
  }

  /** Looks at what the switch said and has the ledger correct what contradicts it. */
  #look(): void {
    const { ledger, run } = this.#context
    const { installed, wanted } = ledger
    if (ledger.phase !== 'resting' || installed === undefined || wanted === undefined) return
    const now = performance.now()
    const afterMs = this.#correcting.wait(now)
    if (afterMs > 0) {
      this.#plan('look', afterMs, () => this.#look())
      return
    }
    const found = this.#monitor.takeContradiction(installed, wanted)
    if (found === undefined) return
    this.#expired(found.expired)
    if (found.flows.size === 0) return
    this.#correcting.done(now)
    this.#tellDrift(found.drift)
    run(ledger.drifted(found.flows))
  }

  // ---- reading everything ----

  #inDoubt(leastMs = 0): void {
    this.#doubt = true
    if (!this.#audits || this.#timers.has('doubt')) return
    const afterMs = Math.max(leastMs, this.#reading.wait(performance.now()))
    this.#plan('doubt', afterMs, () => void this.#audit())
  }

  #auditIn(ms: number): void {
    if (ms > 0) this.#plan('audit', ms, () => void this.#audit())
  }

  /** Compares what the switch has with what it was given, and has the ledger correct it where that differs. */
  async #audit(): Promise<void> {
    const { ledger, run, read, epoch, fault, auditMs } = this.#context
    const doubted = this.#doubt
    if (ledger.phase === 'resting') {
      this.#reading.done(performance.now())
      this.#doubt = false
      const before = epoch() + this.#expiries
      let compared = false
      try {
        const found = await read()
        if (ledger.wanted !== undefined) await alignInTurns(found, ledger.wanted)
        const { installed, wanted, phase } = ledger
        const steady = !this.#stopped && before === epoch() + this.#expiries && phase === 'resting'
        if (steady && installed !== undefined && wanted !== undefined) {
          compared = true
          this.#expired(expiredOf(installed, found.program))
          const drift = driftOf(installed, found.program)
          if (drift !== undefined) {
            this.#tellDrift(drift)
            run(ledger.drifted(found.program))
          }
        }
      } catch (error) {
        if (!this.#stopped) fault(`audit: ${(error as Error).message}`)
      }
      // Doubt ends with a comparison.
      if (!compared && doubted) this.#doubt = true
      if (compared && (doubted || !this.#isTold)) await this.#findForeign()
    }
    if (this.#stopped) return
    if (this.#doubt) this.#inDoubt(SOON_MS)
    this.#auditIn(auditMs)
  }

  async #findForeign(): Promise<void> {
    try {
      const flows = await readForeign(this.#connection)
      if (this.#stopped) return
      this.#monitor.readForeign(flows)
      this.#tellForeign()
    } catch {
      // A switch that does not answer loses its connection elsewhere.
    }
  }

  // ---- telling people ----

  #tellDrift(drift: Drift): void {
    this.#untold.add(drift)
    this.#spaced('tell', this.#telling, () => {
      const { details, count } = this.#untold
      this.#untold = new Drift()
      if (count > 0) this.#context.tell('switch-drifted', this.#context.datapathId, details)
    })
  }

  #tellForeign(): void {
    if (!this.#monitor.isForeignNews) return
    this.#spaced('tellForeign', this.#tellingForeign, () => {
      const found = this.#monitor.takeForeign()
      if (found === undefined) return
      const more = found.count - found.flows.length
      const flows = [...found.flows.map(flowText), ...(more > 0 ? [`${more} more`] : [])].join('; ')
      this.#context.tell('foreign-flows', this.#context.datapathId, { count: found.count, flows })
    })
  }

  /** Now where it was quiet, otherwise when its time has come; what is told is what has come together until then. */
  #spaced(name: string, spacing: Spacing, act: () => void): void {
    if (this.#timers.has(name)) return
    const afterMs = spacing.wait(performance.now())
    const go = (): void => {
      spacing.done(performance.now())
      act()
    }
    if (afterMs === 0) go()
    else this.#plan(name, afterMs, go)
  }

  /** Does something later unless the connection is gone by then; one of a name at a time, the newest. */
  #plan(name: string, afterMs: number, act: () => void): void {
    if (this.#stopped) return
    clearTimeout(this.#timers.get(name))
    const timer = setTimeout(() => {
      this.#timers.delete(name)
      if (this.#context.serving()) act()
    }, afterMs)
    this.#timers.set(name, timer.unref())
  }
}
