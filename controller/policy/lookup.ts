/**
 * The verdict for a packet, from a cache: what permits.ts says, found by identities and the intent's indices instead of
 * scanning, and remembered per pair of identities, protocol and port, so that all interfaces with the same tags share an
 * answer. A change of intent drops what it affects: identities that moved, or everything where rules are others now.
 * Keys are 64-bit hashes; the text is compared as well, so a collision costs time and never an answer. It refuses to
 * decide what policy means: a property test holds it to permits.ts. Called by the API and by packet handlers.
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
import { type Direction, IDENTITY, type InterfaceRecord } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import { type Hash, hash64 } from './hash.ts'
import type { IntentDelta } from './intent.ts'
import { type OrderedRule, orderRules } from './order.ts'
import { carries, type DecidedBy, type Decision, type PolicyPacket, type Verdict } from './permits.ts'
import { decisionList } from './resolve.ts'
import type { IntentView } from './state.ts'

/** One end of a packet. */
interface End {
  identity: number
  /** Undefined for the world. */
  record: InterfaceRecord | undefined
}

interface Cached {
  text: string
  from: number
  to: number
  verdict: Verdict
}

/** How often the cache answered; for metrics. */
export interface LookupCounts {
  hits: number
  misses: number
  /** Other questions with the same hash. */
  collisions: number
  /** Entries dropped because intent changed. */
  dropped: number
}

export class PolicyLookup {
  readonly counts: LookupCounts = { hits: 0, misses: 0, collisions: 0, dropped: 0 }
  readonly #intent: IntentView
  readonly #hash: Hash
  readonly #cache: LRUCache<bigint, Cached>
  #generation: number
  #rules: OrderedRule[] | undefined
  #prefixes: { prefix: Prefix; identity: number }[] | undefined
  readonly #lists = new Map<string, OrderedRule[]>()

  /** @param capacity Answers kept. */
  constructor(intent: IntentView, { capacity = 65536, hash = hash64 }: { capacity?: number; hash?: Hash } = {}) {
    this.#intent = intent
    this.#hash = hash
    this.#cache = new LRUCache({ max: capacity })
    this.#generation = intent.generation
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
    if (delta.rulesChanged || delta.relevanceChanged || delta.prefixesChanged) {
      this.#forget()
      return
    }
    if (delta.identities.size === 0) return
    this.#lists.clear()
    for (const [key, { from, to }] of this.#cache.entries()) {
      if (delta.identities.has(from) || delta.identities.has(to)) {
        this.#cache.delete(key)
        this.counts.dropped++
      }
    }
  }

  /** Whether a packet passes, and what decided on each side: the same as permits(). */
  getPolicyForTraffic(packet: PolicyPacket): Verdict {
    if (this.#generation !== this.#intent.generation) {
      this.#generation = this.#intent.generation
      this.#forget()
    }
    const [fromName, toName] = packet.reply === true ? [packet.to, packet.from] : [packet.from, packet.to]
    const [from, to] = [this.#end(fromName, toName), this.#end(toName, fromName)]
    if (from === undefined) return refusal({ kind: 'unknown', name: fromName })
    if (to === undefined) return refusal({ kind: 'unknown', name: toName })
    // Identities do not say who is who, nor in which network.
    if (from.record === undefined && to.record === undefined) return refusal({ kind: 'no-path' })
    if (from.record !== undefined && to.record !== undefined) {
      if (from.record === to.record || from.record.network !== to.record.network) return refusal({ kind: 'no-path' })
    }
    const text = `${from.identity} ${to.identity} ${packet.protocol} ${packet.port ?? ''}`
    const key = this.#hash(text)
    const found = this.#cache.get(key)
    if (found !== undefined && found.text === text) {
      this.counts.hits++
      return found.verdict
    }
    if (found === undefined) this.counts.misses++
    else this.counts.collisions++
    const egress = this.#side('egress', from, to, packet)
    const ingress = this.#side('ingress', to, from, packet)
    const verdict = { allow: passes(egress) && passes(ingress), egress, ingress }
    this.#cache.set(key, { text, from: from.identity, to: to.identity, verdict })
    return verdict
  }

  #forget(): void {
    this.counts.dropped += this.#cache.size
    this.#cache.clear()
    this.#lists.clear()
    this.#rules = undefined
    this.#prefixes = undefined
  }

  #end(name: string, otherName: string): End | undefined {
    const record = this.#intent.interfaces.get(name)
    if (record !== undefined) return { identity: this.#intent.identityOf(name), record }
    const address = parseAddress(name)
    if (address === undefined) return undefined
    const network = this.#intent.interfaces.get(otherName)?.network
    if (network !== undefined && this.#intent.byAddress(network, formatAddress(address)) !== undefined) return undefined
    this.#prefixes ??= [...this.#intent.prefixes]
      .map(([text, identity]) => ({ prefix: parsePrefix(text)!, identity }))
      .sort((one, other) => other.prefix.length - one.prefix.length)
    const longest = this.#prefixes.find(({ prefix }) => prefixHolds(prefix, address))
    return { identity: longest?.identity ?? IDENTITY.world, record: undefined }
  }

  #side(direction: Direction, subject: End, peer: End, packet: PolicyPacket): Decision {
    if (subject.record === undefined) return { verdict: 'allow', by: { kind: 'world' } }
    for (const { rule, cause, vnp } of this.#list(subject.identity, direction)) {
      if (rule.action === 'log' || !this.#names(rule.peer, vnp.name, peer) || !carries(rule, packet)) continue
      return { verdict: rule.action, by: { kind: 'rule', cause } }
    }
    const shared = this.#intent
      .vnpsOf(subject.identity)
      .filter(({ name }) => peer.record !== undefined && this.#intent.membersOf(name).has(peer.identity))
    if (shared.length === 0) return { verdict: 'deny', by: { kind: 'no-shared-vnp' } }
    const allowing = shared.find((vnp) => (direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault) === 'allow')
    if (allowing !== undefined) return { verdict: 'allow', by: { kind: 'default', vnps: [allowing.name] } }
    return { verdict: 'deny', by: { kind: 'default', vnps: shared.map(({ name }) => name) } }
  }

  /** The rules for a subject, first consulted first. */
  #list(identity: number, direction: Direction): OrderedRule[] {
    const key = `${direction} ${identity}`
    let list = this.#lists.get(key)
    if (list === undefined) {
      this.#rules ??= orderRules(this.#intent)
      list = decisionList(this.#intent, this.#rules, identity, direction)
      this.#lists.set(key, list)
    }
    return list
  }

  #names(named: OrderedRule['rule']['peer'], vnp: string, { identity, record }: End): boolean {
    const member = (of: string): boolean => record !== undefined && this.#intent.membersOf(of).has(identity)
    switch (named.kind) {
      case 'any':
        return record === undefined || member(vnp)
      case 'tags':
        return member(vnp) && matches(named.selector, this.#intent.tagsOf(identity))
      case 'vnp':
        return member(named.vnp)
      case 'cidr': {
        if (record !== undefined) return false
        const outer = parsePrefix(named.cidr)!
        return (this.#prefixes ?? []).some(
          (known) => known.identity === identity && prefixContains(outer, known.prefix),
        )
      }
    }
  }
}

const passes = ({ verdict }: Decision): boolean => verdict === 'allow' || verdict === 'rate-limit'

function refusal(by: DecidedBy): Verdict {
  return { allow: false, egress: { verdict: 'deny', by }, ingress: { verdict: 'deny', by } }
}
