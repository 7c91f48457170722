/**
 * A compile loop and a planner of the controller with nobody behind them: no switch is told anything, none can be asked.
 * For tests and benches of what is compiled and planned. It knows no store and no records; who calls brings the intent.
 */
import { Applied } from '../../controller/applied.ts'
import { CompileLoop, type CompileLoopOptions } from '../../controller/compile-loop.ts'
import { Planner, type PlanSources } from '../../controller/plan/planner.ts'
import { Compiler } from '../../controller/policy/compile.ts'

/** For a compiler that has seen nothing yet. */
export const ALL = { intent: 'all', observed: 'all' } as const

type Given = Pick<CompileLoopOptions, 'intent' | 'observed'>

/** Throws what compiling throws; on `fabric` and by the real clock unless told otherwise. */
export function loopOf({ backend = 'fabric', ...given }: Given & Partial<CompileLoopOptions>): CompileLoop {
  return new CompileLoop({
    backend,
    compiler: new Compiler(backend),
    applied: new Applied(() => []),
    want: () => {},
    stand: () => {},
    measured: () => {},
    failed: (error) => {
      throw error
    },
    clock: () => performance.now(),
    ...given,
  })
}

/** Plans without limits of tables and without live connections, as no switch is connected. */
export function plannerOf(given: Pick<PlanSources, 'intent' | 'observed' | 'loop' | 'places'>): Planner {
  const nobody = (): Promise<never> => Promise.reject(new Error('there are no switches'))
  return new Planner({
    switches: () => new Map(),
    nameOf: () => '',
    tableLimits: nobody,
    connections: nobody,
    now: Date.now,
    clock: () => performance.now(),
    ...given,
  })
}
