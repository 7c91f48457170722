/**
 * union: one of several shapes, told apart by a number in front; and `answering`, which says what OpenFlow error
 * a failure inside is answered with. Actions, instructions, properties, bands and hello elements are unions.
 * Knows no row; the rows are in spec/.
 */

import type { Reader, Writer } from './cursor.ts'
import { shown, type WireCode, WireError } from './error.ts'
import { type Field, isUint, type Of } from './field.ts'
import { put16, put32, u16At, u32At } from './octets.ts'
import type { Struct } from './struct.ts'
import { type ByVersion, type Columns, inVersion, notInVersion, numberIn, perVersion } from './version.ts'

type AnyStruct = Struct<object>

/** Where a row stands among its kind. */
export interface RowPlace {
  readonly number: number | ByVersion<number>
  /**
   * With an experimenter, the header goes on with its id (32 bits), and `number` is the subtype after it. By version,
   * the row is an experimenter's in some and a plain one in others.
   */
  readonly experimenter?: number | ByVersion<number> | undefined
}

/** One row of a union: its number on the wire, and the shape of what follows the header. */
export interface UnionRow extends RowPlace {
  /** Each column is a struct. */
  readonly body: AnyStruct | Columns<object>
}

/** The value: the row's name as `type`, beside the members of its shape. */
export type UnionOf<R> = { [K in keyof R]: R[K] extends { body: infer F } ? { type: K } & Of<F> : never }[keyof R]

export interface UnionShape {
  /** Lengths are rounded up to this by padding: inside the length (actions), or behind it (properties). */
  readonly align: number
  readonly padded: 'inside' | 'behind'
  /** The type number that experimenters share; with a subtype no row has, the value is an `UnknownExperimenter`. */
  readonly experimenter?: number
  /** Octets of an experimenter's subtype: 2 (actions) unless told, 4 in properties, which all have one. */
  readonly subtype?: 2 | 4
}

/** An experimenter's shape that no row describes, kept as it came. `data` is all after the experimenter id. */
export type UnknownExperimenter = { type: 'experimenter'; experimenter: number; data: Uint8Array }
/** The same where subtypes are of 4 octets. */
export type UnknownProperty = { type: 'experimenter'; experimenter: number; exp_type: number; data: Uint8Array }

export interface Union<T> extends Field<T> {
  readonly kind: 'union'
  readonly rows: Readonly<Record<string, UnionRow>>
  readonly shape: UnionShape
}

type Tagged = { type: string }

/**
 * Type (16 bits), length (16 bits, header included), body. Octets inside the length that the row does not use are
 * an error (`bad_len`), except padding up to `align`; so is a type that no row has (`bad_type`).
 */
export function union<const R extends Readonly<Record<string, UnionRow>>>(
  rows: R,
  shape: UnionShape,
): Union<UnionOf<R>> {
  return unionOf<UnionOf<R> & Tagged>(rows, shape) as Union<UnionOf<R>>
}

interface BoundRow {
  readonly name: string
  readonly number: number
  readonly experimenter: number | undefined
  readonly body: Field<object>
}

/** The rows as they are in one version. */
interface Table {
  readonly byNumber: ReadonlyArray<BoundRow | undefined>
  /** By experimenter, then by subtype. */
  readonly byExperimenter: ReadonlyMap<number, ReadonlyMap<number, BoundRow>>
  readonly byName: ReadonlyMap<string, BoundRow>
}

/** A row's body in one version, with the row's name as `type`; undefined where it has none. */
function bodyIn(name: string, body: AnyStruct | Columns<object>, version: number): Field<object> | undefined {
  if (body.kind === 'struct') return body.tagged(name)
  const column = inVersion(body.by, version)
  if (column === undefined) return undefined
  const struct = (column as AnyStruct).tagged(name)
  // The columns refuse what another version's members say; the tag does not change which members those are.
  return body.refusing(version) === undefined ? struct : { ...struct, write: body.write }
}

/** Number and experimenter of a row in one version; undefined where the row does not exist. */
export function rowIn(
  row: RowPlace,
  version: number,
): { number: number; experimenter: number | undefined } | undefined {
  const { experimenter } = row
  const id = typeof experimenter === 'object' ? inVersion(experimenter, version) : experimenter
  const number = numberIn(row.number, version)
  return number === undefined ? undefined : { number, experimenter: id }
}

function tableOf(rows: Readonly<Record<string, UnionRow>>, version: number): Table {
  const byNumber: Array<BoundRow | undefined> = []
  const byExperimenter = new Map<number, Map<number, BoundRow>>()
  const byName = new Map<string, BoundRow>()
  for (const [name, row] of Object.entries(rows)) {
    const place = rowIn(row, version)
    const body = place === undefined ? undefined : bodyIn(name, row.body, version)
    if (place === undefined || body === undefined) continue
    const bound: BoundRow = { name, ...place, body }
    byName.set(name, bound)
    if (place.experimenter === undefined) byNumber[place.number] = bound
    else {
      const subtypes = byExperimenter.get(place.experimenter) ?? new Map<number, BoundRow>()
      byExperimenter.set(place.experimenter, subtypes.set(place.number, bound))
    }
  }
  return { byNumber, byExperimenter, byName }
}

/** The same with the value's type given by hand (recursive shapes cannot be inferred). */
export function unionOf<T extends Tagged>(rows: Readonly<Record<string, UnionRow>>, shape: UnionShape): Union<T> {
  const tables = perVersion<Table>()
  const made = (version: number): Table => (tables[version] = tableOf(rows, version))
  const { align, padded, experimenter: shared, subtype = 2 } = shape
  const long = subtype === 4

  function read(r: Reader): T {
    const start = r.at
    const outer = r.end
    r.need(4)
    const b = r.octets
    const number = u16At(b, start)
    const size = u16At(b, start + 2)
    if (size < 4 || start + size > outer || (padded === 'inside' && size % align !== 0)) {
      throw new WireError('bad_len', start + 2, `length ${size} with ${outer - start} octets there`).within('len')
    }
    const { byNumber, byExperimenter } = tables[r.version] ?? made(r.version)
    let row = number < byNumber.length ? byNumber[number] : undefined
    r.at = start + 4
    r.end = start + size
    let value: T
    if (row === undefined && number === shared) {
      if (size < (long ? 12 : 8)) {
        throw new WireError('bad_len', start + 2, `length ${size} has no experimenter id`).within('len')
      }
      const id = u32At(b, start + 4)
      if (long) row = byExperimenter.get(id)?.get(u32At(b, start + 8))
      else if (size >= 10) row = byExperimenter.get(id)?.get(u16At(b, start + 8))
      r.at = start + (row !== undefined || long ? 8 + subtype : 8)
      if (row === undefined) {
        const ids = long ? { experimenter: id, exp_type: u32At(b, start + 8) } : { experimenter: id }
        value = { type: 'experimenter', ...ids, data: r.take(r.end - r.at) } as unknown as T
      }
    } else if (row === undefined) {
      throw new WireError('bad_type', start, `type ${number}`).within('type')
    }
    if (row !== undefined) {
      if (r.at + row.body.min > r.end)
        throw new WireError('bad_len', start + 2, `length ${size} is too short`).within('len')
      value = row.body.read(r) as T
    }
    const left = r.end - r.at
    if (left !== 0) {
      if (padded === 'behind' || left >= align) throw new WireError('bad_len', r.at, `${left} octets left over`)
      r.skip(left)
    }
    r.end = outer
    if (padded === 'behind') r.skip((align - (size % align)) % align)
    return value!
  }

  function write(w: Writer, value: T): void {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    const row = (tables[w.version] ?? made(w.version)).byName.get(value.type)
    const start = w.at
    w.room(12)
    w.at = start + 4
    if (row !== undefined) {
      if (row.experimenter !== undefined) {
        writeId(w, row.experimenter, 'experimenter')
        if (long) writeId(w, row.number, 'exp_type')
        else {
          put16(w.octets, w.at, row.number)
          w.at += 2
        }
      }
      row.body.write(w, value)
    } else {
      if (shared === undefined || value.type !== 'experimenter') {
        if (typeof value.type === 'string' && Object.hasOwn(rows, value.type)) {
          throw notInVersion(w.at, w.version, value.type).within('type')
        }
        throw new WireError('unknown_name', w.at, `no such type: ${shown(value.type)}`).within('type')
      }
      const { experimenter, exp_type, data } = value as unknown as UnknownProperty
      if (!(data instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'Uint8Array wanted').within('data')
      writeId(w, experimenter, 'experimenter')
      if (long) writeId(w, exp_type, 'exp_type')
      w.put(data)
    }
    const number = row === undefined || row.experimenter !== undefined ? shared! : row.number
    if (padded === 'inside') w.skip((align - ((w.at - start) % align)) % align)
    put16(w.octets, start, number)
    w.patch16(start + 2, w.at - start)
    if (padded === 'behind') w.skip((align - ((w.at - start) % align)) % align)
  }

  return { kind: 'union', min: 4, fixed: false, rows, shape, read, write }
}

function writeId(w: Writer, value: number, key: string): void {
  if (!isUint(value, 0xffff_ffff)) {
    throw new WireError('out_of_range', w.at, `${shown(value)} is not an integer in 0..${0xffff_ffff}`).within(key)
  }
  put32(w.octets, w.at, value)
  w.at += 4
}

/**
 * Failures inside are answered with this error type; `codes` maps what went wrong to its code, `otherwise` is the rest.
 * Where the type has no code for a wrong length, pass null: the enclosing context answers.
 */
export function answering<F extends Field<never> | Field<unknown>>(
  type: string,
  codes: Readonly<Partial<Record<WireCode, string>>>,
  field: F,
  otherwise: string | null = 'bad_len',
): F {
  const inner = field as Field<unknown>
  const wrapped = {
    ...inner,
    read(r: Reader): unknown {
      try {
        return inner.read(r)
      } catch (error) {
        if (error instanceof WireError) {
          const code = codes[error.code] ?? otherwise
          if (code !== null) error.error ??= { type, code }
        }
        throw error
      }
    },
  }
  return wrapped as unknown as F
}
