/**
 * Rows of an Open_vSwitch database as a monitor tells of them (RFC 7047 section 4.1.6, and ovsdb-server(7) for
 * differences), kept by uuid. An update costs what it names: sets and maps are changed in place, and the members that
 * references gained or lost are listed for whoever follows them. Bounded in octets. Pure. It refuses to know what
 * rows mean (bridges.ts) and how they arrive (ovsdb.ts).
 */

/** A UUID is its text. */
export type Atom = string | number | boolean
/** A column of at most one value, a set, or a map with text keys; RFC 7047 section 5.1. */
export type Value = Atom | undefined | Set<Atom> | Map<string, Atom>
export type Row = Record<string, Value>

type Kind = 'one' | 'set' | 'map'

/** The columns that are monitored, as ovs-vswitchd.conf.db(5) declares them. */
const COLUMNS = {
  Open_vSwitch: { bridges: 'set', external_ids: 'map', ovs_version: 'one' },
  Bridge: {
    name: 'one',
    datapath_id: 'one',
    fail_mode: 'one',
    controller: 'set',
    protocols: 'set',
    other_config: 'map',
    ports: 'set',
    sflow: 'one',
    ipfix: 'one',
  },
  Port: { name: 'one', interfaces: 'set', external_ids: 'map' },
  Interface: {
    name: 'one',
    type: 'one',
    mtu: 'one',
    error: 'one',
    options: 'map',
    external_ids: 'map',
  },
  Controller: {
    target: 'one',
    is_connected: 'one',
    max_backoff: 'one',
    controller_rate_limit: 'one',
    controller_burst_limit: 'one',
    connection_mode: 'one',
  },
  sFlow: {
    targets: 'set',
    sampling: 'one',
    polling: 'one',
    header: 'one',
    agent: 'one',
    external_ids: 'map',
  },
  IPFIX: {
    targets: 'set',
    sampling: 'one',
    obs_domain_id: 'one',
    obs_point_id: 'one',
    cache_active_timeout: 'one',
    cache_max_flows: 'one',
    external_ids: 'map',
  },
} as const satisfies Record<string, Record<string, Kind>>

export type TableName = keyof typeof COLUMNS
export const TABLES = Object.keys(COLUMNS) as TableName[]

/** The argument of a `monitor` request. */
export const MONITORED: Readonly<Record<string, [{ columns: string[] }]>> = Object.fromEntries(
  TABLES.map((table) => [table, [{ columns: Object.keys(COLUMNS[table]) }]]),
)

/** Sets of references that are followed. */
const REFERENCES: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  Bridge: ['ports', 'controller'],
  Port: ['interfaces'],
}

export interface Reference {
  table: TableName
  column: string
  uuid: string
  member: string
  added: boolean
}

/** What one update changed. */
export interface RowChanges {
  rows: { table: TableName; uuid: string }[]
  references: Reference[]
}

/** The other side said what cannot be, or more than is kept. */
export class RowsError extends Error {
  override name = 'RowsError'
}

/** Octets of memory that rows may take, as far as they can be estimated. */
const MAX_OCTETS = 64 * 2 ** 20
/** Of a row and of a value, beside its text. */
const ROW_OCTETS = 200
const VALUE_OCTETS = 50

export class Rows {
  readonly #tables = new Map<TableName, Map<string, Row>>(TABLES.map((table) => [table, new Map()]))
  readonly #sizes = new Map<string, number>()
  readonly #limit: number
  #octets = 0

  /** @param limit Octets of all rows together; about. */
  constructor(limit = MAX_OCTETS) {
    this.#limit = limit
  }

  get octets(): number {
    return this.#octets
  }

  table(name: TableName): ReadonlyMap<string, Row> {
    return this.#tables.get(name)!
  }

  row(table: TableName, uuid: string | undefined): Row | undefined {
    return uuid === undefined ? undefined : this.#tables.get(table)!.get(uuid)
  }

  /**
   * Takes table-updates in: `update` (whole rows as `new`) or `update2` (`initial`, `insert`, `modify`, `delete`).
   * @throws RowsError where a value is not of its column's type, or the rows are too many. The rows are of no use then.
   */
  apply(update: unknown): RowChanges {
    const changes: RowChanges = { rows: [], references: [] }
    for (const [name, rows] of entries(update)) {
      if (!Object.hasOwn(COLUMNS, name)) throw new RowsError(`table ${name.slice(0, 64)} was not asked for`)
      const table = name as TableName
      for (const [uuid, said] of entries(rows)) this.#applyRow(table, uuid, new Map(entries(said)), changes)
    }
    return changes
  }

  #applyRow(table: TableName, uuid: string, said: ReadonlyMap<string, unknown>, changes: RowChanges): void {
    if (!UUID.test(uuid)) throw new RowsError('a row without a UUID')
    const held = this.#tables.get(table)!
    const before = held.get(uuid)
    changes.rows.push({ table, uuid })
    const whole = said.get('new') ?? said.get('initial') ?? said.get('insert')
    const difference = said.get('modify')
    if (whole !== undefined) {
      const after = readRow(table, whole)
      for (const column of REFERENCES[table] ?? []) {
        const [was, is] = [setOf(before, column), setOf(after, column)]
        for (const member of was) if (!is.has(member)) this.#refer(changes, table, column, uuid, member, false)
        for (const member of is) if (!was.has(member)) this.#refer(changes, table, column, uuid, member, true)
      }
      held.set(uuid, after)
      this.#weigh(table, uuid, sizeOf(after))
    } else if (difference !== undefined) {
      if (before === undefined) throw new RowsError(`a difference to a row of ${table} that there is not`)
      const grown = this.#modify(table, uuid, before, entries(difference), changes)
      this.#weigh(table, uuid, (this.#sizes.get(`${table} ${uuid}`) ?? 0) + grown)
    } else {
      for (const column of REFERENCES[table] ?? [])
        for (const member of setOf(before, column)) this.#refer(changes, table, column, uuid, member, false)
      held.delete(uuid)
      this.#weigh(table, uuid, 0)
    }
  }

  /** ovsdb-server(7), `<row-update2>`: sets as the symmetric difference, maps by key, all else as it is now. */
  #modify(table: TableName, uuid: string, row: Row, columns: Iterable<[string, unknown]>, changes: RowChanges): number {
    let grown = 0
    for (const [column, json] of columns) {
      const kind = kindOf(table, column)
      const said = readValue(kind, json)
      const is = row[column]
      if (kind === 'set') {
        const set = is as Set<Atom>
        const followed = REFERENCES[table]?.includes(column) === true
        for (const member of said as Set<Atom>) {
          const added = !set.delete(member)
          if (added) set.add(member)
          grown += added ? sizeOfAtom(member) : -sizeOfAtom(member)
          if (followed) this.#refer(changes, table, column, uuid, member, added)
        }
      } else if (kind === 'map') {
        const map = is as Map<string, Atom>
        for (const [key, value] of said as Map<string, Atom>) {
          const old = map.get(key)
          if (old !== undefined) grown -= key.length + sizeOfAtom(old)
          if (old === value) map.delete(key)
          else {
            map.set(key, value)
            grown += key.length + sizeOfAtom(value)
          }
        }
      } else {
        grown += sizeOfAtom(said as Atom | undefined) - sizeOfAtom(is as Atom | undefined)
        row[column] = said
      }
    }
    return grown
  }

  #refer(changes: RowChanges, table: TableName, column: string, uuid: string, member: Atom, added: boolean): void {
    changes.references.push({ table, column, uuid, member: String(member), added })
  }

  #weigh(table: TableName, uuid: string, size: number): void {
    const key = `${table} ${uuid}`
    this.#octets += size - (this.#sizes.get(key) ?? 0)
    if (size === 0) this.#sizes.delete(key)
    else this.#sizes.set(key, size)
    if (this.#octets > this.#limit) throw new RowsError(`its rows take more than ${this.#limit} octets`)
  }
}

/** Members of a set column; none where there is no such row. */
export function setOf(row: Row | undefined, column: string): ReadonlySet<Atom> {
  const value = row?.[column]
  return value instanceof Set ? value : NOTHING
}

/** The value of a map column under a key. */
export function entryOf(row: Row | undefined, column: string, key: string): Atom | undefined {
  const value = row?.[column]
  return value instanceof Map ? value.get(key) : undefined
}

/** A map column as an object of texts. */
export function mapOf(row: Row | undefined, column: string): Record<string, string> {
  const value = row?.[column]
  return value instanceof Map ? Object.fromEntries([...value].map(([key, its]) => [key, String(its)])) : {}
}

export function textOf(row: Row | undefined, column: string): string | undefined {
  const value = row?.[column]
  return typeof value === 'string' ? value : undefined
}

export function numberOf(row: Row | undefined, column: string): number | undefined {
  const value = row?.[column]
  return typeof value === 'number' ? value : undefined
}

const NOTHING: ReadonlySet<Atom> = new Set()
/** Test databases have shorter ones. */
const UUID = /^[-0-9A-Za-z]{1,64}$/

function kindOf(table: TableName, column: string): Kind {
  if (Object.hasOwn(COLUMNS[table], column)) return (COLUMNS[table] as Readonly<Record<string, Kind>>)[column]!
  throw new RowsError(`column ${column.slice(0, 64)} of ${table} was not asked for`)
}

/** Every column has a value: what is not said is empty. */
function readRow(table: TableName, json: unknown): Row {
  const row: Row = {}
  for (const [column, kind] of Object.entries<Kind>(COLUMNS[table])) row[column] = readValue(kind, ['set', []])
  for (const [column, value] of entries(json)) row[column] = readValue(kindOf(table, column), value)
  return row
}

function readValue(kind: Kind, json: unknown): Value {
  if (kind === 'map') {
    const pairs = tagged(json, 'map') ?? tagged(json, 'set')
    if (pairs === undefined) throw new RowsError('a value that is no map')
    const map = new Map<string, Atom>()
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new RowsError('a map of something else than pairs')
      map.set(String(readAtom(pair[0])), readAtom(pair[1]))
    }
    return map
  }
  const members = tagged(json, 'set') ?? [json]
  if (kind === 'set') return new Set(members.map(readAtom))
  if (members.length > 1) throw new RowsError('several values where there is one')
  return members.length === 0 ? undefined : readAtom(members[0])
}

function tagged(json: unknown, tag: string): unknown[] | undefined {
  return Array.isArray(json) && json[0] === tag && Array.isArray(json[1]) ? json[1] : undefined
}

function readAtom(json: unknown): Atom {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json
  if (Array.isArray(json) && json[0] === 'uuid' && typeof json[1] === 'string') return json[1]
  throw new RowsError('a value that is no atom')
}

function entries(json: unknown): [string, unknown][] {
  if (json === null || json === undefined) return []
  if (typeof json !== 'object' || Array.isArray(json)) throw new RowsError('no object where one must be')
  return Object.entries(json)
}

function sizeOf(row: Row): number {
  let size = ROW_OCTETS
  for (const value of Object.values(row)) {
    if (value instanceof Set) for (const member of value) size += sizeOfAtom(member)
    else if (value instanceof Map) for (const [key, its] of value) size += key.length + sizeOfAtom(its)
    else size += sizeOfAtom(value)
  }
  return size
}

function sizeOfAtom(value: Atom | undefined): number {
  return value === undefined ? 0 : VALUE_OCTETS + (typeof value === 'string' ? value.length : 0)
}
