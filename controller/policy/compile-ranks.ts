/**
 * OpenFlow priorities of rules: a function of the set of rules alone, so that a controller that has just started gives
 * the same as one that has run for a year, and yet a rule that comes or goes leaves most of the others where they are.
 * Rules stand in pieces inside blocks by policy inside blocks by tier and partition, each filled from its top; sizes are powers
 * of two, so there is room to grow before the neighbours move. What a rule says decides whether a piece begins with it,
 * so a change moves the rest of one piece. Where that does not fit, policies are not cut; where that does not fit
 * either, ranks are dense. It refuses to know tables and rows, and to leave out a rule. Used by compile-order.ts, which
 * keeps what it says of all rules at once.
 */
import { tierOf } from '../../model/records.ts'
import { type PlacedRule, ruleHash } from './order.ts'

/** Rooms of a block at least. */
export interface Sizes {
  piece: number
  policy: number
  vnp: number
}

/** From roomy to dense. */
export const ATTEMPTS: readonly Sizes[] = [
  { piece: 16, policy: 16, vnp: 64 },
  { piece: 0, policy: 4, vnp: 64 },
  { piece: 0, policy: 4, vnp: 16 },
  { piece: 0, policy: 2, vnp: 4 },
  { piece: 0, policy: 0, vnp: 0 },
]
/** One rule in so many begins a piece. */
const PER_PIECE = 8n

/**
 * A priority for each rule, from `first` to `last`; a rule that is consulted earlier has a higher one.
 * @throws RangeError where there are more rules than priorities: without a rule that denies, what it denies may pass.
 * Writes keep records below that (constraints.ts).
 */
export function prioritiesOf<R extends PlacedRule>(
  rules: readonly R[],
  band: { first: number; last: number },
): Map<R, number> {
  const { first, last } = band
  const vnps = runs(
    rules,
    (rule, before) => rule.vnp.name !== before.vnp.name || tierOf(rule.policy) !== tierOf(before.policy),
  )
  for (const sizes of ATTEMPTS) {
    const priorities = new Map<R, number>()
    let room = last - first + 1
    const put = (rule: R, priority: number): unknown => priorities.set(rule, priority)
    for (const ofVnp of vnps) room -= placeVnp(ofVnp, first + room - 1, sizes, put)
    if (room >= 0) return priorities
  }
  throw tooMany(rules.length, band)
}

export function tooMany(rules: number, { first, last }: { first: number; last: number }): RangeError {
  return new RangeError(`${rules} rules do not fit into ${last - first + 1} priorities`)
}

/** Places the rules of one tier and partition from `top` down, and returns how much room they take. */
export function placeVnp<R extends PlacedRule>(
  rules: readonly R[],
  top: number,
  sizes: Sizes,
  put: (rule: R, priority: number) => void,
): number {
  let taken = 0
  for (const ofPolicy of runs(rules, (rule, before) => rule.policy.name !== before.policy.name)) {
    const start = taken
    const pieces = sizes.piece === 0 ? [ofPolicy] : runs(ofPolicy, ({ rule }) => ruleHash(rule) % PER_PIECE === 0n)
    for (const piece of pieces) {
      for (const [index, rule] of piece.entries()) put(rule, top - taken - index)
      taken += blockSize(piece.length, sizes.piece)
    }
    taken = start + blockSize(taken - start, sizes.policy)
  }
  return blockSize(taken, sizes.vnp)
}

/** Consecutive items, cut before each item that begins anew. */
function runs<R>(items: readonly R[], begins: (item: R, before: R) => boolean): R[][] {
  const found: R[][] = []
  let before: R | undefined
  for (const item of items) {
    if (before === undefined || begins(item, before)) found.push([item])
    else found.at(-1)?.push(item)
    before = item
  }
  return found
}

/** A power of two that is not below `smallest`; with `smallest` 0 the count itself. */
function blockSize(count: number, smallest: number): number {
  if (smallest === 0) return count
  let size = smallest
  while (size < count) size *= 2
  return size
}
