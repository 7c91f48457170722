/**
 * Fields: the one description of a shape from which everything else follows.
 *
 * What it is. A protocol like OpenFlow consists of a handful of member kinds: a number, a run of octets, text of
 * fixed room, padding, a length, a list, and "one of several shapes, told apart by a number in front". A
 * `Field<T>` is such a member as a value: it knows the least number of octets it takes, how to read a T from a
 * Reader and how to write a T to a Writer. Combinators build bigger fields from smaller ones, and TypeScript
 * infers T on the way, so a row such as
 *
 *     queue_stats: struct({ port_no: u32, queue_id: u32, tx_bytes: u64, tx_packets: u64 })
 *
 * is the type, the decoder, the encoder, the size check and (by `kind` and the members it exposes) the generator
 * of the property tests. Nothing about queue statistics is written a second time anywhere.
 *
 * The simple version. `read` takes octets off the front of a region, `write` appends them. A region is the pair
 * (at, end) of the Reader; a member that carries a length narrows `end` for what it measures and insists that
 * exactly that much was consumed. That one rule answers truncated input, overlong input, and lengths that
 * disagree with each other; there is no other length check to forget.
 *
 * First refinement: members that vanish. Padding, lengths and fixed values are in the octets but not in T.
 * `struct` drops them from the type (`Shape`). Padding that was not zero is legal (section 7.1.2 tells receivers
 * to ignore it) yet a codec that must give back the octets it read cannot forget it; the Reader keeps the odd
 * ones by offset, and the message carries them. The price is a look at each padding octet.
 *
 * Second refinement: lengths come after. A length stands before what it measures, but is known only when that is
 * written. Instead of asking every field for its size first (a second walk over the value), the writer leaves a
 * hole and fills it later. The price is that an overlong message is noticed at its end rather than at its start.
 *
 * Third refinement: errors say where. A WireError is thrown with the octet offset only; each struct and list adds
 * its key while the error passes outwards. Reading pays nothing for this until something is wrong.
 *
 * What it costs. Walking a table of members costs a dynamic call and a keyed store per member; `compile.ts` spares
 * that where it can, and bench/codec.ts says what is left.
 *
 * Values. Up to 48 bits: number. 64 bits and more: bigint. Octets: Uint8Array, on reading a *view* of the input
 * (copy what you keep longer than the input). An enumeration is the specification's name in lower case; a number
 * that has no name stays a number, so nothing is lost.
 */

import type { Reader, Writer } from './cursor.ts'
import { inside, shown, WireError } from './error.ts'

export interface Field<T> {
  readonly kind: string
  /** Least octets that a value takes; for fixed fields the exact number. */
  readonly min: number
  /** True when every value takes `min` octets. */
  readonly fixed: boolean
  read(r: Reader): T
  write(w: Writer, value: T): void
}

/** The TypeScript type that a field reads and writes. */
export type Of<F> = F extends Field<infer T> ? T : never

declare const absent: unique symbol
/** Type of members that are in the octets but not in the value. */
export type Absent = { readonly [absent]: true }

// ---- numbers ------------------------------------------------------------------------------------------------

export interface Uint extends Field<number> {
  readonly kind: 'uint'
  readonly max: number
}

function refuse(value: unknown, w: Writer, max: number | bigint): never {
  if (typeof value !== typeof max) {
    throw new WireError('wrong_type', w.at, `${typeof max} wanted, not ${value === null ? 'null' : typeof value}`)
  }
  throw new WireError('out_of_range', w.at, `${shown(value)} is not an integer in 0..${max}`)
}

/** Whether this is an integer in 0..max. */
export function isUint(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}

/** Unsigned big-endian integer of 1 to 6 octets. */
function uint(size: number): Uint {
  const max = 2 ** (size * 8) - 1
  return {
    kind: 'uint',
    min: size,
    fixed: true,
    max,
    read(r) {
      r.need(size)
      let value = 0
      for (let i = 0; i < size; i++) value = value * 256 + r.octets[r.at + i]!
      r.at += size
      return value
    },
    write(w, value) {
      if (!isUint(value, max)) refuse(value, w, max)
      w.room(size)
      let rest = value
      for (let i = size - 1; i >= 0; i--) {
        w.octets[w.at + i] = rest % 256
        rest = Math.floor(rest / 256)
      }
      w.at += size
    },
  }
}

export const u8: Uint = uint(1)
export const u16: Uint = uint(2)
export const u32: Uint = uint(4)
/** MAC addresses. */
export const u48: Uint = uint(6)

const lane = new BigUint64Array(1)
const halves = new Uint32Array(lane.buffer)
/** Where this machine keeps the high half of a BigUint64Array element. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0
const LOW = 1 - HIGH

/** The 64 bits of two halves. Zero is what most cookies, masks and counters are, and needs no new bigint. */
export function joined(high: number, low: number): bigint {
  if ((high | low) === 0) return 0n
  halves[HIGH] = high
  halves[LOW] = low
  return lane[0]!
}

/** Reads 64 bits; unchecked. */
export function readU64(b: Uint8Array, at: number): bigint {
  const high = (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
  const low = (b[at + 4]! << 24) | (b[at + 5]! << 16) | (b[at + 6]! << 8) | b[at + 7]!
  return joined(high, low)
}

/** Writes the low 64 bits; unchecked. */
export function writeU64(b: Uint8Array, at: number, value: bigint): void {
  lane[0] = value
  const high = halves[HIGH]!
  const low = halves[LOW]!
  b[at] = high >>> 24
  b[at + 1] = high >>> 16
  b[at + 2] = high >>> 8
  b[at + 3] = high
  b[at + 4] = low >>> 24
  b[at + 5] = low >>> 16
  b[at + 6] = low >>> 8
  b[at + 7] = low
}

export interface BigUint extends Field<bigint> {
  readonly kind: 'biguint'
  readonly max: bigint
}

export const U64_MAX = 0xffff_ffff_ffff_ffffn
const U128_MAX = (1n << 128n) - 1n

export const u64: BigUint = {
  kind: 'biguint',
  min: 8,
  fixed: true,
  max: U64_MAX,
  read(r) {
    r.need(8)
    const value = readU64(r.octets, r.at)
    r.at += 8
    return value
  },
  write(w, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) refuse(value, w, U64_MAX)
    w.room(8)
    writeU64(w.octets, w.at, value)
    w.at += 8
  },
}

/** IPv6 addresses and connection labels. */
export const u128: BigUint = {
  kind: 'biguint',
  min: 16,
  fixed: true,
  max: U128_MAX,
  read(r) {
    r.need(16)
    const value = (readU64(r.octets, r.at) << 64n) | readU64(r.octets, r.at + 8)
    r.at += 16
    return value
  },
  write(w, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U128_MAX) refuse(value, w, U128_MAX)
    w.room(16)
    writeU64(w.octets, w.at, value >> 64n)
    writeU64(w.octets, w.at + 8, value & U64_MAX)
    w.at += 16
  },
}

export interface Enumeration<N extends string> extends Field<N | number> {
  readonly kind: 'enumeration'
  readonly of: Uint
  readonly names: Readonly<Record<string, number>>
}

/** A number with names: known numbers read as their name, unknown ones stay numbers. */
export function enumeration<const M extends Readonly<Record<string, number>>>(
  of: Uint,
  names: M,
): Enumeration<Extract<keyof M, string>> {
  const byNumber = new Map<number, string>()
  for (const [name, number] of Object.entries(names)) byNumber.set(number, name)
  return {
    kind: 'enumeration',
    min: of.min,
    fixed: true,
    of,
    names,
    read(r) {
      const number = of.read(r)
      return (byNumber.get(number) as Extract<keyof M, string> | undefined) ?? number
    },
    write(w, value) {
      const number = typeof value === 'string' ? (Object.hasOwn(names, value) ? names[value] : undefined) : value
      if (number === undefined) throw new WireError('unknown_name', w.at, `no such name: ${shown(value)}`)
      of.write(w, number)
    },
  }
}

// ---- octets and text ----------------------------------------------------------------------------------------

function putOctets(w: Writer, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'Uint8Array wanted')
  w.put(value)
}

export interface Octets extends Field<Uint8Array> {
  readonly kind: 'octets'
}

/** Exactly `size` octets. */
export function bytes(size: number): Octets {
  return {
    kind: 'octets',
    min: size,
    fixed: true,
    read: (r) => r.take(size),
    write(w, value) {
      if (value instanceof Uint8Array && value.length !== size) {
        throw new WireError('out_of_range', w.at, `${size} octets wanted, not ${value.length}`)
      }
      putOctets(w, value)
    },
  }
}

/** Everything up to the end of the region. */
export const rest: Octets = {
  kind: 'octets',
  min: 0,
  fixed: false,
  read: (r) => r.take(r.end - r.at),
  write: putOctets,
}

export interface Text extends Field<string> {
  readonly kind: 'text'
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const toUtf8 = new TextEncoder()

/**
 * Octets to text without loss: UTF-8 where it is valid, otherwise each octet above 0x7f becomes the lone
 * surrogate U+DC00 + octet (a code unit that valid text cannot contain), which `textOctets` turns back.
 */
export function octetsText(octets: Uint8Array): string {
  let text = ''
  for (let i = 0; i < octets.length; i++) {
    if (octets[i]! > 0x7f) {
      try {
        return utf8.decode(octets)
      } catch {
        return String.fromCharCode(...Array.from(octets, (o) => (o > 0x7f ? 0xdc00 + o : o)))
      }
    }
    text += String.fromCharCode(octets[i]!)
  }
  return text
}

/** The opposite of `octetsText`. */
export function textOctets(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text) || text.isWellFormed()) return toUtf8.encode(text)
  return Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)
}

/** Text in a room of `size` octets, filled up with zeros (char[16] and the like). Zeros inside are kept. */
export function fixedText(size: number): Text {
  return {
    kind: 'text',
    min: size,
    fixed: true,
    read(r) {
      r.need(size)
      let end = r.at + size
      while (end > r.at && r.octets[end - 1] === 0) end--
      const text = octetsText(r.octets.subarray(r.at, end))
      r.at += size
      return text
    },
    write(w, value) {
      if (typeof value !== 'string') throw new WireError('wrong_type', w.at, 'text wanted')
      const octets = textOctets(value)
      if (octets.length > size) throw new WireError('out_of_range', w.at, `more than ${size} octets of text`)
      w.room(size)
      w.octets.fill(0, w.at, w.at + size)
      w.octets.set(octets, w.at)
      w.at += size
    },
  }
}

// ---- lists --------------------------------------------------------------------------------------------------

export interface List<T> extends Field<T[]> {
  readonly kind: 'list'
  readonly of: Field<T>
}

/** Values one after the other up to the end of the region. Every value takes at least one octet, so this ends. */
export function list<T>(of: Field<T>): List<T> {
  return {
    kind: 'list',
    min: 0,
    fixed: false,
    of,
    read(r) {
      const out: T[] = []
      r.enter()
      try {
        while (r.at < r.end) out.push(of.read(r))
      } catch (error) {
        throw inside(error, out.length)
      }
      r.leave()
      return out
    },
    write(w, values) {
      if (!Array.isArray(values)) throw new WireError('wrong_type', w.at, 'array wanted')
      let i = 0
      w.enter()
      try {
        for (; i < values.length; i++) of.write(w, values[i]!)
      } catch (error) {
        throw inside(error, i)
      }
      w.leave()
    },
  }
}

/** A field that is defined later (recursion: actions inside actions). */
export function lazy<T>(kind: string, get: () => Field<T>): Field<T> & { readonly get: () => Field<T> } {
  return {
    kind,
    min: 0,
    fixed: false,
    get,
    read: (r) => get().read(r),
    write: (w, value) => get().write(w, value),
  }
}
