/** The learn action in text, out and in: timeouts and cookie of the flow it makes, then its specs. */

import type { LearnAction, LearnSpec, Subfield } from '../spec/learn.ts'
import { type FieldName, oxmRow } from '../spec/oxm.ts'
import { TextError } from './error.ts'
import {
  fieldBits,
  fieldByText,
  fieldText,
  formatRange,
  parseRange,
  parseTable,
  type Range,
  rangeBits,
  type TextOptions,
} from './names.ts'
import { arrow, hex, type Piece, parseBig, parseNumber, slice, splitList, trim } from './scan.ts'
import { bigOf, formatValue, octetsOf, ones, parseValue } from './values.ts'

const DEFAULT_PRIORITY = 32768
const FLAGS = [
  [1, 'send_flow_rem'],
  [2, 'delete_learned'],
] as const

export function formatLearn(action: LearnAction, options: TextOptions): string {
  const out = [`table=${action.table_id}`]
  const number = (name: string, value: number): void => {
    if (value !== 0) out.push(`${name}=${value}`)
  }
  number('idle_timeout', action.idle_timeout)
  number('hard_timeout', action.hard_timeout)
  number('fin_idle_timeout', action.fin_idle_timeout)
  number('fin_hard_timeout', action.fin_hard_timeout)
  if (action.priority !== DEFAULT_PRIORITY) out.push(`priority=${action.priority}`)
  for (const [bit, name] of FLAGS) if (action.flags & bit) out.push(name)
  if (action.cookie !== 0n) out.push(`cookie=${hex(action.cookie)}`)
  if (action.type === 'nx_learn2') {
    number('limit', action.limit)
    const { field, ofs } = action.result
    if (field !== undefined) out.push(`result_dst=${formatRange(field, ofs, 1)}`)
  }
  return `learn(${[...out, ...action.specs.map((spec) => formatSpec(spec, options))].join(',')})`
}

function formatSpec(spec: LearnSpec, options: TextOptions): string {
  const { src, n_bits } = spec
  const from = src instanceof Uint8Array ? hex(bigOf(src)) : formatRange(src.field, src.ofs, n_bits)
  if (spec.to === 'output') return `output:${from}`
  const to = formatRange(spec.dst.field, spec.dst.ofs, n_bits)
  if (spec.to === 'load') return `load:${from}->${to}`
  if (!(src instanceof Uint8Array)) {
    return src.field === spec.dst.field && src.ofs === spec.dst.ofs ? to : `${to}=${from}`
  }
  const { field, ofs } = spec.dst
  if (typeof field === 'string' && ofs === 0 && n_bits === rangeBits(field)) {
    return `${fieldText(field)}=${formatValue(field, bigOf(src), undefined, options)}`
  }
  return `${to}=${from}`
}

const NUMBERS = {
  idle_timeout: 16,
  hard_timeout: 16,
  fin_idle_timeout: 16,
  fin_hard_timeout: 16,
  priority: 16,
  limit: 32,
} as const
const RESULT = 4

/** What is between the brackets of `learn(…)`. */
export function parseLearn(args: Piece, options: TextOptions): LearnAction {
  const numbers: Record<string, number> = { priority: DEFAULT_PRIORITY }
  let table_id = 1
  let cookie = 0n
  let flags = 0
  let result: { ofs: number; field?: LearnResultField } = { ofs: 0 }
  const specs: LearnSpec[] = []
  for (const part of splitList(args)) {
    const cut = part.text.indexOf('=')
    const key = cut < 0 ? part.text : part.text.slice(0, cut)
    const value = slice(part, cut + 1)
    const flag = FLAGS.find(([, name]) => name === part.text)
    if (flag !== undefined) flags |= flag[0]
    else if (cut >= 0 && Object.hasOwn(NUMBERS, key))
      numbers[key] = parseNumber(value, NUMBERS[key as keyof typeof NUMBERS])
    else if (key === 'table') table_id = parseTable(value, options)
    else if (key === 'cookie') cookie = parseBig(value, 64)
    else if (key === 'result_dst') {
      const { field, ofs, n_bits } = parseRange(value)
      if (n_bits !== 1) throw new TextError('bad_value', value.at, 'one bit wanted')
      result = { ofs, field }
      flags |= RESULT
    } else specs.push(parseSpec(part, options))
  }
  const head = {
    idle_timeout: numbers['idle_timeout'] ?? 0,
    hard_timeout: numbers['hard_timeout'] ?? 0,
    priority: numbers['priority'] ?? DEFAULT_PRIORITY,
    cookie,
    flags,
    table_id,
    fin_idle_timeout: numbers['fin_idle_timeout'] ?? 0,
    fin_hard_timeout: numbers['fin_hard_timeout'] ?? 0,
  }
  const limit = numbers['limit'] ?? 0
  if (limit === 0 && result.field === undefined) return { type: 'nx_learn', ...head, specs }
  return { type: 'nx_learn2', ...head, limit, result, specs }
}

type LearnResultField = ReturnType<typeof parseRange>['field']

/** Octets of a number in a spec: as many pairs as its bits need. */
const immediate = (value: bigint, n_bits: number): Uint8Array => octetsOf(value, 2 * Math.ceil(n_bits / 16))

/** A range of a field whose header has 32 bits; of any length. */
function parseBits32(from: Piece): Range {
  const range = parseRange(from)
  if (oxmRow(range.field).experimenter === undefined) return range
  throw new TextError('bad_value', from.at, `${from.text} cannot be learned: it is a field of an experimenter`)
}

/** A number, or bits of a field as many as the destination has. */
function loaded(from: Piece, n_bits: number): Pick<LearnSpec, 'n_bits' | 'src'> {
  if (/^\d/.test(from.text)) return { n_bits, src: immediate(parseBig(from, n_bits), n_bits) }
  const src = parseBits32(from)
  if (src.n_bits !== n_bits) throw new TextError('bad_value', from.at, `${src.n_bits} bits do not fit ${n_bits} bits`)
  return { n_bits, src: { field: src.field, ofs: src.ofs } }
}

function parseSpec(part: Piece, options: TextOptions): LearnSpec {
  const special = /^(load|output):/i.exec(part.text)
  if (special !== null) {
    const rest = slice(part, special[0].length)
    if (special[1]!.toLowerCase() === 'output') {
      const { field, ofs, n_bits } = parseBits32(rest)
      return { n_bits, src: { field, ofs }, to: 'output' }
    }
    const [from, to] = arrow(rest)
    const { field, ofs, n_bits } = parseBits32(to)
    return { ...loaded(from, n_bits), to: 'load', dst: { field, ofs } }
  }
  const cut = part.text.indexOf('=')
  const key = trim(cut < 0 ? part : slice(part, 0, cut))
  const { field, ofs, n_bits } = parseBits32(key)
  const dst = { field, ofs }
  if (cut < 0) return { n_bits, src: dst, to: 'match', dst }
  return { ...source(trim(slice(part, cut + 1)), { field, ofs, n_bits }, options), to: 'match', dst }
}

interface Destination extends Subfield {
  readonly field: FieldName
  readonly n_bits: number
}

/** Bits of a field as many as the destination has, or a value: in the words of the field if all of it is meant. */
function source(from: Piece, to: Destination, options: TextOptions): Pick<LearnSpec, 'n_bits' | 'src'> {
  const { n_bits } = to
  const whole = to.ofs === 0 && n_bits === rangeBits(to.field) && !oxmRow(to.field).variable
  const named = fieldByText(from.text.replace(/\[.*$/s, '')) !== undefined && from.text !== 'IN_PORT'
  const flags = /^[+-]/.test(from.text)
  if (!whole || named || (from.text.includes('[') && !flags)) return loaded(from, n_bits)
  const { value, mask } = parseValue(to.field, from, options)
  if (mask !== ones(fieldBits(to.field))) throw new TextError('bad_mask', from.at, 'no mask may stand here')
  if (value >> BigInt(n_bits) !== 0n) {
    throw new TextError('bad_value', from.at, `${from.text} has more than ${n_bits} bits`)
  }
  return { n_bits, src: immediate(value, n_bits) }
}
