/**
 * What a bridge exports to collectors: which transaction makes, corrects or removes its rows of sFlow and IPFIX
 * (ovs-vswitchd.conf.db(5)), so that they are what is wanted. Every operation waits for what was read, so that of two
 * that write at once one fails and looks again (RFC 7047 section 5.2.6). Rows that are not ours are left alone. Pure. It
 * refuses to know when it is written and by whom (controller/repairs.ts).
 */
import type { TelemetrySettings } from '../../host/telemetry-settings.ts'
import { type Atom, entryOf, type Row, type Rows, setOf } from './ovsdb-rows.ts'

/** Columns of a row; undefined is empty. */
export type TelemetryRow = Readonly<Record<string, readonly string[] | string | number | undefined>>

/** Rows that a bridge is to have; undefined: none. */
export interface TelemetryWish {
  sFlow: TelemetryRow | undefined
  IPFIX: TelemetryRow | undefined
}

export type Protocol = keyof TelemetryWish

/** What there is to do, or why nothing can be done. */
export interface TelemetryPlan {
  /** One transaction; empty where both rows are as they are wanted. */
  operations: unknown[]
  steps: { protocol: Protocol; what: 'made' | 'corrected' | 'removed' }[]
  /** Commands of ovs-vsctl that do the same, each for `--`. */
  commands: string[]
  /** Rows that are wanted, in whose place there is one that is not ours. */
  foreign: { protocol: Protocol; reason: string }[]
}

/** What marks a row as ours. */
export const TELEMETRY_MARK = { key: 'tagsteer', value: 'telemetry' } as const
/** Columns of Bridge that refer to the rows. */
const COLUMN = { sFlow: 'sflow', IPFIX: 'ipfix' } as const
const PROTOCOLS = ['sFlow', 'IPFIX'] as const

/** What settings come to for a bridge. @param datapathId 16 hexadecimal digits. */
export function telemetryWish(settings: TelemetrySettings | undefined, datapathId: string): TelemetryWish {
  const wish: TelemetryWish = { sFlow: undefined, IPFIX: undefined }
  if (settings === undefined) return wish
  const { sflow, ipfix } = settings
  if (sflow.targets.length > 0) {
    const { targets, sampling, polling, header, agent } = sflow
    wish.sFlow = { targets, sampling, polling, header, agent }
  }
  if (ipfix.targets.length > 0) {
    wish.IPFIX = {
      targets: ipfix.targets,
      sampling: ipfix.sampling,
      obs_domain_id: ipfix.obsDomainId ?? Number.parseInt(datapathId.slice(8), 16),
      obs_point_id: ipfix.obsPointId,
      cache_active_timeout: ipfix.cacheActiveTimeout,
      cache_max_flows: ipfix.cacheMaxFlows,
    }
  }
  return wish
}

/** @param bridge Its name and the uuid of its row. */
export function planTelemetry(rows: Rows, bridge: { name: string; uuid: string }, wish: TelemetryWish): TelemetryPlan {
  const plan: TelemetryPlan = { operations: [], steps: [], commands: [], foreign: [] }
  const its = rows.row('Bridge', bridge.uuid)
  if (its === undefined) return plan
  for (const protocol of PROTOCOLS) {
    const column = COLUMN[protocol]
    const uuid = its[column] as string | undefined
    const wanted = wish[protocol]
    if (uuid === undefined) {
      if (wanted !== undefined) make(plan, bridge, protocol, wanted)
      continue
    }
    const row = rows.row(protocol, uuid)
    const reason = row === undefined ? 'it is not to be seen' : whyForeign(rows, bridge.uuid, column, uuid, row)
    if (reason !== undefined || row === undefined) {
      if (wanted !== undefined) plan.foreign.push({ protocol, reason: reason ?? '' })
    } else if (wanted === undefined) remove(plan, bridge, protocol, uuid, row)
    else correct(plan, protocol, uuid, row, wanted)
  }
  return plan
}

function whyForeign(rows: Rows, bridge: string, column: string, uuid: string, row: Row): string | undefined {
  const { key, value } = TELEMETRY_MARK
  if (entryOf(row, 'external_ids', key) !== value) return `it has no external_ids:${key}=${value}`
  // A correction for one would be one for all.
  for (const [other, its] of rows.table('Bridge'))
    if (other !== bridge && its[column] === uuid) return `bridge ${String(its['name'])} has the same`
  return undefined
}

function make(
  plan: TelemetryPlan,
  bridge: { name: string; uuid: string },
  protocol: Protocol,
  row: TelemetryRow,
): void {
  const { key, value } = TELEMETRY_MARK
  const column = COLUMN[protocol]
  const id = `new_${column}`
  plan.operations.push(
    waitFor('Bridge', bridge.uuid, { [column]: ['set', []] }),
    {
      op: 'insert',
      table: protocol,
      row: { ...json(given(row)), external_ids: ['map', [[key, value]]] },
      'uuid-name': id,
    },
    { op: 'update', table: 'Bridge', where: named(bridge.uuid), row: { [column]: ['named-uuid', id] } },
  )
  plan.commands.push(
    `--id=@${column} create ${protocol} external_ids:${key}=${value} ${settings(given(row))}`,
    `set bridge ${bridge.name} ${column}=@${column}`,
  )
  plan.steps.push({ protocol, what: 'made' })
}

function correct(plan: TelemetryPlan, protocol: Protocol, uuid: string, before: Row, after: TelemetryRow): void {
  const other = Object.keys(after).filter((column) => !isSame(before, column, after[column]))
  if (other.length === 0) return
  const was = Object.fromEntries(
    other.map((column) => {
      const value = before[column]
      return [column, value instanceof Set ? ['set', [...value]] : atomJson(value as Atom | undefined)]
    }),
  )
  const changed = Object.fromEntries(other.map((column) => [column, after[column]]))
  plan.operations.push(
    // That it is ours still, too.
    waitFor(protocol, uuid, { ...was, ...marks(before) }),
    { op: 'update', table: protocol, where: named(uuid), row: json(changed) },
  )
  const empty = other.filter((column) => after[column] === undefined)
  if (empty.length < other.length) plan.commands.push(`set ${protocol} ${uuid} ${settings(given(changed))}`)
  if (empty.length > 0) plan.commands.push(`clear ${protocol} ${uuid} ${empty.join(' ')}`)
  plan.steps.push({ protocol, what: 'corrected' })
}

/** A row that no bridge refers to is none any more: neither table is a root (RFC 7047 section 3.2). */
function remove(
  plan: TelemetryPlan,
  bridge: { name: string; uuid: string },
  protocol: Protocol,
  uuid: string,
  row: Row,
): void {
  const column = COLUMN[protocol]
  plan.operations.push(
    waitFor('Bridge', bridge.uuid, { [column]: ['uuid', uuid] }),
    waitFor(protocol, uuid, marks(row)),
    { op: 'update', table: 'Bridge', where: named(bridge.uuid), row: { [column]: ['set', []] } },
  )
  plan.commands.push(`clear bridge ${bridge.name} ${column}`)
  plan.steps.push({ protocol, what: 'removed' })
}

const named = (uuid: string): unknown => [['_uuid', '==', ['uuid', uuid]]]

function waitFor(table: string, uuid: string, row: Record<string, unknown>): unknown {
  return { op: 'wait', table, where: named(uuid), columns: Object.keys(row), until: '==', rows: [row], timeout: 0 }
}

function marks(row: Row): Record<string, unknown> {
  const its = row['external_ids']
  return { external_ids: ['map', its instanceof Map ? [...its] : []] }
}

function isSame(row: Row, column: string, wanted: TelemetryRow[string]): boolean {
  if (!Array.isArray(wanted)) return row[column] === wanted
  const its = setOf(row, column)
  return its.size === wanted.length && wanted.every((member) => its.has(member))
}

/** Columns that say something. */
function given(row: TelemetryRow): TelemetryRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}

function json(row: TelemetryRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      Array.isArray(value) ? ['set', value] : atomJson(value as Atom | undefined),
    ]),
  )
}

const atomJson = (value: Atom | undefined): unknown => value ?? ['set', []]

/** For a shell. Targets and addresses hold what ovs-vsctl would take apart, so texts are in its quotes. */
function settings(row: TelemetryRow): string {
  const text = (value: string | number): string => (typeof value === 'number' ? String(value) : `"${value}"`)
  return Object.entries(row)
    .map(
      ([column, value]) =>
        `'${column}=${[value]
          .flat()
          .map((each) => text(each as string | number))
          .join(',')}'`,
    )
    .join(' ')
}
