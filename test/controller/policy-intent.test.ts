/** Intent depends on the store's content alone, and its indices agree with a scan of the records. */
import { expect } from 'chai'
import fc from 'fast-check'
import { effectiveTags } from '../../controller/policy/effective-tags.ts'
import type { EntryChange, EntryChangeSet } from '../../controller/policy/entries.ts'
import { IdentityIndex, readKey, tagsKey, tagsMentionedBy } from '../../controller/policy/identity.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { compareVnps } from '../../controller/policy/order.ts'
import { type InterfaceRecord, type Nap, type Policy, PREFIX, type Vnp } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { arbitraryRecords, interfaceRecord, snapshotOf, TAGS } from '../support/arbitrary-state.ts'
import { portrait } from '../support/intent-portrait.ts'

/** A change set per content, each leading from the one before. */
function steps(contents: EntryChangeSet[]): EntryChangeSet[] {
  let known = new Set<string>()
  return contents.map(({ changes }, index) => {
    const now = new Set(changes.map(({ key }) => key))
    const gone = [...known].filter((key) => !now.has(key)).map((key): EntryChange => ({ key }))
    known = now
    return { revision: index + 1, changes: [...gone, ...changes] }
  })
}

describe('intent', () => {
  it('is the same after any walk through contents as after a rebuild from the last one', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecords, { minLength: 2, maxLength: 4 }), fc.boolean(), (walk, piecemeal) => {
        const contents = walk.map((records) => snapshotOf(records))
        const walked = new Intent()
        for (const { revision, changes } of steps(contents)) {
          if (piecemeal) for (const change of changes) walked.apply({ revision, changes: [change] })
          else walked.apply({ revision, changes })
        }
        const rebuilt = new Intent()
        rebuilt.apply(contents[contents.length - 1] as EntryChangeSet)
        expect(portrait(walked)).to.deep.equal(portrait(rebuilt))
      }),
      { numRuns: 150 },
    )
  })

  it('is the same whatever the order of the entries of a snapshot', () => {
    fc.assert(
      fc.property(arbitraryRecords, fc.infiniteStream(fc.nat()), (records, random) => {
        const { revision, changes } = snapshotOf(records)
        const keyed = changes.map((change) => ({ change, at: random.next().value as number }))
        const shuffled = keyed.sort((one, other) => one.at - other.at).map(({ change }) => change)
        const [one, other] = [new Intent(), new Intent()]
        one.apply({ revision, changes })
        for (const change of shuffled) other.apply({ revision, changes: [change, change] })
        expect(portrait(other)).to.deep.equal(portrait(one))
      }),
      { numRuns: 100 },
    )
  })

  it('derives identities and members that a scan of the records derives as well', () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const intent = new Intent()
        intent.apply(snapshotOf(records))
        const of = <T>(kind: string) => records.records.filter((record) => record.kind === kind) as T[]
        const relevant = new Set([...of<Vnp>('vnp'), ...of<Policy>('policy')].flatMap(tagsMentionedBy))
        const naps = new Map(of<Nap>('nap').map((nap) => [nap.name, nap]))
        for (const record of of<InterfaceRecord>('interface')) {
          const identity = intent.identityOf(record.name)
          expect(intent.identities.get(identity)?.key).to.equal(tagsKey(effectiveTags({ naps }, record), relevant))
          expect(intent.usersOf(identity).has(record.name)).to.equal(true)
          const vnps = of<Vnp>('vnp').filter(({ selector }) =>
            matches(selector, new Set(effectiveTags({ naps }, record))),
          )
          expect(intent.vnpsOf(identity)).to.deep.equal(vnps.sort(compareVnps))
          for (const vnp of of<Vnp>('vnp'))
            expect(intent.membersOf(vnp.name).has(identity)).to.equal(vnps.includes(vnp))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('says which identities and interfaces a change set moved, and nothing of the others', () => {
    fc.assert(
      fc.property(arbitraryRecords, arbitraryRecords, (before, after) => {
        const intent = new Intent()
        const [first, second] = steps([snapshotOf(before), snapshotOf(after)]) as [EntryChangeSet, EntryChangeSet]
        intent.apply(first)
        const look = () => ({
          identities: new Map(
            [...intent.identities.keys()].map((number) => [
              number,
              JSON.stringify([
                intent.usersOf(number).size > 0,
                [...intent.tagsOf(number)],
                intent.vnpsOf(number).map(({ name }) => name),
              ]),
            ]),
          ),
          interfaces: new Map([...intent.interfaces.keys()].map((name) => [name, intent.identityOf(name)])),
          relevant: JSON.stringify([...intent.relevantTags.keys()].sort()),
          prefixes: JSON.stringify([...intent.prefixes].sort()),
        })
        const old = look()
        const delta = intent.apply(second)
        const now = look()
        for (const number of new Set([...old.identities.keys(), ...now.identities.keys()])) {
          const inUse = (text: string | undefined) => (text?.startsWith('[true') ? text : undefined)
          if (inUse(old.identities.get(number)) !== inUse(now.identities.get(number))) {
            expect(delta.identities.has(number), `identity ${number}`).to.equal(true)
          }
        }
        for (const [name, identity] of now.interfaces) {
          if (old.interfaces.get(name) !== identity) expect(delta.interfaces.has(name), name).to.equal(true)
        }
        expect(delta.relevanceChanged).to.equal(old.relevant !== now.relevant)
        expect(delta.prefixesChanged).to.equal(old.prefixes !== now.prefixes)
        const again = intent.apply(second)
        expect([...again.identities]).to.deep.equal([])
        expect(again.relevanceChanged).to.equal(false)
        expect(again.prefixesChanged).to.equal(false)
      }),
      { numRuns: 150 },
    )
  })

  it('follows an inverse change set back to where it was', () => {
    fc.assert(
      fc.property(arbitraryRecords, arbitraryRecords, (before, after) => {
        const intent = new Intent()
        const [first, second] = steps([snapshotOf(before), snapshotOf(after)]) as [EntryChangeSet, EntryChangeSet]
        intent.apply(first)
        const old = portrait(intent)
        const held = new Map(first.changes.map((change) => [change.key, change]))
        intent.apply(second)
        intent.apply({ revision: 1, changes: second.changes.map(({ key }) => held.get(key) ?? { key }) })
        expect(portrait(intent)).to.deep.equal(old)
        expect(intent.generation).to.equal(1)
      }),
      { numRuns: 100 },
    )
  })

  it('finds interfaces by MAC and by port number, port name on a switch, and port name anywhere', () => {
    const base = interfaceRecord(1, 'default', [], '00000000000000aa')
    const records = [
      base,
      {
        ...base,
        name: 'b',
        mac: 7,
        attachment: { kind: 'portName', portName: 'veth0', datapathId: '00000000000000aa' },
      },
      { ...base, name: 'c', mac: 8, attachment: { kind: 'portName', portName: 'veth1' } },
      { ...base, name: 'd', mac: 9, attachment: { kind: 'mac' } },
    ]
    const intent = new Intent()
    const changes = records.map((value) => {
      const key = PREFIX.interface + value.name
      return { key, after: { key, value, modRevision: 1 } }
    })
    intent.apply({ revision: 1, changes })
    expect(intent.byAttachment('00000000000000aa', 1, 'x')).to.equal('if-1')
    expect(intent.byAttachment('00000000000000ab', 1, 'x')).to.equal(undefined)
    expect(intent.byAttachment('00000000000000aa', 5, 'veth0')).to.equal('b')
    expect(intent.byAttachment('00000000000000ab', 5, 'veth0')).to.equal(undefined)
    expect(intent.byAttachment('00000000000000ab', 5, 'veth1')).to.equal('c')
    expect(intent.byMac(9)).to.equal('d')
    expect(intent.switchOf('00000000000000ff')).to.equal(undefined)
    expect(intent.modRevision('interface', 'b')).to.equal(1)
  })
})

describe('identity keys', () => {
  it('keep only relevant tags, whatever their order', () => {
    const relevant = new Set(TAGS.slice(0, 3))
    expect(tagsKey([...TAGS].reverse(), relevant)).to.equal('tags:["app","db","web"]')
    expect(tagsKey([], relevant)).to.equal('tags:[]')
  })

  it('give back exactly the tags they were made of', () => {
    const hard = ['"a,b"', '"\\""', '"\\\\"', '[1,[2]]', '{"a":"}","b":[","]}', '9223372036854775807', 'true'] as Tag[]
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...hard, ...TAGS)), (tags) => {
        const meaning = readKey(tagsKey(tags, new Set(tags)))
        expect(meaning).to.deep.equal({ kind: 'tags', tags: [...tags].sort() })
      }),
    )
    expect(readKey('cidr:10.0.0.0/8')).to.deep.equal({ kind: 'cidr', cidr: '10.0.0.0/8' })
  })

  it('are found by the key itself even where every hash collides', () => {
    const index = new IdentityIndex(() => 7n)
    const records = ['tags:[]', 'tags:[1]', 'cidr:::/0'].map((key, at) => ({ number: 256 + at, key }))
    for (const record of records) index.add(record)
    for (const record of records) expect(index.find(record.key)).to.equal(record)
    expect(index.find('tags:[2]')).to.equal(undefined)
    index.remove({ number: 257, key: 'tags:[1]' })
    expect(index.find('tags:[1]')).to.equal(undefined)
    expect(index.find('cidr:::/0')?.number).to.equal(258)
  })
})
