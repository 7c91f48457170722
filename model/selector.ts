/**
 * Selectors: all-of, any-of and none-of over tags. Answers whether a set of tags matches, which tags a selector
 * mentions, and what its canonical form is. It knows nothing of partitions or policies. Called by validation, by the
 * intent index, by permits and by the lookup.
 */
import type { Selector } from './records.ts'
import { type Tag, tagSet } from './tag.ts'

/** What matches every interface. */
export const EVERYTHING: Selector = Object.freeze({ allOf: [], anyOf: [], noneOf: [] })

/** True when all of `allOf`, at least one of `anyOf` (where it is not empty) and none of `noneOf` are in the set. */
export function matches(selector: Selector, tags: ReadonlySet<Tag>): boolean {
  for (const tag of selector.allOf) if (!tags.has(tag)) return false
  for (const tag of selector.noneOf) if (tags.has(tag)) return false
  if (selector.anyOf.length === 0) return true
  for (const tag of selector.anyOf) if (tags.has(tag)) return true
  return false
}

/** Every tag that the selector's answer can depend on, with repeats where a tag stands in two lists. */
export function mentionedTags(selector: Selector): Tag[] {
  return [...selector.allOf, ...selector.anyOf, ...selector.noneOf]
}

/** The same selector with each list in canonical order and without repeats. */
export function canonicalSelector(selector: Selector): Selector {
  return { allOf: tagSet(selector.allOf), anyOf: tagSet(selector.anyOf), noneOf: tagSet(selector.noneOf) }
}

/** One text per canonical selector: equal texts, equal selectors. */
export function selectorText(selector: Selector): string {
  const { allOf, anyOf, noneOf } = canonicalSelector(selector)
  return `[[${allOf.join(',')}],[${anyOf.join(',')}],[${noneOf.join(',')}]]`
}

/** Why a selector can match no interface at all; undefined where it can. */
export function contradiction(selector: Selector): string | undefined {
  const none = new Set(selector.noneOf)
  const both = selector.allOf.find((tag) => none.has(tag))
  if (both !== undefined) return `tag ${both} stands in all_of and in none_of: nothing can match`
  if (selector.anyOf.length > 0 && selector.anyOf.every((tag) => none.has(tag))) {
    return 'every tag of any_of stands in none_of: nothing can match'
  }
  return undefined
}
