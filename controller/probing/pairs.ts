/**
 * The order in which pairs of switches are looked at: each ordered pair once in a round, pairs that follow one another
 * far apart, and no list of all of them. A round begins anew where a switch comes or goes. It refuses to know what
 * switches are.
 *
 * Pairs are numbered 0 to n(n-1) - 1, and visited by steps of about the golden section of that, a number that has no
 * divisor in common with it: such steps meet every number once before they meet one again.
 */
const GOLDEN_SECTION = 0.618_033_988_749_895

export interface NextPair {
  from: string
  to: string
  /** It is the last of its round. */
  ends: boolean
}

export class PairOrder {
  readonly #members: string[] = []
  readonly #places = new Map<string, number>()
  readonly #random: () => number
  #at = 0
  #step = 1
  #left = 0

  /** @param random From 0, below 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Members. */
  get members(): number {
    return this.#members.length
  }

  /** Pairs of a round. */
  get size(): number {
    return this.#members.length * (this.#members.length - 1)
  }

  /** @returns whether that is news. */
  put(member: string, isMember: boolean): boolean {
    const place = this.#places.get(member)
    if ((place !== undefined) === isMember) return false
    if (place === undefined) {
      this.#places.set(member, this.#members.length)
      this.#members.push(member)
    } else {
      const last = this.#members.pop() as string
      this.#places.delete(member)
      if (last !== member) {
        this.#members[place] = last
        this.#places.set(last, place)
      }
    }
    this.#begin()
    return true
  }

  /** Undefined where there are fewer than two members. */
  next(): NextPair | undefined {
    if (this.size === 0) return undefined
    if (this.#left === 0) this.#left = this.size
    const others = this.#members.length - 1
    const [row, column] = [Math.floor(this.#at / others), this.#at % others]
    this.#at = (this.#at + this.#step) % this.size
    this.#left--
    const from = this.#members[row] as string
    const to = this.#members[column < row ? column : column + 1] as string
    return { from, to, ends: this.#left === 0 }
  }

  #begin(): void {
    const size = this.size
    this.#left = size
    this.#at = Math.floor(this.#random() * size)
    this.#step = Math.max(1, Math.floor(size * GOLDEN_SECTION))
    while (size > 0 && divisor(this.#step, size) !== 1) this.#step++
  }
}

/** Greatest common divisor. */
function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other)
}
