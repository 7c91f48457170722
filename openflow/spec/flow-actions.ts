/**
 * What a flow does, as shapes that come in every version hold it: instructions, and in OpenFlow 1.0, which has none, the
 * actions alone. They mean what one apply_actions means, and so they are read.
 */

import { inside, shown, WireError } from '../wire/error.ts'
import type { Field } from '../wire/field.ts'
import { columns, type Mapped, notInVersion } from '../wire/version.ts'
import { type Action, actions } from './actions-nested.ts'
import { INSTRUCTIONS, type Instruction, instructions } from './instructions.ts'

const asInstructions = (list: Action[]): Instruction[] =>
  list.length === 0 ? [] : [{ type: 'apply_actions', actions: list }]

/** Actions as the one instruction that applies them; none as no instruction. */
export const appliedActions: Mapped<Instruction[]> = {
  kind: 'mapped',
  min: 0,
  fixed: false,
  of: actions as Field<unknown>,
  meaning: asInstructions,
  read(r) {
    try {
      return asInstructions(actions.read(r))
    } catch (error) {
      throw inside(inside(error, 'actions'), 0)
    }
  },
  write(w, value) {
    if (!Array.isArray(value)) throw new WireError('wrong_type', w.at, 'array wanted')
    for (const [index, one] of value.entries()) {
      if (typeof one !== 'object' || one === null)
        throw new WireError('wrong_type', w.at, 'object wanted').within(index)
      const known =
        typeof one.type === 'string' && (one.type === 'experimenter' || Object.hasOwn(INSTRUCTIONS, one.type))
      if (!known) {
        throw new WireError('unknown_name', w.at, `no such type: ${shown(one.type)}`).within('type').within(index)
      }
      if (index > 0 || one.type !== 'apply_actions') {
        throw notInVersion(w.at, w.version, 'instruction but one apply_actions').within('type').within(index)
      }
      try {
        actions.write(w, one.actions)
      } catch (error) {
        throw inside(inside(error, 'actions'), index)
      }
    }
  },
}

/** Up to the end of the region. */
export const flowActions = columns<Instruction[]>({ of10: appliedActions, of13: instructions })
