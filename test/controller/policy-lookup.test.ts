/** The lookup must say what permits() says: at first, from the cache, after any change, and when hashes collide. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Intent } from '../../controller/policy/intent.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { type PolicyPacket, permits } from '../../controller/policy/permits.ts'
import { EVERYTHING } from '../../model/selector.ts'
import {
  type ArbitraryNetwork,
  arbitraryNetwork,
  arbitraryRecords,
  intentOf,
  keysOf,
  networkOf,
  snapshotOf,
} from '../support/arbitrary-state.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

/** Ends that are nobody, or claim another's address: nobody's where both are of one network. */
const NOBODY: PolicyPacket[] = [
  { from: 'nobody', to: 'if-1', protocol: 6, port: 80 },
  { from: 'if-1', to: 'nobody', protocol: 6, port: 80 },
  { from: '10.0.0.2', to: 'if-1', protocol: 6, port: 80 },
  { from: 'if-2', to: 'fd00::1', protocol: 58, port: 128, reply: true },
]

/** Packets that rules of this intent are about: random ones seldom meet one. */
function pointed(intent: Intent): PolicyPacket[] {
  const rules = [...intent.policies.values()].flatMap((one) => one.rules)
  const flows = rules.map(({ protocols, ports, icmp }) => {
    const [message] = icmp ?? []
    if (message === undefined) return { protocol: protocols[0] ?? 6, port: ports[0]?.first ?? 80 }
    const { protocol, type, code } = message
    return { protocol, port: type, ...(code === undefined ? {} : { code }) }
  })
  const ends = [...intent.interfaces.keys(), '192.0.2.200', 'fd00::c8']
  return ends.flatMap((from) =>
    ends.flatMap((to) => [...flows.slice(0, 6), { protocol: 17, port: 9 }].map((flow) => ({ from, to, ...flow }))),
  )
}

/** Two interfaces and rules of every action, one port each; pointed() asks for all of them. */
function everyWay(): ArbitraryNetwork {
  const actions = ['allow', 'deny', 'reject', 'rate-limit', 'log', 'pass'] as const
  const rules = actions.map((action, index) =>
    rule('ingress', { kind: 'any' }, action, { protocols: [6], ports: [{ first: 80 + index, last: 80 + index }] }),
  )
  // Of the two packets that are passed on, the baseline allows one.
  const pass = rule('ingress', { kind: 'any' }, 'pass', { protocols: [6], ports: [{ first: 84, last: 85 }] })
  const records = [
    policy('p', 'all', rules),
    policy('q', 'all', [{ ...rules[0]!, ports: [{ first: 85, last: 85 }] }], { tier: 'baseline' }),
    policy('r', 'all', [pass], { tier: 'admin' }),
  ]
  const intent = intentWith([vnp('all'), ...records, iface('if-1', 1, []), iface('if-2', 2, [])])
  return { intent, state: networkOf(intent, []), packets: [] }
}

describe('policy lookup', () => {
  it('says what permits() says, at first and from the cache', () => {
    const decided = new Map<string, number>()
    fc.assert(
      fc.property(arbitraryNetwork(16), ({ intent, packets }) => {
        const lookup = new PolicyLookup(intent)
        const asked = [...packets, ...NOBODY, ...pointed(intent)]
        for (const packet of asked) {
          const expected = permits(intent, packet)
          for (const { by, verdict, passed } of [expected.egress, expected.ingress]) {
            const way = `${by.kind} ${verdict}${passed === undefined ? '' : ' after a pass'}`
            decided.set(way, (decided.get(way) ?? 0) + 1)
          }
          expect(lookup.getPolicyForTraffic(packet), JSON.stringify(packet)).to.deep.equal(expected)
        }
        const { misses } = lookup.counts
        for (const packet of asked) expect(lookup.getPolicyForTraffic(packet)).to.deep.equal(permits(intent, packet))
        expect(lookup.counts.misses, 'the second time needs no search').to.equal(misses)
      }),
      // Random rules seldom decide in each way: one network in which they do for certain.
      { numRuns: 50, examples: [[everyWay()]] },
    )
    const ways = [
      'rule allow',
      'rule allow after a pass',
      'default deny after a pass',
      'rule deny',
      'rule reject',
      'rule rate-limit',
      'default allow',
      'default deny',
      'no-shared-vnp deny',
      'world allow',
    ]
    for (const way of [...ways, 'unknown deny', 'no-path deny'])
      expect(decided.get(way) ?? 0, `packets decided by ${way}`).to.be.greaterThan(0)
  })

  it('says so whatever changed, told or not', () => {
    fc.assert(
      fc.property(
        arbitraryNetwork(12),
        fc.array(fc.tuple(arbitraryRecords, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 4 }),
        ({ intent, packets }, steps) => {
          const lookup = new PolicyLookup(intent)
          let revision = intent.generation
          for (const packet of packets) lookup.getPolicyForTraffic(packet)
          for (const [records, told, back] of steps) {
            // A store that takes a change back repeats a generation; then the lookup is always told.
            const repeated = back && told
            if (!repeated) revision++
            const { changes } = snapshotOf(records, revision)
            const keys = new Set(changes.map(({ key }) => key))
            const gone = keysOf(intent).filter((key) => !keys.has(key))
            const delta = intent.apply({ revision, changes: [...gone.map((key) => ({ key })), ...changes] })
            if (told) lookup.changed(delta)
            for (const packet of packets) {
              expect(lookup.getPolicyForTraffic(packet), JSON.stringify(packet)).to.deep.equal(permits(intent, packet))
            }
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('keeps what a change of tags does not touch, and drops what it does', () => {
    const records = [
      vnp('all', { selector: EVERYTHING, ingressDefault: 'allow' }),
      vnp('web', { selector: { allOf: ['"web"' as never], anyOf: [], noneOf: [] } }),
      iface('a', 1, []),
      iface('b', 2, []),
      iface('c', 3, ['web']),
    ]
    const intent = intentWith(records)
    const lookup = new PolicyLookup(intent)
    const ask = (from: string, to: string) => lookup.getPolicyForTraffic({ from, to, protocol: 6, port: 80 })
    ask('a', 'b')
    ask('b', 'c')
    expect(lookup.counts).to.include({ hits: 0, misses: 2, stale: 0 })
    const delta = intent.apply({
      revision: 2,
      changes: [
        { key: 'interface/c', after: { key: 'interface/c', value: iface('c', 3, ['web', 'more']), modRevision: 2 } },
      ],
    })
    lookup.changed(delta)
    ask('a', 'b')
    expect(ask('b', 'a').allow, 'the same identities: the same answer').to.equal(true)
    ask('b', 'c')
    expect(lookup.counts).to.include({ hits: 3, misses: 2, stale: 0 })
    const put = (revision: number, value: { name: string }): void => {
      const key = `policy/${value.name}`
      lookup.changed(intent.apply({ revision, changes: [{ key, after: { key, value, modRevision: revision } }] }))
    }
    put(3, policy('p', 'web', []))
    ask('a', 'b')
    expect(lookup.counts, 'rules of another partition').to.include({ hits: 4, misses: 2, stale: 0 })
    ask('b', 'c')
    expect(lookup.counts, 'rules of its own').to.include({ hits: 4, misses: 2, stale: 1 })
    put(4, policy('q', 'all', []))
    for (const _ of [1, 2])
      for (const [from, to] of [
        ['a', 'b'],
        ['b', 'c'],
      ] as const)
        ask(from, to)
    expect(lookup.counts, 'rules of all').to.include({ hits: 6, misses: 2, stale: 3 })
  })

  it('answers rightly where all hashes are the same', () => {
    fc.assert(
      fc.property(arbitraryNetwork(10), ({ intent, packets }) => {
        const lookup = new PolicyLookup(intent, { hash: () => 7n, mix: () => 7 })
        for (const packet of [...packets, ...packets])
          expect(lookup.getPolicyForTraffic(packet)).to.deep.equal(permits(intent, packet))
        expect(lookup.size).to.be.at.most(1)
      }),
      { numRuns: 40 },
    )
  })

  it('keeps no more answers than it was told to', () => {
    const intent = intentWith([vnp('all'), iface('a', 1, []), iface('b', 2, [])])
    const lookup = new PolicyLookup(intent, { capacity: 10 })
    for (let port = 0; port < 100; port++) lookup.getPolicyForTraffic({ from: 'a', to: 'b', protocol: 6, port })
    expect(lookup.size).to.equal(10)
  })

  it('is quicker than scanning by far, once it knows', () => {
    const rules = Array.from({ length: 500 }, (_, index) =>
      rule('ingress', { kind: 'any' }, 'allow', { protocols: [6], ports: [{ first: index, last: index }] }),
    )
    const intent = intentWith([vnp('all'), policy('p', 'all', rules), iface('a', 1, []), iface('b', 2, [])])
    const lookup = new PolicyLookup(intent)
    const packet = { from: 'a', to: 'b', protocol: 6, port: 499 }
    const time = (act: () => unknown, times: number): number => {
      const began = performance.now()
      for (let round = 0; round < times; round++) act()
      return (performance.now() - began) / times
    }
    time(() => lookup.getPolicyForTraffic(packet), 100)
    expect(time(() => lookup.getPolicyForTraffic(packet), 2000) * 5).to.be.below(
      time(() => permits(intent, packet), 50),
    )
  })
})

describe('the helper of these tests', () => {
  it('knows every key of an intent', () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const { changes } = snapshotOf(records)
        expect(keysOf(intentOf(records)).sort()).to.deep.equal(changes.map(({ key }) => key).sort())
        expect(new Intent().interfaces.size).to.equal(0)
      }),
      { numRuns: 20 },
    )
  })
})
