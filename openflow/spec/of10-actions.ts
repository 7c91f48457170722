/**
 * Actions of OpenFlow 1.0.1 (section 5.2.4). Those that set a field which later versions set with set_field are
 * set_field here as well; those that mean something else (set_vlan_vid adds a tag, set_tp_src takes any transport,
 * enqueue names port and queue) have names of their own. `actions-nested.ts` joins them with the rows of the rest.
 */

import { inside, WireError } from '../wire/error.ts'
import { type Field, u8, u16, u32, u48 } from '../wire/field.ts'
import { renumbered, sparing } from '../wire/narrow.ts'
import { pad, struct } from '../wire/struct.ts'
import { type UnionRow, type UnionShape, unionOf } from '../wire/union.ts'
import { type Mapped, mapped, notInVersion } from '../wire/version.ts'
import { port10Number } from './of10-ports.ts'
import type { FieldName, Oxm } from './oxm.ts'

/** `struct ofp_action_output`. */
export const output10 = struct({ port: port10Number, max_len: u16 })

/** The rows that only 1.0 has. */
export const ACTIONS_10 = {
  /** Adds a tag where there is none; `vlan_vid` without the bit that says "there is a tag". */
  set_vlan_vid: { number: { of10: 1 }, body: struct({ vlan_vid: u16, pad: pad(2) }) },
  set_vlan_pcp: { number: { of10: 2 }, body: struct({ vlan_pcp: u8, pad: pad(3) }) },
  /** Port of TCP or UDP, type of ICMP. */
  set_tp_src: { number: { of10: 9 }, body: struct({ tp_port: u16, pad: pad(2) }) },
  set_tp_dst: { number: { of10: 10 }, body: struct({ tp_port: u16, pad: pad(2) }) },
  enqueue: { number: { of10: 11 }, body: struct({ port: port10Number, pad: pad(6), queue_id: u32 }) },
} as const satisfies Record<string, UnionRow>

/** The low two bits of nw_tos are not part of the field. */
const dscp = sparing(
  renumbered(
    u8,
    (tos) => tos >> 2,
    (value) => (value > 0x3f ? undefined : value << 2),
  ),
)

/** The field that an action sets, whose number stands in `of`. */
function setter(field: FieldName, of: Field<number>): Mapped<Oxm> {
  const meaning = (value: number): Oxm => ({ field, value }) as Oxm
  return {
    kind: 'mapped',
    min: of.min,
    fixed: true,
    of: of as Field<unknown>,
    meaning,
    read: (r) => meaning(of.read(r)),
    write(w, oxm) {
      if (typeof oxm !== 'object' || oxm === null) throw new WireError('wrong_type', w.at, 'object wanted')
      const { value, mask } = oxm
      if (mask !== undefined) throw notInVersion(w.at, w.version, 'mask here').within('mask')
      try {
        of.write(w, value as number)
      } catch (error) {
        throw inside(error, 'value')
      }
    },
  }
}

/** What set_field is on the wire, by field. */
const SETTERS = {
  eth_src: { number: { of10: 4 }, body: struct({ field: setter('eth_src', u48), pad: pad(6) }) },
  eth_dst: { number: { of10: 5 }, body: struct({ field: setter('eth_dst', u48), pad: pad(6) }) },
  ipv4_src: { number: { of10: 6 }, body: struct({ field: setter('ipv4_src', u32) }) },
  ipv4_dst: { number: { of10: 7 }, body: struct({ field: setter('ipv4_dst', u32) }) },
  ip_dscp: { number: { of10: 8 }, body: struct({ field: setter('ip_dscp', dscp), pad: pad(3) }) },
} as const satisfies Record<string, UnionRow>

type Tagged = { type: string; field?: Oxm }

/** One action of 1.0, by the rows of all versions beside those that stand for set_field. */
export function action10<T extends { type: string }>(
  rows: Readonly<Record<string, UnionRow>>,
  shape: UnionShape,
): Mapped<T> {
  return mapped<Tagged, T>(
    unionOf<Tagged>({ ...rows, ...SETTERS }, shape),
    (wire) => (Object.hasOwn(SETTERS, wire.type) ? { type: 'set_field', field: wire.field } : wire) as unknown as T,
    (value, { at, version }) => {
      const { type, field } = value as Tagged
      if (typeof type === 'string' && Object.hasOwn(SETTERS, type)) {
        throw new WireError('unknown_name', at, `no such type: ${type}`).within('type')
      }
      if (type !== 'set_field') return value
      if (typeof field !== 'object' || field === null) {
        throw new WireError('wrong_type', at, 'object wanted').within('field')
      }
      if (typeof field.field !== 'string' || !Object.hasOwn(SETTERS, field.field)) {
        throw notInVersion(at, version, 'action that sets this field').within('field').within('field')
      }
      return { type: field.field, field }
    },
  )
}
