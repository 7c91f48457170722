/**
 * Which generation each switch has confirmed, and waiting for one (law 3). It is told facts and decides nothing; the
 * compiler never reads it (law 2). Called by main.ts, read by the API.
 */
export interface SwitchApplied {
  datapathId: string
  appliedGeneration: number
  /** Offline switches keep enforcing what they confirmed; nobody waits for them. */
  connected: boolean
  degradedReason: string
}

export class Applied {
  readonly #switches: () => Iterable<SwitchApplied>
  readonly #lagging: () => Iterable<SwitchApplied>
  readonly #of: (datapathId: string) => number | undefined
  readonly #waiting = new Set<{ generation: number; datapathId: string | undefined; finish(): void }>()
  #scheduled: NodeJS.Immediate | undefined
  /** The newest generation that has been compiled; before that no confirmation can be expected. */
  #compiled = 0

  /**
   * @param switches Every switch that is served, or was.
   * @param lagging Of these at least those that are connected and have not confirmed what is compiled. Asked for each
   * confirmation.
   * @param of What one switch has confirmed; undefined while it is not connected.
   */
  constructor(
    switches: () => Iterable<SwitchApplied>,
    lagging = switches,
    of: (datapathId: string) => number | undefined = () => undefined,
  ) {
    this.#of = of
    this.#switches = switches
    this.#lagging = lagging
  }

  /** The generation that every connected switch enforces. */
  get reached(): number {
    return this.#everywhere()
  }

  get compiled(): number {
    return this.#compiled
  }

  compiledUpTo(generation: number): void {
    this.#compiled = Math.max(this.#compiled, generation)
    this.changed()
  }

  /** A switch confirmed something, came or went. */
  changed(): void {
    if (this.#waiting.size === 0) return
    // However many switches confirm in one turn of the event loop, and however many wait, they are looked at once.
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      const everywhere = this.#everywhere()
      for (const { generation, datapathId, finish } of [...this.#waiting]) {
        if (generation <= (datapathId === undefined ? everywhere : this.#on(datapathId))) finish()
      }
    })
  }

  /** The generation that the compiler and this switch have reached. */
  #on(datapathId: string): number {
    return Math.min(this.#compiled, this.#of(datapathId) ?? -1)
  }

  /** The generation that the compiler and every connected switch have reached. */
  #everywhere(): number {
    let least = this.#compiled
    for (const { connected, appliedGeneration } of this.#lagging())
      if (connected && appliedGeneration < least) least = appliedGeneration
    return least
  }

  status(): SwitchApplied[] {
    return [...this.#switches()].sort((a, b) => (a.datapathId < b.datapathId ? -1 : 1))
  }

  /** Connected switches that have not confirmed the generation, with what they say about it. */
  laggards(generation: number): string[] {
    return this.status()
      .filter(({ connected, appliedGeneration }) => connected && appliedGeneration < generation)
      .map(({ datapathId, degradedReason }) =>
        degradedReason === '' ? datapathId : `${datapathId} (${degradedReason})`,
      )
  }

  /** True when every connected switch enforces the generation; false after the time or when aborted. */
  async wait(generation: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#wait(generation, undefined, timeoutMs, signal)
  }

  /** True when this switch enforces the generation; false after the time or when aborted. */
  async waitFor(datapathId: string, generation: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return this.#wait(generation, datapathId, timeoutMs, signal)
  }

  async #wait(
    generation: number,
    datapathId: string | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const reached = (): boolean => generation <= (datapathId === undefined ? this.#everywhere() : this.#on(datapathId))
    if (reached()) return true
    if (signal.aborted) return false
    return new Promise((resolve) => {
      const finish = (answer: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
        signal.removeEventListener('abort', cancelled)
        resolve(answer)
      }
      const cancelled = (): void => finish(false)
      const waiter = { generation, datapathId, finish: () => finish(true) }
      this.#waiting.add(waiter)
      const timer = setTimeout(() => finish(reached()), timeoutMs)
      signal.addEventListener('abort', cancelled)
    })
  }
}
