/**
 * Small numbers that stand for names (identities, networks, routers, connection-tracking zones, meters, switches): which are
 * taken, which were released and when, and which one is given next. A number is not given again before its quarantine
 * has passed, so that a packet or a flow that still carries it never means somebody else. It refuses to read a clock or
 * to store anything. Called by intent.ts (to keep it current) and propose.ts (to allocate).
 */
import { IDENTITY, PREFIX, type Rule } from '../../model/records.ts'
import type { NumberSpace } from './state.ts'

/** The stored value under `number/<space>/<name>`. */
export interface NumberRecord {
  number: number
  /** Milliseconds since the epoch at which the last user went away. */
  releasedAt?: number
}

/** The numbers each space may give. */
export const SPACES: Readonly<Record<NumberSpace | 'identity', { first: number; last: number }>> = {
  identity: { first: IDENTITY.first, last: IDENTITY.last },
  network: { first: 1, last: 0xffff },
  router: { first: 1, last: 0xffff },
  /** 16 bits in conntrack; zone 0 is what everybody else uses. */
  zone: { first: 1, last: 0xffff },
  /** Open vSwitch 3.1's userspace datapath holds 2^18 meters; what holds fewer refuses the change that needs more. */
  meter: { first: 1, last: 0xffff },
  switch: { first: 1, last: 0xffff },
  steer: { first: 1, last: 0xffff },
}

export const DEFAULT_QUARANTINE_MS = 3_600_000
/**
 * Of zones: as long as any datapath remembers a TCP connection that was never closed (Linux:
 * nf_conntrack_tcp_timeout_established, five days; Open vSwitch's own: one day).
 */
export const ZONE_QUARANTINE_MS = 432_000_000

export function numberKey(space: NumberSpace, name: string): string {
  return `${PREFIX.number}${space}/${name}`
}

export function identityRecordKey(number: number): string {
  return PREFIX.identity + number
}

/** Whether a rule has a meter: rate limits, and what a stage policy limits and leaves to other rules. */
export function isLimited({ action, rateKbps }: Rule): boolean {
  return action === 'rate-limit' || (action === 'pass' && rateKbps !== undefined)
}

/** The name of the meter of a rule. */
export function meterName(policy: string, ruleIndex: number): string {
  return `${policy}/${ruleIndex}`
}

interface Holder {
  storeKey: string
  releasedAt: number | undefined
}

/** The numbers of one space that the store holds. */
export class NumberPool {
  readonly #first: number
  readonly #holders = new Map<number, Holder>()
  readonly #released = new Set<number>()
  #gap: number

  constructor(first: number) {
    this.#first = first
    this.#gap = first
  }

  set(number: number, storeKey: string, releasedAt: number | undefined): void {
    this.#holders.set(number, { storeKey, releasedAt })
    if (releasedAt === undefined) this.#released.delete(number)
    else this.#released.add(number)
    while (this.#holders.has(this.#gap)) this.#gap++
  }

  /** Forgets a number unless another key has taken it over meanwhile. */
  remove(number: number, storeKey: string): void {
    if (this.#holders.get(number)?.storeKey !== storeKey) return
    this.#holders.delete(number)
    this.#released.delete(number)
    if (number >= this.#first && number < this.#gap) this.#gap = number
  }

  /** Numbers in use, and released ones that nobody has taken over since. */
  get counts(): { used: number; released: number } {
    return { used: this.#holders.size - this.#released.size, released: this.#released.size }
  }

  /** The store key that holds a number, in use or in quarantine. */
  holder(number: number): string | undefined {
    return this.#holders.get(number)?.storeKey
  }

  /**
   * Numbers that are neither in use nor in quarantine, ascending, up to `last`. The pool must not change meanwhile; a
   * batch takes all it needs from one iterator, so that many numbers cost little more than one.
   */
  *free(last: number, usableSince: number): Generator<number, undefined, undefined> {
    const rested: number[] = []
    for (const number of this.#released) {
      const releasedAt = this.#holders.get(number)?.releasedAt
      if (number >= this.#first && releasedAt !== undefined && releasedAt <= usableSince) rested.push(number)
    }
    rested.sort((a, b) => a - b)
    let at = 0
    for (let number = this.#gap; ; number++) {
      if (this.#holders.has(number)) continue
      for (; at < rested.length && rested[at]! < number; at++) if (rested[at]! <= last) yield rested[at]!
      if (number > last) return undefined
      yield number
    }
  }
}
