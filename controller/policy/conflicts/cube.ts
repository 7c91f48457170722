/**
 * Conjunctions of selectors, reasoned about over all possible sets of tags: whether one can match at all, whether one
 * implies another, what is left of one without another, and a smallest set of tags that matches. All-of and none-of are
 * literals and any-of is a clause of positive literals, so a conjunction can match exactly when no tag is both required
 * and forbidden and every clause keeps a tag: each question about two cubes takes time linear in their size. Questions
 * about unions (coverage.ts) are the hard ones. It knows no rules.
 */
import type { Selector } from '../../../model/records.ts'
import type { Tag } from '../../../model/tag.ts'

/** Tags as small numbers, for the life of one index. */
export class TagTable {
  readonly #numbers = new Map<Tag, number>()
  readonly #tags: Tag[] = []

  number(tag: Tag): number {
    let number = this.#numbers.get(tag)
    if (number === undefined) {
      number = this.#tags.length
      this.#numbers.set(tag, number)
      this.#tags.push(tag)
    }
    return number
  }

  /** The number of a tag that some cube mentions. */
  known(tag: Tag): number | undefined {
    return this.#numbers.get(tag)
  }

  all(): readonly Tag[] {
    return this.#tags
  }

  tag(number: number): Tag {
    return this.#tags[number] as Tag
  }
}

/**
 * A conjunction that can match: tags that must be there, tags that must not, and clauses of which one tag must be there.
 * No tag of a clause is in `all` or `none`, and a clause has at least two.
 */
export interface Cube {
  all: readonly number[]
  none: readonly number[]
  any: readonly (readonly number[])[]
}

/** What matches every set of tags. */
export const EVERY_SET: Cube = { all: [], none: [], any: [] }

/** The conjunction of selectors; undefined where nothing can match it. */
export function cubeOf(tags: TagTable, ...selectors: Selector[]): Cube | undefined {
  const numbers = (list: readonly Tag[]): number[] => list.map((tag) => tags.number(tag))
  return normal(
    selectors.flatMap(({ allOf }) => numbers(allOf)),
    selectors.flatMap(({ noneOf }) => numbers(noneOf)),
    selectors.flatMap(({ anyOf }) => (anyOf.length === 0 ? [] : [numbers(anyOf)])),
  )
}

/** Literals and clauses in normal form: unit clauses become literals until nothing changes. */
function normal(
  all: readonly number[],
  none: readonly number[],
  any: readonly (readonly number[])[],
): Cube | undefined {
  const required = new Set(all)
  const forbidden = new Set(none)
  for (const tag of required) if (forbidden.has(tag)) return undefined
  let clauses: (readonly number[])[] = [...any]
  for (let size = -1; size !== required.size; ) {
    size = required.size
    const left: (readonly number[])[] = []
    for (const clause of clauses) {
      if (clause.some((tag) => required.has(tag))) continue
      const open = clause.some((tag) => forbidden.has(tag)) ? clause.filter((tag) => !forbidden.has(tag)) : clause
      if (open.length === 0) return undefined
      if (open.length === 1) required.add(open[0]!)
      else left.push(open)
    }
    clauses = left
  }
  return { all: [...required], none: [...forbidden], any: withoutImplied(clauses) }
}

/** Clauses that no other clause implies, each once: what is split again and again would grow otherwise. */
function withoutImplied(clauses: readonly (readonly number[])[]): readonly (readonly number[])[] {
  if (clauses.length < 2) return clauses
  return clauses.filter((clause, at) =>
    clauses.every((other, to) => {
      if (to === at || !other.every((tag) => clause.includes(tag))) return true
      return other.length === clause.length && to > at
    }),
  )
}

/** What both match; undefined where nothing does. */
export function cubeAnd(one: Cube, other: Cube): Cube | undefined {
  return normal([...one.all, ...other.all], [...one.none, ...other.none], [...one.any, ...other.any])
}

/** Whether some set of tags matches both. */
export function cubesOverlap(one: Cube, other: Cube): boolean {
  for (const tag of one.all) if (other.none.includes(tag)) return false
  for (const tag of other.all) if (one.none.includes(tag)) return false
  const closed = (clause: readonly number[], none: readonly number[]): boolean =>
    none.length > 0 && clause.every((tag) => none.includes(tag))
  return !(one.any.some((clause) => closed(clause, other.none)) || other.any.some((clause) => closed(clause, one.none)))
}

/** Whether every set that matches `one` matches `other`. */
export function cubeImplies(one: Cube, other: Cube): boolean {
  return (
    other.all.every((tag) => one.all.includes(tag)) &&
    other.none.every((tag) => one.none.includes(tag)) &&
    other.any.every(
      (clause) =>
        clause.some((tag) => one.all.includes(tag)) ||
        one.any.some((mine) => mine.every((tag) => clause.includes(tag))),
    )
  )
}

/** Disjoint cubes that together are what `one` matches and `other` does not. */
export function cubeMinus(one: Cube, other: Cube): Cube[] {
  const pieces: Cube[] = []
  let rest: Cube | undefined = one
  const split = (outside: Cube | undefined, inside: Cube | undefined): void => {
    if (outside !== undefined) pieces.push(outside)
    rest = inside
  }
  for (const tag of other.all) {
    if (rest === undefined) return pieces
    if (rest.all.includes(tag)) continue
    split(normal(rest.all, [...rest.none, tag], rest.any), normal([...rest.all, tag], rest.none, rest.any))
  }
  for (const tag of other.none) {
    if (rest === undefined) return pieces
    if (rest.none.includes(tag)) continue
    split(normal([...rest.all, tag], rest.none, rest.any), normal(rest.all, [...rest.none, tag], rest.any))
  }
  for (const clause of other.any) {
    if (rest === undefined) return pieces
    if (clause.some((tag) => rest!.all.includes(tag))) continue
    split(normal(rest.all, [...rest.none, ...clause], rest.any), normal(rest.all, rest.none, [...rest.any, clause]))
  }
  return pieces
}

export function cubeMatches(cube: Cube, tags: ReadonlySet<number>): boolean {
  for (const tag of cube.all) if (!tags.has(tag)) return false
  for (const tag of cube.none) if (tags.has(tag)) return false
  return cube.any.every((clause) => clause.some((tag) => tags.has(tag)))
}

/** A small set of tags that matches: what is required, and one tag for each clause that this leaves open. */
export function cubeSample(cube: Cube): Set<number> {
  const tags = new Set(cube.all)
  for (const clause of cube.any) if (!clause.some((tag) => tags.has(tag))) tags.add(clause[0]!)
  return tags
}

/** One text per conjunction as it is written: equal texts, equal cubes. */
export function cubeText({ all, none, any }: Cube): string {
  const sorted = (list: readonly number[]): string => [...list].sort((one, other) => one - other).join()
  return `${sorted(all)};${sorted(none)};${any.map(sorted).sort().join('|')}`
}
