/**
 * Reading untrusted values: each reader takes a value of unknown shape and the path under which its sender knows it,
 * and returns a value that is right or reports a field violation and returns undefined. All faults of a record are
 * found in one pass. It knows fields' forms (names, numbers, tags, selectors), not records; validate.ts does.
 */
import type { FieldViolation } from './errors.ts'
import type { Selector } from './records.ts'
import { contradiction } from './selector.ts'
import { integerTag, jsonTag, stringTag, TAG_LIMITS, type Tag, type TagResult, tagSet } from './tag.ts'

export type Fields = { readonly [name: string]: unknown }

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/
const NAME_LENGTH = 63
const INTEGER_TEXT = /^-?(0|[1-9][0-9]{0,18})$/

/** The violations found so far. */
export class Check {
  readonly violations: FieldViolation[] = []

  report(field: string, description: string): undefined {
    this.violations.push({ field, description })
    return undefined
  }

  /** The members of an object; anything else has none. */
  fields(value: unknown, path: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
    this.report(path, 'must be an object')
    return {}
  }

  /** A list of at most `limit` values; absent is empty. */
  list(value: unknown, path: string, limit: number): readonly unknown[] {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) {
      this.report(path, 'must be a list')
      return []
    }
    if (value.length > limit) {
      this.report(path, `has ${value.length} entries, the limit is ${limit}`)
      return []
    }
    return value
  }

  /** Text; absent is empty. */
  text(value: unknown, path: string): string {
    if (value === undefined || value === null) return ''
    if (typeof value === 'string') return value
    this.report(path, 'must be text')
    return ''
  }

  boolean(value: unknown, path: string, absent: boolean): boolean {
    if (value === undefined || value === null) return absent
    if (typeof value === 'boolean') return value
    this.report(path, 'must be true or false')
    return absent
  }

  integer(value: unknown, path: string, least: number, most: number): number | undefined {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    return this.report(path, `must be a whole number from ${least} to ${most}`)
  }

  /** Signed 32 bits, as in the protocol; absent is 0. */
  priority(value: unknown, path: string): number {
    return this.integer(value ?? 0, path, -(2 ** 31), 2 ** 31 - 1) ?? 0
  }

  /** A record's name, a network's, an owner's. */
  name(value: unknown, path: string): string {
    const text = this.text(value, path)
    if (text === '') this.report(path, 'is required')
    else if (text.length > NAME_LENGTH) this.report(path, `is longer than ${NAME_LENGTH} characters`)
    else if (!NAME.test(text)) {
      this.report(path, 'must be lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit')
    } else if (/^[0-9]+(\.[0-9]+){3}$/.test(text)) this.report(path, 'looks like an address; give it a letter')
    return text
  }

  /** One of the words, in the protocol's spelling (`ACTION_RATE_LIMIT`) or in ours (`rate-limit`). */
  word<W extends string>(value: unknown, path: string, prefix: string, words: readonly W[], absent?: W): W | undefined {
    const text = this.text(value, path)
    if (text === '' || text === `${prefix}_UNSPECIFIED`)
      return absent ?? this.report(path, `must be one of ${words.join(', ')}`)
    const plain = text.startsWith(`${prefix}_`)
      ? text
          .slice(prefix.length + 1)
          .toLowerCase()
          .replaceAll('_', '-')
      : text
    return words.find((word) => word === plain) ?? this.report(path, `must be one of ${words.join(', ')}`)
  }

  /** The one member of a group of which exactly one must be set; `members` are [ours, the wire's] names. */
  oneOf(fields: Fields, path: string, members: readonly (readonly [string, string])[]): string | undefined {
    const set = members.filter(([name]) => fields[name] !== undefined && fields[name] !== null)
    if (set.length === 1) return set[0]?.[0]
    const wire = members.map(([, name]) => name).join(', ')
    return this.report(path, set.length === 0 ? `one of ${wire} is required` : `only one of ${wire} may be set`)
  }

  /** Tags in canonical order without repeats. */
  tags(value: unknown, path: string): Tag[] {
    const tags: Tag[] = []
    for (const [index, each] of this.list(value, path, TAG_LIMITS.perRecord).entries()) {
      const tag = this.tag(each, `${path}[${index}]`)
      if (tag !== undefined) tags.push(tag)
    }
    return tagSet(tags)
  }

  tag(value: unknown, path: string): Tag | undefined {
    const fields = this.fields(value, path)
    const members = TAG_MEMBERS.map((name) => [name, name] as const)
    const kind = this.oneOf(fields, path, members) as (typeof TAG_MEMBERS)[number] | undefined
    if (kind === undefined) return undefined
    const result = readTag(kind, fields[kind])
    return result.ok ? result.tag : this.report(`${path}.${kind}`, result.reason)
  }

  /** A selector that can match something; absent matches everything. */
  selector(value: unknown, path: string): Selector {
    const fields = value === undefined || value === null ? {} : this.fields(value, path)
    const selector = {
      allOf: this.tags(fields['allOf'], `${path}.all_of`),
      anyOf: this.tags(fields['anyOf'], `${path}.any_of`),
      noneOf: this.tags(fields['noneOf'], `${path}.none_of`),
    }
    const why = contradiction(selector)
    if (why !== undefined) this.report(path, why)
    return selector
  }
}

const TAG_MEMBERS = ['text', 'number', 'json'] as const

function readTag(kind: (typeof TAG_MEMBERS)[number], value: unknown): TagResult {
  if (kind === 'number') {
    if (typeof value === 'number' || typeof value === 'bigint') return integerTag(value)
    if (typeof value === 'string' && INTEGER_TEXT.test(value)) return integerTag(BigInt(value))
    return { ok: false, reason: 'must be an integer of 64 bits' }
  }
  if (typeof value !== 'string') return { ok: false, reason: 'must be text' }
  return kind === 'text' ? stringTag(value) : jsonTag(value)
}
