/**
 * Whether a bridge is safe to serve. A bridge whose fail mode is not secure becomes an ordinary switch when no
 * controller answers and lets everything through; such a bridge is not served, or is repaired first where that is
 * wished. Where it is asked for, the same holds for a bridge with in-band control (bridges.ts says why). Which database
 * speaks for a bridge is databases.ts's. It refuses to know sessions: it is asked, and says when an answer has changed.
 */
import type { Tell } from '../events.ts'
import type { Bridge, RepairWish } from './bridges.ts'
import type { Databases } from './databases.ts'
import type { RpcTarget } from './rpc.ts'

export type Verdict =
  | { safe: true; bridge: Bridge; target: RpcTarget }
  | { safe: false; bridge: Bridge; target: RpcTarget; reason: string }
  /** No database has the bridge: nobody knows. */
  | { safe: 'unknown' }

export interface GuardOptions {
  databases: Databases
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
  readonly #verdicts = new Map<string, string>()
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(options: GuardOptions) {
    this.#options = options
  }

  close(): void {
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake()
  }

  verdict(datapathId: string): Verdict {
    const database = this.#options.databases.holder(datapathId)
    const bridge = database?.bridges.bridge(datapathId)
    if (database === undefined || bridge === undefined) return { safe: 'unknown' }
    const { target } = database
    const unsafe = (reason: string): Verdict => ({ safe: false, bridge, target, reason })
    if (bridge.failMode !== 'secure') return unsafe(`fail mode of bridge ${bridge.name} is not secure`)
    if (bridge.inBand && this.#options.refuseInBand) {
      return unsafe(
        `hidden flows of bridge ${bridge.name} for in-band control let packets past its rules: set bridge ${bridge.name} other-config:disable-in-band=true`,
      )
    }
    return { safe: true, bridge, target }
  }

  /**
   * The verdict as soon as a database has the bridge. A bridge may connect before its row has arrived here; one that
   * is in no database is waited for during `graceMs` and is then unknown.
   */
  async settled(datapathId: string, graceMs: number): Promise<Verdict> {
    const now = this.verdict(datapathId)
    if (now.safe !== 'unknown' || !this.#options.databases.mayTell) return now
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
    const { wish, tell, databases } = this.#options
    if (wish === undefined || verdict.safe === 'unknown') return false
    const written = (await databases.holder(datapathId)?.repair(verdict.bridge, wish)) ?? []
    if (written.length > 0) {
      tell('switch-repaired', datapathId, { bridge: verdict.bridge.name, columns: written.join(', ') })
    }
    return true
  }

  /** What databases say of a bridge may be another: tells where its verdict is. */
  look(datapathId: string): void {
    const verdict = this.verdict(datapathId)
    const text =
      verdict.safe === 'unknown'
        ? 'unknown'
        : `${verdict.safe} ${verdict.safe ? '' : verdict.reason} ${verdict.bridge.name} ${verdict.bridge.inBand}`
    if ((this.#verdicts.get(datapathId) ?? 'unknown') === text) return
    if (text === 'unknown') this.#verdicts.delete(datapathId)
    else this.#verdicts.set(datapathId, text)
    for (const wake of this.#waiting.get(datapathId) ?? []) wake()
    this.#options.changed(datapathId)
  }
}
