/**
 * What one request does to the leases of one network: addresses are drawn from pools, renewed, released and returned,
 * on top of a ledger that is only read. The outcome is the leases to write and those to forget, all or nothing. Time, the
 * revision that will hold it and what switches have confirmed are given. It knows no store and no interface records.
 * Called by controller/addresses/leases.ts.
 *
 * An address is given to another only when it has cooled and when every switch concerned has confirmed its release; to
 * the client that had it, again, at once. Which one comes next is where the rotor stands: behind the last one given, so
 * that an address rests as long as its pool allows.
 */
import { textOfNumber } from '../model/address-key.ts'
import { fail, ok, type Result } from '../model/errors.ts'
import type { Lease } from '../model/records.ts'
import { type AddressState, isGiven, type Ledger, type Pool } from './ledger.ts'

/** The moment of a decision. */
export interface Moment {
  /** Milliseconds since the epoch. */
  now: number
  /** The store revision that the decision gets. */
  revision: number
  /** The store revision up to which switches have confirmed what was decided. */
  confirmed: number
}

/** For whom. An empty interface asks for an address on standby. */
export interface Asker {
  interface: string
  client: string
}

/** Cooled and ended leases that one request takes along, besides those that it needs. */
export const TAKEN_ALONG = 16

export class Draw {
  readonly #ledger: Ledger
  readonly #moment: Moment
  /** Leases as they are to be; undefined is forgotten. */
  readonly changes = new Map<bigint, Lease | undefined>()
  /** Free addresses of a pool that this draw has taken, and where it goes on. */
  readonly #taken = new Map<Pool, number>()
  readonly #cursors = new Map<Pool, bigint>()
  readonly #cooled = new Map<Pool, Iterator<bigint>>()
  readonly #own = new Map<string, bigint[]>()

  constructor(ledger: Ledger, moment: Moment) {
    this.#ledger = ledger
    this.#moment = moment
  }

  /** Whether a pool has an address for somebody. */
  hasFree(pool: Pool, asker: Asker): boolean {
    if (BigInt(this.#taken.get(pool) ?? 0) < pool.free.total) return true
    for (const address of this.#ledger.returningTo(asker.client))
      if (!this.changes.has(address) && this.#isFor(pool, address, asker)) return true
    for (const address of pool.cooling.due(this.#moment.now))
      if (!this.changes.has(address) && this.#isToGive(pool, address)) return true
    return false
  }

  /** Any address of a pool; one that the client had or was promised comes first. */
  any(pool: Pool, asker: Asker): Result<Lease> {
    const { nap } = pool
    if (nap.draining === true) return fail('NAP_DRAINING', { nap: nap.name })
    const address = this.#ownOf(pool, asker) ?? this.#freeOf(pool) ?? this.#cooledOf(pool)
    if (address !== undefined) return ok(this.#give(pool, address, asker))
    const { held, standby, cooling } = pool.counts
    const given = held + standby
    return fail('POOL_EXHAUSTED', { nap: nap.name, given: `${given}`, cooling: `${cooling}`, size: `${pool.size}` })
  }

  /** This address and no other. */
  specific(address: bigint, asker: Asker): Result<Lease> {
    const text = textOfNumber(address)
    const { network } = this.#ledger
    const pool = this.#ledger.poolOf(address)
    if (pool === undefined) return fail('ADDRESS_OUTSIDE', { address: text, network })
    if (pool.nap.draining === true) return fail('NAP_DRAINING', { nap: pool.nap.name })
    const state = this.#stateOf(address)
    const lease = this.#ledger.lease(address)
    const isHad = lease !== undefined && !this.changes.has(address)
    const isOurs = isHad && this.#mayReturn(lease, asker)
    const isBack = isOurs || (isHad && this.#hasCooled(lease))
    if (state !== 'free' && !(isBack && this.#ledger.isFreeBelow(pool, address)))
      return fail('ADDRESS_TAKEN', { address: text, network, state })
    if (state === 'free') this.#taken.set(pool, (this.#taken.get(pool) ?? 0) + 1)
    return ok(this.#give(pool, address, asker))
  }

  /** A lease that goes on from now. A generation that is not the lease's is refused. */
  renew(address: bigint, generation: number): Result<Lease> {
    const found = this.#named(address, generation)
    if (!found.ok) return found
    const lease = found.value
    if (!isGiven(lease.state)) return fail('LEASE_ENDED', { address: lease.address, network: lease.network })
    const expires = this.#expiry(this.#ledger.poolOf(address))
    const { expires: _, ...rest } = lease
    const renewed: Lease = expires === undefined ? rest : { ...rest, expires }
    if (renewed.expires !== lease.expires) this.changes.set(address, renewed)
    return ok(renewed)
  }

  /** A lease that ends; one that has ended already stays as it is. A generation that is not the lease's is refused. */
  release(address: bigint, generation: number): Result<Lease> {
    const found = this.#named(address, generation)
    if (!found.ok || !isGiven(found.value.state)) return found
    return ok(this.end(address, found.value))
  }

  /** Ends a lease that is there. */
  end(address: bigint, lease: Lease): Lease {
    const { expires: _, ...rest } = lease
    const { now, revision } = this.#moment
    const seconds = this.#ledger.poolOf(address)?.nap.coolSeconds ?? 0
    const cooling: Lease = {
      ...rest,
      ...{ state: 'cooling', since: now, coolUntil: now + seconds * 1000, released: revision },
    }
    this.changes.set(address, cooling)
    return cooling
  }

  /** Ends leases of a pool whose time is over, and forgets those that have cooled, some of each. */
  tidy(pool: Pool): void {
    let left = TAKEN_ALONG
    for (const address of pool.ending.due(this.#moment.now)) {
      if (left-- === 0) break
      if (!this.changes.has(address)) this.end(address, this.#ledger.lease(address)!)
    }
    this.#forget(pool.cooling.due(this.#moment.now))
    this.#forget(this.#ledger.adrift.due(this.#moment.now))
  }

  #forget(due: Iterable<bigint>): void {
    let left = TAKEN_ALONG
    for (const address of due) {
      if (left-- === 0) return
      if (!this.changes.has(address) && this.#hasCooled(this.#ledger.lease(address)!))
        this.changes.set(address, undefined)
    }
  }

  #give(pool: Pool, address: bigint, { interface: name, client }: Asker): Lease {
    const { now, revision } = this.#moment
    const expires = this.#expiry(pool)
    const lease: Lease = {
      network: this.#ledger.network,
      address: textOfNumber(address),
      nap: pool.nap.name,
      interface: name,
      client,
      state: name === '' ? 'standby' : 'held',
      generation: revision,
      since: now,
      ...(expires === undefined ? {} : { expires }),
    }
    this.changes.set(address, lease)
    this.#cursors.set(pool, address + 1n)
    return lease
  }

  #expiry(pool: Pool | undefined): number | undefined {
    const seconds = pool?.nap.leaseSeconds ?? 0
    return seconds === 0 ? undefined : this.#moment.now + seconds * 1000
  }

  #named(address: bigint, generation: number): Result<Lease> {
    const { network } = this.#ledger
    const text = textOfNumber(address)
    const lease = this.changes.has(address) ? this.changes.get(address) : this.#ledger.lease(address)
    if (lease === undefined) return fail('NO_LEASE', { address: text, network })
    if (lease.generation === generation) return ok(lease)
    return fail('LEASE_SUPERSEDED', { address: text, network, generation: lease.generation, asked: generation })
  }

  #stateOf(address: bigint): AddressState {
    const changed = this.changes.get(address)
    return changed?.state ?? this.#ledger.stateOf(address) ?? 'excluded'
  }

  #hasCooled({ state, coolUntil = 0, released = 0 }: Lease): boolean {
    const { now, confirmed } = this.#moment
    return state === 'cooling' && coolUntil <= now && released <= confirmed
  }

  #isToGive(pool: Pool, address: bigint): boolean {
    return this.#hasCooled(this.#ledger.lease(address)!) && this.#ledger.isFreeBelow(pool, address)
  }

  /** What was promised to a client, or had by it: on another interface only when the switches have let go of it. */
  #mayReturn(lease: Lease, asker: Asker): boolean {
    if (lease.client !== asker.client || lease.state === 'held') return false
    if (lease.state === 'standby') return asker.interface !== ''
    return lease.interface === asker.interface || (lease.released ?? 0) <= this.#moment.confirmed
  }

  /** Whether an address on standby or cooling is one of the pool that this client may have. */
  #isFor(pool: Pool, address: bigint, asker: Asker): boolean {
    const isFree = this.#ledger.poolOf(address) === pool && this.#ledger.isFreeBelow(pool, address)
    return isFree && this.#mayReturn(this.#ledger.lease(address)!, asker)
  }

  #ownOf(pool: Pool, asker: Asker): bigint | undefined {
    const key = `${pool.nap.name} ${asker.interface} ${asker.client}`
    let own = this.#own.get(key)
    if (own === undefined) {
      const leases = [...this.#ledger.returningTo(asker.client)]
        .filter((address) => this.#isFor(pool, address, asker))
        .map((address) => [address, this.#ledger.lease(address)!] as const)
      // What is promised before what was had, and what was had last before what was had earlier: popped from the end.
      const rank = ({ state, since }: Lease): number => (state === 'standby' ? Number.POSITIVE_INFINITY : since)
      own = leases.sort(([, a], [, b]) => (rank(a) < rank(b) ? -1 : 1)).map(([address]) => address)
      this.#own.set(key, own)
    }
    for (let address = own.pop(); address !== undefined; address = own.pop())
      if (!this.changes.has(address)) return address
    return undefined
  }

  #freeOf(pool: Pool): bigint | undefined {
    const taken = this.#taken.get(pool) ?? 0
    if (BigInt(taken) >= pool.free.total) return undefined
    let at = this.#cursors.get(pool) ?? pool.cursor
    for (;;) {
      const found = pool.free.next(at) ?? pool.free.next(0n)!
      at = found + 1n
      if (this.changes.has(found)) continue
      this.#taken.set(pool, taken + 1)
      return found
    }
  }

  #cooledOf(pool: Pool): bigint | undefined {
    let due = this.#cooled.get(pool)
    if (due === undefined) {
      due = pool.cooling.due(this.#moment.now)
      this.#cooled.set(pool, due)
    }
    for (let step = due.next(); step.done !== true; step = due.next()) {
      const address = step.value
      if (!this.changes.has(address) && this.#isToGive(pool, address)) return address
    }
    return undefined
  }
}
