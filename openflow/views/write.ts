/**
 * What all the functions share that write a message straight into a caller's octets. They give what encode gives, and
 * refuse what encode refuses with the same WireError; octets that are prepared (matches, instructions, actions) are
 * copied as they are, so prepare them with `matchOctets` and its like.
 */

import { type Action, actions } from '../spec/actions-nested.ts'
import { OFP_VERSION } from '../spec/constants.ts'
import { type Instruction, instructions } from '../spec/instructions.ts'
import { match } from '../spec/match.ts'
import { encode, type Message } from '../spec/message.ts'
import type { Oxm } from '../spec/oxm.ts'
import { Writer } from '../wire/cursor.ts'
import { shown, WireError } from '../wire/error.ts'
import type { Enumeration, Field } from '../wire/field.ts'
import { put16, put32 } from '../wire/octets.ts'
import { isSpoken, VERSIONS, type Version } from '../wire/version.ts'

function prepared<T>(field: Field<T>, value: T, version: number): Uint8Array {
  if (!isSpoken(version)) refuseVersion(version)
  const w = new Writer(256)
  w.version = version
  field.write(w, value)
  return w.octets.slice(0, w.at)
}

/** A match as a message of the version holds it: with its header and padding. Throws WireError on fields that do not fit. */
export function matchOctets(fields: Oxm[], version: number = OFP_VERSION): Uint8Array {
  return prepared(match, fields, version)
}

/** Actions as a message of the version holds them. Throws WireError on actions that do not fit. */
export function actionsOctets(list: Action[], version: number = OFP_VERSION): Uint8Array {
  return prepared(actions, list, version)
}

/** Instructions as a message of the version holds them. Throws WireError on instructions that do not fit. */
export function instructionsOctets(list: Instruction[], version: number = OFP_VERSION): Uint8Array {
  return prepared(instructions, list, version)
}

/** Throws what encode throws for a message with a value that does not fit. */
export function refuseValues(message: object): never {
  encode(message as Message)
  throw new WireError('bad_value', 0)
}

/**
 * Writes the header of a message of `size` octets. Throws WireError `too_long` over 65535 octets, `truncated` where
 * the octets end before the message would.
 */
export function putHeader(
  into: Uint8Array,
  at: number,
  type: number,
  size: number,
  xid: number,
  version: number,
): void {
  if (size > 0xffff || at + size > into.length) refuseSize(into, at, size)
  into[at] = version
  into[at + 1] = type
  put16(into, at + 2, size)
  put32(into, at + 4, xid)
}

// What refuses stands apart from what checks: a function that is called for every message has to be short to be fast.

function refuseSize(into: Uint8Array, at: number, size: number): never {
  if (size > 0xffff) throw new WireError('too_long', at + 2, `${size} octets do not fit a 16 bit length`)
  throw new WireError('truncated', at, `${size} octets needed, ${into.length - at} there`)
}

/** Throws WireError `bad_version` for a version in which these functions know no layout. */
export function checkVersion(version: number, newest: Version): void {
  if (version !== VERSIONS.of13 && version !== VERSIONS.of14 && version !== newest) refuseVersion(version)
}

function refuseVersion(version: number): never {
  throw new WireError('bad_version', 0, `not written in version ${shown(version)}`).within('version')
}

/** Prepared octets, checked to be octets that keep what follows them in place. */
export function checkPrepared(octets: Uint8Array, key: string): void {
  if (!(octets instanceof Uint8Array) || (octets.length & 7) !== 0) refusePrepared(octets, key)
}

function refusePrepared(octets: unknown, key: string): never {
  if (!(octets instanceof Uint8Array)) throw new WireError('wrong_type', 0, 'Uint8Array wanted').within(key)
  throw new WireError('bad_len', 0, 'a multiple of 8 octets wanted').within(key)
}

/** Numbers of an enumeration by name. */
export type Numbers = ReadonlyMap<string, number>
export const numbersOf = (of: Enumeration<string>): Numbers => new Map(Object.entries(of.names))

/** The number of a name, -1 if there is none; numbers are themselves. */
export function numberOf(numbers: Numbers, value: string | number): number {
  return typeof value === 'string' ? (numbers.get(value) ?? -1) : value
}

export function isU8(value: unknown): value is number {
  return typeof value === 'number' && (value & 0xff) === value
}

export function isU16(value: unknown): value is number {
  return typeof value === 'number' && (value & 0xffff) === value
}

export function isU32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value
}

export function isU64(value: unknown): value is bigint {
  return typeof value === 'bigint' && BigInt.asUintN(64, value) === value
}
