/**
 * Things by their layer 4, so that a question about one port looks at what names it and not at all the others: narrow
 * sets in buckets of 64 numbers, wide ones in a list that every question looks through. It may return what does not
 * match; the asker compares.
 */
import type { Layer4 } from './layer4.ts'

const BITS = 64
/** A set that spans more buckets than this is wide. */
const MOST = 16

export class Layer4Index<E extends { layer4: Layer4 }> {
  readonly #wide = new Set<E>()
  readonly #buckets = new Map<number, Set<E>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(entry: E): void {
    this.#size++
    const keys = bucketsOf(entry.layer4)
    if (keys === undefined) this.#wide.add(entry)
    for (const key of keys ?? []) {
      const bucket = this.#buckets.get(key)
      if (bucket === undefined) this.#buckets.set(key, new Set([entry]))
      else bucket.add(entry)
    }
  }

  delete(entry: E): void {
    this.#size--
    this.#wide.delete(entry)
    for (const key of bucketsOf(entry.layer4) ?? []) {
      const bucket = this.#buckets.get(key)
      bucket?.delete(entry)
      if (bucket?.size === 0) this.#buckets.delete(key)
    }
  }

  /** At least those that hold a number; each once. */
  at(code: number): readonly Iterable<E>[] {
    const bucket = this.#buckets.get(Math.floor(code / BITS))
    return bucket === undefined ? [this.#wide] : [this.#wide, bucket]
  }

  /** At least those that overlap a set; each once. */
  *meeting(set: Layer4): IterableIterator<E> {
    yield* this.#wide
    const keys = bucketsOf(set)
    if (keys?.size === 1) {
      for (const key of keys) yield* this.#buckets.get(key) ?? []
      return
    }
    const seen = new Set<E>()
    for (const bucket of keys === undefined
      ? this.#buckets.values()
      : [...keys].map((key) => this.#buckets.get(key) ?? []))
      for (const entry of bucket) {
        if (seen.has(entry)) continue
        seen.add(entry)
        yield entry
      }
  }
}

/** The buckets of a set; undefined where it is wide. */
function bucketsOf(set: Layer4): Set<number> | undefined {
  const keys = new Set<number>()
  for (let i = 0; i < set.length; i += 2) {
    const last = Math.floor(set[i + 1]! / BITS)
    for (let key = Math.floor(set[i]! / BITS); key <= last; key++) {
      keys.add(key)
      if (keys.size > MOST) return undefined
    }
  }
  return keys
}
