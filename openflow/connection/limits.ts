/** Limits and times of a connection: what holds where nothing is said, and what makes no sense. */
import { SPOKEN_VERSIONS, VERSIONS } from '../wire/version.ts'
import type { ConnectionOptions } from './types.ts'

export type Limits = Required<ConnectionOptions>

const DEFAULTS = {
  echoMs: 5000,
  handshakeMs: 10_000,
  maxHandshakeMessages: 10_000,
  maxMultipartOctets: 64 * 2 ** 20,
  highWater: 2 ** 20,
  maxQueue: 16 * 2 ** 20,
  maxKept: 8 * 2 ** 20,
} as const

/** What timers count with; beyond it they would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Ms for a timer; Infinity is as long as a timer can be. */
export function timerMs(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS)
}

/** @throws RangeError where the options contradict themselves or are no numbers above 0. */
export function limits(options: ConnectionOptions): Limits {
  const { versions = [VERSIONS.of13] } = options
  const given = (name: keyof typeof DEFAULTS): number => options[name] ?? DEFAULTS[name]
  const echoMs = timerMs(given('echoMs'))
  const highWater = given('highWater')
  const all: Limits = {
    echoMs,
    deadMs: timerMs(options.deadMs ?? 3 * echoMs),
    handshakeMs: timerMs(given('handshakeMs')),
    maxHandshakeMessages: given('maxHandshakeMessages'),
    maxMultipartOctets: given('maxMultipartOctets'),
    highWater,
    lowWater: options.lowWater ?? Math.floor(highWater / 4),
    maxQueue: options.maxQueue ?? Math.max(DEFAULTS.maxQueue, 2 * highWater),
    maxKept: given('maxKept'),
    versions,
  }
  for (const [name, value] of Object.entries(all)) {
    const least = name === 'lowWater' ? 0 : Number.MIN_VALUE
    if (name !== 'versions' && !((value as number) >= least)) throw new RangeError(`${name}: ${value}`)
  }
  refuse(versions.length === 0 || versions.some((one) => !SPOKEN_VERSIONS.includes(one)), `versions: ${versions}`)
  refuse(all.deadMs < echoMs, `deadMs ${all.deadMs} below echoMs ${echoMs}`)
  refuse(all.lowWater > highWater, `lowWater ${all.lowWater} above highWater ${highWater}`)
  refuse(highWater > all.maxQueue, `highWater ${highWater} above maxQueue ${all.maxQueue}`)
  return all
}

function refuse(wrong: boolean, why: string): void {
  if (wrong) throw new RangeError(why)
}
