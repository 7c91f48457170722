/**
 * Flow statistics as OpenFlow 1.5 has them (1.5.1 section 7.2.4, `struct ofp_stats`): fields like those of a match,
 * one row each; those that no row describes are kept octet for octet. Knows no message; what older versions have as
 * plain members is `flow-counters.ts`.
 */

import { inside, WireError } from '../wire/error.ts'
import { type Field, isUint, list, type Of, u16, u32, u64 } from '../wire/field.ts'
import { type Struct, struct } from '../wire/struct.ts'

/** OXS classes. */
const BASIC = 0x8002
const EXPERIMENTER_CLASS = 0xffff

const time = struct({ sec: u32, nsec: u32 })
const count = struct({ value: u64 })

/** `enum oxs_ofb_stat_fields`; number 2 is not used. */
export const OXS = {
  /** Time that a flow has existed. */
  duration: { id: 0, body: time },
  /** Time since the last packet. */
  idle_time: { id: 1, body: time },
  /** Flows that were added up. */
  flow_count: { id: 3, body: struct({ value: u32 }) },
  packet_count: { id: 4, body: count },
  byte_count: { id: 5, body: count },
} as const satisfies Record<string, { id: number; body: Struct<object> }>

type KnownOxs = { [K in keyof typeof OXS]: { field: K } & Of<(typeof OXS)[K]['body']> }[keyof typeof OXS]

/** A field that no row describes; `body` is without experimenter id. `reserved` is the bit where a match has its mask. */
export interface UnknownOxs {
  field: 'unknown'
  class: number
  id: number
  experimenter?: number
  reserved: boolean
  body: Uint8Array
}

/** One statistics field: `{ field: 'packet_count', value: 7n }`, `{ field: 'duration', sec: 1, nsec: 0 }`. */
export type Oxs = KnownOxs | UnknownOxs

const names = new Map<number, keyof typeof OXS>()
for (const name of Object.keys(OXS) as Array<keyof typeof OXS>) names.set(OXS[name].id, name)

export const oxsField: Field<Oxs> = {
  kind: 'oxs',
  min: 4,
  fixed: false,
  read(r) {
    const at = r.at
    const outer = r.end
    const cls = u16.read(r)
    const low = u16.read(r)
    const id = low >>> 9
    const reserved = (low & 0x100) !== 0
    r.end = r.at + (low & 0xff)
    if (r.end > outer) throw new WireError('bad_len', at + 3, `length ${low & 0xff} passes the end`).within('len')
    const name = cls === BASIC && !reserved ? names.get(id) : undefined
    let value: Oxs
    if (name !== undefined) {
      const { body } = OXS[name]
      if (r.end - r.at !== body.min) throw new WireError('bad_len', at + 3, `length ${low & 0xff}`).within(name)
      value = { field: name, ...body.read(r) } as Oxs
    } else if (cls === EXPERIMENTER_CLASS) {
      const experimenter = u32.read(r)
      value = { field: 'unknown', class: cls, id, experimenter, reserved, body: r.take(r.end - r.at) }
    } else value = { field: 'unknown', class: cls, id, reserved, body: r.take(r.end - r.at) }
    r.end = outer
    return value
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    if (value.field !== 'unknown') {
      const row = typeof value.field === 'string' && Object.hasOwn(OXS, value.field) ? OXS[value.field] : undefined
      if (row === undefined) throw new WireError('unknown_name', w.at, 'no such field').within('field')
      u16.write(w, BASIC)
      u16.write(w, (row.id << 9) | row.body.min)
      ;(row.body as Field<object>).write(w, value)
      return
    }
    const { class: cls, id, experimenter, reserved, body } = value
    if (!(body instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'Uint8Array wanted').within('body')
    if ((cls === EXPERIMENTER_CLASS) !== (experimenter !== undefined)) {
      const said = 'class 0xffff wants an experimenter, other classes none'
      throw new WireError('bad_value', w.at, said).within('experimenter')
    }
    const size = body.length + (experimenter === undefined ? 0 : 4)
    if (size > 0xff || !isUint(id, 0x7f)) throw new WireError('out_of_range', w.at, 'id or length is too great')
    try {
      u16.write(w, cls)
      u16.write(w, (id << 9) | (reserved ? 0x100 : 0) | size)
      if (experimenter !== undefined) u32.write(w, experimenter)
    } catch (error) {
      throw inside(error, experimenter === undefined ? 'class' : 'experimenter')
    }
    w.put(body)
  },
}

const oxsList = list(oxsField)

/** `struct ofp_stats`: 16 bits reserved, length, the fields, filled up to 8 octets behind the length. */
export const stats: Field<Oxs[]> = {
  kind: 'stats',
  min: 8,
  fixed: false,
  read(r) {
    const start = r.at
    const outer = r.end
    r.skip(2)
    const size = u16.read(r)
    if (size < 4 || start + size > outer) throw new WireError('bad_len', start + 2, `length ${size}`).within('length')
    r.end = start + size
    const fields = oxsList.read(r)
    r.end = outer
    r.skip(-size & 7)
    return fields
  },
  write(w, fields) {
    const start = w.at
    w.skip(2)
    u16.write(w, 0)
    oxsList.write(w, fields)
    const size = w.at - start
    w.patch16(start + 2, size)
    w.skip(-size & 7)
  },
}
