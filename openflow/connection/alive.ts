/**
 * Alive: whether a peer still speaks. A silent one is asked by echo; one that stays silent is dead. It knows times, not
 * streams: who reads tells it when something was heard.
 */
interface AliveOptions {
  /** Ms of silence after which the peer is asked, and after which it is dead. */
  readonly echoMs: number
  readonly deadMs: number
  /** Nothing is read at the moment, so silence means nothing. */
  paused(): boolean
  ask(): void
  dead(): void
}

export class Alive {
  readonly #options: AliveOptions
  #heardAt = performance.now()
  #asked = false
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: AliveOptions) {
    this.#options = options
  }

  start(): void {
    this.#watch(this.#options.echoMs)
  }

  heard(): void {
    this.#heardAt = performance.now()
    this.#asked = false
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #watch(ms: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.#check(), Math.max(1, ms))
  }

  #check(): void {
    const { echoMs, deadMs } = this.#options
    const idle = performance.now() - this.#heardAt
    const paused = this.#options.paused()
    if (paused) this.#watch(echoMs)
    else if (idle < echoMs) this.#watch(echoMs - idle)
    else if (!this.#asked) {
      // Even after deadMs: if this process stood still, the peer had no chance to answer.
      this.#asked = true
      this.#options.ask()
      this.#watch(deadMs - echoMs)
    } else if (idle < deadMs) this.#watch(deadMs - idle)
    else {
      // Timers run before input: what has already arrived still counts.
      setImmediate(() => {
        if (this.#stopped) return
        if (performance.now() - this.#heardAt >= deadMs) this.#options.dead()
        else this.#watch(echoMs)
      })
    }
  }
}
