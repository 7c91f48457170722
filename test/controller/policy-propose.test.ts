/** Proposals: what is refused and how, what a transaction holds, and laws that hold after any sequence of writes. */
import { expect } from 'chai'
import fc from 'fast-check'
import { cidrKey, cidrsNamedBy, tagsKey, tagsMentionedBy } from '../../controller/policy/identity.ts'
import { meterName, type NumberRecord, SPACES } from '../../controller/policy/numbers.ts'
import { etagOf, propose, proposeNumbers, proposeRelease, type Write } from '../../controller/policy/propose.ts'
import {
  type AnyRecord,
  IDENTITY,
  type IdentityRecord,
  type InterfaceRecord,
  type Policy,
  PREFIX,
  type RecordKind,
} from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import { arbitraryPolicy, arbitraryVnp, interfaceRecord, TAGS } from '../support/arbitrary-state.ts'
import { create, draftOf, PolicyStore, remove } from '../support/policy-store.ts'
import { iface, policy, rule, switchRecord, vnp } from '../support/records.ts'
import { took, zonesNeeded, zonesOf } from '../support/zones.ts'

const DATAPATH = '00000000000000aa'
const OTHER = '00000000000000ab'
const SWITCHES = [DATAPATH, OTHER]
const update = (record: AnyRecord, etag?: string): Write => ({ op: 'update', record: draftOf(record), etag })
const upsert = (record: AnyRecord): Write => ({ op: 'update', record: draftOf(record), allowMissing: true })
const removeIfThere = (kind: RecordKind, name: string): Write => ({ op: 'delete', kind, name, allowMissing: true })
const has = (...tags: string[]) => ({ allOf: tags.map((tag) => JSON.stringify(tag) as Tag), anyOf: [], noneOf: [] })

function codeOf(store: PolicyStore, ...writes: Write[]): string {
  const before = JSON.stringify([...store.entries])
  const result = store.write(...writes)
  if (!result.ok) expect(JSON.stringify([...store.entries])).to.equal(before)
  return result.ok ? 'OK' : result.failure.code
}

describe('propose', () => {
  it('gives a record, its number, its identity and its network in one transaction', () => {
    const store = new PolicyStore()
    store.must(create(vnp('prod', { selector: has('prod') })))
    const { outcomes, transaction } = store.must(create(iface('web', 1, ['prod', 'zzz'])))
    expect(outcomes.map(({ outcome, name }) => [outcome, name])).to.deep.equal([['created', 'web']])
    expect(transaction?.puts.map(({ key }) => key).sort()).to.deep.equal([
      'identity/256',
      'interface/web',
      'number/network/default',
      'number/record/interface',
    ])
    expect(store.intent.identities.get(256)).to.deep.equal({ number: 256, key: 'tags:["prod"]' })
    expect(store.intent.identityOf('web')).to.equal(256)
    expect(store.intent.interfaces.get('web')?.updatedBy).to.equal('tester')
  })

  it('changes nothing where nothing would change', () => {
    const store = new PolicyStore()
    store.must(create(vnp('prod')), create(iface('web', 1, ['a'])))
    store.now += 5
    for (const write of [upsert(vnp('prod')), update(iface('web', 1, ['a']))]) {
      const proposal = store.must(write)
      expect(proposal.transaction).to.equal(undefined)
      expect(proposal.outcomes[0]?.outcome).to.equal('unchanged')
    }
    const tagged: Write = { op: 'tags', name: 'web', add: ['"a"' as Tag], remove: ['"b"' as Tag] }
    expect(store.must(tagged).transaction).to.equal(undefined)
  })

  it('refuses what exists, what does not, and what has changed since it was read', () => {
    const store = new PolicyStore()
    store.must(create(iface('web', 1, [])))
    expect(codeOf(store, create(iface('web', 2, [])))).to.equal('ALREADY_EXISTS')
    expect(codeOf(store, update(iface('db', 2, [])))).to.equal('NOT_FOUND')
    expect(codeOf(store, remove('vnp', 'none'))).to.equal('NOT_FOUND')
    expect(codeOf(store, { op: 'delete', kind: 'vnp', name: 'none', allowMissing: true })).to.equal('OK')
    expect(codeOf(store, { op: 'tags', name: 'db', add: [], remove: [] })).to.equal('NOT_FOUND')
    const etag = etagOf(store.intent, 'interface', 'web')
    expect(codeOf(store, update(iface('web', 1, ['a']), etag))).to.equal('OK')
    expect(codeOf(store, update(iface('web', 1, ['b']), etag))).to.equal('ETAG_MISMATCH')
    expect(codeOf(store, { op: 'delete', kind: 'interface', name: 'web', etag })).to.equal('ETAG_MISMATCH')
  })

  it('gives each address of a network, MAC, port and datapath one holder', () => {
    const store = new PolicyStore()
    const web = iface('web', 1, [])
    store.must(create(web), create(switchRecord('sw', DATAPATH)))
    const other = iface('db', 2, [])
    expect(codeOf(store, create({ ...other, addresses: ['10.0.0.9', '10.0.0.1'] }))).to.equal('DUPLICATE_ADDRESS')
    expect(codeOf(store, create({ ...other, mac: web.mac }))).to.equal('DUPLICATE_MAC')
    expect(codeOf(store, create({ ...other, attachment: web.attachment }))).to.equal('DUPLICATE_ATTACHMENT')
    expect(codeOf(store, create(switchRecord('sw2', DATAPATH)))).to.equal('DUPLICATE_DATAPATH')
    expect(codeOf(store, create({ ...other, network: 'blue', addresses: web.addresses })), 'another network').to.equal(
      'OK',
    )
    const pair = [iface('x', 3, []), { ...iface('y', 4, []), mac: iface('x', 3, []).mac }]
    expect(codeOf(store, ...pair.map(create))).to.equal('DUPLICATE_MAC')
  })

  it('lets two records exchange their addresses in one batch', () => {
    const store = new PolicyStore()
    const [web, db] = [iface('web', 1, []), iface('db', 2, [])]
    store.must(create(web), create(db))
    expect(codeOf(store, update({ ...web, addresses: db.addresses }))).to.equal('DUPLICATE_ADDRESS')
    expect(
      codeOf(store, update({ ...web, addresses: db.addresses }), update({ ...db, addresses: web.addresses })),
    ).to.equal('OK')
    expect(store.intent.byAddress('default', '10.0.0.1')).to.equal('db')
  })

  it('takes attachments by port name as one claim per switch, and never an uplink', () => {
    const store = new PolicyStore()
    const at = (name: string, index: number, portName: string, datapathId?: string): InterfaceRecord => ({
      ...iface(name, index, []),
      attachment: { kind: 'portName', portName, ...(datapathId === undefined ? {} : { datapathId }) },
    })
    store.must(create(at('a', 1, 'veth0', DATAPATH)), create(switchRecord('sw', DATAPATH, ['eth0'])))
    expect(codeOf(store, create(at('b', 2, 'veth0', DATAPATH)))).to.equal('DUPLICATE_ATTACHMENT')
    expect(codeOf(store, create(at('b', 2, 'veth0')))).to.equal('DUPLICATE_ATTACHMENT')
    expect(codeOf(store, create(at('b', 2, 'eth0')))).to.equal('INVALID_FIELD')
    expect(codeOf(store, create(at('b', 2, 'veth0', '00000000000000ab')))).to.equal('OK')
    expect(codeOf(store, create(at('c', 3, 'veth1')), create(at('d', 4, 'veth1', DATAPATH)))).to.equal(
      'DUPLICATE_ATTACHMENT',
    )
    expect(codeOf(store, update(switchRecord('sw', DATAPATH, ['veth0'])))).to.equal('INVALID_FIELD')
  })

  it('keeps references whole, whatever the order inside a batch', () => {
    const store = new PolicyStore()
    const naming = policy('cross', 'a', [rule('egress', { kind: 'vnp', vnp: 'b' }, 'allow')])
    expect(codeOf(store, create(naming))).to.equal('NOT_FOUND')
    expect(codeOf(store, create(naming), create(vnp('a')))).to.equal('NOT_FOUND')
    expect(codeOf(store, create(naming), create(vnp('b')), create(vnp('a')))).to.equal('OK')
    expect(codeOf(store, remove('vnp', 'a'))).to.equal('IN_USE')
    expect(codeOf(store, remove('vnp', 'b'))).to.equal('IN_USE')
    expect(codeOf(store, remove('vnp', 'b'), remove('policy', 'cross'))).to.equal('OK')
  })

  it('refuses a batch that writes a record twice, and one that is too long, as a whole', () => {
    const store = new PolicyStore()
    expect(codeOf(store, create(vnp('a')), update(vnp('a')))).to.equal('INVALID_FIELD')
    const many = Array.from({ length: 10_001 }, (_, index) => create(vnp(`v${index}`)))
    expect(codeOf(store, ...many)).to.equal('TOO_MANY')
    expect(store.revision).to.equal(0)
  })

  it('renumbers every interface that carries a tag in the transaction that makes the tag relevant', () => {
    const store = new PolicyStore()
    store.must(...[1, 2, 3].map((index) => create(iface(`i${index}`, index, index < 3 ? ['x'] : []))))
    expect(new Set(['i1', 'i2', 'i3'].map((name) => store.intent.identityOf(name)))).to.have.property('size', 1)
    store.must(create(vnp('v', { selector: has('x') })))
    expect(store.intent.identities.get(store.intent.identityOf('i1'))?.key).to.equal('tags:["x"]')
    expect(store.intent.identityOf('i1')).to.equal(store.intent.identityOf('i2'))
    expect(store.intent.identityOf('i3')).not.to.equal(store.intent.identityOf('i1'))
    expect([...(store.lastDelta?.interfaces ?? [])].sort()).to.deep.equal(['i1', 'i2'])
    expect(store.lastDelta?.relevanceChanged).to.equal(true)
  })

  it('gives a released number to nobody else before the quarantine, and back to the same tags at once', () => {
    const store = new PolicyStore()
    store.must(create(vnp('v', { selector: { allOf: [], anyOf: ['"x"', '"y"', '"z"'] as Tag[], noneOf: [] } })))
    store.must(create(iface('i', 1, ['x'])))
    expect(store.intent.identityOf('i')).to.equal(256)
    store.must(update(iface('i', 1, ['y'])))
    expect(store.intent.identityOf('i')).to.equal(257)
    expect(store.intent.identities.get(256)?.releasedAt).to.equal(store.now)
    store.must(update(iface('i', 1, ['x'])))
    expect(store.intent.identityOf('i'), 'the same tags come back').to.equal(256)
    store.must(update(iface('i', 1, ['z'])))
    expect(store.intent.identityOf('i'), '256 and 257 rest').to.equal(258)
    store.now += store.quarantineMs
    store.must(update(iface('i', 1, ['x', 'y'])))
    expect(store.intent.identityOf('i')).to.equal(256)
    expect(store.intent.identities.get(256)).to.deep.equal({ number: 256, key: 'tags:["x","y"]' })
  })

  it('says which space is full and changes nothing', () => {
    const store = new PolicyStore()
    store.must(create(vnp('v', { selector: has('x') })))
    const context = { ...store.context, spaces: { ...SPACES, identity: { first: 256, last: 256 } } }
    const one = propose(store.intent, [create(iface('a', 1, []))], context)
    expect(one.ok).to.equal(true)
    const two = propose(store.intent, [create(iface('a', 1, [])), create(iface('b', 2, ['x']))], context)
    expect(!two.ok && [two.failure.code, two.failure.details['space']]).to.deep.equal(['SPACE_FULL', 'identity'])
  })

  it('limits records, rules and tags', () => {
    const store = new PolicyStore()
    const limits = {
      interface: 1,
      vnp: 1,
      policy: 5,
      switch: 5,
      network: 5,
      nap: 5,
      profile: 5,
      stagePolicy: 5,
      rule: 1,
    }
    const ask = (...writes: Write[]) => {
      const result = propose(store.intent, writes, { ...store.context, limits })
      return result.ok ? 'OK' : `${result.failure.code} ${result.failure.details['what']}`
    }
    expect(ask(create(iface('a', 1, [])), create(iface('b', 2, [])))).to.equal('TOO_MANY interface records')
    const allow = rule('egress', { kind: 'any' }, 'allow')
    expect(ask(create(vnp('v')), create(policy('p', 'v', [allow, allow])))).to.equal('TOO_MANY rules')
    store.must(create(iface('a', 1, [])))
    const add = Array.from({ length: 65 }, (_, index) => String(index) as Tag)
    expect(codeOf(store, { op: 'tags', name: 'a', add, remove: [] })).to.equal('TOO_MANY')
  })

  it('keeps its laws over any sequence of writes', () => {
    const names = ['vnp-1', 'vnp-2', 'vnp-3']
    const tags = fc.subarray(TAGS)
    const anyWrite: fc.Arbitrary<Write> = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.integer({ min: 1, max: 5 }), tags, fc.constantFrom('default', 'blue'))
          .map(([index, its, network]) => upsert(interfaceRecord(index, network, its, DATAPATH))),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom('default', 'blue', 'red'), fc.boolean())
          .map(([index, network, isByMac]) => {
            const record = interfaceRecord(index, network, [], OTHER)
            return upsert(isByMac ? { ...record, attachment: { kind: 'mac' } } : record)
          }),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.integer({ min: 1, max: 5 }), tags, tags)
          .map(([index, add, gone]): Write => ({ op: 'tags', name: `if-${index}`, add, remove: gone })),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(...names)
          .chain((name) => arbitraryVnp(name, 1))
          .map(upsert),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom('pol-1', 'pol-2')
          .chain((name) => arbitraryPolicy(name, 1, names))
          .map(upsert),
      },
      { weight: 1, arbitrary: fc.constantFrom('if-1', 'if-2', 'if-3').map((name) => removeIfThere('interface', name)) },
      { weight: 1, arbitrary: fc.constantFrom(...names).map((name) => removeIfThere('vnp', name)) },
      { weight: 1, arbitrary: fc.constantFrom('pol-1', 'pol-2').map((name) => removeIfThere('policy', name)) },
    )
    let committed = 0
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(anyWrite, { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 400, 1500)), {
          maxLength: 14,
        }),
        (steps) => {
          const store = new PolicyStore()
          for (const datapathId of SWITCHES) took(store, proposeNumbers(store.intent, datapathId, store.context))
          store.must(...names.map((name) => create(vnp(name, { selector: has('web') }))))
          store.must(...[1, 2, 3, 4, 5].map((index) => create(interfaceRecord(index, 'default', [], DATAPATH))))
          const numbersSeen = new Map<string, string>()
          for (const [writes, pause] of steps) {
            store.now += pause
            const before = new Map([...store.intent.identities])
            const result = store.write(...writes)
            if (!result.ok) continue
            committed++
            checkLaws(store)
            checkReuse(store, before)
            for (const record of [...store.intent.policies.values(), ...store.intent.interfaces.values()]) {
              const id = `${record.kind} ${record.number}`
              expect(numbersSeen.get(id) ?? `${record.name} ${record.createTime}`).to.equal(
                `${record.name} ${record.createTime}`,
              )
              numbersSeen.set(id, `${record.name} ${record.createTime}`)
            }
            const again = propose(
              store.intent,
              writes.filter(({ op }) => op !== 'delete'),
              store.context,
            )
            expect(again.ok && again.value.transaction, 'the same writes again').to.equal(undefined)
          }
          for (const datapathId of SWITCHES) {
            expect(took(store, proposeNumbers(store.intent, datapathId, store.context)), 'has all').to.equal(undefined)
            took(store, proposeRelease(store.intent, datapathId, store.context))
          }
          expect(zonesOf(store), 'no more than are needed').to.deep.equal(zonesNeeded(store))
        },
      ),
      { numRuns: 120 },
    )
    expect(committed).to.be.greaterThan(200)
  })
})

/** Numbers belong exactly to what is in use, references are whole, claims have one holder. */
function checkLaws(store: PolicyStore): void {
  const { intent, entries } = store
  const policies = [...intent.policies.values()]
  const relevant = new Set([...intent.vnps.values(), ...policies].flatMap(tagsMentionedBy))
  const used = new Set<string>(policies.flatMap(cidrsNamedBy).map(cidrKey))
  const macs = new Set<number>()
  for (const record of intent.interfaces.values()) {
    const key = tagsKey(record.tags, relevant)
    used.add(key)
    expect(intent.identities.get(intent.identityOf(record.name))?.key, record.name).to.equal(key)
    expect(macs.has(record.mac)).to.equal(false)
    macs.add(record.mac)
  }
  const identityKeys = new Set<string>()
  for (const [key, { value }] of entries) {
    if (!key.startsWith(PREFIX.identity)) continue
    const record = value as IdentityRecord
    expect(key).to.equal(PREFIX.identity + record.number)
    expect(record.number).to.be.at.least(IDENTITY.first)
    expect(identityKeys.has(record.key), `two identities for ${record.key}`).to.equal(false)
    identityKeys.add(record.key)
    expect(record.releasedAt === undefined, `${record.key} is in use exactly while it has users`).to.equal(
      used.has(record.key),
    )
  }
  for (const key of used) expect(identityKeys.has(key), key).to.equal(true)
  for (const { vnp: its, rules } of policies) {
    expect(intent.vnps.has(its)).to.equal(true)
    for (const { peer } of rules) if (peer.kind === 'vnp') expect(intent.vnps.has(peer.vnp)).to.equal(true)
  }
  checkSpaces(store, policies)
}

function checkSpaces(store: PolicyStore, policies: Policy[]): void {
  const { intent, entries } = store
  const networks = new Set([...intent.interfaces.values()].map(({ network }) => network))
  const meters = policies.flatMap(({ name, rules }) =>
    rules.flatMap(({ action }, at) => (action === 'rate-limit' ? [meterName(name, at)] : [])),
  )
  const wanted = {
    network: [...networks],
    meter: meters,
  }
  const zones = zonesOf(store)
  expect(zones).to.include.members(zonesNeeded(store))
  for (const name of zones) expect(networks, name).to.include(name.slice(name.indexOf('/') + 1))
  const given = [...entries].flatMap(([key, { value }]) =>
    key.startsWith('number/zone/') ? [(value as NumberRecord).number] : [],
  )
  expect(new Set(given).size, 'zone numbers differ').to.equal(given.length)
  for (const space of ['network', 'meter'] as const) {
    const stored = [...entries].filter(([key]) => key.startsWith(`${PREFIX.number}${space}/`))
    const numbers = stored.map(([, { value }]) => (value as NumberRecord).number)
    expect(new Set(numbers).size, `${space} numbers differ`).to.equal(numbers.length)
    const live = stored.filter(([, { value }]) => (value as NumberRecord).releasedAt === undefined)
    expect(live.map(([key]) => key.slice(`${PREFIX.number}${space}/`.length)).sort()).to.deep.equal(
      wanted[space].sort(),
    )
  }
}

/** A number means another key only after its quarantine. */
function checkReuse({ intent, now, quarantineMs }: PolicyStore, before: ReadonlyMap<number, IdentityRecord>): void {
  for (const [number, record] of before) {
    const after = intent.identities.get(number)
    expect(after, `identity ${number} is remembered`).not.to.equal(undefined)
    if (after?.key === record.key) continue
    expect(record.releasedAt, `identity ${number} was in use`).not.to.equal(undefined)
    expect(now - (record.releasedAt ?? now)).to.be.at.least(quarantineMs)
  }
}
