/**
 * A match in place: its fields one after the other, and single fields by name. It knows the headers of the fields from
 * their rows and nothing of what they mean.
 */

import { OFP_VERSION } from '../spec/constants.ts'
import {
  type Bound,
  boundOf,
  type FieldName,
  nameIn,
  type Oxm,
  type OxmTable,
  oxmHeader,
  oxmRow,
  readOxm,
  type ValueOf,
  valueAt,
} from '../spec/oxm.ts'
import type { OxmRow } from '../spec/oxm-row.ts'
import { Reader } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { VERSIONS } from '../wire/version.ts'

const OFPMT_OXM = 1

/** The end of the field at `at`, and -1 if decode refuses it. Only uncommon fields are read by their row. */
export function fieldEnd(b: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return -1
  const header = u32At(b, at)
  const next = at + 4 + (header & 0xff)
  if (next > end) return -1
  const bound = boundOf(header)
  if (bound === undefined) return uncommon(b, at, next) ? next : -1
  return bound.significant && exceeds(b, at + 4, bound) ? -1 : next
}

function exceeds(b: Uint8Array, at: number, bound: Bound): boolean {
  return (valueAt(b, at, bound.size) as number) > bound.limit
}

function uncommon(b: Uint8Array, at: number, end: number): boolean {
  try {
    readOxm(new Reader(b, at, end))
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

/** The end of the match at `at`, padding included, and -1 if decode refuses it. */
export function matchEnd(b: Uint8Array, at: number, end: number): number {
  if (end - at < 4 || u16At(b, at) !== OFPMT_OXM) return -1
  const size = u16At(b, at + 2)
  if (size < 4 || at + size > end) return -1
  const last = at + size
  let next = at + 4
  while (next < last) {
    next = fieldEnd(b, next, last)
    if (next < 0) return -1
  }
  const padded = at + ((size + 7) & ~7)
  return padded > end ? -1 : padded
}

/**
 * The fields of a match. `next` goes to the first, then to the following, and says whether there is one; the members
 * are those of the field it stands at.
 */
export class MatchView {
  octets: Uint8Array = new Uint8Array(0)
  version: number = OFP_VERSION
  /** First octet of the fields, and of what is behind them. */
  start = 0
  end = 0
  private here = 0
  private following = 0
  /** Of the field it stands at, where that is a common one. */
  private bound: Bound | undefined

  /** Stands before the first field of a match that has been checked. */
  place(octets: Uint8Array, at: number, version: number): void {
    this.octets = octets
    this.version = version
    this.start = at + 4
    this.end = at + u16At(octets, at + 2)
    this.following = this.start
  }

  rewind(): void {
    this.following = this.start
  }

  next(): boolean {
    const at = this.following
    if (at >= this.end) return false
    const header = u32At(this.octets, at)
    this.here = at
    this.following = at + 4 + (header & 0xff)
    this.bound = boundOf(header)
    return true
  }

  get field(): Oxm['field'] {
    const { bound } = this
    return bound === undefined ? this.oxm.field : nameIn(bound, this.version)
  }

  get value(): Oxm['value'] {
    const { bound } = this
    return bound === undefined ? this.oxm.value : (valueAt(this.octets, this.here + 4, bound.size) as Oxm['value'])
  }

  get mask(): Oxm['mask'] {
    const { bound } = this
    if (bound === undefined) return this.oxm.mask
    return bound.masked ? (valueAt(this.octets, this.here + 4 + bound.size, bound.size) as Oxm['mask']) : undefined
  }

  /** The field as decode gives it: an object. */
  get oxm(): Oxm {
    const r = new Reader(this.octets, this.here, this.following)
    r.version = this.version
    return readOxm(r)
  }
}

type Found<K extends FieldName> = (match: MatchView) => ValueOf<OxmTable[K]> | undefined

/** Finds a part of the first field of one name. */
function finder<K extends FieldName>(field: K, part: 'value' | 'mask'): Found<K> {
  const older = finderOf<K>(oxmRow(field), part)
  const { trades } = oxmRow(field)
  if (trades === undefined) return older
  const newer = finderOf<K>(oxmRow(trades as FieldName), part)
  return (match) => (match.version < VERSIONS.of15 ? older : newer)(match)
}

function finderOf<K extends FieldName>(row: OxmRow, part: 'value' | 'mask'): Found<K> {
  const { experimenter, size, variable = false } = row
  // Where the length varies, class, number and mask bit tell; two fields may differ in nothing but the length.
  const told = variable ? ~0xff : ~0
  const plain = oxmHeader(row, false) & told
  const masked = row.maskable ? oxmHeader(row, true) & told : plain
  const before = experimenter === undefined ? 4 : 8
  return ({ octets: b, start, end }) => {
    for (let at = start; at < end; at += 4 + b[at + 3]!) {
      const header = u32At(b, at) & told
      if (header !== plain && header !== masked) continue
      if (experimenter !== undefined && u32At(b, at + 4) !== experimenter) continue
      if (part === 'mask' && (header & 0x100) === 0) return undefined
      const body = b[at + 3]! + 4 - before
      const width = (header & 0x100) === 0 ? body : body >>> 1
      const from = at + before + (part === 'mask' ? width : 0)
      return (variable ? b.subarray(from, from + width) : valueAt(b, from, size)) as ValueOf<OxmTable[K]>
    }
    return undefined
  }
}

/**
 * A function that looks one field up: `const inPort = fieldReader('in_port')`, then `inPort(view.match)`. It gives the
 * value of the first field of that name, with or without mask, and undefined where there is none. Other spellings of the
 * field (`twin` of their rows) are fields of their own.
 */
export const fieldReader = <K extends FieldName>(field: K): Found<K> => finder(field, 'value')

/** The same for the mask of the first field of that name; undefined where it has none. */
export const maskReader = <K extends FieldName>(field: K): Found<K> => finder(field, 'mask')
