/**
 * Regions: what packets a rule names, as boxes of subject, peer and layer 4, and their exact intersection and
 * difference. The same operations serve both levels of the analysis, because a box is generic in how it says who: a cube
 * over all possible sets of tags, or a set of the groups that exist now. It knows no order of rules.
 */
import type { Family } from '../../../model/address.ts'
import { type Cube, cubeAnd, cubeMinus } from './cube.ts'
import { inFamily, type Layer4, layer4And, layer4Minus, layer4Overlap, type Range } from './layer4.ts'

/** Sets of subjects or of peers: how to combine them. `undefined` is the empty set. */
export interface Ends<T> {
  and(one: T, other: T): T | undefined
  minus(one: T, other: T): T[]
}

/** Over all possible sets of tags. */
export const CUBES: Ends<Cube> = { and: cubeAnd, minus: cubeMinus }

/** Over groups that exist: bit n stands for group n. */
export const GROUPS: Ends<bigint> = {
  and: (one, other) => one & other || undefined,
  minus: (one, other) => {
    const left = one & ~other
    return left === 0n ? [] : [left]
  },
}

/** Who is at the other end: interfaces by their tags, or addresses of the world. */
export type PeerSet<T> = { kind: 'tags'; tags: T } | { kind: 'world'; range: Range }

export interface Box<T> {
  subject: T
  peer: PeerSet<T>
  layer4: Layer4
}

/** Boxes for each kind of peer that a rule names; those without packets are left out. */
export function boxesOf<T>(subject: T, tags: T | undefined, world: readonly Range[], layer4: Layer4): Box<T>[] {
  const boxes: Box<T>[] = []
  if (tags !== undefined && layer4.length > 0) boxes.push({ subject, peer: { kind: 'tags', tags }, layer4 })
  for (const range of world) {
    const its = inFamily(layer4, range.family)
    if (its.length > 0) boxes.push({ subject, peer: { kind: 'world', range }, layer4: its })
  }
  return boxes
}

function peerAnd<T>(ends: Ends<T>, one: PeerSet<T>, other: PeerSet<T>): PeerSet<T> | undefined {
  if (one.kind === 'tags') {
    const tags = other.kind === 'tags' ? ends.and(one.tags, other.tags) : undefined
    return tags === undefined ? undefined : { kind: 'tags', tags }
  }
  if (other.kind === 'tags' || one.range.family !== other.range.family) return undefined
  const first = one.range.first > other.range.first ? one.range.first : other.range.first
  const last = one.range.last < other.range.last ? one.range.last : other.range.last
  return first > last ? undefined : { kind: 'world', range: { family: one.range.family, first, last } }
}

/** What is left of a set of peers; `other` overlaps it. */
function peerMinus<T>(ends: Ends<T>, one: PeerSet<T>, other: PeerSet<T>): PeerSet<T>[] {
  if (one.kind === 'tags') {
    if (other.kind !== 'tags') return [one]
    return ends.minus(one.tags, other.tags).map((tags) => ({ kind: 'tags', tags }))
  }
  if (other.kind === 'tags') return [one]
  const { family, first, last } = one.range
  const pieces: [bigint, bigint][] = [
    [first, other.range.first - 1n],
    [other.range.last + 1n, last],
  ]
  return pieces
    .filter(([from, to]) => from <= to)
    .map(([from, to]) => ({ kind: 'world', range: { family: family as Family, first: from, last: to } }))
}

export function boxAnd<T>(ends: Ends<T>, one: Box<T>, other: Box<T>): Box<T> | undefined {
  if (one.peer.kind !== other.peer.kind || !layer4Overlap(one.layer4, other.layer4)) return undefined
  const peer = peerAnd(ends, one.peer, other.peer)
  if (peer === undefined) return undefined
  const subject = ends.and(one.subject, other.subject)
  if (subject === undefined) return undefined
  return { subject, peer, layer4: layer4And(one.layer4, other.layer4) }
}

/** Disjoint boxes that together are what `one` holds and `other` does not. */
export function boxMinus<T>(ends: Ends<T>, one: Box<T>, other: Box<T>): Box<T>[] {
  const both = boxAnd(ends, one, other)
  if (both === undefined) return [one]
  const pieces: Box<T>[] = []
  const layer4 = layer4Minus(one.layer4, other.layer4)
  if (layer4.length > 0) pieces.push({ ...both, layer4 })
  for (const peer of peerMinus(ends, one.peer, other.peer)) pieces.push({ ...one, subject: both.subject, peer })
  for (const subject of ends.minus(one.subject, other.subject)) pieces.push({ ...one, subject })
  return pieces
}
