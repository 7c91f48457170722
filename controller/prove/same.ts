/**
 * When two regions are one: at a table where they differ in nothing that it or a later table looks at, except for whom
 * they are from and for; and when a region is the same as one before, so that nothing has to be looked at again. It refuses
 * to know what becomes of them.
 */
import {
  type Above,
  copyOf,
  type Finding,
  type Ghost,
  holds,
  type Part,
  protocolIn,
  type Region,
  type Relation,
} from './region.ts'
import { type Exact, hashOf, isExact, isSame, type Ref, type Val } from './space.ts'

/** The identity of a family of one whom no register stands for; -1 for others: they are united. */
function onlyOne(region: Region, ref: Ref['of']): number {
  const family: ReadonlyMap<number, unknown> = ref === 'sender' ? region.ghost.senders : region.ghost.receivers
  if (family.size !== 1 || holds(region, ref)) return -1
  for (const identity of family.keys()) return identity
  return -1
}

function areOthers(one: Region, other: Region): boolean {
  if (onlyOne(one, 'sender') !== onlyOne(other, 'sender')) return true
  return onlyOne(one, 'receiver') !== onlyOne(other, 'receiver')
}

/** What rows above left over of a protocol keeps regions apart. */
function leftover(region: Region): Above | undefined {
  if (region.ghost.phase !== 'aimed' || region.above === undefined) return undefined
  return isExact(protocolIn(region)) ? undefined : region.above
}

/** @param live Fields that count. Equal for regions that are one. */
export function hashAt(region: Region, live: readonly number[]): number {
  const { ghost, vals } = region
  const { phase, network, family, tracking, where } = ghost
  let hash = phase.length + 8 * tracking.length + 64 * where.length + 1024 * family
  if (phase !== 'passed' || ghost.ends) {
    hash = mix(hash, onlyOne(region, 'sender'))
    hash = mix(hash, onlyOne(region, 'receiver'))
    hash = mix(hash, network)
    if (phase === 'raw' || phase === 'stray') hash = mix(hash, ghost.port)
  }
  for (let at = 0; at < live.length; at++) hash = mix(hash, hashOf(vals[live[at] as number]))
  return hash
}

function mix(hash: number, value: number): number {
  const next = Math.imul(hash ^ value, 0x9e37_79b1)
  return next ^ (next >>> 15)
}

/** Whether two regions are one at a table that looks at these fields only. */
export function isOneWith(one: Region, other: Region, live: readonly number[]): boolean {
  const [a, b] = [one.ghost, other.ghost]
  if (a.phase !== b.phase || a.entry !== b.entry || a.tracking !== b.tracking || a.where !== b.where) return false
  if (a.family !== b.family || a.committed !== b.committed || a.said !== b.said || a.under !== b.under) return false
  if (a.routed !== b.routed || a.wrote !== b.wrote) return false
  if (a.phase === 'passed') {
    if (a.improper !== b.improper || a.ends !== b.ends) return false
    if (a.ends && (a.network !== b.network || areOthers(one, other))) return false
  } else {
    if (a.network !== b.network || a.why !== b.why || a.must !== b.must) return false
    if (a.neighbour !== b.neighbour || a.unasked !== b.unasked) return false
    if ((a.pairs === undefined) !== (b.pairs === undefined)) return false
    if ((a.phase === 'raw' || a.phase === 'stray') && a.port !== b.port) return false
    if (areOthers(one, other)) return false
    const [left, right] = [leftover(one), leftover(other)]
    if (left?.hits !== right?.hits || left?.count !== right?.count) return false
  }
  for (let at = 0; at < live.length; at++) {
    const its = live[at] as number
    if (!isSame(one.vals[its], other.vals[its])) return false
  }
  return true
}

/** Whether the same becomes of two regions: all that is known of them is equal, but for which rows they met. */
export function isEqual(one: Region, other: Region): boolean {
  if (one === other) return true
  if (one.table !== other.table || one.isMute !== other.isMute) return false
  if (!areVals(one.vals, other.vals) || !areGhosts(one.ghost, other.ghost)) return false
  return areAliases(one.alias, other.alias) && areAbove(one.above, other.above)
}

/** Whether two regions differ in nothing but whom they are from and for. */
export function isEqualButEnds(one: Region, other: Region): boolean {
  const { senders, receivers, pairs } = one.ghost
  const part = copyOf(other)
  part.ghost = { ...other.ghost, senders, receivers, pairs }
  return isEqual(one, part)
}

function areVals(ones: readonly Val[], others: readonly Val[]): boolean {
  const count = Math.max(ones.length, others.length)
  for (let at = 0; at < count; at++) {
    const [one, other] = [ones[at], others[at]]
    if (one === other) continue
    if (!isSame(one, other)) return false
    if (typeof one === 'object' && one.kind === 'set' && typeof other === 'object' && other.kind === 'set') {
      if (!areMembers(one.set, other.set)) return false
    }
  }
  return true
}

function areMembers(one: { size: number; keys(): Iterable<Exact> }, other: { size: number; has(key: Exact): boolean }) {
  if (one.size !== other.size) return false
  for (const key of one.keys()) if (!other.has(key)) return false
  return true
}

function areGhosts(one: Ghost, other: Ghost): boolean {
  if (one === other) return true
  if (one.entry !== other.entry || one.port !== other.port || one.phase !== other.phase) return false
  if (one.why !== other.why || one.network !== other.network || one.family !== other.family) return false
  if (one.where !== other.where || one.tracking !== other.tracking || one.committed !== other.committed) return false
  if (one.must !== other.must || one.neighbour !== other.neighbour || one.improper !== other.improper) return false
  if (one.said !== other.said || one.under !== other.under || one.ends !== other.ends) return false
  if (one.routed !== other.routed || one.wrote !== other.wrote) return false
  if (one.unasked !== other.unasked || !areFindings(one.finding, other.finding)) return false
  return (
    isSameFamily(one.senders, other.senders) &&
    isSameFamily(one.receivers, other.receivers) &&
    (one.places === other.places || areMembers(one.places, other.places as ReadonlySet<Exact>)) &&
    isSameExcept(one.except, other.except) &&
    areRelations(one.pairs, other.pairs)
  )
}

/** The interfaces that stand for identities do not count, but whether one is of the world does. */
export function isSameFamily(one: Ghost['senders'], other: Ghost['senders']): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [identity, name] of one) {
    if (!other.has(identity) || (name === undefined) !== (other.get(identity) === undefined)) return false
  }
  return true
}

export function isSameExcept(one: Ghost['except'], other: Ghost['except']): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [opener, its] of one) {
    const too = other.get(opener)
    if (its === too) continue
    if (too === undefined || its === 'all' || too === 'all') return false
    if (!areMembers(its, too as ReadonlySet<Exact>)) return false
  }
  return true
}

function areRelations(one: Relation | undefined, other: Relation | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined || one.size !== other.size) return false
  for (const [opener, targets] of one) {
    const its = other.get(opener)
    if (its !== targets && (its === undefined || !areMembers(its, targets))) return false
  }
  return true
}

function areFindings(one: Finding | undefined, other: Finding | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  if (one.why !== other.why || one.from !== other.from || one.to !== other.to) return false
  return one.layer4?.protocol === other.layer4?.protocol && one.layer4?.key === other.layer4?.key
}

function areAliases(one: Region['alias'], other: Region['alias']): boolean {
  return one === other || (one.size === other.size && commonAlias(one, other) === one)
}

/** Of what fields of two regions are made, where that is the same; the first, where it is all the same. */
export function commonAlias(one: Region['alias'], other: Region['alias']): Region['alias'] {
  let found = one
  for (const [made, parts] of one) {
    if (areParts(parts, other.get(made))) continue
    if (found === one) found = new Map(one)
    ;(found as Map<number, readonly Part[]>).delete(made)
  }
  return found
}

function areParts(ones: readonly Part[], others: readonly Part[] | undefined): boolean {
  if (ones === others) return true
  if (others === undefined || ones.length !== others.length) return false
  for (let at = 0; at < ones.length; at++) if (!isSamePart(ones[at] as Part, others[at] as Part)) return false
  return true
}

function isSamePart(one: Part, other: Part): boolean {
  return one.field === other.field && one.at === other.at && one.bits === other.bits
}

/** Rows above: the same rows in the same order. */
function areAbove(one: Above | undefined, other: Above | undefined): boolean {
  let [left, right] = [one, other]
  while (left !== right) {
    if (left === undefined || right === undefined || left.count !== right.count) return false
    if (left.hits !== right.hits) {
      for (let at = 0; at < left.count; at++) if (left.hits[at] !== right.hits[at]) return false
    }
    left = left.next
    right = right.next
  }
  return true
}
