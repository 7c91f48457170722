/**
 * Message: the type of every OpenFlow message, and encode and decode, in the versions of wire/version.ts. The rows are in `messages.ts`,
 * `multipart.ts` and `experimenter.ts`; here are the header (section 7.1.1), errors (section 7.4.4), and the two
 * messages that no row can describe, because they contain a message or differ by side.
 *
 * decode is total: any octets give a Message, or a WireError with the OpenFlow error to answer. What it accepts,
 * encode gives back octet for octet, padding included (`padding` is there only when padding was not zero).
 */

import { type NonzeroPadding, Reader, Writer } from '../wire/cursor.ts'
import { inside, shown, WireError } from '../wire/error.ts'
import { type Absent, type Field, isUint, type Of, rest, u16, u32 } from '../wire/field.ts'
import { implied } from '../wire/narrow.ts'
import { u16At } from '../wire/octets.ts'
import { behind, fixedValue, pad, type Struct, struct } from '../wire/struct.ts'
import { rowIn } from '../wire/union.ts'
import { type Columns, columns, inVersion, isSpoken, notInVersion, perVersion, type Version } from '../wire/version.ts'
import { OFP_VERSION } from './constants.ts'
import { type ErrorKind, errorBody } from './errors.ts'
import { type BundleProperty, bundleProperties, EXPERIMENTER_MESSAGES } from './experimenter.ts'
import { type HelloBody, helloBody } from './hello.ts'
import { MESSAGES, type MessageRow } from './messages.ts'
import { type MultipartReply, type MultipartRequest, multipart } from './multipart.ts'
import { nearestError } from './nearest-error.ts'
import { EXPERIMENTER } from './oxm-row.ts'

interface Header {
  xid: number
  /** Only when it is not 4; hello, error and echo are read in any version (they negotiate it). */
  version?: number
  /** Padding that was not zero, by offset in the message. Encode restores it where padding still stands there. */
  padding?: readonly NonzeroPadding[]
}

type RowMessages<R> = {
  [K in keyof R]: R[K] extends { body: infer F } ? { type: K } & Header & Of<F> : never
}[keyof R]

/** What a peer refuses (section 7.4.4). `data`: at least 64 octets of the request; of hello_failed, text. */
export type ErrorMessage = { type: 'error'; data: Uint8Array } & Header & ErrorKind
/** A message of an experimenter that no row describes. */
export type ExperimenterMessage = {
  type: 'experimenter'
  experimenter: number
  /** 0 in 1.0, where the type is part of the data. */
  exp_type: number
  data: Uint8Array
} & Header
/** A message inside a bundle (EXT-230 on 1.3); its xid must be the outer one. */
export type BundleAddMessage = {
  type: 'bundle_add_message'
  bundle_id: number
  flags: number
  message: Message
  properties: BundleProperty[]
} & Header

/** Another controller changed groups or meters: `request` is its group_mod or meter_mod. */
export type RequestForwardMessage = { type: 'requestforward'; request: Message } & Header

/** The first message of both sides (section 7.5.1). */
export type HelloMessage = { type: 'hello' } & Header & HelloBody

/**
 * Any message of any version, told apart by `type`; multipart messages then by `mp_type`. Members are those of the
 * specification's structure; units and bits stand at the parts (`Port`, `FlowStats`, ...) and at the constants.
 */
export type Message =
  | RowMessages<typeof MESSAGES>
  | HelloMessage
  | RowMessages<typeof EXPERIMENTER_MESSAGES>
  | ({ type: 'multipart_request' } & Header & MultipartRequest)
  | ({ type: 'multipart_reply' } & Header & MultipartReply)
  | ErrorMessage
  | ExperimenterMessage
  | BundleAddMessage
  | RequestForwardMessage

/** Name of a message: the specification's in lower case, without OFPT_. */
export type MessageType = Message['type']
/** The message of one type: `MessageNamed<'flow_mod'>`. */
export type MessageNamed<N extends MessageType> = Extract<Message, { type: N }>

interface Row {
  readonly name: string
  readonly number: number
  readonly experimenter: number | undefined
  /** Reads and writes from the xid on. */
  readonly body: Field<object>
}

/** The rows as they are in one version. */
interface Table {
  readonly byNumber: Array<Row | undefined>
  /** By id, then type: each has 32 bits. */
  readonly byExperimenter: Map<number, Map<number, Row>>
  readonly byName: Map<string, Row>
}

const HEADER_SIZE = 8
const EXPERIMENTER_TYPE = 4

/** Type and xid (and whatever else is fixed) in front of what a field reads that is no struct. */
function special<T extends object>(name: string, field: Field<T>, fixed: ReadonlyArray<Field<Absent>>): Field<object> {
  return {
    kind: 'message',
    min: 4 + field.min,
    fixed: false,
    read(r) {
      const xid = u32.read(r)
      for (const one of fixed) one.read(r)
      return { type: name, xid, ...field.read(r) }
    },
    write(w, value) {
      try {
        u32.write(w, (value as { xid: number }).xid)
      } catch (error) {
        throw inside(error, 'xid')
      }
      for (const one of fixed) one.write(w, undefined as never)
      field.write(w, value as T)
    },
  }
}

/** A message inside a message. Its octets count from the start of the outer one. */
const nestedMessage: Field<Message> = {
  kind: 'message',
  min: HEADER_SIZE,
  fixed: false,
  read(r) {
    const at = r.at
    const outer = r.end
    r.need(HEADER_SIZE)
    const size = u16At(r.octets, at + 2)
    if (size < HEADER_SIZE || at + size > outer)
      throw new WireError('bad_len', at + 2, `length ${size}`).within('length')
    if (r.octets[at] !== r.version) {
      throw new WireError('bad_version', at, `version ${r.octets[at]} inside ${r.version}`).within('version')
    }
    r.enter()
    r.end = at + size
    const message = readMessage(r)
    r.end = outer
    r.leave()
    return message
  },
  write(w, message) {
    w.enter()
    writeMessage(w, message, w.version)
    w.leave()
  },
}

const unknownExperimenter13 = struct({ experimenter: u32, exp_type: u32, data: rest })
/** Vendors of 1.0 have no types. */
const unknownExperimenter = columns<Of<typeof unknownExperimenter13>>({
  of10: struct({ experimenter: u32, exp_type: implied<number>(0), data: rest }),
  of13: unknownExperimenter13,
})
const bundleHead = struct({ bundle_id: u32, pad: pad(2), flags: u16 })
const bundled = struct({ message: nestedMessage })
const bundleTail = struct({ properties: bundleProperties })

/** Where properties follow the message, it is padded to a multiple of 8 octets; where none do, it is not. */
const bundleAdd: Field<Omit<BundleAddMessage, 'type' | 'xid'>> = {
  kind: 'bundleAdd',
  min: bundleHead.min + HEADER_SIZE,
  fixed: false,
  read(r) {
    const head = bundleHead.read(r)
    const start = r.at
    const { message } = bundled.read(r)
    const at = r.at
    if (at < r.end) r.skip((8 - ((at - start) % 8)) % 8)
    const { properties } = bundleTail.read(r)
    if (properties.length === 0 && r.at > at) throw new WireError('bad_len', at, 'padding before no properties')
    return { ...head, message, properties }
  },
  write(w, value) {
    bundleHead.write(w, value)
    const start = w.at
    bundled.write(w, value)
    if (value.properties?.length > 0) w.skip((8 - ((w.at - start) % 8)) % 8)
    bundleTail.write(w, value)
  },
}

/** The rows of this file, beside those of the tables. */
const OWN: Readonly<Record<string, MessageRow>> = {
  hello: { number: 0, body: helloBody },
  error: { number: 1, body: errorBody },
  experimenter: { number: EXPERIMENTER_TYPE, body: unknownExperimenter },
  multipart_request: {
    number: { of10: 16, of13: 18 },
    body: multipart<MultipartRequest>('request'),
  },
  multipart_reply: {
    number: { of10: 17, of13: 19 },
    body: multipart<MultipartReply>('reply'),
  },
  bundle_add_message: {
    number: { of13: 2301, of14: 34 },
    experimenter: { of13: EXPERIMENTER.onf, of14: null },
    body: bundleAdd,
  },
  requestforward: {
    number: { of10: 132, of13: 2350, of14: 32 },
    experimenter: { of10: EXPERIMENTER.nicira, of13: EXPERIMENTER.onf, of14: null },
    body: struct({ request: nestedMessage }),
  },
}

/** The rows of all messages. */
export const MESSAGE_ROWS: Readonly<Record<string, MessageRow>> = { ...MESSAGES, ...EXPERIMENTER_MESSAGES, ...OWN }

/** What stands after the length: xid, for experimenters' rows id and type, and the body. */
function wholeBody(
  name: string,
  body: Field<unknown>,
  experimenter: number | undefined,
  number: number,
): Field<object> {
  const ids =
    experimenter === undefined ? {} : { experimenter: fixedValue(u32, experimenter), exp_type: fixedValue(u32, number) }
  if (body.kind === 'struct') return behind({ xid: u32, ...ids }, body as Struct<object>).tagged(name)
  return special(name, body as Field<object>, Object.values(ids))
}

/** A field that several versions share is bound once. */
function tableOf(version: Version): Table {
  const table: Table = { byNumber: [], byExperimenter: new Map(), byName: new Map() }
  for (const [name, row] of Object.entries(MESSAGE_ROWS)) {
    const place = rowIn(row, version)
    if (place === undefined) continue
    const columned = row.body.kind === 'columns' ? (row.body as Columns<object>) : undefined
    const body = columned === undefined ? row.body : inVersion(columned.by, version)
    if (body === undefined) continue
    const whole = wholeBody(name, body as Field<unknown>, place.experimenter, place.number)
    const bound: Row = { name, ...place, body: columned === undefined ? whole : guarded(columned, version, whole) }
    table.byName.set(name, bound)
    if (place.experimenter === undefined) table.byNumber[place.number] = bound
    else {
      const types = table.byExperimenter.get(place.experimenter) ?? new Map<number, Row>()
      table.byExperimenter.set(place.experimenter, types.set(place.number, bound))
    }
  }
  return table
}

/** The same, writing after refusing what only other versions' columns could say. */
function guarded(by: Columns<object>, version: Version, whole: Field<object>): Field<object> {
  const refuses = by.refusing(version)
  if (refuses === undefined) return whole
  return {
    ...whole,
    write(w, value) {
      refuses(w, value)
      whole.write(w, value)
    },
  }
}

const TABLES = perVersion<Table>()

function made(version: Version): Table {
  const table = tableOf(version)
  TABLES[version] = table
  return table
}

/** The rows in a version; undefined where it is not spoken. */
function tableIn(version: number): Table | undefined {
  return TABLES[version] ?? (isSpoken(version) ? made(version) : undefined)
}

/** Every message type's name. */
export const MESSAGE_TYPES = Object.keys(MESSAGE_ROWS) as readonly MessageType[]

/** Whether a version has such a message. */
export function hasMessage(type: MessageType, version: Version): boolean {
  return tableIn(version)!.byName.has(type)
}

/** Hello, error and echo (types 0 to 3) negotiate the version, so they are read in any. */
const LAST_OF_ANY_VERSION = 3
const BAD_VERSION = { type: 'bad_request', code: 'bad_version' } as const
const BAD_TYPE = { type: 'bad_request', code: 'bad_type' } as const

/** Reads the message that fills the region of the reader. */
function readMessage(r: Reader): Message {
  const start = r.at
  r.need(HEADER_SIZE)
  const b = r.octets
  const version = b[start]!
  const type = b[start + 1]!
  const size = u16At(b, start + 2)
  if (size !== r.end - start) {
    throw new WireError('bad_len', start + 2, `length ${size} of ${r.end - start} octets`).within('length')
  }
  const table = tableIn(version) ?? (type > LAST_OF_ANY_VERSION ? undefined : tableIn(OFP_VERSION))
  if (table === undefined) {
    throw new WireError('bad_version', start, `version ${version}`, BAD_VERSION).within('version')
  }
  r.version = isSpoken(version) ? version : OFP_VERSION
  const row = type === EXPERIMENTER_TYPE ? experimenterRow(r, table) : table.byNumber[type]
  if (row === undefined) throw new WireError('bad_type', start + 1, `type ${type}`, BAD_TYPE).within('type')
  r.at = start + 4
  const message = row.body.read(r) as Message
  if (r.at !== r.end) throw new WireError('bad_len', r.at, `${r.end - r.at} octets left over`)
  if (version !== OFP_VERSION) message.version = version
  return message
}

function experimenterRow(r: Reader, { byNumber, byExperimenter }: Table): Row | undefined {
  const at = r.at
  if (r.end - at < 16) return byNumber[EXPERIMENTER_TYPE]
  r.at = at + HEADER_SIZE
  return byExperimenter.get(u32.read(r))?.get(u32.read(r)) ?? byNumber[EXPERIMENTER_TYPE]
}

function writeMessage(w: Writer, message: Message, version: number): void {
  if (typeof message !== 'object' || message === null) throw new WireError('wrong_type', w.at, 'message wanted')
  const start = w.at
  if (!isUint(version, 0xff)) {
    throw new WireError('out_of_range', start, `${shown(version)} is no version`).within('version')
  }
  w.version = isSpoken(version) ? version : OFP_VERSION
  const row = tableIn(w.version)!.byName.get(message.type)
  if (row === undefined) {
    if (typeof message.type === 'string' && Object.hasOwn(MESSAGE_ROWS, message.type)) {
      throw notInVersion(start, version, message.type).within('type')
    }
    throw new WireError('unknown_name', start, `no such message: ${shown(message.type)}`).within('type')
  }
  if (!isSpoken(version) && row.number > LAST_OF_ANY_VERSION) {
    throw new WireError('bad_version', start, `version ${version} is not spoken`).within('version')
  }
  w.room(HEADER_SIZE)
  w.octets[start] = version
  w.octets[start + 1] = row.experimenter === undefined ? row.number : EXPERIMENTER_TYPE
  w.at = start + 4
  row.body.write(w, message)
  w.patch16(start + 2, w.at - start)
}

/** Length errors outside any narrower context. */
const BAD_REQUEST = { type: 'bad_request', code: 'bad_len' } as const

/**
 * One whole message (exactly; the framer cuts them). Throws only WireError, whose `error` is what to answer.
 * Octet values in the result are views of `octets`.
 */
export function decode(octets: Uint8Array): Message {
  const r = new Reader(octets)
  try {
    const message = readMessage(r)
    if (r.padding !== undefined) message.padding = r.padding
    return message
  } catch (error) {
    if (error instanceof WireError) error.error = nearestError(error.error ?? BAD_REQUEST, r.version)
    throw error
  }
}

const scratch = new Writer(65536)

/**
 * The octets of one message in its own version, lengths and padding computed. Throws WireError on a value that does
 * not fit, `not_in_version` if only another version could say it. Like small Buffers, results may share an ArrayBuffer.
 */
export function encode(message: Message): Uint8Array {
  return encodeAll([message])
}

/**
 * The octets of several messages, one after the other: what to hand to a socket in one write. With a version, all are
 * written in that one, whatever they came in.
 */
export function encodeAll(messages: readonly Message[], version?: number): Uint8Array {
  const w = scratch
  w.at = 0
  encodeOnto(w, messages, version)
  return w.copied()
}

/** Appends what encodeAll gives. A WireError leaves the writer as it was; it counts from the first message, too. */
export function encodeOnto(w: Writer, messages: readonly Message[], version?: number): void {
  const start = w.at
  w.depth = 0
  try {
    for (const message of messages) {
      w.padding = message?.padding === undefined ? undefined : paddingAt(message.padding, w.at)
      writeMessage(w, message, version ?? message?.version ?? OFP_VERSION)
    }
  } catch (error) {
    w.at = start
    throw error instanceof WireError ? error.since(start) : error
  } finally {
    w.padding = undefined
  }
}

function paddingAt(padding: readonly NonzeroPadding[], start: number): Map<number, Uint8Array> {
  return new Map(padding.map(({ offset, octets }) => [start + offset, octets]))
}
