/**
 * Property lists as OpenFlow 1.4 and later have them in many messages (1.4.1 section 7.2.1.2): type, length without
 * padding, body, padding up to 8 octets behind. Knows no property but the experimenter's, which is the same everywhere.
 */

import { type Field, list, rest, u32 } from '../wire/field.ts'
import { struct } from '../wire/struct.ts'
import { answering, type UnionOf, type UnionRow, type UnionShape, union } from '../wire/union.ts'

export const PROPERTY_SHAPE = { align: 8, padded: 'behind' } as const satisfies UnionShape

/** `struct ofp_prop_experimenter` behind type and length; the experimenter says what `exp_type` and `data` are. */
export const experimenterProperty = struct({ experimenter: u32, exp_type: u32, data: rest })

/** The row of a table of properties; some have a second one under another number. */
export const EXPERIMENTER_PROPERTY = { number: 0xffff, body: experimenterProperty } as const satisfies UnionRow

/** Properties up to the end of what encloses them. */
export function properties<const R extends Readonly<Record<string, UnionRow>>>(rows: R): Field<Array<UnionOf<R>>> {
  return answering('bad_property', { bad_type: 'bad_type', bad_value: 'bad_value' }, list(union(rows, PROPERTY_SHAPE)))
}

/** For `spelled`: a list that says no member, only experimenters' properties; its canonical spelling is empty. */
export const NO_MEMBERS = { members: () => ({}), canonical: () => [] }
