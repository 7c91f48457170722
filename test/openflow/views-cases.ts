/**
 * The views, each with a way to say the whole message by its members alone: what the law tests hold against decode.
 * Rare actions and instructions are said by their rows, as a user of a view would.
 */
import type { Action } from '../../openflow/spec/actions-nested.ts'
import type { Instruction } from '../../openflow/spec/instructions.ts'
import type { Oxm } from '../../openflow/spec/oxm.ts'
import {
  type ActionsView,
  BarrierView,
  EchoView,
  FlowModView,
  FlowRemovedView,
  FlowStatsView,
  type InstructionsView,
  type MatchView,
  PacketInView,
  PacketOutView,
  readFlowMod,
  readFlowRemoved,
  readPacketIn,
  readPacketOut,
} from '../../openflow/views/index.ts'
import type { View } from '../../openflow/views/view.ts'

export interface ViewCase {
  readonly name: string
  /** Titles of the generators, type numbers and versions (none: all) of its messages. */
  readonly types: readonly string[]
  readonly numbers: readonly number[]
  readonly versions: readonly number[]
  readonly multipart?: number
  readonly view: View & { over(octets: Uint8Array, at?: number, end?: number): boolean }
  /** Reads the message as an object. */
  readonly read?: (octets: Uint8Array, at: number, end: number) => object | undefined
  /** The message it is over, as decode says it, without padding. */
  message(): object
}

function matchOf(match: MatchView): Oxm[] {
  const fields: Oxm[] = []
  while (match.next()) {
    const { field, value, mask, oxm } = match
    const known = mask === undefined ? { field, value } : { field, value, mask }
    fields.push(field === 'unknown' ? oxm : (known as Oxm))
  }
  return fields
}

function actionsOf(list: ActionsView): Action[] {
  const actions: Action[] = []
  while (list.next()) {
    const { type } = list
    if (type === 'output') actions.push({ type, port: list.port, max_len: list.max_len })
    else if (type === 'group') actions.push({ type, group_id: list.group_id })
    else if (type === 'set_queue') actions.push({ type, queue_id: list.queue_id })
    else actions.push(of(type, list.value))
  }
  return actions
}

function instructionsOf(list: InstructionsView): Instruction[] {
  const instructions: Instruction[] = []
  while (list.next()) {
    const { type } = list
    if (type === 'goto_table') instructions.push({ type, table_id: list.table_id })
    else if (type === 'meter') instructions.push({ type, meter_id: list.meter_id })
    else if (type === 'apply_actions' || type === 'write_actions') {
      instructions.push({ type, actions: actionsOf(list.actions) })
    } else instructions.push(of(type, list.value))
  }
  return instructions
}

function of<T extends { type: string }>(type: string, value: T): T {
  if (value.type !== type) throw new Error(`${type} is ${value.type}`)
  return value
}

/** The version is a member of messages that are not of 1.3. */
function common({ version, xid }: View): { xid: number; version?: number } {
  return version === 4 ? { xid } : { xid, version }
}

const echo = new EchoView()
const barrier = new BarrierView()
const packetIn = new PacketInView()
const packetOut = new PacketOutView()
const flowMod = new FlowModView()
const flowRemoved = new FlowRemovedView()
const flowStats = new FlowStatsView()

function flowsOf({ entry }: FlowStatsView): object[] {
  const flows: object[] = []
  while (flowStats.next()) {
    const { table_id, duration_sec, duration_nsec, priority, idle_timeout, hard_timeout, flags, importance } = entry
    const { cookie, packet_count, byte_count, match, instructions } = entry
    flows.push({
      table_id,
      duration_sec,
      duration_nsec,
      priority,
      idle_timeout,
      hard_timeout,
      flags,
      ...(importance === undefined ? {} : { importance }),
      cookie,
      packet_count,
      byte_count,
      match: matchOf(match),
      instructions: instructionsOf(instructions),
    })
  }
  flowStats.rewind()
  return flows
}

export const VIEWS: readonly ViewCase[] = [
  {
    name: 'echo',
    types: ['echo_request', 'echo_reply'],
    numbers: [2, 3],
    versions: [],
    view: echo,
    message: () => ({ ...common(echo), type: echo.type, data: echo.data }),
  },
  {
    name: 'barrier',
    types: ['barrier_request', 'barrier_reply'],
    numbers: [20, 21],
    versions: [4, 5, 6],
    view: barrier,
    message: () => ({ ...common(barrier), type: barrier.type }),
  },
  {
    name: 'packet_in',
    types: ['packet_in'],
    numbers: [10],
    versions: [4, 5, 6],
    view: packetIn,
    read: readPacketIn,
    message() {
      const { type, buffer_id, total_len, reason, table_id, cookie, match, data } = packetIn
      return { ...common(packetIn), type, buffer_id, total_len, reason, table_id, cookie, match: matchOf(match), data }
    },
  },
  {
    name: 'packet_out',
    types: ['packet_out'],
    numbers: [13],
    versions: [4, 5],
    view: packetOut,
    read: readPacketOut,
    message() {
      const { type, buffer_id, in_port, actions, data } = packetOut
      return { ...common(packetOut), type, buffer_id, in_port, actions: actionsOf(actions), data }
    },
  },
  {
    name: 'flow_mod',
    types: ['flow_mod'],
    numbers: [14],
    versions: [4, 5, 6],
    view: flowMod,
    read: readFlowMod,
    message() {
      const { type, cookie, cookie_mask, table_id, command, idle_timeout, hard_timeout, priority, buffer_id } = flowMod
      const { out_port, out_group, flags, importance, match, instructions } = flowMod
      return {
        ...common(flowMod),
        type,
        cookie,
        cookie_mask,
        table_id,
        command,
        idle_timeout,
        hard_timeout,
        priority,
        buffer_id,
        out_port,
        out_group,
        flags,
        ...(importance === undefined ? {} : { importance }),
        match: matchOf(match),
        instructions: instructionsOf(instructions),
      }
    },
  },
  {
    name: 'flow_removed',
    types: ['flow_removed'],
    numbers: [11],
    versions: [4, 5],
    view: flowRemoved,
    read: readFlowRemoved,
    message() {
      const { type, cookie, priority, reason, table_id, duration_sec, duration_nsec, idle_timeout } = flowRemoved
      const { hard_timeout, packet_count, byte_count, match } = flowRemoved
      return {
        ...common(flowRemoved),
        type,
        cookie,
        priority,
        reason,
        table_id,
        duration_sec,
        duration_nsec,
        idle_timeout,
        hard_timeout,
        packet_count,
        byte_count,
        match: matchOf(match),
      }
    },
  },
  {
    name: 'flow statistics',
    types: ['multipart_reply flow'],
    numbers: [19],
    versions: [4, 5],
    multipart: 1,
    view: flowStats,
    message() {
      const { type, mp_type, flags } = flowStats
      return { ...common(flowStats), type, mp_type, flags, body: flowsOf(flowStats) }
    },
  },
]
