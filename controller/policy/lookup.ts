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
import { type Direction, IDENTITY, type InterfaceRecord, type Rule, type Tier, tierOf } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Hash } from './hash.ts'
import type { IntentDelta } from './intent.ts'
import { type MergeableState, MergedPolicies, type MergedPolicy } from './merged.ts'
import type { PlacedRule, RuleCause } from './order.ts'
import { carries, type DecidedBy, type Decision, type PolicyPacket, type Verdict } from './permits.ts'

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
  /** Undefined for the world. */
  record: InterfaceRecord | undefined
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
    for (const { identity, merged } of [...this.#subjects.values()]) if (merged === undefined) this.#end(identity)
  }

  /** Whether a packet passes, and what decided on each side: the same as permits(). */
  getPolicyForTraffic(packet: PolicyPacket): Verdict {
    this.#follow()
    const [fromName, toName] = packet.reply === true ? [packet.to, packet.from] : [packet.from, packet.to]
    const ends = this.#ends(fromName, toName)
    if ('refused' in ends) return ends.refused
    const { from, to } = ends
    const { protocol, port = NONE, code = 0, kept } = packet
    const bits = (kept?.egress === true ? 1 : 0) + (kept?.ingress === true ? 2 : 0)
    const what = (port * 256 + code) * 4 + bits
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
    const egress = this.#side('egress', from, to, packet)
    const ingress = this.#side('ingress', to, from, packet)
    const verdict = { allow: passes(egress) && passes(ingress), egress, ingress }
    this.#cache.set(key, { from: from.subject, to: to.subject, protocol, what, verdict })
    this.counts.searchMs += this.#clock() - began
    return verdict
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
  #ends(fromName: string, toName: string): { from: End; to: End } | { refused: Verdict } {
    const [from, to] = [this.#endOf(fromName, toName), this.#endOf(toName, fromName)]
    if (from === undefined) return { refused: refusal({ kind: 'unknown', name: fromName }) }
    if (to === undefined) return { refused: refusal({ kind: 'unknown', name: toName }) }
    // Identities do not say who is who, nor in which network.
    if (from.record === undefined && to.record === undefined) return { refused: refusal({ kind: 'no-path' }) }
    if (from.record !== undefined && to.record !== undefined) {
      const apart = from.record === to.record || from.record.network !== to.record.network
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

  #endOf(name: string, otherName: string): End | undefined {
    const record = this.#intent.interfaces.get(name)
    if (record !== undefined) return { subject: this.#subject(this.#intent.identityOf(name), false), record }
    const address = parseAddress(name)
    if (address === undefined) return undefined
    const network = this.#intent.interfaces.get(otherName)?.network
    if (network !== undefined && this.#intent.byAddress(network, formatAddress(address)) !== undefined) return undefined
    this.#prefixes ??= [...this.#intent.prefixes]
      .map(([text, identity]) => ({ prefix: parsePrefix(text)!, identity }))
      .sort((one, other) => other.prefix.length - one.prefix.length)
    const longest = this.#prefixes.find(({ prefix }) => prefixHolds(prefix, address))
    return { subject: this.#subject(longest?.identity ?? IDENTITY.world, true), record: undefined }
  }

  #side(direction: Direction, subject: End, peer: End, packet: PolicyPacket): Decision {
    const rules = subject.subject.merged?.by[direction] ?? []
    const applies = ({ rule, vnp }: PlacedRule): boolean =>
      this.#names(rule.peer, vnp.name, peer) && carries(rule, packet)
    return this.#decide(direction, subject, peer, rules, applies, packet.kept?.[direction] === true)
  }

  #decide(
    direction: Direction,
    { subject: { merged } }: End,
    peer: End,
    rules: readonly PlacedRule[],
    applies: (placed: PlacedRule) => boolean,
    kept: boolean,
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
        return peer.record === undefined || isMember(this.#intent, peer, vnp)
      case 'tags':
        return isMember(this.#intent, peer, vnp) && matches(named.selector, this.#intent.tagsOf(identity))
      case 'vnp':
        return isMember(this.#intent, peer, named.vnp)
      case 'cidr': {
        if (peer.record !== undefined) return false
        const outer = parsePrefix(named.cidr)!
        return (this.#prefixes ?? []).some(
          (known) => known.identity === identity && prefixContains(outer, known.prefix),
        )
      }
    }
  }
}

function isMember(intent: MergeableState, { record, subject }: End, vnp: string): boolean {
  return record !== undefined && intent.membersOf(vnp).has(subject.identity)
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
