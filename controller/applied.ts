/**
 * Which generation each switch has confirmed, and waiting for one (law 3). It is told facts and decides nothing; the
 * compiler never reads it (law 2). Called by main.ts, read by the API.
 */
import { Subject } from 'rxjs'

export interface SwitchApplied {
  datapathId: string
  appliedGeneration: number
  /** Offline switches keep enforcing what they confirmed; nobody waits for them. */
  connected: boolean
  degradedReason: string
}

export class Applied {
  readonly #switches: () => Iterable<SwitchApplied>
  readonly #changed = new Subject<void>()
  /** The newest generation that has been compiled; before that no confirmation can be expected. */
  #compiled = 0

  /** @param switches Every switch that is served, or was. */
  constructor(switches: () => Iterable<SwitchApplied>) {
    this.#switches = switches
  }

  get compiled(): number {
    return this.#compiled
  }

  compiledUpTo(generation: number): void {
    this.#compiled = Math.max(this.#compiled, generation)
    this.#changed.next()
  }

  /** A switch confirmed something, came or went. */
  changed(): void {
    this.#changed.next()
  }

  status(): SwitchApplied[] {
    return [...this.#switches()].sort((a, b) => (a.datapathId < b.datapathId ? -1 : 1))
  }

  /** Connected switches that have not confirmed the generation. */
  laggards(generation: number): string[] {
    return this.status()
      .filter(({ connected, appliedGeneration }) => connected && appliedGeneration < generation)
      .map(({ datapathId }) => datapathId)
  }

  /** True when every connected switch enforces the generation; false after the time or when aborted. */
  async wait(generation: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const reached = (): boolean => this.#compiled >= generation && this.laggards(generation).length === 0
    if (reached()) return true
    if (signal.aborted) return false
    return new Promise((resolve) => {
      const finish = (answer: boolean): void => {
        clearTimeout(timer)
        subscription.unsubscribe()
        signal.removeEventListener('abort', cancelled)
        resolve(answer)
      }
      const cancelled = (): void => finish(false)
      const subscription = this.#changed.subscribe(() => {
        if (reached()) finish(true)
      })
      const timer = setTimeout(() => finish(reached()), timeoutMs)
      signal.addEventListener('abort', cancelled)
    })
  }
}
