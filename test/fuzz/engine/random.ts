/**
 * The dice of the fuzzer: one small generator (sfc32), so that a run is told by its seed alone. It knows no input.
 */

export class Random {
  #a: number
  #b: number
  #c = 0x9e3779b9
  #count = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = ~seed >>> 0
    for (let i = 0; i < 12; i++) this.next()
  }

  /** 32 random bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** An integer in 0 .. below - 1. */
  below(below: number): number {
    return this.next() % below
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.next() % n === 0
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  /** Small numbers mostly: 1, 2, 4, ... `most`, each half as often as the one before. */
  few(most: number): number {
    let n = 1
    while (n < most && (this.next() & 1) === 0) n *= 2
    return Math.min(most, n)
  }
}
