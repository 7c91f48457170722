/**
 * Tells when pools cross their watermarks, and sums them up for metrics. It looks at the pools that a change set touches
 * and at no others. What level a pool has is ipam/watermarks.ts's to say; it refuses to know why pools fill.
 */
import type { Pool } from '../../ipam/ledger.ts'
import { nextLevel, type PoolLevel, usedShare } from '../../ipam/watermarks.ts'
import { numberOfText } from '../../model/address-key.ts'
import { type InterfaceRecord, type Lease, type Nap, PREFIX } from '../../model/records.ts'
import type { ChangeSet } from '../../store/contract.ts'
import type { EventType, Tell } from '../events.ts'
import type { AddressBook } from './book.ts'

const TOLD = {
  low: 'nap-low',
  normal: 'nap-normal',
  high: 'nap-high',
  exhausted: 'nap-exhausted',
} as const satisfies Record<PoolLevel, EventType>

/** Where a pool is, by name. */
type Touched = Map<string, string>

export class Watermarks {
  readonly #book: AddressBook
  readonly #tell: Tell
  readonly #levels = new Map<string, PoolLevel>()

  /** @param book As it is at the newest change set, or a later one, whenever this is called. */
  constructor(book: AddressBook, tell: Tell) {
    this.#book = book
    this.#tell = tell
  }

  /** Looks at every pool: at the start. */
  begin(): void {
    for (const { network, pools } of this.#book.ledgers()) for (const name of pools.keys()) this.#look(name, network)
  }

  /** Looks at the pools that a change set touches. */
  changed({ changes }: Pick<ChangeSet, 'changes'>): void {
    const touched: Touched = new Map()
    for (const { key, before, after } of changes) {
      for (const value of [before?.value, after?.value]) {
        if (value === undefined) continue
        if (key.startsWith(PREFIX.lease)) touched.set((value as Lease).nap, (value as Lease).network)
        else if (key.startsWith(PREFIX.nap)) touched.set((value as Nap).name, (value as Nap).network)
        else if (key.startsWith(PREFIX.interface)) this.#touch(value as InterfaceRecord, touched)
      }
    }
    for (const [name, network] of touched) this.#look(name, network)
  }

  /** How many pools have each level. */
  levels(): Record<PoolLevel, number> {
    const counts = { low: 0, normal: 0, high: 0, exhausted: 0 }
    for (const level of this.#levels.values()) counts[level]++
    return counts
  }

  /** Every pool. */
  *pools(): IterableIterator<Pool> {
    for (const { pools } of this.#book.ledgers()) yield* pools.values()
  }

  #touch({ network, addresses }: InterfaceRecord, touched: Touched): void {
    const ledger = this.#book.ledger(network)
    for (const address of ledger === undefined ? [] : addresses) {
      const pool = ledger?.poolOf(numberOfText(address))
      if (pool !== undefined) touched.set(pool.nap.name, network)
    }
  }

  #look(name: string, network: string): void {
    const pool = this.#book.ledger(network)?.pools.get(name)
    const before = this.#levels.get(name)
    if (pool === undefined) {
      // It may be another network's now.
      if (![...this.#book.ledgers()].some(({ pools }) => pools.has(name))) this.#levels.delete(name)
      return
    }
    const level = nextLevel(before, pool)
    if (level === before) return
    this.#levels.set(name, level)
    // A pool is empty at first, and that is nothing new.
    if (before === undefined && (level === 'low' || level === 'normal')) return
    const { free, held, standby, cooling, fixed } = pool.counts
    const { low, high } = pool.nap.watermarks
    this.#tell(TOLD[level], name, {
      ...{ network, used: percent(usedShare(pool)), low: percent(low), high: percent(high) },
      ...{ free: `${free}`, held: `${held}`, standby: `${standby}`, cooling: `${cooling}`, fixed: `${fixed}` },
    })
  }
}

const percent = (share: number): string => (share * 100).toFixed(1)
