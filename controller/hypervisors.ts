/**
 * What hypervisors' databases say of switches, handed on to observed, and what is written to them: the port through
 * which a switch reaches others, where its end of tunnels is known. Where nothing may be written, an event names the
 * command. It refuses to know rows (channel/bridges.ts, channel/tunnel-port.ts) and what follows for the network.
 */
import { formatAddress, parseAddress, unusableAddress } from '../model/address.ts'
import type { TunnelAddress } from '../model/records.ts'
import type { Databases } from './channel/databases.ts'
import type { Ovsdb } from './channel/ovsdb.ts'
import { entryOf } from './channel/ovsdb-rows.ts'
import { planTunnel } from './channel/tunnel-port.ts'
import type { Tell } from './events.ts'
import type { HypervisorFacts } from './observe.ts'

export interface HypervisorsOptions {
  databases: Pick<Databases, 'holder'>
  /** Whether databases may be written to. */
  repair: boolean
  /** Takes what a database says of a switch. */
  changed: (datapathId: string, facts: HypervisorFacts | undefined, ports: ReadonlySet<string>) => void
  /** The end of tunnels that a switch is to have. */
  endOf: (datapathId: string) => TunnelAddress | undefined
  /** Whether a switch has been here. */
  isServed: (datapathId: string) => boolean
  tell: Tell
}

/** Of an Open_vSwitch row's external_ids. */
const KEYS = { kind: 'tagsteer-encap-type', address: 'tagsteer-encap-ip', bridge: 'tagsteer-bridge' } as const
/** The bridge of the end, where several are in one database and none is named. */
const USUAL_BRIDGE = 'br-int'
const RETRY_MS = 1000
const RETRY_MAX_MS = 60_000

export class Hypervisors {
  readonly #options: HypervisorsOptions
  /** What was told last of a switch's port, so that it is told once. */
  readonly #told = new Map<string, string>()
  readonly #writing = new Set<string>()
  readonly #retries = new Map<string, { timer: NodeJS.Timeout; ms: number }>()
  #closed = false

  constructor(options: HypervisorsOptions) {
    this.#options = options
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#retries.values()) clearTimeout(timer)
  }

  /** The database of a switch says something else, of these of its ports too. */
  databaseChanged(datapathId: string, ports: ReadonlySet<string>): void {
    const database = this.#options.databases.holder(datapathId)
    this.#options.changed(datapathId, database && factsOf(database, datapathId), ports)
    this.look(datapathId)
  }

  /** A switch came, or its record is another: the port of its end is as it is wanted, or is made so. */
  look(datapathId: string): void {
    if (this.#closed || this.#writing.has(datapathId)) return
    const { databases, endOf, isServed, repair } = this.#options
    const database = databases.holder(datapathId)
    const bridge = database?.bridges.bridge(datapathId)
    if (database?.isConnected !== true || bridge === undefined || !isServed(datapathId)) return
    const plan = planTunnel(database, bridge, endOf(datapathId))
    const { foreign, error, steps, operations } = plan
    if (foreign !== undefined) {
      this.#once(datapathId, 'tunnel-port-foreign', { bridge: bridge.name, ...foreign })
      // Where it is another bridge's, that it went is no change of this one.
      this.#later(datapathId)
    } else if (error !== undefined) this.#once(datapathId, 'tunnel-port-failed', { bridge: bridge.name, ...error })
    else if (operations.length === 0) this.#told.delete(datapathId)
    if (operations.length === 0) return
    if (!repair) {
      const command = steps.map((step) => step.command).join(' && ')
      this.#once(datapathId, 'tunnel-port-wanted', { bridge: bridge.name, command })
      return
    }
    this.#writing.add(datapathId)
    database.transact(operations).then(
      () => {
        this.#retries.delete(datapathId)
        for (const { port, what } of steps)
          this.#options.tell('tunnel-port-written', datapathId, { bridge: bridge.name, port, what })
        // It comes back as a change, before or after the answer.
        this.#writing.delete(datapathId)
        setImmediate(() => this.look(datapathId))
      },
      (failure: Error) => {
        // Another was first where a wait failed: what he wrote comes as a change, and is looked at then.
        if (!failure.message.startsWith('timed out'))
          this.#once(datapathId, 'tunnel-port-failed', {
            bridge: bridge.name,
            port: steps[0]?.port ?? '',
            reason: failure.message,
          })
        this.#writing.delete(datapathId)
        this.#later(datapathId)
      },
    )
  }

  #later(datapathId: string): void {
    const before = this.#retries.get(datapathId)
    if (this.#closed) return
    clearTimeout(before?.timer)
    const ms = Math.min(RETRY_MAX_MS, 2 * (before?.ms ?? RETRY_MS / 2))
    const timer = setTimeout(() => this.look(datapathId), ms)
    timer.unref()
    this.#retries.set(datapathId, { timer, ms })
  }

  #once(
    datapathId: string,
    type: 'tunnel-port-foreign' | 'tunnel-port-failed' | 'tunnel-port-wanted',
    details: Record<string, string>,
  ): void {
    const text = JSON.stringify([type, details])
    if (this.#told.get(datapathId) === text) return
    this.#told.set(datapathId, text)
    this.#options.tell(type, datapathId, details)
  }
}

/** What a database says of one of its bridges. */
export function factsOf(database: Pick<Ovsdb, 'rows' | 'bridges' | 'identity'>, datapathId: string): HypervisorFacts {
  const { ifaceIds, mtus } = database.bridges.facts(datapathId)
  const encap = encapOf(database, datapathId)
  return { ...(encap && { encap }), ifaceIds, mtus }
}

/** One bridge of a database has its end: the one that is named, br-int, or the only one. */
function encapOf(
  { rows, bridges, identity }: Pick<Ovsdb, 'rows' | 'bridges' | 'identity'>,
  datapathId: string,
): TunnelAddress | undefined {
  const root = rows.row('Open_vSwitch', identity)
  const said = (key: keyof typeof KEYS): string => String(entryOf(root, 'external_ids', KEYS[key]) ?? '')
  const [kind, text, named] = [said('kind') || 'geneve', said('address'), said('bridge')]
  const address = parseAddress(text)
  if (address === undefined || unusableAddress(address) !== undefined) return undefined
  if (kind !== 'geneve' && kind !== 'vxlan') return undefined
  const name = bridges.bridge(datapathId)?.name
  if (named !== '' ? name !== named : bridges.size > 1 && name !== USUAL_BRIDGE) return undefined
  return { kind, address: formatAddress(address) }
}
