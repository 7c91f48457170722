/**
 * nx_learn and nx_learn2: an action that installs a flow made from the packet. What is special is the list of
 * specs: each is a 16 bit header (where the source is, what is done with it, how many bits), then source and
 * destination, packed without padding and ended by zeros.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import { inside, shown, WireError } from '../wire/error.ts'
import { type Field, u8, u16, u32, u64 } from '../wire/field.ts'
import { u16At } from '../wire/octets.ts'
import { pad } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { nx } from './actions-nicira.ts'
import { type FieldRef, fieldRef } from './oxm.ts'

/** One bit range of a field. */
export interface Subfield {
  field: FieldRef
  ofs: number
}

/** What one spec does: match the new flow on it, load it in the new flow, or output to the port it holds. */
export type LearnSpec = {
  n_bits: number
  /** A field of the packet, or octets (big-endian, least multiple of two that holds n_bits). */
  src: Subfield | Uint8Array
} & ({ to: 'match' | 'load'; dst: Subfield } | { to: 'output' })

const IMMEDIATE = 0x2000
const TO = ['match', 'load', 'output'] as const

function readSubfield(r: Reader): Subfield {
  const field = fieldRef.read(r)
  return { field, ofs: u16.read(r) }
}

function writeSubfield(w: Writer, value: Subfield): void {
  if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'field and ofs wanted')
  fieldRef.write(w, value.field)
  u16.write(w, value.ofs)
}

const immediateSize = (bits: number): number => 2 * Math.ceil(bits / 16)

function readSpec(r: Reader, header: number): LearnSpec {
  const at = r.at - 2
  const n_bits = header & 0x7ff
  const to = TO[(header >>> 11) & 3]
  if (to === undefined || header >>> 14 !== 0 || n_bits === 0) {
    throw new WireError('bad_value', at, `learn spec 0x${header.toString(16)}`)
  }
  const src = header & IMMEDIATE ? r.take(immediateSize(n_bits)) : readSubfield(r)
  return to === 'output' ? { n_bits, src, to } : { n_bits, src, to, dst: readSubfield(r) }
}

function writeSpec(w: Writer, spec: LearnSpec): void {
  if (typeof spec !== 'object' || spec === null) throw new WireError('wrong_type', w.at, 'object wanted')
  const { n_bits, src, to } = spec
  const code = TO.indexOf(to)
  if (code < 0) throw new WireError('unknown_name', w.at, `no such spec: ${shown(to)}`).within('to')
  if (!(Number.isInteger(n_bits) && n_bits >= 1 && n_bits <= 0x7ff)) {
    throw new WireError('out_of_range', w.at, 'n_bits in 1..2047 wanted').within('n_bits')
  }
  const immediate = src instanceof Uint8Array
  u16.write(w, n_bits | (code << 11) | (immediate ? IMMEDIATE : 0))
  if (immediate) {
    if (src.length !== immediateSize(n_bits)) {
      throw new WireError('out_of_range', w.at, `${immediateSize(n_bits)} octets wanted`).within('src')
    }
    w.put(src)
  } else writeSubfield(w, src)
  if (spec.to !== 'output') writeSubfield(w, spec.dst)
}

const specs: Field<LearnSpec[]> = {
  kind: 'learnSpecs',
  min: 0,
  fixed: false,
  read(r) {
    const out: LearnSpec[] = []
    try {
      while (r.end - r.at >= 2) {
        const header = u16At(r.octets, r.at)
        if (header === 0) break
        r.at += 2
        out.push(readSpec(r, header))
      }
    } catch (error) {
      throw inside(error, out.length)
    }
    return out
  },
  write(w, values) {
    if (!Array.isArray(values)) throw new WireError('wrong_type', w.at, 'array wanted')
    values.forEach((spec: LearnSpec, i) => {
      try {
        writeSpec(w, spec)
      } catch (error) {
        throw inside(error, i)
      }
    })
  },
}

const head = {
  idle_timeout: u16,
  hard_timeout: u16,
  priority: u16,
  cookie: u64,
  flags: u16,
  table_id: u8,
  pad: pad(1),
  fin_idle_timeout: u16,
  fin_hard_timeout: u16,
} as const

/** Where nx_learn2 writes whether it added the flow; `ofs` stands in the octets even when there is no field. */
export type LearnResult = { ofs: number; field?: FieldRef }

const WRITE_RESULT = 4

/**
 * limit, result_dst_ofs, two octets of padding, and the header of the result field, which is there when the flag
 * NX_LEARN_WRITE_RESULT is. The flags stand 12 octets before.
 */
const result: Field<LearnResult> = {
  kind: 'learnResult',
  min: 4,
  fixed: false,
  read(r) {
    const flags = u16At(r.octets, r.at - FLAGS_BACK)
    const ofs = u16.read(r)
    r.skip(2)
    return flags & WRITE_RESULT ? { ofs, field: fieldRef.read(r) } : { ofs }
  },
  write(w, value) {
    const flags = u16At(w.octets, w.at - FLAGS_BACK)
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    if ((value.field !== undefined) !== ((flags & WRITE_RESULT) !== 0)) {
      throw new WireError('bad_value', w.at, 'a result field wants flag 4, and the other way round')
    }
    u16.write(w, value.ofs)
    w.skip(2)
    if (value.field !== undefined) fieldRef.write(w, value.field)
  },
}

/** From the result back to the flags: limit 4, fin_hard 2, fin_idle 2, pad 1, table_id 1, flags 2. */
const FLAGS_BACK = 12

export const ACTIONS_LEARN = {
  nx_learn: nx(16, { ...head, specs }),
  nx_learn2: nx(45, { ...head, limit: u32, result, specs }),
} as const satisfies Record<string, UnionRow>

export type LearnAction = UnionOf<typeof ACTIONS_LEARN>
