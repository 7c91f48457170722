/**
 * What one Open vSwitch database says about its bridges, kept current: a monitor (RFC 7047 section 4.1.5) of the
 * columns that decide whether a bridge is safe to serve, with reconnect, and the repair that makes it safe. Rows read
 * and verdicts are in bridges.ts. It refuses to decide what happens to a session; guard.ts does.
 */
import { BehaviorSubject, type Observable } from 'rxjs'
import { type Bridge, MONITORED, type RepairWish, readBridges, repairOperations, type Tables } from './bridges.ts'
import { RpcConnection, type RpcTarget } from './rpc.ts'

export interface OvsdbState {
  target: RpcTarget
  connected: boolean
  /** Why it is not connected. */
  reason: string
  /** By datapath id (16 hexadecimal digits). What was known stays while the database is out of reach. */
  bridges: ReadonlyMap<string, Bridge>
}

const RETRY_MS = 1000
const PROBE_MS = 5000

type RowUpdate = { old?: Record<string, unknown>; new?: Record<string, unknown> }

export class Ovsdb {
  readonly target: RpcTarget
  readonly #state: BehaviorSubject<OvsdbState>
  #connection: RpcConnection | undefined
  #tables: Tables = new Map()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #firstTry: Promise<void> | undefined

  constructor(target: RpcTarget) {
    this.target = target
    this.#state = new BehaviorSubject<OvsdbState>({
      target,
      connected: false,
      reason: 'not tried yet',
      bridges: new Map(),
    })
  }

  get state(): Observable<OvsdbState> {
    return this.#state
  }

  get now(): OvsdbState {
    return this.#state.value
  }

  /** Begins to follow the database. Resolves after the first attempt, whether it succeeded or not. */
  start(): Promise<void> {
    this.#firstTry ??= this.#try()
    return this.#firstTry
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#connection?.close()
    this.#state.complete()
  }

  /**
   * Writes what the wish says and the bridge lacks, in one transaction.
   * @returns the columns written; empty where nothing had to change.
   * @throws where the database refuses or is out of reach.
   */
  async repair(bridge: Bridge, wish: RepairWish): Promise<string[]> {
    const { operations, written } = repairOperations(bridge, wish)
    if (operations.length === 0) return []
    if (this.#connection === undefined) throw new Error(`${this.target} is out of reach`)
    const results = await this.#connection.request('transact', ['Open_vSwitch', ...operations])
    for (const result of results as ({ error?: string; details?: string } | null)[]) {
      if (result?.error !== undefined) throw new Error(`${result.error}: ${result.details ?? ''}`)
    }
    return written
  }

  async #try(): Promise<void> {
    try {
      this.#tables = new Map()
      const connection = await RpcConnection.open(this.target, {
        notified: (method, params) => {
          if (method === 'update' && Array.isArray(params)) this.#update(params[1])
        },
        ended: (reason) => this.#lost(reason),
      })
      if (this.#stopped) return connection.close()
      this.#connection = connection
      this.#update(await connection.request('monitor', ['Open_vSwitch', 'tagsteer', MONITORED]))
      this.#probe(connection)
    } catch (error) {
      if (this.#connection === undefined) this.#lost((error as Error).message)
      else this.#connection.close()
    }
  }

  /** RFC 7047 section 4.1.11: either side may ask for a sign of life. */
  #probe(connection: RpcConnection): void {
    this.#timer = setTimeout(() => {
      connection.request('echo', [], PROBE_MS).then(
        () => this.#probe(connection),
        () => connection.close(),
      )
    }, PROBE_MS)
    this.#timer.unref()
  }

  #lost(reason: string): void {
    clearTimeout(this.#timer)
    this.#connection = undefined
    if (this.#stopped) return
    this.#state.next({ ...this.#state.value, connected: false, reason })
    this.#timer = setTimeout(() => void this.#try(), RETRY_MS)
    this.#timer.unref()
  }

  #update(update: unknown): void {
    for (const [table, rows] of Object.entries((update ?? {}) as Record<string, Record<string, RowUpdate>>)) {
      const held = this.#tables.get(table) ?? new Map<string, Record<string, unknown>>()
      this.#tables.set(table, held)
      for (const [uuid, row] of Object.entries(rows)) {
        if (row.new === undefined) held.delete(uuid)
        else held.set(uuid, row.new)
      }
    }
    this.#state.next({ target: this.target, connected: true, reason: '', bridges: readBridges(this.#tables) })
  }
}
