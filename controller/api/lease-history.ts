/**
 * Who had an address when: the lease of one address as every change left it, from the changes that the store keeps. It refuses to
 * know what became of addresses that records name without a lease.
 */
import { leaseKey } from '../../model/address-key.ts'
import type { Lease } from '../../model/records.ts'
import type { Store } from '../../store/contract.ts'

/** What an address was for a while. */
export interface Holding {
  /** Undefined where it had no lease. */
  lease: Lease | undefined
  /** Milliseconds since the epoch; undefined where it was so before the oldest change that is kept. */
  from: number | undefined
  /** Undefined where it is still so. */
  until: number | undefined
  /** The change that began it; 0 where that is not kept. */
  revision: number
  caller: string
}

/** Changes of the store that one question looks through, and holdings that it is answered with. */
export const LEASE_HISTORY = { scanned: 200_000, told: 1000 } as const

/**
 * Newest first; with `at` (milliseconds since the epoch) only what was so then. `complete` is false where more is kept than was
 * looked through. Throws like store.past.
 */
export async function leaseHistory(
  store: Pick<Store, 'get' | 'past' | 'revision'>,
  network: string,
  address: bigint,
  at: number | undefined,
  signal: AbortSignal,
): Promise<{ holdings: Holding[]; complete: boolean }> {
  const key = leaseKey(network, address)
  const holdings: Holding[] = []
  let lease = store.get<Lease>(key)?.value
  let until: number | undefined
  let scanned = 0
  const isAsked = (from: number | undefined): boolean =>
    at === undefined || ((from === undefined || from <= at) && (until === undefined || at < until))
  for await (const { changes, time, revision, cause } of store.past(store.revision())) {
    if (signal.aborted || ++scanned > LEASE_HISTORY.scanned) return { holdings, complete: false }
    const change = changes.find((each) => each.key === key)
    if (change === undefined) continue
    if (isAsked(time)) holdings.push({ lease, from: time, until, revision, caller: cause.caller })
    const isAnswered = at !== undefined && holdings.length > 0
    if (isAnswered || holdings.length === LEASE_HISTORY.told) return { holdings, complete: isAnswered }
    lease = change.before?.value as Lease | undefined
    until = time
  }
  if (isAsked(undefined) && (lease !== undefined || at !== undefined))
    holdings.push({ lease, from: undefined, until, revision: 0, caller: '' })
  return { holdings, complete: true }
}
