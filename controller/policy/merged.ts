/**
 * The merged policy of a set of tags: the partitions it is a member of and every rule it is the subject of, first
 * consulted first. Found once per set of policy-relevant tags and kept in a cache under the sum of its tags' xxhash64,
 * for which they need no order; the tags are compared as well, so a collision costs time and never an answer. An entry
 * is dropped when something that it was made from changes, and for no other reason: not by time, and not because other
 * policies changed. It refuses to know peers and packets (lookup.ts). Called by the lookup and the API.
 *
 *     made from                          dropped when
 *     partitions whose selector matches  one of them changes, or one changes so that it matches now
 *     policies of theirs that apply      one of them changes, or one changes so that it applies now
 */
import { LRUCache } from 'lru-cache'
import type { Direction, Vnp } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { type Hash, hash64 } from './hash.ts'
import type { IntentDelta } from './intent.ts'
import { compareRules, compareVnps, type PlacedRule } from './order.ts'
import type { IntentView } from './state.ts'

/** What applies to interfaces with one set of policy-relevant tags. */
export interface MergedPolicy {
  /** In the order in which they are consulted. */
  readonly vnps: readonly Vnp[]
  /** Log rules included, first consulted first. */
  readonly rules: readonly PlacedRule[]
  /** The rules of one direction. */
  readonly by: Readonly<Record<Direction, readonly PlacedRule[]>>
  /** False once something changed that it was made from: ask again. Where other tags are relevant now, tags may have another merged policy and this one be valid still, for other tags. */
  readonly valid: boolean
}

/** How often the cache answered, and what not having an answer cost. */
export interface MergedCounts {
  hits: number
  misses: number
  /** Other sets of tags with the same hash. */
  collisions: number
  /** Entries dropped because something they were made from changed. */
  dropped: number
}

interface Made {
  /** Where the cache has it. */
  key: number
  /** The relevant ones. */
  tags: ReadonlySet<Tag>
  vnps: readonly Vnp[]
  /** Names of the policies that apply. */
  policies: readonly string[]
  rules: readonly PlacedRule[]
}

/** Halves of the xxhash64 of a relevant tag. */
interface TagHash {
  high: number
  low: number
}

class Entry implements MergedPolicy, Made {
  readonly key: number
  readonly tags: ReadonlySet<Tag>
  readonly vnps: readonly Vnp[]
  readonly policies: readonly string[]
  readonly rules: readonly PlacedRule[]
  readonly by: Readonly<Record<Direction, readonly PlacedRule[]>>
  valid = true

  constructor({ key, tags, vnps, policies, rules }: Made) {
    this.key = key
    this.tags = tags
    this.vnps = vnps
    this.policies = policies
    this.rules = rules
    const of = (direction: Direction): PlacedRule[] => rules.filter(({ rule }) => rule.direction === direction)
    this.by = { egress: of('egress'), ingress: of('ingress') }
  }
}

/** What merging reads of an intent. */
export interface MergeableState extends IntentView {
  readonly relevantTags: { has(tag: Tag): boolean }
}

/** Of tags that no rule mentions. */
const IRRELEVANT: TagHash = { high: 0, low: 0 }

/** Tags whose hash is kept. */
const MAX_HASHES = 200_000

export class MergedPolicies {
  readonly counts: MergedCounts = { hits: 0, misses: 0, collisions: 0, dropped: 0 }
  readonly #intent: MergeableState
  readonly #hash: Hash
  readonly #cache: LRUCache<number, Entry>
  /** Of tags asked for. */
  readonly #hashes = new Map<Tag, TagHash>()
  /** The relevant tags of the call that is made; no longer than that of the most. */
  readonly #asked: Tag[] = []
  /** Entries by the partitions and policies that they were made from. */
  readonly #byVnp = new Index()
  readonly #byPolicy = new Index()

  /** @param capacity Sets of tags kept. */
  constructor(intent: MergeableState, { capacity = 16384, hash = hash64 }: { capacity?: number; hash?: Hash } = {}) {
    this.#intent = intent
    this.#hash = hash
    this.#cache = new LRUCache({ max: capacity, dispose: (entry) => this.#retire(entry) })
  }

  /** Sets of tags kept at the moment. */
  get size(): number {
    return this.#cache.size
  }

  /** The merged policy of these tags, each once, in whatever order. */
  forTags(tags: Iterable<Tag>): MergedPolicy {
    const asked = this.#asked
    let [high, low, count] = [0, 0, 0]
    for (const tag of tags) {
      const hash = this.#hashes.get(tag) ?? this.#hashOf(tag)
      if (hash === IRRELEVANT) continue
      asked[count++] = tag
      high = (high + hash.high) | 0
      low = (low + hash.low) | 0
    }
    // As many bits as a number holds.
    const key = (high & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0)
    const found = this.#cache.get(key)
    if (found !== undefined && this.#isOf(found, count)) {
      this.counts.hits++
      return found
    }
    if (found === undefined) this.counts.misses++
    else this.counts.collisions++
    const entry = this.#make(key, new Set(asked.slice(0, count)))
    this.#cache.set(key, entry)
    for (const { name } of entry.vnps) this.#byVnp.add(name, entry)
    for (const name of entry.policies) this.#byPolicy.add(name, entry)
    return entry
  }

  /** Tells what a change set changed; call it after each. */
  changed(delta: Pick<IntentDelta, 'vnps' | 'policies' | 'relevanceChanged'>): void {
    if (delta.relevanceChanged) this.#hashes.clear()
    for (const name of delta.vnps) {
      this.#drop(this.#byVnp.all(name))
      const selector = this.#intent.vnps.get(name)?.selector
      if (selector !== undefined) this.#drop([...this.#cache.values()].filter(({ tags }) => matches(selector, tags)))
    }
    for (const name of delta.policies) {
      this.#drop(this.#byPolicy.all(name))
      const policy = this.#intent.policies.get(name)
      if (policy === undefined) continue
      this.#drop([...this.#byVnp.all(policy.vnp)].filter(({ tags }) => matches(policy.appliesTo, tags)))
    }
  }

  /** Drops everything: intent is another, and nobody can say how. */
  forget(): void {
    this.#hashes.clear()
    this.#drop(this.#cache.values())
  }

  #hashOf(tag: Tag): TagHash {
    if (this.#hashes.size >= MAX_HASHES) this.#hashes.clear()
    let hash = IRRELEVANT
    if (this.#intent.relevantTags.has(tag)) {
      const whole = this.#hash(tag)
      hash = { high: Number(whole >> 32n) | 0, low: Number(whole & 0xffff_ffffn) | 0 }
    }
    this.#hashes.set(tag, hash)
    return hash
  }

  /** Whether the first of the tags asked for are those of an entry. */
  #isOf({ tags }: Entry, count: number): boolean {
    if (tags.size !== count) return false
    for (let at = 0; at < count; at++) if (!tags.has(this.#asked[at] as Tag)) return false
    return true
  }

  #make(key: number, tags: ReadonlySet<Tag>): Entry {
    const vnps = [...this.#intent.vnps.values()].filter(({ selector }) => matches(selector, tags)).sort(compareVnps)
    const policies: string[] = []
    const rules: PlacedRule[] = []
    for (const vnp of vnps) {
      for (const name of this.#intent.policiesOf(vnp.name)) {
        const policy = this.#intent.policies.get(name)
        if (policy === undefined || !matches(policy.appliesTo, tags)) continue
        policies.push(name)
        for (const [ruleIndex, rule] of policy.rules.entries()) {
          rules.push({ rule, policy, vnp, cause: { vnp: vnp.name, policy: name, ruleIndex } })
        }
      }
    }
    return new Entry({ key, tags, vnps, policies, rules: rules.sort(compareRules) })
  }

  #drop(entries: Iterable<Entry>): void {
    for (const entry of [...entries]) {
      if (!entry.valid) continue
      this.counts.dropped++
      this.#cache.delete(entry.key)
    }
  }

  /** Whoever holds an entry that left the cache has to ask again: nobody would tell it of changes. */
  #retire(entry: Entry): void {
    entry.valid = false
    for (const { name } of entry.vnps) this.#byVnp.remove(name, entry)
    for (const name of entry.policies) this.#byPolicy.remove(name, entry)
  }
}

/** Entries by name. */
class Index {
  readonly #entries = new Map<string, Set<Entry>>()

  add(name: string, entry: Entry): void {
    const entries = this.#entries.get(name)
    if (entries === undefined) this.#entries.set(name, new Set([entry]))
    else entries.add(entry)
  }

  remove(name: string, entry: Entry): void {
    const entries = this.#entries.get(name)
    entries?.delete(entry)
    if (entries?.size === 0) this.#entries.delete(name)
  }

  all(name: string): Iterable<Entry> {
    return this.#entries.get(name) ?? []
  }
}
