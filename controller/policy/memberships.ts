/**
 * Partitions by a tag that their selectors cannot do without, so that those of a set of tags are found at the cost of its
 * tags and not of all partitions. It refuses to know who has tags. Kept current by intent.ts.
 */
import type { Vnp } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { compareVnps } from './order.ts'

export class Memberships {
  readonly #byTag = new Map<Tag, Set<Vnp>>()
  /** Selectors that match without any tag. */
  readonly #others = new Set<Vnp>()

  add(vnp: Vnp): void {
    for (const tag of anchorsOf(vnp) ?? []) this.#byTag.set(tag, (this.#byTag.get(tag) ?? new Set()).add(vnp))
    if (anchorsOf(vnp) === undefined) this.#others.add(vnp)
  }

  /** One that was added: the same object. */
  remove(vnp: Vnp): void {
    for (const tag of anchorsOf(vnp) ?? []) {
      const its = this.#byTag.get(tag)
      if (its?.delete(vnp) === true && its.size === 0) this.#byTag.delete(tag)
    }
    this.#others.delete(vnp)
  }

  /** Partitions that these tags are a member of, in the order in which they are consulted. */
  of(tags: ReadonlySet<Tag>): Vnp[] {
    const found = new Set<Vnp>()
    for (const vnp of this.#others) if (matches(vnp.selector, tags)) found.add(vnp)
    for (const tag of tags)
      for (const vnp of this.#byTag.get(tag) ?? []) if (matches(vnp.selector, tags)) found.add(vnp)
    return [...found].sort(compareVnps)
  }
}

/** Whoever matches has one of these tags; undefined where that cannot be said. */
function anchorsOf({ selector: { allOf, anyOf } }: Vnp): readonly Tag[] | undefined {
  if (allOf.length > 0) return allOf.slice(0, 1)
  return anyOf.length > 0 ? anyOf : undefined
}
