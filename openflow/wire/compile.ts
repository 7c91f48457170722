/**
 * The members of a struct as two straight functions, one that reads and one that writes, made from the same list that
 * `struct.ts` walks: each run of members of fixed size is checked for room once, their offsets are known in advance,
 * and the value is made with all its keys at once. It knows no row and throws no error of its own: whatever is not in
 * order (octets missing, a value out of range) and padding to restore is left to the walk, from the start of the
 * struct, which then says what is wrong and where.
 *
 * Why functions of text: the engine makes code fast by what it has seen at each place in it. The walk is one place for
 * all structs, so it has seen everything; a function made of text is a place of its own. Where the process forbids code
 * from strings, the walk does all (docs/adr/0003-codec-rows.md).
 */

import type { Reader, Writer } from './cursor.ts'
import { inside } from './error.ts'
import { type Enumeration, type Field, readU64, type Uint, writeU64 } from './field.ts'
import type { Length, PadTo, SizeOf } from './struct.ts'
import type { Since } from './version.ts'

type AnyField = Field<unknown>
type Entries = ReadonlyArray<readonly [string, AnyField]>
export type Read<T> = (r: Reader) => T
export type Write<T> = (w: Writer, value: T) => void

let allowed: boolean | undefined

/** Whether this process may make functions of text; `node --disallow-code-generation-from-strings` forbids it. */
export function mayCompile(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true
    } catch {
      allowed = false
    }
  }
  return allowed
}

/** A function in the making: its lines, and what they refer to by name. */
class Text {
  readonly lines: string[] = []
  private readonly names = new Map<unknown, string>()

  add(...lines: string[]): void {
    this.lines.push(...lines)
  }

  /** The name by which the lines refer to a value. */
  name(value: unknown): string {
    const known = this.names.get(value)
    if (known !== undefined) return known
    const name = `$${this.names.size}`
    this.names.set(value, name)
    return name
  }

  /**
   * `before`, then the lines, in which `break slow` leads to `slow`; errors that pass get the key of the member that `i`
   * is the index of.
   */
  made<F>(parameters: string, before: string, keys: readonly string[], slow: string): F {
    const caught = `catch (error) {\nthrow ${this.name(inside)}(error, ${this.name(keys)}[i])\n}`
    const body = `${before}\nlet i = 0\nslow: try {\n${this.lines.join('\n')}\n} ${caught}\n${slow}`
    const make = new Function(...this.names.values(), `'use strict'\nreturn (${parameters}) => {\n${body}\n}`)
    return make(...this.names.keys()) as F
  }
}

const literal = (value: unknown): string => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value))
const octet = (offset: number): string => `b[p + ${offset}]`

/** An expression for the number of `size` octets, 1 to 4 or 6. */
function uintAt(offset: number, size: number): string {
  if (size > 4) return `(${uintAt(offset, size - 4)} * 0x100000000 + ${uintAt(offset + size - 4, 4)})`
  const parts = Array.from({ length: size }, (_, i) => `(${octet(offset + i)} << ${8 * (size - 1 - i)})`)
  return size === 4 ? `((${parts.join(' | ')}) >>> 0)` : `(${parts.join(' | ')})`
}

/** What stands in the octets for a member. */
const onWire = (field: AnyField): AnyField => (field.kind === 'since' ? (field as Since<unknown>).of : field)

/** Enumerations with greater numbers are left to their own field: a list of their names would have holes. */
const NAMES_LIMIT = 256

/** Whether a member is read and written in place, with the others of its run. */
function inPlace(member: AnyField): boolean {
  const field = onWire(member)
  if (field.kind === 'enumeration')
    return Object.values((field as Enumeration<string>).names).every((n) => n < NAMES_LIMIT)
  return ['uint', 'biguint', 'pad', 'length', 'sizeOf'].includes(field.kind)
}

/** Members that stand side by side in place, or one that is not; `last` is the index behind. */
interface Run {
  readonly inPlace: boolean
  readonly first: number
  readonly last: number
  readonly size: number
}

/** What is to be known of the members as a whole. */
interface Plan {
  readonly members: Entries
  readonly keys: readonly string[]
  readonly runs: readonly Run[]
  /** The member whose size stands before it, and in which unit. */
  readonly sized: string | undefined
  readonly unit: number
  /** The struct's length stands in it: none, up to the last padTo, or all. */
  readonly length: 'none' | 'unpadded' | 'whole'
}

function planOf(members: Entries): Plan {
  const sizer = members.find(([, field]) => field.kind === 'sizeOf')?.[1] as SizeOf | undefined
  const length = members.find(([, field]) => field.kind === 'length')?.[1] as Length | undefined
  const runs: Run[] = []
  for (let first = 0, last = 0; first < members.length; first = last) {
    let size = 0
    for (; last < members.length && inPlace(members[last]![1]); last++) size += members[last]![1].min
    const together = last > first
    if (!together) last++
    runs.push({ inPlace: together, first, last, size })
  }
  return {
    members,
    keys: members.map(([key]) => key),
    runs,
    sized: sizer?.member,
    unit: sizer?.unit ?? 1,
    length: length === undefined ? 'none' : length.unpadded ? 'unpadded' : 'whole',
  }
}

const padded = (align: number): string => `(${align} - ((p - start) % ${align})) % ${align}`

// ---- reading ------------------------------------------------------------------------------------------------

const named = (names: readonly string[], number: number): string | number => names[number] ?? number

function readInPlace(text: Text, field: AnyField, offset: number): string {
  switch (field.kind) {
    case 'uint':
      return uintAt(offset, field.min)
    case 'biguint': {
      const read = text.name(readU64)
      const first = `${read}(b, p + ${offset})`
      return field.min === 8 ? first : `((${first} << 64n) | ${read}(b, p + ${offset + 8}))`
    }
    default: {
      const { of, names } = field as Enumeration<string>
      const byNumber: string[] = []
      for (const [name, number] of Object.entries(names)) byNumber[number] = name
      return `${text.name(named)}(${text.name(byNumber)}, ${uintAt(offset, of.min)})`
    }
  }
}

/** Reads a run; `kept` takes the members of the value. */
function readRun(text: Text, { members, unit }: Plan, { first, last, size }: Run, min: number, kept: string[]): void {
  text.add(`if (r.end - p < ${size}) break slow`)
  let offset = 0
  for (let i = first; i < last; i++) {
    const [key, field] = members[i]!
    switch (field.kind) {
      case 'pad': {
        const octets = Array.from({ length: field.min }, (_, k) => octet(offset + k))
        text.add(`if ((${['0', ...octets].join(' | ')}) !== 0) {`, `r.at = p + ${offset}`, `r.skip(${field.min})`, '}')
        break
      }
      case 'length':
        text.add(`size = ${uintAt(offset, 2)}`, `if (size < ${min} || start + size > r.end) break slow`)
        text.add('r.end = start + size')
        break
      case 'sizeOf':
        text.add(`counted = ${uintAt(offset, 2)} * ${unit}`)
        break
      default:
        text.add(`const v${i} = ${readInPlace(text, onWire(field), offset)}`)
        kept.push(`${literal(key)}: v${i}`)
    }
    offset += field.min
  }
  text.add(`p += ${size}`)
}

function readSingle(text: Text, { members, sized, length }: Plan, i: number, kept: string[]): void {
  const [key, field] = members[i]!
  if (field.kind === 'padTo') {
    if (length === 'unpadded') text.add('if (p !== r.end) break slow', 'r.end = outer')
    text.add(`size = ${padded((field as PadTo).align)}`, 'if (r.end - p < size) break slow')
    text.add('r.at = p', 'r.skip(size)', 'p += size')
    return
  }
  text.add('r.at = p', `i = ${i}`)
  if (key === sized) {
    text.add('const end = r.end', `if (counted < ${field.min} || p + counted > end) break slow`, 'r.end = p + counted')
  }
  text.add(`const v${i} = ${text.name(field)}.read(r)`)
  if (key === sized) text.add('if (r.at !== r.end) break slow', 'r.end = end')
  if (field.kind !== 'fixedValue') kept.push(`${literal(key)}: v${i}`)
  text.add('p = r.at')
}

/** Reads what the walk `slow` reads; `min` is the least size of the struct, `tag` the `type` of its values. */
export function compileRead<T>(members: Entries, min: number, tag: string | undefined, slow: Read<T>): Read<T> {
  const plan = planOf(members)
  const text = new Text()
  const kept = tag === undefined ? [] : [`type: ${literal(tag)}`]
  for (const run of plan.runs) {
    if (run.inPlace) readRun(text, plan, run, min, kept)
    else readSingle(text, plan, run.first, kept)
  }
  if (plan.length === 'whole') text.add('if (p !== r.end) break slow')
  text.add('r.at = p', 'r.end = outer', `return { ${kept.join(', ')} }`)
  const before = 'const b = r.octets, start = r.at, outer = r.end\nlet p = start, size = 0, counted = 0'
  return text.made('r', before, plan.keys, `r.at = start\nr.end = outer\nreturn ${text.name(slow)}(r)`)
}

// ---- writing ------------------------------------------------------------------------------------------------

/** Lines that leave what is to be stored in `v`, or break to the walk where the value has none. */
function checked(v: string, key: string, member: AnyField): string[] {
  const field = onWire(member)
  const lines = [`let ${v} = value[${literal(key)}]`]
  if (member.kind === 'since')
    lines.push(`if (${v} === undefined) ${v} = ${literal((member as Since<unknown>).fallback)}`)
  if (field.kind === 'biguint') {
    lines.push(`if (typeof ${v} !== 'bigint' || BigInt.asUintN(${field.min * 8}, ${v}) !== ${v}) break slow`)
    return lines
  }
  if (field.kind === 'enumeration') {
    const chain = Object.entries((field as Enumeration<string>).names).map(
      ([name, n]) => `${v} === ${literal(name)} ? ${n} : `,
    )
    lines.push(`if (typeof ${v} === 'string') ${v} = ${chain.join('')}-1`)
  }
  const { max } = field.kind === 'enumeration' ? (field as Enumeration<string>).of : (field as Uint)
  const fits =
    max > 0xffff_ffff ? `${v} >= 0 && ${v} <= ${max} && Math.floor(${v}) === ${v}` : `(${v} & ${max}) >>> 0 === ${v}`
  lines.push(`if (typeof ${v} !== 'number' || !(${fits})) break slow`)
  return lines
}

function stored(text: Text, field: AnyField, offset: number, v: string): string[] {
  const { kind, min: size } = field
  if (kind === 'biguint') {
    const write = text.name(writeU64)
    if (size === 8) return [`${write}(b, p + ${offset}, ${v})`]
    return [`${write}(b, p + ${offset}, ${v} >> 64n)`, `${write}(b, p + ${offset + 8}, ${v})`]
  }
  return Array.from({ length: size }, (_, i) => {
    const above = size - 1 - i
    // Stores keep the low 8 bits of a number's integer part; shifts know 32 bits only.
    return `${octet(offset + i)} = ${above > 3 ? `${v} / ${256 ** above}` : `${v} >>> ${8 * above}`}`
  })
}

function writeRun(text: Text, { members }: Plan, { first, last, size }: Run): void {
  const says = ({ kind }: AnyField): boolean => !['pad', 'length', 'sizeOf'].includes(kind)
  for (let i = first; i < last; i++) {
    const [key, field] = members[i]!
    if (says(field)) text.add(...checked(`v${i}`, key, field))
  }
  text.add('w.at = p', `w.room(${size})`, 'b = w.octets')
  let offset = 0
  for (let i = first; i < last; i++) {
    const [, field] = members[i]!
    if (says(field)) text.add(...stored(text, onWire(field), offset, `v${i}`))
    else if (field.kind === 'pad') for (let k = 0; k < field.min; k++) text.add(`${octet(offset + k)} = 0`)
    else text.add(`const ${field.kind}At = p + ${offset}`)
    offset += field.min
  }
  text.add(`p += ${size}`)
}

/** Stores a 16 bit length. */
function patch(text: Text, at: string, size: string): void {
  text.add(`size = ${size}`, 'if (size > 0xffff) break slow', 'b = w.octets')
  text.add(`b[${at}] = size >>> 8`, `b[${at} + 1] = size`)
}

function writeSingle(text: Text, { members, sized, unit, length }: Plan, i: number): void {
  const [key, field] = members[i]!
  text.add('w.at = p')
  if (field.kind === 'padTo') {
    if (length === 'unpadded') patch(text, 'lengthAt', 'p - start')
    text.add(`w.skip(${padded((field as PadTo).align)})`)
  } else {
    const value = field.kind === 'fixedValue' ? 'undefined' : `value[${literal(key)}]`
    text.add(`i = ${i}`, `${text.name(field)}.write(w, ${value})`)
    if (key === sized) patch(text, 'sizeOfAt', `(w.at - p) / ${unit}`)
  }
  text.add('p = w.at')
}

/** Writes what the walk `slow` writes. */
export function compileWrite<T>(members: Entries, slow: Write<T>): Write<T> {
  const plan = planOf(members)
  const text = new Text()
  text.add("if (typeof value !== 'object' || value === null || w.padding !== undefined) break slow")
  for (const run of plan.runs) {
    if (run.inPlace) writeRun(text, plan, run)
    else writeSingle(text, plan, run.first)
  }
  if (plan.length === 'whole') patch(text, 'lengthAt', 'p - start')
  text.add('w.at = p', 'return')
  const before = 'const start = w.at\nlet b = w.octets, p = start, size = 0'
  return text.made('w, value', before, plan.keys, `w.at = start\n${text.name(slow)}(w, value)`)
}
