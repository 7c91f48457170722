/**
 * Which tables packets get to. A row in a table that no packet gets to is not seen by any: it can be added, changed and
 * taken away piece by piece while traffic runs. That is how a switch moves from one layout of tables to another: the
 * new tables are filled beside the old, one small change of the first table leads packets into them, and the old are
 * emptied (order.ts). Pure. It refuses to know what tables are for.
 */
import type { SwitchProgram } from '../policy/program.ts'
import { type Names, renamedActions, renamedInstructions } from './names.ts'

/** Table numbers, or that it cannot be told: something leads where only the switch knows. */
export type Reached = ReadonlySet<number> | 'anywhere'

const FIRST_TABLE = 0

/** Tables that a packet which enters at the first can meet; the first is one of them. Costs what the program has. */
export function tablesReached(program: SwitchProgram): Reached {
  const work = reaching(program)
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Flows that are looked at in one step. */
const PER_STEP = 2000

/** The same in steps, between which the program may change: then rows that were changed meanwhile may count or not. */
export function* reaching({ flows, groups }: SwitchProgram): Generator<undefined, Reached> {
  const ways = new Map<number, Set<number>>()
  let count = 0
  for (const { table, instructions } of flows.values()) {
    if (++count % PER_STEP === 0) yield undefined
    let next = ways.get(table)
    if (next === undefined) {
      next = new Set()
      ways.set(table, next)
    }
    if (renamedInstructions(instructions, into(next)) === undefined) return 'anywhere'
  }
  // Buckets act in the table of whatever flow names their group; they lead on by resubmitting alone.
  const fromGroups = new Set<number>()
  for (const { buckets } of groups.values()) {
    for (const { actions } of buckets) if (renamedActions(actions, into(fromGroups)) === undefined) return 'anywhere'
  }
  const reached = new Set([FIRST_TABLE, ...fromGroups])
  // A set that grows while it is walked is walked to its end.
  for (const table of reached) for (const next of ways.get(table) ?? []) reached.add(next)
  return reached
}

/** Leaves names as they are, and notes tables. Rows that a switch makes by itself may be anything. */
function into(ways: Set<number>): Names {
  return {
    table(table) {
      ways.add(table)
      return table
    },
    learnt: () => undefined,
    group: (group) => group,
  }
}
