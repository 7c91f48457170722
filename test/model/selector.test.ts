/** Selectors against brute force: every set of a small vocabulary, and what can match nothing. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  canonicalSelector,
  contradiction,
  EVERYTHING,
  matches,
  mentionedTags,
  selectorText,
} from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'

const VOCABULARY = ['"a"', '"b"', '"c"', '1', '{"d":1}'] as Tag[]
const SUBSETS = Array.from({ length: 2 ** VOCABULARY.length }, (_, bits) =>
  VOCABULARY.filter((_, at) => (bits >> at) & 1),
)
const list = fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 4 })
const selector = fc.record({ allOf: list, anyOf: list, noneOf: list })

describe('selectors', () => {
  it('match exactly the sets that hold all, any and none as they say', () => {
    fc.assert(
      fc.property(selector, ({ allOf, anyOf, noneOf }) => {
        for (const tags of SUBSETS) {
          const expected =
            allOf.every((tag) => tags.includes(tag)) &&
            (anyOf.length === 0 || anyOf.some((tag) => tags.includes(tag))) &&
            !noneOf.some((tag) => tags.includes(tag))
          expect(matches({ allOf, anyOf, noneOf }, new Set(tags))).to.equal(expected)
        }
      }),
    )
    for (const tags of SUBSETS) expect(matches(EVERYTHING, new Set(tags))).to.equal(true)
  })

  it('are called contradictory exactly where they match nothing', () => {
    fc.assert(
      fc.property(selector, (one) => {
        const possible = SUBSETS.some((tags) => matches(one, new Set(tags)))
        expect(contradiction(one) === undefined).to.equal(possible)
      }),
      { numRuns: 300 },
    )
  })

  it('have one text exactly where the lists are the same sets, and canonical form changes no answer', () => {
    const sets = ({ allOf, anyOf, noneOf }: { allOf: Tag[]; anyOf: Tag[]; noneOf: Tag[] }) =>
      [allOf, anyOf, noneOf].map((tags) => VOCABULARY.filter((tag) => tags.includes(tag)))
    fc.assert(
      fc.property(selector, selector, (one, other) => {
        const same = JSON.stringify(sets(one)) === JSON.stringify(sets(other))
        expect(selectorText(one) === selectorText(other)).to.equal(same)
        for (const tags of SUBSETS)
          expect(matches(canonicalSelector(one), new Set(tags))).to.equal(matches(one, new Set(tags)))
      }),
    )
  })

  it('depend on no tag that they do not mention', () => {
    fc.assert(
      fc.property(selector, (one) => {
        const mentioned = new Set(mentionedTags(one))
        for (const tags of SUBSETS) {
          const relevant = new Set(tags.filter((tag) => mentioned.has(tag)))
          expect(matches(one, relevant)).to.equal(matches(one, new Set(tags)))
        }
      }),
    )
  })
})
