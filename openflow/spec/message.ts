/**
 * Message: the type of every OpenFlow 1.3 message, and encode and decode. The rows are in `messages.ts`,
 * `multipart.ts` and `experimenter.ts`; here are the header (section 7.1.1), errors (section 7.4.4), and the two
 * messages that no row can describe, because they contain a message or differ by side.
 *
 * decode is total: any octets give a Message, or a WireError with the OpenFlow error to answer. What it accepts,
 * encode gives back octet for octet, padding included (`padding` is there only when padding was not zero).
 */

import { type NonzeroPadding, Reader, Writer } from '../wire/cursor.ts'
import { inside, shown, WireError } from '../wire/error.ts'
import { type Field, type Of, rest, u16, u32 } from '../wire/field.ts'
import { behind, fixedValue, pad, type Struct, struct } from '../wire/struct.ts'
import { OFP_VERSION } from './constants.ts'
import { type ErrorKind, errorBody } from './errors.ts'
import { EXPERIMENTER_MESSAGES } from './experimenter.ts'
import { type HelloBody, helloBody } from './hello.ts'
import { MESSAGES } from './messages.ts'
import { type MultipartReply, type MultipartRequest, multipart } from './multipart.ts'
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

export type ErrorMessage = { type: 'error'; data: Uint8Array } & Header & ErrorKind
export type ExperimenterMessage = {
  type: 'experimenter'
  experimenter: number
  exp_type: number
  data: Uint8Array
} & Header
/** A message inside a bundle (EXT-230); its xid must be the outer one. `properties` are kept as octets. */
export type BundleAddMessage = {
  type: 'bundle_add_message'
  bundle_id: number
  flags: number
  message: Message
  properties: Uint8Array
} & Header

export type HelloMessage = { type: 'hello' } & Header & HelloBody

export type Message =
  | RowMessages<typeof MESSAGES>
  | HelloMessage
  | RowMessages<typeof EXPERIMENTER_MESSAGES>
  | ({ type: 'multipart_request' } & Header & MultipartRequest)
  | ({ type: 'multipart_reply' } & Header & MultipartReply)
  | ErrorMessage
  | ExperimenterMessage
  | BundleAddMessage

export type MessageType = Message['type']
/** The message of one type: `MessageNamed<'flow_mod'>`. */
export type MessageNamed<N extends MessageType> = Extract<Message, { type: N }>

interface Row {
  readonly name: string
  readonly number: number
  readonly experimenter?: number
  /** Reads and writes from the xid on. */
  readonly body: Field<object>
}

const HEADER_SIZE = 8
const EXPERIMENTER_TYPE = 4

/** Type and xid in front of what a field reads that is no struct. */
function special<T extends object>(name: string, field: Field<T>): Field<object> {
  return {
    kind: 'message',
    min: 4 + field.min,
    fixed: false,
    read: (r) => ({ type: name, xid: u32.read(r), ...field.read(r) }),
    write(w, value) {
      try {
        u32.write(w, (value as { xid: number }).xid)
      } catch (error) {
        throw inside(error, 'xid')
      }
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
    const size = (r.octets[at + 2]! << 8) | r.octets[at + 3]!
    if (size < HEADER_SIZE || at + size > outer)
      throw new WireError('bad_len', at + 2, `length ${size}`).within('length')
    r.enter()
    r.end = at + size
    const message = readMessage(r)
    r.end = outer
    r.leave()
    return message
  },
  write(w, message) {
    w.enter()
    writeMessage(w, message)
    w.leave()
  },
}

const unknownExperimenter = struct({ experimenter: u32, exp_type: u32, data: rest })
const bundleAdd = struct({ bundle_id: u32, pad: pad(2), flags: u16, message: nestedMessage, properties: rest })

const byNumber: Array<Row | undefined> = []
const byExperimenter = new Map<number, Row>()
const byName = new Map<string, Row>()
/** 48 bits: no two experimenters' types share a key. */
const experimenterKey = (experimenter: number, type: number): number => experimenter * 0x10000 + type

function define(row: Row): void {
  byName.set(row.name, row)
  if (row.experimenter === undefined) byNumber[row.number] = row
  else byExperimenter.set(experimenterKey(row.experimenter, row.number), row)
}

function definePlain(name: string, number: number, body: Struct<object>): void {
  define({ name, number, body: behind({ xid: u32 }, body).tagged(name) })
}

function defineExperimenter(name: string, number: number, experimenter: number, body: Struct<object>): void {
  const front = { xid: u32, experimenter: fixedValue(u32, experimenter), exp_type: fixedValue(u32, number) }
  define({ name, number, experimenter, body: behind(front, body).tagged(name) })
}

for (const [name, { number, body }] of Object.entries(MESSAGES)) definePlain(name, number, body as Struct<object>)
for (const [name, { number, experimenter, body }] of Object.entries(EXPERIMENTER_MESSAGES)) {
  defineExperimenter(name, number, experimenter, body as Struct<object>)
}
definePlain('experimenter', EXPERIMENTER_TYPE, unknownExperimenter)
defineExperimenter('bundle_add_message', 2301, EXPERIMENTER.onf, bundleAdd)
define({ name: 'hello', number: 0, body: special('hello', helloBody) })
define({ name: 'error', number: 1, body: special('error', errorBody) })
define({
  name: 'multipart_request',
  number: 18,
  body: special('multipart_request', multipart<MultipartRequest>('request')),
})
define({ name: 'multipart_reply', number: 19, body: special('multipart_reply', multipart<MultipartReply>('reply')) })

/** Every message type's name. */
export const MESSAGE_TYPES = [...byName.keys()] as readonly MessageType[]

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
  const size = (b[start + 2]! << 8) | b[start + 3]!
  if (size !== r.end - start) {
    throw new WireError('bad_len', start + 2, `length ${size} of ${r.end - start} octets`).within('length')
  }
  if (version !== OFP_VERSION && type > LAST_OF_ANY_VERSION) {
    throw new WireError('bad_version', start, `version ${version}`, BAD_VERSION).within('version')
  }
  const row = type === EXPERIMENTER_TYPE ? experimenterRow(r) : byNumber[type]
  if (row === undefined) throw new WireError('bad_type', start + 1, `type ${type}`, BAD_TYPE).within('type')
  r.at = start + 4
  const message = row.body.read(r) as Message
  if (r.at !== r.end) throw new WireError('bad_len', r.at, `${r.end - r.at} octets left over`)
  if (version !== OFP_VERSION) message.version = version
  return message
}

function experimenterRow(r: Reader): Row | undefined {
  const at = r.at
  if (r.end - at < 16) return byNumber[EXPERIMENTER_TYPE]
  r.at = at + HEADER_SIZE
  return byExperimenter.get(experimenterKey(u32.read(r), u32.read(r))) ?? byNumber[EXPERIMENTER_TYPE]
}

function writeMessage(w: Writer, message: Message): void {
  if (typeof message !== 'object' || message === null) throw new WireError('wrong_type', w.at, 'message wanted')
  const row = byName.get(message.type)
  if (row === undefined)
    throw new WireError('unknown_name', w.at, `no such message: ${shown(message.type)}`).within('type')
  const start = w.at
  const version = message.version ?? OFP_VERSION
  if (!Number.isInteger(version) || version < 0 || version > 0xff) {
    throw new WireError('out_of_range', start, `${shown(version)} is no version`).within('version')
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
    if (error instanceof WireError) error.error ??= BAD_REQUEST
    throw error
  }
}

const scratch = new Writer(65536)

/** The octets of one message, lengths and padding computed. Throws WireError on a value that does not fit. */
export function encode(message: Message): Uint8Array {
  return encodeAll([message])
}

/** The octets of several messages, one after the other: what to hand to a socket in one write. */
export function encodeAll(messages: readonly Message[]): Uint8Array {
  const w = scratch
  w.at = 0
  w.depth = 0
  for (const message of messages) {
    w.padding = message?.padding === undefined ? undefined : paddingAt(message.padding, w.at)
    writeMessage(w, message)
  }
  w.padding = undefined
  return w.octets.slice(0, w.at)
}

function paddingAt(padding: readonly NonzeroPadding[], start: number): Map<number, Uint8Array> {
  return new Map(padding.map(({ offset, octets }) => [start + offset, octets]))
}
