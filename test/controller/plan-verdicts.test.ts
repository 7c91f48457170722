/** What a change would do to verdicts: exactly what permits() says of all pairs and packets before and after, and no more. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Classes, classesOf, type EndClass, photograph } from '../../controller/policy/classes.ts'
import { increasing } from '../../controller/policy/concerned.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { ranges, rangeTexts } from '../../controller/policy/layer4.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { concerns, type VerdictChanges, verdictChanges, verdictWord } from '../../controller/policy/verdict-changes.ts'
import { parseAddress, prefixHolds } from '../../model/address.ts'
import type { Peer, Rule } from '../../model/records.ts'
import { type ArbitraryChange, arbitraryChange } from '../support/arbitrary-change.ts'
import { snapshotOf, WORLD } from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { finish } from '../support/finish.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

/** Every port at which a rule of the generator begins or ends, and its neighbours. */
const PORTS = [
  ...new Set([22, 53, 80, 443, 8080].flatMap((port) => [port - 1, port, port + 1, port + 2, port + 30, port + 31])),
]
const PACKETS: { protocol: number; port?: number; code?: number }[] = [
  ...[6, 17, 132].flatMap((protocol) => PORTS.map((port) => ({ protocol, port }))),
  ...[0, 2, 3, 4, 8, 9, 13, 14].map((port) => ({ protocol: 1, port })),
  ...[3, 4, 5, 255].map((code) => ({ protocol: 1, port: 3, code })),
  { protocol: 1, port: 8, code: 1 },
  { protocol: 58, port: 128 },
  ...[3, 4, 5].map((code) => ({ protocol: 58, port: 1, code })),
  { protocol: 47 },
  { protocol: 99 },
]

/** The two intents of a change and what the plan says of it. */
function changeBetween(change: ArbitraryChange): { before: Intent; after: Intent; listed: VerdictChanges } {
  const [before, after] = [new Intent(), new Intent()]
  const [one, other] = [snapshotOf(change.before), snapshotOf(change.after, 2)]
  before.apply(one)
  after.apply(one)
  const second = changesBetween(one, other, 2)
  const delta = after.apply(second)
  const later = photograph(after, delta, { others: 'none' })
  const known = delta.rulesChanged ? undefined : later
  const earlier = photograph(before, delta, { others: 'all', known })
  return { before, after, listed: finish(verdictChanges(classesOf(earlier, later))) }
}

/** The class that a name, or an address of the world, is in. */
function classOf({ all }: Classes, name: string): number {
  const address = parseAddress(name)
  if (address === undefined) return all.findIndex((end) => end.kind === 'interfaces' && end.names.includes(name))
  const length = (end: EndClass): number =>
    end.kind === 'world' && prefixHolds(end.prefix, address) ? end.prefix.length : -1
  return all.reduce((best, end, index) => (length(end) > length(all[best]!) ? index : best), 0)
}

describe('verdict changes of a plan', () => {
  it('are those that permits() finds by asking about every pair and packet', function () {
    this.timeout(180_000)
    const seen = { changes: 0, quiet: 0, losing: 0, gaining: 0 }
    fc.assert(
      fc.property(arbitraryChange, (change) => {
        const { before, after, listed } = changeBetween(change)
        expect(listed.complete).to.equal(true)
        const { classes, changes } = listed
        const world = [...WORLD, ...classes.all.flatMap((end) => (end.kind === 'world' ? [end.address] : []))]
        const names = [...new Set([...before.interfaces.keys(), ...after.interfaces.keys()])]
        const held = new Set(
          [...before.interfaces.values(), ...after.interfaces.values()].flatMap((each) => each.addresses),
        )
        const ends = [...names, ...new Set(world)].filter((end) => !held.has(end))
        const [rulesBefore, rulesAfter] = [orderRules(before), orderRules(after)]
        const differing = { losing: new Map<string, number>(), gaining: new Map(), any: new Map() }
        for (const from of ends) {
          for (const to of ends) {
            const [fromClass, toClass] = [classOf(classes, from), classOf(classes, to)]
            for (const packet of PACKETS) {
              const was = verdictWord(permits(before, { from, to, ...packet }, rulesBefore))
              const is = verdictWord(permits(after, { from, to, ...packet }, rulesAfter))
              const found = changes.filter(
                (change) =>
                  from !== to &&
                  change.from.includes(fromClass) &&
                  change.to.includes(toClass) &&
                  concerns(change, packet),
              )
              const label = `${from} -> ${to} ${JSON.stringify(packet)}: ${was} -> ${is}`
              if (was === is) {
                if (found.length > 0) expect.fail(`${label}, but listed ${JSON.stringify(found)}`)
                continue
              }
              expect(
                found.map((each) => `${each.before.verdict} -> ${each.after.verdict}`),
                label,
              ).to.deep.equal([`${was} -> ${is}`])
              const pair = [from, to].map((end) => (names.includes(end) ? end : classOf(classes, end))).join(' ')
              const passes = (word: string): boolean => word === 'allow' || word === 'rate-limit'
              differing.any.set(pair, 1)
              if (passes(was) && !passes(is)) differing.losing.set(pair, 1)
              if (!passes(was) && passes(is)) differing.gaining.set(pair, 1)
            }
          }
        }
        expect(listed.differing, 'differing').to.equal(differing.any.size)
        expect(listed.losing, 'losing').to.equal(differing.losing.size)
        expect(listed.gaining, 'gaining').to.equal(differing.gaining.size)
        seen[changes.length > 0 ? 'changes' : 'quiet']++
        if (listed.losing > 0) seen.losing++
        if (listed.gaining > 0) seen.gaining++
      }),
      // One change in eleven takes something away.
      { numRuns: 100 },
    )
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.greaterThan(0)
  })

  it('are told in groups: who, which packets, which words, and what decides', () => {
    const web: Peer = { kind: 'tags', selector: { allOf: ['"web"' as never], anyOf: [], noneOf: [] } }
    const from = (port: number, action: Rule['action']): Rule =>
      rule('ingress', web, action, { protocols: [6], ports: [{ first: port, last: port }] })
    const others = [
      vnp('shop'),
      ...[1, 2, 3].map((index) => iface(`web-${index}`, index, ['web'])),
      ...[4, 5].map((index) => iface(`db-${index}`, index, ['db'])),
    ]
    const appliesTo = { allOf: ['"db"' as never], anyOf: [], noneOf: [] }
    const before = intentWith([
      policy('db', 'shop', [from(5432, 'allow'), from(22, 'allow')], { appliesTo }),
      ...others,
    ])
    const later = policy('db', 'shop', [from(22, 'allow'), from(5432, 'reject'), from(80, 'allow')], { appliesTo })
    const after = intentWith([later, ...others])
    const delta = intentWith([policy('db', 'shop', [], { appliesTo }), ...others]).apply({
      revision: 2,
      changes: [{ key: 'policy/db', after: { key: 'policy/db', value: { ...later, number: 1 }, modRevision: 2 } }],
    })
    const classes = classesOf(
      photograph(before, delta, { others: 'all' }),
      photograph(after, delta, { others: 'none' }),
    )
    const { changes, losing, gaining, differing } = finish(verdictChanges(classes))
    const names = (indices: readonly number[]): string[] =>
      indices.flatMap((index) => {
        const end = classes.all[index]!
        return end.kind === 'world' ? [end.text] : end.names
      })
    expect(
      changes.map((each) => ({ ...each, from: names(each.from), to: names(each.to), layer4: undefined })),
    ).to.deep.equal([
      {
        from: ['web-1', 'web-2', 'web-3'],
        to: ['db-4', 'db-5'],
        layer4: undefined,
        packets: ['tcp/5432'],
        before: { verdict: 'allow', by: 'rule 0 of policy db (vnp shop)' },
        after: { verdict: 'reject', by: 'rule 1 of policy db (vnp shop)' },
        pairs: 6,
      },
      {
        from: ['web-1', 'web-2', 'web-3'],
        to: ['db-4', 'db-5'],
        layer4: undefined,
        packets: ['tcp/80'],
        before: { verdict: 'deny', by: 'the default of vnp shop' },
        after: { verdict: 'allow', by: 'rule 2 of policy db (vnp shop)' },
        pairs: 6,
      },
    ])
    expect({ losing, gaining, differing }).to.deep.equal({ losing: 6, gaining: 6, differing: 6 })
  })

  it('say so where there are more than may be looked at', () => {
    const records = (ingressDefault: 'allow' | 'deny') => [
      vnp('all', { ingressDefault }),
      policy(
        'p',
        'all',
        [1, 2, 3, 4].map((index) =>
          rule(
            'egress',
            { kind: 'tags', selector: { allOf: [`"t${index}"` as never], anyOf: [], noneOf: [] } },
            'deny',
          ),
        ),
      ),
      ...[1, 2, 3, 4].map((index) => iface(`i${index}`, index, [`t${index}`])),
    ]
    const [before, after] = [intentWith(records('deny')), intentWith(records('allow'))]
    const delta = intentWith(records('deny')).apply({ revision: 2, changes: [] })
    const classes = classesOf(
      photograph(before, delta, { others: 'all' }),
      photograph(after, delta, { others: 'none' }),
    )
    expect(finish(verdictChanges(classes)).complete).to.equal(true)
    expect(finish(verdictChanges(classes, 5)).complete).to.equal(false)
  })
})

describe('ranges of layer 4', () => {
  const tcp = (first: number, last: number): Rule =>
    rule('ingress', { kind: 'any' }, 'allow', { protocols: [6], ports: [{ first, last }] })

  it('read as rules are written', () => {
    expect(rangeTexts(ranges([], 'all'))).to.deep.equal(['any'])
    expect(rangeTexts(ranges([tcp(22, 22)], 'all'))).to.deep.equal(['any'])
    expect(rangeTexts(ranges([tcp(80, 90)], [tcp(85, 100)]))).to.deep.equal(['tcp/85-100'])
    const icmp = rule('ingress', { kind: 'any' }, 'allow', { protocols: [1, 47] })
    expect(rangeTexts(ranges([tcp(80, 90)], [icmp]))).to.deep.equal(['icmp', 'protocol 47'])
    const messages = rule('ingress', { kind: 'any' }, 'allow', {
      protocols: [1],
      icmp: [
        { protocol: 1, type: 3, code: 4 },
        { protocol: 1, type: 8 },
        { protocol: 1, type: 9 },
      ],
    })
    expect(rangeTexts(ranges([], [messages]))).to.deep.equal(['icmp/3/4', 'icmp/8-9'])
    const others = ranges([messages], 'all').filter(({ protocol, first }) => protocol === 1 && first !== 0x304)
    expect(rangeTexts(others)).to.deep.equal(['icmp/0-2', 'icmp/3/0-3', 'icmp/3/5-255', 'icmp/4-255'])
    const some = ranges([tcp(80, 90), icmp], 'all').filter(({ protocol, first }) => protocol !== 6 || first !== 80)
    expect(rangeTexts(some)).to.deep.equal([
      'icmp',
      'tcp/0-79',
      'tcp/91-65535',
      'udp',
      'protocol 47',
      'icmpv6',
      'sctp',
      'other protocols',
    ])
  })
})

describe('rules that keep their order', () => {
  it('are a longest increasing subsequence', () => {
    const longest = (numbers: number[]): number => {
      const best = numbers.map(() => 1)
      for (const [index, number] of numbers.entries())
        for (let at = 0; at < index; at++)
          if (numbers[at]! < number) best[index] = Math.max(best[index]!, best[at]! + 1)
      return Math.max(0, ...best)
    }
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50), { maxLength: 12 }), (numbers) => {
        const chosen = [...increasing(numbers)].sort((one, other) => one - other).map((index) => numbers[index]!)
        expect(chosen).to.deep.equal([...chosen].sort((one, other) => one - other))
        expect(chosen.length).to.equal(longest(numbers))
      }),
    )
  })
})
