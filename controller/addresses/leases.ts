/**
 * What a request for addresses does: which pool each comes from, which leases that gives, and the interface records that
 * carry them. Pure: it reads the newest intent and the book, and answers with what to write in one transaction, or with
 * the first failure. Called by the LeaseService inside controller/write.ts.
 */
import { type Asker, Draw, type Moment } from '../../ipam/draw.ts'
import { isGiven, Ledger, type Pool } from '../../ipam/ledger.ts'
import { type Behaviour, DEFAULT_BEHAVIOUR, type Scored, scorePools } from '../../ipam/select.ts'
import { leaseKey, numberOfText } from '../../model/address-key.ts'
import { type Failure, fail, invalid, ok, type Result } from '../../model/errors.ts'
import type { InterfaceRecord, Lease } from '../../model/records.ts'
import { LIMITS } from '../../model/validate.ts'
import type { Intent } from '../policy/intent.ts'
import type { Write } from '../policy/propose.ts'
import type { AddressBook, LeaseEffects } from './book.ts'

/** What decisions about leases are made against. */
export interface LeaseView {
  intent: Intent
  book: AddressBook
  moment: Moment
}

/** One address that is asked for. */
export interface AddressAsk {
  /** Empty: on standby. */
  interface: string
  /** Empty: the interface. */
  client: string
  /** Of an address on standby; an interface has its own. */
  network: string
  choice: { nap: string } | { profile: string } | { address: bigint } | undefined
}

/** What is to be written, and what is answered; with a failure, only what was due anyway is written. */
export interface Leasing {
  answer: Result<Lease[]>
  writes: Write[]
  effects: LeaseEffects
}

/** Addresses that one request may ask for. */
export const MAX_ASKS = 1_000

export function allocate(view: LeaseView, asks: readonly AddressAsk[]): Leasing {
  const work = new Work(view)
  const leases: Lease[] = []
  for (const [index, ask] of asks.entries()) {
    const drawn = work.take(ask)
    if (drawn.ok) leases.push(drawn.value)
    else return work.failed(asks.length === 1 ? drawn.failure : numbered(drawn.failure, index))
  }
  return work.done(leases)
}

/** Requests that one decision may answer each by itself: no client twice, for what it has is known when it is written. */
export function runsOf(asks: readonly AddressAsk[]): AddressAsk[][] {
  const runs: AddressAsk[][] = []
  const clients = new Set<string>()
  for (const ask of asks) {
    const client = ask.client || ask.interface
    if (runs.length === 0 || clients.has(client)) {
      runs.push([])
      clients.clear()
    }
    clients.add(client)
    runs.at(-1)!.push(ask)
  }
  return runs
}

/**
 * Each by itself, as if one had been asked after the other: one that fails takes nothing of the others along.
 * @param asks One of runsOf.
 */
export function allocateEach(
  view: LeaseView,
  asks: readonly AddressAsk[],
): { each: Result<Lease>[]; leasing: Leasing } {
  const work = new Work(view)
  const each = asks.map((ask) => work.take(ask))
  return { each, leasing: work.done(each.flatMap((taken) => (taken.ok ? [taken.value] : []))) }
}

/** A lease that goes on or ends. */
export function change(
  view: LeaseView,
  how: 'renew' | 'release',
  network: string,
  address: bigint,
  generation: number,
): Leasing {
  const work = new Work(view)
  const changed = work.change(how, network, address, generation)
  return changed.ok ? work.done([changed.value]) : work.failed(changed.failure)
}

/** What each pool of a network scores for a profile; without a name, for one of which nothing is known. */
export function scores({ intent, book, moment }: LeaseView, network: string, profile: string): Result<Scored[]> {
  const behaviour = profile === '' ? DEFAULT_BEHAVIOUR : intent.profiles.get(profile)
  if (behaviour === undefined) return fail('NOT_FOUND', { kind: 'profile', name: profile })
  const ledger = book.ledger(network)
  return ok(
    ledger === undefined ? [] : scored(ledger, new Draw(ledger, moment), { interface: '', client: '' }, behaviour),
  )
}

function scored(ledger: Ledger, draw: Draw, asker: Asker, behaviour: Behaviour): Scored[] {
  const offers = [...ledger.pools.values()].map((pool) => ({ nap: pool.nap, hasFree: draw.hasFree(pool, asker) }))
  return scorePools(offers, behaviour)
}

/** One request's draws, one per network. */
class Work {
  readonly #view: LeaseView
  readonly #draws = new Map<string, { ledger: Ledger; draw: Draw }>()
  readonly #pools = new Set<Pool>()

  constructor(view: LeaseView) {
    this.#view = view
  }

  take(ask: AddressAsk): Result<Lease> {
    const { intent } = this.#view
    const record = ask.interface === '' ? undefined : intent.interfaces.get(ask.interface)
    if (ask.interface !== '' && record === undefined)
      return fail('NOT_FOUND', { kind: 'interface', name: ask.interface })
    const asker = { interface: ask.interface, client: ask.client || ask.interface }
    if (asker.client === '') {
      const description = 'is needed where no interface is named: who may have the address'
      return invalid([{ field: 'client', description }])
    }
    const network = record?.network ?? ask.network
    const on = this.#on(network)
    const { choice } = ask
    if (choice !== undefined && 'address' in choice) {
      const pool = on?.ledger.poolOf(choice.address)
      if (pool !== undefined) this.#pools.add(pool)
      return (on?.draw ?? new Draw(new Ledger(network), this.#view.moment)).specific(choice.address, asker)
    }
    if (choice !== undefined && 'nap' in choice) {
      const nap = intent.naps.get(choice.nap)
      if (nap === undefined) return fail('NOT_FOUND', { kind: 'nap', name: choice.nap })
      const pool = on?.ledger.pools.get(choice.nap)
      if (on === undefined || pool === undefined) {
        const description = `NAP ${nap.name} has addresses of network ${nap.network}, not of ${network}`
        return invalid([{ field: 'nap', description }])
      }
      this.#pools.add(pool)
      return on.draw.any(pool, asker)
    }
    const behaviour =
      choice === undefined
        ? record?.profile === undefined
          ? (intent.profiles.get(ask.interface) ?? DEFAULT_BEHAVIOUR)
          : intent.profiles.get(record.profile)
        : intent.profiles.get(choice.profile)
    if (behaviour === undefined)
      return fail('NOT_FOUND', { kind: 'profile', name: choice?.profile ?? record?.profile ?? '' })
    const all = on === undefined ? [] : scored(on.ledger, on.draw, asker, behaviour)
    const [best] = all
    if (on === undefined || best === undefined || best.leftOut !== undefined) {
      for (const { nap } of all) this.#pools.add(on!.ledger.pools.get(nap)!)
      const reasons = all.map(({ nap, leftOut }) => `${nap} is ${LEFT_OUT[leftOut!]}`).join(', ')
      return fail('NO_NAP_FITS', { network, reasons: reasons === '' ? 'it has none' : reasons })
    }
    const pool = on.ledger.pools.get(best.nap)!
    this.#pools.add(pool)
    return on.draw.any(pool, asker)
  }

  change(how: 'renew' | 'release', network: string, address: bigint, generation: number): Result<Lease> {
    const on = this.#on(network)
    const pool = on?.ledger.poolOf(address)
    if (pool !== undefined) this.#pools.add(pool)
    return (on?.draw ?? new Draw(new Ledger(network), this.#view.moment))[how](address, generation)
  }

  /** Takes along what is due in the pools concerned, and says what all of it writes. */
  done(leases: Lease[]): Leasing {
    for (const pool of this.#pools) this.#draws.get(pool.nap.network)?.draw.tidy(pool)
    const effects: LeaseEffects = { puts: [], deletes: [] }
    const records = new Map<string, string[]>()
    const given = new Map<string, Set<string>>()
    const addressesOf = (name: string): string[] | undefined => {
      const found = records.get(name) ?? this.#view.intent.interfaces.get(name)?.addresses.slice()
      if (found !== undefined) records.set(name, found)
      return found
    }
    for (const [network, { ledger, draw }] of this.#draws) {
      for (const [address, lease] of draw.changes) {
        const key = leaseKey(network, address)
        const before = ledger.lease(address)
        if (lease === undefined) effects.deletes.push(key)
        else effects.puts.push({ key, value: lease })
        const [from, to] = [holder(before), holder(lease)]
        if (to !== undefined) given.set(to, (given.get(to) ?? new Set()).add(lease!.nap))
        if (from === to) {
          if (to !== undefined && before!.nap !== lease!.nap) addressesOf(to)
          continue
        }
        const text = (lease ?? before)!.address
        const left = from === undefined ? undefined : addressesOf(from)
        if (left?.includes(text)) left.splice(left.indexOf(text), 1)
        if (to !== undefined) addressesOf(to)?.push(text)
      }
    }
    const writes: Write[] = []
    for (const [name, addresses] of records) {
      if (addresses.length > LIMITS.addresses) {
        const what = `addresses of interface ${name}`
        return this.failed(fail('TOO_MANY', { what, count: addresses.length, limit: LIMITS.addresses }).failure)
      }
      const { naps: _, ...rest } = this.#view.intent.interfaces.get(name)!
      const naps = this.#napsOf(rest, given.get(name))
      const record: InterfaceRecord = { ...rest, addresses, ...(naps.length === 0 ? {} : { naps }) }
      writes.push({ op: 'update', record })
    }
    return { answer: ok(leases), writes, effects }
  }

  /** Pools that addresses of an interface will be from; `given` are those of leases that are written. */
  #napsOf({ name, network }: Pick<InterfaceRecord, 'name' | 'network'>, given: Iterable<string> = []): string[] {
    const naps = new Set(given)
    const on = this.#draws.get(network)
    for (const { address, nap } of on?.ledger.heldBy(name) ?? [])
      if (on?.draw.changes.has(numberOfText(address)) !== true) naps.add(nap)
    return [...naps].sort()
  }

  /** What was drawn is dropped; what is due is taken along all the same, so that a full pool empties. */
  failed(failure: Failure): Leasing {
    const due = new Work(this.#view)
    for (const pool of this.#pools) {
      due.#on(pool.nap.network)
      due.#pools.add(pool)
    }
    return { ...(due.#pools.size === 0 ? NOTHING : due.done([])), answer: { ok: false, failure } }
  }

  #on(network: string): { ledger: Ledger; draw: Draw } | undefined {
    let on = this.#draws.get(network)
    const ledger = this.#view.book.ledger(network)
    if (on === undefined && ledger !== undefined) {
      on = { ledger, draw: new Draw(ledger, this.#view.moment) }
      this.#draws.set(network, on)
    }
    return on
  }
}

const NOTHING = { writes: [], effects: { puts: [], deletes: [] } }
const LEFT_OUT = { draining: 'draining', exhausted: 'exhausted', security: 'not secure enough' } as const

const holder = (lease: Lease | undefined): string | undefined =>
  lease !== undefined && isGiven(lease.state) && lease.interface !== '' ? lease.interface : undefined

/** The number of a text that a caller gave; undefined where it is no address. */
export function askedAddress(text: string): bigint | undefined {
  const number = numberOfText(text)
  return number < 0n ? undefined : number
}

function numbered(failure: Failure, index: number): Failure {
  const violations = failure.violations?.map((each) => ({ ...each, field: `requests[${index}].${each.field}` }))
  const details = { ...failure.details, index: String(index) }
  if (violations === undefined) return { ...failure, details }
  const { failure: again } = invalid(violations)
  return { ...again, details: { ...again.details, index: String(index) } }
}
