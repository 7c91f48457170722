/**
 * Instructions as a switch says them, with fields by the names that we write: Open vSwitch names a field of a Geneve
 * option with the length that the option has there, which no name says. Pure.
 */
import { type Action, type FieldRef, fieldOfHeader, type Instruction } from 'node-openflow'

/** The same list where there is nothing to name, as mostly. */
export function withNames(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.some(isNameless) ? instructions.map(nameIn) : instructions
}

function isNameless(instruction: Instruction): boolean {
  return instruction.type === 'apply_actions' && instruction.actions.some(isNamelessMove)
}

function isNamelessMove(action: Action): boolean {
  return action.type === 'nx_reg_move' && (typeof action.src === 'number' || typeof action.dst === 'number')
}

function nameIn(instruction: Instruction): Instruction {
  if (instruction.type !== 'apply_actions') return instruction
  const actions = instruction.actions.map((action) =>
    action.type === 'nx_reg_move' ? { ...action, src: nameOf(action.src), dst: nameOf(action.dst) } : action,
  )
  return { ...instruction, actions }
}

function nameOf(ref: FieldRef): FieldRef {
  return typeof ref === 'number' ? (fieldOfHeader(ref) ?? ref) : ref
}
