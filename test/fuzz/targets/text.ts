/**
 * The text form: any text is parsed or refused with a TextError whose offset lies in it. What parses can be encoded,
 * and its text parses to the same again.
 */
import { isDeepStrictEqual } from 'node:util'
import { law, type Target } from '../engine/target.ts'
import { encode, type Message, octetsText, text, toJson, WireError } from '../subject.ts'
import { shapeOf } from './shape.ts'

const { TextError, formatActions, formatFlow, formatGroup, formatInstructions, formatMatch, formatMeter } = text
const { parseActions, parseFlow, parseFlowDump, parseFlowMod, parseFlowStats, parseFlows, parseGroup } = text
const { parseInstructions, parseMatch, parseMeter } = text

type Parse = (text: string) => unknown
type Format = (value: never) => string

/** A way to read a text, and how what was read is written again. */
interface Reading {
  readonly what: string
  readonly parse: Parse
  readonly formats: readonly Format[]
  /** Texts that are worth the trial: every refusal looks for the nearest of hundreds of names. */
  readonly tries: RegExp
}

const added = (value: text.FlowLike): string => formatFlow(value, { style: 'add' })
const meterLine = (value: text.MeterLike): string => formatMeter(value, { style: 'add' })
const FLOW = /actions?\s*=/i
/** Without what begins the actions of a flow: with it a text can be nothing but a flow. */
const NO_FLOW = /^(?!.*actions?\s*=)/is
const READINGS: readonly Reading[] = [
  { what: 'flow', parse: flow, formats: [added, formatFlow], tries: /^/ },
  { what: 'match', parse: parseMatch, formats: [formatMatch], tries: NO_FLOW },
  { what: 'actions', parse: parseActions, formats: [formatActions], tries: NO_FLOW },
  { what: 'instructions', parse: parseInstructions, formats: [formatInstructions], tries: NO_FLOW },
  { what: 'group', parse: parseGroup, formats: [formatGroup], tries: /group_id|bucket/ },
  { what: 'meter', parse: parseMeter, formats: [meterLine, formatMeter], tries: /meter|band/ },
  { what: 'flow stats', parse: parseFlowStats, formats: [formatFlow], tries: FLOW },
  { what: 'flow mod', parse: parseFlowMod, formats: [], tries: /^\s*(add|mod|del)/i },
  { what: 'flows', parse: parseFlows, formats: [], tries: /\n/ },
  { what: 'dump', parse: parseFlowDump, formats: [], tries: /\n/ },
]
const CONTROLLER = 0xfffffffd

/** Members of a flow that its text tells; the others are not in it. */
function flow(line: string): object {
  const { cookie_mask: _mask, buffer_id: _buffer, out_port: _port, out_group: _group, ...told } = parseFlow(line)
  return told
}

function refused(error: unknown, line: string): text.TextError {
  if (!(error instanceof TextError)) throw error
  law(error.offset >= 0 && error.offset <= line.length, 'offset', () => `${error.offset} of ${line.length}`)
  return error
}

function encodes(what: string, value: unknown): void {
  if (what !== 'flow') return
  const { cookie: _cookie, ...rest } = value as text.ParsedFlow
  const message = { ...rest, cookie: 0n, cookie_mask: 0n, buffer_id: 0, out_port: 0, out_group: 0 }
  try {
    encode({ type: 'flow_mod', xid: 0, command: 'add', ...message } as Message)
  } catch (error) {
    if (error instanceof WireError && /^(too_|not_in_version)/.test(error.code)) return
    law(!(error instanceof WireError), 'parsed, not to be encoded', () => `${error} in ${toJson(value)}`)
    throw error
  }
}

/** Names of fields and types in a value, in order. */
function namesIn(value: unknown): string {
  return (toJson(value).match(/"(field|type|to)":"[^"]*"/g) ?? []).join(' ')
}

function withoutZeros(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => octet !== 0)
  return octets.subarray(first < 0 ? octets.length : first)
}

/**
 * Without what no text tells: how many octets go to a port that is not the controller, that importance is 0, and zeros
 * in front of a field of variable length (ovs-ofctl sends as many as the number had before its mask took them away).
 */
function told(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(told)
  const { max_len, importance, ...rest } = value as Record<string, unknown>
  const short = (member: unknown): unknown =>
    'field' in rest && member instanceof Uint8Array ? withoutZeros(member) : told(member)
  const members = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, short(member)]))
  const isTold = max_len !== undefined && (rest['type'] !== 'output' || rest['port'] === CONTROLLER)
  return { ...members, ...(isTold ? { max_len } : {}), ...(importance ? { importance } : {}) }
}

/** What is written must be read as the same. */
function returns(what: string, line: string, value: unknown, parse: Parse, format: Format): void {
  const written = format(value as never)
  let again: unknown
  try {
    again = parse(written)
  } catch (error) {
    const { message } = refused(error, written)
    law(false, `${what}: its text is refused`, () => `${message}: ${written} of ${line}`)
  }
  const rewritten = format(again as never)
  law(rewritten === written, `${what}: its text changes`, () => `${rewritten} of ${written} of ${line}`)
  // Fields that are parts of others (xreg0 of reg0 and reg1) come back as those: another value, the same meaning.
  if (namesIn(again) !== namesIn(value)) return
  law(isDeepStrictEqual(told(again), told(value)), `${what}: its text means another`, () => {
    return `${toJson(again)} of ${toJson(value)}: ${written} of ${line}`
  })
}

export const textTarget: Target = {
  name: 'text',
  form: 'text',
  options: 0,
  limit: 50,
  run(input, feature) {
    const line = octetsText(input)
    for (const { what, parse, formats, tries } of READINGS) {
      if (!tries.test(line)) continue
      let value: unknown
      try {
        value = parse(line)
      } catch (error) {
        const { code, message } = refused(error, line)
        // Of an unknown name only what it should have been, and few of these: names themselves are without end.
        feature(code === 'unknown_name' ? `${what} unknown=${message.split(' ')[1]}` : `${what} ${code}`)
        continue
      }
      shapeOf(value, what, feature)
      encodes(what, value)
      for (const format of formats) returns(what, line, value, parse, format)
    }
  },
}
