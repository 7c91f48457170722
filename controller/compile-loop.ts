/**
 * From changes to wanted programs: gathers what changed in intent and observed, compiles once per turn of the event
 * loop, and hands every switch its program with the generation it enforces. Nothing is handed out before the gate opens
 * (intent loaded, topology settled or remembered), so that a controller that has just started takes nobody's flows away.
 */
import type { Applied } from './applied.ts'
import { collect } from './flows/ledger.ts'
import type { Compiled, Compiler } from './policy/compile.ts'
import { emptyDelta, type Intent, type IntentDelta, mergeDelta } from './policy/intent.ts'
import { nothingTouched, type SwitchProgram, type Touched } from './policy/program.ts'
import type { Backend, ObservedDelta, ObservedView } from './policy/state.ts'

export interface CompileLoopOptions {
  intent: Intent
  observed: ObservedView
  backend: Backend
  compiler: Compiler
  applied: Applied
  want(datapathId: string, generation: number, program: SwitchProgram, touched: Touched | undefined): void
  /** A compilation took so long; `switches` of them have another program now. */
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
  #scheduled: NodeJS.Immediate | undefined
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
  }

  close(): void {
    this.#closed = true
    clearImmediate(this.#scheduled)
  }

  /** Compiles what is pending now, not in the next turn. False where nothing is compiled, as the gate is closed. */
  catchUp(): boolean {
    if (!this.#open || this.#closed) return false
    if (this.#intent !== undefined || this.#observed !== undefined) this.#attempt()
    return this.#intent === undefined && this.#observed === undefined
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

  intentChanged(delta: IntentDelta): void {
    if (this.#intent === undefined) this.#intent = delta
    else if (this.#intent !== 'all') mergeDelta(this.#intent, delta)
    this.#schedule()
  }

  observedChanged(delta: ObservedDelta): void {
    if (this.#observed === undefined) this.#observed = delta
    else if (this.#observed !== 'all') {
      for (const each of delta.datapaths) this.#observed.datapaths.add(each)
      for (const each of delta.places) this.#observed.places.add(each)
    }
    this.#schedule()
  }

  #schedule(): void {
    if (!this.#open || this.#closed) return
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.#attempt()
    })
  }

  #attempt(): void {
    try {
      this.#compile()
    } catch (error) {
      // What was half done in memory is made anew from the whole state next time.
      this.#intent = 'all'
      this.#observed = 'all'
      this.#options.failed(error)
    }
  }

  #compile(): void {
    const { intent, observed, backend, compiler, applied, want, measured, clock } = this.#options
    const started = clock()
    const changed = { intent: this.#intent ?? emptyDelta(intent.generation), observed: this.#observed ?? noPlaces() }
    const generation = intent.generation
    const compiled = compiler.compile({ intent, observed, backend }, changed)
    this.#intent = undefined
    this.#observed = undefined
    for (const [datapathId, { program, touched }] of compiled) {
      this.#programs.set(datapathId, program)
      for (const notes of this.#followed) note(notes, datapathId, touched)
    }
    measured(clock() - started, compiled.size)
    applied.compiledUpTo(generation)
    for (const [datapathId, program] of this.#programs) {
      const touched = compiled.has(datapathId) ? compiled.get(datapathId)?.touched : nothingTouched()
      want(datapathId, generation, program, touched)
    }
  }
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
