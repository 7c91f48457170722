/**
 * What is written so that a bridge exports what it should: carried out, nothing more is to be done, whatever was there;
 * rows of others, and what is another bridge's too, are as they were; and what was read is waited for.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Rows } from '../../controller/channel/ovsdb-rows.ts'
import { planTelemetry, type TelemetryWish, telemetryWish } from '../../controller/channel/telemetry-rows.ts'
import { telemetrySettings } from '../../host/telemetry-settings.ts'

type Json = Record<string, unknown>
/** Columns in JSON, by uuid, by table. */
type Tables = Record<'Bridge' | 'sFlow' | 'IPFIX', Record<string, Json>>

const BRIDGE = { name: 'br0', uuid: 'br-0' }
const EMPTY = ['set', []]

function rowsOf(tables: Tables): Rows {
  const rows = new Rows()
  rows.apply(
    Object.fromEntries(
      Object.entries(tables).map(([table, its]) => [
        table,
        Object.fromEntries(Object.entries(its).map(([uuid, row]) => [uuid, { new: row }])),
      ]),
    ),
  )
  return rows
}

/** Sets without an order, one value of a set as itself (RFC 7047 section 5.1). */
function plain(value: unknown): unknown {
  const [tag, members] = Array.isArray(value) ? value : []
  if (tag === 'map') return JSON.stringify([...(members as unknown[])].map((pair) => JSON.stringify(pair)).sort())
  if (tag !== 'set') return JSON.stringify(value)
  const texts = (members as unknown[]).map((member) => JSON.stringify(member)).sort()
  return texts.length === 1 ? texts[0] : JSON.stringify(texts)
}

/** A name within a transaction as the UUID that a database would give. */
const uuidOf = (name: unknown): string => String(name).replace('_', '-')

/** RFC 7047 section 5.2, as far as these operations go; rows that nobody refers to are gone afterwards. */
function carryOut(tables: Tables, operations: readonly unknown[]): Tables {
  const after = structuredClone(tables)
  for (const operation of operations as (Json & { table: keyof Tables; row: Json })[]) {
    const { op, table, row } = operation
    if (op === 'insert') {
      const columns = Object.fromEntries(
        ['targets', 'sampling', 'external_ids'].map((column) => [column, EMPTY] as [string, unknown]),
      )
      after[table][uuidOf(operation['uuid-name'])] = { ...columns, ...row }
      continue
    }
    const uuid = (operation['where'] as [[string, string, [string, string]]])[0][2][1]
    const its = after[table][uuid]!
    if (op === 'wait') {
      const [said] = operation['rows'] as [Json]
      expect(Object.keys(said)).to.deep.equal(operation['columns'])
      for (const [column, value] of Object.entries(said)) expect(plain(its[column] ?? EMPTY)).to.equal(plain(value))
    } else {
      expect(op).to.equal('update')
      for (const [column, value] of Object.entries(row))
        its[column] = Array.isArray(value) && value[0] === 'named-uuid' ? ['uuid', uuidOf(value[1])] : value
    }
  }
  for (const table of ['sFlow', 'IPFIX'] as const) {
    const used = Object.values(after.Bridge).map((bridge) => (bridge[table.toLowerCase()] as string[])[1])
    for (const uuid of Object.keys(after[table])) if (!used.includes(uuid)) delete after[table][uuid]
  }
  return after
}

const targets = fc.uniqueArray(fc.constantFrom('10.0.0.1:1', '10.0.0.2:2', '[fd00::1]:3'), { maxLength: 3 })
const small = fc.constantFrom(1, 2)
const perhaps = fc.option(small, { nil: undefined })
const wish: fc.Arbitrary<TelemetryWish> = fc
  .record({
    'telemetry.sflow.targets': targets,
    'telemetry.sflow.sampling': small,
    'telemetry.sflow.agent': fc.option(fc.constant('eth0'), { nil: undefined }),
    'telemetry.ipfix.targets': targets,
    'telemetry.ipfix.obsDomainId': perhaps,
    'telemetry.ipfix.obsPointId': perhaps,
  })
  .map((said: Json) =>
    telemetryWish(
      telemetrySettings((name) => said[name]),
      '0000000700000002',
    ),
  )

const columnJson = (value: unknown): unknown =>
  value === undefined ? EMPTY : Array.isArray(value) ? ['set', value] : value
/** A row in the place of a wanted one: as it was wanted once, perhaps changed since. */
const row = (protocol: keyof TelemetryWish): fc.Arbitrary<Json> =>
  fc
    .record({ wish, isOurs: fc.boolean(), sampling: perhaps, other: fc.boolean() })
    .map(({ wish: its, isOurs, sampling, other }) => ({
      ...{ targets: ['set', ['10.0.0.9:9']], sampling: 9 },
      ...Object.fromEntries(Object.entries(its[protocol] ?? {}).map(([key, value]) => [key, columnJson(value)])),
      ...(other && { sampling: columnJson(sampling) }),
      external_ids: ['map', isOurs ? [['tagsteer', 'telemetry']] : [['owner', 'his']]],
    }))

describe('what a bridge exports', () => {
  it('is as it is wanted when what is to be done was done, and rows of others as they were', () => {
    const met = { made: 0, corrected: 0, removed: 0, foreign: 0, shared: 0, nothing: 0, both: 0 }
    const place = fc.constantFrom('own', 'shared', 'none')
    const states = fc.record({
      ...{ sFlow: row('sFlow'), IPFIX: row('IPFIX'), atSflow: place, atIpfix: place },
    })
    fc.assert(
      fc.property(states, wish, ({ sFlow, IPFIX, atSflow, atIpfix }, wanted) => {
        const at = (which: string, uuid: string): unknown => (which === 'none' ? EMPTY : ['uuid', uuid])
        const shared = (which: string, uuid: string): unknown => (which === 'shared' ? ['uuid', uuid] : EMPTY)
        const before: Tables = {
          Bridge: {
            'br-0': { name: 'br0', sflow: at(atSflow, 's'), ipfix: at(atIpfix, 'i') },
            'br-1': { name: 'br1', sflow: shared(atSflow, 's'), ipfix: shared(atIpfix, 'i') },
          },
          sFlow: atSflow === 'none' ? {} : { s: sFlow },
          IPFIX: atIpfix === 'none' ? {} : { i: IPFIX },
        }
        const plan = planTelemetry(rowsOf(before), BRIDGE, wanted)
        for (const { what } of plan.steps) met[what]++
        for (const { reason } of plan.foreign) met[reason.startsWith('bridge br1') ? 'shared' : 'foreign']++
        if (plan.steps.length === 2) met.both++
        if (plan.operations.length === 0 && plan.foreign.length === 0) met.nothing++
        expect(plan.steps.length > 0).to.equal(plan.operations.length > 0)
        expect(plan.commands.length > 0).to.equal(plan.operations.length > 0)
        // Whoever takes a row over meanwhile keeps it.
        for (const { protocol, what } of plan.steps)
          expect(
            (plan.operations as Json[]).some(
              ({ op, table, columns }) =>
                op === 'wait' && table === protocol && (columns as string[]).includes('external_ids'),
            ),
          ).to.equal(what !== 'made')
        const after = carryOut(before, plan.operations)
        expect(planTelemetry(rowsOf(after), BRIDGE, wanted).operations).to.deep.equal([])
        expect(after.Bridge['br-1']).to.deep.equal(before.Bridge['br-1'])
        for (const [protocol, uuid] of [
          ['sFlow', 's'],
          ['IPFIX', 'i'],
        ] as const) {
          const its = before[protocol][uuid]
          const mine = its !== undefined && plain(its['external_ids']) === plain(['map', [['tagsteer', 'telemetry']]])
          const isShared = (protocol === 'sFlow' ? atSflow : atIpfix) === 'shared'
          const column = protocol === 'sFlow' ? 'sflow' : 'ipfix'
          if (its !== undefined && (!mine || isShared)) {
            expect(after[protocol][uuid]).to.deep.equal(its)
            expect(after.Bridge['br-0']![column]).to.deep.equal(before.Bridge['br-0']![column])
            expect(plan.foreign.some((each) => each.protocol === protocol)).to.equal(wanted[protocol] !== undefined)
            continue
          }
          if (wanted[protocol] === undefined) {
            expect(after.Bridge['br-0']![column]).to.deep.equal(EMPTY)
            continue
          }
          const found = after[protocol][(after.Bridge['br-0']![column] as string[])[1]!]!
          expect(plain(found['external_ids'])).to.equal(plain(['map', [['tagsteer', 'telemetry']]]))
          for (const [name, value] of Object.entries(wanted[protocol]))
            expect(plain(found[name] ?? EMPTY), name).to.equal(plain(columnJson(value)))
        }
      }),
      { numRuns: 3000 },
    )
    for (const [what, count] of Object.entries(met)) expect(count, what).to.be.greaterThan(20)
  })

  it('has the observation domain of its datapath id unless that is said', () => {
    const domain = (said: number | undefined): unknown => {
      const values: Json = { 'telemetry.ipfix.targets': ['10.0.0.1:1'], 'telemetry.ipfix.obsDomainId': said }
      return telemetryWish(
        telemetrySettings((name) => values[name]),
        '0000abcdffff0001',
      ).IPFIX?.['obs_domain_id']
    }
    expect([domain(undefined), domain(0), domain(7)]).to.deep.equal([0xffff0001, 0, 7])
    expect(telemetryWish(undefined, '0000000000000001')).to.deep.equal({ sFlow: undefined, IPFIX: undefined })
  })
})
