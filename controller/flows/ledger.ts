/**
 * The ledger of one datapath: what it should have, what is on its way, what it has confirmed. A pure state machine:
 * every method takes one fact and returns the effects that follow; the clock, the socket and the events are the
 * caller's (channel/). Only what a ledger asks for is ever sent to its switch (law 1).
 *
 * Three programs. *Wanted* is the newest compiled program with its generation; it may be replaced at any time and
 * nobody waits for it to be sent. *In flight* is a list of batches made from one comparison of wanted with installed;
 * only its first batch is at the switch. *Installed* is what the switch is known to have: what was read back on
 * connecting, changed by each batch that the switch confirmed and by what the switch says that others changed (drift,
 * which is corrected at once), and by nothing else. It is unknown while the switch is away, and after a failure that
 * may have left half of something.
 *
 *                 connect                readBack
 *      offline ────────────▶ reading ────────────────▶ resting ◀───────────────────────┐
 *         ▲                     ▲                         │ (comparing) wanted differs  │
 *         │ disconnect          │ failed, state unclear   ▼             last confirmed  │
 *         └── (any)             └───────────────────── sending ─────────────────────────┤
 *                                                        │ failed, nothing changed      │
 *                                                        ▼                    retry,    │
 *                                                     degraded ──────────────────────────┘
 *                                                                          or newer wanted
 *
 * Coalescing. While something is in flight, newer wanted programs only replace each other. When the flight lands, one
 * comparison takes the switch from where it is to the newest. A switch that is slow therefore skips generations, and
 * confirming generation g says that it enforces the state of g: a switch that went from 3 to 7 confirms 7, and whoever
 * waits for 5 is content, because the state after 7 contains every decision up to 7.
 *
 * Standing. Most changes touch few switches. Of the others nothing is wanted anew: all of them are told at once up to
 * which generation what is wanted stands, and one that has it all has confirmed that without a word.
 *
 * Comparing costs what changed. The compiler says which keys it touched; the ledger collects them until the next
 * comparison looks at exactly these. After anything unclear (connect, failure) it looks at all. A comparison of many keys
 * is work in steps, which the caller does when it has time ("comparing"); what is wanted meanwhile is compared on top of it.
 *
 * Confirmation. An empty comparison confirms at once: there is nothing a switch could add to "you have it already".
 * Otherwise a generation is confirmed when its last batch is, and what a confirmation is worth (bundle committed,
 * barrier answered, datapath caches settled) is the sender's business: the ledger only believes it.
 *
 * Refusal. A bundle that a switch refuses (table full, say) has changed nothing. The switch keeps enforcing the last
 * good generation, the ledger says so once with the switch's own error, and tries again after a growing time, or at
 * once when there is something newer to want. Nothing is taken away from the switch to make the new fit. What went
 * before in tables that no packet gets to changes nothing either; the next attempt finds it there.
 *
 * Forgetting. Connections that a change cuts are forgotten by the switch after it has the tables of that change, so that
 * nothing lets them in again, and before the generation is confirmed. What is owed is remembered while the switch is away,
 * whatever is wanted meanwhile; over the end of the controller somebody else remembers it (controller/owed-cuts.ts), who is
 * told what the switch has forgotten.
 *
 * Silence. Before wanted is known nothing is sent, whatever the switch holds: a controller that has just started and
 * has not read its intent yet must not take anybody's flows away.
 */
import { emptyProgram, type Flow, nothingTouched, type SwitchProgram, type Touched } from '../policy/program.ts'
import { apply, diffing, type Operation } from './diff.ts'
import { FLUSHES_OF_A_SWITCH, type Flush, flushKey } from './flush.ts'
import { planning } from './hops.ts'
import type { Batch, Reach, Sending } from './order.ts'
import { reaching } from './reach.ts'

export type Effect =
  /** Ask the switch for its flows; answer with readBack or failed. */
  | { effect: 'read' }
  /** Send a batch; answer with confirmed or failed, naming the flight. */
  | { effect: 'send'; flight: number; batch: Batch; last: boolean; generation: number }
  /** Tell the switch to forget connections; answer with flushed or failed, naming the flight. */
  | { effect: 'flush'; flight: number; flushes: readonly Flush[]; generation: number }
  /** The switch has forgotten these, or cannot; they are the very objects that want() was given. */
  | { effect: 'forgotten'; flushes: readonly Flush[] }
  /** So many flushes are given up: more are owed than are remembered. */
  | { effect: 'unflushed'; count: number }
  | { effect: 'applied'; generation: number }
  | { effect: 'compared'; operations: number }
  /** Do this work in steps, and carry out the effects that it ends with. */
  | { effect: 'compare'; work: Generator<undefined, Effect[]> }
  | { effect: 'degraded'; generation: number; applied: number; error: string }
  | { effect: 'recovered'; generation: number }
  /** Call retry after this many milliseconds. */
  | { effect: 'retry'; afterMs: number }

export type LedgerPhase = 'offline' | 'reading' | 'resting' | 'comparing' | 'sending' | 'degraded'

const NOTHING: ReadonlySet<string> = new Set()

interface Flight {
  number: number
  generation: number
  batches: Batch[]
  next: number
  /** What is being forgotten, after all batches. */
  flushing?: readonly Flush[]
}

/** Keys that are compared in one go. */
const AT_ONCE = 500
/** How often all of a comparison is begun anew, as everything may be another, before it is made in one go. */
const MOST_ATTEMPTS = 3

/** The generation up to which each switch that nothing was wanted of goes on being wanted what it is; all switches share one. */
export interface Standing {
  readonly generation: number
}

export interface LedgerOptions extends Sending {
  retryMs: number
  retryMaxMs: number
  standing?: Standing
}

const NOT_STANDING: Standing = { generation: 0 }

export class Ledger {
  readonly #options: LedgerOptions
  readonly #standing: Standing
  #phase: LedgerPhase = 'offline'
  #wanted: { generation: number; program: SwitchProgram } | undefined
  #touched: Touched | 'all' = 'all'
  #installed: SwitchProgram | undefined
  #flight: Flight | undefined
  #flights = 0
  /** Counts comparisons; one under way ends when there is another, or none is wanted any more. */
  #comparison = 0
  #applied = 0
  #attempts = 0
  #error: string | undefined
  /** Connections that the switch has still to forget, by key: remembered while it is away. */
  readonly #owed = new Map<string, Flush>()
  /** Wanted was replaced or changed since the last comparison. */
  #stale = false
  /** Somebody else changed what is installed; told as recovered when it is what is wanted again. */
  #drifted = false
  #mortal: ReadonlySet<string> = NOTHING

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#standing = options.standing ?? NOT_STANDING
  }

  get phase(): LedgerPhase {
    return this.#phase
  }

  /** The newest generation wanted; 0 before there is one. */
  get wantedGeneration(): number {
    return this.#wanted === undefined ? 0 : Math.max(this.#wanted.generation, this.#standing.generation)
  }

  /** The newest generation that the switch confirmed. It keeps enforcing it while it is away. */
  get appliedGeneration(): number {
    return this.isSteady ? Math.max(this.#applied, this.#standing.generation) : this.#applied
  }

  /** The switch has all that is wanted of it, so that it has what every generation wants in which that stays as it is. */
  get isSteady(): boolean {
    const isAtRest = this.#phase === 'resting' && this.#wanted !== undefined && !this.#stale && this.#owed.size === 0
    return isAtRest && this.#touched !== 'all' && isNothing(this.#touched)
  }

  /** What the switch is known to have; undefined while that is unknown. */
  get installed(): SwitchProgram | undefined {
    return this.#installed
  }

  get wanted(): SwitchProgram | undefined {
    return this.#wanted?.program
  }

  /** The OpenFlow error of the last refusal, until a later generation is confirmed. */
  get error(): string | undefined {
    return this.#error
  }

  /**
   * There is a newer program to have. `program` may be the same object as before, changed in place: then `touched`
   * says where. Without it everything is compared. `flushes`: connections to forget once the switch has the program.
   */
  want(generation: number, program: SwitchProgram, touched?: Touched, flushes: readonly Flush[] = []): Effect[] {
    this.#hold()
    const given = this.#owe(flushes)
    if (touched === undefined || this.#wanted === undefined) this.#touched = 'all'
    else if (this.#touched !== 'all') collect(this.#touched, touched)
    this.#wanted = { generation, program }
    this.#stale = true
    return [...given, ...(this.#phase === 'resting' || this.#phase === 'degraded' ? this.#compare() : [])]
  }

  /** What is wanted stays as it is in a newer generation. Costs nothing where the switch has it. */
  stand(): Effect[] {
    if (this.#phase === 'degraded') return this.retry()
    return this.#phase === 'resting' && this.#wanted !== undefined && !this.isSteady ? this.#compare() : []
  }

  /** From here on the switch has to confirm what it confirmed by standing still. */
  #hold(): void {
    this.#applied = this.appliedGeneration
  }

  /** The switch is here; what it has is unknown. */
  connect(bundles: boolean): Effect[] {
    this.#hold()
    this.#options.bundles = bundles
    return this.#readAnew()
  }

  disconnect(): void {
    this.#hold()
    this.#phase = 'offline'
    this.#comparison++
    this.#installed = undefined
    this.#flight = undefined
    this.#touched = 'all'
    this.#drifted = false
  }

  /** What the switch has, of ours. @param mortal Keys of flows that will go by themselves: these are not what is wanted. */
  readBack(program: SwitchProgram, mortal: ReadonlySet<string> = NOTHING): Effect[] {
    if (this.#phase !== 'reading') return []
    this.#mortal = mortal
    this.#installed = program
    this.#phase = 'resting'
    return this.#wanted === undefined ? [] : this.#compare(true)
  }

  /**
   * The switch has something else than what it was given, all of it that is ours; or, under these keys, other flows
   * (undefined: none of ours). Costs what differs where keys are given. Only while nothing is in flight.
   */
  drifted(found: SwitchProgram | ReadonlyMap<string, Flow | undefined>): Effect[] {
    const { phase } = this
    if (this.#installed === undefined || (phase !== 'resting' && phase !== 'degraded')) return []
    this.#hold()
    this.#drifted = true
    if (found instanceof Map) {
      for (const [key, flow] of found as ReadonlyMap<string, Flow | undefined>) {
        if (flow === undefined) this.#installed.flows.delete(key)
        else this.#installed.flows.set(key, flow)
        if (this.#touched !== 'all') this.#touched.flows.add(key)
      }
    } else {
      this.#installed = found as SwitchProgram
      this.#touched = 'all'
    }
    return this.#phase === 'resting' && this.#wanted !== undefined ? this.#compare() : []
  }

  /**
   * The switch took flows away by itself, as their time was up. They come back with the next program that wants them:
   * whoever asked for them is told first (channel/session.ts). What is in flight stands as it is.
   */
  expired(keys: Iterable<string>): void {
    this.#hold()
    for (const key of keys) {
      this.#installed?.flows.delete(key)
      if (this.#touched !== 'all') this.#touched.flows.add(key)
    }
  }

  /** The switch confirmed the batch in flight. */
  confirmed(flight: number): Effect[] {
    const current = this.#flight
    const installed = this.#installed
    if (current?.number !== flight || this.#phase !== 'sending' || installed === undefined) return []
    if (current.flushing !== undefined) return []
    apply((current.batches[current.next] as Batch).operations, installed)
    current.next++
    if (current.next < current.batches.length) return [this.#sendNext(current)]
    this.#flight = undefined
    this.#phase = 'resting'
    return this.#stale ? [...this.#confirm(current.generation), ...this.#compare()] : this.#finish(current.generation)
  }

  /** The switch has forgotten what it was told to, or cannot; it is not asked again. */
  flushed(flight: number): Effect[] {
    const current = this.#flight
    if (current?.number !== flight || current.flushing === undefined) return []
    for (const flush of current.flushing) {
      // The same again, of a later change, comes after the tables of that.
      const key = flushKey(flush)
      if (this.#owed.get(key) === flush) this.#owed.delete(key)
    }
    const forgotten: Effect = { effect: 'forgotten', flushes: current.flushing }
    this.#flight = undefined
    this.#phase = 'resting'
    if (!this.#stale) return [forgotten, ...this.#finish(current.generation)]
    return [forgotten, ...this.#confirm(current.generation), ...this.#compare()]
  }

  /** The switch refused the batch in flight, or did not answer in time. */
  failed(flight: number, error: string): Effect[] {
    const current = this.#flight
    if (current?.number !== flight || this.#phase !== 'sending') return []
    const unclear = current.flushing === undefined && (current.next > 0 || current.batches[0]?.atomic !== true)
    this.#flight = undefined
    this.#touched = 'all'
    if (unclear) this.#installed = undefined
    return this.#degrade(current.generation, error)
  }

  /** What the switch has could not be read. */
  readFailed(error: string): Effect[] {
    return this.#phase === 'reading' ? this.#degrade(this.wantedGeneration, error) : []
  }

  /** The time of a `retry` effect is over. */
  retry(): Effect[] {
    if (this.#phase !== 'degraded') return []
    return this.#installed === undefined ? this.#readAnew() : this.#compare()
  }

  #readAnew(): Effect[] {
    this.#phase = 'reading'
    this.#comparison++
    this.#installed = undefined
    this.#flight = undefined
    this.#touched = 'all'
    return [{ effect: 'read' }]
  }

  #compare(tell = false): Effect[] {
    if (this.#installed === undefined) return this.#readAnew()
    const { program } = this.#wanted as { program: SwitchProgram }
    const touched = this.#touched
    const keys = touched === 'all' ? program.flows.size + this.#installed.flows.size : touched.flows.size
    const work = this.#comparing(++this.#comparison, this.#installed, tell)
    if (keys > AT_ONCE) {
      this.#phase = 'comparing'
      return [{ effect: 'compare', work }]
    }
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
    }
  }

  /** Compares and decides what follows. What is wanted may change between steps; what is installed does not. */
  *#comparing(comparison: number, installed: SwitchProgram, tell: boolean): Generator<undefined, Effect[]> {
    let operations: Operation[] = []
    let reach: Reach | undefined
    let all = false
    for (let attempt = 1; attempt === 1 || this.#stale; attempt++) {
      const { program } = this.#wanted as { program: SwitchProgram }
      const touched = this.#takeTouched()
      this.#stale = false
      const inSteps = attempt <= MOST_ATTEMPTS
      if (touched === undefined) {
        all = true
        operations = []
        this.#dropMortal(program, installed)
      } else if (isNothing(touched) && attempt > 1) continue
      else operations = operations.filter((operation) => !isTouched(operation, touched))
      const found = yield* this.#steps(diffing(program, installed, touched), comparison, inSteps)
      if (found === undefined) return []
      for (const operation of found) operations.push(operation)
      // A new layout of tables comes with another program, so with a whole comparison, and that costs as much as this.
      if (!all || operations.length === 0) continue
      const before = yield* this.#steps(reaching(installed), comparison, inSteps)
      const after = before && (yield* this.#steps(reaching(program), comparison, inSteps))
      if (before === undefined || after === undefined) return []
      reach = { before, after }
    }
    const generation = this.wantedGeneration
    // What was refused in parts may fit as a whole, since a bundle that adds and deletes needs less room.
    const plan = planning(installed, operations, this.#options, reach, this.#attempts)
    const list = yield* this.#steps(plan, comparison, true)
    if (list === undefined) return []
    const compared: Effect[] = tell ? [{ effect: 'compared', operations: operations.length }] : []
    if (list.length === 0) {
      this.#phase = 'resting'
      if (this.#stale) return [...compared, ...this.#confirm(generation), ...this.#compare()]
      return [...compared, ...this.#finish(generation)]
    }
    this.#phase = 'sending'
    this.#flight = { number: ++this.#flights, generation, batches: list, next: 0 }
    return [...compared, this.#sendNext(this.#flight)]
  }

  /** What the work comes to, in steps or in one go; undefined where its comparison is over. */
  *#steps<T>(work: Generator<undefined, T>, comparison: number, inSteps: boolean): Generator<undefined, T | undefined> {
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
      if (!inSteps) continue
      yield undefined
      if (this.#comparison !== comparison) return undefined
    }
  }

  /** Keys to compare; undefined: all. */
  #takeTouched(): Touched | undefined {
    const touched = this.#touched
    this.#touched = nothingTouched()
    return touched === 'all' ? undefined : touched
  }

  /** A flow that goes by itself is not there, where it is wanted to stay. */
  #dropMortal({ flows }: SwitchProgram, installed: SwitchProgram): void {
    for (const key of this.#mortal) if (flows.has(key)) installed.flows.delete(key)
    this.#mortal = NOTHING
  }

  #sendNext({ number, generation, batches: list, next }: Flight): Effect {
    return {
      effect: 'send',
      flight: number,
      batch: list[next] as Batch,
      last: next === list.length - 1,
      generation,
    }
  }

  #owe(flushes: readonly Flush[]): Effect[] {
    let count = 0
    for (const flush of flushes) {
      const key = flushKey(flush)
      if (this.#owed.size < FLUSHES_OF_A_SWITCH || this.#owed.has(key)) this.#owed.set(key, flush)
      else count++
    }
    return count === 0 ? [] : [{ effect: 'unflushed', count }]
  }

  /** The switch has the tables of a generation: it forgets what is owed before that is confirmed. */
  #finish(generation: number): Effect[] {
    if (this.#owed.size === 0) return this.#confirm(generation)
    this.#phase = 'sending'
    const number = ++this.#flights
    const flushes = [...this.#owed.values()]
    this.#flight = { number, generation, batches: [], next: 0, flushing: flushes }
    return [{ effect: 'flush', flight: number, flushes, generation }]
  }

  #confirm(generation: number): Effect[] {
    this.#applied = generation
    this.#attempts = 0
    const effects: Effect[] = [{ effect: 'applied', generation }]
    if (this.#error !== undefined || this.#drifted) effects.push({ effect: 'recovered', generation })
    this.#error = undefined
    this.#drifted = false
    return effects
  }

  #degrade(generation: number, error: string): Effect[] {
    const { retryMs, retryMaxMs } = this.#options
    this.#phase = 'degraded'
    this.#error = error
    const afterMs = Math.min(retryMaxMs, retryMs * 2 ** this.#attempts)
    this.#attempts++
    return [
      { effect: 'degraded', generation, applied: this.#applied, error },
      { effect: 'retry', afterMs },
    ]
  }
}

/** A copy that can be changed without changing the original. */
export function copyProgram(program: SwitchProgram = emptyProgram()): SwitchProgram {
  return {
    flows: new Map(program.flows),
    groups: new Map(program.groups),
    meters: new Map(program.meters),
    noFloodPorts: new Set(program.noFloodPorts),
  }
}

/** Whether what an operation is about is among these. */
export function isTouched(operation: Operation, touched: Touched): boolean {
  if (operation.what === 'flow') return touched.flows.has(operation.key)
  if (operation.what === 'group') return touched.groups.has(operation.group.groupId)
  return operation.what === 'meter' ? touched.meters.has(operation.meter.meterId) : touched.ports.has(operation.port)
}

function isNothing({ flows, groups, meters, ports }: Touched): boolean {
  return flows.size + groups.size + meters.size + ports.size === 0
}

/** Adds keys to those touched before. */
export function collect(into: Touched, more: Touched): void {
  for (const key of more.flows) into.flows.add(key)
  for (const id of more.groups) into.groups.add(id)
  for (const id of more.meters) into.meters.add(id)
  for (const port of more.ports) into.ports.add(port)
}
