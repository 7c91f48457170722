/**
 * One switch: its ledger, which outlives connections, and the connection that it has now, if any. Carries out what the
 * ledger asks for, and nothing else changes a flow. It keeps the switch's ports and tells what happens. It refuses to
 * decide who is safe to serve (guard.ts), what is wanted (the compiler) and whether others have changed it (upkeep.ts).
 *
 * A connection goes through: attached (heard, not talked to) -> admitted by the guard's verdict (asked for bundles and
 * for what is installed) -> gone. Everything asynchronous belongs to one connection and stops when that is no longer
 * the present one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ErrorMessage,
  type Message,
  type MessageNamed,
  OFPPC_NO_FLOOD,
  type OpenFlowConnection,
  type Port,
} from 'node-openflow'
import { isTimed } from '../flows/diff.ts'
import type { Flush } from '../flows/flush.ts'
import { isAtHome } from '../flows/hops.ts'
import { type Effect, Ledger } from '../flows/ledger.ts'
import { GUARD_KEY, guardFlow } from '../policy/pipeline.ts'
import type { Flow, SwitchProgram, Touched } from '../policy/program.ts'
import { inTurns } from '../turns.ts'
import { type Changing, type Compared, compare } from './compare.ts'
import { Forget, notCut } from './forget.ts'
import type { Verdict } from './guard.ts'
import { Health } from './health.ts'
import { answersTrial, askToBeTold, askWhat, cancel, type Line, lineOf } from './line.ts'
import { SwitchPorts } from './ports.ts'
import { PER_OPERATION_MS, Push } from './push.ts'
import { type Expected, Given, type ReadBack, readBack } from './readback.ts'
import type { SessionContext, SwitchState, SwitchStatus } from './types.ts'
import { Upkeep } from './upkeep.ts'

/** Operations in one bundle where no packet sees them. Open vSwitch 3.1 commits them in 10 ms, and does nothing else meanwhile. */
const PER_SLICE = 2000
/** A switch that cannot be asked whether its datapath has settled revises it twice a second (settle.ts): two rounds. */
const UNASKED_SETTLE_MS = 1500
/** Messages that cannot be used, or errors nobody asked for, until the connection is closed. */
const MAX_FAULTS = 100

export class Session {
  readonly datapathId: string
  readonly #context: SessionContext
  readonly #ledger: Ledger
  #line: Line | undefined
  #remote = ''
  #name: string | undefined
  #reason: string | undefined = 'not connected yet'
  #refused: string | undefined
  readonly #ports = new SwitchPorts()
  #retry: NodeJS.Timeout | undefined
  readonly #health: Health
  /** What is installed is in doubt: read before the next attempt. */
  #doubt = false
  /** Counts what may change the meaning of a comparison that is under way. */
  #epoch = 0
  #served = false
  /** Of comparisons under way. */
  readonly #followed = new Set<Changing>()
  readonly #given = new Given()

  constructor(datapathId: string, context: SessionContext) {
    this.datapathId = datapathId
    this.#context = context
    const { retryMs, retryMaxMs, slowMs } = context.times
    const { tell, now } = context
    this.#health = new Health(datapathId, { tell, now, slowMs, changed: () => this.#changed() })
    this.#ledger = new Ledger({
      bundles: true,
      perSlice: PER_SLICE,
      guard: { key: GUARD_KEY, flow: guardFlow() },
      retryMs,
      retryMaxMs,
      standing: context.standing,
    })
  }

  /** What the switch is known to have; undefined while that is unknown. */
  get installed(): SwitchProgram | undefined {
    return this.#ledger.installed
  }

  get status(): SwitchStatus {
    return {
      datapathId: this.datapathId,
      name: this.#name,
      remote: this.#remote,
      state: this.state,
      reason: this.reason,
      wantedGeneration: this.#ledger.wantedGeneration,
      appliedGeneration: this.appliedGeneration,
      ports: this.#ports.views,
      connectedAt: this.#line?.since,
      flows: this.#ledger.installed?.flows.size ?? 0,
    }
  }

  get reason(): string | undefined {
    return this.#ledger.error ?? this.#health.slow ?? this.#refused ?? this.#reason
  }

  get appliedGeneration(): number {
    return this.#ledger.appliedGeneration
  }

  get state(): SwitchState {
    if (this.#line === undefined) return 'disconnected'
    if (this.#refused !== undefined) return 'refused'
    if (!this.#served) return 'connecting'
    return this.#ledger.error === undefined && this.#health.slow === undefined ? 'served' : 'degraded'
  }

  get connection(): OpenFlowConnection | undefined {
    return this.#line?.connection
  }

  hasPort(port: number): boolean {
    return this.#ports.rows.has(port)
  }

  // ---- what others ask for ----

  want(generation: number, program: SwitchProgram, touched?: Touched, flushes?: readonly Flush[]): void {
    this.#epoch++
    for (const changing of this.#followed) changing.want(touched)
    const effects = this.#doubt && this.#ledger.phase === 'degraded' ? this.#reread() : []
    effects.push(...this.#ledger.want(generation, program, touched, flushes))
    this.#run(effects)
    if (this.#line === undefined || !effects.some(({ effect }) => effect === 'applied')) this.#changed()
  }

  /** What is wanted stays as it is in a newer generation. */
  stand(): void {
    this.#run(this.#doubt && this.#ledger.phase === 'degraded' ? this.#reread() : this.#ledger.stand())
  }

  /** Whether the switch has all that is wanted of it, however often that goes on being wanted. */
  get isSteady(): boolean {
    return this.#ledger.isSteady
  }

  /** A packet-out; false where it was not sent or the connection is full. */
  send(message: Message): boolean {
    const line = this.#line
    if (line?.admitted !== true || message.type !== 'packet_out') return false
    try {
      return line.connection.send(message)
    } catch (error) {
      this.#fault(line, `not sent: ${(error as Error).message}`)
      return false
    }
  }

  /** Reads everything that the switch has and compares it with what is wanted; what differs is corrected soon. */
  async compare(): Promise<Compared> {
    const line = this.#line
    if (line === undefined || !this.#served) return { reason: this.status.reason ?? 'it is not served yet' }
    const compared = await compare({
      ledger: this.#ledger,
      absent: () => (this.#isServing(line) ? undefined : (this.status.reason ?? 'its connection was replaced')),
      read: (foreign) => this.#readBack(line, foreign),
      follow: (changing) => {
        this.#followed.add(changing)
        return () => this.#followed.delete(changing)
      },
    })
    if ('drift' in compared && compared.drift.count > 0) line.upkeep?.auditSoon()
    return compared
  }

  doubt(): void {
    this.#line?.upkeep?.auditSoon()
  }

  /** Everything in our tables now, and others' flows there into the list. Rejects where it is not served, or packets get to other tables. */
  async readTables(foreign: Flow[]): Promise<ReadBack> {
    const line = this.#line
    if (line === undefined || !this.#served) throw new Error(this.status.reason ?? 'it is not served yet')
    const [epoch, wasResting] = [this.#epoch, this.#ledger.phase === 'resting']
    const read = await this.#readBack(line, foreign)
    const isResting = wasResting && epoch === this.#epoch
    if (isResting || (await inTurns(isAtHome(read.program)))) return read
    throw new Error(this.status.reason ?? 'it is on its way from one layout of tables to another')
  }

  // ---- connection ----

  /** A connection of this switch; it takes the place of one that is there. */
  attach(connection: OpenFlowConnection): void {
    const { tell, now } = this.#context
    const old = this.#line
    if (old !== undefined) {
      this.#detach(old, `replaced by a connection from ${connection.remote}`)
      old.connection.close('replaced by a newer connection')
    }
    const line = lineOf(connection, now())
    this.#line = line
    this.#remote = connection.remote
    this.#reason = undefined
    this.#ports.reset(connection.ports)
    connection.onMessage = (message) => {
      if (this.#line === line) this.#receive(line, message)
    }
    connection.onError = (error) => {
      if (this.#line === line) this.#fault(line, `${error.path === '' ? '' : `${error.path}: `}${error.message}`)
    }
    connection.onClose = (reason) => {
      if (this.#line === line) this.#detach(line, reason)
    }
    connection.onEcho = (ms) => {
      if (this.#line === line) this.#health.echoed(ms)
    }
    tell('switch-connected', this.datapathId, { remote: connection.remote })
    this.#changed()
  }

  /** What the guard says about the switch's bridge. */
  judge(verdict: Verdict): void {
    const line = this.#line
    if (verdict.safe !== 'unknown') this.#name = verdict.bridge.name
    if (line === undefined) return
    if (verdict.safe === false) {
      if (this.#refused === verdict.reason) return
      this.#refused = verdict.reason
      this.#context.tell('switch-refused', this.datapathId, { reason: verdict.reason })
      if (line.admitted) this.#withdraw(line, verdict.reason)
      this.#changed()
      return
    }
    this.#refused = undefined
    if (line.admitted) {
      this.#changed()
      return
    }
    if (verdict.safe === 'unknown') this.#context.tell('switch-unverified', this.datapathId)
    void this.#admit(line)
  }

  close(): void {
    const line = this.#line
    if (line === undefined) return
    this.#detach(line, 'the controller stops')
    line.connection.close('the controller stops')
  }

  async #admit(line: Line): Promise<void> {
    line.admitted = true
    const { connection } = line
    askToBeTold(connection)
    this.#changed()
    try {
      await askWhat(line, this.#context.times.answerMs)
    } catch (error) {
      // Without an answer there is no telling what the switch would do with anything else.
      connection.close(`no answer to bundle control: ${(error as Error).message}`)
      return
    }
    if (!this.#isServing(line)) return
    line.upkeep = this.#upkeepOf(line)
    const { datapathId } = this
    this.#context.emit({ kind: 'up', datapathId, ports: new Map(this.#ports.views), measures: line.measures })
    line.upkeep.start()
    this.#run(this.#ledger.connect(line.bundles))
  }

  #upkeepOf(line: Line): Upkeep {
    return new Upkeep(line.connection, {
      datapathId: this.datapathId,
      tell: this.#context.tell,
      auditMs: this.#context.times.auditMs,
      ledger: this.#ledger,
      run: (effects) => this.#run(effects),
      read: () => this.#readBack(line),
      serving: () => this.#isServing(line),
      epoch: () => this.#epoch,
      written: (xid) => line.push?.written(xid),
      fault: (reason) => this.#health.fault(reason),
      expired: (flows) => this.#context.emit({ kind: 'expired', datapathId: this.datapathId, flows }),
    })
  }

  #isServing(line: Line): boolean {
    return this.#line === line && line.admitted
  }

  /** No longer talked to; the connection may stay. */
  #withdraw(line: Line, reason: string): void {
    line.admitted = false
    cancel(line, reason)
    this.#health.failed()
    this.#served = false
    this.#epoch++
    clearTimeout(this.#retry)
    const wasUp = line.upkeep !== undefined
    line.upkeep?.stop()
    line.upkeep = undefined
    this.#ledger.disconnect()
    if (wasUp) this.#context.emit({ kind: 'down', datapathId: this.datapathId, reason })
  }

  #detach(line: Line, reason: string): void {
    if (line.admitted) this.#withdraw(line, reason)
    this.#health.gone()
    this.#line = undefined
    this.#refused = undefined
    this.#reason = reason
    const generation = this.#ledger.appliedGeneration
    this.#context.tell('switch-disconnected', this.datapathId, { reason, generation })
    this.#changed()
  }

  // ---- what the switch says ----

  #receive(line: Line, message: Message): void {
    switch (message.type) {
      case 'packet_in':
        if (line.admitted) this.#context.packetIn(this.datapathId, message)
        return
      case 'port_status':
        this.#portStatus(line, message)
        return
      case 'error':
        this.#error(line, message)
        return
      default:
        // Or an answer that came too late, or what nobody asked for.
        line.upkeep?.receive(message)
    }
  }

  #error(line: Line, message: ErrorMessage): void {
    if (answersTrial(line, message)) return
    if (line.push?.error(message) === true || line.forget?.error(message) === true) return
    this.#health.fault(`error ${message.error_type}/${message.code}`)
  }

  /** A message that is no use. Too many, and the connection is given up. */
  #fault(line: Line, reason: string): void {
    this.#health.fault(reason)
    line.faults++
    if (line.faults > MAX_FAULTS) line.connection.close(`more than ${MAX_FAULTS} messages that cannot be used`)
  }

  #portStatus(line: Line, message: MessageNamed<'port_status'>): void {
    const change = this.#ports.change(message)
    this.#checkFlood(line, message.desc, message.reason === 'delete')
    if (change === undefined) return
    const { what, port } = change
    if (change.worthTelling) {
      const details = { name: port.name, port: port.port, state: port.up ? 'up' : 'down' }
      this.#context.tell(`port-${what}`, this.datapathId, details)
    }
    if (line.admitted) {
      const removed = what === 'removed' ? { removed: true } : {}
      this.#context.emit({ kind: 'port', datapathId: this.datapathId, port, ...removed })
    }
    this.#changed()
  }

  /** A port that went and came back has lost its configuration; an audit sees to that. */
  #checkFlood(line: Line, port: Port, gone: boolean): void {
    const { installed, phase } = this.#ledger
    if (phase !== 'resting' || installed === undefined) return
    const silent = !gone && (port.config & OFPPC_NO_FLOOD) !== 0
    if (silent !== installed.noFloodPorts.has(port.port_no)) line.upkeep?.auditSoon()
  }

  // ---- what the ledger asks for ----

  #run(effects: readonly Effect[]): void {
    this.#context.stirred()
    const line = this.#line
    const lost = effects.find(({ effect }) => effect === 'unflushed')
    if (lost?.effect === 'unflushed')
      notCut(this.#context.tell, this.datapathId, `${lost.count} message(s) more than are remembered for it`)
    if (line === undefined) return
    const { emit } = this.#context
    for (const effect of effects) {
      switch (effect.effect) {
        case 'read':
          void this.#read(line)
          break
        case 'send':
          void this.#send(line, effect)
          break
        case 'flush':
          void this.#forget(line, effect)
          break
        case 'applied':
          emit({ kind: 'applied', datapathId: this.datapathId, generation: effect.generation })
          this.#changed()
          break
        case 'forgotten':
          emit({ kind: 'forgotten', datapathId: this.datapathId, flushes: effect.flushes })
          break
        case 'recovered':
          this.#health.recovered(effect.generation)
          break
        case 'degraded':
          this.#health.degraded(effect)
          this.#changed()
          break
        case 'retry':
          clearTimeout(this.#retry)
          this.#retry = setTimeout(() => {
            if (this.#isServing(line) && this.#ledger.phase === 'degraded') this.stand()
          }, effect.afterMs).unref()
          break
        case 'compared':
        case 'unflushed':
          break
        case 'compare':
          // Ends with nothing where it is not wanted any more.
          void inTurns(effect.work).then((effects) => this.#run(effects))
          break
      }
    }
    line.upkeep?.rested()
  }

  async #read(line: Line): Promise<void> {
    let read: ReadBack
    try {
      read = await this.#readBack(line, undefined, () => this.#ledger.wanted)
    } catch (error) {
      if (this.#isServing(line)) this.#run(this.#ledger.readFailed((error as Error).message))
      return
    }
    if (!this.#isServing(line)) return
    const timed = [...read.program.flows.values()].filter(isTimed)
    if (timed.length > 0) this.#context.emit({ kind: 'timed', datapathId: this.datapathId, flows: timed })
    this.#doubt = false
    if (!this.#served) {
      this.#served = true
      this.#context.tell('switch-served', this.datapathId, { flows: read.program.flows.size })
      line.upkeep?.served()
    }
    this.#run(this.#ledger.readBack(read.program, read.mortal))
    this.#changed()
  }

  #readBack(line: Line, foreign?: Flow[], expected?: Expected): Promise<ReadBack> {
    return readBack(line.connection, this.#ports.rows, () => this.#given.with(this.#ledger.wanted), foreign, expected)
  }

  async #send(line: Line, { flight, batch, last, generation }: Extract<Effect, { effect: 'send' }>): Promise<void> {
    this.#epoch++
    for (const changing of this.#followed) changing.sent(batch.operations)
    this.#given.sent(batch.operations)
    const push = new Push(line.connection, this.#ports.addresses, this.#context.times.answerMs)
    line.push = push
    this.#health.sent(generation, batch.operations.length * PER_OPERATION_MS)
    try {
      await push.run(batch)
      if (line.push === push) this.#health.answered()
      if (batch.settles) {
        const known = await this.#context.settle(this.datapathId, () => push.prompt(this.#ledger.installed))
        // What follows takes away the tables of decisions that may still be there.
        if (!known && !last) await sleep(UNASKED_SETTLE_MS, undefined, { ref: false })
      }
    } catch (error) {
      if (line.push !== push) return
      line.push = undefined
      this.#health.failed()
      this.#doubt = true
      this.#run(this.#ledger.failed(flight, (error as Error).message))
      return
    }
    if (line.push !== push) return
    line.push = undefined
    for (const operation of batch.operations) {
      if (operation.what === 'port') this.#ports.noteFlood(operation.port, operation.noFlood)
    }
    this.#run(this.#ledger.confirmed(flight))
  }

  async #forget(line: Line, effect: Extract<Effect, { effect: 'flush' }>): Promise<void> {
    const { tell, times } = this.#context
    const forget = new Forget(line.connection)
    line.forget = forget
    this.#health.sent(effect.generation, effect.flushes.length * PER_OPERATION_MS)
    const failure = await forget.run(this.datapathId, effect, times.answerMs, tell)
    if (line.forget !== forget) return
    line.forget = undefined
    if (failure === undefined) this.#health.answered()
    else this.#health.failed()
    this.#run(failure === undefined ? this.#ledger.flushed(effect.flight) : this.#ledger.failed(effect.flight, failure))
  }

  #reread(): Effect[] {
    return this.#ledger.connect(this.#line?.bundles ?? false)
  }

  #changed(): void {
    this.#context.emit({ kind: 'status', datapathId: this.datapathId })
  }
}
