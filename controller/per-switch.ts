/**
 * Facts of one kind about switches, by a key of their own, and which of them came or went since the last look. It refuses
 * to know what they mean. Used by observe.ts.
 */
export class PerSwitch<K, V> {
  readonly all = new Map<string, Map<K, V>>()
  #changed: Map<string, Set<K>> | undefined

  /** These are so now; undefined: no longer. */
  put(datapathId: string, facts: Iterable<readonly [K, V | undefined]>): void {
    const its = this.all.get(datapathId) ?? new Map<K, V>()
    this.#changed ??= new Map()
    const changed = this.#changed.get(datapathId) ?? new Set()
    this.#changed.set(datapathId, changed)
    for (const [key, fact] of facts) {
      if (fact === undefined) its.delete(key)
      else its.set(key, fact)
      changed.add(key)
    }
    if (its.size === 0) this.all.delete(datapathId)
    else this.all.set(datapathId, its)
  }

  /** By datapath id, keys that changed since the last call; undefined where none did. */
  take(): Map<string, Set<K>> | undefined {
    const changed = this.#changed
    this.#changed = undefined
    return changed
  }
}
