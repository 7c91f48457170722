/**
 * The ledgers of all networks, kept equal to the store's newest state, and what a write of records means for them: leased
 * addresses stay in the record of their interface, an interface that goes releases its leases, and no NAP overlaps
 * another or drops what it has given. It writes nothing: controller/write.ts does, in the transaction of the records.
 *
 *     store.project ─▶ newest intent ─▶ book ─▶ ledgers (ipam/)
 */
import { Draw, type Moment } from '../../ipam/draw.ts'
import type { Extent } from '../../ipam/extents.ts'
import { extentsOf, isGiven, Ledger, sameAddresses } from '../../ipam/ledger.ts'
import { parseAddress, parsePrefix } from '../../model/address.ts'
import { addressNumber, leaseKey, numberOfText } from '../../model/address-key.ts'
import { type Failure, fail, invalid, ok, type Result } from '../../model/errors.ts'
import { type InterfaceRecord, type Lease, type Nap, type NetworkRecord, PREFIX } from '../../model/records.ts'
import type { AnyDraft, InterfaceDraft } from '../../model/validate.ts'
import type { ChangeSet } from '../../store/contract.ts'
import type { Intent } from '../policy/intent.ts'
import type { Write, WriteOutcome } from '../policy/propose.ts'

/** What leases add to a transaction. */
export interface LeaseEffects {
  puts: { key: string; value: unknown }[]
  deletes: string[]
}

/** Addresses that a refusal names. */
const NAMED = 5

export class AddressBook {
  readonly #intent: Intent
  readonly #ledgers = new Map<string, Ledger>()

  /** @param intent As the newest change set left it, whenever this is called. */
  constructor(intent: Intent) {
    this.#intent = intent
  }

  /** The ledger of a network that has, or had, pools. */
  ledger(network: string): Ledger | undefined {
    return this.#ledgers.get(network)
  }

  ledgers(): IterableIterator<Ledger> {
    return this.#ledgers.values()
  }

  /** Takes a change set in, or the inverse of one, after intent has. */
  apply({ changes }: ChangeSet): void {
    const gone = new Map<string, string[]>()
    const added = new Map<string, Nap[]>()
    for (const { key, before, after } of changes) {
      if (!key.startsWith(PREFIX.nap)) continue
      const [was, is] = [before?.value as Nap | undefined, after?.value as Nap | undefined]
      if (was !== undefined && is !== undefined && sameAddresses(was, is)) {
        this.#ledgers.get(is.network)?.renew(is)
        continue
      }
      if (was !== undefined) append(gone, was.network, was.name)
      if (is !== undefined) append(added, is.network, is)
    }
    for (const { key, before, after } of changes) {
      if (key.startsWith(PREFIX.lease)) {
        const lease = (after?.value ?? before?.value) as Lease
        this.#made(lease.network).setLease(numberOfText(lease.address), after?.value as Lease | undefined)
      } else if (key.startsWith(PREFIX.interface)) {
        for (const each of [before, after]) if (each !== undefined) this.#look(each.value as InterfaceRecord)
      } else if (key.startsWith(PREFIX.network)) {
        const network = key.slice(PREFIX.network.length)
        const ledger = this.#ledgers.get(network)
        const own = ownNumbers(after?.value as NetworkRecord | undefined)
        for (const address of ownNumbers(before?.value as NetworkRecord | undefined)) ledger?.setOwn(address, false)
        for (const address of own) ledger?.setOwn(address, true)
      }
    }
    for (const network of new Set([...gone.keys(), ...added.keys()])) {
      this.#made(network).setPools(gone.get(network) ?? [], added.get(network) ?? [], () => this.#addresses(network))
    }
  }

  /** Writes of records with the addresses that their interfaces hold by lease, and the pools of those: neither come nor go by a write. */
  keepLeased(writes: readonly Write[], moment: Moment): Result<Write[]> {
    const kept: Write[] = []
    for (const [index, write] of writes.entries()) {
      if ((write.op !== 'create' && write.op !== 'update') || write.record.kind !== 'interface') {
        kept.push(write)
        continue
      }
      const { name, network, addresses } = write.record
      const before = this.#intent.interfaces.get(name)
      const had = new Set(before?.network === network ? before.addresses : [])
      for (const address of addresses) {
        const lease = had.has(address) ? undefined : this.#ledgers.get(network)?.lease(numberOfText(address))
        if (lease === undefined || lease.state === 'held' || hasCooled(lease, moment)) continue
        return at(fail('ADDRESS_TAKEN', { address, network, state: lease.state }), index)
      }
      const leased =
        before &&
        this.#ledgers
          .get(before.network)
          ?.heldBy(name)
          .map((lease) => lease.address)
      const [some] = leased ?? []
      if (before === undefined || leased === undefined || some === undefined) {
        kept.push(withNaps(write, undefined))
        continue
      }
      if (network !== before.network)
        return at(fail('INTERFACE_LEASED', { name, address: some, network: before.network }), index)
      const missing = before.addresses.filter((each) => leased.includes(each) && !addresses.includes(each))
      const record = missing.length === 0 ? write.record : { ...write.record, addresses: [...addresses, ...missing] }
      kept.push(withNaps({ ...write, record }, before.naps))
    }
    return ok(kept)
  }

  /** What becomes of leases because of these outcomes, or why they must not be. */
  follow(outcomes: readonly WriteOutcome[], moment: Moment): Result<LeaseEffects> {
    const effects: LeaseEffects = { puts: [], deletes: [] }
    const ended = new Set<string>()
    for (const { outcome, kind, name, record } of outcomes) {
      if (kind !== 'interface' || outcome !== 'deleted') continue
      const ledger = this.#ledgers.get((record as InterfaceRecord).network)
      const held = ledger?.heldBy(name) ?? []
      if (ledger === undefined || held.length === 0) continue
      const draw = new Draw(ledger, moment)
      for (const lease of held) {
        const address = numberOfText(lease.address)
        const key = leaseKey(ledger.network, address)
        effects.puts.push({ key, value: draw.end(address, lease) })
        ended.add(key)
      }
    }
    const naps = outcomes.filter(({ kind, outcome }) => kind === 'nap' && outcome !== 'unchanged')
    const failure = naps.length === 0 ? undefined : this.#brokenNap(naps, ended)
    return failure === undefined ? ok(effects) : { ok: false, failure }
  }

  #brokenNap(outcomes: readonly WriteOutcome[], ended: ReadonlySet<string>): Failure | undefined {
    const written = new Map(
      outcomes.map(({ name, outcome, record }) => [name, outcome === 'deleted' ? undefined : record]),
    )
    const ranges = new Map<string, { extent: Extent; name: string; index: number }[]>()
    const take = (nap: Nap): void => {
      for (const [index, extent] of extentsOf(nap.ranges).entries())
        append(ranges, nap.network, { extent, name: nap.name, index })
    }
    const networks = new Set([...written.values()].flatMap((record) => (record as Nap | undefined)?.network ?? []))
    for (const network of networks)
      for (const { nap } of this.#ledgers.get(network)?.pools.values() ?? []) if (!written.has(nap.name)) take(nap)
    for (const record of written.values()) if (record !== undefined) take(record as Nap)
    for (const all of ranges.values()) {
      all.sort((a, b) => (a.extent.first < b.extent.first ? -1 : 1))
      for (const [next, one] of all.slice(1).entries()) {
        const other = all[next]!
        if (other.extent.last < one.extent.first) continue
        const [mine, theirs] = written.has(one.name) ? [one, other] : [other, one]
        const description = `overlaps with a range of NAP ${theirs.name} (NAP ${mine.name})`
        return invalid([{ field: `ranges[${mine.index}]`, description }]).failure
      }
    }
    for (const [name, record] of written) {
      const failure = this.#dropped(name, record as Nap | undefined, ended)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  /** Addresses that a NAP has given and would not have any more. */
  #dropped(name: string, after: Nap | undefined, ended: ReadonlySet<string>): Failure | undefined {
    const before = this.#intent.naps.get(name)
    if (before === undefined || after?.draining === true || (after && sameAddresses(before, after))) return undefined
    const ledger = this.#ledgers.get(before.network)
    const kept = after?.network === before.network ? extentsOf(after.ranges) : []
    const out = after?.network === before.network ? extentsOf(after.exclusions) : []
    const isIn = (extents: Extent[], address: bigint): boolean =>
      extents.some(({ first, last }) => first <= address && address <= last)
    const dropped: string[] = []
    for (const range of extentsOf(before.ranges)) {
      for (const [address, lease] of ledger?.leasesIn(range) ?? []) {
        if (!isGiven(lease.state) || ended.has(leaseKey(before.network, address))) continue
        if (!isIn(kept, address) || isIn(out, address)) dropped.push(lease.address)
      }
    }
    if (dropped.length === 0) return undefined
    const addresses = dropped.slice(0, NAMED).join(', ')
    return fail('NAP_IN_USE', { nap: name, count: dropped.length, addresses }).failure
  }

  #made(network: string): Ledger {
    let ledger = this.#ledgers.get(network)
    if (ledger === undefined) {
      ledger = new Ledger(network)
      for (const address of ownNumbers(this.#intent.networks.get(network))) ledger.setOwn(address, true)
      this.#ledgers.set(network, ledger)
    }
    return ledger
  }

  /** Addresses of a record, as intent has them now. */
  #look({ network, addresses }: InterfaceRecord): void {
    const ledger = this.#ledgers.get(network)
    if (ledger === undefined) return
    for (const address of addresses)
      ledger.setFixed(numberOfText(address), this.#intent.byAddress(network, address) !== undefined)
  }

  *#addresses(network: string): IterableIterator<bigint> {
    for (const name of this.#intent.interfacesByNetwork.all(network))
      for (const address of this.#intent.interfaces.get(name)?.addresses ?? []) yield numberOfText(address)
  }
}

/** Addresses that are the network's own: gateways, and of IPv4 subnets their own address and their broadcast. */
function ownNumbers(network: NetworkRecord | undefined): bigint[] {
  return (network?.subnets ?? []).flatMap(({ cidr, gateway }) => {
    const address = gateway === undefined ? undefined : parseAddress(gateway)
    const { family, value, length } = parsePrefix(cidr)!
    const own = address === undefined ? [] : [addressNumber(address)]
    if (family === 4 && length < 31) own.push(value, value + (1n << BigInt(32 - length)) - 1n)
    return own
  })
}

function withNaps<W extends { record: AnyDraft }>(write: W, naps: string[] | undefined): W {
  const { naps: told, ...rest } = write.record as InterfaceDraft
  if (told === naps) return write
  return { ...write, record: naps === undefined ? rest : { ...rest, naps } }
}

const hasCooled = ({ state, coolUntil = 0, released = 0 }: Lease, { now, confirmed }: Moment): boolean =>
  state === 'cooling' && coolUntil <= now && released <= confirmed

function at(failed: { ok: false; failure: Failure }, index: number): { ok: false; failure: Failure } {
  return { ok: false, failure: { ...failed.failure, details: { ...failed.failure.details, index: String(index) } } }
}

function append<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
