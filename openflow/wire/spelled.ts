/**
 * spelled: plain members that a version spells as a list (properties, statistics, a match). The value has the members,
 * as in the versions that have no such list; the list itself only where it is not the one spelling that `canonical`
 * gives, so that nothing is lost and the usual value is the same in every version. Knows no list.
 */
import type { Field } from './field.ts'
import { type Mapped, mapped } from './version.ts'

/** Octets, arrays and objects by content; a member that is undefined is none. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || a instanceof Uint8Array) {
    if (a.constructor !== b.constructor || a.length !== (b as typeof a).length) return false
    return a.every((item: unknown, i: number) => sameContent(item, (b as typeof a)[i]))
  }
  if (Array.isArray(b) || b instanceof Uint8Array) return false
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>]
  for (const key in one) if (!sameContent(one[key], other[key])) return false
  for (const key in other) if (one[key] === undefined && other[key] !== undefined) return false
  return true
}

/** What a list under `key` has to do with the members beside it. */
export interface Spelling<L extends readonly unknown[], M extends object, V> {
  /** What the list says, as members. What it does not say gets the value that means "not said". */
  members(list: L): M
  /** The list that says what the members of a value say. Must take any object: what is wrong in it, writing tells. */
  canonical(value: V): L
  /** Members that other versions lack, and what of them means the same as not having them. */
  readonly optional?: Readonly<Record<string, unknown>>
  /** That the list does not say a member is news to a version without the list: it refuses such a list, too. */
  readonly unsaidMatters?: boolean
}

type Rest<W, K extends keyof W> = { [P in keyof W as P extends K ? never : P]: W[P] }
/** The value: what else the shape has, the members, and the list where it is not their canonical spelling. */
export type Spelled<W, K extends keyof W, M> = Rest<W, K> & M & { [P in K]?: W[P] }

/**
 * `of` has the list as its member `key`. Where a value has the list, it is written, whatever the members say. A column
 * of another version refuses a value whose list has an element that the canonical list of its members lacks.
 */
export function spelled<W extends object, const K extends keyof W & string, M extends object>(
  of: Field<W>,
  key: K,
  { members, canonical, optional = {}, unsaidMatters = false }: Spelling<W[K] & readonly unknown[], M, Rest<W, K> & M>,
): Mapped<Spelled<W, K, M>> {
  type List = W[K] & readonly unknown[]
  type Value = Spelled<W, K, M>
  const meaning = (wire: W): Value => {
    const { [key]: list, ...plain } = wire
    const value = { ...plain, ...members(list as List) } as unknown as Value
    return sameContent(list, canonical(value)) ? value : { ...value, [key]: list }
  }
  const wire = (value: Value): W =>
    value[key] === undefined ? ({ ...value, [key]: canonical(value) } as unknown as W) : (value as unknown as W)
  const silent = (list: unknown, value: object): boolean => {
    if (!Array.isArray(list)) return false
    const said: readonly unknown[] = canonical(value as Value)
    const within = (some: readonly unknown[], all: readonly unknown[]): boolean =>
      some.every((item) => all.some((one) => sameContent(one, item)))
    return within(list, said) && (!unsaidMatters || within(said, list))
  }
  const others = Object.entries(optional).map(([name, same]) => [name, (given: unknown) => given === same] as const)
  return { ...mapped(of, meaning, wire), optional: new Map([[key, silent], ...others]) }
}
