/**
 * What a supposed change would send to one switch, counted: operations of the same comparison as the ledger's
 * (flows/diff.ts), and how full each table would be. It refuses to send.
 */
import { diff, type Operation } from '../flows/diff.ts'
import type { SwitchProgram } from '../policy/program.ts'
import type { SupposedProgram } from './suppose.ts'

export interface ActCounts {
  add: number
  modify: number
  delete: number
}

export interface PlannedSending {
  flows: ActCounts
  groups: ActCounts
  meters: ActCounts
  ports: number
  /** By table, flows that are new in their place, and flows that go. */
  tables: Map<number, { added: number; removed: number }>
}

export function plannedSending({ program, after, touched }: SupposedProgram): PlannedSending {
  const operations = diff(after, program, touched)
  const none = (): ActCounts => ({ add: 0, modify: 0, delete: 0 })
  const planned: PlannedSending = {
    flows: none(),
    groups: none(),
    meters: none(),
    ports: 0,
    tables: new Map(),
  }
  for (const operation of operations) count(operation, program, planned)
  return planned
}

function count(operation: Operation, program: SwitchProgram, planned: PlannedSending): void {
  switch (operation.what) {
    case 'group':
      planned.groups[operation.act]++
      return
    case 'meter':
      planned.meters[operation.act]++
      return
    case 'port':
      planned.ports++
      return
    case 'flow': {
      planned.flows[operation.act]++
      const { table } = operation.flow
      const its = planned.tables.get(table) ?? { added: 0, removed: 0 }
      planned.tables.set(table, its)
      if (operation.act === 'delete') its.removed++
      // One that only changes its cookie is added in its own place.
      else if (operation.act === 'add' && !program.flows.has(operation.key)) its.added++
    }
  }
}

/** Flows by table. A generator: programs are large. */
export function* flowsByTable(program: SwitchProgram): Generator<void, Map<number, number>> {
  const counts = new Map<number, number>()
  let seen = 0
  for (const { table } of program.flows.values()) {
    counts.set(table, (counts.get(table) ?? 0) + 1)
    if (++seen % 5000 === 0) yield
  }
  return counts
}
