/**
 * Which identities occur in which network, and what came and went since things were settled last. Networks
 * are routing domains (routing.ts). It refuses to know what identities are. Used by compile.ts for switches that are concerned with some networks only.
 */
import { Counter } from './multimap.ts'

export class Occurrences {
  readonly #byNetwork = new Map<string, Counter<number>>()
  /** Identities that were touched since, and whether they occurred before. */
  #touched = new Map<string, Map<number, boolean>>()

  /** One more interface of the network has the identity. */
  add(network: string, identity: number): void {
    const counter = this.#byNetwork.get(network) ?? new Counter<number>()
    this.#byNetwork.set(network, counter)
    this.#touch(network, identity, counter)
    counter.add(identity, 1)
  }

  /** One that was added has it no longer. */
  remove(network: string, identity: number): void {
    const counter = this.#byNetwork.get(network)
    if (counter === undefined) return
    this.#touch(network, identity, counter)
    counter.add(identity, -1)
  }

  now(network: string): Iterable<number> {
    return this.#byNetwork.get(network)?.keys() ?? []
  }

  /** When things were settled last. */
  *before(network: string): IterableIterator<number> {
    const touched = this.#touched.get(network)
    for (const identity of this.now(network)) if (touched?.get(identity) !== false) yield identity
    for (const [identity, was] of touched ?? []) if (was && !this.#occurs(network, identity)) yield identity
  }

  /** Networks in which something came or went, perhaps to be back by now. */
  networks(): Iterable<string> {
    return this.#touched.keys()
  }

  /** What came (true) and went. */
  *moved(network: string): IterableIterator<[identity: number, occurs: boolean]> {
    for (const [identity, was] of this.#touched.get(network) ?? []) {
      const is = this.#occurs(network, identity)
      if (is !== was) yield [identity, is]
    }
  }

  settle(): void {
    this.#touched = new Map()
  }

  #occurs(network: string, identity: number): boolean {
    return this.#byNetwork.get(network)?.has(identity) === true
  }

  #touch(network: string, identity: number, counter: Counter<number>): void {
    const touched = this.#touched.get(network) ?? new Map<number, boolean>()
    this.#touched.set(network, touched)
    if (!touched.has(identity)) touched.set(identity, counter.has(identity))
  }
}
