/**
 * Identity keys: the set of policy-relevant tags of an interface, or a prefix that a rule names, as one text; and the
 * index from such a text to the number that stands for it in the data path. It refuses to give numbers out (numbers.ts)
 * and to know which tags are relevant right now (intent.ts counts that). Called by intent.ts and propose.ts.
 */
import { type Prefix, parsePrefix, prefixContains } from '../../model/address.ts'
import type { IdentityRecord, Policy, Rule, Vnp } from '../../model/records.ts'
import { mentionedTags } from '../../model/selector.ts'
import { type Tag, tagSet } from '../../model/tag.ts'
import { type Hash, hash64 } from './hash.ts'

const TAGS = 'tags:['
const CIDR = 'cidr:'

/** The identity key of a record's tags under a choice of relevant tags: `tags:["app","db"]`, a JSON array. */
export function tagsKey(tags: Iterable<Tag>, relevant: { has(tag: Tag): boolean }): string {
  const kept: Tag[] = []
  for (const tag of tags) if (relevant.has(tag)) kept.push(tag)
  return `${TAGS}${tagSet(kept).join(',')}]`
}

export function cidrKey(cidr: string): string {
  return CIDR + cidr
}

/** What a key stands for. */
export function readKey(key: string): { kind: 'tags'; tags: Tag[] } | { kind: 'cidr'; cidr: string } {
  if (key.startsWith(CIDR)) return { kind: 'cidr', cidr: key.slice(CIDR.length) }
  return { kind: 'tags', tags: splitCanonical(key.slice(TAGS.length, -1)) }
}

/** Tags whose presence can change any verdict or any membership: what a VNP's or a policy's selectors mention. */
export function tagsMentionedBy(record: Vnp | Policy): Tag[] {
  if (record.kind === 'vnp') return mentionedTags(record.selector)
  const tags = mentionedTags(record.appliesTo)
  for (const rule of record.rules) if (rule.peer.kind === 'tags') tags.push(...mentionedTags(rule.peer.selector))
  return tags
}

/** Prefixes that a policy names, with repeats. */
export function cidrsNamedBy(policy: Policy): string[] {
  return policy.rules.flatMap((rule: Rule) => (rule.peer.kind === 'cidr' ? [rule.peer.cidr] : []))
}

/** Identities of the prefixes that lie in a prefix: the peers of a rule that names it. */
export function prefixesIn(cidr: string, prefixes: ReadonlyMap<string, number>): number[] {
  const outer = parsePrefix(cidr) as Prefix
  const inside: number[] = []
  for (const [text, identity] of prefixes) if (prefixContains(outer, parsePrefix(text) as Prefix)) inside.push(identity)
  return inside
}

/** Identity records by key. The hash only finds the bucket; the key itself decides. */
export class IdentityIndex {
  readonly #hash: Hash
  readonly #buckets = new Map<bigint, IdentityRecord[]>()

  constructor(hash: Hash = hash64) {
    this.#hash = hash
  }

  /** The record with this key; the lowest number where a damaged store holds two. */
  find(key: string): IdentityRecord | undefined {
    let found: IdentityRecord | undefined
    for (const record of this.#buckets.get(this.#hash(key)) ?? []) {
      if (record.key === key && (found === undefined || record.number < found.number)) found = record
    }
    return found
  }

  add(record: IdentityRecord): void {
    const hash = this.#hash(record.key)
    const bucket = this.#buckets.get(hash)
    if (bucket === undefined) this.#buckets.set(hash, [record])
    else bucket.push(record)
  }

  remove(record: IdentityRecord): void {
    const hash = this.#hash(record.key)
    const left = (this.#buckets.get(hash) ?? []).filter((other) => other.number !== record.number)
    if (left.length === 0) this.#buckets.delete(hash)
    else this.#buckets.set(hash, left)
  }
}

/**
 * The canonical tag texts in the body of a JSON array. Each text is cut out as it stands (never re-serialised, so an
 * integer beyond 2^53 survives): a comma outside strings and brackets separates.
 */
function splitCanonical(body: string): Tag[] {
  if (body === '') return []
  const tags: Tag[] = []
  let depth = 0
  let start = 0
  let quoted = false
  for (let at = 0; at < body.length; at++) {
    const char = body[at]
    if (quoted) {
      if (char === '\\') at++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === ',' && depth === 0) {
      tags.push(body.slice(start, at) as Tag)
      start = at + 1
    }
  }
  tags.push(body.slice(start) as Tag)
  return tags
}
