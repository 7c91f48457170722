/**
 * What a switch has, all of it, beside what is wanted of it, asked now. The switch goes on being changed meanwhile, by us
 * and by others: what we were changing while it was read is left out and counted. It corrects nothing and refuses to
 * know why something is wanted.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { diff, isTimed, type Operation } from '../flows/diff.ts'
import { collect, isTouched, type Ledger } from '../flows/ledger.ts'
import { emptyProgram, type Flow, nothingTouched, type SwitchProgram, type Touched } from '../policy/program.ts'
import { Drift, differenceOf, flowText } from './drift.ts'
import { align, type ReadBack } from './readback.ts'

/** Differences that are written out, of each kind of account. */
export const MOST_SHOWN = 100
/** Flows that are compared before the event loop turns. */
const PER_TURN = 2000
/** How long a switch may take to come to rest, and how often everything may change under the comparison. */
const REST_MS = 10_000
const ATTEMPTS = 3
const POLL_MS = 20

export interface Comparison {
  /** Flows of ours that were compared. */
  flows: number
  drift: Drift
  /** Flows of others in our tables: how many, and the first of them in words. */
  foreign: number
  foreignFlows: string[]
  /** Flows that were on their way meanwhile, and were not compared. */
  changing: number
}

export type Compared = Comparison | { reason: string }

/** What changed while somebody compares. */
export class Changing {
  readonly touched: Touched = nothingTouched()
  /** Anything may have. */
  all = false

  want(touched: Touched | undefined): void {
    if (touched === undefined) this.all = true
    else collect(this.touched, touched)
  }

  sent(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.what === 'flow') this.touched.flows.add(operation.key)
      else if (operation.what === 'group') this.touched.groups.add(operation.group.groupId)
      else if (operation.what === 'meter') this.touched.meters.add(operation.meter.meterId)
      else this.touched.ports.add(operation.port)
    }
  }
}

export interface Comparable {
  ledger: Ledger
  /** Why it cannot be asked now; undefined where it can. */
  absent(): string | undefined
  /** Reads everything, and others' flows in our tables into the list. */
  read(foreign: Flow[]): Promise<ReadBack>
  /** From now on until the function returned is called, this is told what changes. */
  follow(changing: Changing): () => void
}

/** Compares when the switch is at rest; says why where it cannot be compared. */
export async function compare({ ledger, absent, read, follow }: Comparable): Promise<Compared> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const busy = await rest(ledger, absent)
    if (busy !== undefined) return { reason: busy }
    const changing = new Changing()
    const stop = follow(changing)
    try {
      const foreign: Flow[] = []
      const found = await read(foreign)
      const { wanted } = ledger
      const gone = absent()
      if (gone !== undefined) return { reason: gone }
      if (changing.all || wanted === undefined) continue
      const drift = await differences(found, wanted)
      if (changing.all) continue
      return accountOf(found.program, wanted, drift, changing.touched, foreign)
    } catch (error) {
      return { reason: absent() ?? (error as Error).message }
    } finally {
      stop()
    }
  }
  return { reason: 'what is wanted of it changed as a whole meanwhile' }
}

/** undefined when the switch has all that is wanted of it, as far as it has said; otherwise why it does not. */
async function rest(ledger: Ledger, absent: () => string | undefined): Promise<string | undefined> {
  for (let waited = 0; ; waited += POLL_MS) {
    const reason = absent() ?? (ledger.phase === 'degraded' ? ledger.error : undefined)
    if (reason !== undefined) return reason
    if (ledger.phase === 'resting' && ledger.wanted !== undefined) return undefined
    if (waited >= REST_MS) {
      return ledger.wanted === undefined ? 'nothing is wanted of it yet' : 'it is still being changed'
    }
    await sleep(POLL_MS)
  }
}

/** Corrections that would be needed; the event loop turns between slices. */
async function differences(found: ReadBack, wanted: SwitchProgram): Promise<Operation[]> {
  const { flows } = found.program
  const operations: Operation[] = []
  const look = (keys: string[]): void => {
    const slice: ReadBack = { program: emptyProgram(), mortal: found.mortal }
    for (const key of keys) {
      const flow = flows.get(key)
      if (flow !== undefined) slice.program.flows.set(key, flow)
    }
    align(slice, wanted)
    operations.push(...diff(wanted, slice.program, { ...nothingTouched(), flows: new Set(keys) }))
  }
  let keys: string[] = []
  for (const key of union(flows, wanted.flows)) {
    if (keys.push(key) < PER_TURN) continue
    look(keys)
    keys = []
    await turn()
  }
  look(keys)
  const { groups, meters, noFloodPorts } = found.program
  const rest: SwitchProgram = { ...emptyProgram(), groups, meters, noFloodPorts }
  align({ program: rest, mortal: new Set() }, wanted)
  operations.push(...diff({ ...wanted, flows: new Map() }, rest))
  return operations
}

function accountOf(
  found: SwitchProgram,
  wanted: SwitchProgram,
  operations: readonly Operation[],
  touched: Touched,
  foreign: readonly Flow[],
): Comparison {
  const drift = new Drift(MOST_SHOWN)
  for (const operation of operations) {
    // One whose time is up is no difference: the switch has told of it, or is about to.
    const isOver = operation.what === 'flow' && isTimed(operation.flow) && !found.flows.has(operation.key)
    if (!isOver && !isTouched(operation, touched)) drift.note(...differenceOf(operation, found))
  }
  return {
    flows: Math.max(found.flows.size, wanted.flows.size),
    drift,
    foreign: foreign.length,
    foreignFlows: foreign.slice(0, MOST_SHOWN).map(flowText),
    changing: touched.flows.size,
  }
}

/** The keys of both, each once; the maps may change meanwhile. */
export function* union<K>(a: ReadonlyMap<K, unknown>, b: ReadonlyMap<K, unknown>): Generator<K> {
  yield* a.keys()
  for (const key of b.keys()) if (!a.has(key)) yield key
}
