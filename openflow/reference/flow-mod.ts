/**
 * flow_mod (sections 6.4 and 7.3.4.1), and with it expiry and deletion of flows. What it removes it hands back, so
 * that the switch can tell. Throws Refusal.
 */

import * as k from '../spec/constants.ts'
import type { Instruction } from '../spec/instructions.ts'
import type { MessageNamed } from '../spec/message.ts'
import { checkInstructions, checkMatchFields } from './check.ts'
import { Refusal } from './refusal.ts'
import {
  covers,
  type Flow,
  insertFlow,
  overlaps,
  removeFlow,
  type State,
  sameTests,
  TABLE_COUNT,
  type Test,
  tableOf,
  testsOf,
} from './state.ts'
import { fitted } from './tunnel.ts'

type RemovedReason = MessageNamed<'flow_removed'>['reason']
export interface Removed {
  readonly flow: Flow
  readonly reason: RemovedReason
}

const KNOWN_FLAGS =
  k.OFPFF_SEND_FLOW_REM | k.OFPFF_CHECK_OVERLAP | k.OFPFF_RESET_COUNTS | k.OFPFF_NO_PKT_COUNTS | k.OFPFF_NO_BYT_COUNTS

/** Flags that stay with the flow. */
const KEPT_FLAGS = k.OFPFF_SEND_FLOW_REM | k.OFPFF_NO_PKT_COUNTS | k.OFPFF_NO_BYT_COUNTS

const isDelete = (mod: MessageNamed<'flow_mod'>): boolean => mod.command === 'delete' || mod.command === 'delete_strict'

/** Without a state only what is wrong with the message by itself, given which tunnel options there are. */
export function checkFlowMod(state: State | undefined, options: State['options'], mod: MessageNamed<'flow_mod'>): void {
  checkMatchFields(mod.match, options)
  const deletes = isDelete(mod)
  if (typeof mod.command === 'number') throw new Refusal('flow_mod_failed', 'bad_command')
  if (mod.table_id >= TABLE_COUNT && !(deletes && mod.table_id === k.TABLE_ALL)) {
    throw new Refusal('flow_mod_failed', 'bad_table_id')
  }
  if (!deletes && (mod.flags & ~KNOWN_FLAGS) !== 0) throw new Refusal('flow_mod_failed', 'bad_flags')
  if (!deletes) checkInstructions(state, options, mod.table_id, mod.match, mod.instructions)
}

export function flowMod(state: State, given: MessageNamed<'flow_mod'>, now: number): Removed[] {
  checkFlowMod(state, state.options, given)
  const mod = { ...given, match: given.match.map((oxm) => fitted(oxm, state.options)) }
  if (isDelete(mod)) return deleteFlows(state, mod)
  if (mod.command === 'add') add(state, mod, now)
  else modify(state, mod)
  return []
}

function add(state: State, mod: MessageNamed<'flow_mod'>, now: number): void {
  const table = tableOf(state, mod.table_id)
  const tests = testsOf(mod.match)
  const same = table.flows.find((flow) => flow.priority === mod.priority && sameTests(flow.tests, tests))
  if ((mod.flags & k.OFPFF_CHECK_OVERLAP) !== 0) {
    const clash = table.flows.some((flow) => flow.priority === mod.priority && overlaps(flow.tests, tests))
    if (clash) throw new Refusal('flow_mod_failed', 'overlap')
  }
  if (same !== undefined) removeFlow(state, same)
  const keep = same !== undefined && (mod.flags & k.OFPFF_RESET_COUNTS) === 0
  insertFlow(table, {
    tableId: mod.table_id,
    priority: mod.priority,
    match: mod.match,
    tests,
    instructions: mod.instructions,
    cookie: mod.cookie,
    idleTimeout: mod.idle_timeout,
    hardTimeout: mod.hard_timeout,
    flags: mod.flags & KEPT_FLAGS,
    created: now,
    used: now,
    packets: keep ? same.packets : 0n,
    bytes: keep ? same.bytes : 0n,
  })
}

/** What a command or a statistics request means by flows. */
interface Selection {
  readonly tableId: number
  readonly tests: readonly Test[]
  readonly cookie: bigint
  readonly cookieMask: bigint
  readonly outPort: number
  readonly outGroup: number
  /** Strict: exactly this match and priority. */
  readonly priority?: number
}

export function select(state: State, what: Selection): Flow[] {
  const tables = what.tableId === k.TABLE_ALL ? [...state.tables.keys()].sort((a, b) => a - b) : [what.tableId]
  return tables
    .flatMap((id) => state.tables.get(id)?.flows ?? [])
    .filter((flow) => {
      if (((flow.cookie ^ what.cookie) & what.cookieMask) !== 0n) return false
      if (what.priority === undefined) {
        if (!covers(what.tests, flow.tests)) return false
      } else if (flow.priority !== what.priority || !sameTests(flow.tests, what.tests)) return false
      if (what.outPort !== k.PORT_ANY && !outputsTo(flow.instructions, what.outPort)) return false
      return what.outGroup === k.GROUP_ANY || usesGroup(flow.instructions, what.outGroup)
    })
}

function actionsOf(instructions: readonly Instruction[]) {
  return instructions.flatMap((one) =>
    one.type === 'apply_actions' || one.type === 'write_actions' ? one.actions : [],
  )
}

function outputsTo(instructions: readonly Instruction[], port: number): boolean {
  return actionsOf(instructions).some(
    (action) =>
      (action.type === 'output' && action.port === port) ||
      ((action.type === 'nx_controller' || action.type === 'nx_controller2') && port === k.PORT_CONTROLLER),
  )
}

export function usesGroup(instructions: readonly Instruction[], group: number): boolean {
  return actionsOf(instructions).some(
    (action) => (action.type === 'group' || action.type === 'nx_group') && action.group_id === group,
  )
}

/** Cookie, timeouts, flags and age stay; a filter by port or group is not part of modify (section 6.4). */
function modify(state: State, mod: MessageNamed<'flow_mod'>): void {
  const found = select(state, {
    ...selectionOf(mod),
    outPort: k.PORT_ANY,
    outGroup: k.GROUP_ANY,
    ...(mod.command === 'modify_strict' ? { priority: mod.priority } : {}),
  })
  for (const flow of found) {
    flow.instructions = mod.instructions
    if ((mod.flags & k.OFPFF_RESET_COUNTS) !== 0) {
      flow.packets = 0n
      flow.bytes = 0n
    }
  }
}

function selectionOf(mod: MessageNamed<'flow_mod'>): Selection {
  return {
    tableId: mod.table_id,
    tests: testsOf(mod.match),
    cookie: mod.cookie,
    cookieMask: mod.cookie_mask,
    outPort: mod.out_port,
    outGroup: mod.out_group,
  }
}

function deleteFlows(state: State, mod: MessageNamed<'flow_mod'>): Removed[] {
  const found = select(state, {
    ...selectionOf(mod),
    ...(mod.command === 'delete_strict' ? { priority: mod.priority } : {}),
  })
  return removeAll(state, found, 'delete')
}

export function removeAll(state: State, flows: readonly Flow[], reason: RemovedReason): Removed[] {
  for (const flow of flows) removeFlow(state, flow)
  return flows.map((flow) => ({ flow, reason }))
}

/** Flows whose time is up (section 5.5). Timeouts are in seconds, the clock in milliseconds. */
export function expire(state: State, now: number): Removed[] {
  const all = [...state.tables.values()].flatMap((table) => table.flows)
  const hard = all.filter((flow) => flow.hardTimeout > 0 && now - flow.created >= flow.hardTimeout * 1000)
  const idle = all.filter(
    (flow) => !hard.includes(flow) && flow.idleTimeout > 0 && now - flow.used >= flow.idleTimeout * 1000,
  )
  return [...removeAll(state, hard, 'hard_timeout'), ...removeAll(state, idle, 'idle_timeout')]
}
