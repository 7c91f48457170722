/**
 * All databases together: those that are connected to, those that connect here, and which of them speaks for a bridge.
 * The first that has a bridge does, as long as it is there; another that says the same is told of and waits. What one
 * that is out of reach said last stands until another has the bridge. A change costs what it touches. It refuses to know
 * what rows mean for a session (guard.ts) and for the network (hypervisors.ts).
 */
import type { Tell } from '../events.ts'
import type { Bridge, BridgeChanges } from './bridges.ts'
import { Ovsdb } from './ovsdb.ts'
import { OvsdbListener, type OvsdbListenOptions, refusalOf } from './ovsdb-listen.ts'
import { Budget, type RpcTarget, type RpcTls } from './rpc.ts'

export interface DatabasesOptions {
  targets: readonly RpcTarget[]
  /** For `ssl:` targets; the other side's certificate must be a switch's. */
  tls?: RpcTls | undefined
  /** Where databases may connect. */
  listen: readonly OvsdbListenOptions[]
  /** Of databases that connect here, on each listener; and of those that are gone and still remembered. */
  maxConnections: number
  tell: Tell
  /** A connection came to nothing. */
  refused: (remote: string, reason: string) => void
  /** What the database of this bridge says is another, or whether there is one; and of which of its ports. */
  changed: (datapathId: string, ports: ReadonlySet<string>) => void
  /** A database is read, or says something else, of whichever bridge or of none. */
  databaseChanged?: ((database: Ovsdb) => void) | undefined
}

/** Octets that databases that connect here may make this side keep. */
const MAX_OCTETS = 2 ** 30

export class Databases {
  readonly #options: DatabasesOptions
  readonly #configured: Ovsdb[]
  /** Those that connected here, the longest gone first where they are gone. */
  readonly #passive = new Set<Ovsdb>()
  readonly #claims = new Map<string, Set<Ovsdb>>()
  readonly #holders = new Map<string, Ovsdb>()
  /** Contests that were told, as long as they last. */
  readonly #told = new Map<string, Set<Ovsdb>>()
  readonly #budget = new Budget(MAX_OCTETS)
  #listeners: OvsdbListener[] = []
  #connected = 0

  constructor(options: DatabasesOptions) {
    this.#options = options
    const tls = options.tls && { ...options.tls, refuse: refusalOf }
    this.#configured = options.targets.map((target) => this.#make(target, tls))
  }

  /** Listens, and resolves when every target has been tried once. Rejects where an address cannot be had. */
  async start(): Promise<void> {
    for (const where of this.#options.listen) {
      this.#listeners.push(
        await OvsdbListener.start(where, {
          maxConnections: this.#options.maxConnections,
          budget: this.#budget,
          accepted: (remote, open) => {
            const database = this.#make(`from ${remote}`, undefined, this.#budget)
            this.#passive.add(database)
            void database.serve(open)
          },
          refused: this.#options.refused,
        }),
      )
    }
    await Promise.all(this.#configured.map((database) => database.start()))
  }

  /** Those listened on, as `host:port`. */
  get addresses(): string[] {
    return this.#listeners.map(({ address }) => address)
  }

  async close(): Promise<void> {
    for (const database of [...this.#configured, ...this.#passive]) database.stop()
    await Promise.all(this.#listeners.map((listener) => listener.close()))
  }

  /** How many are read now, and how many are out of reach. */
  counts(): { connected: number; lost: number } {
    return { connected: this.#connected, lost: this.#configured.length + this.#passive.size - this.#connected }
  }

  /** Whether a bridge that none has may come up in one soon. */
  get mayTell(): boolean {
    return this.#connected > 0 || this.#listeners.length > 0
  }

  /** The database that speaks for a bridge. */
  holder(datapathId: string): Ovsdb | undefined {
    return this.#holders.get(datapathId)
  }

  bridge(datapathId: string): Bridge | undefined {
    return this.#holders.get(datapathId)?.bridges.bridge(datapathId)
  }

  #make(target: string, tls: ConstructorParameters<typeof Ovsdb>[1]['tls'], budget?: Budget): Ovsdb {
    const { tell } = this.#options
    const isPassive = budget !== undefined
    const database: Ovsdb = new Ovsdb(target, {
      tls,
      ...(isPassive ? { budget } : {}),
      changed: (changes) => this.#changed(database, changes),
      connected: () => {
        this.#connected++
        tell('ovsdb-connected', target, { bridges: database.bridges.size })
      },
      lost: (reason, wasRead) => this.#lost(database, reason, wasRead),
    })
    return database
  }

  #lost(database: Ovsdb, reason: string, wasRead: boolean): void {
    const { tell, refused } = this.#options
    if (wasRead) this.#connected--
    const isPassive = this.#passive.delete(database)
    if (isPassive && !wasRead) refused(database.target, reason)
    else tell('ovsdb-lost', database.target, { reason })
    for (const datapathId of [...database.bridges.datapathIds()]) this.#choose(datapathId, new Set())
    if (isPassive && wasRead) {
      this.#passive.add(database)
      this.#prune()
    }
  }

  /** Those that are gone, and for whose bridges others speak, or that are too many, are forgotten. */
  #prune(): void {
    let gone = 0
    for (const database of this.#passive) if (!database.isConnected) gone++
    for (const database of this.#passive) {
      if (database.isConnected) continue
      const speaks = [...database.bridges.datapathIds()].some((id) => this.#holders.get(id) === database)
      if (speaks && gone <= this.#options.maxConnections) continue
      gone--
      this.#passive.delete(database)
      this.#changed(database, database.forget())
    }
  }

  #changed(database: Ovsdb, changes: BridgeChanges): void {
    let tookOver = false
    for (const [datapathId, ports] of changes) {
      const claims = this.#claims.get(datapathId) ?? new Set()
      if (database.bridges.bridge(datapathId) === undefined) claims.delete(database)
      else claims.add(database)
      if (claims.size === 0) this.#claims.delete(datapathId)
      else this.#claims.set(datapathId, claims)
      if (this.#choose(datapathId, ports, database)) tookOver = true
    }
    if (tookOver) this.#prune()
    this.#options.databaseChanged?.(database)
  }

  /**
   * Which database speaks for a bridge; says so where it is another, or has something else to say.
   * @returns whether one that is gone does not any more.
   */
  #choose(datapathId: string, ports: ReadonlySet<string>, said?: Ovsdb): boolean {
    const claims = this.#claims.get(datapathId)
    const before = this.#holders.get(datapathId)
    const live = [...(claims ?? [])].filter(({ isConnected }) => isConnected)
    const holds = before !== undefined && claims?.has(before) === true && (before.isConnected || live.length === 0)
    const after = holds ? this.#better(before, live) : (live[0] ?? [...(claims ?? [])][0])
    if (after === undefined) this.#holders.delete(datapathId)
    else this.#holders.set(datapathId, after)
    const all = new Set(ports)
    if (before !== after) {
      for (const each of [before, after]) for (const port of each?.bridges.portNames(datapathId) ?? []) all.add(port)
    }
    this.#contest(datapathId, after, live)
    if (before !== after || said === after || after === undefined) this.#options.changed(datapathId, all)
    return before !== after && before?.isConnected === false
  }

  /** The same database, connected to: that tells where it is. */
  #better(holder: Ovsdb, live: readonly Ovsdb[]): Ovsdb {
    const is = (each: Ovsdb): boolean => !this.#passive.has(each) && isSame(each, holder)
    return this.#passive.has(holder) ? (live.find(is) ?? holder) : holder
  }

  #contest(datapathId: string, holder: Ovsdb | undefined, live: readonly Ovsdb[]): void {
    const others = live.filter((each) => each !== holder && !isSame(each, holder))
    if (others.length === 0) {
      this.#told.delete(datapathId)
      return
    }
    const told = this.#told.get(datapathId) ?? new Set()
    this.#told.set(datapathId, told)
    for (const other of others) {
      if (told.has(other)) continue
      told.add(other)
      this.#options.tell('bridge-contested', datapathId, { database: other.target, held: holder?.target ?? '' })
      holder?.prod()
    }
  }
}

/** Two connections to one database. */
function isSame(one: Ovsdb, other: Ovsdb | undefined): boolean {
  return one.identity !== undefined && one.identity === other?.identity
}
