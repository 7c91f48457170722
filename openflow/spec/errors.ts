/**
 * Errors (OpenFlow 1.3.5 section 7.4.4): what type and code stand for in each version, and the body of an error
 * message. The names are in `error-codes.ts` (OpenFlow) and `nicira-errors.ts` (experimenters); numbers that have no
 * name stay numbers. An error is the same by name whether a version tells it by a code of its own or by one of an
 * experimenter.
 */

import { shown, WireError } from '../wire/error.ts'
import { type Field, isUint, rest, u16, u32 } from '../wire/field.ts'
import { type ByVersion, inVersion, notInVersion, numberIn, SPOKEN_VERSIONS, VERSIONS } from '../wire/version.ts'
import { ERRORS } from './error-codes.ts'
import { type ErrorPlace, EXTENSION_ERRORS } from './nicira-errors.ts'

export { ERRORS }

type Keys<T> = T extends unknown ? keyof T : never

/** Type of an error by name, in any version: `bad_match`. */
export type ErrorTypeName = keyof typeof ERRORS | keyof typeof EXTENSION_ERRORS
/** Code of an error by name, in any version: `bad_prereq`. Which belong to which type tells `errorsIn`. */
export type ErrorCodeName =
  | Keys<(typeof ERRORS)[keyof typeof ERRORS]['codes']>
  | Keys<(typeof EXTENSION_ERRORS)[keyof typeof EXTENSION_ERRORS]>

/**
 * `{ error_type: 'bad_match', code: 'bad_prereq' }`. The type's name is needed to name the code. An experimenter's
 * error that has no name is `experimenter`, with the experimenter's id and `code` its 16 bit type; without the id,
 * the id is the front of the message's data.
 */
export interface ErrorKind {
  error_type: ErrorTypeName | 'experimenter' | number
  code: ErrorCodeName | number
  experimenter?: number
}

/** The numbers of an error: `extension` stands behind type and code. */
export interface ErrorNumbers {
  readonly type: number
  readonly code: number
  readonly extension?: ErrorPlace
}

/** OFPET_EXPERIMENTER, since 1.2; codes are the experimenter's 16 bit types. */
const EXPERIMENTER = 0xffff
/** Nicira's type 0xb0c2, code 0 of OpenFlow 1.0: experimenter, type and code follow. */
const VENDOR = 0xb0c2
const EXPERIMENTER_SIZE = 4
const VENDOR_SIZE = 8

interface Names {
  readonly types: Map<number, string>
  readonly typeNumbers: Map<string, number>
  /** By numbers, as `placeKey` makes them one text. */
  readonly kinds: Map<string, ErrorKind>
  readonly numbers: Map<string, ErrorNumbers>
}

const nameKey = (type: string, code: string): string => `${type}/${code}`

function placeKey({ type, code, extension }: ErrorNumbers): string {
  return extension === undefined ? `${type}/${code}` : `${type}/${code}/${extension.join('/')}`
}

function extended(extension: ErrorPlace, version: number): ErrorNumbers {
  return version === VERSIONS.of10
    ? { type: VENDOR, code: 0, extension }
    : { type: EXPERIMENTER, code: extension[1], extension }
}

function namesIn(version: number): Names {
  const names: Names = { types: new Map(), typeNumbers: new Map(), kinds: new Map(), numbers: new Map() }
  const add = (error_type: string, code: string, numbers: ErrorNumbers): void => {
    names.kinds.set(placeKey(numbers), { error_type, code } as ErrorKind)
    names.numbers.set(nameKey(error_type, code), numbers)
  }
  for (const [name, row] of Object.entries(ERRORS)) {
    const type = numberIn(row.number, version)
    if (type === undefined) continue
    names.types.set(type, name)
    names.typeNumbers.set(name, type)
    for (const [code, by] of Object.entries<number | ByVersion<number>>(row.codes)) {
      const number = numberIn(by, version)
      if (number !== undefined) add(name, code, { type, code: number })
    }
  }
  for (const [name, codes] of Object.entries(EXTENSION_ERRORS)) {
    for (const [code, by] of Object.entries(codes)) {
      const place = inVersion(by, version)
      if (place !== undefined) add(name, code, extended(place, version))
    }
  }
  return names
}

const NAMES: Names[] = []
for (const version of SPOKEN_VERSIONS) NAMES[version] = namesIn(version)

const namesOf = (version: number): Names => NAMES[version] ?? NAMES[VERSIONS.of13]!

/** Every error that has a name in a version (octet of the header). */
export function errorsIn(version: number): readonly ErrorKind[] {
  return [...namesOf(version).kinds.values()]
}

/** Type and code by name, those of experimenters not. */
export function errorKind(type: number, code: number, version: number = VERSIONS.of13): ErrorKind {
  const { types, kinds } = namesOf(version)
  if (type === EXPERIMENTER && version !== VERSIONS.of10) return { error_type: 'experimenter', code }
  const known = kinds.get(placeKey({ type, code }))
  return known === undefined
    ? { error_type: (types.get(type) as ErrorTypeName | undefined) ?? type, code }
    : { ...known }
}

/** Numbers of an error kind; undefined for a name that does not exist in the version. */
export function errorNumbers(kind: ErrorKind, version: number = VERSIONS.of13): ErrorNumbers | undefined {
  const { error_type, code, experimenter } = kind
  const { numbers, typeNumbers } = namesOf(version)
  if (typeof code === 'string') {
    return typeof error_type === 'string' ? numbers.get(nameKey(error_type, code)) : undefined
  }
  if (error_type === 'experimenter') {
    if (version === VERSIONS.of10) return undefined
    return experimenter === undefined ? { type: EXPERIMENTER, code } : extended([experimenter, code], version)
  }
  const type = typeof error_type === 'number' ? error_type : typeNumbers.get(error_type)
  return type === undefined ? undefined : { type, code }
}

function isName({ error_type, code }: ErrorKind): boolean {
  return SPOKEN_VERSIONS.some((version) => errorNumbers({ error_type, code }, version) !== undefined)
}

/** The body of an error message; `data` is at least 64 octets of what was refused, or text for hello_failed. */
export const errorBody: Field<ErrorKind & { data: Uint8Array }> = {
  kind: 'error',
  min: 4,
  fixed: false,
  read(r) {
    const type = u16.read(r)
    const code = u16.read(r)
    const { kinds } = namesOf(r.version)
    const left = r.end - r.at
    if (r.version === VERSIONS.of10) {
      if (type !== VENDOR || code !== 0 || left < VENDOR_SIZE) {
        return { ...errorKind(type, code, r.version), data: rest.read(r) }
      }
      const start = r.at
      const known = kinds.get(placeKey({ type, code, extension: [u32.read(r), u16.read(r), u16.read(r)] }))
      if (known !== undefined) return { ...known, data: rest.read(r) }
      r.at = start
      return { error_type: type, code, data: rest.read(r) }
    }
    if (type !== EXPERIMENTER || left < EXPERIMENTER_SIZE) {
      return { ...errorKind(type, code, r.version), data: rest.read(r) }
    }
    const experimenter = u32.read(r)
    const known = kinds.get(placeKey(extended([experimenter, code], r.version)))
    if (known !== undefined) return { ...known, data: rest.read(r) }
    return { error_type: 'experimenter', code, experimenter, data: rest.read(r) }
  },
  write(w, value) {
    const numbers = errorNumbers(value, w.version)
    if (numbers === undefined) {
      const name = `${shown(value.error_type)}/${shown(value.code)}`
      if (isName(value)) throw notInVersion(w.at, w.version, `error ${name}`).within('code')
      throw new WireError('unknown_name', w.at, `no such error: ${name}`).within('code')
    }
    u16.write(w, numbers.type)
    u16.write(w, numbers.code)
    const { extension } = numbers
    if (extension !== undefined) {
      if (!isUint(extension[0], 0xffff_ffff)) {
        throw new WireError('out_of_range', w.at, 'no experimenter id').within('experimenter')
      }
      u32.write(w, extension[0])
      if (extension[2] !== undefined) {
        u16.write(w, extension[1])
        u16.write(w, extension[2])
      }
    }
    rest.write(w, value.data)
  },
}
