/**
 * One flow as one line: as `ovs-ofctl dump-flows` prints it, and as `ovs-ofctl add-flow` reads it. Takes flow mods,
 * flow statistics and whatever else has a match and instructions; what is not there is not printed.
 */

import type { FlowCountersOnly } from '../spec/flows.ts'
import type { Instruction } from '../spec/instructions.ts'
import type { Oxm } from '../spec/oxm.ts'
import { formatInstructions, formatTable } from './actions.ts'
import { counter, counters } from './counters.ts'
import { matchParts } from './match.ts'
import type { TextOptions } from './names.ts'
import { hex } from './scan.ts'

/** `table` and `table_id` mean the same; `table` wins. Timeouts in seconds. */
export interface FlowLike {
  readonly table?: number | undefined
  readonly table_id?: number | undefined
  /** 32768, the default of ovs-ofctl, where it is left out. */
  readonly priority?: number | undefined
  readonly cookie?: bigint | undefined
  readonly idle_timeout?: number | undefined
  readonly hard_timeout?: number | undefined
  /** What eviction goes by (OpenFlow 1.4). */
  readonly importance?: number | undefined
  /** OFPFF_ bits. */
  readonly flags?: number | undefined
  readonly duration_sec?: number | undefined
  readonly duration_nsec?: number | undefined
  readonly packet_count?: bigint | undefined
  readonly byte_count?: bigint | undefined
  /** As 1.5 tells it. */
  readonly idle_time?: { readonly sec: number; readonly nsec: number } | undefined
  /** Seconds plus one, as nx_flow tells them; 0 is not known. */
  readonly idle_age?: number | undefined
  readonly hard_age?: number | undefined
  readonly match: readonly Oxm[]
  readonly instructions: readonly Instruction[]
}

export interface FlowTextOptions extends TextOptions {
  /** `dump` (the default) as dump-flows prints, `add` as add-flow reads: nothing but what the flow is. */
  readonly style?: 'dump' | 'add' | undefined
}

export const DEFAULT_PRIORITY = 32768
/** Ages beyond are not known to Open vSwitch, which counts them in 31 bits. */
const MAX_AGE = 0x7fff_ffff

export const FLAG_NAMES = ['send_flow_rem', 'check_overlap', 'reset_counts', 'no_packet_counts', 'no_byte_counts']

/** Names of OFPFF_ bits; other bits as one number. */
export function flowFlags(flags: number): string[] {
  const out = FLAG_NAMES.filter((_, bit) => flags & (1 << bit))
  const rest = flags >>> FLAG_NAMES.length
  return rest === 0 ? out : [...out, hex(rest << FLAG_NAMES.length)]
}

/** Whole seconds without decimals, milliseconds with three, anything finer with as many as it takes: `3.500s`. */
export function formatDuration(sec: number, nsec: number): string {
  if (nsec === 0) return `${sec}s`
  const decimals = String(nsec).padStart(9, '0')
  return `${sec}.${nsec % 1_000_000 === 0 ? decimals.slice(0, 3) : decimals.replace(/0+$/, '')}s`
}

/** `cookie=0x1, table=8, priority=100,tcp,tp_dst=443 actions=output:3`. */
export function formatFlow(flow: FlowLike, options: FlowTextOptions = {}): string {
  return options.style === 'add' ? formatAdd(flow, options) : formatDump(flow, options)
}

function formatDump(flow: FlowLike, options: TextOptions): string {
  const front: string[] = []
  if (flow.cookie !== undefined) front.push(`cookie=0x${flow.cookie.toString(16)}`)
  if (flow.duration_sec !== undefined) {
    front.push(`duration=${formatDuration(flow.duration_sec, flow.duration_nsec ?? 0)}`)
  }
  const table = flow.table ?? flow.table_id
  if (table !== undefined) front.push(`table=${formatTable(table, options)}`)
  const count = (name: string, value: bigint | undefined): void => {
    if (value !== undefined) front.push(`${name}=${counter(value)}`)
  }
  count('n_packets', flow.packet_count)
  count('n_bytes', flow.byte_count)
  if (flow.idle_timeout) front.push(`idle_timeout=${flow.idle_timeout}`)
  if (flow.hard_timeout) front.push(`hard_timeout=${flow.hard_timeout}`)
  const back: string[] = []
  if (flow.importance) back.push(`importance=${flow.importance}`)
  if (flow.idle_age) back.push(`idle_age=${flow.idle_age - 1}`)
  else if (flow.idle_time && flow.idle_time.sec <= MAX_AGE) back.push(`idle_age=${flow.idle_time.sec}`)
  if (flow.hard_age && flow.hard_age - 1 !== flow.duration_sec) back.push(`hard_age=${flow.hard_age - 1}`)
  const listed = (parts: readonly string[]): string => parts.map((text) => `${text}, `).join('')
  const flags = flowFlags(flow.flags ?? 0).map((name) => `${name} `)
  const head = listed(front) + flags.join('') + listed(back)
  const match = ruleParts(flow, options).join(',')
  return `${head}${match === '' ? '' : `${match} `}actions=${formatInstructions(flow.instructions, options)}`
}

/** Match with the priority, if it is not the default, in front. */
export function ruleParts(flow: FlowLike, options: TextOptions): string[] {
  const parts = matchParts(flow.match, options)
  const { priority = DEFAULT_PRIORITY } = flow
  return priority === DEFAULT_PRIORITY ? parts : [`priority=${priority}`, ...parts]
}

function formatAdd(flow: FlowLike, options: TextOptions): string {
  const parts: string[] = []
  const table = flow.table ?? flow.table_id
  if (table !== undefined) parts.push(`table=${formatTable(table, options)}`)
  parts.push(`priority=${flow.priority ?? DEFAULT_PRIORITY}`)
  if (flow.cookie !== undefined && flow.cookie !== 0n) parts.push(`cookie=0x${flow.cookie.toString(16)}`)
  if (flow.idle_timeout) parts.push(`idle_timeout=${flow.idle_timeout}`)
  if (flow.hard_timeout) parts.push(`hard_timeout=${flow.hard_timeout}`)
  if (flow.importance) parts.push(`importance=${flow.importance}`)
  parts.push(...flowFlags(flow.flags ?? 0), ...matchParts(flow.match, options))
  return `${parts.join(',')},actions=${formatInstructions(flow.instructions, options)}`
}

/**
 * A flow's counters alone, as flow_stats of 1.5 tells them. Open vSwitch 3.1 does not know them; the words are those of
 * dump-flows: `duration=1.002s, table=3, n_packets=7, n_bytes=420, reason=stats_request priority=5,tcp`.
 */
export function formatFlowCounters(flow: FlowCountersOnly, options: TextOptions): string {
  const { duration_sec, duration_nsec, table_id, packet_count, byte_count, reason } = flow
  const numbers = counters([
    ['n_packets', packet_count],
    ['n_bytes', byte_count],
  ])
  const head = `duration=${formatDuration(duration_sec, duration_nsec)}, table=${table_id}, ${numbers}, reason=${reason}`
  return [head, ruleParts({ ...flow, instructions: [] }, options).join(',')].filter((text) => text !== '').join(' ')
}
