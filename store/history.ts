/**
 * The change sets that are kept, in order and without gap, with their encoded length. Answers ranges and says what to
 * drop; refuses to know who watches (watch.ts) and where they are written (journal.ts).
 */
import type { ChangeSet } from './contract.ts'
import { StoreError } from './errors.ts'

export class History {
  #base: number
  #sets: ChangeSet[] = []
  #sizes: number[] = []
  #octets = 0

  /** Starts empty after the revision `base`. */
  constructor(base: number) {
    this.#base = base
  }

  /** Change sets up to this revision are forgotten. */
  get base(): number {
    return this.#base
  }

  get newest(): number {
    return this.#base + this.#sets.length
  }

  get length(): number {
    return this.#sets.length
  }

  /** UTF-16 length of the encoded change sets: their octets, but for text outside ASCII. */
  get octets(): number {
    return this.#octets
  }

  at(revision: number): ChangeSet | undefined {
    return this.#sets[revision - this.#base - 1]
  }

  push(set: ChangeSet, size: number): void {
    this.#sets.push(set)
    this.#sizes.push(size)
    this.#octets += size
  }

  /** Throws COMPACTED or AHEAD unless one can continue after the revision. */
  check(after: number): void {
    const { base, newest } = this
    if (after < base)
      throw new StoreError('COMPACTED', `revision ${after} is no longer kept; the oldest is ${base}`, {
        revision: after,
        oldest: base,
      })
    if (after > newest || !Number.isInteger(after))
      throw new StoreError('AHEAD', `the store is at revision ${newest}, not yet at ${after}`, {
        revision: after,
        newest,
      })
  }

  between(after: number, upTo: number): ChangeSet[] {
    this.check(after)
    return this.#sets.slice(after - this.#base, Math.max(upTo - this.#base, 0))
  }

  dropUpTo(base: number): void {
    this.#sets = this.#sets.slice(base - this.#base)
    for (const size of this.#sizes.splice(0, base - this.#base)) this.#octets -= size
    this.#base = base
  }

  /** The first revision to keep so that no more than this many revisions and octets stay. */
  keepFrom({ revisions, octets }: { revisions: number; octets: number }): number {
    let from = this.newest + 1
    let sum = 0
    while (from > this.#base + 1 && this.newest - from + 1 < revisions) {
      sum += this.#sizes[from - 2 - this.#base]!
      if (sum > octets) break
      from -= 1
    }
    return from
  }
}
