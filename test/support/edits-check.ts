/**
 * A long walk of single edits, after each of which the touched keys cover every difference (compile-world.ts), and every
 * so often what was compiled step by step equals what is compiled at once. Used by a fast test and by the soak.
 */
import { expect } from 'chai'
import type { Backend } from '../../controller/policy/state.ts'
import { Random } from '../fuzz/engine/random.ts'
import { CompileWorld, type Step } from './compile-world.ts'
import { beginning, edited } from './random-edits.ts'

export interface EditWalk {
  backend: Backend
  seed: number
  edits: number
  /** Edits between two comparisons with a compilation at once. */
  every: number
}

/** What a walk met, so that a test can say that it was not idle. */
export interface EditsMet {
  /** Rows of the largest program. */
  mostFlows: number
  conjunctions: number
  restarts: number
  kinds: Set<string>
}

/** Steps that a failure shows. */
const LAST = 3

export function checkEdits({ backend, seed, edits, every }: EditWalk): EditsMet {
  const world = new CompileWorld(backend)
  const met: EditsMet = { mostFlows: 0, conjunctions: 0, restarts: 0, kinds: new Set() }
  const last: string[] = []
  let done = 0
  const compare = (): void => {
    expect(world.differencesFromFull(), 'step by step against at once').to.deep.equal([])
  }
  try {
    for (const step of beginning()) world.must(step)
    edited(world, new Random(seed), edits, (step, at) => {
      done = at
      last.push(JSON.stringify(step))
      if (last.length > LAST) last.shift()
      note(met, step)
      if (at % every !== 0) return
      compare()
      for (const { flows } of world.programs.values()) {
        met.mostFlows = Math.max(met.mostFlows, flows.size)
        for (const { match } of flows.values()) if (match[0]?.field === 'conj_id') met.conjunctions++
      }
    })
    compare()
  } catch (error) {
    const where = `seed ${seed}, ${backend}, after edit ${done} (and the one it fails in); the last:\n${last.join('\n')}\n`
    if (error instanceof Error) error.message = where + error.message
    throw error
  } finally {
    world.close()
  }
  return met
}

function note(met: EditsMet, step: Step): void {
  if (step.what === 'restart') met.restarts++
  if (step.what !== 'write') met.kinds.add(step.what)
  else for (const one of step.writes) met.kinds.add(one.op === 'update' ? `update ${one.record.kind}` : one.op)
}
