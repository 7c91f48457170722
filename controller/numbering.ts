/**
 * Numbers of switches (its own, and connection-tracking zones): given when one comes, tried again for as
 * long as that fails, released when it is forgotten. Without a number nobody sends to the switch, without a zone it
 * takes nothing from the interfaces of that network: both drop. It refuses to choose numbers (policy/allocate.ts does).
 * Called by main.ts.
 */
import { failureText, type Result } from '../model/errors.ts'
import type { Tell } from './events.ts'

const RETRY_MS = 30_000

export interface NumberingOptions {
  /** Gives a switch what it has not, or releases all it has, in one transaction. */
  assign(datapathId: string, use: boolean): Promise<Result<void>>
  tell: Tell
  retryMs?: number
}

export class Numbering {
  readonly #options: NumberingOptions
  /** Switches that are to be given numbers again later. */
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  #stopped = false

  constructor(options: NumberingOptions) {
    this.#options = options
  }

  /** A switch is there. */
  async came(datapathId: string): Promise<void> {
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
    this.#waiting.set(datapathId, setTimeout(() => void this.came(datapathId), retryMs).unref())
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

  stop(): void {
    this.#stopped = true
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }
}
