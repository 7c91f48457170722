/**
 * Which pairs of classes a change can give another verdict, and for which packets: a superset, found from the rules that
 * came, went or stand elsewhere in the order, the interfaces that rules see differently, and the defaults that changed;
 * never by going through all pairs. First match decides (permits.ts), so a verdict can only be another where
 *
 *  - a rule came, went, changed places with another one or its tier: between its subjects and its peers, for packets it carries;
 *  - an interface entered or left the subjects or peers of a rule that stays: between it and the rule's other side;
 *  - two interfaces share a partition that they did not share, or one whose default changed: for all packets.
 *
 * A generator, so that the caller can let others in between. It refuses to say what the verdicts are
 * (verdict-changes.ts).
 */
import { parsePrefix, prefixContains } from '../../model/address.ts'
import { type Peer, type Policy, type Rule, tierOf, type Vnp } from '../../model/records.ts'
import { matches, selectorText } from '../../model/selector.ts'
import { sameValue } from './changes.ts'
import { type Classes, type EndClass, type Photograph, type Stand, standOf, type When } from './classes.ts'
import { type OrderedRule, ruleHash } from './order.ts'

/** Rules that carry what may be judged differently, or all packets. */
export type Within = Rule[] | 'all'

export interface Concerned {
  /** By the index of the class that opens the connection, then of the other. */
  pairs: Map<number, Map<number, Within>>
  count: number
  /** There are more; these are as many as were asked for. */
  cut: boolean
}

const WHEN: readonly When[] = ['before', 'after']

export function* concernedPairs(classes: Classes, limit: number): Generator<void, Concerned> {
  const found = new Pairs(limit)
  const sides = new Sides(classes)
  const { changed, kept } = compareRules(classes.before, classes.after)
  for (const { when, ordered } of changed) {
    const { rule } = ordered
    yield* product(sides, found, rule, when, sides.subjects(ordered, when), sides.peers(ordered, when))
    if (found.isFull) return found.result
  }
  yield* movedClasses(classes, sides, kept, found)
  for (const name of changedDefaults(classes.before, classes.after)) {
    for (const when of WHEN) yield* allPackets(sides, found, when, sides.members(name, when), sides.members(name, when))
  }
  return found.result
}

/** Pairs of a rule's subjects and peers in one state. */
function* product(
  sides: Sides,
  found: Pairs,
  rule: Rule,
  when: When,
  subjects: Iterable<number>,
  peers: ReadonlySet<number>,
): Generator<void, void> {
  for (const subject of subjects) {
    for (const peer of peers) {
      if (!sides.haveWay(subject, peer, when)) continue
      if (rule.direction === 'egress') found.add(subject, peer, rule)
      else found.add(peer, subject, rule)
    }
    if (found.isFull) return
    yield
  }
}

function* allPackets(
  sides: Sides,
  found: Pairs,
  when: When,
  ones: Iterable<number>,
  others: ReadonlySet<number>,
): Generator<void, void> {
  for (const one of ones) {
    for (const other of others) {
      if (!sides.haveWay(one, other, when)) continue
      found.addAll(one, other)
      found.addAll(other, one)
    }
    if (found.isFull) return
    yield
  }
}

/** Interfaces that rules which stay, or partitions, see differently now. */
function* movedClasses(classes: Classes, sides: Sides, kept: readonly Kept[], found: Pairs): Generator<void, void> {
  const byVnp = new Map<string, Kept[]>()
  for (const each of kept) {
    const { policy, rule } = each.after
    const vnps = rule.peer.kind === 'vnp' ? new Set([policy.vnp, rule.peer.vnp]) : [policy.vnp]
    for (const vnp of vnps) {
      const its = byVnp.get(vnp)
      if (its === undefined) byVnp.set(vnp, [each])
      else its.push(each)
    }
  }
  for (const [index, end] of classes.all.entries()) {
    if (end.kind === 'world') continue
    const { before, after, retagged } = end
    const elsewhere = before?.network !== after?.network
    const [was, is] = [before?.members ?? NONE, after?.members ?? NONE]
    const entered = [...is].filter((vnp) => elsewhere || !was.has(vnp))
    const left = [...was].filter((vnp) => elsewhere || !is.has(vnp))
    if (!elsewhere && !retagged && entered.length + left.length === 0) continue
    const vnps = retagged || elsewhere ? [...was, ...is] : [...entered, ...left]
    const self = [index]
    for (const each of new Set(vnps.flatMap((vnp) => byVnp.get(vnp) ?? []))) {
      const { rule } = each.after
      const isSubject = WHEN.filter((when) => sides.subjects(each[when], when).has(index))
      const isPeer = WHEN.filter((when) => sides.peers(each[when], when).has(index))
      const differs = (at: readonly When[]): boolean => (elsewhere ? at.length > 0 : at.length === 1)
      for (const when of differs(isSubject) ? isSubject : []) {
        yield* product(sides, found, rule, when, self, sides.peers(each[when], when))
      }
      for (const when of differs(isPeer) ? isPeer : []) {
        yield* product(sides, found, rule, when, sides.subjects(each[when], when), new Set(self))
      }
      if (found.isFull) return
    }
    for (const vnp of new Set([...entered, ...left])) {
      for (const when of WHEN) yield* allPackets(sides, found, when, self, sides.members(vnp, when))
    }
    if (found.isFull) return
    yield
  }
}

const NONE: ReadonlySet<never> = new Set()

/** A rule that says the same in both states. */
interface Kept {
  before: OrderedRule
  after: OrderedRule
}

/**
 * Rules that only one state has, or that both have but that do not keep their order among those that stay; log rules
 * decide nothing. A rule of another subject selector, partition or tier is another rule.
 */
export function compareRules(
  before: Pick<Photograph, 'rules'>,
  after: Pick<Photograph, 'rules'>,
): { changed: { when: When; ordered: OrderedRule }[]; kept: Kept[] } {
  const changed: { when: When; ordered: OrderedRule }[] = []
  const kept: Kept[] = []
  const deciding = (rules: readonly OrderedRule[]) => rules.filter(({ rule }) => rule.action !== 'log')
  if (before.rules === after.rules) {
    for (const ordered of deciding(before.rules)) kept.push({ before: ordered, after: ordered })
    return { changed, kept }
  }
  const waiting = new Map<string, OrderedRule[]>()
  for (const ordered of deciding(before.rules)) {
    const key = keyOf(ordered)
    const same = waiting.get(key)
    if (same === undefined) waiting.set(key, [ordered])
    else same.push(ordered)
  }
  for (const ordered of deciding(after.rules)) {
    const same = waiting.get(keyOf(ordered))
    const at = same?.findIndex((other) => isSame(other, ordered)) ?? -1
    if (same === undefined || at < 0) changed.push({ when: 'after', ordered })
    else kept.push({ before: same.splice(at, 1)[0]!, after: ordered })
  }
  for (const rest of waiting.values()) for (const ordered of rest) changed.push({ when: 'before', ordered })
  for (const direction of ['egress', 'ingress'] as const) {
    const its = kept.filter(({ after: { rule } }) => rule.direction === direction)
    const steady = increasing(its.map(({ before: { rank } }) => rank))
    for (const [index, each] of its.entries()) {
      if (steady.has(index)) continue
      for (const when of WHEN) changed.push({ when, ordered: each[when] })
    }
  }
  return { changed, kept }
}

function keyOf({ policy, rule }: OrderedRule): string {
  return `${policy.name} ${ruleHash(rule)}`
}

/** Whether two rules say the same about the same subjects. Where they stand is compared apart. */
function isSame(one: OrderedRule, other: OrderedRule): boolean {
  if (one.policy === other.policy) return true
  return (
    one.policy.vnp === other.policy.vnp &&
    tierOf(one.policy) === tierOf(other.policy) &&
    sameValue(one.policy.appliesTo, other.policy.appliesTo) &&
    sameValue(one.rule, other.rule)
  )
}

/** Positions of a longest increasing subsequence of distinct numbers (patience sorting), O(n log n). */
export function increasing(numbers: readonly number[]): Set<number> {
  const tails: number[] = []
  const previous: number[] = []
  for (const [index, number] of numbers.entries()) {
    let [low, high] = [0, tails.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (numbers[tails[middle]!]! < number) low = middle + 1
      else high = middle
    }
    previous[index] = low === 0 ? -1 : tails[low - 1]!
    tails[low] = index
  }
  const chosen = new Set<number>()
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) chosen.add(at)
  return chosen
}

/** Partitions of both states that say something else where no rule decides. */
function changedDefaults(before: Photograph, after: Photograph): string[] {
  const other = (one: Vnp, now: Vnp | undefined): boolean =>
    now !== undefined && (one.egressDefault !== now.egressDefault || one.ingressDefault !== now.ingressDefault)
  return [...before.vnps.values()].filter((vnp) => other(vnp, after.vnps.get(vnp.name))).map(({ name }) => name)
}

/** Who is on which side of a rule, in either state; each question is answered once. */
class Sides {
  readonly #classes: Classes
  readonly #known: Readonly<Record<When, Map<string, ReadonlySet<number>>>> = { before: new Map(), after: new Map() }
  readonly #bySubjects: Readonly<Record<When, Map<Policy, ReadonlySet<number>>>> = {
    before: new Map(),
    after: new Map(),
  }
  readonly #byRule: Readonly<Record<When, Map<OrderedRule, ReadonlySet<number>>>> = {
    before: new Map(),
    after: new Map(),
  }

  constructor(classes: Classes) {
    this.#classes = classes
  }

  /** Whether both are there in a state, in one network where both are interfaces. */
  haveWay(one: number, other: number, when: When): boolean {
    const { all } = this.#classes
    const [a, b] = [all[one]!, all[other]!]
    if (a.kind === 'world') return b.kind !== 'world' && b[when] !== undefined
    if (b.kind === 'world') return a[when] !== undefined
    return a[when] !== undefined && a[when]?.network === b[when]?.network
  }

  members(vnp: string, when: When): ReadonlySet<number> {
    return this.#find(when, `members ${vnp}`, (_, stand) => stand?.members.has(vnp) === true)
  }

  subjects({ policy }: OrderedRule, when: When): ReadonlySet<number> {
    const known = this.#bySubjects[when].get(policy)
    if (known !== undefined) return known
    const found = this.#matching(policy.vnp, policy.appliesTo, when)
    this.#bySubjects[when].set(policy, found)
    return found
  }

  peers(ordered: OrderedRule, when: When): ReadonlySet<number> {
    const known = this.#byRule[when].get(ordered)
    if (known !== undefined) return known
    const found = this.#peers(ordered.rule.peer, ordered.policy.vnp, when)
    this.#byRule[when].set(ordered, found)
    return found
  }

  #peers(peer: Peer, vnp: string, when: When): ReadonlySet<number> {
    switch (peer.kind) {
      case 'tags':
        return this.#matching(vnp, peer.selector, when)
      case 'vnp':
        return this.members(peer.vnp, when)
      case 'any':
        return this.#find(when, `any ${vnp}`, (end, stand) => end.kind === 'world' || stand?.members.has(vnp) === true)
      case 'cidr': {
        const outer = parsePrefix(peer.cidr)!
        return this.#find(when, peer.cidr, (end) => end.kind === 'world' && prefixContains(outer, end.prefix))
      }
    }
  }

  #matching(vnp: string, selector: Policy['appliesTo'], when: When): ReadonlySet<number> {
    return this.#find(
      when,
      `tags ${vnp} ${selectorText(selector)}`,
      (_, stand) => stand?.members.has(vnp) === true && matches(selector, stand.tags),
    )
  }

  #find(when: When, key: string, wanted: (end: EndClass, stand: Stand | undefined) => boolean): ReadonlySet<number> {
    const known = this.#known[when].get(key)
    if (known !== undefined) return known
    const found = new Set<number>()
    for (const [index, end] of this.#classes.all.entries()) if (wanted(end, standOf(end, when))) found.add(index)
    this.#known[when].set(key, found)
    return found
  }
}

class Pairs {
  readonly #pairs = new Map<number, Map<number, Within>>()
  readonly #limit: number
  #count = 0
  #cut = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#cut
  }

  get result(): Concerned {
    return { pairs: this.#pairs, count: this.#count, cut: this.#cut }
  }

  add(from: number, to: number, rule: Rule): void {
    const its = this.#of(from)
    const within = its?.get(to)
    if (within === 'all') return
    if (within !== undefined) {
      if (within.at(-1) !== rule) within.push(rule)
    } else this.#put(its, to, [rule])
  }

  addAll(from: number, to: number): void {
    const its = this.#of(from)
    if (its.has(to)) its.set(to, 'all')
    else this.#put(its, to, 'all')
  }

  #of(from: number): Map<number, Within> {
    let its = this.#pairs.get(from)
    if (its === undefined) {
      its = new Map()
      this.#pairs.set(from, its)
    }
    return its
  }

  #put(its: Map<number, Within>, to: number, within: Within): void {
    if (this.#count >= this.#limit) {
      this.#cut = true
      return
    }
    this.#count++
    its.set(to, within)
  }
}
