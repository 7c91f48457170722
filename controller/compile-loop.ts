/**
 * From changes to wanted programs: gathers what changed in intent and observed, compiles it, and hands every switch its
 * program with the generation it enforces. Nothing is handed out before the gate opens (intent loaded, topology settled or
 * remembered), so that a controller that has just started takes nobody's flows away.
 *
 * Compiling much goes in steps, between which everything else has the event loop, changes of intent and observed too. What
 * changed meanwhile is compiled on top, until nothing has; only then is anything published, so that a switch's program goes
 * from one generation to another at once. Where changes do not cease, the last portion is compiled in one go.
 */
import type { Applied } from './applied.ts'
import type { Flush } from './flows/flush.ts'
import { collect } from './flows/ledger.ts'
import type { Compiled, Compiler } from './policy/compile.ts'
import { emptyDelta, type Intent, type IntentDelta, mergeDelta } from './policy/intent.ts'
import { mergeObserved } from './policy/observed-delta.ts'
import { nothingTouched, type SwitchProgram, type Touched } from './policy/program.ts'
import type { Backend, NetworkState, ObservedDelta, ObservedView } from './policy/state.ts'
import { inTurns } from './turns.ts'

/** Portions compiled in steps before one is compiled in one go. */
const MOST_PORTIONS = 4

const NO_FLUSHES: ReadonlyMap<string, readonly Flush[]> = new Map()

export interface CompileLoopOptions {
  intent: Intent
  observed: ObservedView
  backend: Backend
  compiler: Compiler
  applied: Applied
  /** `flushes`: connections that a switch is to forget once it has the program. */
  want(
    datapathId: string,
    generation: number,
    program: SwitchProgram,
    touched: Touched | undefined,
    flushes: readonly Flush[] | undefined,
  ): void
  /** Of every other switch the same is wanted as before, up to this generation. */
  stand(generation: number): void
  /** A compilation took so long, without what others did meanwhile; `switches` of them have another program now. */
  measured(ms: number, switches: number): void
  /** What compiling threw: a defect. Switches keep what they have. */
  failed(error: unknown): void
  /** Milliseconds, monotonic. */
  clock(): number
}

export class CompileLoop {
  readonly #options: CompileLoopOptions
  readonly #programs = new Map<string, SwitchProgram>()
  readonly #followed = new Set<Map<string, Touched | undefined>>()
  #intent: IntentDelta | 'all' | undefined = 'all'
  #observed: ObservedDelta | 'all' | undefined = 'all'
  /** Of changes that are not published yet. */
  #flushes = new Map<string, Flush[]>()
  /** Of those that are, until the switch is told to want them: one that has not come yet, when it does. */
  readonly #due = new Map<string, Flush[]>()
  /** The compilation under way, and when it has ended. */
  #running: { work: Generator<undefined>; ended: Promise<void> } | undefined
  #open = false
  #closed = false

  constructor(options: CompileLoopOptions) {
    this.#options = options
  }

  /** Programs as they are wanted; changed in place by later compilations. */
  get programs(): ReadonlyMap<string, SwitchProgram> {
    return this.#programs
  }

  /**
   * From now on until `stop`, notes which keys of which switch were compiled anew; undefined: all of the switch.
   */
  follow(): { touched: ReadonlyMap<string, Touched | undefined>; stop(): void } {
    const touched = new Map<string, Touched | undefined>()
    this.#followed.add(touched)
    return { touched, stop: () => this.#followed.delete(touched) }
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** From now on programs are handed out. */
  open(): void {
    if (this.#open) return
    this.#open = true
    this.#schedule()
  }

  /** A switch that will not come back has no program. */
  forget(datapathId: string): void {
    this.#programs.delete(datapathId)
    this.#flushes.delete(datapathId)
    this.#due.delete(datapathId)
  }

  close(): void {
    this.#closed = true
  }

  /** Whether programs are of what intent and observed are now. */
  get isRested(): boolean {
    return this.#running === undefined
  }

  /** Resolves when nothing was left to be compiled, published and handed out. */
  async rested(): Promise<void> {
    while (this.#running !== undefined) await this.#running.ended
  }

  /**
   * Compiles what is pending now, not in turns: who has to wait in any case waits for rested() before. False where nothing
   * is compiled, as the gate is closed.
   */
  catchUp(): boolean {
    if (!this.#open || this.#closed) return false
    this.#schedule()
    for (const _ of this.#running?.work ?? []);
    return !this.#isPending
  }

  /**
   * Compiles a change that is only supposed, in place: nobody is told to want it. The caller has caught up before, puts
   * the state back and compiles that too, in the same synchronous step; where it cannot, it calls doubt().
   */
  tryOut(changed: { intent: IntentDelta; observed: ObservedDelta }): Map<string, Compiled> {
    const { intent, observed, backend, compiler } = this.#options
    return compiler.compile({ intent, observed, backend }, changed)
  }

  /** The programs may be half changed: they are made anew from the whole state. */
  doubt(): void {
    this.#intent = 'all'
    this.#observed = 'all'
    this.#schedule()
  }

  /** @param flushes By datapath id: connections that switches are to forget when they have what follows from the change. */
  intentChanged(delta: IntentDelta, flushes: ReadonlyMap<string, readonly Flush[]> = NO_FLUSHES): void {
    this.owe(flushes)
    if (this.#intent === undefined) this.#intent = delta
    else if (this.#intent !== 'all') mergeDelta(this.#intent, delta)
    this.#schedule()
  }

  /** By datapath id: connections that switches are to forget when they have what follows from the state of now. */
  owe(flushes: ReadonlyMap<string, readonly Flush[]>): void {
    for (const [datapathId, more] of flushes) addTo(this.#flushes, datapathId, more)
  }

  observedChanged(delta: ObservedDelta): void {
    if (this.#observed === undefined) this.#observed = delta
    else if (this.#observed !== 'all') mergeObserved(this.#observed, delta)
    this.#schedule()
  }

  #takeDue(datapathId: string): Flush[] | undefined {
    const due = this.#due.get(datapathId)
    this.#due.delete(datapathId)
    return due
  }

  get #isPending(): boolean {
    return this.#intent !== undefined || this.#observed !== undefined
  }

  #schedule(): void {
    if (!this.#open || this.#closed || !this.#isPending || this.#running !== undefined) return
    const work = this.#attempt()
    this.#running = { work, ended: inTurns(work) }
  }

  *#attempt(): Generator<undefined> {
    try {
      while (this.#isPending && !this.#closed) yield* this.#compile()
    } catch (error) {
      // What was half done in memory is made anew from the whole state next time.
      this.#intent = 'all'
      this.#observed = 'all'
      this.#options.failed(error)
    } finally {
      this.#running = undefined
    }
  }

  *#compile(): Generator<undefined> {
    const { intent, observed, backend, compiler, applied, want, stand, measured, clock } = this.#options
    const state: NetworkState = { intent, observed, backend }
    let spent = 0
    let since = clock()
    const turn = function* (): Generator<undefined> {
      spent += clock() - since
      yield undefined
      since = clock()
    }
    const asking = new Set<string>()
    for (let portions = 1; this.#isPending; portions++) {
      const changed = { intent: this.#intent ?? emptyDelta(intent.generation), observed: this.#observed ?? noPlaces() }
      this.#intent = undefined
      this.#observed = undefined
      if (changed.observed !== 'all')
        for (const asked of [changed.observed.demands, changed.observed.probes])
          for (const datapathId of asked?.keys() ?? []) asking.add(datapathId)
      for (const _ of compiler.compiling(state, changed)) {
        if (portions < MOST_PORTIONS) yield* turn()
        if (this.#closed) return
      }
    }
    // All that has changed is compiled: this is the state of one generation, whatever changes from here on.
    const { generation } = intent
    for (const [datapathId, flushes] of this.#flushes) addTo(this.#due, datapathId, flushes)
    this.#flushes = new Map()
    const published = new Set<string>()
    for (const [datapathId, { program, touched }] of compiler.publishing()) {
      if (!observed.datapaths.has(datapathId)) continue
      this.#programs.set(datapathId, program)
      for (const notes of this.#followed) note(notes, datapathId, touched)
      published.add(datapathId)
      want(datapathId, generation, program, touched, this.#takeDue(datapathId))
      yield* turn()
      if (this.#closed) return
    }
    // Who asked is answered where the answer is there already, and who has to forget does so.
    for (const datapathId of new Set([...asking, ...this.#due.keys()])) {
      const program = this.#programs.get(datapathId)
      if (program === undefined || published.has(datapathId)) continue
      want(datapathId, generation, program, nothingTouched(), this.#takeDue(datapathId))
    }
    stand(generation)
    applied.compiledUpTo(generation)
    measured(spent + clock() - since, published.size)
  }
}

function addTo(flushes: Map<string, Flush[]>, datapathId: string, more: readonly Flush[]): void {
  flushes.set(datapathId, [...(flushes.get(datapathId) ?? []), ...more])
}

function note(notes: Map<string, Touched | undefined>, datapathId: string, touched: Touched | undefined): void {
  if (touched === undefined || (notes.has(datapathId) && notes.get(datapathId) === undefined)) {
    notes.set(datapathId, undefined)
    return
  }
  const before = notes.get(datapathId) ?? nothingTouched()
  collect(before, touched)
  notes.set(datapathId, before)
}

function noPlaces(): ObservedDelta {
  return { datapaths: new Set(), places: new Set() }
}
