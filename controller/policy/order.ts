/**
 * The total order of all rules: which is consulted before which, as a static sort key that no insertion, no clock and
 * no map order can change. docs/policy.md has the same as a truth table. It refuses to know who is subject or peer
 * (resolve.ts) and how rows are numbered on a switch (the compiler). Called by the compiler, permits, lookup, explain.
 */
import {
  type Policy,
  type Resolution,
  type Rule,
  type RuleAction,
  TIERS,
  tierOf,
  type Vnp,
} from '../../model/records.ts'
import { hash64 } from './hash.ts'
import type { IntentView } from './state.ts'

/** Where a rule stands: enough to find it again and to show it. */
export interface RuleCause {
  vnp: string
  policy: string
  ruleIndex: number
}

export interface OrderedRule {
  /** 0 is consulted first. Ranks are dense over all rules, log rules included. */
  rank: number
  /** Stands for the rule in cookies and conjunction ids: `policy.number * 4096 + slot`. */
  object: number
  cause: RuleCause
  rule: Rule
  policy: Policy
  vnp: Vnp
}

/** Rules per policy number in the object space; validation keeps policies below it. */
export const RULES_PER_POLICY = 4096

/**
 * Last numbers of policies and of partitions: rules (policy number times 4,096, and slot) and, above them, defaults share
 * the 32 bits of a conjunction id.
 */
export const MAX_NUMBER = { policy: 0xe_ffff, vnp: 0x0fff_ffff } as const

/** Rules in all policies together: ranks must fit into the 16 bits of an OpenFlow priority, with room for our own rows. */
export const MAX_RULES = 60_000

/** How strict each action is. `log` gives no verdict and never competes. */
export const STRICTNESS: Readonly<Record<RuleAction, number>> = {
  deny: 5,
  reject: 4,
  'rate-limit': 3,
  pass: 2,
  allow: 1,
  log: 0,
}

/** The number that stands for a rule. */
export function ruleObject(policy: Policy, ruleIndex: number): number {
  return policy.number * RULES_PER_POLICY + (ruleSlots(policy)[ruleIndex] ?? 0)
}

/** The index of the rule that has a slot now; undefined where none has it any more. */
export function ruleAt(policy: Policy, slot: number): number | undefined {
  const index = ruleSlots(policy).indexOf(slot)
  return index < 0 ? undefined : index
}

const slotsOf = new WeakMap<Policy, readonly number[]>()

/**
 * Slots of a policy's rules, by index: a function of the set of rules alone, that follows a rule's content and not its
 * index. So a rule that comes or goes leaves the objects of nearly all others as they are, and a controller that has just
 * started finds the same. Each rule has the first free slot from the one that its hash names, in the order of hashes.
 */
function ruleSlots(policy: Policy): readonly number[] {
  const known = slotsOf.get(policy)
  if (known !== undefined) return known
  const homes = policy.rules.map((rule, index) => ({ hash: ruleHash(rule), index }))
  homes.sort((one, other) => (one.hash < other.hash ? -1 : one.hash > other.hash ? 1 : one.index - other.index))
  const slots: number[] = []
  const taken = new Set<number>()
  for (const { hash, index } of homes) {
    let slot = Number(hash >> 52n)
    while (taken.has(slot) && taken.size < RULES_PER_POLICY) slot = (slot + 1) % RULES_PER_POLICY
    taken.add(slot)
    slots[index] = slot
  }
  slotsOf.set(policy, slots)
  return slots
}

const hashOf = new WeakMap<Rule, bigint>()

/** xxhash64 of what a rule says: the same for rules that say the same. */
export function ruleHash(rule: Rule): bigint {
  const known = hashOf.get(rule)
  if (known !== undefined) return known
  const {
    direction,
    peer,
    protocols,
    ports,
    icmp,
    established,
    mirror,
    redirect,
    action,
    log,
    rateKbps,
    burstKb,
    priority,
  } = rule
  const whom =
    peer.kind === 'tags'
      ? [peer.selector.allOf, peer.selector.anyOf, peer.selector.noneOf]
      : peer.kind === 'vnp'
        ? peer.vnp
        : peer.kind === 'cidr'
          ? peer.cidr
          : ''
  const where = ports.map(({ first, last }) => [first, last])
  const said: unknown[] = [direction, peer.kind, whom, protocols, where, action, log, rateKbps, burstKb, priority]
  // What was not there when rules were first hashed is said only where it says something, so that others keep their hash.
  if (icmp !== undefined) said.push({ icmp: icmp.map(({ protocol, type, code }) => [protocol, type, code]) })
  if (established !== undefined) said.push({ established })
  if (mirror !== undefined) said.push({ mirror })
  if (redirect !== undefined) said.push({ redirect })
  const hash = hash64(JSON.stringify(said))
  hashOf.set(rule, hash)
  return hash
}

export function effectivePriority(policy: Policy, rule: Rule): number {
  return rule.priority ?? policy.priority
}

/** Partitions in the order in which they are consulted: priority descending, then name. */
export function compareVnps(one: Vnp, other: Vnp): number {
  return other.priority - one.priority || compareText(one.name, other.name)
}

/** A rule with its partition and policy: what its place in the order depends on. */
export type PlacedRule = Pick<OrderedRule, 'rule' | 'policy' | 'vnp' | 'cause'>

/** How two rules of one partition compare before their names and indices decide. */
const WITHIN: Readonly<Record<Resolution, (one: PlacedRule, other: PlacedRule) => number>> = {
  'highest-priority': (one, other) => byPriority(one, other) || byStrictness(one, other),
  'strictest-wins': (one, other) => byStrictness(one, other) || byPriority(one, other),
  'ordered-merge': (one, other) => other.policy.priority - one.policy.priority,
}

/** Negative where `one` is consulted first. Zero only for the same rule. */
export function compareRules(one: PlacedRule, other: PlacedRule): number {
  return (
    TIERS.indexOf(tierOf(one.policy)) - TIERS.indexOf(tierOf(other.policy)) ||
    compareVnps(one.vnp, other.vnp) ||
    WITHIN[one.vnp.resolution](one, other) ||
    compareText(one.policy.name, other.policy.name) ||
    one.cause.ruleIndex - other.cause.ruleIndex
  )
}

/** Every rule of every policy whose partition exists, first consulted first. */
export function orderRules(intent: Pick<IntentView, 'vnps' | 'policies'>): OrderedRule[] {
  const placed: OrderedRule[] = []
  for (const policy of intent.policies.values()) {
    const vnp = intent.vnps.get(policy.vnp)
    if (vnp === undefined) continue
    for (const [ruleIndex, rule] of policy.rules.entries()) {
      const cause = { vnp: vnp.name, policy: policy.name, ruleIndex }
      placed.push({ rank: 0, object: ruleObject(policy, ruleIndex), cause, rule, policy, vnp })
    }
  }
  placed.sort(compareRules)
  for (const [rank, rule] of placed.entries()) rule.rank = rank
  return placed
}

/** By UTF-16 code units: the same on every machine, whatever its language. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function byPriority(one: PlacedRule, other: PlacedRule): number {
  return effectivePriority(other.policy, other.rule) - effectivePriority(one.policy, one.rule)
}

function byStrictness(one: PlacedRule, other: PlacedRule): number {
  return STRICTNESS[other.rule.action] - STRICTNESS[one.rule.action]
}
