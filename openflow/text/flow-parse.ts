/**
 * Flows out of text: what `ovs-ofctl add-flow` and the files of add-flows read, and what dump-flows prints. The
 * result is the fields of a flow_mod, or those of flow statistics with their counters.
 */

import { GROUP_ANY, NO_BUFFER, PORT_ANY, TABLE_ALL } from '../spec/constants.ts'
import type { FlowStats } from '../spec/flows.ts'
import type { MessageNamed } from '../spec/message.ts'
import { parseInstructionList } from './actions-parse.ts'
import { stateOf } from './actions-state.ts'
import { TextError, unknownName } from './error.ts'
import { DEFAULT_PRIORITY, FLAG_NAMES } from './flow.ts'
import { MATCH_TEXTS, MatchBuilder } from './match-parse.ts'
import { parsePort, parseTable, type TextOptions } from './names.ts'
import {
  givenValue,
  type KeyValue,
  keyValue,
  type Piece,
  parseBig,
  parseNumber,
  piece,
  slice,
  splitList,
  trim,
} from './scan.ts'

/** Fields of a flow_mod that a text can give. */
export type ParsedFlow = Omit<MessageNamed<'flow_mod'>, 'type' | 'xid' | 'command' | 'version' | 'padding'>
/** The same with what is to be done with the flow. */
export type ParsedFlowMod = ParsedFlow & Pick<MessageNamed<'flow_mod'>, 'command'>

const ALL_BITS = 0xffff_ffff_ffff_ffffn
/** Told by dump-flows alone. */
const COUNTERS = ['duration', 'n_packets', 'n_bytes', 'idle_age', 'hard_age'] as const
type Counter = (typeof COUNTERS)[number]
const NUMBERS = ['priority', 'idle_timeout', 'hard_timeout', 'importance'] as const
const KEYS = ['table', 'cookie', 'out_port', 'out_group', ...NUMBERS, ...FLAG_NAMES]
const COMMANDS = ['add', 'modify', 'modify_strict', 'delete', 'delete_strict'] as const

interface Read {
  readonly flow: ParsedFlow
  readonly counters: ReadonlyMap<Counter, Piece>
}

function readFlow(whole: Piece, options: TextOptions): Read {
  const found = /(^|[,\s])actions?\s*=/i.exec(whole.text)
  const builder = new MatchBuilder(options)
  const counters = new Map<Counter, Piece>()
  const flow: ParsedFlow = {
    cookie: 0n,
    cookie_mask: 0n,
    table_id: 0,
    idle_timeout: 0,
    hard_timeout: 0,
    priority: DEFAULT_PRIORITY,
    buffer_id: NO_BUFFER,
    out_port: PORT_ANY,
    out_group: GROUP_ANY,
    flags: 0,
    match: [],
    instructions: [],
  }
  for (const part of splitList(found === null ? whole : slice(whole, 0, found.index))) {
    const parsed = keyValue(part)
    const counter = COUNTERS.find((name) => name === parsed.key.text)
    if (counter !== undefined) counters.set(counter, givenValue(parsed))
    else if (!setting(flow, parsed, options) && !builder.take(parsed)) {
      throw unknownName('field', parsed.key.text, part.at, [...KEYS, ...MATCH_TEXTS])
    }
  }
  flow.match = builder.finish()
  if (found !== null) {
    const actions = slice(whole, found.index + found[0].length)
    flow.instructions = parseInstructionList(actions, options, stateOf(flow.match))
  }
  return { flow, counters }
}

/**
 * `table=8,priority=100,tcp,tp_dst=443,actions=output:3`. A cookie with a mask (`cookie=0x1/-1`) selects flows to
 * change. Counters of dump-flows are passed over. Throws TextError.
 */
export function parseFlow(text: string, options: TextOptions = {}): ParsedFlow {
  return readFlow(piece(text), options).flow
}

/**
 * The same with a command in front, as in files of add-flows: `delete table=8,tcp`; `add` where there is none. A
 * deletion without a table is of all tables.
 */
export function parseFlowMod(text: string, options: TextOptions = {}): ParsedFlowMod {
  return readFlowMod(piece(text), options)
}

function readFlowMod(whole: Piece, options: TextOptions): ParsedFlowMod {
  const front = /^\s*([a-z_]+)(?=\s|$)/.exec(whole.text)
  const command = COMMANDS.find((name) => name === front?.[1])
  if (front === null || command === undefined) return { command: 'add', ...readFlow(whole, options).flow }
  const rest = slice(whole, front[0].length)
  const { flow } = readFlow(rest, options)
  const deletes = command === 'delete' || command === 'delete_strict'
  if (deletes && !/(^|[,\s])table\s*=/i.test(rest.text)) flow.table_id = TABLE_ALL
  return { command, ...flow }
}

/** Lines with what they are without comments, and where they stand; empty ones left out. */
function lines(text: string): Piece[] {
  const out: Piece[] = []
  let at = 0
  for (const line of text.split('\n')) {
    const found = trim({ text: line.replace(/#.*$/, ''), at })
    if (found.text !== '') out.push(found)
    at += line.length + 1
  }
  return out
}

/** A file of add-flows: a flow a line, `#` before comments. Throws TextError, its offset in the whole. */
export function parseFlows(text: string, options: TextOptions = {}): ParsedFlowMod[] {
  return lines(text).map((line) => readFlowMod(line, options))
}

/** Takes what is of the flow and not of its match; false if it is of the match. */
function setting(flow: ParsedFlow, parsed: KeyValue, options: TextOptions): boolean {
  const name = parsed.key.text.toLowerCase()
  const flag = FLAG_NAMES.indexOf(name)
  if (flag >= 0 && parsed.value === undefined) {
    flow.flags |= 1 << flag
    return true
  }
  if (!KEYS.includes(name)) return false
  const value = givenValue(parsed)
  switch (name) {
    case 'table':
      flow.table_id = parseTable(value, options)
      return true
    case 'priority':
    case 'idle_timeout':
    case 'hard_timeout':
    case 'importance':
      flow[name] = parseNumber(value, 16)
      return true
    case 'out_port':
      flow.out_port = parsePort(value, options)
      return true
    case 'out_group':
      flow.out_group = parseNumber(value, 32)
      return true
    case 'cookie':
      cookie(flow, value)
      return true
    default:
      return false
  }
}

const bits64 = (part: Piece): bigint => (part.text === '-1' ? ALL_BITS : parseBig(part, 64))

function cookie(flow: ParsedFlow, value: Piece): void {
  const slash = value.text.indexOf('/')
  flow.cookie = bits64(slash < 0 ? value : slice(value, 0, slash))
  if (slash >= 0) flow.cookie_mask = bits64(slice(value, slash + 1))
}

// ---- what dump-flows prints ------------------------------------------------------------------------------------

/** Seconds and nanoseconds of `12.345s`. */
function duration({ text, at }: Piece): Pick<FlowStats, 'duration_sec' | 'duration_nsec'> {
  const found = /^(\d+)(?:\.(\d{1,9}))?s$/.exec(text)
  const seconds = Number(found?.[1])
  if (found === null || seconds > 0xffffffff) throw new TextError('bad_value', at, `no duration: ${text || 'nothing'}`)
  return { duration_sec: seconds, duration_nsec: Number((found[2] ?? '').padEnd(9, '0')) }
}

function readStats(whole: Piece, options: TextOptions): FlowStats {
  const { flow, counters } = readFlow(whole, options)
  const { table_id, priority, idle_timeout, hard_timeout, flags, importance, cookie, match, instructions } = flow
  const count = (name: Counter): bigint => {
    const found = counters.get(name)
    return found === undefined || found.text === '?' ? ALL_BITS : parseBig(found, 64)
  }
  for (const name of ['idle_age', 'hard_age'] as const) {
    const found = counters.get(name)
    if (found !== undefined) parseNumber(found, 32)
  }
  return {
    table_id,
    ...duration(counters.get('duration') ?? { text: '0s', at: whole.at }),
    priority,
    idle_timeout,
    hard_timeout,
    flags,
    ...(importance === undefined ? {} : { importance }),
    cookie,
    packet_count: count('n_packets'),
    byte_count: count('n_bytes'),
    match,
    instructions,
  }
}

/**
 * A line of dump-flows: ` cookie=0x5, duration=1.5s, table=8, n_packets=3, n_bytes=180, tcp actions=output:3`. A
 * counter that is not told is 2^64-1, as a switch that does not count says. Throws TextError.
 */
export function parseFlowStats(text: string, options: TextOptions = {}): FlowStats {
  return readStats(piece(text), options)
}

/** First lines of replies: `OFPST_FLOW reply (OF1.3) (xid=0x2):`. */
const HEADER = /^[A-Z]+ST_FLOW(_DESC)? reply \(/

/** All that dump-flows prints; the first lines of replies are passed over. Throws TextError, its offset in the whole. */
export function parseFlowDump(text: string, options: TextOptions = {}): FlowStats[] {
  return lines(text)
    .filter((line) => !HEADER.test(line.text))
    .map((line) => readStats(line, options))
}
