/**
 * Netronome's group property "selection method" (experimenter 0x154d, type 1), by which Open vSwitch is told how a
 * select group chooses: `hash` over fields, or `dp_hash`. Knows no group; on 1.5 it stands among a group's properties,
 * in front of it type 0xffff, length, experimenter and 32 bits of type.
 */

import { fixedText, list, type Of, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import { fieldMask } from './oxm.ts'

export const SELECTION_METHOD = { experimenter: 0x154d, exp_type: 1 } as const

/**
 * `struct ntr_group_prop_selection_method` after the experimenter's type. The value of a field is the mask of the bits
 * that count, all ones for the whole field.
 */
export const selectionMethod = struct({
  pad: pad(4),
  selection_method: fixedText(16),
  selection_method_param: u64,
  fields: list(fieldMask),
})
/**
 * How a select group chooses its bucket: `hash` over `fields` (each value a mask of the bits that count), or
 * `dp_hash`.
 */
export type SelectionMethod = Of<typeof selectionMethod>
