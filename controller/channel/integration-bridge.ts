/**
 * The bridge that a hypervisor's database wants for virtual machines, and may not have: the one that it names, or `br-int`
 * where it names an end of tunnels only; and which transaction makes it, so that it fails secure and no packet gets past
 * our flows. It waits for there being none of that name. Pure. It refuses to know when it is written and by whom
 * (controller/hypervisors.ts), and bridges that are there.
 */
import { entryOf, type Rows } from './ovsdb-rows.ts'

/** Of an Open_vSwitch row's external_ids. */
export const SYSTEM_KEYS = {
  kind: 'tagsteer-encap-type',
  address: 'tagsteer-encap-ip',
  bridge: 'tagsteer-bridge',
  datapathType: 'tagsteer-bridge-datapath-type',
  mtu: 'tagsteer-mtu',
} as const

/** The bridge of an end of tunnels, where several are in one database and none is named. */
export const USUAL_BRIDGE = 'br-int'

export interface BridgePlan {
  operations: unknown[]
  /** The command that does the same. */
  command: string
}

/** Names of network devices; the kernel's limit of 15 octets, and nothing that a shell or ovs-vsctl reads otherwise. */
const NAME = /^[A-Za-z0-9][\w.-]{0,14}$/
const DATAPATH_TYPE = /^(|system|netdev|dummy)$/
const PROTOCOLS = ['OpenFlow13'] as const
const MARK = { key: 'tagsteer', value: 'bridge' } as const

/**
 * The name of the bridge that a database wants and lacks; undefined where it wants none, or has it. A database that says
 * nothing of us wants none: its host may have other uses for bridges.
 */
export function missingBridge(rows: Rows, identity: string | undefined): string | undefined {
  const root = rows.row('Open_vSwitch', identity)
  const said = (key: string): string => String(entryOf(root, 'external_ids', key) ?? '')
  const [named, address] = [said(SYSTEM_KEYS.bridge), said(SYSTEM_KEYS.address)]
  if (named === '' && address === '') return undefined
  const bridges = rows.table('Bridge')
  // The only one has the end.
  if (named === '' && bridges.size === 1) return undefined
  const name = named === '' ? USUAL_BRIDGE : named
  for (const { name: its } of bridges.values()) if (its === name) return undefined
  return name
}

/**
 * @param controllers Targets of its controllers, `tcp:HOST:PORT` or `ssl:HOST:PORT`.
 * @returns Text: why it cannot be made.
 */
export function planBridge(
  rows: Rows,
  identity: string | undefined,
  bridge: string,
  controllers: readonly string[],
): BridgePlan | string {
  const type = String(entryOf(rows.row('Open_vSwitch', identity), 'external_ids', SYSTEM_KEYS.datapathType) ?? '')
  if (!NAME.test(bridge)) return 'no network device can have that name'
  if (!DATAPATH_TYPE.test(type)) return `external_ids:${SYSTEM_KEYS.datapathType} is neither system nor netdev`
  const absent = (table: string): unknown => ({
    ...{ op: 'wait', table, where: [['name', '==', bridge]], columns: ['name'], until: '==', rows: [], timeout: 0 },
  })
  const map = (entries: Record<string, string>): unknown => ['map', Object.entries(entries)]
  const insert = (table: string, row: Record<string, unknown>, id: string): unknown => ({
    ...{ op: 'insert', table, row, 'uuid-name': id },
  })
  const references = (ids: string[]): unknown => ['set', ids.map((id) => ['named-uuid', id])]
  const operations = [
    absent('Bridge'),
    absent('Port'),
    insert('Interface', { name: bridge, type: 'internal' }, 'interface'),
    insert('Port', { name: bridge, interfaces: references(['interface']) }, 'port'),
    ...controllers.map((target, index) =>
      insert('Controller', { target, connection_mode: 'out-of-band' }, `controller${index}`),
    ),
    insert(
      'Bridge',
      {
        ...{ name: bridge, datapath_type: type, fail_mode: 'secure', protocols: ['set', PROTOCOLS] },
        ...{ other_config: map({ 'disable-in-band': 'true' }), external_ids: map({ [MARK.key]: MARK.value }) },
        ...{ ports: references(['port']), controller: references(controllers.map((_, index) => `controller${index}`)) },
      },
      'bridge',
    ),
    {
      ...{ op: 'mutate', table: 'Open_vSwitch', where: [['_uuid', '==', ['uuid', identity]]] },
      mutations: [['bridges', 'insert', references(['bridge'])]],
    },
  ]
  const settings = [
    ...['fail_mode=secure', `protocols=${PROTOCOLS.join(',')}`, 'other_config:disable-in-band=true'],
    ...[`external_ids:${MARK.key}=${MARK.value}`, ...(type === '' ? [] : [`datapath_type=${type}`])],
  ]
  const connect = controllers.length === 0 ? '' : ` -- set-controller ${bridge} ${controllers.join(' ')}`
  const command = `ovs-vsctl add-br ${bridge} -- set bridge ${bridge} ${settings.join(' ')}${connect}`
  return { operations, command }
}
