/**
 * Numbers of switches (its own, and connection-tracking zones): given when one comes, tried again for as
 * long as that fails, released when it is forgotten, and from time to time as far as a switch that stays needs them no
 * longer. One that is away keeps them: it goes on with tables that mean them by what they were. Without a number nobody sends to the switch, without a zone it
 * takes nothing from the interfaces of that network: both drop. It refuses to choose numbers (policy/allocate.ts does).
 * Called by main.ts.
 */
import { failureText, type Result } from '../model/errors.ts'
import type { Tell } from './events.ts'

const RETRY_MS = 30_000
/** Milliseconds between looks at which zones the switches that are here need no longer. */
const SWEEP_MS = 3_600_000

export interface NumberingOptions {
  /** Gives a switch what it has not, or releases all it has, in one transaction. */
  assign(datapathId: string, use: boolean): Promise<Result<void>>
  /** Releases what a switch that is here needs no longer. */
  release(datapathId: string): Promise<Result<void>>
  tell: Tell
  retryMs?: number
  sweepMs?: number
}

export class Numbering {
  readonly #options: NumberingOptions
  /** Switches that are to be given numbers again later. */
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  readonly #here = new Set<string>()
  #sweeping: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: NumberingOptions) {
    this.#options = options
  }

  /** A switch is there. */
  came(datapathId: string): Promise<void> {
    this.#here.add(datapathId)
    this.#sweepLater()
    return this.#give(datapathId)
  }

  async #give(datapathId: string): Promise<void> {
    const { assign, tell, retryMs = RETRY_MS } = this.#options
    const again = this.#waiting.get(datapathId)
    clearTimeout(again)
    const assigned = await assign(datapathId, true)
    if (this.#stopped) return
    if (assigned.ok) {
      if (this.#waiting.delete(datapathId)) tell('switch-numbered', datapathId)
      return
    }
    if (!this.#waiting.has(datapathId)) {
      tell('switch-unnumbered', datapathId, { reason: failureText(assigned.failure).replace(/\.$/, '') })
    }
    clearTimeout(this.#waiting.get(datapathId))
    this.#waiting.set(datapathId, setTimeout(() => void this.#give(datapathId), retryMs).unref())
  }

  /** A switch is away. */
  went(datapathId: string): void {
    this.#here.delete(datapathId)
  }

  /** A switch will not come back. */
  async forgotten(datapathId: string): Promise<void> {
    clearTimeout(this.#waiting.get(datapathId))
    this.#waiting.delete(datapathId)
    const released = await this.#options.assign(datapathId, false)
    if (!released.ok && !this.#stopped) {
      this.#options.tell('store-failed', datapathId, { reason: failureText(released.failure) })
    }
  }

  #sweepLater(): void {
    if (this.#stopped) return
    this.#sweeping ??= setTimeout(() => void this.#sweep(), this.#options.sweepMs ?? SWEEP_MS).unref()
  }

  /** One switch after the other. */
  async #sweep(): Promise<void> {
    for (const datapathId of [...this.#here]) {
      if (this.#stopped || !this.#here.has(datapathId)) continue
      const released = await this.#options.release(datapathId)
      if (released.ok) continue
      if (!this.#stopped) this.#options.tell('store-failed', datapathId, { reason: failureText(released.failure) })
      break
    }
    this.#sweeping = undefined
    this.#sweepLater()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#sweeping)
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }
}
