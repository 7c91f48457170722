/**
 * The port of a bridge through which packets reach other switches: which transaction makes, corrects or removes it in
 * the bridge's database so that its end of tunnels is what is wanted. Every operation waits for what was read, so that
 * of two that write at once one fails and looks again (RFC 7047 section 5.2.6). A port that is not ours is left alone.
 * Pure. It refuses to know when it is written and by whom (hypervisors.ts).
 */
import type { TunnelAddress } from '../../model/records.ts'
import { TUNNEL_PORTS } from '../policy/carriers.ts'
import type { Bridges } from './bridges.ts'
import { entryOf, mapOf, type Row, type Rows, textOf } from './ovsdb-rows.ts'

/** What there is to do, or why nothing can be done. */
export interface TunnelPlan {
  /** Empty where the port is as it is wanted. */
  operations: unknown[]
  /** What the operations do, and the command that does the same. */
  steps: { port: string; what: 'made' | 'corrected' | 'removed'; command: string }[]
  /** The port that is wanted is somebody else's, or on another bridge. */
  foreign: { port: string; reason: string } | undefined
  /** What ovs-vswitchd says is wrong with our port that is there as wanted. */
  error: { port: string; reason: string } | undefined
}

const MARK = { key: 'tagsteer', value: 'tunnel' } as const
/** Options of a tunnel that are the operator's (ovs-vswitchd.conf.db(5)). */
const FREE = ['csum', 'tos', 'ttl', 'df_default', 'egress_pkt_mark']

/** Our options of an end. */
export function tunnelOptions({ kind, address }: TunnelAddress): Record<string, string> {
  const common = { key: 'flow', local_ip: address, remote_ip: 'flow' }
  return kind === 'vxlan' ? { ...common, exts: 'gbp' } : common
}

/** @param bridge Its name and the uuid of its row. @param end Undefined: it is to have none. */
export function planTunnel(
  { rows, bridges }: { rows: Rows; bridges: Bridges },
  bridge: { name: string; uuid: string },
  end: TunnelAddress | undefined,
): TunnelPlan {
  const plan: TunnelPlan = { operations: [], steps: [], foreign: undefined, error: undefined }
  const wanted = end && TUNNEL_PORTS[end.kind]
  for (const name of Object.values(TUNNEL_PORTS)) {
    if (name === wanted) continue
    const found = bridges.named(name)
    const row = rows.row('Port', found?.port)
    if (found?.bridge === bridge.uuid && row !== undefined && isOurs(row))
      remove(plan, bridge, name, { uuid: found.port, row })
  }
  if (end === undefined || wanted === undefined) return plan
  const found = bridges.named(wanted)
  const row = rows.row('Port', found?.port)
  if (found === undefined || row === undefined) make(plan, bridge, wanted, end)
  else if (found.bridge !== bridge.uuid)
    plan.foreign = { port: wanted, reason: 'it is on another bridge of its database' }
  else if (!isOurs(row)) plan.foreign = { port: wanted, reason: `it has no external_ids:${MARK.key}=${MARK.value}` }
  else correct(plan, rows.row('Interface', found.interface), wanted, found.interface, end)
  return plan
}

interface Found {
  uuid: string
  row: Row
}

const isOurs = (row: Row): boolean => entryOf(row, 'external_ids', MARK.key) === MARK.value

function make(plan: TunnelPlan, bridge: { name: string; uuid: string }, name: string, end: TunnelAddress): void {
  const options = tunnelOptions(end)
  const ours = ['map', [[MARK.key, MARK.value]]]
  plan.operations.push(
    { op: 'wait', table: 'Port', where: [['name', '==', name]], columns: ['name'], until: '==', rows: [], timeout: 0 },
    {
      op: 'insert',
      table: 'Interface',
      row: { name, type: end.kind, options: mapJson(options) },
      'uuid-name': 'interface',
    },
    {
      op: 'insert',
      table: 'Port',
      row: { name, interfaces: ['named-uuid', 'interface'], external_ids: ours },
      'uuid-name': 'port',
    },
    {
      op: 'mutate',
      table: 'Bridge',
      where: [['_uuid', '==', ['uuid', bridge.uuid]]],
      mutations: [['ports', 'insert', ['set', [['named-uuid', 'port']]]]],
    },
  )
  const command = `ovs-vsctl add-port ${bridge.name} ${name} -- set port ${name} external_ids:${MARK.key}=${MARK.value} -- ${setText(name, end.kind, options)}`
  plan.steps.push({ port: name, what: 'made', command })
}

function correct(plan: TunnelPlan, its: Row | undefined, name: string, uuid: string, end: TunnelAddress): void {
  if (its === undefined) return
  const before = mapOf(its, 'options')
  const free = Object.entries(before).filter(([key]) => FREE.includes(key))
  const options = { ...Object.fromEntries(free), ...tunnelOptions(end) }
  if (textOf(its, 'type') === end.kind && same(before, options)) {
    const reason = textOf(its, 'error')
    if (reason !== undefined && reason !== '') plan.error = { port: name, reason }
    return
  }
  const where = [['_uuid', '==', ['uuid', uuid]]]
  const was = { type: textOf(its, 'type') ?? '', options: mapJson(before) }
  const columns = ['type', 'options']
  plan.operations.push(
    { op: 'wait', table: 'Interface', where, columns, until: '==', rows: [was], timeout: 0 },
    { op: 'update', table: 'Interface', where, row: { type: end.kind, options: mapJson(options) } },
  )
  const command = `ovs-vsctl clear interface ${name} options -- ${setText(name, end.kind, options)}`
  plan.steps.push({ port: name, what: 'corrected', command })
}

function remove(plan: TunnelPlan, bridge: { name: string; uuid: string }, name: string, { uuid, row }: Found): void {
  const marks = mapJson(mapOf(row, 'external_ids'))
  plan.operations.push(
    {
      op: 'wait',
      table: 'Port',
      where: [['_uuid', '==', ['uuid', uuid]]],
      columns: ['external_ids'],
      until: '==',
      rows: [{ external_ids: marks }],
      timeout: 0,
    },
    {
      op: 'mutate',
      table: 'Bridge',
      where: [['_uuid', '==', ['uuid', bridge.uuid]]],
      mutations: [['ports', 'delete', ['set', [['uuid', uuid]]]]],
    },
  )
  plan.steps.push({ port: name, what: 'removed', command: `ovs-vsctl del-port ${bridge.name} ${name}` })
}

function setText(name: string, kind: string, options: Record<string, string>): string {
  const words = Object.entries(options).map(
    ([key, value]) => `options:${key}=${/[^\w.=-]/.test(value) ? `'"${value}"'` : value}`,
  )
  return `set interface ${name} type=${kind} ${words.join(' ')}`
}

function mapJson(entries: Record<string, string>): unknown {
  return ['map', Object.entries(entries)]
}

function same(one: Record<string, string>, other: Record<string, string>): boolean {
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key])
}
