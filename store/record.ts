/**
 * The records of the store's file as JSON: header, entry, end of the base state, group of change sets. Encodes and
 * decodes, and rebuilds `before`, `createRevision` and `version`, which are not written because replay gives them.
 * Refuses to know about octets and checksums (line.ts) and files (journal.ts). Pure.
 *
 *     {"format":"tagsteer store","schema":1,"base":B}       state at revision B follows
 *     {"e":[key,value,createRevision,modRevision,version]}  one per entry
 *     {"end":n}                                             n entries came before
 *     {"s":[set,...]}   set = {"r":revision,"t":time,"c":cause,"p":[[key,value],...],"d":[key,...]}
 */
import type { Cause, Change, ChangeSet, Entry, Key } from './contract.ts'
import { frozenCopy } from './value.ts'

export const FORMAT = 'tagsteer store'
/** Raised when older programs could not read what newer ones write. */
export const SCHEMA = 1

type EntryRow = [key: Key, value: unknown, createRevision: number, modRevision: number, version: number]
interface SetRow {
  r: number
  t: number
  c: Cause
  p: [Key, unknown][]
  d: Key[]
}
export type Row =
  | { kind: 'header'; format: unknown; schema: unknown; base: number }
  | { kind: 'entry'; entry: Entry }
  | { kind: 'end'; count: number }
  | { kind: 'group'; sets: SetRow[] }

export const encodeHeader = (base: number): string => JSON.stringify({ format: FORMAT, schema: SCHEMA, base })

export function encodeEntry({ key, value, createRevision, modRevision, version }: Entry): string {
  return JSON.stringify({ e: [key, value, createRevision, modRevision, version] satisfies EntryRow })
}

export const encodeEnd = (count: number): string => JSON.stringify({ end: count })

export function encodeSet({ revision, time, cause, changes }: ChangeSet): string {
  const p: SetRow['p'] = []
  const d: SetRow['d'] = []
  for (const { key, after } of changes) {
    if (after) p.push([key, after.value])
    else d.push(key)
  }
  return JSON.stringify({ r: revision, t: time, c: cause, p, d } satisfies SetRow)
}

export const encodeGroup = (sets: readonly string[]): string => `{"s":[${sets.join(',')}]}`

/** The row of a line whose checksum is right; undefined if it is none of ours all the same. */
export function decodeRow(text: string): Row | undefined {
  const row: unknown = JSON.parse(text)
  if (typeof row !== 'object' || row === null) return undefined
  if ('format' in row && 'schema' in row && 'base' in row && typeof row.base === 'number')
    return { kind: 'header', format: row.format, schema: row.schema, base: row.base }
  if ('e' in row) {
    const [key, value, createRevision, modRevision, version] = row.e as EntryRow
    const entry = { key, value: frozenCopy(value, key), createRevision, modRevision, version }
    return { kind: 'entry', entry: Object.freeze(entry) }
  }
  if ('end' in row && typeof row.end === 'number') return { kind: 'end', count: row.end }
  if ('s' in row) return { kind: 'group', sets: row.s as SetRow[] }
  return undefined
}

/** Replays one set on the state before it; changes `state`. */
export function replay({ r, t, c, p, d }: SetRow, state: Map<Key, Entry>): ChangeSet {
  const changes: Change[] = []
  for (const [key, value] of p) {
    const before = state.get(key)
    const createRevision = before?.createRevision ?? r
    const version = (before?.version ?? 0) + 1
    const after = Object.freeze({ key, value: frozenCopy(value, key), createRevision, modRevision: r, version })
    state.set(key, after)
    changes.push(Object.freeze(before ? { key, before, after } : { key, after }))
  }
  for (const key of d) {
    const before = state.get(key)
    if (before) changes.push(Object.freeze({ key, before }))
    state.delete(key)
  }
  const cause = frozenCopy(c, 'cause') as Cause
  return Object.freeze({ revision: r, time: t, cause, changes: Object.freeze(changes) })
}

const HISTORY_FORMAT = 'tagsteer history'
const HISTORY_SCHEMA = 1

type Kept = [value: unknown, createRevision: number, modRevision: number, version: number] | null
type Written = [value: unknown, createRevision: number, version: number] | null
interface ArchivedRow {
  r: number
  t: number
  c: Cause
  x: [key: Key, before: Kept, after: Written][]
}

export const encodeSegmentHeader = (first: number, time: number): string =>
  JSON.stringify({ format: HISTORY_FORMAT, schema: HISTORY_SCHEMA, first, time })

/** The time that a segment's header tells, in milliseconds since the epoch; undefined where the text is none. */
export function readSegmentHeader(text: string): number | undefined {
  const row = JSON.parse(text) as { format?: unknown; schema?: unknown; time?: unknown }
  const isOurs = row.format === HISTORY_FORMAT && row.schema === HISTORY_SCHEMA
  return isOurs && typeof row.time === 'number' ? row.time : undefined
}

/** A change set that is read without the state before it, so with both sides of every change. */
export function encodeArchived({ revision, time, cause, changes }: ChangeSet): string {
  const x = changes.map(({ key, before, after }): ArchivedRow['x'][number] => [
    key,
    before === undefined ? null : [before.value, before.createRevision, before.modRevision, before.version],
    after === undefined ? null : [after.value, after.createRevision, after.version],
  ])
  return JSON.stringify({ r: revision, t: time, c: cause, x } satisfies ArchivedRow)
}

/** Undefined where the text, whose checksum is right, is no change set of a schema that is known. */
export function decodeArchived(text: string): ChangeSet | undefined {
  const row = JSON.parse(text) as Partial<ArchivedRow>
  const { r, t, c, x } = row
  if (r === undefined || t === undefined || c === undefined || !Array.isArray(x)) return undefined
  const entry = (key: Key, value: unknown, createRevision: number, modRevision: number, version: number): Entry =>
    Object.freeze({ key, value: frozenCopy(value, key), createRevision, modRevision, version })
  const changes = x.map(
    ([key, before, after]): Change => ({
      key,
      ...(before === null ? {} : { before: entry(key, ...before) }),
      ...(after === null ? {} : { after: entry(key, after[0], after[1], r, after[2]) }),
    }),
  )
  return { revision: r, time: t, cause: c, changes }
}

/** The key a record is about, from text that need not be whole. */
export function keyIn(text: string): Key | undefined {
  const quoted = /(?:"e":\[|"p":\[\[|"d":\[)("(?:[^"\\]|\\.)*")/.exec(text)?.[1]
  try {
    return quoted === undefined ? undefined : (JSON.parse(quoted) as Key)
  } catch {
    return undefined
  }
}
