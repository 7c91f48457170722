/**
 * `nx_match`: fields one after the other, in NXM or OXM form, whose length in octets stands somewhere in front and
 * which are filled up to 8 octets. Knows no message; the structs that contain one say where the length stands:
 * `match_len: sizeOf('match'), ..., match: nxMatch, pad: padTo(8)`.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import type { Field } from '../wire/field.ts'
import type { Struct } from '../wire/struct.ts'
import { answering } from '../wire/union.ts'
import { oxmList } from './match.ts'

/** Errors inside are OFPET_BAD_MATCH. */
export const nxMatch = answering(
  'bad_match',
  { bad_type: 'bad_type', bad_value: 'bad_value', bad_mask: 'bad_mask' },
  oxmList,
)

/** A struct that is a message's body, yet counts its padding from its own start. */
export interface Apart<T> extends Field<T> {
  readonly kind: 'apart'
  readonly of: Struct<T>
}

/** What a message puts in front of its body (xid, an experimenter's ids) is no multiple of 8 octets. */
export function apart<T>(of: Struct<T>): Apart<T> {
  return {
    kind: 'apart',
    min: of.min,
    fixed: of.fixed,
    of,
    read: (r: Reader) => of.read(r),
    write: (w: Writer, value: T) => of.write(w, value),
  }
}
