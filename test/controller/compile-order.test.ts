/** Where rules stand, kept current: the same as of all rules at once, and at the cost of what changed. */
import { expect } from 'chai'
import fc from 'fast-check'
import { RuleOrder } from '../../controller/policy/compile-order.ts'
import { prioritiesOf } from '../../controller/policy/compile-ranks.ts'
import { orderRules, type PlacedRule } from '../../controller/policy/order.ts'
import { POLICY_TABLES, TABLES } from '../../controller/policy/pipeline.ts'
import type { IntentView } from '../../controller/policy/state.ts'
import { type Policy, type Rule, tierOf, type Vnp } from '../../model/records.ts'
import { arbitraryRecords, intentOf } from '../support/arbitrary-state.ts'

interface Band {
  first: number
  last: number
}

/** Table and priority of every rule by its object, of all rules at once. */
function atOnce(intent: Pick<IntentView, 'vnps' | 'policies'>, band: Band): Map<number, string> {
  const tables = new Map<number, ReturnType<typeof orderRules>>()
  for (const rule of orderRules(intent)) {
    const table = tableOf(rule)
    tables.set(table, [...(tables.get(table) ?? []), rule])
  }
  const found = new Map<number, string>()
  for (const [table, rules] of tables) {
    for (const [{ object }, priority] of prioritiesOf(rules, band)) found.set(object, `${table} ${priority}`)
  }
  return found
}

function tableOf({ rule, policy }: PlacedRule): number {
  return rule.action === 'log' ? TABLES.log : POLICY_TABLES[rule.direction][tierOf(policy)]
}

type State = Pick<IntentView, 'vnps' | 'policies' | 'policiesOf'>

/** A state with some of the records of another in the place of its own, and what that changes. */
function mixed(
  one: State,
  other: State,
  takes: (at: number) => boolean,
): { state: State; changed: [string[], string[]] } {
  let at = 0
  const mix = <R>(from: ReadonlyMap<string, R>, to: ReadonlyMap<string, R>): [Map<string, R>, string[]] => {
    const [result, changed] = [new Map(from), [] as string[]]
    for (const name of new Set([...from.keys(), ...to.keys()])) {
      const record = to.get(name)
      if (!takes(at++) || record === from.get(name)) continue
      changed.push(name)
      if (record === undefined) result.delete(name)
      else result.set(name, record)
    }
    return [result, changed]
  }
  const [vnps, changedVnps] = mix(one.vnps, other.vnps)
  const [policies, changedPolicies] = mix(one.policies, other.policies)
  const policiesOf = (vnp: string): Set<string> =>
    new Set([...policies.values()].filter((policy) => policy.vnp === vnp).map(({ name }) => name))
  return { state: { vnps, policies, policiesOf }, changed: [changedVnps, changedPolicies] }
}

const NOTHING: State = { vnps: new Map(), policies: new Map(), policiesOf: () => new Set() }

describe('the order of rules, kept current', () => {
  it('is that of all rules at once, whatever came and went before, and says what moved', () => {
    let moves = 0
    const steps = fc.array(fc.tuple(arbitraryRecords, fc.bigInt({ min: 0n, max: 0xffffn })), {
      minLength: 2,
      maxLength: 6,
    })
    fc.assert(
      fc.property(arbitraryRecords, steps, fc.integer({ min: 0, max: 400 }), (first, edits, room) => {
        let { state, changed } = mixed(NOTHING, intentOf(first), () => true)
        const states = [{ state, changed }]
        for (const [records, mask] of edits) {
          ;({ state, changed } = mixed(state, intentOf(records), (at) => ((mask >> BigInt(at % 16)) & 1n) === 1n))
          states.push({ state, changed })
        }
        const most = Math.max(...states.map((each) => orderRules(each.state).length))
        const band = { first: 100, last: 99 + most + room }
        const order = new RuleOrder(band)
        const known = new Map<number, string>()
        for (const { state: now, changed: its } of states) {
          const { gone, placed } = order.update(now, ...its)
          for (const object of gone) known.delete(object)
          for (const { object, table, priority } of placed) {
            if (known.has(object)) moves++
            known.set(object, `${table} ${priority}`)
          }
          expect([...known].sort()).to.deep.equal([...atOnce(now, band)].sort())
        }
      }),
      { numRuns: 300 },
    )
    expect(moves).to.be.greaterThan(0)
  })

  it('costs the rules of the partition that a change touches', () => {
    const visits = [10, 900].map((partitions) => {
      const records = Array.from({ length: partitions }, (_, at) => recordsOf(at, 10))
      const state = (drop: boolean): State => {
        const policies = new Map(records.map(({ policy }) => [policy.name, policy]))
        if (drop) policies.set('p5', recordsOf(5, 9).policy)
        return {
          vnps: new Map(records.map(({ vnp }) => [vnp.name, vnp])),
          policies,
          policiesOf: (vnp) => new Set([`p${vnp.slice(1)}`]),
        }
      }
      const order = new RuleOrder()
      order.update(state(false), [], state(false).policies.keys())
      const before = order.visited
      const { gone, placed } = order.update(state(true), [], ['p5'])
      expect([gone.size, placed.size]).to.deep.equal([10, 9])
      return order.visited - before
    })
    expect(visits[0]).to.be.within(1, 40)
    expect(visits[1]).to.equal(visits[0])
  })
})

/** A partition and its policy of so many rules. */
function recordsOf(index: number, rules: number): { vnp: Vnp; policy: Policy } {
  const everything = { allOf: [], anyOf: [], noneOf: [] }
  const common = { number: index + 1, createTime: 0, updateTime: 0, updatedBy: 'tester', owner: '', priority: 0 }
  const rule = (port: number): Rule => ({
    ...{ direction: 'ingress', peer: { kind: 'any' }, protocols: [6], action: 'allow', log: false },
    ports: [{ first: port, last: port }],
  })
  const defaults = { ingressDefault: 'deny', egressDefault: 'deny', resolution: 'highest-priority' }
  return {
    vnp: { ...common, ...defaults, kind: 'vnp', name: `v${index}`, selector: everything } as unknown as Vnp,
    policy: {
      ...{ ...common, kind: 'policy', name: `p${index}`, vnp: `v${index}`, appliesTo: everything },
      rules: Array.from({ length: rules }, (_, at) => rule(at + 1)),
    } as unknown as Policy,
  }
}
