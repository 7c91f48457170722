/**
 * Which tables and groups a row names: where a packet goes on, where rows are learnt, which group treats it. One list
 * of the instructions and actions that name any, for whoever follows them (reach.ts) and whoever puts others in their
 * place (shift.ts). Pure. It refuses to know what tables are for.
 */
import type { Action, Instruction } from 'node-openflow'

/** What to put in the place of a number; undefined where nobody knows, and then of the whole neither. */
export interface Names {
  /** A table in which a packet goes on. */
  table(table: number): number | undefined
  /** A table in which a packet leaves a row behind. */
  learnt(table: number): number | undefined
  group(group: number): number | undefined
}

/** The table of a resubmission to the present one, and of connection tracking without a second pass. */
const NO_TABLE = 255

/** The list itself where all stays as it is. */
export function renamedInstructions(list: readonly Instruction[], names: Names): readonly Instruction[] | undefined {
  return inPlace(list, (one) => renamedInstruction(one, names))
}

/** The list itself where all stays as it is. */
export function renamedActions(list: readonly Action[], names: Names): readonly Action[] | undefined {
  return inPlace(list, (one) => renamedAction(one, names))
}

function renamedInstruction(instruction: Instruction, names: Names): Instruction | undefined {
  switch (instruction.type) {
    case 'goto_table': {
      const table_id = names.table(instruction.table_id)
      if (table_id === instruction.table_id) return instruction
      return table_id === undefined ? undefined : { ...instruction, table_id }
    }
    case 'apply_actions':
    case 'write_actions': {
      const actions = renamedActions(instruction.actions, names)
      if (actions === instruction.actions) return instruction
      return actions === undefined ? undefined : { ...instruction, actions: [...actions] }
    }
    case 'clear_actions':
    case 'write_metadata':
    case 'meter':
      return instruction
    default:
      return undefined
  }
}

function renamedAction(action: Action, names: Names): Action | undefined {
  switch (action.type) {
    case 'nx_resubmit_table':
    case 'nx_resubmit_table_ct': {
      const table = onward(action.table, names)
      if (table === action.table) return action
      return table === undefined ? undefined : { ...action, table }
    }
    case 'nx_ct': {
      const recirc_table = onward(action.recirc_table, names)
      const actions = renamedActions(action.actions, names)
      if (recirc_table === action.recirc_table && actions === action.actions) return action
      return recirc_table === undefined || actions === undefined
        ? undefined
        : { ...action, recirc_table, actions: [...actions] }
    }
    case 'nx_clone': {
      const actions = renamedActions(action.actions, names)
      if (actions === action.actions) return action
      return actions === undefined ? undefined : { ...action, actions: [...actions] }
    }
    case 'nx_learn':
    case 'nx_learn2': {
      const table_id = names.learnt(action.table_id)
      if (table_id === action.table_id) return action
      return table_id === undefined ? undefined : { ...action, table_id }
    }
    case 'group':
    case 'nx_group': {
      const group_id = names.group(action.group_id)
      if (group_id === action.group_id) return action
      return group_id === undefined ? undefined : { ...action, group_id }
    }
    // What nobody here can read.
    case 'experimenter':
      return undefined
    default:
      return action
  }
}

function onward(table: number, names: Names): number | undefined {
  return table === NO_TABLE ? table : names.table(table)
}

/** The same list, or one with others in the place of some; undefined where that of one is. */
function inPlace<T>(list: readonly T[], of: (one: T) => T | undefined): readonly T[] | undefined {
  let made: T[] | undefined
  for (let at = 0; at < list.length; at++) {
    const one = list[at] as T
    const its = of(one)
    if (its === undefined) return undefined
    if (its === one) continue
    made ??= [...list]
    made[at] = its
  }
  return made ?? list
}
