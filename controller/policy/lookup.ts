/**
 * The verdict for a packet, from a cache: what permits.ts says, found by identities and the intent's indices instead of
 * scanning, and remembered per pair of identities, protocol and port, so that all interfaces with the same tags share an
 * answer. An answer rests on the merged policies of its ends (merged.ts) and is as valid as they are: a change of intent
 * makes invalid what it affects and nothing else, and costs nothing for the rest. Keys are hashes; what they are made of
 * is compared as well, so a collision costs time and never an answer. It refuses to decide what policy means: a property
 * test holds it to permits.ts. Called by the API and by packet handlers.
 */
import { LRUCache } from 'lru-cache'
import {
  formatAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixHolds,
} from '../../model/address.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { WITH_PORTS } from '../../model/protocol.ts'
import { type Direction, IDENTITY, type InterfaceRecord, type Rule, type Tier, tierOf } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Hash } from './hash.ts'
import type { IntentDelta } from './intent.ts'
import { type MergeableState, MergedPolicies, type MergedPolicy } from './merged.ts'
import { compareRules, type PlacedRule, type RuleCause } from './order.ts'
import { carries, type DecidedBy, type Decision, type PolicyPacket, type Verdict } from './permits.ts'
import { UNKNOWN_PORT } from './pipeline.ts'
import { worldIdentities } from './resolve.ts'
import { domainOf, holderOf } from './routing.ts'

/** An identity and what applies to it. */
class Subject {
  readonly identity: number
  /** Undefined for the world. */
  readonly merged: MergedPolicy | undefined
  /** False once the identity is another, or belongs to other partitions. */
  same = true

  constructor(identity: number, merged: MergedPolicy | undefined) {
    this.identity = identity
    this.merged = merged
  }

  get valid(): boolean {
    return this.same && (this.merged === undefined || this.merged.valid)
  }
}

/** One end of a packet. */
interface End {
  subject: Subject
}

/** One end of a packet between named ends; no record is the world. */
interface NamedEnd extends End {
  record: InterfaceRecord | undefined
}

/** What a policy table is asked about a packet: what registers carry (pipeline.ts). */
export interface Question {
  source: number
  destination: number
  protocol: number
  /** Destination port, or ICMP type and code; UNKNOWN_PORT. */
  key: number
}

export interface Answer extends Verdict {
  /** The log rule that reports the first packet of such a connection. */
  log: PlacedRule | undefined
}

/** Whether an answer about an identity is still good. */
export interface Validity {
  readonly valid: boolean
}

interface Cached {
  from: Subject
  to: Subject
  protocol: number
  /** Port, ICMP code and what is kept, as one number. */
  what: number
  verdict: Verdict
}

/** How often the cache answered; for metrics. */
export interface LookupCounts {
  hits: number
  misses: number
  /** Other questions with the same hash. */
  collisions: number
  /** Answers that were there and no longer valid, because intent changed. */
  stale: number
  /** Milliseconds spent on what the cache did not have. */
  searchMs: number
}

/** What is asked again and again about two ends. */
export interface Between {
  /** Rules of either side that name the other. */
  rules: readonly Rule[]
  verdict(packet: Omit<PolicyPacket, 'from' | 'to'>): Verdict
}

/** One number of several. */
type Mix = (one: number, two: number, three: number, four: number) => number

export interface LookupOptions {
  /** Answers kept; 65,536 where absent. */
  capacity?: number
  /** Of tags. */
  hash?: Hash
  /** Of what is asked about a packet. */
  mix?: Mix
  /** Milliseconds, for what searching costs. */
  clock?: () => number
}

/** Stands for a port where the protocol has none. */
const NONE = -1

/** 52 bits that differ in many places where one of the numbers differs in one. */
const mixed: Mix = (one, two, three, four) => {
  let low = Math.imul(one ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(two + 0x7f4a7c15, 0xc2b2ae35)
  low = Math.imul(low ^ (low >>> 15) ^ three, 0x2c1b3c6d)
  low = Math.imul(low ^ (low >>> 13) ^ four, 0x297a2d39)
  const high = Math.imul(low ^ (low >>> 16) ^ two, 0x165667b1) ^ Math.imul(four ^ one, 0x9e3779b1)
  return ((high >>> 12) & 0xf_ffff) * 0x1_0000_0000 + (low >>> 0)
}

export class PolicyLookup {
  readonly counts: LookupCounts = { hits: 0, misses: 0, collisions: 0, stale: 0, searchMs: 0 }
  /** Merged policies of tag sets; shared with whoever asks for tags. */
  readonly merged: MergedPolicies
  readonly #intent: MergeableState
  readonly #mix: Mix
  readonly #clock: () => number
  readonly #cache: LRUCache<number, Cached>
  #generation: number
  #subjects = new Map<number, Subject>()
  #prefixes: { prefix: Prefix; identity: number }[] | undefined
  #worlds: ReadonlySet<number> | undefined

  constructor(intent: MergeableState, { capacity = 65536, hash, mix = mixed, clock = () => 0 }: LookupOptions = {}) {
    this.#intent = intent
    this.#clock = clock
    this.#mix = mix
    this.#cache = new LRUCache({ max: capacity })
    this.#generation = intent.generation
    this.merged = new MergedPolicies(intent, hash === undefined ? {} : { hash })
  }

  /** Answers kept at the moment. */
  get size(): number {
    return this.#cache.size
  }

  /**
   * Tells what a change set changed. Call it after each; a generation that moved without it drops everything, which is
   * right and slow. (A store that takes a change back may use a generation twice: only this call sees that.)
   */
  changed(delta: IntentDelta): void {
    this.#generation = this.#intent.generation
    this.merged.changed(delta)
    for (const identity of delta.identities) this.#end(identity)
    if (!delta.prefixesChanged) return
    this.#prefixes = undefined
    this.#worlds = undefined
    for (const { identity, merged } of [...this.#subjects.values()]) if (merged === undefined) this.#end(identity)
  }

  /** Whether a packet passes, and what decided on each side: the same as permits(). */
  getPolicyForTraffic(packet: PolicyPacket): Verdict {
    this.#follow()
    const [fromName, toName] = packet.reply === true ? [packet.to, packet.from] : [packet.from, packet.to]
    const ends = this.#ends(fromName, toName)
    if ('refused' in ends) return ends.refused
    const { from, to } = ends
    const meets = (rule: Rule): boolean => carries(rule, packet)
    return this.#cached(from, to, packet.protocol, whatOf(packet), () => [
      this.#side('egress', from, to, meets, packet.kept?.egress === true),
      this.#side('ingress', to, from, meets, packet.kept?.ingress === true),
    ])
  }

  /**
   * What the policy tables of a switch say to what registers carry: as getPolicyForTraffic of any two ends with these
   * identities. An identity that nobody has is refused. A port that cannot be known (UNKNOWN_PORT) matches what forbids
   * a port and nothing that permits one; a pass that names ports forbids it.
   */
  answer({ source, destination, protocol, key }: Question): Answer {
    this.#follow()
    const [from, to] = [this.#byIdentity(source), this.#byIdentity(destination)]
    if (from === undefined || to === undefined) {
      const name = `identity ${from === undefined ? source : destination}`
      return { ...refusal({ kind: 'unknown', name }), log: undefined }
    }
    if (isWorld(from) && isWorld(to)) return { ...refusal({ kind: 'no-path' }), log: undefined }
    const isUnknown = key === UNKNOWN_PORT
    const packet = { protocol, ...(isUnknown ? { port: key } : portOf(protocol, key)) }
    const meets = isUnknown ? (rule: Rule) => meetsUnknown(rule, protocol) : (rule: Rule) => carries(rule, packet)
    const verdict = this.#cached(from, to, protocol, whatOf(packet), () => [
      this.#side('egress', from, to, meets, false, isUnknown),
      this.#side('ingress', to, from, meets, false, isUnknown),
    ])
    const logs = (direction: Direction, { subject: { merged } }: End, peer: End): PlacedRule[] =>
      (merged?.by[direction] ?? []).filter(
        ({ rule, vnp }) => rule.action === 'log' && this.#names(rule.peer, vnp.name, peer) && meets(rule),
      )
    const [log] = [...logs('egress', from, to), ...logs('ingress', to, from)].sort(compareRules)
    return { ...verdict, log }
  }

  /** What registers carry of packets between two ends; undefined where no packet passes whatever rules say. */
  identitiesOf(fromName: string, toName: string): Pick<Question, 'source' | 'destination'> | undefined {
    this.#follow()
    const ends = this.#ends(fromName, toName)
    if ('refused' in ends) return undefined
    return { source: ends.from.subject.identity, destination: ends.to.subject.identity }
  }

  /** Whether answers about an identity, so far, hold; undefined where nobody has it. */
  validity(identity: number): Validity | undefined {
    this.#follow()
    return this.#byIdentity(identity)?.subject
  }

  #cached(from: End, to: End, protocol: number, what: number, search: () => [Decision, Decision]): Verdict {
    const key = this.#mix(from.subject.identity, to.subject.identity, protocol, what)
    const found = this.#cache.get(key)
    if (found === undefined) this.counts.misses++
    else if (!isAbout(found, from.subject, to.subject, protocol, what)) this.counts.collisions++
    else if (!found.from.valid || !found.to.valid) this.counts.stale++
    else {
      this.counts.hits++
      return found.verdict
    }
    const began = this.#clock()
    const [egress, ingress] = search()
    const verdict = { allow: passes(egress) && passes(ingress), egress, ingress }
    this.#cache.set(key, { from: from.subject, to: to.subject, protocol, what, verdict })
    this.counts.searchMs += this.#clock() - began
    return verdict
  }

  #byIdentity(identity: number): End | undefined {
    this.#worlds ??= new Set(worldIdentities(this.#intent))
    if (this.#worlds.has(identity)) return { subject: this.#subject(identity, true) }
    return this.#intent.usersOf(identity).size === 0 ? undefined : { subject: this.#subject(identity, false) }
  }

  /** For many questions about the same two ends: only the rules that name them, and verdicts from these. Not cached. */
  between(fromName: string, toName: string): Between {
    this.#follow()
    const ends = this.#ends(fromName, toName)
    if ('refused' in ends) return { rules: [], verdict: () => ends.refused }
    const { from, to } = ends
    const naming = (direction: Direction, { subject }: End, peer: End): PlacedRule[] =>
      (subject.merged?.by[direction] ?? []).filter(({ rule, vnp }) => this.#names(rule.peer, vnp.name, peer))
    const [egressRules, ingressRules] = [naming('egress', from, to), naming('ingress', to, from)]
    return {
      rules: [...egressRules, ...ingressRules].map(({ rule }) => rule),
      verdict: (packet) => {
        const applies = ({ rule }: PlacedRule): boolean => carries(rule, packet)
        const { egress: keptEgress = false, ingress: keptIngress = false } = packet.kept ?? {}
        const egress = this.#decide('egress', from, to, egressRules, applies, keptEgress)
        const ingress = this.#decide('ingress', to, from, ingressRules, applies, keptIngress)
        return { allow: passes(egress) && passes(ingress), egress, ingress }
      },
    }
  }

  /** Both ends, or why no packet passes between them whatever rules say. */
  #ends(fromName: string, toName: string): { from: NamedEnd; to: NamedEnd } | { refused: Verdict } {
    const [from, to] = [this.#endOf(fromName, toName), this.#endOf(toName, fromName)]
    if (from === undefined) return { refused: refusal({ kind: 'unknown', name: fromName }) }
    if (to === undefined) return { refused: refusal({ kind: 'unknown', name: toName }) }
    // Identities do not say who is who, nor in which network.
    if (from.record === undefined && to.record === undefined) return { refused: refusal({ kind: 'no-path' }) }
    if (from.record !== undefined && to.record !== undefined) {
      const domain = ({ network }: InterfaceRecord): string => domainOf(this.#intent, network)
      const apart = from.record === to.record || domain(from.record) !== domain(to.record)
      if (apart) return { refused: refusal({ kind: 'no-path' }) }
    }
    return { from, to }
  }

  /** Where nobody told what changed, anything may have. */
  #follow(): void {
    if (this.#generation === this.#intent.generation) return
    this.#generation = this.#intent.generation
    this.merged.forget()
    for (const subject of this.#subjects.values()) subject.same = false
    this.#subjects = new Map()
    this.#prefixes = undefined
    this.#worlds = undefined
  }

  #end(identity: number): void {
    const subject = this.#subjects.get(identity)
    if (subject === undefined) return
    subject.same = false
    this.#subjects.delete(identity)
  }

  #subject(identity: number, isWorld: boolean): Subject {
    const known = this.#subjects.get(identity)
    if (known?.valid === true) return known
    const merged = isWorld ? undefined : this.merged.forTags(this.#intent.tagsOf(identity))
    const subject = new Subject(identity, merged)
    this.#subjects.set(identity, subject)
    return subject
  }

  #endOf(name: string, otherName: string): NamedEnd | undefined {
    const record = this.#intent.interfaces.get(name)
    if (record !== undefined) return { subject: this.#subject(this.#intent.identityOf(name), false), record }
    const address = parseAddress(name)
    if (address === undefined) return undefined
    const network = this.#intent.interfaces.get(otherName)?.network
    if (network !== undefined && holderOf(this.#intent, network, formatAddress(address)) !== undefined) return undefined
    const longest = this.#sortPrefixes().find(({ prefix }) => prefixHolds(prefix, address))
    return { subject: this.#subject(longest?.identity ?? IDENTITY.world, true), record: undefined }
  }

  /** Prefixes that rules name, longest first. */
  #sortPrefixes(): { prefix: Prefix; identity: number }[] {
    this.#prefixes ??= [...this.#intent.prefixes]
      .map(([text, identity]) => ({ prefix: parsePrefix(text)!, identity }))
      .sort((one, other) => other.prefix.length - one.prefix.length)
    return this.#prefixes
  }

  #side(
    direction: Direction,
    subject: End,
    peer: End,
    meets: (rule: Rule) => boolean,
    kept: boolean,
    unknown = false,
  ): Decision {
    const rules = subject.subject.merged?.by[direction] ?? []
    const applies = ({ rule, vnp }: PlacedRule): boolean => this.#names(rule.peer, vnp.name, peer) && meets(rule)
    return this.#decide(direction, subject, peer, rules, applies, kept, unknown)
  }

  #decide(
    direction: Direction,
    { subject: { merged } }: End,
    peer: End,
    rules: readonly PlacedRule[],
    applies: (placed: PlacedRule) => boolean,
    kept: boolean,
    unknown = false,
  ): Decision {
    if (merged === undefined) return { verdict: 'allow', by: { kind: 'world' } }
    if (kept) return { verdict: 'allow', by: { kind: 'kept' } }
    const passed: RuleCause[] = []
    const decided = (verdict: Decision['verdict'], by: DecidedBy): Decision =>
      passed.length === 0 ? { verdict, by } : { verdict, by, passed }
    let left: Tier | undefined
    for (const placed of rules) {
      const { rule, cause, policy } = placed
      if (rule.action === 'log' || tierOf(policy) === left || !applies(placed)) continue
      if (rule.action !== 'pass') return decided(rule.action, { kind: 'rule', cause })
      // It may be any of the ports that are passed on, or another.
      if (unknown && namesPorts(rule)) return decided('deny', { kind: 'rule', cause })
      passed.push(cause)
      left = tierOf(policy)
    }
    const shared = merged.vnps.filter(({ name }) => isMember(this.#intent, peer, name))
    if (shared.length === 0) return decided('deny', { kind: 'no-shared-vnp' })
    const allowing = shared.find((vnp) => (direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault) === 'allow')
    if (allowing !== undefined) return decided('allow', { kind: 'default', vnps: [allowing.name] })
    return decided('deny', { kind: 'default', vnps: shared.map(({ name }) => name) })
  }

  #names(named: PlacedRule['rule']['peer'], vnp: string, peer: End): boolean {
    const { identity } = peer.subject
    switch (named.kind) {
      case 'any':
        return isWorld(peer) || isMember(this.#intent, peer, vnp)
      case 'tags':
        return isMember(this.#intent, peer, vnp) && matches(named.selector, this.#intent.tagsOf(identity))
      case 'vnp':
        return isMember(this.#intent, peer, named.vnp)
      case 'cidr': {
        if (!isWorld(peer)) return false
        const outer = parsePrefix(named.cidr)!
        return this.#sortPrefixes().some((known) => known.identity === identity && prefixContains(outer, known.prefix))
      }
    }
  }
}

const isWorld = ({ subject }: End): boolean => subject.merged === undefined

function isMember(intent: MergeableState, end: End, vnp: string): boolean {
  return !isWorld(end) && intent.membersOf(vnp).has(end.subject.identity)
}

/** Port, ICMP code and what is kept, as one number. */
function whatOf({ port = NONE, code = 0, kept }: Pick<PolicyPacket, 'port' | 'code' | 'kept'>): number {
  return (port * 256 + code) * 4 + (kept?.egress === true ? 1 : 0) + (kept?.ingress === true ? 2 : 0)
}

/** A key as the port of a packet, or as type and code. */
function portOf(protocol: number, key: number): Pick<PolicyPacket, 'port' | 'code'> {
  if (protocol === ICMP || protocol === ICMPV6) return { port: key >> 8, code: key & 0xff }
  return WITH_PORTS.has(protocol) ? { port: key } : {}
}

/** Whether a rule is about some ports, or messages, only. */
function namesPorts({ ports, icmp }: Rule): boolean {
  return icmp !== undefined || (ports.length > 0 && !ports.some(({ first, last }) => first === 0 && last === 0xffff))
}

/** Whether a rule is about a packet whose port nobody can know. */
function meetsUnknown(rule: Rule, protocol: number): boolean {
  if (
    rule.protocols.length > 0 ? !rule.protocols.includes(protocol) : rule.ports.length > 0 && !WITH_PORTS.has(protocol)
  )
    return false
  if (rule.icmp !== undefined && !rule.icmp.some((its) => its.protocol === protocol)) return false
  return !namesPorts(rule) || rule.action === 'deny' || rule.action === 'reject' || rule.action === 'pass'
}

function isAbout(found: Cached, from: Subject, to: Subject, protocol: number, what: number): boolean {
  return (
    found.from.identity === from.identity &&
    found.to.identity === to.identity &&
    found.protocol === protocol &&
    found.what === what
  )
}

const passes = ({ verdict }: Decision): boolean => verdict === 'allow' || verdict === 'rate-limit'

function refusal(by: DecidedBy): Verdict {
  return { allow: false, egress: { verdict: 'deny', by }, ingress: { verdict: 'deny', by } }
}
