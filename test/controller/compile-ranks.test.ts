/**
 * Priorities and objects of rules: in order, distinct, within their band, a function of the rules alone, and little moved
 * by a rule that comes or goes.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { prioritiesOf } from '../../controller/policy/compile-ranks.ts'
import { type OrderedRule, orderRules, RULES_PER_POLICY, ruleAt, ruleObject } from '../../controller/policy/order.ts'
import { POLICY_BANDS } from '../../controller/policy/pipeline.ts'
import type { Policy, Rule } from '../../model/records.ts'
import { arbitraryRecords, intentOf } from '../support/arbitrary-state.ts'

const BAND = POLICY_BANDS.rules

function rule(port: number): Rule {
  const ports = [{ first: port, last: port }]
  return { direction: 'ingress', peer: { kind: 'any' }, protocols: [6], ports, action: 'allow', log: false }
}

/** Intent of policies with so many rules, all of one partition. */
function ordered(...policies: Policy[]): OrderedRule[] {
  const vnp = {
    ...META,
    kind: 'vnp',
    name: 'all',
    selector: { allOf: [], anyOf: [], noneOf: [] },
    priority: 0,
  } as const
  const rest = { resolution: 'highest-priority', ingressDefault: 'deny', egressDefault: 'deny' } as const
  return orderRules({
    vnps: new Map([['all', { ...vnp, ...rest } as never]]),
    policies: new Map(policies.map((policy) => [policy.name, policy])),
  })
}

const META = { number: 1, createTime: 0, updateTime: 0, updatedBy: 'tester' }

function policyOf(name: string, number: number, rules: Rule[]): Policy {
  const appliesTo = { allOf: [], anyOf: [], noneOf: [] }
  return { ...META, number, kind: 'policy', name, vnp: 'all', appliesTo, priority: 0, rules } as unknown as Policy
}

/** Object and priority by what a rule says. */
function placed(rules: readonly OrderedRule[]): Map<string, string> {
  const priorities = prioritiesOf(rules, BAND)
  return new Map(
    rules.map((one) => [`${one.policy.name} ${JSON.stringify(one.rule)}`, `${one.object} ${priorities.get(one)}`]),
  )
}

const band = (rules: number) => ({ first: 100, last: 99 + rules })

describe('priorities of rules', () => {
  it('descend in the order of consultation and keep to their band', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.boolean(), (records, tight) => {
        const rules = orderRules(intentOf(records))
        const within = tight ? band(rules.length) : BAND
        const priorities = prioritiesOf(rules, within)
        expect(priorities.size).to.equal(rules.length)
        let above = within.last + 1
        for (const one of rules) {
          const its = priorities.get(one) ?? Number.NaN
          expect(its).to.be.within(within.first, above - 1)
          above = its
        }
      }),
      { numRuns: 50 },
    )
  })

  it('fit as long as there are as many as rules', () => {
    const rules = ordered(
      policyOf(
        'a',
        1,
        Array.from({ length: 30 }, (_, at) => rule(at + 1)),
      ),
    )
    for (let room = 0; room < 80; room++) {
      if (room < 30) expect(() => prioritiesOf(rules, band(room)), `${room}`).to.throw(RangeError)
      else expect(prioritiesOf(rules, band(room)).size, `${room}`).to.equal(30)
    }
  })

  it('move for few rules where one comes or goes', () => {
    const rules = Array.from({ length: 400 }, (_, at) => rule(at + 1))
    const neighbour = policyOf('b', 2, [rule(1), rule(2)])
    const before = placed(ordered(policyOf('a', 1, rules), neighbour))
    const moved = rules.map((_, gone) => {
      const after = placed(ordered(policyOf('a', 1, rules.toSpliced(gone, 1)), neighbour))
      return [...after].filter(([key, its]) => before.get(key) !== its).length
    })
    moved.sort((one, other) => one - other)
    expect(moved[200], 'median').to.be.below(10)
    expect(moved.reduce((sum, its) => sum + its, 0) / moved.length, 'mean').to.be.below(40)
  })

  it('stay where rules are added at the end', () => {
    const rules = Array.from({ length: 40 }, (_, at) => rule(at + 1))
    const before = placed(ordered(policyOf('a', 1, rules.slice(0, 39))))
    const after = placed(ordered(policyOf('a', 1, rules)))
    for (const [key, its] of before) expect(after.get(key), key).to.equal(its)
  })
})

describe('objects of rules', () => {
  it('are distinct, lead back to their rule, and do not depend on the order of rules', () => {
    const ports = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 })
    fc.assert(
      fc.property(ports, (list) => {
        const policy = policyOf('a', 3, list.map(rule))
        const objects = list.map((_, index) => ruleObject(policy, index))
        expect(new Set(objects).size).to.equal(list.length)
        for (const [index, object] of objects.entries()) {
          expect(Math.floor(object / RULES_PER_POLICY)).to.equal(3)
          expect(ruleAt(policy, object % RULES_PER_POLICY)).to.equal(index)
        }
        const reversed = policyOf('a', 3, list.map(rule).reverse())
        const again = list.map((_, index) => ruleObject(reversed, index))
        expect([...again].sort()).to.deep.equal([...objects].sort())
      }),
    )
    expect(ruleAt(policyOf('a', 3, []), 7)).to.equal(undefined)
  })
})
