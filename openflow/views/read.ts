/**
 * Hot messages as objects, read by hand: what `readFlowMod` and its like share. They give what decode gives and throw
 * what decode throws, at less than half the cost, for messages of 1.3 with padding of zeros. The fields and actions that
 * fill a controller's day are read here, others one by one by their rows. For what is neither, or not in order, a reader
 * here gives undefined, having made nothing that lasts, and the caller asks decode. Where few members are wanted, a view
 * is cheaper still.
 *
 * Why a message is copied before it is read: of octets in a place that never changes, 32 bits are one load; of octets
 * anywhere, four, each with its own check. The copy costs what six such numbers do.
 */

import { ACTIONS, type Action, actions as actionRows } from '../spec/actions-nested.ts'
import { INSTRUCTIONS, type Instruction, instructions as instructionRows } from '../spec/instructions.ts'
import { oxmList } from '../spec/match.ts'
import { decode, type Message, type MessageNamed, type MessageType } from '../spec/message.ts'
import { boundOf, type Oxm } from '../spec/oxm.ts'
import { Reader } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { type Field, joined } from '../wire/field.ts'
import { rowIn, type UnionRow } from '../wire/union.ts'
import { OF13 } from './view.ts'

const numberIn13 = (row: UnionRow | undefined): number => rowIn(row!, OF13)!.number
/** Type and length as one number. */
const head = (row: UnionRow | undefined, size: number): number => numberIn13(row) * 0x10000 + size
const OUTPUT = head(ACTIONS.output, 16)
const GROUP = head(ACTIONS.group, 8)
const GOTO_TABLE = head(INSTRUCTIONS.goto_table, 8)
const APPLY_ACTIONS = numberIn13(INSTRUCTIONS.apply_actions)

const OFPMT_OXM = 1

/** Where the message stands while it is read. */
const place = new Uint8Array(0x10000)
const wire = new DataView(place.buffer)
const copy = place.set.bind(place)

/** The octets from `at` to `end`. */
export function part(b: Uint8Array, at: number, end: number): Uint8Array {
  return at === 0 && end === b.length ? b : b.subarray(at, end)
}

/**
 * The message, if it is one of this number of 1.3 with at least so many octets. Good until the next is opened; behind the
 * message stands what was there before.
 */
export function opened(octets: Uint8Array, type: number, least: number): DataView | undefined {
  const size = octets.length
  if (size < least || size >= 0x10000) return undefined
  copy(octets)
  return wire.getUint16(0) === (OF13 << 8) + type && wire.getUint16(2) === size ? wire : undefined
}

/** The message as decode gives it, or undefined if it is of another type. Throws what decode throws. */
export function byRows<T extends MessageType>(octets: Uint8Array, type: T): MessageNamed<T> | undefined {
  const message: Message = decode(octets)
  return message.type === type ? (message as MessageNamed<T>) : undefined
}

/** 64 bits of the message that was opened. */
export function u64(at: number): bigint {
  return joined(wire.getUint32(at), wire.getUint32(at + 4))
}

/** First octet behind the match at `at` and its padding. */
export function behindMatch(at: number): number {
  return at + ((wire.getUint16(at + 2) + 7) & ~7)
}

/** The fields of the match at `at` of the message that was opened, if with its padding it ends by `end`. */
export function plainMatch(octets: Uint8Array, at: number, end: number): Oxm[] | undefined {
  if (end - at < 8 || wire.getUint16(at) !== OFPMT_OXM) return undefined
  const last = at + wire.getUint16(at + 2)
  const behind = behindMatch(at)
  if (last < at + 4 || behind > end) return undefined
  for (let i = last; i < behind; i++) if (wire.getUint8(i) !== 0) return undefined
  let count = 0
  for (let next = at + 4; next < last; next += 4 + wire.getUint8(next + 3)) count++
  const fields = roomFor<unknown>(count)
  count = 0
  for (let next = at + 4; next < last; ) {
    if (last - next < 4) return undefined
    const header = wire.getUint32(next)
    const body = next + 4
    next = body + (header & 0xff)
    if (next > last) return undefined
    const bound = boundOf(header)
    if (bound === undefined) {
      const one = byRow(oxmList, octets, body - 4, next, 0)
      if (one === undefined) return undefined
      fields[count++] = one
      continue
    }
    const { name: field, size: width } = bound
    const value = valueAt(body, width)
    // Compared with true, since all else that might stand there would have to be told from it.
    if (bound.significant === true && (value as number) > bound.limit) return undefined
    if (bound.masked === true) fields[count++] = { field, value, mask: valueAt(body + width, width) }
    else fields[count++] = { field, value }
  }
  return fields as Oxm[]
}

function valueAt(at: number, size: number): number | bigint {
  if (size === 4) return wire.getUint32(at)
  if (size === 2) return wire.getUint16(at)
  return size === 1 ? wire.getUint8(at) : oddValueAt(at, size)
}

/** The rarer sizes, apart: what is called for every field has to be short to be fast. */
function oddValueAt(at: number, size: number): number | bigint {
  switch (size) {
    case 3:
      return wire.getUint32(at) >>> 8
    case 6:
      return wire.getUint16(at) * 0x1_0000_0000 + wire.getUint32(at + 2)
    case 8:
      return u64(at)
    default:
      return (u64(at) << 64n) | u64(at + 8)
  }
}

/** The actions from `at` to `end` of the message that was opened, `depth` lists deep. */
export function plainActions(octets: Uint8Array, at: number, end: number, depth: number): Action[] | undefined {
  if (elementEnd(at, end) !== end) return listOf(actionAt, octets, at, end, depth)
  const only = actionAt(octets, at, end, depth)
  return only && [only]
}

function actionAt(octets: Uint8Array, at: number, end: number, depth: number): Action | undefined {
  const first = wire.getUint32(at)
  if (first === GROUP) return { type: 'group', group_id: wire.getUint32(at + 4) }
  if (first !== OUTPUT) return byRow(actionRows, octets, at, end, depth)
  if ((wire.getUint16(at + 10) | wire.getUint32(at + 12)) !== 0) return undefined
  return { type: 'output', port: wire.getUint32(at + 4), max_len: wire.getUint16(at + 8) }
}

/** The instructions from `at` to `end` of the message that was opened. */
export function plainInstructions(octets: Uint8Array, at: number, end: number): Instruction[] | undefined {
  if (elementEnd(at, end) !== end) return listOf(instructionAt, octets, at, end, 0)
  const only = instructionAt(octets, at, end, 0)
  return only && [only]
}

function instructionAt(octets: Uint8Array, at: number, end: number, depth: number): Instruction | undefined {
  const first = wire.getUint32(at)
  if (first === GOTO_TABLE) {
    const body = wire.getUint32(at + 4)
    return (body & 0xff_ffff) === 0 ? { type: 'goto_table', table_id: body >>> 24 } : undefined
  }
  if (first >>> 16 !== APPLY_ACTIONS) return byRow(instructionRows, octets, at, end, depth)
  if (wire.getUint32(at + 4) !== 0) return undefined
  const actions = plainActions(octets, at + 8, end, depth + 1)
  return actions === undefined ? undefined : { type: 'apply_actions', actions }
}

/**
 * What `elementAt` reads, one after the other; undefined if it is undefined of one. Lists of one, as most are, do not come
 * here: a function that is called through another cannot be put into its caller.
 */
function listOf<T>(
  elementAt: (octets: Uint8Array, at: number, end: number, depth: number) => T | undefined,
  octets: Uint8Array,
  at: number,
  end: number,
  depth: number,
): T[] | undefined {
  const list = roomFor<T>(elements(at, end))
  let count = 0
  for (let here = at; here < end; count++) {
    const next = elementEnd(here, end)
    const one = next === 0 ? undefined : elementAt(octets, here, next, depth)
    if (one === undefined) return undefined
    list[count] = one
    here = next
  }
  return list
}

/** The end of the element at `at`, by its length; 0 where that is none. */
function elementEnd(at: number, end: number): number {
  if (end - at < 8) return 0
  const size = wire.getUint16(at + 2)
  return size < 8 || at + size > end ? 0 : at + size
}

/** How many elements their lengths make of the octets. */
function elements(at: number, end: number): number {
  let count = 0
  for (let here = at; here !== 0 && here < end; count++) here = elementEnd(here, end)
  return count
}

/** The one element that the octets are, `depth` lists deep, by its row. */
function byRow<T>(list: Field<T[]>, octets: Uint8Array, at: number, end: number, depth: number): T | undefined {
  const r = new Reader(octets, at, end)
  r.depth = depth
  try {
    const [one] = list.read(r)
    return r.padding === undefined ? one : undefined
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** A list to be filled, with room for so many, up to eight: it takes an eighth of what one takes that grows. */
function roomFor<T>(count: number): T[] {
  const x = undefined as T
  switch (count) {
    case 1:
      return [x]
    case 2:
      return [x, x]
    case 3:
      return [x, x, x]
    case 4:
      return [x, x, x, x]
    case 5:
      return [x, x, x, x, x]
    case 6:
      return [x, x, x, x, x, x]
    case 7:
      return [x, x, x, x, x, x, x]
    default:
      return count === 0 ? [] : [x, x, x, x, x, x, x, x]
  }
}
