/**
 * The naive model of addresses that are given out: a map from address to who has it, and a list of requests that nobody
 * answered, each of which may have happened or not until the state is read back. Answers are replayed in the order of the
 * store revisions that they name, so it does not matter in which order clients heard them. It refuses to call anybody.
 */

/** As the API tells it; times are milliseconds since the epoch. */
export interface SeenLease {
  address: string
  nap: string
  interface: string
  client: string
  state: 'held' | 'standby' | 'cooling'
  generation: number
  revision: number
  since: number
  coolUntil?: number
}

/** What a request did, as answered. */
export type Fact =
  | { what: 'given'; lease: SeenLease }
  | { what: 'ended'; lease: SeenLease }
  | { what: 'deleted'; interface: string; revision: number }

/** A request without an answer. */
export type Maybe =
  | { what: 'give'; interface: string; client: string; count: number }
  | { what: 'end'; address: string; generation: number }
  | { what: 'delete'; interface: string }

const revisionOf = (fact: Fact): number => (fact.what === 'deleted' ? fact.revision : fact.lease.revision)

export class LeaseModel {
  /** What each address that was ever given is now; it stays here when it is free again. */
  readonly #addresses = new Map<string, SeenLease>()
  readonly #seen = new Set<string>()
  #maybes: Maybe[] = []
  /** How often an unanswered request turned out to have happened. */
  happened = 0
  readonly faults: string[] = []

  /** Takes in what was answered since the last reading, and what was not. */
  replay(facts: readonly Fact[], maybes: readonly Maybe[]): void {
    this.#maybes = [...maybes]
    for (const fact of [...facts].sort((a, b) => revisionOf(a) - revisionOf(b))) {
      if (fact.what === 'deleted') this.#endAllOf(fact.interface)
      else {
        // A repetition is answered as before.
        const key = `${fact.what} ${fact.lease.address} ${fact.lease.generation}`
        if (this.#seen.has(key)) continue
        this.#seen.add(key)
        if (fact.what === 'given') this.#give(fact.lease)
        else this.#end(fact.lease)
      }
    }
  }

  /** Holds the model against all leases that there are, while nobody asks for anything. @param now Of the reading. */
  settle(leases: readonly SeenLease[], now: number): void {
    const actual = new Map(leases.map((lease) => [lease.address, lease]))
    if (actual.size !== leases.length) this.faults.push('one address has two leases')
    for (const address of new Set([...this.#addresses.keys(), ...actual.keys()])) {
      const is = actual.get(address)
      const was = this.#addresses.get(address)
      if (is !== undefined && is.state !== 'cooling') {
        if (was?.generation === is.generation && was.state === is.state && was.interface === is.interface) continue
        if (this.#took({ what: 'give', interface: is.interface, client: is.client })) this.#give(is)
        else this.#fault(`${address} is ${shown(is)} and nobody asked for it; it was ${shown(was)}`)
      } else if (was !== undefined && was.state !== 'cooling') {
        const isSame = is === undefined || is.generation === was.generation
        if (isSame && this.#tookEnd(was)) this.#cool(was, is?.coolUntil)
        else this.#fault(`${address} is ${shown(is)} although ${shown(was)} was never ended`)
      } else if (is !== undefined && was?.generation !== is.generation) {
        this.#fault(`${address} is ${shown(is)}, and was ${shown(was)}`)
      } else if (is === undefined && (was?.coolUntil ?? 0) > now) {
        this.#fault(`${address} is free before it has cooled`)
      }
    }
    this.#maybes = []
  }

  #give(lease: SeenLease): void {
    const was = this.#addresses.get(lease.address)
    if (was !== undefined && lease.generation <= was.generation)
      this.#fault(`${shown(lease)} has no greater generation than ${shown(was)}`)
    if (was !== undefined && was.state !== 'cooling') {
      const isPromise = was.state === 'standby' && was.client === lease.client && lease.interface !== ''
      if (!isPromise && !this.#tookEnd(was)) this.#fault(`given twice: ${shown(lease)} while ${shown(was)}`)
    } else if (was?.coolUntil !== undefined && was.client !== lease.client && lease.since < was.coolUntil)
      this.#fault(`given before it has cooled: ${shown(lease)} after ${shown(was)}`)
    this.#addresses.set(lease.address, lease)
  }

  #end(lease: SeenLease): void {
    const was = this.#addresses.get(lease.address)
    if (was?.generation !== lease.generation)
      this.#fault(`${shown(lease)} is told to have ended, and it was ${shown(was)}`)
    else this.#cool(was, lease.coolUntil)
  }

  #endAllOf(name: string): void {
    for (const lease of this.#addresses.values())
      if (lease.interface === name && lease.state === 'held') this.#cool(lease, undefined)
  }

  #cool({ coolUntil: _, ...lease }: SeenLease, coolUntil: number | undefined): void {
    this.#addresses.set(lease.address, {
      ...lease,
      state: 'cooling',
      ...(coolUntil === undefined ? {} : { coolUntil }),
    })
  }

  /** Whether a request without an answer explains a lease; it does so once for each address that it asked for. */
  #took({ interface: name, client }: { what: 'give'; interface: string; client: string }): boolean {
    const found = this.#maybes.find(
      (one) => one.what === 'give' && one.count > 0 && one.interface === name && one.client === client,
    )
    if (found?.what !== 'give') return false
    found.count--
    this.happened++
    return true
  }

  #tookEnd({ address, generation, interface: name }: SeenLease): boolean {
    const found = this.#maybes.find((one) =>
      one.what === 'end'
        ? one.address === address && one.generation === generation
        : one.what === 'delete' && one.interface === name,
    )
    if (found === undefined) return false
    if (found.what === 'end') this.#maybes = this.#maybes.filter((one) => one !== found)
    this.happened++
    return true
  }

  #fault(text: string): void {
    this.faults.push(text)
  }
}

const shown = (lease: SeenLease | undefined): string =>
  lease === undefined
    ? 'nobody’s'
    : `${lease.address} ${lease.state} by ${lease.interface || lease.client} (generation ${lease.generation})`
