/**
 * The units of network records: on which switches the rows of one may be others, and what they are there. Every switch that
 * is concerned with a routing domain has those of all its networks. It refuses to know rows (compile-route.ts). Used by
 * compile.ts.
 */
import { networkRows, networkUnit } from './compile-route.ts'
import type { SwitchUnits } from './compile-units.ts'
import type { Work } from './compile-work.ts'
import { kept, NO_ROWS } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import type { Interest } from './interest.ts'
import { Multimap } from './multimap.ts'
import { domainOf, networksIn } from './routing.ts'
import type { NetworkState } from './state.ts'

export class NetworkUnits {
  readonly #interest: Interest
  /** Routing domains of the network records, as they were compiled last. */
  readonly #domains = new Map<string, string>()
  readonly #byDomain = new Multimap<string>()

  constructor(interest: Interest) {
    this.#interest = interest
  }

  /** Notes on which switches rows of network records may be others. */
  lookAt({ intent }: NetworkState, delta: IntentDelta | 'all', work: Work): void {
    const names = new Set(delta === 'all' ? [...this.#domains.keys(), ...intent.networks.keys()] : delta.networks)
    for (const number of delta === 'all' ? [] : delta.numbers) {
      if (number.startsWith('router/')) for (const name of networksIn(intent, number)) names.add(name)
      if (number.startsWith('network/')) names.add(number.slice('network/'.length))
    }
    const concern = (name: string): void => {
      const domain = this.#domains.get(name)
      if (domain === undefined) return
      for (const datapathId of this.#interest.switchesOf(domain)) work.networks.add(datapathId, name)
    }
    // Switches that came to a domain have its networks now, those that left it had those of before.
    const moved = (): void => {
      for (const [datapathId, domains] of work.interest) {
        const all = domains === 'all' ? [this.#domains.keys()] : [...domains].map((each) => this.#byDomain.all(each))
        for (const some of all) for (const name of some) work.networks.add(datapathId, name)
      }
    }
    moved()
    for (const name of names) {
      concern(name)
      const before = this.#domains.get(name)
      if (before !== undefined) this.#byDomain.remove(before, name)
      this.#domains.delete(name)
      if (!intent.networks.has(name)) continue
      const domain = domainOf(intent, name)
      this.#domains.set(name, domain)
      this.#byDomain.add(domain, name)
      concern(name)
    }
    moved()
  }

  /** Networks with interfaces in the routing domains that the switch is concerned with. */
  *at(
    { intent }: NetworkState,
    datapathId: string,
    byNetwork: { has(network: string): boolean },
  ): IterableIterator<string> {
    for (const domain of this.#interest.networksOf(datapathId))
      for (const network of networksIn(intent, domain)) if (byNetwork.has(network)) yield network
  }

  /** All of them, on a switch that begins. */
  setAll(state: NetworkState, units: SwitchUnits, datapathId: string, world: boolean): void {
    this.set(state, units, datapathId, world, this.#domains.keys())
  }

  set({ intent }: NetworkState, units: SwitchUnits, datapathId: string, world: boolean, names: Iterable<string>): void {
    for (const name of names) {
      const record = intent.networks.get(name)
      const isConcerned = record !== undefined && this.#interest.concerns(datapathId, domainOf(intent, name))
      units.set(networkUnit(name), isConcerned ? kept(networkRows(intent, record, world)) : NO_ROWS)
    }
  }
}
