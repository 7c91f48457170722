/**
 * Properties of a group (OpenFlow 1.5.1 section 7.3.4.3, `struct ofp_group_prop_header`): only experimenters have any.
 * Netronome's selection method has a shape; others are kept. Knows no group.
 */

import { type Field, list } from '../wire/field.ts'
import { answering, type UnionShape, type UnknownProperty, unionOf } from '../wire/union.ts'
import { PROPERTY_SHAPE } from './properties.ts'
import { SELECTION_METHOD, type SelectionMethod, selectionMethod } from './selection-method.ts'

/** Property of a group, 1.5: how a select group chooses (Netronome's), or what an experimenter adds. */
export type GroupProperty = ({ type: 'selection_method' } & SelectionMethod) | UnknownProperty

const { experimenter, exp_type: number } = SELECTION_METHOD

const GROUP_PROPERTY_SHAPE: UnionShape = { ...PROPERTY_SHAPE, experimenter: 0xffff, subtype: 4 }

/** Properties up to the end of the region; errors are OFPET_BAD_PROPERTY. */
export const groupProperties: Field<GroupProperty[]> = answering(
  'bad_property',
  { bad_type: 'bad_type', bad_value: 'bad_value' },
  list(
    unionOf<GroupProperty>({ selection_method: { number, experimenter, body: selectionMethod } }, GROUP_PROPERTY_SHAPE),
  ),
)
