/**
 * A map from a key to a set of names, for the indices of intent.ts. Several names under one key is an error that
 * propose.ts prevents, but a store may hold it; the index then still answers the same whatever the order of arrival:
 * the first name in code unit order.
 */
import { compareText } from './order.ts'

const NONE: ReadonlySet<never> = new Set<never>()

export class Multimap<K> {
  readonly #sets = new Map<K, Set<string>>()

  add(key: K, name: string): void {
    const set = this.#sets.get(key)
    if (set === undefined) this.#sets.set(key, new Set([name]))
    else set.add(name)
  }

  remove(key: K, name: string): void {
    const set = this.#sets.get(key)
    if (set === undefined) return
    set.delete(name)
    if (set.size === 0) this.#sets.delete(key)
  }

  all(key: K): ReadonlySet<string> {
    return this.#sets.get(key) ?? NONE
  }

  first(key: K): string | undefined {
    let least: string | undefined
    for (const name of this.all(key)) if (least === undefined || compareText(name, least) < 0) least = name
    return least
  }

  keys(): IterableIterator<K> {
    return this.#sets.keys()
  }
}

/** How often each key is mentioned. */
export class Counter<K> {
  readonly #counts = new Map<K, number>()

  add(key: K, by: number): void {
    const count = this.get(key) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }

  get(key: K): number {
    return this.#counts.get(key) ?? 0
  }

  has(key: K): boolean {
    return this.#counts.has(key)
  }

  keys(): IterableIterator<K> {
    return this.#counts.keys()
  }

  entries(): IterableIterator<[K, number]> {
    return this.#counts.entries()
  }
}
