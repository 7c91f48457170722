/**
 * Every address of one network's pools, and what it is now: free, held, on standby, cooling, fixed (an interface record
 * has it without a lease) or excluded. It follows facts, whatever their order, and decides nothing: draw.ts does. Per
 * pool, the addresses of all states together are the size of its ranges after every step. A change costs O(log n);
 * giving a pool other ranges costs what lies in them. Kept current by controller/addresses/book.ts.
 */
import { numberOfText } from '../model/address-key.ts'
import type { AddressRange, Lease, LeaseState, Nap } from '../model/records.ts'
import { type Extent, Extents } from './extents.ts'
import { Ordered } from './ordered.ts'

export const ADDRESS_STATES = ['free', 'held', 'standby', 'cooling', 'fixed', 'excluded'] as const
export type AddressState = (typeof ADDRESS_STATES)[number]

/** Addresses in the order of a time: each key is the time above the address. */
export class Timeline {
  readonly #addresses = new Ordered<bigint>()

  get size(): number {
    return this.#addresses.size
  }

  add(time: number, address: bigint): void {
    this.#addresses.set(keyOf(time, address), address)
  }

  remove(time: number, address: bigint): void {
    this.#addresses.delete(keyOf(time, address))
  }

  /** Addresses whose time has come, earliest first. */
  *due(now: number): IterableIterator<bigint> {
    for (const { key, value } of this.#addresses.from(0n)) {
      if (key >> ADDRESS_BITS > BigInt(now)) return
      yield value
    }
  }
}

/** Numbers of addresses are below 2^129 (model/address-key.ts). */
const ADDRESS_BITS = 130n
const keyOf = (time: number, address: bigint): bigint => (BigInt(Math.ceil(time)) << ADDRESS_BITS) | address

/** One pool as it is now. */
export class Pool {
  nap: Nap
  readonly ranges: readonly Extent[]
  readonly free: Extents
  readonly counts: Record<AddressState, bigint>
  /** Addresses of the ranges. */
  readonly size: bigint
  /** Cooling addresses by the time when they have cooled, and given ones by the time when their lease ends. */
  readonly cooling = new Timeline()
  readonly ending = new Timeline()
  /** Where to look for the next free address: behind the one that was given last, which is the one to come last again. */
  cursor: bigint
  /** The generation of the newest lease seen. */
  newest = 0
  readonly #exclusions: Extents

  constructor(nap: Nap) {
    this.nap = nap
    this.ranges = extentsOf(nap.ranges)
    this.free = new Extents(this.ranges)
    this.size = this.free.total
    this.#exclusions = new Extents(extentsOf(nap.exclusions))
    for (const { first, last } of this.#exclusions) this.free.remove(first, last)
    const free = this.free.total
    this.counts = { free, held: 0n, standby: 0n, cooling: 0n, fixed: 0n, excluded: this.size - free }
    this.cursor = this.ranges[0]?.first ?? 0n
  }

  excludes(address: bigint): boolean {
    return this.#exclusions.has(address)
  }

  move(address: bigint, from: AddressState, to: AddressState): void {
    if (from === to) return
    this.counts[from]--
    this.counts[to]++
    if (from === 'free') this.free.remove(address)
    if (to === 'free') this.free.add(address)
  }

  /** A lease of one of its addresses came or went. */
  follow(address: bigint, lease: Lease, action: 'add' | 'remove'): void {
    if (lease.coolUntil !== undefined) this.cooling[action](lease.coolUntil, address)
    if (lease.expires !== undefined && lease.state !== 'cooling') this.ending[action](lease.expires, address)
    if (action === 'remove' || lease.generation < this.newest) return
    this.newest = lease.generation
    this.cursor = address + 1n
  }
}

export class Ledger {
  readonly network: string
  readonly pools = new Map<string, Pool>()
  readonly #leases = new Ordered<Lease>()
  /** Of interface records, without a lease; only addresses in pools are kept. */
  readonly #fixed = new Set<bigint>()
  /** The network's own: gateways, addresses of subnets, broadcast. */
  readonly #own = new Set<bigint>()
  /** Leases on standby and cooling, by client: what it may have again. */
  readonly #returning = new Map<string, Set<bigint>>()
  readonly #ofInterface = new Map<string, Set<bigint>>()
  /** Cooling addresses in no pool: somebody took the pool away. */
  readonly adrift = new Timeline()
  #ranges: { first: bigint; last: bigint; pool: Pool }[] = []

  constructor(network: string) {
    this.network = network
  }

  get isEmpty(): boolean {
    return this.pools.size === 0 && this.#leases.size === 0
  }

  lease(address: bigint): Lease | undefined {
    return this.#leases.get(address)
  }

  /** Leases of the extent, ascending. */
  *leasesIn({ first, last }: Extent): IterableIterator<readonly [address: bigint, lease: Lease]> {
    for (const { key, value } of this.#leases.from(first)) {
      if (key > last) return
      yield [key, value]
    }
  }

  /** Addresses that an interface holds by lease, in the order in which it got them. */
  heldBy(name: string): Lease[] {
    const leases = [...(this.#ofInterface.get(name) ?? [])].map((address) => this.#leases.get(address)!)
    return leases.sort((a, b) => a.generation - b.generation)
  }

  /** Addresses on standby for a client or cooling since it had them. */
  returningTo(client: string): ReadonlySet<bigint> {
    return this.#returning.get(client) ?? NONE
  }

  poolOf(address: bigint): Pool | undefined {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ranges[middle]!.first <= address) low = middle + 1
      else high = middle
    }
    const range = this.#ranges[low - 1]
    return range !== undefined && address <= range.last ? range.pool : undefined
  }

  /** What an address of a pool is; undefined where it is in none. */
  stateOf(address: bigint): AddressState | undefined {
    const pool = this.poolOf(address)
    return pool && this.#stateIn(pool, address)
  }

  setLease(address: bigint, lease: Lease | undefined): void {
    const pool = this.poolOf(address)
    const state = pool && this.#stateIn(pool, address)
    const before = this.#leases.get(address)
    if (before !== undefined) {
      this.#index(address, before, 'delete')
      if (pool !== undefined) pool.follow(address, before, 'remove')
      else if (before.coolUntil !== undefined) this.adrift.remove(before.coolUntil, address)
    }
    if (lease === undefined) this.#leases.delete(address)
    else {
      this.#leases.set(address, lease)
      this.#index(address, lease, 'add')
      if (pool !== undefined) pool.follow(address, lease, 'add')
      else if (lease.coolUntil !== undefined) this.adrift.add(lease.coolUntil, address)
    }
    pool?.move(address, state!, this.#stateIn(pool, address))
  }

  setFixed(address: bigint, isFixed: boolean): void {
    const pool = this.poolOf(address)
    if (pool !== undefined) this.#mark(this.#fixed, pool, address, isFixed)
  }

  setOwn(address: bigint, isOwn: boolean): void {
    this.#mark(this.#own, this.poolOf(address), address, isOwn)
  }

  /**
   * Takes pools away and adds others; what is known of their addresses goes along.
   * @param fixed Asked where pools are added: addresses of the network's interface records.
   */
  setPools(gone: Iterable<string>, added: readonly Nap[], fixed: () => Iterable<bigint>): void {
    const without: Pool[] = []
    for (const name of gone) {
      const pool = this.pools.get(name)
      if (pool === undefined) continue
      without.push(pool)
      this.pools.delete(name)
    }
    const fresh = added.map((nap) => new Pool(nap))
    for (const pool of fresh) this.pools.set(pool.nap.name, pool)
    this.#ranges = [...this.pools.values()]
      .flatMap((pool) => pool.ranges.map(({ first, last }) => ({ first, last, pool })))
      .sort((a, b) => (a.first < b.first ? -1 : 1))
    for (const { ranges } of without) {
      for (const range of ranges) {
        for (const [address, { coolUntil }] of this.leasesIn(range))
          if (coolUntil !== undefined && this.poolOf(address) === undefined) this.adrift.add(coolUntil, address)
      }
    }
    for (const address of this.#fixed) if (this.poolOf(address) === undefined) this.#fixed.delete(address)
    if (fresh.length === 0) return
    const isFresh = new Set(fresh)
    for (const address of fixed()) if (isFresh.has(this.poolOf(address)!)) this.#fixed.add(address)
    for (const pool of fresh) {
      for (const range of pool.ranges) {
        for (const [address, lease] of this.leasesIn(range)) {
          if (lease.coolUntil !== undefined) this.adrift.remove(lease.coolUntil, address)
          pool.follow(address, lease, 'add')
          pool.move(address, baseState(pool, address), lease.state)
        }
      }
    }
    for (const marks of [this.#fixed, this.#own]) {
      for (const address of marks) {
        const pool = this.poolOf(address)
        if (pool === undefined || !isFresh.has(pool) || this.#leases.get(address) !== undefined) continue
        // An address that is both is looked at twice, and is fixed the first time.
        if (marks === this.#own && this.#fixed.has(address)) continue
        pool.move(address, baseState(pool, address), this.#stateIn(pool, address))
      }
    }
  }

  /** A pool whose addresses are as they were has another record. */
  renew(nap: Nap): void {
    const pool = this.pools.get(nap.name)
    if (pool !== undefined) pool.nap = nap
  }

  #mark(marks: Set<bigint>, pool: Pool | undefined, address: bigint, isMarked: boolean): void {
    if (marks.has(address) === isMarked) return
    const before = pool && this.#stateIn(pool, address)
    if (isMarked) marks.add(address)
    else marks.delete(address)
    pool?.move(address, before!, this.#stateIn(pool, address))
  }

  #stateIn(pool: Pool, address: bigint): AddressState {
    const lease = this.#leases.get(address)
    return lease === undefined ? this.#stateBelow(pool, address) : lease.state
  }

  /** Whether an address is free but for its lease. */
  isFreeBelow(pool: Pool, address: bigint): boolean {
    return this.#stateBelow(pool, address) === 'free'
  }

  #stateBelow(pool: Pool, address: bigint): AddressState {
    if (this.#fixed.has(address)) return 'fixed'
    return this.#own.has(address) ? 'excluded' : baseState(pool, address)
  }

  #index(address: bigint, lease: Lease, action: 'add' | 'delete'): void {
    const [index, key] = lease.state === 'held' ? [this.#ofInterface, lease.interface] : [this.#returning, lease.client]
    const set = index.get(key)
    if (action === 'add') {
      if (set === undefined) index.set(key, new Set([address]))
      else set.add(address)
      return
    }
    set?.delete(address)
    if (set?.size === 0) index.delete(key)
  }
}

const NONE: ReadonlySet<bigint> = new Set()

/** What an address of a pool is where nobody has it. */
const baseState = (pool: Pool, address: bigint): AddressState => (pool.excludes(address) ? 'excluded' : 'free')

/** Ranges of a stored record, so they are addresses. */
export function extentsOf(ranges: readonly AddressRange[]): Extent[] {
  return ranges.map(({ first, last }) => ({ first: numberOfText(first), last: numberOfText(last) }))
}

/** Whether two records of one pool give out the same addresses. */
export function sameAddresses(one: Nap, other: Nap): boolean {
  const text = ({ network, ranges, exclusions }: Nap): string => JSON.stringify([network, ranges, exclusions])
  return text(one) === text(other)
}

/** States in which an address is somebody's. */
export const isGiven = (state: LeaseState | undefined): boolean => state === 'held' || state === 'standby'
