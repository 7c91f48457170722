/**
 * One packet through the tables (sections 5.1 to 5.12): look up, do the flow's instructions, go on, and do the
 * action set at the end. Resubmit, goto, clone and forks by ct() are plain recursion on one `Walk`. Limits are
 * Open vSwitch's: 64 levels, 4096 resubmits, beyond which the packet is dropped with all it had done since it was
 * last looked at; and 6 recirculations, beyond which the copy that was to go on is dropped.
 * Actions themselves are in `act.ts`. Knows nothing of messages but the packet_in it hands out.
 */

import type { Action } from '../spec/actions-nested.ts'
import * as k from '../spec/constants.ts'
import { INSTRUCTION_ORDER, type Instruction } from '../spec/instructions.ts'
import type { MessageNamed } from '../spec/message.ts'
import type { FieldName, Oxm } from '../spec/oxm.ts'
import { oxmRow } from '../spec/oxm.ts'
import { act } from './act.ts'
import { CT_FIELDS } from './conntrack.ts'
import { Frame } from './frame.ts'
import { lookup } from './lookup.ts'
import { meterAllows } from './meter.ts'
import { type Flow, type State, tableOf } from './state.ts'
import { octetsOf, received, type TunnelHeader, tunnelDestination, type UnderlayAddress } from './tunnel.ts'

/** Where a packet left: through a port, in `tunnel` if the port is the end of tunnels; or to the controller. */
export type Output =
  | { readonly port: number; readonly packet: Uint8Array; readonly tunnel?: TunnelHeader }
  | { readonly port: 'controller'; readonly message: MessageNamed<'packet_in'> }

/** One table looked into. `flow` is undefined where nothing matched. */
export interface Step {
  readonly table: number
  readonly flow: Flow | undefined
  /** Conjunctive flows that led to `flow`. */
  readonly conjunctive: readonly Flow[]
  /** What the flow's instructions did, in order, with resubmitted tables' actions in their own steps. */
  readonly actions: Action[]
  /** Fields that travel with the packet, and its octets, when the table was looked into. */
  readonly frame: Frame
}

export interface Walk {
  readonly state: State
  readonly now: number
  /** Trace: counters stay. */
  readonly dry: boolean
  readonly outputs: Output[]
  readonly steps: Step[]
  /** States to take for the next ct() instead of tracking, as ofproto/trace's --ct-next. */
  readonly ctNext: number[] | undefined
  /** The address of this switch that the packet came to through a tunnel; 0 if it came otherwise. */
  readonly own: UnderlayAddress
  frame: Frame
  actionSet: Action[]
  stack: bigint[]
  table: number
  flow: Flow | undefined
  step: Step | undefined
  depth: number
  /** Flows that the packet is in, one in the other. */
  level: number
  /** Flows of this level and above are one list of actions since a look behind MPLS labels: who leaves one leaves all. */
  merged: number
  resubmits: number
  /** How often this copy was looked at afresh: by ct() with a table, and behind its last MPLS label. */
  recirculations: number
  /** Where the outputs begin that this copy has made since then: what it loses when it is dropped. */
  pass: { readonly from: number }
  /** The last label was taken: an action that has to know what was behind it looks at the packet afresh. */
  wasMpls: boolean
  /** exit, or dropped by a meter: nothing more is done with this copy. */
  exit: boolean
}

/** Too deep, too many resubmits, or too many MPLS labels. */
export class Exhausted extends Error {}

const MAX_DEPTH = 64
export const MAX_RECIRCULATIONS = 6
const MAX_RESUBMITS = MAX_DEPTH * MAX_DEPTH

export function newWalk(
  state: State,
  now: number,
  inPort: number,
  octets: Uint8Array,
  options: { dry?: boolean; ctNext?: readonly number[]; tunnel?: TunnelHeader | undefined } = {},
): Walk {
  const brought = options.tunnel === undefined ? undefined : received(options.tunnel, state.options)
  const frame = new Frame(octets, new Map([...(brought ?? []), ['in_port', BigInt(inPort)]]))
  return {
    state,
    now,
    dry: options.dry ?? false,
    outputs: [],
    steps: [],
    ctNext: options.ctNext === undefined ? undefined : [...options.ctNext],
    own: tunnelDestination(frame),
    frame,
    actionSet: [],
    stack: [],
    table: 0,
    flow: undefined,
    step: undefined,
    depth: 0,
    level: 0,
    merged: -1,
    resubmits: 0,
    recirculations: 0,
    pass: { from: 0 },
    wasMpls: false,
    // Dropped for an option that it has to understand and does not.
    exit: options.tunnel !== undefined && brought === undefined,
  }
}

/** The whole pipeline from a table on: tables, then the action set. */
export function runPipeline(walk: Walk, table: number): void {
  if (walk.exit) return
  lookInto(walk, table)
  runActionSet(walk)
}

export function runActionSet(walk: Walk): void {
  const actions = inSetOrder(walk.actionSet)
  walk.actionSet = []
  if (!walk.exit) act(walk, actions)
}

/**
 * Looks into a table and does what the flow says; then the walk is back where it was. `inPort` stands in for
 * in_port during the lookup only.
 */
export function lookInto(walk: Walk, tableId: number, inPort?: bigint): void {
  const deeper = tableId <= walk.table ? 1 : 0
  if (walk.depth + deeper > MAX_DEPTH || walk.resubmits >= MAX_RESUBMITS) throw new Exhausted('too many resubmits')
  const { table, flow, step, frame } = walk
  walk.depth += deeper
  walk.level++
  walk.resubmits++
  const before = frame.get('in_port')
  if (inPort !== undefined) frame.set('in_port', inPort)
  const content = tableOf(walk.state, tableId)
  const found = lookup(content, frame)
  frame.set('in_port', before)
  walk.table = tableId
  walk.flow = found?.flow
  walk.step = {
    table: tableId,
    flow: found?.flow,
    conjunctive: found?.conjunctive ?? [],
    actions: [],
    frame: frame.copy(),
  }
  walk.steps.push(walk.step)
  if (!walk.dry) count(walk, tableId)
  if (found !== undefined) doInstructions(walk, found.flow)
  walk.table = table
  walk.flow = flow
  walk.step = step
  walk.depth -= deeper
  walk.level--
}

function count(walk: Walk, tableId: number): void {
  const content = tableOf(walk.state, tableId)
  content.lookups++
  const { flow } = walk
  if (flow === undefined) return
  content.matched++
  flow.used = walk.now
  if ((flow.flags & k.OFPFF_NO_PKT_COUNTS) === 0) flow.packets++
  if ((flow.flags & k.OFPFF_NO_BYT_COUNTS) === 0) flow.bytes += BigInt(walk.frame.octets.length)
}

/** All of a flow's instructions, or those that come after one. */
function doInstructions(walk: Walk, flow: Flow, after?: Instruction['type']): void {
  const first = after === undefined ? 0 : INSTRUCTION_ORDER.indexOf(after) + 1
  for (const type of INSTRUCTION_ORDER.slice(first)) {
    const instruction = flow.instructions.find((one) => one.type === type)
    if (instruction === undefined) continue
    if (type !== 'meter' && type !== 'apply_actions') lookBehindLabels(walk)
    if (instruction.type === 'meter' && !meterAllows(walk, instruction.meter_id)) walk.exit = true
    if (
      instruction.type === 'apply_actions' &&
      !act(walk, instruction.actions, () => doInstructions(walk, flow, type))
    ) {
      return
    }
    if (instruction.type === 'clear_actions') walk.actionSet = []
    if (instruction.type === 'write_actions') walk.actionSet.push(...instruction.actions)
    if (instruction.type === 'write_metadata') {
      walk.frame.setMasked('metadata', instruction.metadata, instruction.metadata_mask)
    }
    if (instruction.type === 'goto_table') lookInto(walk, instruction.table_id)
    if (walk.exit) return
  }
}

/** Order of section 5.10; of each the last that was written, but every set_field and reg_move as they came. */
const SET_ORDER: readonly Action['type'][] = [
  'copy_ttl_in',
  'pop_vlan',
  'pop_mpls',
  'push_mpls',
  'push_vlan',
  'copy_ttl_out',
  'dec_mpls_ttl',
  'dec_nw_ttl',
  'nx_dec_ttl',
]
const SET_WRITES = new Set<Action['type']>([
  'set_field',
  'set_nw_ttl',
  'set_mpls_ttl',
  'nx_reg_load',
  'nx_reg_load2',
  'nx_reg_move',
  'copy_field',
])
/** The first of these that is there ends the set. */
const SET_END: readonly Action['type'][] = ['group', 'output', 'nx_output_reg', 'nx_resubmit_table', 'nx_ct']

/** An action set as a list. Without an output or the like it does nothing, and is empty. */
export function inSetOrder(set: readonly Action[]): Action[] {
  const last = (type: Action['type']): Action[] => set.filter((action) => action.type === type).slice(-1)
  const end = SET_END.flatMap(last).slice(0, 1)
  if (end.length === 0) return []
  return [
    ...SET_ORDER.flatMap(last),
    ...set.filter((action) => SET_WRITES.has(action.type)),
    ...last('set_queue'),
    ...end,
  ]
}

/**
 * A copy of the packet goes on by itself: registers, stack, action set and the rest are put back afterwards. If it is
 * dropped after it was looked at afresh, the packet itself is not.
 */
export function fork(walk: Walk, go: () => void): void {
  const { frame, actionSet, stack, exit, pass, wasMpls, recirculations, depth, resubmits } = walk
  const { table, flow, step, level, merged } = walk
  walk.frame = frame.copy()
  walk.actionSet = [...actionSet]
  walk.stack = [...stack]
  try {
    go()
  } catch (error) {
    if (!(error instanceof Exhausted) || walk.pass === pass) throw error
    walk.outputs.length = walk.pass.from
  }
  if (walk.pass !== pass) Object.assign(walk, { pass, recirculations, depth, resubmits })
  Object.assign(walk, { frame, actionSet, stack, exit, wasMpls, table, flow, step, level, merged })
}

/** The packet as it is now comes in once more, to go on where it is; more than a few times, and it is dropped. */
export function recirculate(walk: Walk): void {
  walk.pass = { from: walk.outputs.length }
  if (walk.recirculations >= MAX_RECIRCULATIONS) throw new Exhausted('too many recirculations')
  walk.recirculations++
  walk.depth = 0
  walk.resubmits = 0
  walk.wasMpls = false
  walk.merged = -1
  walk.frame.reparse()
}

export function lookBehindLabels(walk: Walk): void {
  if (!walk.wasMpls) return
  recirculate(walk)
  walk.merged = walk.level
}

const PACKET_IN_FIELDS: readonly FieldName[] = [
  'tunnel_id',
  'tun_flags',
  'tun_src',
  'tun_dst',
  'tun_ipv6_src',
  'tun_ipv6_dst',
  'tun_gbp_id',
  'tun_gbp_flags',
  'metadata',
  ...Array.from({ length: 16 }, (_, i) => `reg${i}` as FieldName),
  'pkt_mark',
  ...CT_FIELDS,
]

/** Sent with the original tuple even when they are zero. */
const ORIGINAL_PORTS = new Set<FieldName>(['ct_tp_src', 'ct_tp_dst'])

/** Open vSwitch sends ct_state with the mask of the bits it knows. */
const CT_STATE_BITS = 0xff

/** A field as a match or a packet_in carries it. */
export function oxm(field: FieldName, value: bigint): Oxm {
  return { field, value: oxmRow(field).size > 6 ? value : Number(value) } as Oxm
}

/** The packet as it is now, to the controller; nothing is buffered, so all of it (section 7.4.1). */
export function toController(walk: Walk, reason: MessageNamed<'packet_in'>['reason']): void {
  const { frame, flow } = walk
  const match = [oxm('in_port', frame.get('in_port'))]
  const tracked = frame.get('ct_nw_proto') !== 0n
  for (const field of PACKET_IN_FIELDS) {
    const value = frame.get(field)
    if (field === 'ct_state' && value !== 0n) {
      // The original tuple's addresses need their eth_type before them.
      match.push({ field, value: Number(value), mask: CT_STATE_BITS }, oxm('eth_type', frame.get('eth_type')))
    } else if (value !== 0n || (tracked && ORIGINAL_PORTS.has(field))) match.push(oxm(field, value))
  }
  for (const [index, { option_len }] of walk.state.options) {
    const field = `tun_metadata${index}` as FieldName
    if (frame.has(field)) match.push({ field, value: octetsOf(frame.get(field), option_len) } as Oxm)
  }
  const miss = flow !== undefined && flow.priority === 0 && flow.tests.length === 0
  walk.outputs.push({
    port: 'controller',
    message: {
      type: 'packet_in',
      xid: 0,
      buffer_id: k.NO_BUFFER,
      total_len: frame.octets.length,
      reason: reason === 'action' && miss ? 'no_match' : reason,
      table_id: walk.table,
      cookie: flow?.cookie ?? 0xffff_ffff_ffff_ffffn,
      match,
      data: frame.octets,
    },
  })
}
