/**
 * struct: members one after the other, under their names; and the members that vanish from the type: padding,
 * fixed values, the struct's own length and the size of a later member. Knows no message.
 */

import type { Reader, Writer } from './cursor.ts'
import { inside, WireError } from './error.ts'
import type { Absent, Field, Of } from './field.ts'

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

type Kept<M> = { [K in keyof M]: M[K] extends Field<Absent> ? never : K }[keyof M]
/** The value that a struct of these members stands for. */
export type Shape<M> = { [K in Kept<M>]: Of<M[K]> }

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

/** A struct read and written by walking its members. */
function walkStruct<T>(
  members: ReadonlyArray<readonly [string, AnyField]>,
  min: number,
  fixed: boolean,
  tag?: string,
): Struct<T> {
  return {
    kind: 'struct',
    min,
    fixed,
    members,
    tagged: (name) => walkStruct(members, min, fixed, name),
    read(r) {
      const start = r.at
      const outer = r.end
      const out: Record<string, unknown> = tag === undefined ? {} : { type: tag }
      let sized: string | undefined
      let size = 0
      let bounded = false
      let i = 0
      try {
        for (; i < members.length; i++) {
          const [key, field] = members[i]!
          if (field.kind === 'length') {
            const at = r.at
            r.need(2)
            const value = (r.octets[r.at]! << 8) | r.octets[r.at + 1]!
            r.at += 2
            narrow(r, start, value, at, min)
            bounded = !(field as Length).unpadded
            if (!bounded) sized = '*'
          } else if (field.kind === 'sizeOf') {
            r.need(2)
            size = ((r.octets[r.at]! << 8) | r.octets[r.at + 1]!) * (field as SizeOf).unit
            sized = (field as SizeOf).member
            r.at += 2
          } else if (field.kind === 'padTo') {
            if (sized === '*') {
              exhausted(r)
              r.end = outer
            }
            r.skip(padding((field as PadTo).align, r.at - start))
          } else if (field.kind === 'pad' || field.kind === 'fixedValue') {
            field.read(r)
          } else if (key === sized) {
            const end = r.end
            narrow(r, r.at, size, r.at, field.min)
            out[key] = field.read(r)
            exhausted(r)
            r.end = end
          } else {
            out[key] = field.read(r)
          }
        }
      } catch (error) {
        throw inside(error, members[i]![0])
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
      let unpadded = false
      let sizeAt = -1
      let unit = 1
      let sized: string | undefined
      let i = 0
      try {
        for (; i < members.length; i++) {
          const [key, field] = members[i]!
          if (field.kind === 'length') {
            lengthAt = w.at
            unpadded = (field as Length).unpadded
            hole(w)
          } else if (field.kind === 'sizeOf') {
            sizeAt = w.at
            sized = (field as SizeOf).member
            unit = (field as SizeOf).unit
            hole(w)
          } else if (field.kind === 'padTo') {
            if (unpadded) {
              w.patch16(lengthAt, w.at - start)
              lengthAt = -1
            }
            w.skip(padding((field as PadTo).align, w.at - start))
          } else if (key === sized) {
            const at = w.at
            field.write(w, given[key])
            w.patch16(sizeAt, (w.at - at) / unit)
          } else {
            field.write(w, given[key])
          }
        }
        if (lengthAt >= 0) w.patch16(lengthAt, w.at - start)
      } catch (error) {
        throw inside(error, members[Math.min(i, members.length - 1)]![0])
      }
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

function fromEntries<T>(entries: ReadonlyArray<readonly [string, AnyField]>): Struct<T> {
  let min = 0
  let fixed = true
  for (const [, field] of entries) {
    min += field.min
    fixed &&= field.fixed
  }
  return walkStruct<T>(entries, min, fixed)
}
