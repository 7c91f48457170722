/**
 * struct: members one after the other, under their names; and the members that vanish from the type: padding,
 * fixed values, the struct's own length and the size of a later member. `compile.ts` makes the same faster. Knows no message.
 */

import { compileRead, compileWrite, mayCompile, type Read, type Write } from './compile.ts'
import type { Reader, Writer } from './cursor.ts'
import { inside, WireError } from './error.ts'
import type { Absent, Field, Of } from './field.ts'
import { u16At } from './octets.ts'

export interface Pad extends Field<Absent> {
  readonly kind: 'pad'
}

/** `size` octets that mean nothing. */
export function pad(size: number): Pad {
  return { kind: 'pad', min: size, fixed: true, read: (r) => r.skip(size) as never, write: (w) => w.skip(size) }
}

/** Padding up to the next multiple of `align`, counted from the start of the struct. */
export interface PadTo extends Field<Absent> {
  readonly kind: 'padTo'
  readonly align: number
}

export function padTo(align: number): PadTo {
  const misuse = (): never => {
    throw new Error('padTo belongs into a struct')
  }
  return { kind: 'padTo', min: 0, fixed: false, align, read: misuse, write: misuse }
}

/**
 * The struct's own length in octets, from its first member to its last (plus `extra`). On reading it bounds the
 * struct; on writing it is filled in. With `covers: 'unpadded'`, a final padTo lies behind the length.
 */
export interface Length extends Field<Absent> {
  readonly kind: 'length'
  readonly unpadded: boolean
}

const lengthMisuse = (): never => {
  throw new Error('length belongs into a struct')
}

export const length: Length = {
  kind: 'length',
  min: 2,
  fixed: true,
  unpadded: false,
  read: lengthMisuse,
  write: lengthMisuse,
}

export const unpaddedLength: Length = { ...length, unpadded: true }

/** Octets that the named later member takes (16 bits), or how many units of that many octets. */
export interface SizeOf extends Field<Absent> {
  readonly kind: 'sizeOf'
  readonly member: string
  readonly unit: number
}

export function sizeOf(member: string, unit = 1): SizeOf {
  return { kind: 'sizeOf', min: 2, fixed: true, member, unit, read: lengthMisuse, write: lengthMisuse }
}

/** A number that must have this value and says nothing (discriminators inside an already chosen shape). */
export function fixedValue(
  of: Field<number>,
  value: number,
  code: 'bad_type' | 'bad_value' = 'bad_value',
): Field<Absent> {
  return {
    kind: 'fixedValue',
    min: of.min,
    fixed: true,
    read(r) {
      const at = r.at
      const got = of.read(r)
      if (got !== value) throw new WireError(code, at, `${value} wanted, not ${got}`)
      return undefined as never
    },
    write: (w) => of.write(w, value),
  }
}

export type Members = Readonly<Record<string, Field<never> | Field<unknown>>>
type AnyField = Field<unknown>
type Entries = ReadonlyArray<readonly [string, AnyField]>

type Kept<M> = { [K in keyof M]: M[K] extends Field<Absent> | { kind: 'since' } ? never : K }[keyof M]
type Optional<M> = { [K in keyof M]: M[K] extends { kind: 'since' } ? K : never }[keyof M]
/** The value that a struct of these members stands for. */
export type Shape<M> = { [K in Kept<M>]: Of<M[K]> } & { [K in Optional<M>]?: Of<M[K]> }

export interface Struct<T> extends Field<T> {
  readonly kind: 'struct'
  readonly members: ReadonlyArray<readonly [string, Field<unknown>]>
  /** The same shape with `type: name` as first key of what is read (rows of unions, messages). */
  tagged<N extends string>(name: N): Struct<T & { type: N }>
}

export const VANISHING: ReadonlySet<string> = new Set(['pad', 'padTo', 'length', 'sizeOf', 'fixedValue'])

/** Bounds a struct by the length that stands in it. */
function narrow(r: Reader, start: number, size: number, at: number, least: number): void {
  if (size < least) throw new WireError('bad_len', at, `length ${size} is less than the least size ${least}`)
  if (start + size > r.end) throw new WireError('bad_len', at, `length ${size} passes the end of what encloses it`)
  r.end = start + size
}

/** All of a bounded region must have been used. */
function exhausted(r: Reader): void {
  if (r.at !== r.end) throw new WireError('bad_len', r.at, `${r.end - r.at} octets left over`)
}

function padding(align: number, size: number): number {
  return (align - (size % align)) % align
}

/** What to do with a member; decided once, since every message passes here. */
const PLAIN = 0
const LENGTH = 1
const SIZE_OF = 2
const PAD_TO = 3
const SIZED = 4
/** Says nothing, so nothing is kept of it. */
const SILENT = 5

function stepOf([key, field]: readonly [string, AnyField], sized: string | undefined): number {
  switch (field.kind) {
    case 'length':
      return LENGTH
    case 'sizeOf':
      return SIZE_OF
    case 'padTo':
      return PAD_TO
    case 'pad':
    case 'fixedValue':
      return SILENT
    default:
      return key === sized ? SIZED : PLAIN
  }
}

interface Walk<T> {
  readonly read: Read<T>
  readonly write: Write<T>
}

/** A struct by walking its members: says what is wrong and where, and does all where code from text is forbidden. */
export function walk<T>(members: Entries, min: number, tag?: string): Walk<T> {
  const sizer = members.find(([, field]) => field.kind === 'sizeOf')?.[1] as SizeOf | undefined
  const keys = members.map(([key]) => key)
  const fields = members.map(([, field]) => field)
  const steps = members.map((member) => stepOf(member, sizer?.member))
  const count = members.length
  const unpadded = (fields.find((field) => field.kind === 'length') as Length | undefined)?.unpadded === true
  const unit = sizer?.unit ?? 1
  return {
    read(r) {
      const start = r.at
      const outer = r.end
      const out: Record<string, unknown> = tag === undefined ? {} : { type: tag }
      let open = false
      let size = 0
      let bounded = false
      let i = 0
      try {
        for (; i < count; i++) {
          switch (steps[i]) {
            case PLAIN:
              out[keys[i]!] = fields[i]!.read(r)
              break
            case LENGTH: {
              const at = r.at
              r.need(2)
              const value = u16At(r.octets, r.at)
              r.at += 2
              narrow(r, start, value, at, min)
              bounded = !unpadded
              open = unpadded
              break
            }
            case SIZE_OF:
              r.need(2)
              size = u16At(r.octets, r.at) * unit
              r.at += 2
              break
            case PAD_TO:
              if (open) {
                exhausted(r)
                r.end = outer
              }
              r.skip(padding((fields[i] as PadTo).align, r.at - start))
              break
            case SILENT:
              fields[i]!.read(r)
              break
            default: {
              const end = r.end
              narrow(r, r.at, size, r.at, fields[i]!.min)
              out[keys[i]!] = fields[i]!.read(r)
              exhausted(r)
              r.end = end
            }
          }
        }
      } catch (error) {
        throw inside(error, keys[i]!)
      }
      if (bounded) exhausted(r)
      r.end = outer
      return out as T
    },
    write(w, value) {
      if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
      const given = value as Record<string, unknown>
      const start = w.at
      let lengthAt = -1
      let sizeAt = -1
      let i = 0
      try {
        for (; i < count; i++) {
          switch (steps[i]) {
            case LENGTH:
              lengthAt = w.at
              hole(w)
              break
            case SIZE_OF:
              sizeAt = w.at
              hole(w)
              break
            case PAD_TO:
              if (unpadded) {
                w.patch16(lengthAt, w.at - start)
                lengthAt = -1
              }
              w.skip(padding((fields[i] as PadTo).align, w.at - start))
              break
            case SIZED: {
              const at = w.at
              fields[i]!.write(w, given[keys[i]!])
              w.patch16(sizeAt, (w.at - at) / unit)
              break
            }
            default:
              fields[i]!.write(w, given[keys[i]!])
          }
        }
        if (lengthAt >= 0) w.patch16(lengthAt, w.at - start)
      } catch (error) {
        throw inside(error, keys[Math.min(i, count - 1)]!)
      }
    },
  }
}

/** A struct, made ready when it is first used: a program meets few of all there are. */
function structOf<T>(members: Entries, min: number, fixed: boolean, tag?: string): Struct<T> {
  let walker: Walk<T> | undefined
  const walked = (): Walk<T> => (walker ??= walk<T>(members, min, tag))
  let read: Read<T> | undefined
  let write: Write<T> | undefined
  return {
    kind: 'struct',
    min,
    fixed,
    members,
    tagged: (name) => structOf(members, min, fixed, name),
    read(r) {
      read ??= mayCompile() ? compileRead(members, min, tag, walked().read) : walked().read
      return read(r)
    },
    write(w, value) {
      write ??= mayCompile() ? compileWrite(members, walked().write) : walked().write
      write(w, value)
    },
  }
}

function hole(w: Writer): void {
  w.room(2)
  w.octets[w.at++] = 0
  w.octets[w.at++] = 0
}

/** The same struct with more members in front (message headers). */
export function behind<T>(front: Members, body: Struct<T>): Struct<T> {
  return fromEntries<T>([...(Object.entries(front) as Array<readonly [string, AnyField]>), ...body.members])
}

/** Members one after the other. See `length`, `sizeOf`, `pad`, `padTo`, `fixedValue` for what vanishes. */
export function struct<const M extends Members>(members: M): Struct<Shape<M>> {
  return fromEntries<Shape<M>>(Object.entries(members) as Array<readonly [string, AnyField]>)
}

function fromEntries<T>(entries: Entries): Struct<T> {
  let min = 0
  let fixed = true
  for (const [, field] of entries) {
    min += field.min
    fixed &&= field.fixed
  }
  return structOf<T>(entries, min, fixed)
}
