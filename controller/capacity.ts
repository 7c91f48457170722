/**
 * Tells before a space is full, when it is nearly, and when a write is refused because it is. Told once on the way up,
 * and again only after the space has been clearly below; refusals once a minute and space, however many there are. It
 * refuses to count (policy/capacity.ts does) and to keep anybody from writing. Called by main.ts after each change.
 */
import type { Failure } from '../model/errors.ts'
import type { EventType, Tell } from './events.ts'
import type { Capacity } from './policy/capacity.ts'

/** Percent of a space, quarantine included, from which each event is told. */
export const LEVELS: readonly { percent: number; event: EventType }[] = [
  { percent: 80, event: 'space-filling' },
  { percent: 95, event: 'space-nearly-full' },
]
/** A level is left this many percent below where it begins: a space at the edge must not fill the log. */
const BELOW = 5
const REFUSED_MS = 60_000

export class CapacityWatch {
  readonly #tell: Tell
  readonly #clock: () => number
  /** Levels reached, by space; those at none are absent. */
  readonly #levels = new Map<string, number>()
  readonly #refusedAt = new Map<string, number>()

  /** @param clock Milliseconds, monotonic. */
  constructor(tell: Tell, clock: () => number) {
    this.#tell = tell
    this.#clock = clock
  }

  look(capacities: Iterable<Capacity>): void {
    for (const { space, used, resting, limit } of capacities) {
      const percent = (100 * (used + resting)) / limit
      const before = this.#levels.get(space) ?? 0
      let level = before
      while (level < LEVELS.length && percent >= LEVELS[level]!.percent) level++
      while (level > 0 && percent < LEVELS[level - 1]!.percent - BELOW) level--
      if (level === before) continue
      if (level === 0) this.#levels.delete(space)
      else this.#levels.set(space, level)
      const type = level > before ? LEVELS[level - 1]!.event : level === 0 ? 'space-relieved' : undefined
      if (type !== undefined) this.#tell(type, space, { percent: Math.floor(percent), used, resting, limit })
    }
  }

  /** A write was refused. */
  refused({ code, details }: Failure): void {
    const { space, limit = '' } = details
    if (space === undefined || (code !== 'SPACE_FULL' && code !== 'TOO_MANY' && code !== 'NUMBERS_SPENT')) return
    const now = this.#clock()
    if (now - (this.#refusedAt.get(space) ?? Number.NEGATIVE_INFINITY) < REFUSED_MS) return
    this.#refusedAt.set(space, now)
    this.#tell('space-full', space, { limit })
  }
}
