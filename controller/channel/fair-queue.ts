/**
 * Packets to the controller wait here: one bounded queue per (switch, port), served in turn, so that a port that
 * floods loses its own packets and delays nobody else's. Pure data structure; packet-in.ts feeds and drains it.
 */

/** What waits of one key. */
interface Lane<T> {
  readonly key: string
  readonly items: T[]
}

export class FairQueue<T> {
  readonly #perKey: number
  readonly #keys: number
  readonly #lanes = new Map<string, Lane<T>>()
  /** Lanes in the order in which they take their turn, from `#first` on; those that are gone are empty. */
  #turns: Lane<T>[] = []
  #first = 0
  readonly #dropped = new Map<string, number>()
  #size = 0

  /** @param perKey Items one key may have waiting. @param keys Keys that may wait at once; more are dropped. */
  constructor(perKey = 64, keys = 4096) {
    this.#perKey = perKey
    this.#keys = keys
  }

  get size(): number {
    return this.#size
  }

  /** False where the item was dropped because its key already has its share waiting. */
  push(key: string, item: T): boolean {
    const lane = this.#lanes.get(key)
    if (lane === undefined ? this.#lanes.size >= this.#keys : lane.items.length >= this.#perKey) {
      this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + 1)
      return false
    }
    if (lane === undefined) {
      const fresh = { key, items: [item] }
      this.#lanes.set(key, fresh)
      this.#turns.push(fresh)
    } else lane.items.push(item)
    this.#size++
    return true
  }

  /** The next item of the key whose turn it is; undefined where nothing waits. */
  shift(): T | undefined {
    while (this.#first < this.#turns.length) {
      const lane = this.#turns[this.#first++]!
      const item = lane.items.shift()
      if (lane.items.length > 0) this.#turns.push(lane)
      else if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
      this.#trim()
      if (item === undefined) continue
      this.#size--
      return item
    }
    return undefined
  }

  /** Drops counted per key since the last call. */
  takeDropped(): Map<string, number> {
    const dropped = new Map(this.#dropped)
    this.#dropped.clear()
    return dropped
  }

  /** Forgets what waits for keys that start so (a switch that is gone). */
  forget(prefix: string): void {
    for (const [key, lane] of this.#lanes) {
      if (!key.startsWith(prefix)) continue
      this.#size -= lane.items.length
      lane.items.length = 0
      this.#lanes.delete(key)
    }
  }

  /** Turns that were taken go once they are half of all, so that each costs the same on average. */
  #trim(): void {
    if (this.#first * 2 < this.#turns.length) return
    this.#turns = this.#turns.slice(this.#first)
    this.#first = 0
  }
}
