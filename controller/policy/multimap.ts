/**
 * A map from a key to a set of names, for the indices of intent.ts. Several names under one key is an error that
 * propose.ts prevents, but a store may hold it; the index then still answers the same whatever the order of arrival:
 * the first name in code unit order.
 */
import { compareText } from './order.ts'

const NONE: ReadonlySet<never> = new Set<never>()

export class Multimap<K> {
  /** Most keys have one name, and a set of one takes more room than all else about it. */
  readonly #names = new Map<K, string | Set<string>>()

  add(key: K, name: string): void {
    const names = this.#names.get(key)
    if (names === undefined) this.#names.set(key, name)
    else if (typeof names !== 'string') names.add(name)
    else if (names !== name) this.#names.set(key, new Set([names, name]))
  }

  remove(key: K, name: string): void {
    const names = this.#names.get(key)
    if (names === undefined) return
    if (typeof names === 'string') {
      if (names === name) this.#names.delete(key)
      return
    }
    names.delete(name)
    if (names.size === 0) this.#names.delete(key)
  }

  has(key: K): boolean {
    return this.#names.has(key)
  }

  /** The names as they are now; it may or may not follow later changes. */
  all(key: K): ReadonlySet<string> {
    const names = this.#names.get(key)
    return names === undefined ? NONE : typeof names === 'string' ? new Set([names]) : names
  }

  first(key: K): string | undefined {
    const names = this.#names.get(key)
    if (names === undefined || typeof names === 'string') return names
    let least: string | undefined
    for (const name of names) if (least === undefined || compareText(name, least) < 0) least = name
    return least
  }

  keys(): IterableIterator<K> {
    return this.#names.keys()
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
