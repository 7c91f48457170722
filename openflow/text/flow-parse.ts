/**
 * Flows out of text: what `ovs-ofctl add-flow` reads, and what dump-flows prints, whose counters are skipped. The
 * result is the fields of a flow_mod, all but type, xid and command.
 */

import { GROUP_ANY, NO_BUFFER, PORT_ANY } from '../spec/constants.ts'
import type { MessageNamed } from '../spec/message.ts'
import { parseInstructionList } from './actions-parse.ts'
import { stateOf } from './actions-state.ts'
import { TextError, unknownName } from './error.ts'
import { DEFAULT_PRIORITY, FLAG_NAMES } from './flow.ts'
import { MATCH_TEXTS, MatchBuilder } from './match-parse.ts'
import { parsePort, parseTable, type TextOptions } from './names.ts'
import { type KeyValue, keyValue, type Piece, parseBig, parseNumber, piece, slice, splitList } from './scan.ts'

/** Fields of a flow_mod that a text can give. */
export type ParsedFlow = Omit<MessageNamed<'flow_mod'>, 'type' | 'xid' | 'command' | 'version' | 'padding'>

const ALL_BITS = 0xffff_ffff_ffff_ffffn
/** What dump-flows prints and no flow_mod has. */
const SKIPPED = new Set(['duration', 'n_packets', 'n_bytes', 'idle_age', 'hard_age'])
const KEYS = ['table', 'priority', 'cookie', 'idle_timeout', 'hard_timeout', 'out_port', 'out_group', ...FLAG_NAMES]

/**
 * `table=8,priority=100,tcp,tp_dst=443,actions=output:3`. A cookie with a mask (`cookie=0x1/-1`) selects flows to
 * change. Throws TextError.
 */
export function parseFlow(text: string, options: TextOptions = {}): ParsedFlow {
  const found = /(^|[,\s])actions?\s*=/i.exec(text)
  const front = found === null ? piece(text) : piece(text.slice(0, found.index))
  const builder = new MatchBuilder(options)
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
  for (const part of splitList(front)) {
    const parsed = keyValue(part)
    if (setting(flow, parsed, options)) continue
    if (!builder.take(parsed)) throw unknownName('field', parsed.key.text, part.at, [...KEYS, ...MATCH_TEXTS])
  }
  flow.match = builder.finish()
  if (found !== null) {
    const at = found.index + found[0].length
    flow.instructions = parseInstructionList({ text: text.slice(at), at }, options, stateOf(flow.match))
  }
  return flow
}

/** Takes what is of the flow and not of its match; false if it is of the match. */
function setting(flow: ParsedFlow, { key, value }: KeyValue, options: TextOptions): boolean {
  const name = key.text.toLowerCase()
  const flag = FLAG_NAMES.indexOf(name)
  if (flag >= 0 && value === undefined) {
    flow.flags |= 1 << flag
    return true
  }
  if (SKIPPED.has(name)) return true
  if (!KEYS.includes(name)) return false
  if (value === undefined) throw new TextError('missing', key.at + key.text.length, `${name} needs a value`)
  switch (name) {
    case 'table':
      flow.table_id = parseTable(value, options)
      return true
    case 'priority':
    case 'idle_timeout':
    case 'hard_timeout':
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

function cookie(flow: ParsedFlow, value: Piece): void {
  const slash = value.text.indexOf('/')
  const given = slash < 0 ? value : slice(value, 0, slash)
  flow.cookie = given.text === '-1' ? ALL_BITS : parseBig(given, 64)
  if (slash < 0) return
  const mask = slice(value, slash + 1)
  flow.cookie_mask = mask.text === '-1' ? ALL_BITS : parseBig(mask, 64)
}
