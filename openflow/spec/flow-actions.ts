/**
 * What a flow does, as shapes that come in every version hold it: instructions, and in OpenFlow 1.0, which has none, the
 * actions alone. They mean what one apply_actions means, and so they are read.
 */

import { columns, mapped, notInVersion, type Place } from '../wire/version.ts'
import { type Action, actions } from './actions-nested.ts'
import { type Instruction, instructions } from './instructions.ts'

function actionsOf(value: Instruction[], { at, version }: Place): Action[] {
  const [first] = value
  if (first === undefined) return []
  if (value.length > 1 || first.type !== 'apply_actions') throw notInVersion(at, version, 'instructions')
  return first.actions
}

/** Up to the end of the region. */
export const flowActions = columns<Instruction[]>({
  of10: mapped(
    actions,
    (all): Instruction[] => (all.length === 0 ? [] : [{ type: 'apply_actions', actions: all }]),
    actionsOf,
  ),
  of13: instructions,
})
