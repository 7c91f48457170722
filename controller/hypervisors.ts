/**
 * What hypervisors' databases say of switches, handed on to observed, and what is wished of them: the port through
 * which a switch reaches others, where its end of tunnels is known; what it exports to collectors; and the bridge that a
 * database names and lacks. How wishes are written is in repairs.ts. It refuses to know rows (channel/bridges.ts,
 * tunnel-port.ts, telemetry-rows.ts, integration-bridge.ts) and what follows for the network.
 */
import { formatAddress, parseAddress, unusableAddress } from '../model/address.ts'
import { MTU_LIMITS, type TunnelAddress } from '../model/records.ts'
import type { Databases } from './channel/databases.ts'
import { missingBridge, planBridge, SYSTEM_KEYS, USUAL_BRIDGE } from './channel/integration-bridge.ts'
import type { Ovsdb } from './channel/ovsdb.ts'
import { entryOf } from './channel/ovsdb-rows.ts'
import { planTelemetry, type TelemetryWish } from './channel/telemetry-rows.ts'
import { planTunnel } from './channel/tunnel-port.ts'
import type { Tell } from './events.ts'
import type { HypervisorFacts } from './observe.ts'
import { type Repair, type RepairKind, Repairs } from './repairs.ts'

export interface HypervisorsOptions {
  databases: Pick<Databases, 'holder'>
  /** Whether databases may be written to. */
  repair: boolean
  /** Takes what a database says of a switch. */
  changed: (datapathId: string, facts: HypervisorFacts | undefined, ports: ReadonlySet<string>) => void
  /** The end of tunnels that a switch is to have. */
  endOf: (datapathId: string) => TunnelAddress | undefined
  /** What a switch is to export. */
  telemetryOf: (datapathId: string) => TelemetryWish
  /** Controllers of bridges that are made. */
  controllers: readonly string[]
  /** Whether a switch has been here. */
  isServed: (datapathId: string) => boolean
  tell: Tell
}

const TUNNEL: RepairKind = {
  name: 'tunnel',
  written: 'tunnel-port-written',
  wanted: 'tunnel-port-wanted',
  failed: 'tunnel-port-failed',
}
const TELEMETRY: RepairKind = {
  name: 'telemetry',
  written: 'telemetry-written',
  wanted: 'telemetry-wanted',
  failed: 'telemetry-failed',
}
const BRIDGE: RepairKind = {
  name: 'bridge',
  written: 'bridge-made',
  wanted: 'bridge-wanted',
  failed: 'bridge-failed',
}

type Plan = (database: Ovsdb, bridge: { name: string; uuid: string }) => Repair

export class Hypervisors {
  readonly #options: HypervisorsOptions
  readonly #repairs: Repairs

  constructor(options: HypervisorsOptions) {
    this.#options = options
    this.#repairs = new Repairs(options)
  }

  close(): void {
    this.#repairs.close()
  }

  /** The database of a switch says something else, of these of its ports too. */
  bridgeChanged(datapathId: string, ports: ReadonlySet<string>): void {
    const database = this.#options.databases.holder(datapathId)
    this.#options.changed(datapathId, database && factsOf(database, datapathId), ports)
    this.look(datapathId)
  }

  /** The record of a switch that is away was deleted: what its database said is forgotten, unless that is there to say it. */
  forget(datapathId: string): void {
    const database = this.#options.databases.holder(datapathId)
    if (database?.isConnected === true) return
    this.#options.changed(datapathId, undefined, database?.bridges.portNames(datapathId) ?? new Set())
  }

  /** A database says something else, or is read: whether it has the bridge that it wants. */
  databaseChanged(database: Ovsdb): void {
    const look = (): { repair: Repair; database: Ovsdb; common: Record<string, string> } | undefined => {
      if (!database.isConnected) return undefined
      const { rows, identity } = database
      const bridge = missingBridge(rows, identity)
      const repair = bridge === undefined ? NOTHING : bridgeRepair(database, bridge, this.#options.controllers)
      return { repair, database, common: { bridge: bridge ?? '' } }
    }
    // One that connects here has another name each time.
    const key = database.identity ?? database.target
    this.#repairs.look(BRIDGE, { key, subject: database.target }, look, () => this.databaseChanged(database))
  }

  /** A switch came, or its record is another: its database is as it is wished, or is made so. */
  look(datapathId: string): void {
    this.#look(TUNNEL, datapathId, (database, bridge) => {
      const { foreign, error, steps, operations } = planTunnel(database, bridge, this.#options.endOf(datapathId))
      return {
        operations,
        steps: steps.map(({ port, what }) => ({ port, what })),
        command: steps.map(({ command }) => command).join(' && '),
        troubles: [
          ...(foreign === undefined ? [] : [{ type: 'tunnel-port-foreign', details: foreign } as const]),
          ...(error === undefined ? [] : [{ type: 'tunnel-port-failed', details: error } as const]),
        ],
        // Where it is another bridge's, that it went is no change of this one.
        again: foreign !== undefined,
      }
    })
    this.#look(TELEMETRY, datapathId, (database, bridge) => {
      const plan = planTelemetry(database.rows, bridge, this.#options.telemetryOf(datapathId))
      return {
        ...{ operations: plan.operations, steps: plan.steps },
        command: `ovs-vsctl -- ${plan.commands.join(' -- ')}`,
        troubles: plan.foreign.map((details) => ({ type: 'telemetry-foreign', details })),
        // Where it is another bridge's, too.
        again: plan.foreign.length > 0,
      }
    })
  }

  #look(kind: RepairKind, datapathId: string, plan: Plan): void {
    const find = (): { repair: Repair; database: Ovsdb; common: Record<string, string> } | undefined => {
      const { databases, isServed } = this.#options
      const database = databases.holder(datapathId)
      const bridge = database?.bridges.bridge(datapathId)
      if (database?.isConnected !== true || bridge === undefined || !isServed(datapathId)) return undefined
      return { repair: plan(database, bridge), database, common: { bridge: bridge.name } }
    }
    this.#repairs.look(kind, { key: datapathId, subject: datapathId }, find, () => this.#look(kind, datapathId, plan))
  }
}

const NOTHING: Repair = { operations: [], steps: [], command: '', troubles: [] }

function bridgeRepair({ rows, identity }: Ovsdb, bridge: string, controllers: readonly string[]): Repair {
  const plan = planBridge(rows, identity, bridge, controllers)
  if (typeof plan === 'string') return { ...NOTHING, troubles: [{ type: 'bridge-failed', details: { reason: plan } }] }
  return { ...NOTHING, operations: plan.operations, steps: [{}], command: plan.command }
}

/** What a database says of one of its bridges. */
export function factsOf(database: Pick<Ovsdb, 'rows' | 'bridges' | 'identity'>, datapathId: string): HypervisorFacts {
  const { ifaceIds, mtus } = database.bridges.facts(datapathId)
  const encap = encapOf(database, datapathId)
  const mtu = mtuOf(database)
  return { ...(encap && { encap }), ...(mtu !== undefined && { mtu }), ifaceIds, mtus }
}

/** Of the network below the hypervisor: all its bridges have it. What cannot be is as if nothing were said. */
function mtuOf({ rows, identity }: Pick<Ovsdb, 'rows' | 'identity'>): number | undefined {
  const said = String(entryOf(rows.row('Open_vSwitch', identity), 'external_ids', SYSTEM_KEYS.mtu) ?? '')
  const mtu = /^[0-9]{4,5}$/.test(said) ? Number(said) : 0
  return mtu >= MTU_LIMITS.least && mtu <= MTU_LIMITS.most ? mtu : undefined
}

/** One bridge of a database has its end: the one that is named, br-int, or the only one. */
function encapOf(
  { rows, bridges, identity }: Pick<Ovsdb, 'rows' | 'bridges' | 'identity'>,
  datapathId: string,
): TunnelAddress | undefined {
  const root = rows.row('Open_vSwitch', identity)
  const said = (key: keyof typeof SYSTEM_KEYS): string => String(entryOf(root, 'external_ids', SYSTEM_KEYS[key]) ?? '')
  const [kind, text, named] = [said('kind') || 'geneve', said('address'), said('bridge')]
  const address = parseAddress(text)
  if (address === undefined || unusableAddress(address) !== undefined) return undefined
  if (kind !== 'geneve' && kind !== 'vxlan') return undefined
  const name = bridges.bridge(datapathId)?.name
  if (named !== '' ? name !== named : bridges.size > 1 && name !== USUAL_BRIDGE) return undefined
  return { kind, address: formatAddress(address) }
}
