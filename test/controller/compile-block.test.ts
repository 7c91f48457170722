/**
 * Switches that begin with whole networks at once, against switches that were there before and were given one interface
 * after the other: the same tables, at first and after every edit, also where records contend for MACs and addresses.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { DatapathView, NetworkState } from '../../controller/policy/state.ts'
import { type InterfaceRecord, PREFIX } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import { datapathName, interfaceRecord, networkOf, snapshotOf } from '../support/arbitrary-state.ts'
import { programDifferences } from '../support/compile-world.ts'
import { ALL } from '../support/controller-parts.ts'
import { policy, rule, vnp } from '../support/records.ts'

/** In a line: the one in the middle carries what the others send each other. */
const SWITCHES = [1, 2, 3].map(datapathName)
const NETWORKS = ['red', 'blue']
const TAGS = ['"a"', '"b"', '"c"'] as Tag[]
const COUNT = 8

/** An interface record by what may contend, or move; absent: it is gone. */
const arbitraryRecord = fc.record({
  index: fc.integer({ min: 1, max: COUNT }),
  at: fc.constantFrom(...SWITCHES),
  network: fc.constantFrom(...NETWORKS),
  tag: fc.constantFrom(...TAGS),
  mac: fc.option(fc.integer({ min: 1, max: COUNT }), { nil: undefined }),
  address: fc.option(fc.integer({ min: 1, max: COUNT }), { nil: undefined }),
})
type Drawn = typeof arbitraryRecord extends fc.Arbitrary<infer D> ? D : never
const arbitraryEdit = fc.record({ record: arbitraryRecord, isGone: fc.boolean() })

function recordOf({ index, at, network, tag, mac, address }: Drawn): InterfaceRecord {
  const record = interfaceRecord(index, network, [tag], at)
  const others = interfaceRecord(address ?? index, network, [], at).addresses
  return { ...record, number: index, mac: 0x020000000000 + (mac ?? index), addresses: others }
}

/** Everything but interfaces, whichever there will be. */
function labOf() {
  const all = [
    vnp('all', { ingressDefault: 'allow' }),
    policy('some', 'all', [rule('ingress', { kind: 'any' }, 'deny')]),
  ]
  const tagged = vnp('tagged', { selector: { allOf: [], anyOf: TAGS, noneOf: [] } })
  const everyone = NETWORKS.flatMap((network) =>
    TAGS.map((tag, index) => interfaceRecord(index + 1, network, [tag], datapathName(1))),
  )
  const records = [...all, tagged, ...everyone].map((record, index) => ({ ...record, number: index + 1 }))
  const snapshot = snapshotOf({ records, datapathIds: SWITCHES })
  const intent = new Intent()
  intent.apply({ ...snapshot, changes: snapshot.changes.filter(({ key }) => !key.startsWith(PREFIX.interface)) })
  let revision = snapshot.revision
  return {
    intent,
    /** Puts records, or takes them away. */
    write(records: readonly InterfaceRecord[], isGone: (record: InterfaceRecord) => boolean) {
      revision++
      const changes = records.map((value) => {
        const key = PREFIX.interface + value.name
        return isGone(value) ? { key } : { key, after: { key, value, modRevision: revision } }
      })
      return intent.apply({ revision, changes })
    },
  }
}

/** Without a way to the world, and with every port on every switch. */
function stateOf(intent: Intent): NetworkState {
  const { observed, backend } = networkOf(intent, SWITCHES)
  const ports = new Map(Array.from({ length: COUNT }, (_, at) => [at + 1, { port: at + 1, name: `p${at}`, up: true }]))
  const datapaths = new Map<string, DatapathView>()
  for (const [datapathId, view] of observed.datapaths)
    datapaths.set(datapathId, { ...view, ports, uplinkPorts: new Set() })
  return { intent, observed: { ...observed, datapaths }, backend }
}

const nothing = () => ({ datapaths: new Set<string>(), places: new Set<string>() })

describe('switches that begin with whole networks', () => {
  it('have the tables of switches that were given one interface after the other', function () {
    this.timeout(60_000)
    let contended = 0
    let edited = 0
    const check = fc.property(
      fc.uniqueArray(arbitraryRecord, { selector: ({ index }) => index, minLength: 1, maxLength: COUNT }),
      fc.array(arbitraryEdit, { maxLength: 6 }),
      (first, edits) => {
        const { intent, write } = labOf()
        const [early, late] = [new Compiler('fabric'), new Compiler('fabric')]
        const programs = early.compile(stateOf(intent), ALL)
        const records = first.map(recordOf)
        for (const record of records) {
          const delta = write([record], () => false)
          early.compile(stateOf(intent), { intent: delta, observed: { ...nothing(), places: new Set([record.name]) } })
        }
        const others = late.compile(stateOf(intent), ALL)
        const compare = (what: string): void => {
          for (const [datapathId, { program }] of programs)
            expect(programDifferences(others.get(datapathId)!.program, program), `${what} ${datapathId}`).to.deep.equal(
              [],
            )
        }
        compare('first')
        if (new Set(records.map(({ mac }) => mac)).size < records.length) contended++
        for (const { record, isGone } of edits) {
          const its = recordOf(record)
          const delta = write([its], () => isGone)
          const changed = { intent: delta, observed: { ...nothing(), places: new Set([its.name]) } }
          for (const compiler of [early, late]) compiler.compile(stateOf(intent), changed)
          edited++
          compare(`after ${JSON.stringify(record)} ${isGone}`)
        }
      },
    )
    fc.assert(check, { numRuns: 120 })
    expect(contended).to.be.greaterThan(10)
    expect(edited).to.be.greaterThan(100)
  })
})
