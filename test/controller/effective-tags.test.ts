/** Which tags an interface has for policy: what beats what, and that keeping it current is the same as deriving it anew. */
import { expect } from 'chai'
import fc from 'fast-check'
import { effectiveTags, sourcedTags, type TagBearer } from '../../controller/policy/effective-tags.ts'
import type { AnyRecord, InterfaceRecord, Nap } from '../../model/records.ts'
import { type Tag, tagKey, tagSet } from '../../model/tag.ts'
import { interfaceRecord, napRecord } from '../support/arbitrary-state.ts'
import { portrait } from '../support/intent-portrait.ts'
import { PolicyStore } from '../support/policy-store.ts'
import { vnp } from '../support/records.ts'
import { upsert } from '../support/state-ways.ts'

const tag = (text: string): Tag => (/^[[{0-9]/.test(text) ? text : JSON.stringify(text)) as Tag
const pools = (...tags: string[][]) => {
  const naps = tags.map((its, index): Nap => napRecord(index + 1, its.map(tag)))
  return { naps: new Map(naps.map((nap) => [nap.name, nap])) }
}
const bearer = (tags: string[], naps: number[], without: string[] = []): TagBearer => ({
  tags: tagSet(tags.map(tag)),
  naps: naps.map((index) => `nap-${index}`),
  ...(without.length === 0 ? {} : { overrides: { without: without.map(tag) } }),
})

/** Values of a few keys, and tags without one. */
const KEYED = [
  'env=prod',
  'env=test',
  '{"env":"lab"}',
  'tier=1',
  'tier=2',
  '{"tier":3}',
  'web',
  '7',
  'env',
  'tier',
].map(tag)

describe('effective tags', () => {
  it('have a key where a tag says something about something', () => {
    const keys = ['env=prod', 'env=', 'env==x', '=x', 'web', '5', '{"env":"prod"}', '{"a":1,"b":2}', '{}', '[1]']
    expect(keys.map((text) => tagKey(tag(text)))).to.deep.equal([
      ...['env', 'env', 'env', undefined, undefined, undefined, 'env', undefined, undefined, undefined],
    ])
  })

  const of = (sources: ReturnType<typeof pools>, record: TagBearer) => [...effectiveTags(sources, record)]
  const shown = (...texts: string[]) => tagSet(texts.map(tag))

  it('are the record’s own and those of its pools, where a key of the record beats the same of a pool', () => {
    const sources = pools(['web', 'env=prod', '{"tier":1}'], ['db', 'env=lab'])
    expect(of(sources, bearer(['a'], []))).to.deep.equal(shown('a'))
    expect(of(sources, bearer(['a'], [1]))).to.deep.equal(shown('a', 'web', 'env=prod', '{"tier":1}'))
    expect(of(sources, bearer(['env=test', 'tier=9'], [1])), 'keys').to.deep.equal(shown('env=test', 'tier=9', 'web'))
    expect(of(sources, bearer([], [1, 2])), 'pools are equals').to.deep.equal(
      shown('web', 'env=prod', '{"tier":1}', 'db', 'env=lab'),
    )
    expect(of(sources, bearer(['a'], [9])), 'a pool that is not there').to.deep.equal(shown('a'))
  })

  it('leave out what overrides name, by itself or by its key, but nothing of the record itself', () => {
    const sources = pools(['web', 'env', 'env=prod', '{"tier":1}'])
    expect(of(sources, bearer([], [1], ['env=prod']))).to.deep.equal(shown('web', 'env', '{"tier":1}'))
    expect(of(sources, bearer([], [1], ['env', 'tier']))).to.deep.equal(shown('web'))
    expect(of(sources, bearer(['env=prod', 'web'], [1], ['env', 'web', 'tier']))).to.deep.equal(
      shown('env=prod', 'web'),
    )
  })

  it('are told with who says so and why they do not count', () => {
    const found = sourcedTags(pools(['web', 'env=prod', 'old']), bearer(['env=test'], [1], ['old']))
    const origin = { kind: 'nap', name: 'nap-1' }
    expect(found).to.deep.equal([
      { tag: tag('env=test'), origin: { kind: 'record' } },
      { tag: tag('env=prod'), origin, lost: 'key' },
      { tag: tag('old'), origin, lost: 'overrides' },
      { tag: tag('web'), origin },
    ])
  })

  const tags = fc.uniqueArray(fc.constantFrom(...KEYED), { maxLength: 4 }).map(tagSet)
  const edit = fc.oneof(
    fc.record({ nap: fc.integer({ min: 1, max: 3 }), tags, gone: fc.boolean() }),
    fc.record({
      interface: fc.integer({ min: 1, max: 4 }),
      tags,
      naps: fc.uniqueArray(fc.constantFrom('nap-1', 'nap-2', 'nap-3'), { maxLength: 2 }).map((its) => its.sort()),
      without: tags,
    }),
    fc.record({ vnp: fc.integer({ min: 1, max: 3 }), tags }),
  )

  it('kept after each change are those derived anew, and so is everything that is made of them', () => {
    let inherited = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 4, maxLength: 20 }), (edits) => {
        const store = new PolicyStore()
        for (const one of edits) {
          if ('nap' in one && one.gone && store.intent.naps.has(`nap-${one.nap}`))
            store.write({ op: 'delete', kind: 'nap', name: `nap-${one.nap}` })
          else store.write(upsert(recordOf(one)))
          const { intent } = store
          expect(portrait(intent)).to.deep.equal(portrait(store.reopened().intent))
          for (const record of intent.interfaces.values()) {
            const effective = effectiveTags(intent, record)
            if (effective.length > record.tags.length) inherited++
            const relevant = effective.filter((its) => intent.relevantTags.has(its))
            expect([...intent.tagsOf(intent.identityOf(record.name))].sort()).to.deep.equal([...relevant].sort())
            expect(intent.identityOf(record.name), 'every set of tags has a number').to.be.greaterThan(255)
          }
        }
      }),
      { numRuns: 100 },
    )
    expect(inherited).to.be.greaterThan(50)
  })

  type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never

  function recordOf(one: Edit): AnyRecord {
    if ('nap' in one) return napRecord(one.nap, one.tags)
    if ('vnp' in one) return vnp(`v-${one.vnp}`, { selector: { allOf: one.tags, anyOf: [], noneOf: [] } })
    const { naps, without } = one
    const record: InterfaceRecord = interfaceRecord(one.interface, 'default', one.tags, '0000000000000001')
    return {
      ...record,
      ...(naps.length === 0 ? {} : { naps }),
      ...(without.length === 0 ? {} : { overrides: { without } }),
    }
  }
})
