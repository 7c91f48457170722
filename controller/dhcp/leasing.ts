/**
 * What guests ask of the ledger by DHCP, as decisions for the writer: an address that can be offered, one that is taken or
 * goes on, one that is given back or withheld since somebody else uses it. Pure. Used by server.ts, inside writer.lease.
 */
import { leaseKey, numberOfText, textOfNumber } from '../../model/address-key.ts'
import { fail, ok, type Result } from '../../model/errors.ts'
import type { Lease } from '../../model/records.ts'
import { allocate, change, type LeaseView, type Leasing, scores } from '../addresses/leases.ts'

/** Free addresses in a row that may have been offered to others before a pool counts as used up for now. */
const TRIES = 4096
/** First of the numbers of IPv6 addresses. */
const SIX = 1n << 128n

const familyOf = (address: bigint): 4 | 6 => (address < SIX ? 4 : 6)

/**
 * An address for an interface, of the pool that fits its profile best; nothing is given yet.
 * @param isUsable In a subnet, and offered to nobody else.
 */
export function pick(
  view: LeaseView,
  name: string,
  family: 4 | 6,
  isUsable: (address: bigint) => boolean,
): Result<bigint> {
  const { intent, book } = view
  const record = intent.interfaces.get(name)
  if (record === undefined) return fail('NOT_FOUND', { kind: 'interface', name })
  const { network } = record
  const ranked = scores(view, network, intent.profiles.has(name) ? name : '')
  if (!ranked.ok) return ranked
  const ledger = book.ledger(network)
  for (const { nap, leftOut } of ranked.value) {
    const pool = ledger?.pools.get(nap)
    if (leftOut !== undefined || pool === undefined || familyOf(pool.ranges[0]?.first ?? 0n) !== family) continue
    const { answer } = allocate(view, [{ interface: name, client: '', network: '', choice: { nap } }])
    if (!answer.ok) continue
    let address: bigint | undefined = numberOfText(answer.value[0]!.address)
    for (let tries = 0; address !== undefined && tries < TRIES; tries++) {
      if (isUsable(address)) return ok(address)
      address = pool.free.next(address + 1n) ?? (tries === 0 ? pool.free.next(0n) : undefined)
    }
  }
  return fail('NO_NAP_FITS', { network, reasons: `none has an IPv${family} address left that is in a subnet` })
}

/** Gives an interface this address; one that it has goes on. */
export function take(view: LeaseView, name: string, address: bigint): Leasing {
  const record = view.intent.interfaces.get(name)
  if (record?.addresses.includes(textOfNumber(address)) === true) return goOn(view, name, address)
  const leasing = allocate(view, [{ interface: name, client: '', network: '', choice: { address } }])
  if (!leasing.answer.ok || record === undefined) return leasing
  return changed(leasing, record.network, address, (lease) => ({ ...lease, by: 'dhcp' }))
}

/** What the interface has by lease goes on from now; what it has otherwise needs no ledger. */
export function goOn(view: LeaseView, name: string, address: bigint): Leasing {
  const lease = leaseOf(view, name, address)
  if (lease?.expires === undefined) return { ...NOTHING, answer: ok(lease === undefined ? [] : [lease]) }
  return change(view, 'renew', lease.network, address, lease.generation)
}

/** Gives back what the guest asked for itself; nothing else. */
export function giveBack(view: LeaseView, name: string, address: bigint): Leasing {
  const lease = leaseOf(view, name, address)
  if (lease?.by !== 'dhcp') return { ...NOTHING, answer: ok([]) }
  return change(view, 'release', lease.network, address, lease.generation)
}

/** Somebody else was seen to use the address: for a time nobody gets it. @param until Milliseconds since the epoch. */
export function withhold(view: LeaseView, name: string, address: bigint, until: number): Leasing {
  const lease = leaseOf(view, name, address)
  if (lease === undefined) return { ...NOTHING, answer: ok([]) }
  const leasing = change(view, 'release', lease.network, address, lease.generation)
  if (!leasing.answer.ok) return leasing
  // No client has this name: none gets it back before the time.
  return changed(leasing, lease.network, address, (its) => ({ ...its, client: '', coolUntil: until }))
}

function changed(leasing: Leasing, network: string, address: bigint, how: (lease: Lease) => Lease): Leasing {
  const key = leaseKey(network, address)
  const { effects, answer } = leasing
  const text = textOfNumber(address)
  return {
    ...leasing,
    effects: {
      ...effects,
      puts: effects.puts.map((put) => (put.key === key ? { key, value: how(put.value as Lease) } : put)),
    },
    answer: answer.ok ? ok(answer.value.map((lease) => (lease.address === text ? how(lease) : lease))) : answer,
  }
}

function leaseOf({ intent, book }: LeaseView, name: string, address: bigint): Lease | undefined {
  const record = intent.interfaces.get(name)
  const lease = record && book.ledger(record.network)?.lease(address)
  return lease?.state === 'held' && lease.interface === name ? lease : undefined
}

const NOTHING = { writes: [], effects: { puts: [], deletes: [] } }
