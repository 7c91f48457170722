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
 * permitted. An atomic bundle (EXT-230) has no such moment, and a change of any size is one bundle where the switch has
 * them. Where it has none, and more than one table changes, a guard row that drops everything stands in table 0
 * meanwhile: packets are lost for that time, but none passes that neither the old nor the new program permits. The same
 * holds for one conjunction that loses some rows and gains others: its rows decide together.
 *
 * Beside all that are tables that packets do not get to (reach.ts): a new layout's before the first table leads there,
 * an old one's after it no longer does. What happens in those is not seen, so it needs neither atomicity nor guard and
 * is cut into slices that keep the switch busy for a moment each: first the new tables are filled, then comes the change
 * that packets see, then, when the datapath has no decision left that leads to them, the old tables are emptied. A
 * packet then meets either layout alone even where its way through the tables has a pause (a second pass after
 * connection tracking goes on in a table by number), which no bundle gives. What two layouts do that have the same
 * tables, and what an interrupted change leaves, is hops.ts's business.
 */
import type { Flow } from '../policy/program.ts'
import { isTimed, type Operation } from './diff.ts'
import type { Reached } from './reach.ts'

export interface Batch {
  /** All or nothing, in order: one bundle. Otherwise messages one by one. A barrier follows either. */
  atomic: boolean
  /** With it all that packets meet is as it will be: what the datapath decided before has to go. */
  settles: boolean
  operations: Operation[]
}

export interface Sending {
  /** The switch has bundles. */
  bundles: boolean
  /** Operations per batch where packets do not see them. */
  perSlice: number
  /** The row that drops everything. */
  guard: { key: string; flow: Flow }
}

/** Tables that packets get to before and after a change. */
export interface Reach {
  before: Reached
  after: Reached
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
  return inOneGo(ordering(operations))
}

/** There are as many operations as rows to change and few places for them: they are put there, and sorted there. */
function* ordering(operations: readonly Operation[]): Generator<undefined, Operation[]> {
  const places = new Map<number, Operation[]>()
  for (const operation of operations) {
    const place = placeOf(operation)
    const there = places.get(place)
    if (there === undefined) places.set(place, [operation])
    else there.push(operation)
  }
  const ordered: Operation[] = []
  let sorted = 0
  for (const place of [...places.keys()].sort((a, b) => a - b)) {
    const there = (places.get(place) as Operation[]).sort(within)
    for (const operation of there) ordered.push(operation)
    sorted += there.length
    if (sorted < PER_STEP) continue
    sorted = 0
    yield undefined
  }
  return ordered
}

/** Operations that are ordered in one step, about. */
const PER_STEP = 2000
const TABLES = 2 ** 8
const PRIORITIES = 2 ** 16

/** Phase, then table and priority of a flow: from the last to the first, but for a deletion. */
function placeOf(operation: Operation): number {
  const place = phase(operation) * TABLES * PRIORITIES
  if (operation.what !== 'flow') return place
  const { table, priority } = operation.flow
  const at = table * PRIORITIES + priority
  return place + (operation.act === 'delete' ? at : TABLES * PRIORITIES - 1 - at)
}

/**
 * The ordered operations as batches. Empty where there is nothing to do.
 * @param reach Where it is known: what packets do not see is done in slices, unless all is one bundle of a slice's size anyway.
 */
export function batches(operations: readonly Operation[], sending: Sending, reach?: Reach): Batch[] {
  return inOneGo(batching(operations, sending, reach))
}

/** The same in steps. */
export function* batching(
  operations: readonly Operation[],
  sending: Sending,
  reach?: Reach,
): Generator<undefined, Batch[]> {
  const ordered = yield* ordering(operations)
  if (ordered.length === 0) return []
  const { early, seen, late } = split(ordered, reach, sending)
  const upToSeen = [...slices(early, sending), ...together(seen, sending)]
  const after = slices(late, sending)
  const settling = upToSeen.at(-1) ?? after.at(-1)
  if (settling !== undefined) settling.settles = !operations.every(answersOnly)
  return [...upToSeen, ...after]
}

function inOneGo<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/**
 * Whether an operation only adds, in place of nothing, or takes away the answer to what the switch asked: such a row is
 * the whole verdict for its packets, and without it they are asked about. So no order of these lets anything pass that is
 * not permitted, and what the datapath decided before does no harm.
 */
function answersOnly(operation: Operation): boolean {
  return operation.what === 'flow' && operation.act !== 'modify' && isTimed(operation.flow)
}

interface Parts {
  early: Operation[]
  seen: Operation[]
  late: Operation[]
}

/** What packets see, and what can be done before and after it because they do not. */
function split(ordered: Operation[], reach: Reach | undefined, { bundles, perSlice }: Sending): Parts {
  const parts: Parts = { early: [], seen: [], late: [] }
  if (reach === undefined) return { ...parts, seen: ordered }
  const misses = (reached: Reached, table: number): boolean => reached !== 'anywhere' && !reached.has(table)
  let hidden = 0
  for (const operation of ordered) {
    const { what, act } = operation
    if (what === 'flow') {
      const isEarly = misses(reach.before, operation.flow.table)
      const isLate = act === 'delete' && misses(reach.after, operation.flow.table)
      parts[isEarly ? 'early' : isLate ? 'late' : 'seen'].push(operation)
      if (isEarly || isLate) hidden++
    } else if (what === 'port') parts.seen.push(operation)
    else parts[act === 'add' ? 'early' : act === 'delete' ? 'late' : 'seen'].push(operation)
  }
  const isOne = bundles && ordered.length <= perSlice && parts.late.length === 0
  return hidden === 0 || isOne ? { early: [], seen: ordered, late: [] } : parts
}

function slices(operations: Operation[], { bundles, perSlice }: Sending): Batch[] {
  const list: Batch[] = []
  for (let at = 0; at < operations.length; at += perSlice) {
    list.push({ atomic: bundles, settles: false, operations: operations.slice(at, at + perSlice) })
  }
  return list
}

/** What packets see: one bundle of whatever size, or messages in order, guarded where order is not enough. */
function together(operations: Operation[], { bundles, guard }: Sending): Batch[] {
  if (operations.length === 0) return []
  if (bundles) return [{ atomic: true, settles: false, operations }]
  const tables = new Set(operations.flatMap((operation) => (operation.what === 'flow' ? [operation.flow.table] : [])))
  const orderIsEnough = operations.every(answersOnly) || (tables.size < 2 && !mixesConjunction(operations))
  // A guard that somebody left behind is this one from here on, and goes last.
  const others = orderIsEnough ? operations : operations.filter((its) => its.what !== 'flow' || its.key !== guard.key)
  const list = byPlace(others, orderIsEnough).map((part) => ({ atomic: false, settles: false, operations: part }))
  if (orderIsEnough || (list.length < 2 && others.length === operations.length)) return list
  const one = (act: 'add' | 'delete'): Batch => ({
    atomic: false,
    settles: false,
    operations: [{ what: 'flow', act, ...guard }],
  })
  return [one('add'), ...list, one('delete')]
}

/**
 * Whether rows of one conjunction both come and go: half way its sides would be a mixture, in which those who leave meet
 * those who come.
 */
function mixesConjunction(operations: readonly Operation[]): boolean {
  const coming = new Set<number>()
  const going = new Set<number>()
  for (const operation of operations) {
    if (operation.what !== 'flow') continue
    for (const instruction of operation.flow.instructions) {
      if (instruction.type !== 'apply_actions') continue
      for (const action of instruction.actions) {
        if (action.type !== 'nx_conjunction') continue
        if (operation.act !== 'delete') coming.add(action.id)
        if (operation.act !== 'add') going.add(action.id)
      }
    }
  }
  for (const id of coming) if (going.has(id)) return true
  return false
}

function phase(operation: Operation): number {
  return PHASE[operation.what][operation.act]
}

/** Of operations in one place. */
function within(a: Operation, b: Operation): number {
  if (a.what === 'flow' && b.what === 'flow') return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
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
