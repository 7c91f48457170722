/**
 * From what a switch has to what it should have, as batches in the order in which they are sent: at once, or, where a
 * layout of another epoch is in force at the very table numbers that are wanted, in two hops. A packet that stops half
 * way (order.ts) goes on in a table by number; there it must find rows of the layout that it began in. So what is wanted
 * first goes to numbers that nobody uses (shift.ts), beside the old rows; the first table leads there; when no decision
 * leads to the old rows any more they go; and then what is wanted goes to its own numbers in the same way. Both hops are
 * of one flight: it is confirmed with the last batch, and whoever comes in between finds rows that say how far it is.
 * What he cannot find is whether the datapath has settled since, so he waits for that first.
 * Pure. It refuses to know what rows mean.
 *
 * Groups that both have get numbers of their own on the way: rows of the old layout go on meaning the old ones. Meters
 * keep theirs: one that is another in the new layout limits the packets of both for a moment, and lets none pass.
 *
 * A switch that refused it once is given each hop as one bundle, which needs no room for rows beside each other: no
 * half finds rows of another layout, but some find none. One that refuses that as well has no room in other tables, and
 * is given all at once.
 */
import { epochOf, PIPELINE_EPOCH } from '../policy/cookie.ts'
import { homeOf, RANGES, rangeOf } from '../policy/pipeline.ts'
import { emptyProgram, type SwitchProgram } from '../policy/program.ts'
import { apply, diffing, type Operation } from './diff.ts'
import { type Batch, batching, type Reach, type Sending } from './order.ts'
import { reaching } from './reach.ts'
import { shifting } from './shift.ts'

/** Refusals after which no hop is tried. */
const MOST_REFUSALS = 2
/** What is looked at in one step. */
const PER_STEP = 2000

/**
 * The batches, made in steps. Meanwhile rows of `installed` that go by themselves may go.
 * @param reach Where it is known; without it nothing hops.
 * @param refusals How often the switch refused what was sent, since it last had what was wanted.
 */
export function* planning(
  installed: SwitchProgram,
  operations: readonly Operation[],
  sending: Sending,
  reach: Reach | undefined,
  refusals = 0,
): Generator<undefined, Batch[]> {
  if (reach === undefined || operations.length === 0) return yield* batching(operations, sending)
  const range = refusals < MOST_REFUSALS ? yield* disputed(installed, operations, reach) : undefined
  const direct: Hop = { operations, reach }
  const hops = range === undefined ? undefined : yield* hopping(installed, operations, reach, range)
  const [first, ...more] = hops ?? [direct]
  const list: Batch[] = []
  if (isJustLeft(installed, first)) list.push({ atomic: sending.bundles, settles: true, operations: [] })
  for (const hop of [first, ...more]) {
    const parts = yield* batching(hop.operations, sending, refusals > 0 ? undefined : hop.reach)
    for (const batch of parts) list.push(batch)
  }
  return list
}

/**
 * Whether rows come, go or change where no packet gets to, on a switch that is in use: whoever was there before may have
 * led packets away from there a moment ago, and then been interrupted.
 */
function isJustLeft({ flows }: SwitchProgram, { operations, reach: { before } }: Hop): boolean {
  if (before === 'anywhere') return false
  return operations.some(
    (its) => its.what === 'flow' && !before.has(its.flow.table) && (before.size > 1 || flows.has(its.key)),
  )
}

/**
 * The range of table numbers in which rows are wanted while packets get to rows of another epoch there; undefined where
 * that is not so.
 */
function* disputed(
  installed: SwitchProgram,
  operations: readonly Operation[],
  { before }: Reach,
): Generator<undefined, number | undefined> {
  let epoch: number | undefined
  let range: number | undefined
  for (const operation of operations) {
    if (operation.what !== 'flow' || operation.act === 'delete') continue
    epoch ??= epochOf(operation.flow.cookie)
    range ??= rangeOf(operation.flow.table)
    if (range !== undefined) break
  }
  if (epoch === undefined || range === undefined) return undefined
  // The rows of the first table say which layout is in force.
  let isInForce = false
  let isThere = false
  let count = 0
  for (const operation of operations) {
    if (++count % PER_STEP === 0) yield undefined
    if (operation.what !== 'flow') continue
    const { key, flow } = operation
    if (flow.table !== 0 && rangeOf(flow.table) !== range) continue
    const old = installed.flows.get(key)
    if (old === undefined || epochOf(old.cookie) === epoch) continue
    if (flow.table === 0) isInForce = true
    else if (before === 'anywhere' || before.has(flow.table)) isThere = true
    if (isInForce && isThere) return range
  }
  return undefined
}

/** Whether packets get to rows of this layout alone, at their own numbers. Costs what the program has. */
export function* isAtHome(program: SwitchProgram): Generator<undefined, boolean> {
  const reached = yield* reaching(program)
  for (const { table, cookie } of program.flows.values()) {
    if (reached !== 'anywhere' && !reached.has(table)) continue
    if (epochOf(cookie) !== PIPELINE_EPOCH || homeOf(table) !== table) return false
  }
  return true
}

interface Hop {
  operations: readonly Operation[]
  reach: Reach
}

/** There and back; undefined where what is wanted cannot be shifted, or no range of table numbers is free for it. */
function* hopping(
  installed: SwitchProgram,
  operations: readonly Operation[],
  reach: Reach,
  from: number,
): Generator<undefined, [Hop, ...Hop[]] | undefined> {
  const wanted = yield* after(installed, operations)
  const to = yield* freeRange(installed, reach, from)
  if (to === undefined) return undefined
  const between = yield* shifting(wanted, { from, to, groups: freeGroups(installed, wanted) })
  if (between === undefined) return undefined
  const reached = yield* reaching(between)
  const there = {
    operations: yield* diffing(between, installed),
    reach: { before: reach.before, after: reached },
  }
  const back = {
    operations: yield* diffing(wanted, between),
    reach: { before: reached, after: reach.after },
  }
  return [there, back]
}

/** What the switch has when the operations are done. */
function* after(installed: SwitchProgram, operations: readonly Operation[]): Generator<undefined, SwitchProgram> {
  const made: SwitchProgram = {
    ...emptyProgram(),
    groups: new Map(installed.groups),
    meters: new Map(installed.meters),
    noFloodPorts: new Set(installed.noFloodPorts),
  }
  let count = 0
  for (const [key, flow] of installed.flows) {
    if (++count % PER_STEP === 0) yield undefined
    made.flows.set(key, flow)
  }
  for (let at = 0; at < operations.length; at += PER_STEP) {
    apply(operations.slice(at, at + PER_STEP), made)
    yield undefined
  }
  return made
}

/** Where nothing of ours is, or else where no packet gets to; the farthest from what is wanted. */
function* freeRange(
  { flows }: SwitchProgram,
  { before }: Reach,
  from: number,
): Generator<undefined, number | undefined> {
  const used = new Set<number | undefined>([from])
  let count = 0
  for (const { table } of flows.values()) {
    if (++count % PER_STEP === 0) yield undefined
    used.add(rangeOf(table))
  }
  const met = new Set<number | undefined>([from])
  if (before !== 'anywhere') for (const table of before) met.add(rangeOf(table))
  // First half way round, where the epochs are that come last.
  const ranges = Array.from({ length: RANGES }, (_, at) => (from + RANGES / 2 + at) % RANGES)
  const unmet = before === 'anywhere' ? undefined : ranges.find((range) => !met.has(range))
  return ranges.find((range) => !used.has(range)) ?? unmet
}

/** Numbers for the groups that the switch has already, which nobody uses before or after. */
function freeGroups({ groups: before }: SwitchProgram, { groups: after }: SwitchProgram): Map<number, number> {
  const numbers = new Map<number, number>()
  let free = 1
  for (const id of after.keys()) {
    if (!before.has(id)) continue
    while (before.has(free) || after.has(free)) free++
    numbers.set(id, free++)
  }
  return numbers
}
