/**
 * Entries in memory, by key and in key order. A sorted list in chunks: a lookup is a hash, an insertion moves at most
 * one chunk, a page of a listing costs its length. Refuses to know of revisions, durability and files; engine.ts keeps
 * two of them, the durable state and the newest.
 */
import type { Change, Entry, Key, ListOptions } from './contract.ts'

const CHUNK = 512

export class Table {
  readonly #entries = new Map<Key, Entry>()
  /** Sorted keys, cut into chunks of at most CHUNK, none empty. */
  readonly #chunks: Key[][] = []

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): Entry | undefined {
    return this.#entries.get(key)
  }

  list(prefix: string, { after, limit = Number.POSITIVE_INFINITY }: ListOptions = {}): Entry[] {
    const found: Entry[] = []
    const start = after !== undefined && after >= prefix ? after : prefix
    for (let at = this.#chunkOf(start); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!
      for (let i = lowerBound(chunk, start); i < chunk.length; i++) {
        const key = chunk[i]!
        if (!key.startsWith(prefix) || found.length >= limit) return found
        if (key !== after) found.push(this.#entries.get(key)!)
      }
    }
    return found
  }

  *values(): Generator<Entry> {
    for (const chunk of this.#chunks) for (const key of chunk) yield this.#entries.get(key)!
  }

  apply(changes: readonly Change[]): void {
    for (const { key, after } of changes) this.#set(key, after)
  }

  revert(changes: readonly Change[]): void {
    for (const { key, before } of changes) this.#set(key, before)
  }

  #set(key: Key, entry: Entry | undefined): void {
    const known = this.#entries.has(key)
    if (entry) this.#entries.set(key, entry)
    else this.#entries.delete(key)
    if (entry && !known) this.#insert(key)
    if (!entry && known) this.#remove(key)
  }

  /** Index of the chunk that holds the key or would; the number of chunks if the key is above all. */
  #chunkOf(key: Key): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#chunks[middle]!.at(-1)! < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(key: Key): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key])
      return
    }
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1)
    const chunk = this.#chunks[at]!
    chunk.splice(lowerBound(chunk, key), 0, key)
    if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >> 1))
  }

  #remove(key: Key): void {
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]!
    chunk.splice(lowerBound(chunk, key), 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }
}

/** Index of the first key >= the given one. */
function lowerBound(keys: readonly Key[], key: Key): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
