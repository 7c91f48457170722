/**
 * Actions that contain actions (nx_ct, nx_clone), and with them the whole: the type `Action`, one action, the
 * list of actions. Recursion is why these types are written down instead of inferred.
 */

import { WireError } from '../wire/error.ts'
import { enumeration, type Field, lazy, list, type Of, u8, u16 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import { answering, type UnionRow, type UnionShape, type UnknownExperimenter, unionOf } from '../wire/union.ts'
import { columns } from '../wire/version.ts'
import { ACTIONS_BASIC, type BasicAction } from './actions.ts'
import { ACTIONS_NICIRA, type NiciraAction, ofsNbits } from './actions-nicira.ts'
import { ACTIONS_LEARN, type LearnAction } from './learn.ts'
import { action10 } from './of10-actions.ts'
import { type FieldRef, fieldRef32 } from './oxm.ts'
import { EXPERIMENTER } from './oxm-row.ts'

/** The zone of nx_ct: a number, or the field that holds it. `ofs_nbits` as in other Nicira actions. */
export type CtZone = number | { field: FieldRef; ofs: number; n_bits: number }

const ctZone: Field<CtZone> = {
  kind: 'ctZone',
  min: 6,
  fixed: true,
  read(r) {
    const field = fieldRef32.read(r)
    const number = u16.read(r)
    return field === 0 ? number : { field, ofs: number >>> 6, n_bits: (number & 63) + 1 }
  },
  write(w, zone) {
    if (typeof zone !== 'object' || zone === null) {
      fieldRef32.write(w, 0)
      u16.write(w, zone)
      return
    }
    if (zone.field === 0) throw new WireError('bad_value', w.at, 'a zone from a field wants a field')
    fieldRef32.write(w, zone.field)
    ofsNbits.write(w, zone)
  },
}

const ctHead = {
  /** NX_CT_COMMIT, NX_CT_FORCE. */
  flags: u16,
  zone: ctZone,
  /** Table in which a copy goes on, 0xff for none. */
  recirc_table: u8,
  pad: pad(3),
  /** Port of the protocol whose helper follows the connection. */
  alg: enumeration(u16, { none: 0, ftp: 21, tftp: 69 }),
} as const
const ctHeadStruct = struct(ctHead)

/** Send the packet through connection tracking; `actions` (nat, set_field of ct_mark and ct_label) when committing. */
export type CtAction = { type: 'nx_ct'; actions: Action[] } & Of<typeof ctHeadStruct>
/** Do the actions on a copy of the packet. */
export type CloneAction = { type: 'nx_clone'; actions: Action[] }

/**
 * One action: `{ type: 'output', port: 2, max_len: 0 }`. Those of Open vSwitch begin with `nx_`; unknown ones are
 * `experimenter`.
 */
export type Action = BasicAction | NiciraAction | LearnAction | CtAction | CloneAction | UnknownExperimenter
/** The action of one type: `ActionNamed<'output'>`. */
export type ActionNamed<N extends Action['type']> = Extract<Action, { type: N }>

const nestedActions = lazy<Action[]>('actions', () => actions)

/** Every action: number, experimenter and shape. What 1.0 has in place of set_field is not among them. */
export const ACTIONS: Readonly<Record<string, UnionRow>> = {
  ...ACTIONS_BASIC,
  ...ACTIONS_NICIRA,
  ...ACTIONS_LEARN,
  nx_ct: { number: 35, experimenter: EXPERIMENTER.nicira, body: struct({ ...ctHead, actions: nestedActions }) },
  nx_clone: { number: 42, experimenter: EXPERIMENTER.nicira, body: struct({ pad: pad(6), actions: nestedActions }) },
}

/** Lengths of actions are multiples of 8; 0xffff is OFPAT_EXPERIMENTER. */
const ACTION_SHAPE: UnionShape = { align: 8, padded: 'inside', experimenter: 0xffff }

const CODES = { bad_type: 'bad_type', bad_value: 'bad_argument', bad_mask: 'bad_argument', too_deep: 'too_many' }

const action13 = unionOf<Action>(ACTIONS, ACTION_SHAPE)
const oneOf10 = action10<Action>(ACTIONS, ACTION_SHAPE)

/** One action; errors inside are OFPET_BAD_ACTION. */
export const action: Field<Action> = answering('bad_action', CODES, columns({ of10: oneOf10, of13: action13 }))

/** Actions up to the end of the region. */
export const actions: Field<Action[]> = answering(
  'bad_action',
  CODES,
  columns({ of10: list(oneOf10), of13: list(action13) }),
)
