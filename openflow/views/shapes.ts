/**
 * Lists of actions and of instructions in place: whether decode takes them, told by a table that is made from their
 * rows. It holds for each row how many octets are fixed and what stands behind them; the few rows that are none of
 * these shapes are read by the rows themselves.
 */

import { ACTIONS, actions } from '../spec/actions-nested.ts'
import { INSTRUCTIONS, instructions } from '../spec/instructions.ts'
import { MAX_DEPTH, Reader } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import type { Field } from '../wire/field.ts'
import { u16At, u32At } from '../wire/octets.ts'
import type { Struct } from '../wire/struct.ts'
import { rowIn, type UnionRow } from '../wire/union.ts'
import { inVersion, type Since, VERSIONS } from '../wire/version.ts'
import { fieldEnd } from './match.ts'

/** What stands behind the fixed octets. `rows`: something that only the row can judge. */
type Tail = 'nothing' | 'octets' | 'actions' | 'field' | 'unmasked field' | 'rows'

export interface Shape {
  readonly name: string
  /** Octets behind type, length and experimenter's head that take any value. */
  readonly size: number
  readonly tail: Tail
  /** The only size that the whole can have, padding included; 0 where there are several. */
  readonly exact: number
}

/** A kind of list in one version. */
export interface Shapes {
  readonly byNumber: ReadonlyArray<Shape | undefined>
  /** By experimenter and subtype: `experimenterKey`. */
  readonly byExperimenter: ReadonlyMap<number, Shape>
  /** The whole list by its rows, for what no shape tells. */
  readonly rows: Field<unknown>
  readonly version: number
}

const EXPERIMENTER = 0xffff
const ALIGN = 8
/** Type and length; with an experimenter's, its id and subtype. */
const PLAIN_HEAD = 4
const FOREIGN_HEAD = 10

/** Members of fixed size that no octets are refused for. */
const TAKES_ANY = new Set([
  'uint',
  'biguint',
  'enumeration',
  'pad',
  'text',
  'octets',
  'fieldRef32',
  'ofsNbits',
  'ctZone',
])
const TAILS: Readonly<Record<string, Tail>> = {
  actions: 'actions',
  oxm: 'field',
  setField: 'unmasked field',
  octets: 'octets',
}

/** `head`: octets in front of the body. */
function shapeOf(name: string, body: Field<unknown>, version: number, head: number): Shape {
  const other: Shape = { name, size: 0, tail: 'rows', exact: 0 }
  if (body.kind !== 'struct') return other
  let size = 0
  const { members } = body as Struct<object>
  for (const [i, [, member]] of members.entries()) {
    const field = member.kind === 'since' ? (member as Since<unknown>).of : member
    if (field.fixed && TAKES_ANY.has(field.kind)) {
      size += field.min
      continue
    }
    const kind = field.kind === 'setField' && version >= VERSIONS.of15 ? 'oxm' : field.kind
    const tail = TAILS[kind]
    return tail === undefined || i !== members.length - 1 ? other : { name, size, tail, exact: 0 }
  }
  return { name, size, tail: 'nothing', exact: Math.ceil((head + size) / ALIGN) * ALIGN }
}

const experimenterKey = (experimenter: number, subtype: number): number => experimenter * 0x10000 + subtype

function shapesOf(rows: Readonly<Record<string, UnionRow>>, list: Field<unknown>, version: number): Shapes {
  const byNumber: Array<Shape | undefined> = []
  const byExperimenter = new Map<number, Shape>()
  for (const [name, row] of Object.entries(rows)) {
    const place = rowIn(row, version)
    const body = row.body.kind === 'columns' ? inVersion(row.body.by, version) : row.body
    if (place === undefined || body === undefined) continue
    const shape = shapeOf(
      name,
      body as Field<unknown>,
      version,
      place.experimenter === undefined ? PLAIN_HEAD : FOREIGN_HEAD,
    )
    if (place.experimenter === undefined) byNumber[place.number] = shape
    else byExperimenter.set(experimenterKey(place.experimenter, place.number), shape)
  }
  return { byNumber, byExperimenter, rows: list, version }
}

function byVersion(rows: Readonly<Record<string, UnionRow>>, list: Field<unknown>): (version: number) => Shapes {
  const made: Array<Shapes | undefined> = []
  return (version) => (made[version] ??= shapesOf(rows, list, version))
}

export const actionShapes = byVersion(ACTIONS, actions as Field<unknown>)
export const instructionShapes = byVersion(INSTRUCTIONS, instructions as Field<unknown>)

/** The shape of the element of this number at `at`; undefined where no row describes it. */
export function shapeAt(
  { byNumber, byExperimenter }: Shapes,
  number: number,
  b: Uint8Array,
  at: number,
): Shape | undefined {
  if (number !== EXPERIMENTER) return number < byNumber.length ? byNumber[number] : undefined
  return u16At(b, at + 2) < 10 ? undefined : byExperimenter.get(experimenterKey(u32At(b, at + 4), u16At(b, at + 8)))
}

/** Whether decode takes these octets as such a list, `depth` lists deep. */
export function listFits(shapes: Shapes, b: Uint8Array, from: number, end: number, depth: number): boolean {
  if (depth > MAX_DEPTH) return false
  for (let at = from; at < end; ) {
    if (end - at < 4) return false
    const number = u16At(b, at)
    const size = u16At(b, at + 2)
    const next = at + size
    if (size < ALIGN || next > end || size % ALIGN !== 0) return false
    const shape = shapeAt(shapes, number, b, at)
    if (shape === undefined) {
      // Experimenters' elements that no row describes are kept.
      if (number !== EXPERIMENTER) return false
    } else if (shape.exact !== size) {
      const behind = at + (number === EXPERIMENTER ? FOREIGN_HEAD : PLAIN_HEAD) + shape.size
      if (behind > next || !tailFits(shapes, shape.tail, b, at, behind, next, depth)) return false
    }
    at = next
  }
  return true
}

/** The same for what stands behind the fixed octets of the element from `at` to `end`. */
function tailFits(
  shapes: Shapes,
  tail: Tail,
  b: Uint8Array,
  at: number,
  behind: number,
  end: number,
  depth: number,
): boolean {
  switch (tail) {
    case 'nothing':
      return false
    case 'actions':
      return listFits(actionShapes(shapes.version), b, behind, end, depth + 1)
    case 'octets':
      return true
    case 'field':
    case 'unmasked field': {
      const last = fieldEnd(b, behind, end)
      return last >= 0 && end - last < ALIGN && (tail === 'field' || (b[behind + 2]! & 1) === 0)
    }
    default:
      return rowsFit(shapes, b, at, end, depth)
  }
}

function rowsFit({ rows, version }: Shapes, b: Uint8Array, at: number, end: number, depth: number): boolean {
  const r = new Reader(b, at, end)
  r.version = version
  r.depth = depth - 1
  try {
    rows.read(r)
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}
