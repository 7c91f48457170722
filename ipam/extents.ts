/**
 * A set of addresses as extents: maximal runs of neighbours, so that a /64 of IPv6 costs what one address costs. Each
 * operation takes O(log e) steps of e extents, besides those that it takes away. It knows no pools and no leases.
 * Used by ledger.ts.
 */
import { Ordered } from './ordered.ts'

/** Inclusive. */
export interface Extent {
  first: bigint
  last: bigint
}

export class Extents {
  readonly #lastOf = new Ordered<bigint>()
  #total = 0n

  constructor(extents: Iterable<Extent> = []) {
    for (const { first, last } of extents) this.add(first, last)
  }

  /** Addresses. */
  get total(): bigint {
    return this.#total
  }

  /** Extents. */
  get count(): number {
    return this.#lastOf.size
  }

  has(address: bigint): boolean {
    const found = this.#lastOf.floor(address)
    return found !== undefined && address <= found.value
  }

  /** The least member that is not below the address. */
  next(address: bigint): bigint | undefined {
    const found = this.#lastOf.floor(address)
    if (found !== undefined && address <= found.value) return address
    return this.#lastOf.ceiling(address)?.key
  }

  /** Adds a run; what of it is there already stays. */
  add(first: bigint, last = first): void {
    let [from, to] = [first, last]
    const below = this.#lastOf.floor(first)
    if (below !== undefined && below.value >= first - 1n) {
      if (below.value >= last) return
      from = below.key
    }
    for (
      let at = this.#lastOf.ceiling(from);
      at !== undefined && at.key <= last + 1n;
      at = this.#lastOf.ceiling(from)
    ) {
      if (at.value > to) to = at.value
      this.#drop(at.key, at.value)
    }
    this.#put(from, to)
  }

  /** Takes a run out; what of it is not there stays away. */
  remove(first: bigint, last = first): void {
    const below = this.#lastOf.floor(first)
    let at = below !== undefined && below.value >= first ? below : this.#lastOf.ceiling(first)
    while (at !== undefined && at.key <= last) {
      const [from, to] = [at.key, at.value]
      this.#drop(from, to)
      if (from < first) this.#put(from, first - 1n)
      if (to > last) this.#put(last + 1n, to)
      at = this.#lastOf.ceiling(first)
    }
  }

  *[Symbol.iterator](): IterableIterator<Extent> {
    for (const { key, value } of this.#lastOf.from(0n)) yield { first: key, last: value }
  }

  #put(first: bigint, last: bigint): void {
    this.#lastOf.set(first, last)
    this.#total += last - first + 1n
  }

  #drop(first: bigint, last: bigint): void {
    this.#lastOf.delete(first)
    this.#total -= last - first + 1n
  }
}
