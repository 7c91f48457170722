/**
 * Match fields: their types, and how they stand in the octets. The rows are in the `oxm-*.ts` tables; fields that
 * no row describes are kept octet for octet (`field: 'unknown'`). Prerequisites are data here, not part of
 * decoding: `match.ts` checks them for whoever installs flows.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import { shown, WireError } from '../wire/error.ts'
import { type Field, isUint, readU64, U64_MAX, writeU64 } from '../wire/field.ts'
import { put32, u16At, u32At } from '../wire/octets.ts'
import { VERSIONS } from '../wire/version.ts'
import { OXM_BASIC, OXM_ONF } from './oxm-basic.ts'
import { OXM_LEGACY } from './oxm-legacy.ts'
import { OXM_NICIRA, OXM_REGISTERS } from './oxm-nicira.ts'
import { OXM_CLASS, type OxmRow } from './oxm-row.ts'
import { OXM_TUNNEL } from './oxm-tunnel.ts'

/** Every match field. */
export const OXM = {
  ...OXM_BASIC,
  ...OXM_ONF,
  ...OXM_NICIRA,
  ...OXM_REGISTERS,
  ...OXM_TUNNEL,
  ...OXM_LEGACY,
} as const satisfies Record<string, OxmRow>

export type OxmTable = typeof OXM
/** Name of a match field, as in `OXM`: `ipv4_dst`, `reg0`. */
export type FieldName = keyof OxmTable

/** Type of a row's value: number up to 48 bits, bigint for 64 and 128, Uint8Array where the length varies. */
export type ValueOf<R> = R extends { variable: true } ? Uint8Array : R extends { size: 8 | 16 } ? bigint : number

type OxmOf<K extends FieldName> = OxmTable[K]['maskable'] extends true
  ? { field: K; value: ValueOf<OxmTable[K]>; mask?: ValueOf<OxmTable[K]> }
  : { field: K; value: ValueOf<OxmTable[K]>; mask?: never }

export type KnownOxm = { [K in FieldName]: OxmOf<K> }[FieldName]

/** A field that no row describes. `body` is value and (if masked) mask as they came, without experimenter id. */
export interface UnknownOxm {
  field: 'unknown'
  class: number
  id: number
  experimenter?: number
  masked: boolean
  body: Uint8Array
  value?: never
  mask?: never
}

/** One match field: `{ field: 'ipv4_dst', value: 0x0a000001, mask: 0xffffff00 }`. */
export type Oxm = KnownOxm | UnknownOxm

/** The Oxm of one field. */
export type OxmNamed<K extends FieldName> = Extract<Oxm, { field: K }>

/** The row as the common type, for code that handles fields by their description. */
export function oxmRow(name: FieldName): OxmRow {
  return OXM[name]
}

/** The names of all match fields, in the order of `OXM`. */
export const FIELD_NAMES: readonly FieldName[] = Object.keys(OXM) as FieldName[]

type Value = number | bigint | Uint8Array

/** A field with or without mask, as it stands in the octets. */
export interface Bound {
  readonly name: FieldName
  /** From 1.5 on. */
  readonly name15: FieldName
  readonly row: OxmRow
  readonly masked: boolean
  /** class, id, mask bit, length as the 32 bits on the wire. */
  readonly header: number
  /** Octets of the value. */
  readonly size: number
  readonly variable: boolean
  readonly experimenter: number | undefined
  /** Largest value that the significant bits hold, and largest that the octets do; of no meaning beyond 6 octets. */
  readonly limit: number
  readonly most: number
  /** Whether the two differ. */
  readonly significant: boolean
}

/** The header of a field that is not of variable length. */
export function oxmHeader(row: OxmRow, masked: boolean): number {
  const size = (masked ? row.size * 2 : row.size) + (row.experimenter === undefined ? 0 : 4)
  return ((row.class << 16) | (row.id << 9) | (masked ? 0x100 : 0) | size) >>> 0
}

/** Bound fields by header: open addressing, since headers are beyond the numbers that a Map finds fast. */
class HeaderTable {
  private readonly headers = new Int32Array(TABLE_SIZE)
  private readonly bounds: Array<Bound | undefined> = new Array(TABLE_SIZE).fill(undefined)

  get(header: number): Bound | undefined {
    const wanted = header | 0
    let at = Math.imul(wanted, GOLDEN) >>> TABLE_SHIFT
    while (this.headers[at] !== wanted) {
      if (this.bounds[at] === undefined) return undefined
      at = (at + 1) % TABLE_SIZE
    }
    return this.bounds[at]
  }

  set(header: number, bound: Bound): void {
    let at = Math.imul(header, GOLDEN) >>> TABLE_SHIFT
    while (this.bounds[at] !== undefined && this.headers[at] !== (header | 0)) at = (at + 1) % TABLE_SIZE
    this.headers[at] = header
    this.bounds[at] = bound
  }
}

/** About four times the headers there are. */
const TABLE_SIZE = 2048
const TABLE_SHIFT = 21
/** 2 ** 32 over the golden ratio: spreads what differs in few bits. */
const GOLDEN = 0x9e3779b1

const byHeader = new HeaderTable()
const byExperimenter = new Map<number, HeaderTable>()
/** (class, id, experimenter) without length, to tell a wrong length from an unknown field. */
const byIdentity = new Map<string, Bound>()
interface Bounds {
  readonly plain: Bound
  readonly masked: Bound
}
const byName13 = new Map<string, Bounds>()
const byName15 = new Map<string, Bounds>()
/** The fields by name as a version has them. */
const byName = (version: number): ReadonlyMap<string, Bounds> => (version < VERSIONS.of15 ? byName13 : byName15)
const identity = (cls: number, id: number, experimenter: number | undefined): string => `${cls}/${id}/${experimenter}`

for (const name of FIELD_NAMES) {
  const row = oxmRow(name)
  const bind = (masked: boolean): Bound => ({
    name,
    name15: (row.trades as FieldName | undefined) ?? name,
    row,
    masked,
    header: oxmHeader(row, masked),
    size: row.size,
    variable: row.variable === true,
    experimenter: row.experimenter,
    limit: 2 ** (row.bits ?? row.size * 8) - 1,
    most: 2 ** (row.size * 8) - 1,
    significant: row.bits !== undefined,
  })
  const plain = bind(false)
  const masked = bind(true)
  byName13.set(name, { plain, masked })
  byName15.set(plain.name15, { plain, masked })
  byIdentity.set(identity(row.class, row.id, row.experimenter), plain)
  let table = byHeader
  if (row.experimenter !== undefined) {
    table = byExperimenter.get(row.experimenter) ?? new HeaderTable()
    byExperimenter.set(row.experimenter, table)
  }
  if (row.variable) continue
  const taken = table.get(plain.header)
  if (taken !== undefined) throw new Error(`the rows ${taken.name} and ${name} have one header`)
  table.set(plain.header, plain)
  if (row.maskable) table.set(masked.header, masked)
}

/** The field of a header; undefined for experimenters' fields, variable ones, and what is none with this length. */
export function boundOf(header: number): Bound | undefined {
  return byHeader.get(header)
}

/** The field of a header of 32 bits, whatever length it says: of a variable field a name alone stands for the longest. */
export function fieldOfHeader(header: number): FieldName | undefined {
  return byIdentity.get(identity(header >>> 16, (header >>> 9) & 0x7f, undefined))?.name
}

/** What a field is called in a version. */
export function nameIn(bound: Bound, version: number): FieldName {
  return version < VERSIONS.of15 ? bound.name : bound.name15
}

/** Value of `size` octets at `at`; bounds are the caller's. */
export function valueAt(b: Uint8Array, at: number, size: number): Value {
  if (size === 4) return u32At(b, at)
  if (size === 2) return u16At(b, at)
  return size === 1 ? b[at]! : oddValueAt(b, at, size)
}

/** The rarer sizes, apart: what is called for every field has to be short to be fast. */
function oddValueAt(b: Uint8Array, at: number, size: number): Value {
  switch (size) {
    case 3:
      return (b[at]! << 16) | u16At(b, at + 1)
    case 6:
      return u16At(b, at) * 0x1_0000_0000 + u32At(b, at + 2)
    case 8:
      return readU64(b, at)
    default:
      return (readU64(b, at) << 64n) | readU64(b, at + 8)
  }
}

function putValue(w: Writer, value: Value, size: number, key: 'value' | 'mask', max: number): void {
  const at = w.at
  const b = w.octets
  if (size > 6) {
    putLong(w, value, size, key)
    return
  }
  if (typeof value !== 'number') throw new WireError('wrong_type', at, `number wanted, not ${typeof value}`).within(key)
  if (!(value >= 0 && value <= max) || Math.floor(value) !== value) {
    throw new WireError('out_of_range', at, `${value} is not an integer in 0..${max}`).within(key)
  }
  let i = at
  if (size === 6) {
    const high = Math.floor(value / 0x1_0000_0000)
    b[i++] = high >>> 8
    b[i++] = high
  }
  const low = value >>> 0
  if (size >= 4) {
    b[i++] = low >>> 24
    b[i++] = low >>> 16
  } else if (size === 3) b[i++] = low >>> 16
  if (size >= 2) b[i++] = low >>> 8
  b[i] = low
  w.at = at + size
}

function putLong(w: Writer, value: Value, size: number, key: 'value' | 'mask'): void {
  const at = w.at
  const b = w.octets
  if (typeof value !== 'bigint') throw new WireError('wrong_type', at, `bigint wanted, not ${typeof value}`).within(key)
  if (BigInt.asUintN(size * 8, value) !== value) {
    throw new WireError('out_of_range', at, `${value} has too many bits`).within(key)
  }
  if (size === 8) writeU64(b, at, value)
  else {
    writeU64(b, at, value >> 64n)
    writeU64(b, at + 8, BigInt.asUintN(64, value))
  }
  w.at = at + size
}

/** Reads one field; unknown ones are kept. With `whole`, the value may have bits that mean nothing (see `fieldMask`). */
export function readOxm(r: Reader, whole = false): Oxm {
  const at = r.at
  r.need(4)
  const b = r.octets
  const header = u32At(b, at)
  const size = header & 0xff
  if (at + 4 + size > r.end) {
    throw new WireError('bad_len', at + 3, `length ${size} passes the end of the fields`).within('len')
  }
  let bound = byHeader.get(header)
  let body = at + 4
  let experimenter: number | undefined
  if (bound === undefined && header >>> 16 === OXM_CLASS.experimenter) {
    if (size < 4) throw new WireError('bad_len', at + 3, 'no room for the experimenter id').within('len')
    experimenter = u32At(b, body)
    body += 4
    bound = byExperimenter.get(experimenter)?.get(header)
  }
  if (bound === undefined) return readUncommon(r, header, experimenter, body)
  const width = bound.size
  const field = nameIn(bound, r.version)
  const value = valueAt(b, body, width)
  if (bound.significant && (value as number) > bound.limit && !whole) {
    throw new WireError('bad_value', body, `more than ${bound.row.bits} bits`).within(field)
  }
  r.at = at + 4 + size
  if (bound.masked) return { field, value, mask: valueAt(b, body + width, width) } as Oxm
  return { field, value } as Oxm
}

/** Fields of variable length, wrong lengths, masks where none may be, and what no row describes. */
function readUncommon(r: Reader, header: number, experimenter: number | undefined, body: number): Oxm {
  const at = r.at
  const cls = header >>> 16
  const id = (header >>> 9) & 0x7f
  const masked = (header & 0x100) !== 0
  const end = at + 4 + (header & 0xff)
  const known = byIdentity.get(identity(cls, id, experimenter))
  r.at = end
  if (known === undefined) {
    if (masked && (end - body) % 2 !== 0)
      throw new WireError('bad_len', at + 3, 'value and mask differ in size').within('len')
    const octets = r.octets.subarray(body, end)
    if (experimenter === undefined) return { field: 'unknown', class: cls, id, masked, body: octets }
    return { field: 'unknown', class: cls, id, experimenter, masked, body: octets }
  }
  if (masked && !known.row.maskable)
    throw new WireError('bad_mask', at + 2, 'field takes no mask').within(nameIn(known, r.version))
  const size = end - body
  const width = masked ? size / 2 : size
  if (!known.row.variable || !Number.isInteger(width) || width > known.row.size) {
    throw new WireError('bad_len', at + 3, `length ${header & 0xff}`).within(nameIn(known, r.version))
  }
  const value = r.octets.subarray(body, body + width)
  if (!masked) return { field: known.name, value } as Oxm
  return { field: known.name, value, mask: r.octets.subarray(body + width, end) } as Oxm
}

function putHeader(w: Writer, header: number): void {
  put32(w.octets, w.at, header)
  w.at += 4
}

export function writeOxm(w: Writer, oxm: Oxm, whole = false): void {
  if (typeof oxm !== 'object' || oxm === null) throw new WireError('wrong_type', w.at, 'object wanted')
  const bound = byName(w.version).get(oxm.field)
  w.room(4 + 255)
  if (bound === undefined) {
    writeUnknown(w, oxm as UnknownOxm)
    return
  }
  const { plain, masked } = bound
  const value = oxm.value as Value
  const mask = oxm.mask as Value | undefined
  if (mask !== undefined && !plain.row.maskable) {
    throw new WireError('bad_mask', w.at, `${oxm.field} takes no mask`).within('mask')
  }
  if (plain.variable) {
    writeVariable(w, plain, value, mask)
    return
  }
  putHeader(w, mask === undefined ? plain.header : masked.header)
  if (plain.experimenter !== undefined) putHeader(w, plain.experimenter)
  putValue(w, value, plain.size, 'value', whole ? plain.most : plain.limit)
  if (mask !== undefined) putValue(w, mask, plain.size, 'mask', plain.most)
}

function writeVariable(w: Writer, bound: Bound, value: Value, mask: Value | undefined): void {
  const { row } = bound
  if (!(value instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'Uint8Array wanted').within('value')
  if (value.length > row.size) {
    throw new WireError('out_of_range', w.at, `0..${row.size} octets wanted, not ${value.length}`).within('value')
  }
  if (mask !== undefined && (!(mask instanceof Uint8Array) || mask.length !== value.length)) {
    throw new WireError('bad_mask', w.at, 'as many octets as the value wanted').within('mask')
  }
  const size = mask === undefined ? value.length : value.length * 2
  putHeader(w, (bound.header & 0xffff_fe00) | (mask === undefined ? 0 : 0x100) | size)
  w.put(value)
  if (mask !== undefined) w.put(mask)
}

function writeUnknown(w: Writer, oxm: UnknownOxm): void {
  if (oxm.field !== 'unknown')
    throw new WireError('unknown_name', w.at, `no such field: ${shown(oxm.field)}`).within('field')
  const { class: cls, id, experimenter, masked, body } = oxm
  if (!(body instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'Uint8Array wanted').within('body')
  if ((cls === OXM_CLASS.experimenter) !== (experimenter !== undefined)) {
    throw new WireError('bad_value', w.at, 'class 0xffff wants an experimenter, other classes none').within(
      'experimenter',
    )
  }
  if (experimenter !== undefined && !isUint(experimenter, 0xffff_ffff)) {
    throw new WireError('out_of_range', w.at, 'no experimenter id').within('experimenter')
  }
  if (masked && body.length % 2 !== 0)
    throw new WireError('out_of_range', w.at, 'as long a mask as the value wanted').within('body')
  const size = body.length + (experimenter === undefined ? 0 : 4)
  if (size > 0xff || !isUint(cls, 0xffff) || !isUint(id, 0x7f)) {
    throw new WireError('out_of_range', w.at, 'class, id or length does not fit the header')
  }
  putHeader(w, ((cls << 16) | (id << 9) | (masked ? 0x100 : 0) | size) >>> 0)
  if (experimenter !== undefined) putHeader(w, experimenter)
  w.put(body)
}

/** One field with value. */
export const oxmField: Field<Oxm> = { kind: 'oxm', min: 4, fixed: false, read: readOxm, write: writeOxm }

/** A field whose value is a mask: which bits of it count. All its octets may be ones, whatever bits the field has. */
export const fieldMask: Field<Oxm> = {
  kind: 'fieldMask',
  min: 4,
  fixed: false,
  read: (r) => readOxm(r, true),
  write: (w, oxm) => writeOxm(w, oxm, true),
}

// ---- headers alone ------------------------------------------------------------------------------------------

/**
 * A field without a value, as Nicira actions name source and destination: its name; or, if no row (or not with
 * this length) is meant, the 32 bit header, 64 bits (bigint) with experimenter.
 */
export type FieldRef = FieldName | number | bigint

/** A field in a table's feature lists: name and whether with mask; or the header as it is. */
export type OxmId = { field: FieldName; masked: boolean } | { header: number | bigint }

function readHeader(r: Reader): { bound: Bound | undefined; header: number | bigint } {
  r.need(4)
  const header = u32At(r.octets, r.at)
  r.at += 4
  if (header >>> 16 !== OXM_CLASS.experimenter) {
    let bound = byHeader.get(header)
    if (bound === undefined) {
      const known = byIdentity.get(identity(header >>> 16, (header >>> 9) & 0x7f, undefined))
      const { plain, masked } = (known?.variable && byName13.get(known.name)) || {}
      bound = [plain, masked].find((one) => one?.header === header)
    }
    return { bound, header }
  }
  r.need(4)
  const experimenter = u32At(r.octets, r.at)
  r.at += 4
  return {
    bound: byExperimenter.get(experimenter)?.get(header),
    header: (BigInt(header) << 32n) | BigInt(experimenter),
  }
}

function writeHeader(w: Writer, header: number | bigint): void {
  w.room(8)
  if (typeof header === 'bigint') {
    if (header < 0n || header > U64_MAX || header >> 48n !== 0xffffn) {
      throw new WireError('out_of_range', w.at, 'not a 64 bit experimenter header')
    }
    writeU64(w.octets, w.at, header)
    w.at += 8
    return
  }
  if (!isUint(header, 0xffff_ffff) || header >>> 16 === OXM_CLASS.experimenter) {
    throw new WireError('out_of_range', w.at, 'not a 32 bit header')
  }
  putHeader(w, header)
}

function writeBound(w: Writer, name: FieldName, masked: boolean): void {
  const bound = byName(w.version).get(name)
  if (bound === undefined) throw new WireError('unknown_name', w.at, `no such field: ${shown(name)}`)
  if (masked && !bound.plain.row.maskable) throw new WireError('bad_mask', w.at, `${name} takes no mask`)
  w.room(8)
  putHeader(w, (masked ? bound.masked : bound.plain).header)
  if (bound.plain.experimenter !== undefined) putHeader(w, bound.plain.experimenter)
}

export const fieldRef: Field<FieldRef> = {
  kind: 'fieldRef',
  min: 4,
  fixed: false,
  read(r) {
    const { bound, header } = readHeader(r)
    return bound === undefined || bound.masked ? header : nameIn(bound, r.version)
  },
  write(w, value) {
    if (typeof value === 'string') writeBound(w, value, false)
    else if (typeof value === 'number' || typeof value === 'bigint') writeHeader(w, value)
    else throw new WireError('wrong_type', w.at, 'field name or header wanted')
  },
}

/** The same in exactly 32 bits: headers of experimenter fields, whose id has no room here, stay numbers. */
export const fieldRef32: Field<FieldRef> = {
  kind: 'fieldRef32',
  min: 4,
  fixed: true,
  read(r) {
    r.need(4)
    if (r.octets[r.at] === 0xff && r.octets[r.at + 1] === 0xff) {
      r.at += 4
      return u32At(r.octets, r.at - 4)
    }
    return fieldRef.read(r)
  },
  write(w, value) {
    if (typeof value === 'string' && byName(w.version).get(value)?.plain.experimenter !== undefined) {
      throw new WireError('out_of_range', w.at, `${value} does not fit a 32 bit header`)
    }
    if (isUint(value, 0xffff_ffff) && value >>> 16 === OXM_CLASS.experimenter) {
      w.room(4)
      putHeader(w, value)
    } else if (typeof value === 'bigint') {
      throw new WireError('out_of_range', w.at, 'not a 32 bit header')
    } else fieldRef.write(w, value)
  },
}

export const oxmId: Field<OxmId> = {
  kind: 'oxmId',
  min: 4,
  fixed: false,
  read(r) {
    const { bound, header } = readHeader(r)
    return bound === undefined ? { header } : { field: nameIn(bound, r.version), masked: bound.masked }
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    if ('header' in value) writeHeader(w, value.header)
    else writeBound(w, value.field, value.masked)
  },
}
