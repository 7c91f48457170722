/**
 * Rows of the Open_vSwitch database (ovs-vswitchd.conf.db(5)) as values: which bridges there are, whether each keeps
 * enforcing when its controller is gone, and the operations that make it so. Pure. It refuses to know how rows arrive
 * (ovsdb.ts) and what follows from a verdict (guard.ts).
 */

/** Table name to row uuid to columns. */
export type Tables = Map<string, Map<string, Record<string, unknown>>>

export interface BridgeController {
  uuid: string
  target: string
  connected: boolean
  /** Milliseconds; undefined is the default of 8000. */
  maxBackoff: number | undefined
  /** Packets per second; undefined is no limit. */
  rateLimit: number | undefined
  inBand: boolean
  burstLimit: number | undefined
}

export interface Bridge {
  uuid: string
  name: string
  /** 16 hexadecimal digits. */
  datapathId: string
  /** Empty in the database means standalone: when no controller answers, the bridge becomes an ordinary switch. */
  failMode: 'secure' | 'standalone'
  /**
   * The bridge has hidden flows above all others (priority 180,000 and more) that forward whatever looks like traffic
   * between it and its controller, from any port to any other: packets with the controller's address and port get past
   * every rule of ours. It is Open vSwitch's default (ovs-vswitchd.conf.db(5), connection_mode).
   */
  inBand: boolean
  protocols: string[]
  controllers: BridgeController[]
}

/** What a bridge should have. Undefined members are left alone. */
export interface RepairWish {
  /** Milliseconds. Open vSwitch 3.1 heeds a change only when the controller row is made anew. */
  maxBackoff?: number
  /** Packets per second to the controller, and burst. */
  rateLimit?: number
  burstLimit?: number
}

/** The key of a bridge's other_config that turns its hidden flows off. */
const IN_BAND_OFF = 'disable-in-band'

/** The columns monitored: the argument of the `monitor` request. */
export const MONITORED = {
  Bridge: [{ columns: ['name', 'datapath_id', 'fail_mode', 'controller', 'protocols', 'other_config'] }],
  Controller: [
    {
      columns: [
        'target',
        'is_connected',
        'max_backoff',
        'controller_rate_limit',
        'controller_burst_limit',
        'connection_mode',
      ],
    },
  ],
  Open_vSwitch: [{ columns: ['ovs_version', 'datapath_types'] }],
} as const

/** Bridges by datapath id. A bridge has none until its daemon has made it. */
export function readBridges(tables: Tables): Map<string, Bridge> {
  const bridges = new Map<string, Bridge>()
  const controllers = tables.get('Controller')
  for (const [uuid, row] of tables.get('Bridge') ?? []) {
    const datapathId = optional(row['datapath_id'])
    if (typeof datapathId !== 'string') continue
    const connected = members(row['controller']).flatMap((reference) => {
      const id = uuidOf(reference)
      const found = id === undefined ? undefined : controllers?.get(id)
      return id === undefined || found === undefined ? [] : [readController(id, found)]
    })
    bridges.set(datapathId.toLowerCase(), {
      uuid,
      name: String(row['name']),
      datapathId: datapathId.toLowerCase(),
      failMode: optional(row['fail_mode']) === 'secure' ? 'secure' : 'standalone',
      protocols: members(row['protocols']).map(String),
      inBand: entry(row['other_config'], IN_BAND_OFF) !== 'true' && connected.some(({ inBand }) => inBand),
      controllers: connected,
    })
  }
  return bridges
}

/** What has to be written so that the bridge fails closed, forwards by our flows alone and meets the wish. Empty where nothing has to. */
export function repairOperations(bridge: Bridge, wish: RepairWish): { operations: unknown[]; written: string[] } {
  const operations: unknown[] = []
  const written: string[] = []
  if (bridge.failMode !== 'secure') {
    operations.push(update('Bridge', bridge.uuid, { fail_mode: 'secure' }))
    written.push('fail_mode')
  }
  if (bridge.inBand) {
    operations.push({
      op: 'mutate',
      table: 'Bridge',
      where: [['_uuid', '==', ['uuid', bridge.uuid]]],
      mutations: [
        ['other_config', 'delete', ['set', [IN_BAND_OFF]]],
        ['other_config', 'insert', ['map', [[IN_BAND_OFF, 'true']]]],
      ],
    })
    written.push(IN_BAND_OFF)
  }
  for (const controller of bridge.controllers) {
    const row: Record<string, number> = {}
    if (wish.maxBackoff !== undefined && controller.maxBackoff !== wish.maxBackoff) row['max_backoff'] = wish.maxBackoff
    if (wish.rateLimit !== undefined && controller.rateLimit !== wish.rateLimit) {
      row['controller_rate_limit'] = wish.rateLimit
    }
    if (wish.burstLimit !== undefined && controller.burstLimit !== wish.burstLimit) {
      row['controller_burst_limit'] = wish.burstLimit
    }
    if (Object.keys(row).length === 0) continue
    operations.push(update('Controller', controller.uuid, row))
    written.push(...Object.keys(row))
  }
  return { operations, written: [...new Set(written)] }
}

function update(table: string, uuid: string, row: Record<string, unknown>): unknown {
  return { op: 'update', table, where: [['_uuid', '==', ['uuid', uuid]]], row }
}

function readController(uuid: string, row: Record<string, unknown>): BridgeController {
  return {
    uuid,
    target: String(row['target']),
    connected: row['is_connected'] === true,
    maxBackoff: number(row['max_backoff']),
    rateLimit: number(row['controller_rate_limit']),
    burstLimit: number(row['controller_burst_limit']),
    inBand: optional(row['connection_mode']) !== 'out-of-band',
  }
}

/** RFC 7047 section 5.1: a set of exactly one may be written as the bare value. */
function members(value: unknown): unknown[] {
  if (Array.isArray(value) && value[0] === 'set' && Array.isArray(value[1])) return value[1]
  return value === undefined ? [] : [value]
}

function optional(value: unknown): unknown {
  return members(value)[0]
}

/** RFC 7047 section 5.1: `["map", [[key, value], ...]]`. */
function entry(map: unknown, key: string): unknown {
  if (!Array.isArray(map) || map[0] !== 'map' || !Array.isArray(map[1])) return undefined
  return (map[1] as unknown[]).find((pair): pair is unknown[] => Array.isArray(pair) && pair[0] === key)?.[1]
}

function number(value: unknown): number | undefined {
  const found = optional(value)
  return typeof found === 'number' ? found : undefined
}

function uuidOf(value: unknown): string | undefined {
  return Array.isArray(value) && value[0] === 'uuid' && typeof value[1] === 'string' ? value[1] : undefined
}
