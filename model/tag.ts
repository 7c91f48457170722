/**
 * Tags: the words a cloud writes on an interface record. A tag is a string, an integer or a structured (JSON) value;
 * this file answers "are these two tags the same?" by giving every tag one canonical text (RFC 8785, JSON
 * Canonicalization Scheme). It knows nothing of records, policies or storage. Called by the API on the way in, by
 * selectors and by identity derivation.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * A tag in the form that is stored: its canonical JSON text. `"web"` (with quotes) is the string tag web, `42` an
 * integer, `{"a":1}` a structured value. Two tags are the same exactly when these texts are the same.
 */
export type Tag = string & { readonly __tag: unique symbol }

export type TagKind = 'string' | 'integer' | 'json'

export const TAG_LIMITS = {
  /** Octets of one tag's canonical text. */
  octets: 4096,
  /** Nesting of one structured tag. */
  depth: 16,
  /** Tags on one record, and tags in one selector list. */
  perRecord: 64,
} as const

export type TagResult = { ok: true; tag: Tag } | { ok: false; reason: string }

const INTEGER = /^-?(0|[1-9][0-9]*)$/
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** The tag for a string. Lone surrogates are refused: they have no UTF-8 form. */
export function stringTag(text: string): TagResult {
  if (!text.isWellFormed()) return { ok: false, reason: 'text is not well-formed Unicode' }
  if (text.length === 0) return { ok: false, reason: 'a string tag must not be empty' }
  return bounded(JSON.stringify(text))
}

/** The tag for an integer in the signed 64-bit range. */
export function integerTag(value: bigint | number): TagResult {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    return { ok: false, reason: 'not an integer that a double can hold exactly' }
  }
  const wide = BigInt(value)
  if (wide < INT64_MIN || wide > INT64_MAX) return { ok: false, reason: 'integer outside the signed 64-bit range' }
  return { ok: true, tag: wide.toString() as Tag }
}

/** The tag for a JSON text. A top-level string or integer gives the same tag as stringTag and integerTag. */
export function jsonTag(text: string): TagResult {
  if (text.length > TAG_LIMITS.octets * 4) return { ok: false, reason: tooLong }
  const trimmed = text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, '')
  if (INTEGER.test(trimmed)) return trimmed.length > 20 ? integerTooWide : integerTag(BigInt(trimmed))
  const duplicate = duplicateKey(trimmed)
  if (duplicate !== undefined) return { ok: false, reason: `key "${duplicate}" occurs twice` }
  const inexact = inexactInteger(trimmed)
  if (inexact !== undefined)
    return { ok: false, reason: `integer ${inexact} is not exact in JSON; write it as a string` }
  let value: Json
  try {
    value = JSON.parse(trimmed) as Json
  } catch (error) {
    return { ok: false, reason: `not JSON: ${(error as Error).message}` }
  }
  return valueTag(value)
}

/** The tag for a JSON value already in memory (a YAML manifest, say). */
export function valueTag(value: Json): TagResult {
  if (typeof value === 'string') return stringTag(value)
  if (typeof value === 'number' && Number.isInteger(value)) return integerTag(value)
  try {
    return bounded(canonical(value, 0))
  } catch (error) {
    return { ok: false, reason: (error as Error).message }
  }
}

/** Which of the three kinds a tag is. */
export function tagKind(tag: Tag): TagKind {
  if (tag.startsWith('"')) return 'string'
  return INTEGER.test(tag) ? 'integer' : 'json'
}

/** How a tag is shown to people: string tags without their quotes where no doubt can arise. */
export function tagText(tag: Tag): string {
  if (tagKind(tag) !== 'string') return tag
  const text = JSON.parse(tag) as string
  return /^[A-Za-z_][\w.:/=@+-]*$/.test(text) ? text : tag
}

/** Reads what a person typed: JSON where it is valid JSON of a non-string kind or a quoted string, else the bare text. */
export function parseTagText(text: string): TagResult {
  const first = text.trimStart()[0]
  if (first === '{' || first === '[' || first === '"' || INTEGER.test(text.trim())) return jsonTag(text)
  if (text === 'true' || text === 'false' || text === 'null') return jsonTag(text)
  return stringTag(text)
}

/**
 * What a tag says something about: `env` of `env=prod`, and of a structured tag with the one member `env`. Two tags of
 * one key say different things about the same; undefined where a tag has no key.
 */
export function tagKey(tag: Tag): string | undefined {
  const kind = tagKind(tag)
  if (kind === 'string') {
    const text = JSON.parse(tag) as string
    const end = text.indexOf('=')
    return end > 0 ? text.slice(0, end) : undefined
  }
  if (kind === 'integer' || !tag.startsWith('{')) return undefined
  const [key, ...more] = Object.keys(JSON.parse(tag) as object)
  return more.length === 0 ? key : undefined
}

/** Canonical order (by UTF-16 code units of the canonical text) without repeats. */
export function tagSet(tags: Iterable<Tag>): Tag[] {
  return [...new Set(tags)].sort()
}

const tooLong = `longer than ${TAG_LIMITS.octets} octets`
const integerTooWide: TagResult = { ok: false, reason: 'integer outside the signed 64-bit range' }

function bounded(text: string): TagResult {
  return Buffer.byteLength(text) > TAG_LIMITS.octets ? { ok: false, reason: tooLong } : { ok: true, tag: text as Tag }
}

/** RFC 8785 section 3.2: no white space, keys sorted by UTF-16 code units, ECMAScript number and string forms. */
function canonical(value: Json, depth: number): string {
  if (depth > TAG_LIMITS.depth) throw new Error(`nested deeper than ${TAG_LIMITS.depth}`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('a number that JSON cannot express')
    return JSON.stringify(value)
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('text is not well-formed Unicode')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonical(key, depth)}:${canonical(value[key] as Json, depth + 1)}`)
  return `{${members.join(',')}}`
}

/**
 * The first integer inside a structured value that a double cannot hold: two different ones would become the same tag
 * (RFC 8785 section 3.2.2.3 and its appendix D).
 */
function inexactInteger(text: string): string | undefined {
  const token = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (INTEGER.test(found[0]) && !Number.isSafeInteger(Number(found[0]))) return found[0]
  }
  return undefined
}

/**
 * The first object key that occurs twice in one object of a JSON text, which JSON.parse would silently drop
 * (RFC 8785 section 3.1 requires unique names). A text that is not JSON gives undefined and fails in JSON.parse.
 */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g
  let previous = ''
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const word = found[0]
    const here = open[open.length - 1]
    if (word === '{') open.push(new Set())
    else if (word === '[') open.push(undefined)
    else if (word === '}' || word === ']') open.pop()
    else if (word.startsWith('"') && here !== undefined && (previous === '{' || previous === ',')) {
      let key: string
      try {
        key = JSON.parse(word) as string
      } catch {
        return undefined
      }
      if (here.has(key)) return key
      here.add(key)
    }
    previous = word
  }
  return undefined
}
