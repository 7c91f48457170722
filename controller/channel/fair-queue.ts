/**
 * Packets to the controller wait here: one bounded queue per (switch, port), served in turn, so that a port that
 * floods loses its own packets and delays nobody else's. Pure data structure; packet-in.ts feeds and drains it.
 */

export class FairQueue<T> {
  readonly #perKey: number
  readonly #keys: number
  /** In the order in which keys take their turn. */
  readonly #lanes = new Map<string, T[]>()
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
    if (lane === undefined ? this.#lanes.size >= this.#keys : lane.length >= this.#perKey) {
      this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + 1)
      return false
    }
    if (lane === undefined) this.#lanes.set(key, [item])
    else lane.push(item)
    this.#size++
    return true
  }

  /** The next item of the key whose turn it is; undefined where nothing waits. */
  shift(): T | undefined {
    const first = this.#lanes.entries().next()
    if (first.done === true) return undefined
    const [key, lane] = first.value
    const item = lane.shift()
    this.#lanes.delete(key)
    if (lane.length > 0) this.#lanes.set(key, lane)
    this.#size--
    return item
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
      this.#size -= lane.length
      this.#lanes.delete(key)
    }
  }
}
