/**
 * Rows of the Open_vSwitch database (ovs-vswitchd.conf.db(5)) as values: which bridges there are, whether each keeps
 * enforcing when its controller is gone, what its ports say, and the operations that make it safe. Pure. A change costs
 * what it touches. It refuses to know how rows arrive (ovsdb.ts) and what follows from a verdict (guard.ts).
 */
import { entryOf, numberOf, type Row, type RowChanges, type Rows, setOf, textOf } from './ovsdb-rows.ts'

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

/** What ports of one bridge have, by port name: that of the Interface row, which is the one that OpenFlow shows. */
interface BridgeFacts {
  /** `external_ids:iface-id` where `iface-status` is not inactive. */
  readonly ifaceIds: Map<string, string>
  /** Octets. */
  readonly mtus: Map<string, number>
  /** Uuids of Interface rows. */
  readonly interfaces: Map<string, string>
}

/** Bridges that changed, each with the names of its ports that did. */
export type BridgeChanges = Map<string, Set<string>>

/** The bridges of one database, found by datapath id; a bridge has none until its daemon has made it. */
export class Bridges {
  readonly #rows: Rows
  /** Row uuids by datapath id; those after the first wait. */
  readonly #byDatapath = new Map<string, Set<string>>()
  readonly #datapathOf = new Map<string, string>()
  readonly #ownerOfPort = new Map<string, string>()
  readonly #ownerOfInterface = new Map<string, string>()
  readonly #ownerOfController = new Map<string, string>()
  /** By uuid of the Interface row, where its port was found last. */
  readonly #ports = new Map<string, { bridge: string; name: string }>()
  readonly #facts = new Map<string, BridgeFacts>()

  constructor(rows: Rows) {
    this.#rows = rows
  }

  get size(): number {
    return this.#byDatapath.size
  }

  datapathIds(): IterableIterator<string> {
    return this.#byDatapath.keys()
  }

  bridge(datapathId: string): Bridge | undefined {
    const uuid = first(this.#byDatapath.get(datapathId))
    const row = this.#rows.row('Bridge', uuid)
    if (uuid === undefined || row === undefined) return undefined
    const controllers = [...setOf(row, 'controller')].flatMap((reference) => {
      const found = this.#rows.row('Controller', String(reference))
      return found === undefined ? [] : [readController(String(reference), found)]
    })
    return {
      uuid,
      name: textOf(row, 'name') ?? '',
      datapathId,
      failMode: row['fail_mode'] === 'secure' ? 'secure' : 'standalone',
      protocols: [...setOf(row, 'protocols')].map(String),
      inBand: entryOf(row, 'other_config', IN_BAND_OFF) !== 'true' && controllers.some(({ inBand }) => inBand),
      controllers,
    }
  }

  /** What its ports have. The maps follow the database. */
  facts(datapathId: string): Pick<BridgeFacts, 'ifaceIds' | 'mtus'> {
    return this.#facts.get(first(this.#byDatapath.get(datapathId)) ?? '') ?? NO_FACTS
  }

  /** The interface of this name, whichever bridge it is on: a name is one's in a database. Uuids of rows. */
  named(name: string): { bridge: string; port: string; interface: string } | undefined {
    for (const [bridge, { interfaces }] of this.#facts) {
      const uuid = interfaces.get(name)
      if (uuid !== undefined) return { bridge, port: this.#ownerOfInterface.get(uuid) ?? '', interface: uuid }
    }
    return undefined
  }

  /** Names of all its ports that say something. */
  portNames(datapathId: string): Set<string> {
    const { ifaceIds, mtus } = this.facts(datapathId)
    return new Set([...ifaceIds.keys(), ...mtus.keys()])
  }

  /** Takes in what rows changed, after they have. */
  update({ rows, references }: RowChanges): BridgeChanges {
    const changes: BridgeChanges = new Map()
    const interfaces = new Set<string>()
    for (const { column, uuid, member, added } of references) {
      if (column === 'ports') {
        own(this.#ownerOfPort, member, uuid, added)
        for (const each of setOf(this.#rows.row('Port', member), 'interfaces')) interfaces.add(String(each))
      } else if (column === 'interfaces') {
        own(this.#ownerOfInterface, member, uuid, added)
        interfaces.add(member)
      } else own(this.#ownerOfController, member, uuid, added)
    }
    for (const { table, uuid } of rows) {
      if (table === 'Interface') interfaces.add(uuid)
      else if (table === 'Bridge') this.#rename(uuid, changes)
      else if (table === 'Open_vSwitch') for (const datapathId of this.#byDatapath.keys()) touch(changes, datapathId)
      else if (table === 'Controller') this.#touch(changes, this.#ownerOfController.get(uuid))
      else if (table === 'sFlow' || table === 'IPFIX') this.#touchPointing(changes, uuid)
    }
    for (const uuid of interfaces) this.#look(uuid, changes)
    return changes
  }

  /** A bridge's row is another: under which datapath id it is found. */
  #rename(uuid: string, changes: BridgeChanges): void {
    const before = this.#datapathOf.get(uuid)
    const said = textOf(this.#rows.row('Bridge', uuid), 'datapath_id')?.toLowerCase()
    const now = said !== undefined && DATAPATH_ID.test(said) ? said : undefined
    this.#touch(changes, uuid)
    if (before === now) return
    if (before !== undefined) {
      for (const name of this.portNames(before)) touch(changes, before, name)
      this.#datapathOf.delete(uuid)
      const others = this.#byDatapath.get(before)
      others?.delete(uuid)
      if (others?.size === 0) this.#byDatapath.delete(before)
      else for (const name of this.portNames(before)) touch(changes, before, name)
    }
    if (now === undefined) return
    this.#datapathOf.set(uuid, now)
    const others = this.#byDatapath.get(now)
    if (others === undefined) this.#byDatapath.set(now, new Set([uuid]))
    else others.add(uuid)
    touch(changes, now)
    for (const name of this.portNames(now)) touch(changes, now, name)
  }

  #look(uuid: string, changes: BridgeChanges): void {
    const before = this.#ports.get(uuid)
    const row = this.#rows.row('Interface', uuid)
    const bridge = this.#ownerOfPort.get(this.#ownerOfInterface.get(uuid) ?? '')
    const name = textOf(row, 'name')
    if (before !== undefined) {
      const facts = this.#facts.get(before.bridge)
      if (facts?.interfaces.get(before.name) === uuid) {
        facts.interfaces.delete(before.name)
        facts.ifaceIds.delete(before.name)
        facts.mtus.delete(before.name)
        if (facts.interfaces.size === 0) this.#facts.delete(before.bridge)
      }
      this.#ports.delete(uuid)
      this.#touch(changes, before.bridge, before.name)
    }
    if (bridge === undefined || name === undefined) return
    const status = entryOf(row, 'external_ids', 'iface-status')
    const id = status === 'inactive' ? undefined : entryOf(row, 'external_ids', 'iface-id')
    const ifaceId = id === undefined || id === '' ? undefined : String(id)
    const facts = this.#facts.get(bridge) ?? { ifaceIds: new Map(), mtus: new Map(), interfaces: new Map() }
    this.#facts.set(bridge, facts)
    facts.interfaces.set(name, uuid)
    put(facts.ifaceIds, name, ifaceId)
    put(facts.mtus, name, numberOf(row, 'mtu'))
    this.#ports.set(uuid, { bridge, name })
    this.#touch(changes, bridge, name)
  }

  #touch(changes: BridgeChanges, bridge: string | undefined, port?: string): void {
    const datapathId = this.#datapathOf.get(bridge ?? '')
    if (datapathId !== undefined) touch(changes, datapathId, port)
  }

  /** There are as many such rows as bridges at most, and they rarely change. */
  #touchPointing(changes: BridgeChanges, uuid: string): void {
    for (const [bridge, datapathId] of this.#datapathOf) {
      const row = this.#rows.row('Bridge', bridge)
      if (row?.['sflow'] === uuid || row?.['ipfix'] === uuid) touch(changes, datapathId)
    }
  }
}

const NO_FACTS: BridgeFacts = { ifaceIds: new Map(), mtus: new Map(), interfaces: new Map() }
const DATAPATH_ID = /^[0-9a-f]{16}$/

function own(owners: Map<string, string>, member: string, owner: string, added: boolean): void {
  if (added) owners.set(member, owner)
  else if (owners.get(member) === owner) owners.delete(member)
}

function touch(changes: BridgeChanges, datapathId: string, port?: string): void {
  const ports = changes.get(datapathId) ?? new Set()
  changes.set(datapathId, ports)
  if (port !== undefined) ports.add(port)
}

function first<T>(set: ReadonlySet<T> | undefined): T | undefined {
  for (const each of set ?? []) return each
  return undefined
}

function put<V>(map: Map<string, V>, at: string, value: V | undefined): void {
  if (value === undefined) map.delete(at)
  else map.set(at, value)
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

function readController(uuid: string, row: Row): BridgeController {
  return {
    uuid,
    target: textOf(row, 'target') ?? '',
    connected: row['is_connected'] === true,
    maxBackoff: numberOf(row, 'max_backoff'),
    rateLimit: numberOf(row, 'controller_rate_limit'),
    burstLimit: numberOf(row, 'controller_burst_limit'),
    inBand: row['connection_mode'] !== 'out-of-band',
  }
}
