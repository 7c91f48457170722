/**
 * Asks whether everything is as it should be: what each switch has against what is wanted of it, and what is wanted
 * against what compiling all of the intent anew gives. The second holds the incremental compiler to law 4 where it
 * runs: it is to give the same as compiling at once; where it does not, that is a defect, told as an alert.
 *
 * Compiling anew begins with the store's entries and a copy of what is observed, taken in one turn of the event loop in
 * which nothing is left to be compiled. It is done in slices, with turns between them, while intent and programs go on
 * changing; so keys that were compiled meanwhile are left out and counted. Everything else did not change, and must be
 * equal. One verification runs at a time. Used by the API; it refuses to correct anything.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { type Comparison, MOST_SHOWN, union } from './channel/compare.ts'
import { Drift, differenceOf } from './channel/drift.ts'
import type { CompileLoop } from './compile-loop.ts'
import type { Tell } from './events.ts'
import { diff } from './flows/diff.ts'
import { isTouched } from './flows/ledger.ts'
import { Compiler } from './policy/compile.ts'
import type { StoredEntry } from './policy/entries.ts'
import { Intent } from './policy/intent.ts'
import { emptyProgram, nothingTouched, type SwitchProgram } from './policy/program.ts'
import type { Backend, DatapathView, ObservedView } from './policy/state.ts'

/** Milliseconds of work before the event loop turns, as far as slices allow. */
const SLICE_MS = 5
/** Entries that an intent takes, and keys that are compared, in one slice. */
const PER_SLICE = 500

export interface VerifierOptions {
  /** Every record and number in the store, now, those that others refer to first; and the revision they are of. */
  entries(): { revision: number; entries: readonly StoredEntry[] }
  observed: ObservedView
  backend: Backend
  loop: CompileLoop
  /** What a switch has against what is wanted of it. */
  compare(datapathId: string): Promise<Comparison | { reason: string }>
  tell: Tell
  /** Milliseconds, monotonic. */
  clock(): number
}

export interface ProgramComparison {
  /** Flows that compiling anew gives. */
  flows: number
  drift: Drift
  /** Flows that were compiled meanwhile, and were not compared. */
  changing: number
}

/** What was found about one switch; a reason where it could not be found out. */
export interface SwitchFindings {
  datapathId: string
  installed: Comparison | { reason: string }
  program: ProgramComparison | { reason: string }
}

export type VerifyStep =
  /** So many of so many switches have been read, or compiled anew. */
  | { kind: 'progress'; phase: 'read' | 'compile'; done: number; total: number }
  | { kind: 'switch'; switch: SwitchFindings }

/** Whether nothing was found, and everything was looked at. */
export function isVerified({ installed, program }: SwitchFindings): boolean {
  return isClean(installed) && isClean(program) && 'drift' in installed && installed.foreign === 0
}

function isClean(found: { drift: Drift } | { reason: string }): boolean {
  return 'drift' in found && found.drift.count === 0
}

export class Verifier {
  readonly #options: VerifierOptions
  #last: Promise<unknown> = Promise.resolve()
  #turnedAt = 0

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  /** Verifies these switches, when verifications before it have ended. Ends early, with a rejection, when aborted. */
  run(datapathIds: readonly string[], step: (step: VerifyStep) => void, signal: AbortSignal): Promise<void> {
    const run = this.#last.then(() => this.#run(datapathIds, step, signal))
    this.#last = run.catch(() => {})
    return run
  }

  async #run(datapathIds: readonly string[], step: (step: VerifyStep) => void, signal: AbortSignal): Promise<void> {
    const total = datapathIds.length
    const installed = new Map<string, SwitchFindings['installed']>()
    for (const datapathId of datapathIds) {
      signal.throwIfAborted()
      step({ kind: 'progress', phase: 'read', done: installed.size, total })
      installed.set(datapathId, await this.#options.compare(datapathId))
    }
    const left = new Set(datapathIds)
    for await (const { datapathId, program } of this.#programs(left, signal)) {
      step({ kind: 'progress', phase: 'compile', done: total - left.size, total })
      left.delete(datapathId)
      step({ kind: 'switch', switch: { datapathId, installed: installed.get(datapathId)!, program } })
    }
    const { isOpen } = this.#options.loop
    const reason = isOpen ? 'nothing is compiled for it: it has not been here yet' : 'nothing has been compiled yet'
    for (const datapathId of left) {
      step({ kind: 'switch', switch: { datapathId, installed: installed.get(datapathId)!, program: { reason } } })
    }
  }

  /** Compiles everything anew and compares these switches one by one. */
  async *#programs(
    wanted: ReadonlySet<string>,
    signal: AbortSignal,
  ): AsyncGenerator<{ datapathId: string; program: SwitchFindings['program'] }> {
    const { loop, backend, entries, observed } = this.#options
    if (!loop.isOpen) return
    // What has changed and is not compiled yet may be undone before it is, and nobody would note it.
    while (!loop.isRested) await loop.rested()
    signal.throwIfAborted()
    const { touched, stop } = loop.follow()
    try {
      // All of one moment: from here on, whatever changes is compiled, and thereby noted.
      const snapshot = entries()
      const seen = copyOf(observed)
      const intent = new Intent()
      for (let at = 0; at < snapshot.entries.length; at += PER_SLICE) {
        const slice = snapshot.entries.slice(at, at + PER_SLICE)
        intent.apply({ revision: snapshot.revision, changes: slice.map((after) => ({ key: after.key, after })) })
        await this.#pause(signal)
      }
      const all = new Compiler(backend).anew({ intent, observed: seen, backend }, (id) => wanted.has(id))
      for (const made of all) {
        await this.#pause(signal)
        if (made === undefined) continue
        const { datapathId, program } = made
        const live = loop.programs.get(datapathId)
        const changed = touched.has(datapathId) && touched.get(datapathId) === undefined
        if (live === undefined || changed) {
          yield { datapathId, program: { reason: 'all of it was compiled meanwhile; verify again' } }
          continue
        }
        const noted = (): ReturnType<typeof nothingTouched> => touched.get(datapathId) ?? nothingTouched()
        const drift = await this.#differences(program, live, noted, signal)
        if (touched.has(datapathId) && touched.get(datapathId) === undefined) {
          yield { datapathId, program: { reason: 'all of it was compiled meanwhile; verify again' } }
          continue
        }
        if (drift.count > 0) this.#options.tell('program-differs', datapathId, drift.details)
        yield { datapathId, program: { flows: program.flows.size, drift, changing: noted().flows.size } }
      }
    } finally {
      stop()
    }
  }

  /** How a program kept step by step differs from one compiled at once. */
  async #differences(
    anew: SwitchProgram,
    kept: SwitchProgram,
    noted: () => ReturnType<typeof nothingTouched>,
    signal: AbortSignal,
  ): Promise<Drift> {
    const found = diff({ ...anew, flows: new Map() }, { ...kept, flows: new Map() })
    let flows = new Set<string>()
    const look = (): void => {
      found.push(...diff(anew, kept, { ...nothingTouched(), flows }))
      flows = new Set()
    }
    for (const key of union(anew.flows, kept.flows)) {
      if (flows.add(key).size < PER_SLICE) continue
      look()
      await this.#pause(signal)
    }
    look()
    const drift = new Drift(MOST_SHOWN)
    const program = { ...emptyProgram(), flows: kept.flows }
    for (const operation of found) {
      if (!isTouched(operation, noted())) drift.note(...differenceOf(operation, program))
    }
    return drift
  }

  /** Lets others have the event loop, where it has been held for long. */
  async #pause(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#options.clock() - this.#turnedAt < SLICE_MS) return
    await turn()
    this.#turnedAt = this.#options.clock()
  }
}

/** What goes on being changed in place is copied; the rest is only ever replaced. */
function copyOf({ datapaths, places, demands, probes, absent = new Map() }: ObservedView): ObservedView {
  const copy = new Map<string, DatapathView>()
  for (const [datapathId, datapath] of datapaths) {
    const { ports, fabricPorts, uplinkPorts, floodPorts } = datapath
    copy.set(datapathId, {
      ...datapath,
      ports: new Map(ports),
      fabricPorts: new Set(fabricPorts),
      uplinkPorts: new Set(uplinkPorts),
      floodPorts: new Set(floodPorts),
    })
  }
  const facts = { demands: copyPerSwitch(demands), probes: copyPerSwitch(probes), absent: new Map(absent) }
  return { datapaths: copy, places: new Map(places), ...facts }
}

function copyPerSwitch<K, V>(
  all: ReadonlyMap<string, ReadonlyMap<K, V>> = new Map(),
): ReadonlyMap<string, ReadonlyMap<K, V>> {
  return new Map([...all].map(([datapathId, its]) => [datapathId, new Map(its)]))
}
