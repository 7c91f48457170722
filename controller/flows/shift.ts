/**
 * A program at other table numbers: the same rows, one range of numbers further (policy/pipeline.ts), which lead to each
 * other as before and treat a packet as before. The first table stays the first. Groups that lead there get the numbers
 * that they are given. Pure. It refuses to know why (hops.ts).
 */
import { inRange, rangeOf } from '../policy/pipeline.ts'
import { emptyProgram, flowKey, type SwitchProgram } from '../policy/program.ts'
import { type Names, renamedActions, renamedInstructions } from './names.ts'

export interface Shift {
  /** Ranges of table numbers. */
  from: number
  to: number
  /** Numbers of groups that change, none of which is that of a group which stays. */
  groups: ReadonlyMap<number, number>
}

/** What takes back what this does. */
export function backwards({ from, to, groups }: Shift): Shift {
  return { from: to, to: from, groups: new Map([...groups].map(([before, after]) => [after, before])) }
}

/** The shifted program; undefined where it leads out of its range, or where only the switch knows. */
export function shifted(program: SwitchProgram, shift: Shift): SwitchProgram | undefined {
  const work = shifting(program, shift)
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Flows that are shifted in one step. */
const PER_STEP = 500

/** The same in steps. */
export function* shifting(program: SwitchProgram, shift: Shift): Generator<undefined, SwitchProgram | undefined> {
  const names = namesOf(shift)
  const made = emptyProgram()
  let count = 0
  for (const [key, flow] of program.flows) {
    if (++count % PER_STEP === 0) yield undefined
    const table = names.table(flow.table)
    const instructions = renamedInstructions(flow.instructions, names)
    if (table === undefined || instructions === undefined) return undefined
    if (table === flow.table && instructions === flow.instructions) made.flows.set(key, flow)
    else made.flows.set(flowKey(table, flow.priority, flow.match), { ...flow, table, instructions })
  }
  for (const [id, group] of program.groups) {
    const groupId = names.group(id) as number
    const buckets = []
    for (const bucket of group.buckets) {
      const actions = renamedActions(bucket.actions, names)
      if (actions === undefined) return undefined
      buckets.push(actions === bucket.actions ? bucket : { ...bucket, actions: [...actions] })
    }
    made.groups.set(groupId, { ...group, groupId, buckets })
  }
  for (const [id, meter] of program.meters) made.meters.set(id, meter)
  for (const port of program.noFloodPorts) made.noFloodPorts.add(port)
  return made
}

function namesOf({ from, to, groups }: Shift): Names & { table(table: number): number | undefined } {
  const table = (number: number): number | undefined =>
    number === 0 || rangeOf(number) === from ? inRange(number, to) : undefined
  return { table, learnt: table, group: (group) => groups.get(group) ?? group }
}
