/**
 * The interfaces of one network as switches have them that begin: nearly all are attached elsewhere, and of each such a
 * switch has one row of its own, or none, and rows that are the same on all switches. These come in one list for all of
 * them, and what a switch keeps of whose they are is one block that all share; an interface that is compiled again on a
 * switch is kept by itself from then on (compile-units.ts). It refuses to know what rows mean. Used by compile.ts.
 */
import { broughtRow, carriedOf, isKnown, type Site } from './compile-interface.ts'
import type { Block, BlockUnit, SwitchUnits } from './compile-units.ts'
import type { Looked, Pace } from './compile-work.ts'
import type { KeptRows } from './fields.ts'
import type { Multimap } from './multimap.ts'
import type { Flow } from './program.ts'

class NetworkBlock implements Block {
  readonly #units: readonly string[]
  readonly #keys: readonly string[]
  readonly #shared: readonly (readonly KeptRows[])[]
  /** Made when something is looked up for the first time: that is seldom. */
  #places: Map<string, number> | undefined

  constructor(plain: readonly Looked[]) {
    this.#units = plain.map(({ facts }) => facts.unit)
    this.#keys = plain.map(({ facts }) => facts.brought.key)
    this.#shared = plain.map(({ elsewhere }) => elsewhere)
  }

  of(unit: string): BlockUnit | undefined {
    this.#places ??= new Map(this.#units.map((name, at) => [name, at]))
    const at = this.#places.get(unit)
    return at === undefined ? undefined : { key: this.#keys[at] as string, shared: this.#shared[at] as KeptRows[] }
  }
}

/** A network, for the switches that begin in one compilation. */
class NetworkStart {
  readonly #network: string
  readonly #pace: Pace
  readonly #plain: Looked[] = []
  /** Where in the list are those that are attached to a switch, in order. */
  readonly #at = new Map<string, number[]>()
  /** Interfaces that no switch has in this way. */
  readonly #others: string[] = []
  /** Keys and rows in turn, interface by interface, and where each one's end. */
  readonly #rows: (string | Flow)[] = []
  readonly #ends: number[] = []
  #block: NetworkBlock | undefined

  constructor(network: string, pace: Pace) {
    this.#network = network
    this.#pace = pace
  }

  add(name: string, looked: Looked | undefined): void {
    const place = looked?.facts.place
    // The record may be another by now: then it is compiled again.
    if (looked?.facts.record.network !== this.#network || place === undefined || !isKnown(looked.facts)) {
      this.#others.push(name)
      return
    }
    const here = this.#at.get(place.datapathId)
    if (here === undefined) this.#at.set(place.datapathId, [this.#plain.length])
    else here.push(this.#plain.length)
    this.#plain.push(looked)
    for (const part of looked.elsewhere) {
      part.forEach((flow, key) => {
        this.#rows.push(key, flow)
      })
    }
    this.#ends.push(this.#rows.length)
  }

  /**
   * Has a switch that begins take over what it has in this way, in steps.
   * @param site Where carriedOf() tells what packets load.
   * @returns Interfaces that it has otherwise. Undefined: two ask for the same row. Then the switch has to begin again, with
   * one interface after the other.
   */
  *beginning(units: SwitchUnits, site: Site, carried: number): Generator<undefined, string[] | undefined> {
    const others = [...this.#others]
    const here = this.#at.get(site.datapathId) ?? []
    let met = 0
    let from = 0
    for (let at = 0; at < this.#plain.length; at++) {
      const { facts } = this.#plain[at] as Looked
      const to = this.#ends[at] as number
      if (here[met] === at) {
        others.push(facts.record.name)
        met++
      } else {
        const flow = broughtRow(facts, site, carried)
        const isAlone = flow === undefined || units.takeNew(facts.brought.key, flow)
        if (!units.takeAllNew(this.#rows, from, to) || !isAlone) return undefined
      }
      from = to
      if (this.#pace.spend(1)) yield undefined
    }
    this.#block ??= new NetworkBlock(this.#plain)
    units.setBlock(this.#network, this.#block)
    return others
  }
}

/** Networks as the switches that begin in one compilation have them, each put together once. */
export class NetworkStarts {
  readonly #starts = new Map<string, NetworkStart>()
  readonly #names: Multimap<string>
  readonly #look: (name: string) => Looked | undefined
  readonly #pace: Pace

  /** @param names Interfaces by network. */
  constructor(names: Multimap<string>, look: (name: string) => Looked | undefined, pace: Pace) {
    this.#names = names
    this.#look = look
    this.#pace = pace
  }

  /**
   * Has a switch that begins take over what it has of these networks, where the world cannot be reached.
   * @returns Interfaces that are left to be compiled one by one; undefined: all of them, and the switch has to begin again.
   */
  *beginning(
    units: SwitchUnits,
    networks: Iterable<string>,
    siteIn: (network: string) => Site,
  ): Generator<undefined, string[] | undefined> {
    const left: string[] = []
    for (const network of networks) {
      const site = siteIn(network)
      const carried = carriedOf(site)
      let others: Iterable<string> | undefined = this.#names.all(network)
      if (carried !== undefined) others = yield* (yield* this.#of(network)).beginning(units, site, carried)
      if (others === undefined) return undefined
      for (const name of others) left.push(name)
    }
    return left
  }

  *#of(network: string): Generator<undefined, NetworkStart> {
    const known = this.#starts.get(network)
    if (known !== undefined) return known
    const made = new NetworkStart(network, this.#pace)
    for (const name of this.#names.all(network)) {
      const looked = this.#look(name)
      made.add(name, looked)
      if (this.#pace.spend(1 + (looked?.shared ?? 0))) yield undefined
    }
    this.#starts.set(network, made)
    return made
  }
}
