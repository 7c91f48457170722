/**
 * Versions of the protocol, as columns of a row: which shape or number something has on the wire in 1.0, 1.3, 1.4 and
 * 1.5, under one meaning. A value is the same whatever version it came in; what a version has no room for is refused
 * with `not_in_version` when it is written, never dropped.
 *
 * One rule everywhere: a bare shape or number holds in every version. `ByVersion` tells more: a version without an
 * entry of its own has the nearest older one's, except that nothing is inherited from 1.0; null ends a row.
 */
import type { Reader, Writer } from './cursor.ts'
import { WireError } from './error.ts'
import { enumeration, type Field, type Uint } from './field.ts'

/** Version octets of the header. 1.1 and 1.2 are not spoken. */
export const VERSIONS = { of10: 1, of13: 4, of14: 5, of15: 6 } as const
export type VersionName = keyof typeof VERSIONS
export type Version = (typeof VERSIONS)[VersionName]

/** The version octets that decode and encode know, oldest first. */
export const SPOKEN_VERSIONS: readonly Version[] = Object.values(VERSIONS)

export function isSpoken(version: number): version is Version {
  return (SPOKEN_VERSIONS as readonly number[]).includes(version)
}

/** Room for what is made of a version when it is first met, by version octet. */
export function perVersion<T>(): Array<T | undefined> {
  return Array.from({ length: Math.max(...SPOKEN_VERSIONS) + 1 })
}

/** "1.3" for 4. */
export function versionText(version: number): string {
  return version >= 1 && version <= 6 ? `1.${version - 1}` : `with version octet ${version}`
}

export type ByVersion<T> = {
  readonly of10?: T
  readonly of13?: T | null
  readonly of14?: T | null
  readonly of15?: T | null
}

/** The entry that holds in a version; undefined where there is none. */
export function inVersion<T>(by: ByVersion<T>, version: number): T | undefined {
  if (version === VERSIONS.of10) return by.of10
  let found: T | null | undefined = by.of13
  if (version >= VERSIONS.of14 && by.of14 !== undefined) found = by.of14
  if (version >= VERSIONS.of15 && by.of15 !== undefined) found = by.of15
  return found ?? undefined
}

/** A number of a row: bare, or by version. */
export function numberIn(number: number | ByVersion<number>, version: number): number | undefined {
  return typeof number === 'number' ? number : inVersion(number, version)
}

export function notInVersion(at: number, version: number, what: string): WireError {
  return new WireError('not_in_version', at, `OpenFlow ${versionText(version)} has no ${what}`)
}

/** A field whose shape depends on the version. */
export interface Columns<T> extends Field<T> {
  readonly kind: 'columns'
  readonly by: ByVersion<Field<T>>
  /** What refuses a value with members that only other columns have; undefined where there are none. */
  refusing(version: number): ((w: Writer, value: object) => void) | undefined
}

/** Whether an optional member of a value says nothing that the rest of the value does not. */
type Silent = (given: unknown, value: object) => boolean

/** The optional members of a shape, by name. */
function optionalMembers(field: Field<unknown>): ReadonlyMap<string, Silent> {
  if (field.kind === 'mapped') {
    const { of, optional = [] } = field as Mapped<unknown>
    return new Map([...optionalMembers(of), ...optional])
  }
  const found = new Map<string, Silent>()
  if (field.kind !== 'struct') return found
  for (const [key, member] of (field as unknown as { members: ReadonlyArray<readonly [string, Field<unknown>]> })
    .members) {
    if (member.kind !== 'since') continue
    const { fallback } = member as Since<unknown>
    const none = Array.isArray(fallback)
    found.set(key, (given) => given === fallback || (none && Array.isArray(given) && given.length === 0))
  }
  return found
}

/**
 * One shape per version. Members that only some columns have are `since` members there; a column without them refuses
 * a value that has one, unless it says what its absence says.
 */
export function columns<T>(by: ByVersion<Field<T>>): Columns<T> {
  const all = Object.values(by).filter((field) => field !== null && field !== undefined)
  const optional = new Map(all.flatMap((field) => [...optionalMembers(field as Field<unknown>)]))
  const fields: Array<Field<T> | undefined> = []
  const lacking: Array<ReadonlyArray<readonly [string, Silent]>> = []
  for (const version of SPOKEN_VERSIONS) {
    const field = inVersion(by, version)
    fields[version] = field
    if (field === undefined) continue
    const own = optionalMembers(field as Field<unknown>)
    lacking[version] = [...optional].filter(([key]) => !own.has(key))
  }
  const column = (version: number, at: number): Field<T> => {
    const field = fields[version]
    if (field === undefined) throw notInVersion(at, version, 'such shape')
    return field
  }
  const refuse = (w: Writer, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, silent] of lacking[w.version] ?? []) {
      const given = (value as Record<string, unknown>)[key]
      if (given !== undefined && !silent(given, value)) throw notInVersion(w.at, w.version, key).within(key)
    }
  }
  return {
    kind: 'columns',
    by,
    min: Math.min(...all.map((field) => field.min)),
    fixed: false,
    read: (r: Reader) => column(r.version, r.at).read(r),
    write(w: Writer, value: T) {
      const field = column(w.version, w.at)
      refuse(w, value)
      field.write(w, value)
    },
    refusing: (version) => ((lacking[version]?.length ?? 0) === 0 ? undefined : refuse),
  }
}

/** An enumeration whose names are rows: a bare number in every version, others as `ByVersion` tells. */
export function enumerationIn<const M extends Readonly<Record<string, number | ByVersion<number>>>>(
  of: Uint,
  names: M,
): Columns<Extract<keyof M, string> | number> {
  type Name = Extract<keyof M, string>
  const column = (version: Version): Field<Name | number> => {
    const numbers: Record<string, number> = {}
    for (const [name, row] of Object.entries(names)) {
      const number = numberIn(row, version)
      if (number !== undefined) numbers[name] = number
    }
    return enumeration(of, numbers) as Field<Name | number>
  }
  const { of10, of13, of14, of15 } = VERSIONS
  const field = columns<Name | number>({
    of10: column(of10),
    of13: column(of13),
    of14: column(of14),
    of15: column(of15),
  })
  return {
    ...field,
    write(w, value) {
      const row = typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined
      if (row !== undefined && numberIn(row, w.version) === undefined) {
        throw notInVersion(w.at, w.version, String(value))
      }
      field.write(w, value)
    },
  }
}

/** A member that not every column of its row has: on reading it is there, on writing it may be left out. */
export interface Since<T> extends Field<T> {
  readonly kind: 'since'
  readonly of: Field<T>
  /** What leaving it out means; a primitive value, or the empty list. */
  readonly fallback: T
}

export function since<T>(of: Field<T>, fallback: T): Since<T> {
  return {
    kind: 'since',
    min: of.min,
    fixed: of.fixed,
    of,
    fallback,
    read: (r) => of.read(r),
    write: (w, value) => of.write(w, value === undefined ? fallback : value),
  }
}

/** A shape on the wire that stands for a value of another shape. */
export interface Mapped<T> extends Field<T> {
  readonly kind: 'mapped'
  readonly of: Field<unknown>
  /** For generators: what a wire value means. */
  readonly meaning: (wire: never) => T
  /** Members of the value that the mapping makes optional. */
  readonly optional?: ReadonlyMap<string, Silent>
}

/** Where a value is being written, for errors. */
export interface Place {
  readonly at: number
  readonly version: number
}

/**
 * `meaning` of what is read, `wire` of what is written (a WireError where the version has no room for the value).
 * To be lossless, wire(meaning(x)) must equal x.
 */
export function mapped<W, T>(of: Field<W>, meaning: (wire: W) => T, wire: (value: T, place: Place) => W): Mapped<T> {
  return {
    kind: 'mapped',
    min: of.min,
    fixed: of.fixed,
    of: of as Field<unknown>,
    meaning: meaning as (wire: never) => T,
    read: (r) => meaning(of.read(r)),
    write(w, value) {
      if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
      of.write(w, wire(value, w))
    },
  }
}
