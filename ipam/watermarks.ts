/**
 * When a pool counts as low, normal, high or exhausted: its watermarks, with a margin by which it must leave a level
 * before that is over, so that one address that comes and goes does not change the level each time. Pure. It refuses to
 * tell anybody. Called by controller/addresses/watermarks.ts and the NapService.
 */
import type { Nap } from '../model/records.ts'
import type { AddressState } from './ledger.ts'

export const POOL_LEVELS = ['low', 'normal', 'high', 'exhausted'] as const
export type PoolLevel = (typeof POOL_LEVELS)[number]

/** Share of the addresses that can be given by which a level must be left; less where the marks are near each other. */
const MARGIN = 0.05

/** What levels are made of. */
export interface Filling {
  nap: Pick<Nap, 'watermarks'>
  size: bigint
  counts: Readonly<Record<AddressState, bigint>>
}

/** Of the addresses that can be given, the share that is not free, from 0 to 1; 1 where none can be given. */
export function usedShare({ size, counts }: Filling): number {
  const usable = size - counts.excluded
  // Both may be beyond what a double counts exactly; the share is not.
  return usable === 0n ? 1 : Number(usable - counts.free) / Number(usable)
}

/** The level of a pool, whatever it was before. */
export function levelOf(pool: Filling): PoolLevel {
  return nextLevel(undefined, pool)
}

/** The level of a pool that had this one. */
export function nextLevel(before: PoolLevel | undefined, pool: Filling): PoolLevel {
  if (pool.counts.free === 0n) return 'exhausted'
  const { low, high } = pool.nap.watermarks
  const margin = Math.min(MARGIN, (high - low) / 2)
  const used = usedShare(pool)
  if (before === 'exhausted' && used > 1 - margin) return 'exhausted'
  if (used > (before === 'high' || before === 'exhausted' ? high - margin : high)) return 'high'
  return used < (before === 'low' ? low + margin : low) ? 'low' : 'normal'
}
