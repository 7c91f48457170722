/**
 * OpenFlow priorities of rules: a function of the set of rules alone, so that a controller that has just started gives
 * the same as one that has run for a year, and yet one more rule leaves most of the others where they are. Rules stand
 * in blocks by policy inside blocks by partition; a block's size is a power of two, so it has room to grow before its
 * neighbours move. Where that does not fit the ranks are dense. It refuses to know tables and rows. Used by
 * compile-policy.ts.
 */
import type { OrderedRule } from './order.ts'

/** Rooms of a block of one policy, and of one partition, at least. */
const SMALLEST = { policy: 4, vnp: 64 }

/** A priority for each rule, from `first` to `last`; a rule that is consulted earlier has a higher one. */
export function prioritiesOf(
  rules: readonly OrderedRule[],
  { first, last }: { first: number; last: number },
): Map<OrderedRule, number> {
  const upwards = [...rules].reverse()
  const room = last - first + 1
  return place(upwards, first, room, true) ?? place(upwards, first, room, false) ?? new Map()
}

function place(upwards: OrderedRule[], first: number, room: number, spaced: boolean) {
  const priorities = new Map<OrderedRule, number>()
  let at = first
  for (const ofVnp of runs(upwards, ({ vnp }) => vnp.name)) {
    const start = at
    for (const ofPolicy of runs(ofVnp, ({ policy }) => policy.name)) {
      for (const [index, rule] of ofPolicy.entries()) priorities.set(rule, at + index)
      at += spaced ? blockSize(ofPolicy.length, SMALLEST.policy) : ofPolicy.length
    }
    if (spaced) at = start + blockSize(at - start, SMALLEST.vnp)
  }
  return at - first <= room ? priorities : undefined
}

/** Consecutive items with the same name. */
function runs(items: OrderedRule[], nameOf: (item: OrderedRule) => string): OrderedRule[][] {
  const found: OrderedRule[][] = []
  let name: string | undefined
  for (const item of items) {
    const its = nameOf(item)
    if (its === name) found.at(-1)?.push(item)
    else found.push([item])
    name = its
  }
  return found
}

function blockSize(count: number, smallest: number): number {
  let size = smallest
  while (size < count) size *= 2
  return size
}
