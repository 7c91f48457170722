/**
 * Whether a bridge is safe to serve. A bridge whose fail mode is not secure becomes an ordinary switch when no
 * controller answers and lets everything through; such a bridge is not served, or is repaired first where that is
 * wished. Where it is asked for, the same holds for a bridge with in-band control (bridges.ts says why). It puts together what all configured databases say. It refuses to know sessions: it is asked, and says when
 * an answer has changed.
 */
import type { Tell } from '../events.ts'
import type { Bridge, RepairWish } from './bridges.ts'
import { Ovsdb } from './ovsdb.ts'
import type { RpcTarget } from './rpc.ts'

export type Verdict =
  | { safe: true; bridge: Bridge; target: RpcTarget }
  | { safe: false; bridge: Bridge; target: RpcTarget; reason: string }
  /** No database has the bridge: nobody knows. */
  | { safe: 'unknown' }

export interface GuardOptions {
  targets: readonly RpcTarget[]
  /** Written to bridges that connect here; undefined where nothing may be written. */
  wish: RepairWish | undefined
  /** A bridge with in-band control counts as not safe. */
  refuseInBand: boolean
  tell: Tell
  /** The verdict on a switch has changed. */
  changed: (datapathId: string) => void
}

export class Guard {
  readonly #options: GuardOptions
  readonly #databases: Ovsdb[]
  readonly #verdicts = new Map<string, string>()
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(options: GuardOptions) {
    this.#options = options
    this.#databases = options.targets.map((target) => new Ovsdb(target))
  }

  /** Resolves when every database has been tried once. */
  async start(): Promise<void> {
    for (const database of this.#databases) {
      let connected: boolean | undefined
      database.state.subscribe((state) => {
        if (state.connected && connected !== true) {
          this.#options.tell('ovsdb-connected', state.target, { bridges: state.bridges.size })
        } else if (!state.connected && connected !== false && state.reason !== 'not tried yet') {
          this.#options.tell('ovsdb-lost', state.target, { reason: state.reason })
        }
        if (state.connected || state.reason !== 'not tried yet') connected = state.connected
        this.#look()
      })
    }
    await Promise.all(this.#databases.map((database) => database.start()))
  }

  close(): void {
    for (const database of this.#databases) database.stop()
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake()
  }

  verdict(datapathId: string): Verdict {
    for (const database of this.#databases) {
      const bridge = database.now.bridges.get(datapathId)
      if (bridge === undefined) continue
      const target = database.target
      const unsafe = (reason: string): Verdict => ({ safe: false, bridge, target, reason })
      if (bridge.failMode !== 'secure') return unsafe(`fail mode of bridge ${bridge.name} is not secure`)
      if (bridge.inBand && this.#options.refuseInBand) {
        return unsafe(
          `hidden flows of bridge ${bridge.name} for in-band control let packets past its rules: set bridge ${bridge.name} other-config:disable-in-band=true`,
        )
      }
      return { safe: true, bridge, target }
    }
    return { safe: 'unknown' }
  }

  /**
   * The verdict as soon as a database has the bridge. A bridge may connect before its row has arrived here; one that
   * is in no database is waited for during `graceMs` and is then unknown.
   */
  async settled(datapathId: string, graceMs: number): Promise<Verdict> {
    const now = this.verdict(datapathId)
    if (now.safe !== 'unknown' || !this.#databases.some((database) => database.now.connected)) return now
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(datapathId) ?? new Set()
      this.#waiting.set(datapathId, waiting)
      const wake = (): void => {
        clearTimeout(timer)
        waiting.delete(wake)
        if (waiting.size === 0) this.#waiting.delete(datapathId)
        resolve()
      }
      const timer = setTimeout(wake, graceMs)
      waiting.add(wake)
    })
    return this.verdict(datapathId)
  }

  /** Writes what the bridge lacks. Rejects where the database refuses; resolves with false where nothing may be written. */
  async repair(datapathId: string): Promise<boolean> {
    const verdict = this.verdict(datapathId)
    const { wish, tell } = this.#options
    if (wish === undefined || verdict.safe === 'unknown') return false
    const database = this.#databases.find(({ target }) => target === verdict.target)
    const written = (await database?.repair(verdict.bridge, wish)) ?? []
    if (written.length > 0) {
      tell('switch-repaired', datapathId, { bridge: verdict.bridge.name, columns: written.join(', ') })
    }
    return true
  }

  /** Tells of every verdict that differs from the last look. */
  #look(): void {
    const seen = new Set(this.#verdicts.keys())
    for (const database of this.#databases) for (const id of database.now.bridges.keys()) seen.add(id)
    for (const id of seen) {
      const verdict = this.verdict(id)
      const text =
        verdict.safe === 'unknown'
          ? 'unknown'
          : `${verdict.safe} ${verdict.safe ? '' : verdict.reason} ${verdict.bridge.name} ${verdict.bridge.inBand}`
      if ((this.#verdicts.get(id) ?? 'unknown') === text) continue
      if (text === 'unknown') this.#verdicts.delete(id)
      else this.#verdicts.set(id, text)
      for (const wake of this.#waiting.get(id) ?? []) wake()
      this.#options.changed(id)
    }
  }
}
