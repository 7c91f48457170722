/**
 * Rows of a database and what they say of bridges: after any changes, told as whole rows or as differences, they are
 * what one look at the database would give, and what was said to have changed covers what has. What cannot be is
 * refused.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { type BridgeChanges, Bridges } from '../../controller/channel/bridges.ts'
import { Rows, RowsError } from '../../controller/channel/ovsdb-rows.ts'

type Json = Record<string, unknown>
/** Table, then uuid, then row, as JSON of RFC 7047. */
type Database = Record<string, Record<string, Json>>

const reference = (uuid: string): unknown => ['uuid', uuid]
const set = (members: unknown[]): unknown => (members.length === 1 ? members[0] : ['set', members])
const map = (entries: Record<string, string>): unknown => ['map', Object.entries(entries)]
const SETS = ['ports', 'controller', 'protocols', 'interfaces', 'bridges', 'targets']

/** What is random of a database: of which bridge each port is, and what each row says. */
interface Shape {
  bridges: { id: number | undefined; secure: boolean; controller: boolean }[]
  ports: { bridge: number; name: number; ifaceId: string | undefined; inactive: boolean; mtu: number | undefined }[]
  encap: string | undefined
}

function databaseOf({ bridges, ports, encap }: Shape): Database {
  const made: Database = { Open_vSwitch: {}, Bridge: {}, Port: {}, Interface: {}, Controller: {} }
  made['Open_vSwitch']!['root'] = {
    external_ids: map({ ...(encap === undefined ? {} : { 'tagsteer-encap-ip': encap }), 'system-id': 'h1' }),
    ovs_version: '3.1.0',
    bridges: set(bridges.map((_, index) => reference(`bridge-${index}`))),
  }
  for (const [index, { id, secure, controller }] of bridges.entries()) {
    made['Bridge']![`bridge-${index}`] = {
      name: `br${index}`,
      datapath_id: id === undefined ? ['set', []] : id.toString(16).padStart(16, '0'),
      fail_mode: secure ? 'secure' : ['set', []],
      controller: controller ? reference(`controller-${index}`) : ['set', []],
      ports: set(ports.flatMap(({ bridge }, port) => (bridge === index ? [reference(`port-${port}`)] : []))),
      other_config: map({}),
    }
    if (controller) made['Controller']![`controller-${index}`] = { target: 'tcp:127.0.0.1:1', is_connected: secure }
  }
  for (const [index, { bridge, name, ifaceId, inactive, mtu }] of ports.entries()) {
    if (bridge >= bridges.length) continue
    made['Port']![`port-${index}`] = { name: `p${index}-${name}`, interfaces: reference(`interface-${index}`) }
    made['Interface']![`interface-${index}`] = {
      name: `p${index}-${name}`,
      mtu: mtu ?? ['set', []],
      external_ids: map({
        ...(ifaceId === undefined ? {} : { 'iface-id': ifaceId }),
        ...(inactive ? { 'iface-status': 'inactive' } : {}),
      }),
    }
  }
  return made
}

const rowsOf = (database: Database): [table: string, uuid: string, row: Json][] =>
  Object.entries(database).flatMap(([table, rows]) =>
    Object.entries(rows).map(([uuid, row]): [string, string, Json] => [table, uuid, row]),
  )

const members = (value: unknown): unknown[] =>
  Array.isArray(value) && (value[0] === 'set' || value[0] === 'map') ? (value[1] as unknown[]) : [value]
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** ovsdb-server(7) on `<row-update2>`, from its words: what a column's difference is. */
function difference(column: string, before: unknown, after: unknown): unknown {
  const [was, is] = [members(before), members(after)]
  const only = (these: unknown[], those: unknown[]): unknown[] =>
    these.filter((each) => !those.some((other) => same(each, other)))
  if (SETS.includes(column)) return ['set', [...only(was, is), ...only(is, was)]]
  if (!Array.isArray(after) || after[0] !== 'map') return after
  const pairs = (list: unknown[]): Map<string, unknown> => new Map(list as [string, unknown][])
  const gone = [...pairs(was)].filter(([key]) => !pairs(is).has(key))
  return ['map', [...gone, ...only(is, was)]]
}

function updateOf(before: Database, after: Database, way: 'whole' | 'difference'): Json {
  const update: Record<string, Json> = {}
  const say = (table: string, uuid: string, said: Json): void => {
    update[table] = { ...update[table], [uuid]: said }
  }
  for (const [table, uuid, row] of rowsOf(before)) {
    if (after[table]?.[uuid] === undefined) say(table, uuid, way === 'whole' ? { old: row } : { delete: null })
  }
  for (const [table, uuid, row] of rowsOf(after)) {
    const was = before[table]?.[uuid]
    if (was === undefined) say(table, uuid, way === 'whole' ? { new: row } : { insert: row })
    else if (!same(was, row)) {
      const columns = Object.keys(row).filter((column) => !same(was[column], row[column]))
      const changed = Object.fromEntries(
        columns.map((column) => [column, difference(column, was[column], row[column])]),
      )
      say(table, uuid, way === 'whole' ? { old: {}, new: row } : { modify: changed })
    }
  }
  return update
}

/** All that is asked of bridges. */
function portrait(bridges: Bridges): Map<string, { bridge: unknown; ports: Map<string, unknown> }> {
  return new Map(
    [...bridges.datapathIds()].sort().map((id) => {
      const { ifaceIds, mtus } = bridges.facts(id)
      const names = [...bridges.portNames(id)].sort()
      return [
        id,
        {
          bridge: bridges.bridge(id),
          ports: new Map(names.map((name) => [name, [ifaceIds.get(name), mtus.get(name)]])),
        },
      ]
    }),
  )
}

class Follower {
  readonly rows = new Rows()
  readonly bridges = new Bridges(this.rows)

  take(update: unknown): BridgeChanges {
    return this.bridges.update(this.rows.apply(update))
  }

  static at(database: Database): Follower {
    const made = new Follower()
    made.take(updateOf({}, database, 'whole'))
    return made
  }
}

const shapes = fc.record({
  bridges: fc
    .array(
      fc.record({
        id: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
        secure: fc.boolean(),
        controller: fc.boolean(),
      }),
      { maxLength: 3 },
    )
    // Two bridges with one id are for the first, whichever that was.
    .filter((bridges) => new Set(bridges.flatMap(({ id }) => id ?? [])).size === bridges.filter(({ id }) => id).length),
  ports: fc.array(
    fc.record({
      bridge: fc.nat(3),
      name: fc.nat(1),
      ifaceId: fc.option(fc.constantFrom('a', 'b', 'c', ''), { nil: undefined }),
      inactive: fc.boolean(),
      mtu: fc.option(fc.constantFrom(1400, 1500), { nil: undefined }),
    }),
    { maxLength: 6 },
  ),
  encap: fc.option(fc.constantFrom('10.0.0.1', '10.0.0.2'), { nil: undefined }),
})

describe('rows of a database', () => {
  for (const way of ['whole', 'difference'] as const) {
    it(`are, told as ${way === 'whole' ? 'whole rows' : 'differences'}, what one look gives`, () => {
      const met = { moved: 0, gone: 0 }
      fc.assert(
        fc.property(fc.array(shapes, { minLength: 2, maxLength: 8 }), (steps) => {
          const follower = new Follower()
          let before: Database = {}
          for (const step of steps) {
            const after = databaseOf(step)
            const was = portrait(follower.bridges)
            const changes = follower.take(updateOf(before, after, way))
            const is = portrait(follower.bridges)
            expect(is).to.deep.equal(portrait(Follower.at(after).bridges))
            expect(follower.rows.octets).to.equal(Follower.at(after).rows.octets)
            for (const id of new Set([...was.keys(), ...is.keys()])) {
              const [one, other] = [was.get(id), is.get(id)]
              if (!same(one?.bridge, other?.bridge)) expect(changes.has(id), `bridge ${id}`).to.equal(true)
              if (one !== undefined && other === undefined) met.gone++
              for (const name of new Set([...(one?.ports.keys() ?? []), ...(other?.ports.keys() ?? [])])) {
                if (same(one?.ports.get(name), other?.ports.get(name))) continue
                met.moved++
                expect(changes.get(id)?.has(name), `port ${name} of ${id}`).to.equal(true)
              }
            }
            before = after
          }
        }),
        { numRuns: 300 },
      )
      expect(met.moved).to.be.greaterThan(100)
      expect(met.gone).to.be.greaterThan(20)
    })
  }

  const refused = (update: unknown, match: RegExp): void => {
    const follower = Follower.at(databaseOf({ bridges: [], ports: [], encap: undefined }))
    expect(() => follower.take(update)).to.throw(RowsError, match)
  }

  it('that cannot be are refused', () => {
    refused({ Passwords: {} }, /table Passwords/)
    refused({ constructor: {} }, /table constructor/)
    refused({ Bridge: { 'no uuid': { new: {} } } }, /without a UUID/)
    refused({ Bridge: { a: { new: { secret: 1 } } } }, /column secret/)
    refused({ Bridge: { a: { new: JSON.parse('{"__proto__": 1}') } } }, /column __proto__/)
    refused({ Bridge: { a: { new: { name: { deep: [] } } } } }, /no atom/)
    refused({ Bridge: { a: { new: { name: ['set', ['x', 'y']] } } } }, /several values/)
    refused({ Bridge: { a: { modify: { name: 'x' } } } }, /difference to a row/)
    refused({ Interface: { a: { new: { external_ids: ['map', [['only']]] } } } }, /pairs/)
    refused({ Bridge: [] }, /no object/)
    refused(7, /no object/)
  })

  it('are bounded, and room that was freed is free', () => {
    const rows = new Rows(10_000)
    const named = (name: string): unknown => ({ Port: { a: { new: { name } } } })
    for (let round = 0; round < 100; round++) {
      rows.apply(named('x'.repeat(5000)))
      rows.apply({ Port: { a: {} } })
    }
    expect(rows.octets).to.equal(0)
    expect(() => rows.apply(named('x'.repeat(10_000)))).to.throw(RowsError, /more than 10000 octets/)
  })
})
