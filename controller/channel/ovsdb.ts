/**
 * One Open vSwitch database, kept current through a monitor with differences where the server has it (ovsdb-server(7),
 * monitor_cond_since), else whole rows (RFC 7047 section 4.1.5): one that is connected to, again and again, or one that
 * has connected here. Signs of life in both directions. Rows are in ovsdb-rows.ts, what they say of bridges in
 * bridges.ts. It refuses to decide what happens to a session (guard.ts), and which database speaks for a bridge
 * (databases.ts).
 */
import type { TLSSocket } from 'node:tls'
import { type Bridge, type BridgeChanges, Bridges, type RepairWish, repairOperations } from './bridges.ts'
import { MONITORED, Rows } from './ovsdb-rows.ts'
import { type Budget, RpcConnection, RpcError, type RpcHandlers, type RpcTarget, type RpcTls } from './rpc.ts'

export interface OvsdbOptions {
  /** For `ssl:` targets. */
  tls?: (RpcTls & { refuse(socket: TLSSocket): string | undefined }) | undefined
  /** Its rows, and how it is reached, are others now. At the beginning of a connection that is all of its bridges. */
  changed: (changes: BridgeChanges) => void
  /** It is read. */
  connected: () => void
  /** It is out of reach, or does not connect; told once until it is read again. What it said last stands. */
  lost: (reason: string, wasRead: boolean) => void
  /** For one that has connected here: what all of those keep. */
  budget?: Budget
}

const DATABASE = 'Open_vSwitch'
const MONITOR = 'tagsteer'
const RETRY_MS = 1000
const PROBE_MS = 5000
/** Where one is asked whether it is still there because another says the same. */
const PROD_MS = 2000
/** A server that keeps no history answers everything to a transaction that it does not know. */
const NO_TRANSACTION = '00000000-0000-0000-0000-000000000000'
const PASSIVE_ROWS = 32 * 2 ** 20

export class Ovsdb {
  /** Where it is, or `from ADDRESS:PORT` of one that has connected here. */
  readonly target: RpcTarget
  readonly #options: OvsdbOptions
  #rows = new Rows()
  #bridges = new Bridges(this.#rows)
  #connection: RpcConnection | undefined
  #isConnected = false
  /** What to do when a connection is over. */
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #firstTry: Promise<void> | undefined
  #wasToldLost = false
  #charged = 0

  constructor(target: RpcTarget, options: OvsdbOptions) {
    this.target = target
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** What was known stays while the database is out of reach. */
  get bridges(): Bridges {
    return this.#bridges
  }

  get rows(): Rows {
    return this.#rows
  }

  /** The uuid of its root row, which no other database has. */
  get identity(): string | undefined {
    for (const uuid of this.#rows.table('Open_vSwitch').keys()) return uuid
    return undefined
  }

  /** Begins to follow the database at the target. Resolves after the first attempt, whether it succeeded or not. */
  start(): Promise<void> {
    this.#firstTry ??= this.#try()
    return this.#firstTry
  }

  /** Follows the database that has connected here, until it goes. @param open Gives the connection its handlers. */
  async serve(open: (handlers: RpcHandlers) => RpcConnection): Promise<void> {
    await this.#follow(async (handlers) => open(handlers))
  }

  stop(reason?: string): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#connection?.close(reason)
    this.#isConnected = false
  }

  /** Gives up what was known; of one that is gone for good. */
  forget(): BridgeChanges {
    const changes = everything(this.#bridges)
    this.#rows = new Rows()
    this.#bridges = new Bridges(this.#rows)
    this.#charge(0)
    return changes
  }

  /**
   * Writes what the wish says and the bridge lacks, in one transaction.
   * @returns the columns written; empty where nothing had to change.
   * @throws where the database refuses or is out of reach.
   */
  async repair(bridge: Bridge, wish: RepairWish): Promise<string[]> {
    const { operations, written } = repairOperations(bridge, wish)
    if (operations.length > 0) await this.transact(operations)
    return written
  }

  /** One transaction (RFC 7047 section 4.1.3). Rejects where the database refuses it or is out of reach. */
  async transact(operations: readonly unknown[]): Promise<void> {
    if (this.#connection === undefined) throw new Error(`${this.target} is out of reach`)
    const results = await this.#connection.request('transact', [DATABASE, ...operations])
    if (!Array.isArray(results)) throw new Error('an answer that is no list of results')
    for (const result of results as ({ error?: string; details?: string } | null)[]) {
      if (result?.error !== undefined) throw new Error(`${result.error}: ${result.details ?? ''}`)
    }
  }

  /** Somebody else says that a bridge of this database is his: is this one still there? It is given up where not. */
  prod(): void {
    const connection = this.#connection
    connection?.request('echo', [], PROD_MS).catch(() => connection.close('no sign of life'))
  }

  async #try(): Promise<void> {
    const { tls } = this.#options
    await this.#follow((handlers) => RpcConnection.open(this.target, handlers, undefined, tls))
  }

  async #follow(open: (handlers: RpcHandlers) => Promise<RpcConnection>): Promise<void> {
    const rows = new Rows(this.#options.budget === undefined ? undefined : PASSIVE_ROWS)
    let bridges: Bridges | undefined
    let connection: RpcConnection | undefined
    const begin = (update: unknown): void => {
      const fresh = new Bridges(rows)
      const now = fresh.update(rows.apply(update))
      this.#charge(rows.octets)
      const changes = everything(this.#bridges)
      this.#rows = rows
      this.#bridges = bridges = fresh
      for (const [datapathId, ports] of now) {
        const all = changes.get(datapathId) ?? new Set()
        changes.set(datapathId, all)
        for (const port of ports) all.add(port)
      }
      this.#isConnected = true
      this.#wasToldLost = false
      this.#options.connected()
      this.#options.changed(changes)
    }
    try {
      connection = await open({
        notified: (method, params) => {
          if ((method !== 'update' && method !== 'update3') || !Array.isArray(params)) return
          if (bridges === undefined) throw new Error('an update before the answer to the monitor')
          const changes = bridges.update(rows.apply(method === 'update' ? params[1] : params[2]))
          this.#charge(rows.octets)
          if (!this.#stopped) this.#options.changed(changes)
        },
        ended: (reason) => this.#lost(reason),
      })
      if (this.#stopped) return connection.close()
      this.#connection = connection
      await this.#monitor(connection, begin)
      this.#probe(connection)
    } catch (error) {
      const reason = (error as Error).message
      if (connection === undefined) this.#lost(reason)
      else connection.close(reason)
    }
  }

  async #monitor(connection: RpcConnection, begin: (update: unknown) => void): Promise<void> {
    const request = (method: string, more: unknown[], pick: (result: unknown) => unknown): Promise<unknown> =>
      connection.request(method, [DATABASE, MONITOR, MONITORED, ...more], undefined, (result) => begin(pick(result)))
    try {
      await request('monitor_cond_since', [NO_TRANSACTION], (result) => {
        if (!Array.isArray(result)) throw new Error('an answer to a monitor that is no list')
        return result[2]
      })
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      await request('monitor', [], (result) => result)
    }
  }

  #charge(octets: number): void {
    const before = this.#charged
    this.#charged = octets
    this.#options.budget?.take(octets - before)
  }

  /** RFC 7047 section 4.1.11: either side may ask for a sign of life. */
  #probe(connection: RpcConnection): void {
    this.#timer = setTimeout(() => {
      connection.request('echo', [], PROBE_MS).then(
        () => this.#probe(connection),
        () => connection.close('no sign of life'),
      )
    }, PROBE_MS)
    this.#timer.unref()
  }

  #lost(reason: string): void {
    clearTimeout(this.#timer)
    const wasRead = this.#isConnected
    this.#connection = undefined
    this.#isConnected = false
    if (this.#stopped) return
    if (this.#firstTry !== undefined) {
      this.#timer = setTimeout(() => void this.#try(), RETRY_MS)
      this.#timer.unref()
    }
    if (this.#wasToldLost) return
    this.#wasToldLost = true
    this.#options.lost(reason, wasRead)
  }
}

/** All bridges, and all of their ports that say something, as if each had changed. */
function everything(bridges: Bridges): BridgeChanges {
  return new Map([...bridges.datapathIds()].map((datapathId) => [datapathId, bridges.portNames(datapathId)]))
}
