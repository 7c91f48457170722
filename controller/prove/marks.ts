/**
 * What has to be looked at again where rows, interfaces or rules are others than at the last walk. It refuses to know what
 * is found there.
 */
import { REGISTERS } from '../policy/pipeline.ts'
import type { Root } from './entries.ts'
import type { Facts } from './facts.ts'
import { exactIn } from './families.ts'
import type { Graph } from './graph.ts'
import type { Row } from './rows.ts'
import { DESTINATION, SOURCE } from './settle.ts'
import { FIELD, field } from './space.ts'
import type { TableIndex } from './table.ts'
import { mayMeet } from './walking.ts'

const IN_PORT = FIELD.in_port
const CONJ_ID = field('conj_id')
const KEY = field(REGISTERS.key)
const PROTOCOL = field(REGISTERS.protocol)

export interface Marks {
  readonly graph: Graph
  readonly tables: ReadonlyMap<number, TableIndex>
  readonly roots: ReadonlyMap<number, Root>
  readonly facts: Facts
}

/** A row that came or went concerns the nodes whose regions may meet it, and ports of which nothing else is kept. */
export function markRow(
  { graph, tables, roots, facts }: Marks,
  table: number,
  row: Row,
  ports: Set<number>,
  moved: Set<number>,
): void {
  const port = isTurned(tables) ? undefined : exactIn(row.tests, IN_PORT)
  if (port !== undefined) {
    if (roots.get(Number(port))?.tables.includes(table)) ports.add(Number(port))
  } else for (const [number, root] of roots) if (root.tables.includes(table)) ports.add(number)
  const tests = row.tests.filter((test) => test.field !== CONJ_ID)
  for (const node of graph.levels.get(table)?.near(tests) ?? []) {
    if (!mayMeet(tests, node.region)) continue
    const opener = node.split?.openerOf(tests)
    if (node.split !== undefined && opener !== undefined) graph.mark(node, { openers: new Set([opener]) })
    else graph.mark(node, node.isLookedUp ? { lookUp: true } : { all: true })
  }
  if (!asksLayer4(row)) return
  // Which classes of packets are looked at between two depends on it.
  for (const its of row.clauses.length === 0 ? [row] : (tables.get(table)?.siblings(row) ?? [row])) {
    for (const register of [SOURCE, DESTINATION]) {
      const identity = exactIn(its.tests, register)
      if (identity !== undefined) moved.add(Number(identity))
    }
  }
  if (!row.tests.some(({ field: its }) => its === SOURCE || its === DESTINATION) && row.clauses.length === 0) {
    for (const identity of facts.intent.identities.keys()) moved.add(identity)
    for (const identity of facts.worldIdentities) moved.add(identity)
  }
}

/** What is judged between these identities is judged anew. */
export function markMoved(graph: Graph, moved: ReadonlySet<number>, openers: ReadonlySet<number>): void {
  if (moved.size === 0) return
  for (const identity of moved) for (const node of graph.between(identity)) graph.mark(node, { all: true })
  const all = new Set([...openers, ...moved])
  for (const node of graph.families) {
    graph.mark(node, node.split === undefined ? { all: true } : { openers: all })
  }
}

/** Whether some row writes the port of entry, so that nobody knows what a row means that asks for it. */
function isTurned(tables: ReadonlyMap<number, TableIndex>): boolean {
  for (const table of tables.values()) if (table.turns > 0) return true
  return false
}

function asksLayer4({ tests, clauses }: Row): boolean {
  return clauses.length > 0 || tests.some(({ field: its }) => its === KEY || its === PROTOCOL)
}
