/**
 * How full each space of numbers and each limit of records is: what is in use, what rests in quarantine, and how much
 * there may be. It refuses to decide what is too full (controller/capacity.ts tells) and to refuse writes (propose.ts
 * does). Cost: the number of spaces. Pure.
 */
import { RECORD_KINDS } from '../../model/records.ts'
import { RECORD_LIMITS, recordSpace } from './constraints.ts'
import type { Intent } from './intent.ts'
import { SPACES } from './numbers.ts'
import { RECORD_NUMBERS } from './propose.ts'

export interface Capacity {
  /** As in the details of SPACE_FULL, TOO_MANY and NUMBERS_SPENT. */
  space: string
  used: number
  /** Released, and given to others only after the quarantine. */
  resting: number
  limit: number
}

/**
 * Every space in a fixed order: numbers that return (`identity`, `network`, `router`, `zone`, `meter`, `switch`, `steer`), records
 * (`interface-records`, ..., `rules`), and numbers of records, of which each is given once (`policy-numbers`, ...).
 */
export function capacities(intent: Intent, spaces = SPACES, limits = RECORD_LIMITS): Capacity[] {
  const found: Capacity[] = []
  for (const space of ['identity', 'network', 'router', 'zone', 'meter', 'switch', 'steer'] as const) {
    const { first, last } = spaces[space]
    const { used, released } = intent.pools[space].counts
    found.push({ space, used, resting: released, limit: last - first + 1 })
  }
  for (const kind of [...RECORD_KINDS, 'rule'] as const) {
    const used = kind === 'rule' ? intent.ruleCount : intent.all(kind).size
    found.push({ space: recordSpace(kind), used, resting: 0, limit: limits[kind] })
  }
  for (const kind of ['interface', 'vnp', 'policy', 'switch', 'network', 'nap', 'profile', 'stagePolicy'] as const) {
    const { key, last } = RECORD_NUMBERS[kind]
    found.push({ space: `${kind}-numbers`, used: intent.numberRecord(key)?.number ?? 0, resting: 0, limit: last })
  }
  return found
}
