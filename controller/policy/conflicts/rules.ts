/**
 * The rules of all policies, prepared for questions about overlap: each with the classes of its subjects and peers and
 * its region over all possible sets of tags, found by the tags that a packet's subject has rather than by a scan.
 * A policy or partition that changes costs its own rules only. Defaults of partitions stand at the end, as rules that
 * decide what no rule does. It refuses to judge: coverage.ts and conflicts.ts do.
 */
import { type Address, parsePrefix } from '../../../model/address.ts'
import {
  type Direction,
  type Policy,
  type Rule,
  type Selector,
  TIERS,
  tierOf,
  type Vnp,
} from '../../../model/records.ts'
import { compareRules, effectivePriority, type RuleCause } from '../order.ts'
import { type Cube, cubeMatches, cubeOf, cubeText, EVERY_SET, TagTable } from './cube.ts'
import { EVERY_PACKET, type Layer4, layer4Holds, layer4Of, type Range, rangeOf, WORLD } from './layer4.ts'
import { Layer4Index } from './layer4-index.ts'
import { type Box, boxesOf } from './region.ts'

/** A conjunction of selectors that rules share. */
export interface EndClass {
  id: number
  cube: Cube
  /** The partition that all of its interfaces are members of. */
  vnp: string
}

/** A packet of one direction, by the tags of its ends. Tags that no rule mentions are left out. */
export interface Point {
  direction: Direction
  subject: ReadonlySet<number>
  /** Tags of an interface, or an address of the world. */
  peer: ReadonlySet<number> | Address
  /** As in layer4.ts. */
  code: number
  /** The interfaces (or the address) that stand for the ends, where the packet is one that can be sent now. */
  names?: { subject: string; peer: string }
}

/** What a rule or a default does with a packet. Two that have the same text do the same. */
type Effect = string

interface Common {
  direction: Direction
  /** Undefined where nobody can be a subject. */
  subject: EndClass | undefined
  /** The interfaces among the peers. */
  peers: EndClass | undefined
  world: readonly Range[]
  layer4: Layer4
  effect: Effect
  /** Over all possible sets of tags. Empty where nothing can match. */
  region: readonly Box<Cube>[]
}

export interface RuleEntry extends Common {
  kind: 'rule'
  cause: RuleCause
  rule: Rule
  policy: Policy
  vnp: Vnp
  /** Rules of a lower tier number are all consulted before. */
  tier: number
  /** Of two rules that have one, the lower is consulted first; none yet is -1. */
  rank: number
  /** Rules of one partition, tier and direction with the same text are told apart by strictness, name or index only. */
  standing: string
}

/** The default of a partition that allows, or the refusal of all that is left (without a partition). */
export interface DefaultEntry extends Common {
  kind: 'default'
  vnp?: Vnp
}

export type Entry = RuleEntry | DefaultEntry

const tierNumber = (policy: Policy): number => TIERS.indexOf(tierOf(policy))

export const isLog = (entry: RuleEntry): boolean => entry.rule.action === 'log'
export const isPass = (entry: RuleEntry): boolean => entry.rule.action === 'pass'

/**
 * What a rule does with a packet that it decides: two rate limits are the same where rate and burst are. Where packets are
 * led and copied belongs to it.
 */
export function effectOf({ action, rateKbps, burstKb, mirror, redirect }: Rule): Effect {
  const effect = action === 'rate-limit' ? `rate-limit ${rateKbps}/${burstKb}` : action
  return `${effect}${mirror === undefined ? '' : ` to ${mirror}`}${redirect === undefined ? '' : ` via ${redirect}`}`
}

/** Negative where `one` is consulted first; defaults come last, those that allow first. */
export function compareEntries(one: Entry, other: Entry): number {
  if (one.kind === 'rule') return other.kind === 'rule' ? compareRuleEntries(one, other) : -1
  if (other.kind === 'rule') return 1
  return Number(one.vnp === undefined) - Number(other.vnp === undefined)
}

function compareRuleEntries(one: RuleEntry, other: RuleEntry): number {
  return one.rank >= 0 && other.rank >= 0 ? one.rank - other.rank : compareRules(one, other)
}

/** What decides between two rules of one partition before strictness of actions, names and indices do (order.ts). */
function standingOf(rule: Rule, policy: Policy, { name, resolution }: Vnp): string {
  const where = `${name} ${tierNumber(policy)} ${rule.direction}`
  switch (resolution) {
    case 'highest-priority':
      return `${where} ${effectivePriority(policy, rule)}`
    case 'strictest-wins':
      return `${where} ${rule.action} ${effectivePriority(policy, rule)}`
    case 'ordered-merge':
      return `${where} ${policy.priority}`
  }
}

interface SubjectGroup {
  subject: EndClass
  entries: Layer4Index<RuleEntry>
}

export class RuleIndex {
  readonly tags = new TagTable()
  readonly #vnps = new Map<string, Vnp>()
  readonly #policies = new Map<string, Policy>()
  readonly #policiesOf = new Map<string, Set<string>>()
  readonly #peerOf = new Map<string, Set<string>>()
  readonly #entries = new Map<string, RuleEntry[]>()
  readonly #classes = new Map<string, EndClass>()
  /** Groups of one direction by a tag that their subjects must have; by the empty key where there is none. */
  readonly #groups = new Map<string, Map<number, SubjectGroup>>()
  readonly #anchors = new Map<string, Set<SubjectGroup>>()
  readonly #passes = new Set<RuleEntry>()
  #defaults: Record<Direction, DefaultEntry[]> | undefined

  get vnps(): ReadonlyMap<string, Vnp> {
    return this.#vnps
  }

  get policies(): ReadonlyMap<string, Policy> {
    return this.#policies
  }

  /** Classes of subjects and peers that were ever needed. */
  get classCount(): number {
    return this.#classes.size
  }

  /** Rules that end their tier. */
  get passes(): ReadonlySet<RuleEntry> {
    return this.#passes
  }

  entriesOf(policy: string): readonly RuleEntry[] {
    return this.#entries.get(policy) ?? []
  }

  *entries(): IterableIterator<RuleEntry> {
    for (const entries of this.#entries.values()) yield* entries
  }

  /**
   * Every rule, first consulted first. Ranks are given on the way: the order of two rules follows from their records
   * alone, so ranks stay right while others come and go, and only rules that came since are compared the long way.
   */
  ordered(): RuleEntry[] {
    const all = [...this.entries()].sort(compareRuleEntries)
    for (const [rank, entry] of all.entries()) entry.rank = rank
    return all
  }

  /** Rules of one direction whose subjects are of a class; each class once. */
  *groups(direction: Direction): IterableIterator<{ subject: EndClass; entries: Layer4Index<RuleEntry> }> {
    yield* this.#groups.get(direction)?.values() ?? []
  }

  /** Policies of a partition, and those with rules that name it as peer. */
  policiesAbout(vnp: string): Set<string> {
    return new Set([...(this.#policiesOf.get(vnp) ?? []), ...(this.#peerOf.get(vnp) ?? [])])
  }

  policiesOf(vnp: string): ReadonlySet<string> {
    return this.#policiesOf.get(vnp) ?? new Set()
  }

  /**
   * Puts records in the place of others, or removes them. Says whose rules are others now: those of the policies, and
   * those that refer to the partitions.
   */
  update(
    vnps: ReadonlyMap<string, Vnp | undefined>,
    policies: ReadonlyMap<string, Policy | undefined>,
  ): { removed: RuleEntry[]; added: RuleEntry[] } {
    const concerned = new Set(policies.keys())
    for (const name of vnps.keys()) for (const policy of this.policiesAbout(name)) concerned.add(policy)
    const removed: RuleEntry[] = []
    for (const name of concerned) {
      for (const entry of this.#entries.get(name) ?? []) {
        this.#unindex(entry)
        removed.push(entry)
      }
      this.#entries.delete(name)
    }
    for (const [name, vnp] of vnps) {
      if (vnp === undefined) this.#vnps.delete(name)
      else this.#vnps.set(name, vnp)
      this.#defaults = undefined
    }
    for (const [name, policy] of policies) {
      this.#refer(this.#policies.get(name), 'delete')
      if (policy === undefined) this.#policies.delete(name)
      else this.#policies.set(name, policy)
      this.#refer(policy, 'add')
    }
    const added: RuleEntry[] = []
    for (const name of concerned) {
      const entries = this.#prepare(name)
      if (entries.length > 0) this.#entries.set(name, entries)
      for (const entry of entries) {
        this.#index(entry)
        added.push(entry)
      }
    }
    return { removed, added }
  }

  #refer(policy: Policy | undefined, how: 'add' | 'delete'): void {
    if (policy === undefined) return
    const put = (map: Map<string, Set<string>>, vnp: string): void => {
      const set = map.get(vnp) ?? new Set()
      set[how](policy.name)
      if (set.size === 0) map.delete(vnp)
      else map.set(vnp, set)
    }
    put(this.#policiesOf, policy.vnp)
    for (const { peer } of policy.rules) if (peer.kind === 'vnp') put(this.#peerOf, peer.vnp)
  }

  #class(vnp: Vnp, ...selectors: Selector[]): EndClass | undefined {
    const cube = cubeOf(this.tags, ...selectors, vnp.selector)
    if (cube === undefined) return undefined
    const key = `${vnp.name};${cubeText(cube)}`
    let known = this.#classes.get(key)
    if (known === undefined) {
      known = { id: this.#classes.size, cube, vnp: vnp.name }
      this.#classes.set(key, known)
    }
    return known
  }

  #prepare(name: string): RuleEntry[] {
    const policy = this.#policies.get(name)
    const vnp = policy === undefined ? undefined : this.#vnps.get(policy.vnp)
    if (policy === undefined || vnp === undefined) return []
    const subject = this.#class(vnp, policy.appliesTo)
    return policy.rules.map((rule, ruleIndex) => {
      const { peers, world } = this.#peers(vnp, rule)
      const layer4 = layer4Of(rule)
      return {
        kind: 'rule',
        cause: { vnp: vnp.name, policy: name, ruleIndex },
        rule,
        policy,
        vnp,
        tier: tierNumber(policy),
        rank: -1,
        standing: standingOf(rule, policy, vnp),
        direction: rule.direction,
        subject,
        peers,
        world,
        layer4,
        effect: effectOf(rule),
        region: subject === undefined ? [] : boxesOf(subject.cube, peers?.cube, world, layer4),
      }
    })
  }

  #peers(vnp: Vnp, { peer }: Rule): { peers: EndClass | undefined; world: readonly Range[] } {
    switch (peer.kind) {
      case 'any':
        return { peers: this.#class(vnp), world: WORLD }
      case 'tags':
        return { peers: this.#class(vnp, peer.selector), world: [] }
      case 'cidr':
        return { peers: undefined, world: parsePrefix(peer.cidr) === undefined ? [] : [rangeOf(peer.cidr)] }
      case 'vnp': {
        const other = this.#vnps.get(peer.vnp)
        return { peers: other === undefined ? undefined : this.#class(other), world: [] }
      }
    }
  }

  #index(entry: RuleEntry): void {
    const { direction, subject } = entry
    if (subject === undefined) return
    if (isPass(entry)) this.#passes.add(entry)
    const groups = this.#groups.get(direction) ?? new Map<number, SubjectGroup>()
    this.#groups.set(direction, groups)
    let group = groups.get(subject.id)
    if (group === undefined) {
      group = { subject, entries: new Layer4Index() }
      groups.set(subject.id, group)
      for (const key of anchorsOf(direction, subject.cube)) {
        const set = this.#anchors.get(key) ?? new Set()
        set.add(group)
        this.#anchors.set(key, set)
      }
    }
    group.entries.add(entry)
  }

  #unindex(entry: RuleEntry): void {
    const { direction, subject } = entry
    if (subject === undefined) return
    this.#passes.delete(entry)
    const groups = this.#groups.get(direction)
    const group = groups?.get(subject.id)
    group?.entries.delete(entry)
    if (group === undefined || group.entries.size > 0) return
    groups?.delete(subject.id)
    for (const key of anchorsOf(direction, subject.cube)) {
      const set = this.#anchors.get(key)
      set?.delete(group)
      if (set?.size === 0) this.#anchors.delete(key)
    }
  }

  /** Every rule that names a packet, log rules included, first consulted first. */
  rulesFor(point: Point): RuleEntry[] {
    const found: RuleEntry[] = []
    const seen = new Set<SubjectGroup>()
    const look = (key: string): void => {
      for (const group of this.#anchors.get(key) ?? []) {
        if (seen.has(group)) continue
        seen.add(group)
        if (!cubeMatches(group.subject.cube, point.subject)) continue
        for (const entries of group.entries.at(point.code)) {
          for (const entry of entries) {
            if (layer4Holds(entry.layer4, point.code) && namesPeer(entry, point)) found.push(entry)
          }
        }
      }
    }
    look(point.direction)
    for (const tag of point.subject) look(`${point.direction} ${tag}`)
    return found.length < 2 ? found : found.sort(compareRuleEntries)
  }

  /** Defaults in the order in which they are asked: one for each partition that allows, and the refusal at the end. */
  defaults(direction: Direction): DefaultEntry[] {
    this.#defaults ??= { egress: this.#defaultsOf('egress'), ingress: this.#defaultsOf('ingress') }
    return this.#defaults[direction]
  }

  #defaultsOf(direction: Direction): DefaultEntry[] {
    const found: DefaultEntry[] = []
    const common = { kind: 'default' as const, direction, layer4: EVERY_PACKET }
    for (const vnp of this.#vnps.values()) {
      if ((direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault) !== 'allow') continue
      const members = this.#class(vnp)
      if (members === undefined) continue
      const region = boxesOf(members.cube, members.cube, [], EVERY_PACKET)
      found.push({ ...common, subject: members, peers: members, world: [], effect: 'allow', region, vnp })
    }
    const everybody: EndClass = { id: -1, cube: EVERY_SET, vnp: '' }
    const region = boxesOf(EVERY_SET, EVERY_SET, WORLD, EVERY_PACKET)
    found.push({ ...common, subject: everybody, peers: everybody, world: WORLD, effect: 'deny', region })
    return found
  }
}

/** Under which keys a group of subjects is found: a tag that all have, else each tag of a clause, else for everybody. */
function anchorsOf(direction: Direction, { all, any }: Cube): string[] {
  if (all.length > 0) return [`${direction} ${all[0]}`]
  if (any.length > 0) return any[0]!.map((tag) => `${direction} ${tag}`)
  return [direction]
}

/** Whether the packet's other end is among the peers. */
function namesPeer({ peers, world }: Entry, { peer }: Point): boolean {
  if ('value' in peer) {
    return world.some(({ family, first, last }) => family === peer.family && first <= peer.value && peer.value <= last)
  }
  return peers !== undefined && cubeMatches(peers.cube, peer)
}

/** Whether a rule or default names a packet. */
export function namesPoint(entry: Entry, point: Point): boolean {
  return (
    entry.direction === point.direction &&
    entry.subject !== undefined &&
    cubeMatches(entry.subject.cube, point.subject) &&
    layer4Holds(entry.layer4, point.code) &&
    namesPeer(entry, point)
  )
}
