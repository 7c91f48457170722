/**
 * What a switch says it has, as a SwitchProgram: flows that carry our cookie, groups and meters that are ours, ports
 * that its flooding leaves out. Pure but for the requests it makes. It refuses to compare with what is wanted (flows/)
 * and to correct anything.
 *
 * Groups and meters carry no cookie. Ours are those that a flow of ours names and those whose number the ledger knows;
 * others are left alone.
 *
 * A switch may spell what it was given in its own way. `align` puts the wanted object in the place of one that was read
 * back and means the same, so that comparing finds a difference only where there is one.
 */
import { setImmediate as turn } from 'node:timers/promises'
import {
  GROUP_ANY,
  type Instruction,
  METER_ALL,
  type Message,
  OFPPC_NO_FLOOD,
  type OpenFlowConnection,
  OpenFlowError,
  PORT_ANY,
  type Port,
  TABLE_ALL,
} from 'node-openflow'
import type { Operation } from '../flows/diff.ts'
import { withNames } from '../flows/field-names.ts'
import { sameFlow, sameGroup, sameMeter } from '../flows/spelling.ts'
import { COOKIE_MASK_OURS, COOKIE_OURS, isOurs } from '../policy/cookie.ts'
import { isIntruder } from '../policy/pipeline.ts'
import { emptyProgram, type Flow, flowKey, type Group, type SwitchProgram } from '../policy/program.ts'
import type { FlowStatsReply } from './types.ts'

type FlowStats = FlowStatsReply['body'][number]

const OUR_COOKIES = { cookie: COOKIE_OURS, cookie_mask: COOKIE_MASK_OURS }
const ANY_COOKIE = { cookie: 0n, cookie_mask: 0n }
/** Flows that are looked at before the event loop turns. */
const PER_TURN = 2000

const ALL_FLOWS = { table_id: TABLE_ALL, out_port: PORT_ANY, out_group: GROUP_ANY, match: [] }

export interface ReadBack {
  program: SwitchProgram
  /** Keys of flows that go at a time of their own. We give none of these, whatever else they look like. */
  mortal: Set<string>
}

/** Numbers of groups and meters that are ours although no flow of ours may name them. */
export interface Known {
  groups: Iterable<number>
  meters: Iterable<number>
}

/** Numbers given to a switch at any time: ours, whoever names them now. */
export class Given {
  readonly #groups = new Set<number>()
  readonly #meters = new Set<number>()

  sent(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.what === 'group') this.#groups.add(operation.group.groupId)
      if (operation.what === 'meter') this.#meters.add(operation.meter.meterId)
    }
  }

  with(wanted: SwitchProgram | undefined): Known {
    return {
      groups: [...(wanted?.groups.keys() ?? []), ...this.#groups],
      meters: [...(wanted?.meters.keys() ?? []), ...this.#meters],
    }
  }
}

/** What read back is taken for, where it means the same: then what the switch said need not be kept. */
export type Expected = () => SwitchProgram | undefined

/**
 * Asks for everything of ours. Rejects where the switch does not answer.
 * @param foreign Where given, every flow is asked for, and those of others in our tables are put here.
 */
export async function readBack(
  connection: OpenFlowConnection,
  ports: ReadonlyMap<number, Port>,
  known: () => Known,
  foreign?: Flow[],
  expected: Expected = () => undefined,
): Promise<ReadBack> {
  const program = emptyProgram()
  const mortal = new Set<string>()
  const names = { groups: new Set<number>(), meters: new Set<number>() }
  const take = (flow: FlowStats): void => {
    if (!isOurs(flow.cookie)) {
      if (isIntruder(flow.table_id, flow.cookie)) foreign?.push(flowOf(flow))
      return
    }
    const key = flowKey(flow.table_id, flow.priority, flow.match)
    const found = flowOf(flow)
    const want = expected()?.flows.get(key)
    const isMortal = flow.hard_timeout !== 0
    program.flows.set(key, want !== undefined && !isMortal && sameFlow(found, want) ? want : found)
    if (isMortal) mortal.add(key)
    named(flow.instructions, names)
  }
  const [, groups, meters] = await Promise.all([
    eachFlow(connection, foreign === undefined ? OUR_COOKIES : ANY_COOKIE, take),
    optional(connection.request({ type: 'multipart_request', flags: 0, mp_type: 'group_desc', body: {} })),
    optional(
      connection.request({
        type: 'multipart_request',
        flags: 0,
        mp_type: 'meter_config',
        body: { meter_id: METER_ALL },
      }),
    ),
  ])
  const given = known()
  const ours = {
    groups: new Set([...given.groups, ...names.groups]),
    meters: new Set([...given.meters, ...names.meters]),
  }
  for (const part of groups) {
    if (part.type !== 'multipart_reply' || part.mp_type !== 'group_desc') continue
    for (const { group_id, group_type, buckets } of part.body) {
      if (!ours.groups.has(group_id)) continue
      program.groups.set(group_id, {
        groupId: group_id,
        groupType: group_type as Group['groupType'],
        buckets,
        unit: '',
      })
    }
  }
  for (const part of meters) {
    if (part.type !== 'multipart_reply' || part.mp_type !== 'meter_config') continue
    for (const { meter_id, flags, bands } of part.body) {
      if (ours.meters.has(meter_id)) program.meters.set(meter_id, { meterId: meter_id, flags, bands, unit: '' })
    }
  }
  for (const port of ports.values()) if ((port.config & OFPPC_NO_FLOOD) !== 0) program.noFloodPorts.add(port.port_no)
  return { program, mortal }
}

/** Flows with our cookie and their counters; with this one, and in this table, where that is given. */
export async function readFlows(
  connection: OpenFlowConnection,
  cookie?: bigint,
  table: number = TABLE_ALL,
): Promise<FlowStats[]> {
  const flows: FlowStats[] = []
  await eachFlow(connection, cookie === undefined ? OUR_COOKIES : whole(cookie), (flow) => flows.push(flow), table)
  return flows
}

/** Packets of all flows with this cookie. Open vSwitch finds them by it, whatever else it holds. */
export async function countPackets(connection: OpenFlowConnection, cookie: bigint): Promise<bigint> {
  const body = { ...ALL_FLOWS, ...whole(cookie) }
  const [part] = await connection.request({ type: 'multipart_request', flags: 0, mp_type: 'aggregate', body })
  return part?.type === 'multipart_reply' && part.mp_type === 'aggregate' ? part.body.packet_count : 0n
}

const whole = (cookie: bigint): typeof OUR_COOKIES => ({ cookie, cookie_mask: 0xffff_ffff_ffff_ffffn })

/** Gives each flow of these cookies, while they arrive. Rejects where the switch does not say all. */
async function eachFlow(
  connection: OpenFlowConnection,
  cookies: { cookie: bigint; cookie_mask: bigint },
  take: (flow: FlowStats) => void,
  table: number = TABLE_ALL,
): Promise<void> {
  const body = { ...ALL_FLOWS, ...cookies, table_id: table }
  const part = (message: Message): void => {
    if (message.type === 'multipart_reply' && message.mp_type === 'flow') for (const flow of message.body) take(flow)
  }
  await connection.request({ type: 'multipart_request', flags: 0, mp_type: 'flow', body }, { part })
}

/**
 * Flows of others in our tables. Costs the switch a count of its flows; only where that says that there are others are
 * all of them read.
 */
export async function readForeign(connection: OpenFlowConnection): Promise<Flow[]> {
  const count = async (cookies: typeof OUR_COOKIES): Promise<number> => {
    const body = { ...ALL_FLOWS, ...cookies }
    const parts = await optional(
      connection.request({ type: 'multipart_request', flags: 0, mp_type: 'aggregate', body }),
    )
    const [part] = parts
    return part?.type === 'multipart_reply' && part.mp_type === 'aggregate' ? part.body.flow_count : 0
  }
  const [all, ours] = await Promise.all([count(ANY_COOKIE), count(OUR_COOKIES)])
  if (all <= ours) return []
  const foreign: Flow[] = []
  await eachFlow(connection, ANY_COOKIE, (flow) => {
    if (isIntruder(flow.table_id, flow.cookie)) foreign.push(flowOf(flow))
  })
  return foreign
}

/** A flow as the switch tells it. */
function flowOf({ table_id, priority, match, instructions, cookie, idle_timeout }: FlowStats): Flow {
  const flow = { table: table_id, priority, match, instructions: withNames(instructions), cookie, unit: '' }
  return idle_timeout === 0 ? flow : { ...flow, idleTimeout: idle_timeout }
}

/** Table number to the flows that it can hold (section 7.3.5.5, max_entries). */
export async function readTableLimits(connection: OpenFlowConnection): Promise<Map<number, number>> {
  const parts = await connection.request({ type: 'multipart_request', flags: 0, mp_type: 'table_features', body: [] })
  const limits = new Map<number, number>()
  for (const part of parts) {
    if (part.type !== 'multipart_reply' || part.mp_type !== 'table_features') continue
    for (const { table_id, max_entries } of part.body) limits.set(table_id, max_entries)
  }
  return limits
}

/** Puts wanted objects in the place of those read back that mean the same. Changes `read` in place. */
export function align(read: ReadBack, wanted: SwitchProgram): void {
  for (const _ of aligning(read, wanted));
}

/**
 * The same, with the event loop turning in between. `wanted` may change meanwhile: what was aligned with what it was
 * is then another object than what it is, and compared.
 */
export async function alignInTurns(read: ReadBack, wanted: SwitchProgram): Promise<void> {
  for (const _ of aligning(read, wanted)) await turn()
}

function* aligning({ program: read, mortal }: ReadBack, wanted: SwitchProgram): Generator<void> {
  let count = 0
  for (const [key, flow] of read.flows) {
    if (++count % PER_TURN === 0) yield
    const want = wanted.flows.get(key)
    if (want === undefined) continue
    if (mortal.has(key)) read.flows.delete(key)
    else if (sameFlow(flow, want)) read.flows.set(key, want)
  }
  for (const [id, group] of read.groups) {
    const want = wanted.groups.get(id)
    if (want !== undefined && sameGroup(group, want)) read.groups.set(id, want)
  }
  for (const [id, meter] of read.meters) {
    const want = wanted.meters.get(id)
    if (want !== undefined && sameMeter(meter, want)) read.meters.set(id, want)
  }
}

/** A switch that has no groups or no meters answers with an error; then there are none. */
async function optional(reply: Promise<Message[]>): Promise<Message[]> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof OpenFlowError) return []
    throw error
  }
}

function named(instructions: readonly Instruction[], ours: { groups: Set<number>; meters: Set<number> }): void {
  for (const instruction of instructions) {
    if (instruction.type === 'meter') ours.meters.add(instruction.meter_id)
    else if (instruction.type === 'apply_actions' || instruction.type === 'write_actions') {
      for (const action of instruction.actions) {
        if (action.type === 'group' || action.type === 'nx_group') ours.groups.add(action.group_id)
      }
    }
  }
}
