/**
 * Trees: an object of another implementation as test/support/os-ken.py writes it, and the combinators with which a
 * message of ours is told as one. Knows no message; `os-ken-messages.ts` and `os-ken-parts.ts` do.
 *
 * Text of a tree: "12" is a number, "x0a0b" octets, "'text" text.
 */
import { toHex } from 'node-openflow'
import { textOctets } from '../../../openflow/wire/field.ts'

export type Tree = null | string | Tree[] | { [member: string]: Tree }

/** One part of a message, as the rows of disagreements recognise it. */
export interface Part {
  /** message, oxm, action, instruction, property, band, ... */
  readonly kind: string
  readonly name: string
  readonly value: unknown
}

export type Side = 'read' | 'build'

/** What goes along on the way through a message: the version, and where parts are told. */
export interface Walk {
  readonly version: number
  /** Whether the tree is to compare with what os-ken reads, or for os-ken to write; a few shapes have two classes. */
  readonly side: Side
  readonly saw: (part: Part) => void
}

export type Convert = (value: unknown, walk: Walk) => Tree

/** A number, or octets. */
export const leaf: Convert = (value) => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return `x${toHex(value)}`
  throw new Error(`no leaf: ${JSON.stringify(value)}`)
}

/** A name stands for its number. */
export const numbered = (names: Readonly<Record<string, number>>): Convert => {
  return (value) => {
    if (typeof value !== 'string') return leaf(value, NOWHERE)
    const number = names[value]
    if (number === undefined) throw new Error(`no number is known of ${value}`)
    return String(number)
  }
}

/** Names in the order of their numbers. */
export const ordered = (...names: readonly string[]): Convert =>
  numbered(Object.fromEntries(names.map((name, number) => [name, number])))

/** Text that os-ken keeps as octets. */
export const nameOctets: Convert = (value) => `x${toHex(textOctets(value as string))}`

export const mac: Convert = (value) => {
  const digits = (value as number).toString(16).padStart(12, '0')
  return `'${digits.match(/../g)?.join(':')}`
}

export const listOf =
  (of: Convert): Convert =>
  (value, walk) =>
    (value as unknown[]).map((one) => of(one, walk))

/** How a member goes: by itself, under another name, or not at all (null), where os-ken keeps nothing of it. */
export type Member = Convert | readonly [name: string, convert: Convert] | null

/** Keys that say what the value is rather than what is in it. */
const SILENT = new Set(['type', 'xid', 'version', 'padding'])

export function membersOf(value: object, members: Readonly<Record<string, Member>>, walk: Walk): Record<string, Tree> {
  const out: Record<string, Tree> = {}
  for (const [key, one] of Object.entries(value)) {
    if (SILENT.has(key)) continue
    const member = Object.hasOwn(members, key) ? members[key]! : leaf
    if (member === null || one === undefined) continue
    const [name, convert] = typeof member === 'function' ? [key, member] : (member as readonly [string, Convert])
    out[name] = convert(one, walk)
  }
  return out
}

export const shape =
  (cls: string, members: Readonly<Record<string, Member>> = {}): Convert =>
  (value, walk) => ({ class: cls, ...membersOf(value as object, members, walk) })

/** Values that name their shape in `type`; each is told as a part. */
export function tagged(
  kind: string,
  shapes: Readonly<Record<string, Convert>>,
  otherwise?: (name: string) => Convert,
): Convert {
  return (value, walk) => {
    const name = String((value as { type: unknown }).type)
    walk.saw({ kind, name, value })
    const convert = Object.hasOwn(shapes, name) ? shapes[name] : otherwise?.(name)
    if (convert === undefined) throw new Error(`os-ken's name of ${kind} ${name} is not known`)
    return convert(value, walk)
  }
}

/** `set_nw_ttl` as `SetNwTtl`. */
export const camel = (name: string): string =>
  name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())

/** For conversions that look at nothing but the value. */
export const NOWHERE: Walk = { version: 0, side: 'read', saw: () => undefined }
