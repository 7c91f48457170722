/**
 * What has to be done to a switch so that what is installed becomes what is wanted, as a set without order; order.ts
 * gives it one. Pure. It refuses to know how an operation is sent (messages.ts) and whether it succeeded (ledger.ts).
 *
 * A flow's identity is its key (table, priority, match); its content is instructions and cookie. A modification in
 * OpenFlow keeps counters but cannot change the cookie (1.3.5 section 6.4), so a flow that changes its cookie is added
 * anew in its place. What a switch spells in its own way and means the same is no difference. Neither can a modification
 * change a timeout, nor bring back a flow whose time was up meanwhile: a flow that goes by itself is always sent as an
 * addition (messages.ts), and is still a modification here where one is in its place.
 */
import type { Flow, Group, Meter, SwitchProgram, Touched } from '../policy/program.ts'
import { sameGroup, sameInstructions, sameMeter } from './spelling.ts'

export type Operation =
  | { what: 'flow'; act: 'add' | 'modify' | 'delete'; key: string; flow: Flow }
  | { what: 'group'; act: 'add' | 'modify' | 'delete'; group: Group }
  | { what: 'meter'; act: 'add' | 'modify' | 'delete'; meter: Meter }
  | { what: 'port'; act: 'modify'; port: number; noFlood: boolean }

/** Flows that are compared in one step. */
const PER_STEP = 500

/** Operations that turn `installed` into `wanted`; only touched keys are looked at where they are given. */
export function diff(wanted: SwitchProgram, installed: SwitchProgram, touched?: Touched): Operation[] {
  const operations: Operation[] = []
  for (const key of touched?.flows ?? union(wanted.flows, installed.flows)) {
    const operation = flowOperation(key, wanted.flows.get(key), installed.flows.get(key))
    if (operation !== undefined) operations.push(operation)
  }
  pushOthers(operations, wanted, installed, touched)
  return operations
}

/**
 * The same in steps, between which `wanted` may change: then what was changed has to be compared again. Where an installed
 * flow means what is wanted, the wanted one takes its place, so that it need not be looked at again.
 */
export function* diffing(
  wanted: SwitchProgram,
  installed: SwitchProgram,
  touched?: Touched,
): Generator<undefined, Operation[]> {
  // By key: one that goes or comes back meanwhile is met twice.
  const found = new Map<string, Operation>()
  let count = 0
  for (const key of touched?.flows ?? wanted.flows.keys()) {
    if (++count % PER_STEP === 0) yield undefined
    const [after, before] = [wanted.flows.get(key), installed.flows.get(key)]
    const operation = flowOperation(key, after, before)
    if (operation !== undefined) found.set(key, operation)
    else if (after !== before && after !== undefined) installed.flows.set(key, after)
  }
  if (touched === undefined) {
    for (const [key, before] of installed.flows) {
      if (++count % PER_STEP === 0) yield undefined
      // What is wanted has been met, or is so only since: then it is compared again.
      if (!wanted.flows.has(key)) found.set(key, { what: 'flow', act: 'delete', key, flow: before })
    }
  }
  const operations = [...found.values()]
  pushOthers(operations, wanted, installed, touched)
  return operations
}

function flowOperation(key: string, after: Flow | undefined, before: Flow | undefined): Operation | undefined {
  if (after === before) return undefined
  if (after === undefined) return { what: 'flow', act: 'delete', key, flow: before as Flow }
  if (before === undefined) return { what: 'flow', act: 'add', key, flow: after }
  const sameCookie = before.cookie === after.cookie
  if (!isTimed(after) && (!sameCookie || isTimed(before))) return { what: 'flow', act: 'add', key, flow: after }
  const same =
    sameCookie && before.idleTimeout === after.idleTimeout && sameInstructions(before.instructions, after.instructions)
  return same ? undefined : { what: 'flow', act: 'modify', key, flow: after }
}

/** Groups, meters and ports. */
function pushOthers(
  operations: Operation[],
  wanted: SwitchProgram,
  installed: SwitchProgram,
  touched: Touched | undefined,
): void {
  for (const id of touched?.groups ?? union(wanted.groups, installed.groups)) {
    const [act, group] = compare(wanted.groups.get(id), installed.groups.get(id), sameGroup)
    if (act !== undefined && group !== undefined) operations.push({ what: 'group', act, group })
  }
  for (const id of touched?.meters ?? union(wanted.meters, installed.meters)) {
    const [act, meter] = compare(wanted.meters.get(id), installed.meters.get(id), sameMeter)
    if (act !== undefined && meter !== undefined) operations.push({ what: 'meter', act, meter })
  }
  for (const port of touched?.ports ?? new Set([...wanted.noFloodPorts, ...installed.noFloodPorts])) {
    const noFlood = wanted.noFloodPorts.has(port)
    if (noFlood !== installed.noFloodPorts.has(port)) operations.push({ what: 'port', act: 'modify', port, noFlood })
  }
}

/** Whether a flow goes by itself. */
export function isTimed({ idleTimeout }: Flow): boolean {
  return idleTimeout !== undefined
}

/** Carries operations out on a program in memory: what a switch does that accepts them. */
export function apply(operations: readonly Operation[], program: SwitchProgram): void {
  for (const operation of operations) {
    switch (operation.what) {
      case 'flow':
        if (operation.act === 'delete') program.flows.delete(operation.key)
        else program.flows.set(operation.key, operation.flow)
        break
      case 'group':
        if (operation.act === 'delete') program.groups.delete(operation.group.groupId)
        else program.groups.set(operation.group.groupId, operation.group)
        break
      case 'meter':
        if (operation.act === 'delete') program.meters.delete(operation.meter.meterId)
        else program.meters.set(operation.meter.meterId, operation.meter)
        break
      case 'port':
        if (operation.noFlood) program.noFloodPorts.add(operation.port)
        else program.noFloodPorts.delete(operation.port)
    }
  }
}

function compare<T>(
  after: T | undefined,
  before: T | undefined,
  same: (a: T, b: T) => boolean,
): ['add' | 'modify' | 'delete', T] | [undefined, undefined] {
  if (after === undefined) return before === undefined ? [undefined, undefined] : ['delete', before]
  if (before === undefined) return ['add', after]
  return same(after, before) ? [undefined, undefined] : ['modify', after]
}

function* union<K>(a: ReadonlyMap<K, unknown>, b: ReadonlyMap<K, unknown>): IterableIterator<K> {
  yield* a.keys()
  for (const key of b.keys()) if (!a.has(key)) yield key
}
