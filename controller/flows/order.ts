/**
 * The order in which operations reach a switch, and how they are cut into batches, so that a packet that meets the
 * switch half way is treated well. Pure. It refuses to know what rows mean.
 *
 * Within one table: additions come first from high to low priority, then modifications from high to low, then
 * deletions from low to high. Let a packet's row be `o` in the old table and `n` in the new one. While additions run
 * from the top, no new row below `n` is there before `n` is; while deletions run from the bottom, no old row below `o`
 * is left once `o` goes. So at every moment the packet meets `o` or `n`, never a third row: each table, taken alone,
 * decides as the old or as the new one.
 *
 * Across tables: deeper tables are filled first and shallower ones are emptied first, so no row leads to a row that
 * is not there yet, or no longer; meters and groups stand before the flows that name them and fall after them.
 *
 * What order alone cannot give: one table deciding as the old and the next as the new may permit what neither
 * permitted. An atomic bundle (EXT-230) has no such moment. Where a change does not fit one bundle, or the switch has
 * none, and more than one table changes, a guard row that drops everything stands in table 0 meanwhile: packets are
 * lost for that time, but none passes that neither the old nor the new program permits.
 */
import type { Flow } from '../policy/program.ts'
import type { Operation } from './diff.ts'

export interface Batch {
  /** All or nothing, in order: one bundle. Otherwise messages one by one. A barrier follows either. */
  atomic: boolean
  operations: Operation[]
}

export interface Sending {
  /** The switch has bundles. */
  bundles: boolean
  /** Operations per bundle. A bundle expires 10 s after its last message in Open vSwitch; 20,400 take 0.2 s. */
  perBundle: number
  /** The row that drops everything. */
  guard: { key: string; flow: Flow }
}

/** Phases in the order in which they run. */
const PHASE = {
  meter: { add: 0, modify: 0, delete: 7 },
  group: { add: 1, modify: 1, delete: 6 },
  port: { add: 2, modify: 2, delete: 2 },
  flow: { add: 3, modify: 4, delete: 5 },
} as const

/** The operations in the order that is safe at every prefix, as far as order alone can make it. */
export function order(operations: readonly Operation[]): Operation[] {
  return [...operations].sort((a, b) => phase(a) - phase(b) || within(a, b))
}

/** The ordered operations as batches. Empty where there is nothing to do. */
export function batches(operations: readonly Operation[], { bundles, perBundle, guard }: Sending): Batch[] {
  const ordered = order(operations)
  if (ordered.length === 0) return []
  if (bundles && ordered.length <= perBundle) return [{ atomic: true, operations: ordered }]
  const tables = new Set(ordered.flatMap((operation) => (operation.what === 'flow' ? [operation.flow.table] : [])))
  const cut = bundles ? bySize(ordered, perBundle) : byPlace(ordered, tables.size < 2)
  const middle = cut.map((part) => ({ atomic: bundles, operations: part }))
  if (tables.size < 2 || middle.length < 2) return middle
  const one = (act: 'add' | 'delete'): Batch => ({ atomic: bundles, operations: [{ what: 'flow', act, ...guard }] })
  return [one('add'), ...middle, one('delete')]
}

function phase(operation: Operation): number {
  return PHASE[operation.what][operation.act]
}

function within(a: Operation, b: Operation): number {
  if (a.what === 'flow' && b.what === 'flow') {
    const up = a.act === 'delete' ? 1 : -1
    return up * (a.flow.table - b.flow.table) || up * (a.flow.priority - b.flow.priority) || compareText(a.key, b.key)
  }
  return number(a) - number(b)
}

function number(operation: Operation): number {
  switch (operation.what) {
    case 'group':
      return operation.group.groupId
    case 'meter':
      return operation.meter.meterId
    case 'port':
      return operation.port
    case 'flow':
      return 0
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function bySize(operations: Operation[], size: number): Operation[][] {
  const parts: Operation[][] = []
  for (let at = 0; at < operations.length; at += size) parts.push(operations.slice(at, at + size))
  return parts
}

/**
 * Between barriers a switch may reorder (section 6.1), so each phase and table is a batch of its own, and each
 * priority too where no guard makes the order within a table irrelevant.
 */
function byPlace(operations: Operation[], unguarded: boolean): Operation[][] {
  const parts: Operation[][] = []
  let previous = ''
  for (const operation of operations) {
    const { table, priority } = operation.what === 'flow' ? operation.flow : { table: '', priority: '' }
    const place = `${phase(operation)}/${table}/${unguarded ? priority : ''}`
    if (place === previous) parts[parts.length - 1]?.push(operation)
    else parts.push([operation])
    previous = place
  }
  return parts
}
