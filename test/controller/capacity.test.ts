/**
 * Limits of what is stored: a space that is full refuses the write with a typed error and writes nothing, and takes it
 * when something has been freed and has rested; what is nearly full is told before; what compiling cannot place fails as
 * a whole.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { CapacityWatch } from '../../controller/capacity.ts'
import { Numbering } from '../../controller/numbering.ts'
import { type Capacity, capacities } from '../../controller/policy/capacity.ts'
import { PolicyRows } from '../../controller/policy/compile-policy.ts'
import { prioritiesOf } from '../../controller/policy/compile-ranks.ts'
import { numberKey, SPACES } from '../../controller/policy/numbers.ts'
import { MAX_NUMBER, orderRules, RULES_PER_POLICY } from '../../controller/policy/order.ts'
import { POLICY_BANDS } from '../../controller/policy/pipeline.ts'
import { proposeNumbers, RECORD_NUMBERS, type Write } from '../../controller/policy/propose.ts'
import type { NumberSpace } from '../../controller/policy/state.ts'
import { zoneName } from '../../controller/policy/zones.ts'
import { fail, ok, type Result } from '../../model/errors.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import { create, draftOf, PolicyStore, remove } from '../support/policy-store.ts'
import { iface, policy, rule, vnp } from '../support/records.ts'

const DATAPATHS = ['00000000000000aa', '00000000000000ab', '00000000000000ac']
const has = (tag: string) => ({ allOf: [JSON.stringify(tag) as Tag], anyOf: [], noneOf: [] })
const rateLimit = { ...rule('ingress', { kind: 'any' }, 'rate-limit'), rateKbps: 1000 }

const attached = (record: InterfaceRecord, datapathId = DATAPATHS[0]!): InterfaceRecord => ({
  ...record,
  attachment: { kind: 'port', datapathId, port: record.mac & 0xff },
})

/** A store whose spaces hold so many numbers. */
function small(sizes: Partial<Record<NumberSpace | 'identity', number>>): PolicyStore {
  const store = new PolicyStore()
  const spaces = Object.entries(SPACES).map(([space, { first, last }]) => {
    const size = sizes[space as NumberSpace]
    return [space, { first, last: size === undefined ? last : first + size - 1 }]
  })
  store.spaces = Object.fromEntries(spaces) as typeof SPACES
  return store
}

function number(store: PolicyStore, datapathId: string, use = true): Result<void> {
  const proposed = proposeNumbers(store.intent, datapathId, store.context, use)
  if (!proposed.ok) return proposed
  if (proposed.value.transaction !== undefined) store.commit(proposed.value.transaction)
  return ok(undefined)
}

const codeOf = (result: Result<unknown>): string =>
  result.ok ? 'OK' : `${result.failure.code} ${result.failure.details['space']}`
const contentOf = (store: PolicyStore): string => JSON.stringify([...store.entries])

describe('a space of numbers that is full', () => {
  /** What fills the space, what no longer fits, and what frees it. */
  const CASES: {
    space: NumberSpace | 'identity'
    size: number
    before: Write[]
    over: Write[]
    freeing: Write[]
  }[] = [
    {
      space: 'identity',
      size: 1,
      before: [create(vnp('v', { selector: has('x') })), create(iface('a', 1, []))],
      over: [create(iface('c', 3, [])), create(iface('b', 2, ['x']))],
      freeing: [remove('interface', 'a')],
    },
    {
      space: 'network',
      size: 1,
      before: [create(iface('a', 1, [], 'blue'))],
      over: [create(iface('c', 3, [], 'blue')), create(iface('b', 2, [], 'red'))],
      freeing: [remove('interface', 'a')],
    },
    {
      space: 'zone',
      size: 2,
      before: DATAPATHS.slice(0, 2).map((where, index) =>
        create(attached(iface(`a${index}`, 1 + index, [], 'blue'), where)),
      ),
      over: [create(attached(iface('b', 3, [], 'red')))],
      freeing: [remove('interface', 'a0'), remove('interface', 'a1')],
    },
    {
      space: 'meter',
      size: 2,
      before: [create(vnp('v')), create(policy('p', 'v', [rateLimit, rateLimit]))],
      over: [create(policy('q', 'v', [rateLimit]))],
      freeing: [remove('policy', 'p')],
    },
  ]

  for (const { space, size, before, over, freeing } of CASES) {
    it(`refuses what needs more of ${space}, whole, and takes it after the quarantine`, () => {
      const store = small({ [space]: size })
      for (const datapathId of DATAPATHS.slice(0, 2)) expect(codeOf(number(store, datapathId))).to.equal('OK')
      store.must(...before)
      const content = contentOf(store)
      const portrait = capacities(store.intent, store.spaces).find((row) => row.space === space)
      expect(portrait).to.deep.equal({ space, used: size, resting: 0, limit: size })
      expect(codeOf(store.write(...over))).to.equal(`SPACE_FULL ${space}`)
      expect(contentOf(store)).to.equal(content)

      store.must(...freeing)
      // A name that comes back takes its own number back at once.
      const next = space === 'identity' || space === 'network' ? over.slice(-1) : over
      store.now += store.quarantineMs - 1
      expect(codeOf(store.write(...next)), 'in quarantine').to.equal(`SPACE_FULL ${space}`)
      store.now += 1
      expect(codeOf(store.write(...next)), 'rested').to.equal('OK')
    })
  }

  it('leaves a switch without numbers, and gives it those of one that was forgotten', () => {
    const store = small({ switch: 2 })
    const [one, two, three] = DATAPATHS as [string, string, string]
    store.must(create(attached(iface('a', 1, []), one)))
    for (const datapathId of [one, two]) expect(codeOf(number(store, datapathId))).to.equal('OK')
    expect(store.intent.number('zone', zoneName(one, 'default'))).to.equal(1)
    const content = contentOf(store)
    expect(codeOf(number(store, three))).to.equal('SPACE_FULL switch')
    expect(contentOf(store), 'no zone either').to.equal(content)
    number(store, one, false)
    expect(store.intent.number('switch', one)).to.equal(undefined)
    expect(store.intent.number('zone', zoneName(one, 'default'))).to.equal(undefined)
    store.must(create(attached(iface('b', 2, [], 'red'), one)))
    expect(store.intent.numberRecord(numberKey('zone', zoneName(one, 'red'))), 'a zone for nobody').to.equal(undefined)
    expect(codeOf(number(store, three))).to.equal('SPACE_FULL switch')
    store.now += store.quarantineMs
    expect(codeOf(number(store, three))).to.equal('OK')
    expect(store.intent.number('switch', three)).to.equal(1)
  })

  it('gives numbers of records once, and says when they are spent', () => {
    const store = new PolicyStore()
    const { key, last } = RECORD_NUMBERS.policy
    const revision = store.intent.revisionOf(key)
    store.commit({
      expect: [{ key, modRevision: revision }],
      puts: [{ key, value: { number: last - 1 } }],
      deletes: [],
      cause: { caller: 'tester', method: 'Test' },
    })
    store.must(create(vnp('v')), create(policy('last', 'v', [])))
    const content = contentOf(store)
    expect(codeOf(store.write(create(policy('p', 'v', []))))).to.equal('NUMBERS_SPENT policy-numbers')
    expect(contentOf(store)).to.equal(content)
    // Conjunction ids of rules end where those of defaults begin.
    expect(MAX_NUMBER.policy * RULES_PER_POLICY + RULES_PER_POLICY + MAX_NUMBER.vnp).to.equal(0xffff_ffff)
  })

  it('whatever is written into small spaces: all or nothing, and room for all once everything is gone', () => {
    const networks = ['default', 'blue', 'red']
    const anyWrite = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.subarray(['x', 'y']), fc.constantFrom(...networks)).map(
        ([index, tags, network]): Write => ({
          op: 'update',
          record: draftOf(attached(iface(`i${index}`, index, tags, network), DATAPATHS[index % 2])),
          allowMissing: true,
        }),
      ),
      fc.integer({ min: 1, max: 6 }).map(
        (index): Write => ({
          op: 'delete',
          kind: 'interface',
          name: `i${index}`,
          allowMissing: true,
        }),
      ),
      fc.tuple(fc.constantFrom('p', 'q'), fc.integer({ min: 0, max: 3 })).map(([name, rules]): Write => {
        const record = policy(
          name,
          'v',
          Array.from({ length: rules }, () => rateLimit),
        )
        return { op: 'update', record: draftOf(record), allowMissing: true }
      }),
    )
    let refused = 0
    fc.assert(
      fc.property(fc.array(fc.tuple(anyWrite, fc.boolean()), { minLength: 10, maxLength: 40 }), (writes) => {
        const store = small({ identity: 3, network: 2, zone: 2, meter: 3 })
        store.must(create(vnp('v', { selector: has('x') })), create(vnp('w', { selector: has('y') })))
        for (const datapathId of DATAPATHS.slice(0, 2)) number(store, datapathId)
        for (const [write, rests] of writes) {
          const content = contentOf(store)
          const result = store.write(write)
          if (!result.ok) {
            refused++
            expect(result.failure.code).to.equal('SPACE_FULL')
            expect(contentOf(store)).to.equal(content)
          }
          for (const { space, used, resting, limit } of capacities(store.intent, store.spaces)) {
            expect(used + resting, space).to.be.at.most(limit)
          }
          if (rests) store.now += store.quarantineMs
        }
        for (const name of [...store.intent.policies.keys()]) store.must(remove('policy', name))
        for (const name of [...store.intent.interfaces.keys()]) store.must(remove('interface', name))
        store.now += store.quarantineMs
        store.must(create(iface('i1', 1, ['x'])), create(policy('r', 'v', [rateLimit, rateLimit, rateLimit])))
        expect(capacities(store.intent, store.spaces).find(({ space }) => space === 'meter')?.used).to.equal(3)
      }),
      { numRuns: 200 },
    )
    expect(refused).to.be.greaterThan(100)
  })
})

describe('spaces that fill', () => {
  interface Told {
    type: string
    subject: string
    details: Readonly<Record<string, string | number>>
  }
  const watch = () => {
    const told: Told[] = []
    let now = 0
    const its = new CapacityWatch(
      (type, subject, details = {}) => told.push({ type, subject, details }),
      () => now,
    )
    const types = () => told.splice(0).map(({ type, subject }) => `${type} ${subject}`)
    return { its, told, types, pass: (ms: number) => (now += ms) }
  }
  const at = (used: number, resting = 0): Capacity[] => [
    { space: 'meter', used, resting, limit: 1000 },
    { space: 'zone', used: 1, resting: 0, limit: 1000 },
  ]

  it('are told at 80 and 95 percent, quarantine included, once each, and when there is room again', () => {
    const { its, told, types } = watch()
    for (const [used, resting, expected] of [
      [799, 0, []],
      [700, 100, ['space-filling meter']],
      [760, 0, []],
      [810, 0, []],
      [900, 50, ['space-nearly-full meter']],
      [1000, 0, []],
      [940, 0, []],
      [955, 0, []],
      [899, 0, []],
      [950, 0, ['space-nearly-full meter']],
      [749, 0, ['space-relieved meter']],
      [0, 1000, ['space-nearly-full meter']],
    ] as const) {
      its.look(at(used, resting))
      expect(types(), `${used} ${resting}`).to.deep.equal(expected)
    }
    its.look(at(0))
    its.look(at(700, 101))
    expect(told.at(-1)?.details).to.deep.equal({ percent: 80, used: 700, resting: 101, limit: 1000 })
  })

  it('are told when a write is refused, once a minute', () => {
    const { its, types, pass } = watch()
    const full = (space: string) => {
      const failed = fail('SPACE_FULL', { space, limit: 7 })
      if (!failed.ok) its.refused(failed.failure)
    }
    full('meter')
    full('meter')
    full('zone')
    expect(types()).to.deep.equal(['space-full meter', 'space-full zone'])
    pass(59_999)
    full('meter')
    expect(types()).to.deep.equal([])
    pass(1)
    full('meter')
    const batch = fail('TOO_MANY', { what: 'writes in one request', count: 2, limit: 1 })
    if (!batch.ok) its.refused(batch.failure)
    expect(types()).to.deep.equal(['space-full meter'])
  })

  it('count every space that a write can be refused for', () => {
    const store = new PolicyStore()
    store.must(create(vnp('v')), create(policy('p', 'v', [rateLimit])), create(iface('a', 1, [])))
    const used = Object.fromEntries(capacities(store.intent).map((row) => [row.space, row.used]))
    expect(used).to.deep.equal({
      identity: 1,
      network: 1,
      zone: 0,
      meter: 1,
      steer: 0,
      switch: 0,
      'interface-records': 1,
      'vnp-records': 1,
      'policy-records': 1,
      'switch-records': 0,
      rules: 1,
      'interface-numbers': 1,
      'vnp-numbers': 1,
      'policy-numbers': 1,
      'switch-numbers': 0,
      'network-records': 0,
      'network-numbers': 0,
      'nap-numbers': 0,
      'nap-records': 0,
      'profile-numbers': 0,
      'profile-records': 0,
      'stagePolicy-numbers': 0,
      'stagePolicy-records': 0,
      router: 0,
    })
    const limits = {
      interface: 1,
      vnp: 1,
      policy: 1,
      switch: 1,
      network: 1,
      nap: 1,
      profile: 1,
      stagePolicy: 1,
      rule: 1,
    }
    const before = contentOf(store)
    store.spaces = { ...SPACES, network: { first: 1, last: 1 } }
    expect(codeOf(store.write(create(iface('b', 2, [], 'red'))))).to.equal('SPACE_FULL network')
    for (const row of capacities(store.intent, store.spaces, limits)) {
      if (row.space.endsWith('-records') || row.space === 'rules') expect(row.limit).to.equal(1)
    }
    expect(contentOf(store)).to.equal(before)
  })
})

describe('a switch that cannot be given numbers', () => {
  it('is told once, tried again, and told when it has them', async () => {
    const told: string[] = []
    let full = true
    const asked: string[] = []
    let wake: () => void = () => {}
    const numbering = new Numbering({
      release: async () => ok(undefined),
      assign: async (datapathId, use) => {
        asked.push(`${datapathId} ${use}`)
        if (asked.length === 3) full = false
        return full ? fail('SPACE_FULL', { space: 'zone', limit: 2 }) : ok(undefined)
      },
      tell: (type, subject, details) => {
        told.push([type, subject, ...Object.values(details ?? {})].join(' '))
        wake()
      },
      retryMs: 1,
    })
    const numbered = new Promise<void>((resolve) => {
      wake = () => {
        if (told.length === 2) resolve()
      }
    })
    await numbering.came('aa')
    await numbered
    expect(told).to.deep.equal([
      'switch-unnumbered aa No free number is left in the zone space of 2',
      'switch-numbered aa',
    ])
    await numbering.forgotten('aa')
    expect(asked).to.deep.equal(['aa true', 'aa true', 'aa true', 'aa false'])
    numbering.stop()
  })
})

describe('what does not fit into priorities', () => {
  it('is no rule left out: nothing is compiled', () => {
    const store = new PolicyStore()
    const deny = rule('ingress', { kind: 'any' }, 'deny')
    store.must(create(vnp('v')), create(policy('p', 'v', [deny, deny, deny])))
    const rules = orderRules(store.intent)
    expect(prioritiesOf(rules, { first: 1, last: 3 }).size).to.equal(3)
    expect(() => prioritiesOf(rules, { first: 1, last: 2 })).to.throw(RangeError, '3 rules do not fit into 2')
  })

  it('is no default left out: what was compiled before stays as it is', () => {
    const { first, last } = POLICY_BANDS.defaults
    const room = last - first + 1
    const store = new PolicyStore()
    const many = Array.from({ length: room }, (_, index) => create(vnp(`v${index}`, { selector: has('x') })))
    store.must(...many)
    store.must(create(iface('a', 1, ['x'])), create(iface('b', 2, ['x'])))
    const rows = new PolicyRows()
    rows.update(store.intent, 'all')
    const before = [...rows.flows.keys()]
    expect(codeOf(store.write(create(vnp('more', { selector: has('x') }))))).to.equal('TOO_MANY vnp-records')
    const one = store.intent.vnps.get('v0')!
    const over = new Map([...store.intent.vnps, ['more', { ...one, name: 'more', number: room + 1 }]])
    const beyond = new Proxy(store.intent, {
      get: (target, name) => {
        const value = name === 'vnps' ? over : Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    expect(() => rows.update(beyond, 'all')).to.throw(RangeError, `${room + 1} defaults do not fit into ${room}`)
    expect([...rows.flows.keys()]).to.deep.equal(before)
  })
})
