/**
 * Bounds in time, so that one switch that never rests costs no more than its share: how soon something may be done
 * again, and how much of something per second. Pure: the caller brings the time, in milliseconds of any clock that does
 * not go back.
 */

/** At once when it was quiet; while it is not, after a time that doubles from `minMs` to `maxMs`. */
export class Spacing {
  readonly #minMs: number
  readonly #maxMs: number
  #gap = 0
  #next = Number.NEGATIVE_INFINITY

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs
    this.#maxMs = maxMs
  }

  /** Milliseconds until it may be done; 0 is now. */
  wait(now: number): number {
    return Math.max(0, this.#next - now)
  }

  /** It was done. */
  done(now: number): void {
    const quiet = now - this.#next >= this.#gap
    this.#gap = quiet ? this.#minMs : Math.min(this.#maxMs, this.#gap * 2)
    this.#next = now + this.#gap
  }
}

/** So many at once, and so many per second after that. */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number | undefined

  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
  }

  /** False where that many are more than there may be now. */
  take(count: number, now: number): boolean {
    if (this.#at !== undefined) {
      this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1000)
    }
    this.#at = now
    if (count > this.#left) return false
    this.#left -= count
    return true
  }
}
