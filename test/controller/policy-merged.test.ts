/** The cached merged policy of a tag set must be what scanning all rules gives, after any change, and change for a reason only. */
import { expect } from 'chai'
import fc from 'fast-check'
import { tagsKey } from '../../controller/policy/identity.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { MergedPolicies, type MergedPolicy } from '../../controller/policy/merged.ts'
import { compareVnps, orderRules } from '../../controller/policy/order.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { arbitraryRecords, intentOf, keysOf, snapshotOf, TAGS } from '../support/arbitrary-state.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

/** By the definition: every rule of every policy that applies, in the total order. */
function scanned(intent: Intent, tags: readonly Tag[]): { vnps: string[]; rules: string[] } {
  const set = new Set(tags)
  const vnps = [...intent.vnps.values()].filter(({ selector }) => matches(selector, set)).sort(compareVnps)
  const names = vnps.map(({ name }) => name)
  const rules = orderRules(intent).filter(
    ({ vnp: its, policy: { appliesTo } }) => names.includes(its.name) && matches(appliesTo, set),
  )
  return { vnps: names, rules: rules.map(({ cause, rule: its }) => JSON.stringify([cause, its])) }
}

function shown({ vnps, rules }: MergedPolicy): { vnps: string[]; rules: string[] } {
  return {
    vnps: vnps.map(({ name }) => name),
    rules: rules.map(({ cause, rule: its }) => JSON.stringify([cause, its])),
  }
}

const tagSets = fc.array(fc.subarray(TAGS), { minLength: 1, maxLength: 5 })

describe('merged policies', () => {
  it('are what scanning gives, whatever changes, and however hashes collide', () => {
    let rules = 0
    fc.assert(
      fc.property(
        arbitraryRecords,
        tagSets,
        fc.array(arbitraryRecords, { maxLength: 4 }),
        fc.constantFrom(
          undefined,
          () => 7n,
          (text: string) => BigInt(text.length % 2),
        ),
        fc.constantFrom(2, 100),
        (records, sets, steps, hash, capacity) => {
          const intent = intentOf(records)
          const merged = new MergedPolicies(intent, { capacity, ...(hash && { hash }) })
          const held = new Map<string, MergedPolicy>()
          const check = (): void => {
            for (const tags of sets) {
              const expected = scanned(intent, tags)
              rules += expected.rules.length
              expect(shown(merged.forTags(tags))).to.deep.equal(expected)
              const key = tagsKey(tags, intent.relevantTags)
              const kept = held.get(key)
              if (kept?.valid) expect(shown(kept), 'held and said to be valid').to.deep.equal(expected)
              held.set(key, merged.forTags(tags))
            }
          }
          check()
          for (const [index, step] of steps.entries()) {
            const revision = index + 2
            const { changes } = snapshotOf(step, revision)
            const keys = new Set(changes.map(({ key }) => key))
            const gone = keysOf(intent).filter((key) => !keys.has(key))
            merged.changed(intent.apply({ revision, changes: [...gone.map((key) => ({ key })), ...changes] }))
            check()
          }
        },
      ),
      { numRuns: 100 },
    )
    expect(rules).to.be.greaterThan(100)
  })

  it('are kept by a change that is not theirs, and dropped by one that is', () => {
    const of = (tag: string) => ({ allOf: [`"${tag}"` as Tag], anyOf: [], noneOf: [] })
    const allow = rule('ingress', { kind: 'any' }, 'allow')
    const intent = intentWith([
      vnp('web', { selector: of('web') }),
      vnp('db', { selector: of('db') }),
      policy('of-web', 'web', [allow]),
      policy('of-db', 'db', [allow]),
      iface('a', 1, ['web']),
    ])
    const merged = new MergedPolicies(intent)
    const [web, db] = [merged.forTags(['"web"' as Tag]), merged.forTags(['"db"' as Tag])]
    expect(merged.forTags(['"web"' as Tag, '"of no meaning"' as Tag]), 'no selector mentions it').to.equal(web)
    let revision = 1
    const put = (kind: 'policy' | 'vnp' | 'interface', value: { name: string }): void => {
      revision++
      const key = `${kind}/${value.name}`
      merged.changed(intent.apply({ revision, changes: [{ key, after: { key, value, modRevision: revision } }] }))
    }
    put('policy', policy('of-db', 'db', [allow, allow]))
    put('interface', iface('b', 2, ['web']))
    expect([web.valid, db.valid]).to.deep.equal([true, false])
    expect(merged.forTags(['"db"' as Tag]).rules).to.have.lengthOf(2)
    put('policy', policy('more', 'web', [allow], { appliesTo: of('of another') }))
    expect(web.valid, 'it does not apply').to.equal(true)
    put('policy', policy('more', 'web', [allow], { appliesTo: of('web') }))
    expect(web.valid, 'it applies now').to.equal(false)
    const again = merged.forTags(['"web"' as Tag])
    put('policy', policy('more', 'db', [allow]))
    expect(again.valid, 'it went to another partition').to.equal(false)
    const third = merged.forTags(['"web"' as Tag])
    put('vnp', vnp('db', { selector: of('web') }))
    expect(third.valid, 'a member of one more').to.equal(false)
    expect(merged.forTags(['"web"' as Tag]).vnps.map(({ name }) => name)).to.deep.equal(['db', 'web'])
    expect(merged.counts).to.deep.equal({ hits: 1, misses: 6, collisions: 0, dropped: 5 })
  })

  it('are no more than the capacity, and what is no longer kept is not said to be valid', () => {
    const merged = new MergedPolicies(intentWith([vnp('all', { selector: { allOf: [], anyOf: TAGS, noneOf: [] } })]), {
      capacity: 3,
    })
    const first = merged.forTags([])
    for (const tag of TAGS) merged.forTags([tag])
    expect([merged.size, first.valid]).to.deep.equal([3, false])
  })
})
