/**
 * Which networks a switch is concerned with: those of the interfaces that are attached to it and, where it has two links
 * or more and may carry what others send each other, all. It says what came and went since the last look, so that a
 * change costs what it touches. A network stands for its routing
 * domain here: networks with one router are one (routing.ts). It refuses to know rows. Used by compile.ts.
 */
import { Counter, Multimap } from './multimap.ts'

/** Links and uplinks that a switch has before it may be on the way between others. */
export const LINKS_OF_A_CARRIER = 2

export class Interest {
  /** By switch, how many interfaces of each network are attached to it. */
  readonly #local = new Map<string, Counter<string>>()
  /** Network to switches with an interface of it. */
  readonly #byNetwork = new Multimap<string>()
  readonly #carriers = new Set<string>()
  readonly #withUplink = new Set<string>()
  #changed = new Map<string, Set<string> | 'all'>()

  /** An interface of the network is attached to the switch. */
  add(datapathId: string, network: string): void {
    const local = this.#local.get(datapathId) ?? new Counter<string>()
    this.#local.set(datapathId, local)
    local.add(network, 1)
    if (local.get(network) === 1) {
      this.#byNetwork.add(network, datapathId)
      this.#note(datapathId, network)
    }
  }

  /** One that was added is no longer. */
  remove(datapathId: string, network: string): void {
    const local = this.#local.get(datapathId)
    local?.add(network, -1)
    if (local === undefined || local.has(network)) return
    this.#byNetwork.remove(network, datapathId)
    this.#note(datapathId, network)
  }

  /** How many links and uplinks a switch has, and whether there is an uplink among them. */
  setLinks(datapathId: string, count: number, hasUplink: boolean): void {
    const isOther = (set: Set<string>, is: boolean): boolean => {
      if (set.has(datapathId) === is) return false
      if (is) set.add(datapathId)
      else set.delete(datapathId)
      return true
    }
    const carries = isOther(this.#carriers, count >= LINKS_OF_A_CARRIER)
    if (isOther(this.#withUplink, hasUplink) || carries) this.#changed.set(datapathId, 'all')
  }

  concerns(datapathId: string, network: string): boolean {
    return this.#carriers.has(datapathId) || this.isLocal(datapathId, network)
  }

  /** Whether an interface of the network is attached to the switch. */
  isLocal(datapathId: string, network: string): boolean {
    return this.#local.get(datapathId)?.has(network) === true
  }

  /** Whether a switch is concerned with every network, whoever is attached to it. */
  isCarrier(datapathId: string): boolean {
    return this.#carriers.has(datapathId)
  }

  /** Switches that are concerned with every network. */
  carriers(): Iterable<string> {
    return this.#carriers
  }

  /** Carriers that lead to the world. */
  *gateways(): IterableIterator<string> {
    for (const datapathId of this.#withUplink) if (this.#carriers.has(datapathId)) yield datapathId
  }

  /** Networks of interfaces that are attached to the switch. */
  networksOf(datapathId: string): Iterable<string> {
    return this.#local.get(datapathId)?.keys() ?? []
  }

  /** Switches that are concerned with a network. */
  *switchesOf(network: string): IterableIterator<string> {
    yield* this.#carriers
    for (const datapathId of this.#byNetwork.all(network)) if (!this.#carriers.has(datapathId)) yield datapathId
  }

  /** Networks that a switch may have become concerned with, or be no longer, since the last call; all where its links tell. */
  takeChanged(): ReadonlyMap<string, ReadonlySet<string> | 'all'> {
    const changed = this.#changed
    this.#changed = new Map()
    return changed
  }

  #note(datapathId: string, network: string): void {
    const changed = this.#changed.get(datapathId)
    if (changed === 'all') return
    if (changed === undefined) this.#changed.set(datapathId, new Set([network]))
    else changed.add(network)
  }
}
