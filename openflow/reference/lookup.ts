/**
 * Which flow of a table a packet matches (sections 5.3 and 6.4), with the conjunctive matches of ovs-fields(7):
 * a flow whose actions are conjunction(id, k/n) never matches by itself; when flows of one priority bring all n
 * clauses of an id, the packet is looked up once more with conj_id set to the id, conjunctive flows left out. If
 * several ids are complete at one priority the lowest is taken (Open vSwitch says: unpredictable).
 * Knows nothing of what the flow then does.
 */

import type { Action } from '../spec/actions-nested.ts'
import type { FieldName } from '../spec/oxm.ts'
import { type Frame, isOption } from './frame.ts'
import { FRAG_ANY } from './parse.ts'
import { type Flow, sameTests, type Table } from './state.ts'

interface Clause {
  readonly id: number
  readonly clause: number
  readonly count: number
}

const clauses = new WeakMap<object, Clause[]>()

/** The conjunction actions of a flow; none for an ordinary flow. */
export function conjunctions(flow: Flow): readonly Clause[] {
  let found = clauses.get(flow.instructions)
  if (found === undefined) {
    found = actionsOf(flow).flatMap((action) =>
      action.type === 'nx_conjunction' ? [{ id: action.id, clause: action.clause, count: action.n_clauses }] : [],
    )
    clauses.set(flow.instructions, found)
  }
  return found
}

function actionsOf(flow: Flow): Action[] {
  return flow.instructions.flatMap((instruction) => (instruction.type === 'apply_actions' ? instruction.actions : []))
}

/** Transport fields, which Open vSwitch takes for zero in all fragments when fragment handling is "normal". */
const TRANSPORT = new Set<FieldName>([
  'tcp_src',
  'tcp_dst',
  'udp_src',
  'udp_dst',
  'sctp_src',
  'sctp_dst',
  'icmpv4_type',
  'icmpv4_code',
  'icmpv6_type',
  'icmpv6_code',
])

function matches(flow: Flow, frame: Frame, fragment: boolean): boolean {
  return flow.tests.every(({ field, value, mask }) => {
    const found = fragment && TRANSPORT.has(field) ? 0n : frame.get(field)
    return (found & mask) === value && (found !== 0n || !isOption(field) || frame.has(field))
  })
}

export interface Found {
  readonly flow: Flow
  /** Conjunctive flows that were needed for it. */
  readonly conjunctive: readonly Flow[]
}

export function lookup(table: Table, frame: Frame): Found | undefined {
  const fragment = (frame.get('nw_frag') & FRAG_ANY) !== 0n
  // Flows are by priority: what is behind the first hit that is no conjunction does not count.
  let hard: Flow | undefined
  const soft: Flow[] = []
  for (const flow of table.flows) {
    if (!matches(flow, frame, fragment)) continue
    if (conjunctions(flow).length === 0) {
      hard = flow
      break
    }
    soft.push(flow)
  }
  while (hard !== undefined && soft.at(-1)?.priority === hard.priority) soft.pop()
  for (const priority of new Set(soft.map((flow) => flow.priority))) {
    const level = soft.filter((flow) => flow.priority === priority)
    const id = completeId(level)
    if (id === undefined) continue
    const again = frame.copy()
    again.set('conj_id', BigInt(id))
    const flow = table.flows.find(
      (one) => conjunctions(one).length === 0 && matches(one, again, fragment) && !shadowed(table, one),
    )
    if (flow !== undefined) {
      const used = level.filter((one) => conjunctions(one).some((clause) => clause.id === id))
      return { flow, conjunctive: used }
    }
  }
  return hard === undefined ? undefined : { flow: hard, conjunctive: [] }
}

/** In its second lookup Open vSwitch does not see a flow behind a conjunctive one of the same match. */
function shadowed(table: Table, flow: Flow): boolean {
  return table.flows.some(
    (other) => other.priority > flow.priority && conjunctions(other).length > 0 && sameTests(other.tests, flow.tests),
  )
}

function completeId(flows: readonly Flow[]): number | undefined {
  const seen = new Map<number, { count: number; clauses: Set<number> }>()
  for (const { id, clause, count } of flows.flatMap((flow) => conjunctions(flow))) {
    const entry = seen.get(id) ?? { count, clauses: new Set() }
    seen.set(id, entry)
    if (entry.count === count) entry.clauses.add(clause)
  }
  const complete = [...seen].filter(([, entry]) => entry.clauses.size === entry.count).map(([id]) => id)
  return complete.length === 0 ? undefined : Math.min(...complete)
}
