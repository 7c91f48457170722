/**
 * The whole controller in a state that nobody wrote, for the length of one synchronous call: intent, places and programs
 * take a transaction in, two lookers look, and all of it is taken back. Nothing is stored, told, wanted or sent. What a
 * looker keeps must be its own: records, tags and rows may be kept by reference (nothing changes them in place), maps and
 * sets may not. It refuses to know what is looked at.
 *
 * In place rather than on copies, because intent and programs of 100,000 interfaces are hundreds of megabytes, and
 * because a change costs what it touches, twice. bench/plan.ts says what that is.
 */
import type { CompileLoop } from '../compile-loop.ts'
import type { Observed } from '../observe.ts'
import type { ProposedTransaction } from '../policy/entries.ts'
import type { Intent, IntentDelta } from '../policy/intent.ts'
import { nothingTouched, type SwitchProgram, type Touched } from '../policy/program.ts'
import type { ObservedDelta } from '../policy/state.ts'
import { supposition } from '../policy/suppose.ts'

export interface Parts {
  intent: Intent
  observed: Pick<Observed, 'suppose'>
  loop: Pick<CompileLoop, 'catchUp' | 'tryOut' | 'doubt'>
}

/** What one switch would get: `after` holds the touched keys only. */
export interface SupposedProgram {
  /** As it is, changed in place by later compilations. */
  program: SwitchProgram
  after: SwitchProgram
  touched: Touched
}

export interface Supposed<After, Before> {
  delta: IntentDelta
  after: After
  before: Before
  /** By datapath id; undefined where nothing is compiled yet, or nothing was to be. */
  programs: Map<string, SupposedProgram> | undefined
}

/**
 * @param look `after` is called in the state after the transaction, then `before` in that before it. `compiles` says,
 * knowing what the change touches, whether programs are to be compiled as well.
 */
export function suppose<After, Before>(
  { intent, observed, loop }: Parts,
  transaction: Pick<ProposedTransaction, 'puts' | 'deletes'>,
  look: {
    after(delta: IntentDelta): After
    before(delta: IntentDelta, after: After): Before
    compiles(delta: IntentDelta): boolean
  },
): Supposed<After, Before> {
  const { forward, inverse } = supposition(intent, transaction)
  const ready = loop.catchUp()
  let compiling = false
  let isBack = false
  try {
    const delta = intent.apply(forward)
    const supposed = observed.suppose(delta, (places: ObservedDelta) => {
      const after = look.after(delta)
      if (!ready || !look.compiles(delta)) return { after, places, programs: undefined }
      compiling = true
      const programs = new Map<string, SupposedProgram>()
      for (const [datapathId, { program, touched }] of loop.tryOut({ intent: delta, observed: places })) {
        programs.set(datapathId, { program, ...kept(program, touched) })
      }
      return { after, places, programs }
    })
    const back = intent.apply(inverse)
    isBack = true
    if (supposed.programs !== undefined) loop.tryOut({ intent: back, observed: supposed.places })
    compiling = false
    return { delta, after: supposed.after, before: look.before(delta, supposed.after), programs: supposed.programs }
  } finally {
    if (!isBack) intent.apply(inverse)
    if (compiling) loop.doubt()
  }
}

/** The touched part of a program; all of it where nobody says what was touched. */
function kept(program: SwitchProgram, touched: Touched | undefined): { after: SwitchProgram; touched: Touched } {
  const { flows, groups, meters, ports } = touched ?? everything(program)
  return {
    touched: { flows, groups, meters, ports },
    after: {
      flows: pick(program.flows, flows),
      groups: pick(program.groups, groups),
      meters: pick(program.meters, meters),
      noFloodPorts: new Set([...ports].filter((port) => program.noFloodPorts.has(port))),
    },
  }
}

function everything({ flows, groups, meters, noFloodPorts }: SwitchProgram): Touched {
  const touched = nothingTouched()
  for (const key of flows.keys()) touched.flows.add(key)
  for (const id of groups.keys()) touched.groups.add(id)
  for (const id of meters.keys()) touched.meters.add(id)
  for (const port of noFloodPorts) touched.ports.add(port)
  return touched
}

function pick<K, V>(map: ReadonlyMap<K, V>, keys: Iterable<K>): Map<K, V> {
  const picked = new Map<K, V>()
  for (const key of keys) {
    const value = map.get(key)
    if (value !== undefined) picked.set(key, value)
  }
  return picked
}
