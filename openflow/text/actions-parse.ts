/**
 * Lists of actions and instructions out of text. What an action's name means is in `actions-readers.ts`; here is
 * where it may stand, and what a flow does with actions outside of write_actions.
 */

import type { Action } from '../spec/actions-nested.ts'
import { INSTRUCTION_ORDER, type Instruction } from '../spec/instructions.ts'
import type { Oxm } from '../spec/oxm.ts'
import { behind, mayBehind } from './actions-reader.ts'
import { READERS, toPort } from './actions-readers.ts'
import { advance, type PacketState, stateOf } from './actions-state.ts'
import { TextError, unknownName } from './error.ts'
import { parseTable, type TextOptions } from './names.ts'
import { type KeyValue, keyValue, type Piece, parseBig, parseNumber, piece, slice, splitList } from './scan.ts'
import { ones } from './values.ts'

export interface ActionTextOptions extends TextOptions {
  /**
   * What the flow of these actions matches: mod_tp_src and mod_tp_dst want its protocol, and mod_vlan_vid and
   * mod_vlan_pcp push a tag unless it has one. Without it each of those pushes one, as in a bucket of a group.
   */
  readonly match?: readonly Oxm[] | undefined
}

const INSTRUCTION_NAMES = ['meter', 'clear_actions', 'write_actions', 'write_metadata', 'goto_table']
const ACTION_NAMES = [...Object.keys(READERS), ...INSTRUCTION_NAMES, 'drop']

/** Lists of actions inside of each other: no more than a message can have. */
const MOST_DEPTH = 12

function readAction(part: KeyValue, whole: Piece, options: TextOptions, state: PacketState): Action[] {
  const name = part.key.text.toLowerCase()
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  // CONTROLLER is a port and an action: the action has arguments.
  if (reader !== undefined && (name !== 'controller' || part.args !== undefined || part.value !== undefined)) {
    const list = (text: Piece): Action[] => parseActionList(text, options, { ...state, depth: state.depth + 1 })
    const out = reader(part, { options, state, list })
    const actions = Array.isArray(out) ? out : [out]
    for (const action of actions) advance(state, action)
    return actions
  }
  if (INSTRUCTION_NAMES.includes(name)) throw new TextError('syntax', whole.at, `${name} may not stand here`)
  if (part.value !== undefined || part.args !== undefined)
    throw unknownName('action', part.key.text, whole.at, ACTION_NAMES)
  try {
    return [toPort(whole, options)]
  } catch (error) {
    if (!(error instanceof TextError) || error.code !== 'unknown_name') throw error
    const ports = options.ports?.values() ?? []
    throw unknownName('action or port', part.key.text, whole.at, [
      ...ACTION_NAMES,
      'NORMAL',
      'FLOOD',
      'ALL',
      'IN_PORT',
      'LOCAL',
      ...ports,
    ])
  }
}

/** A list that must be actions only. */
export function parseActionList(text: Piece, options: TextOptions, state: PacketState): Action[] {
  if (state.depth > MOST_DEPTH) {
    throw new TextError('syntax', text.at, `actions stand inside of each other more than ${MOST_DEPTH} deep`)
  }
  const parts = splitList(text)
  if (parts.length === 1 && parts[0]!.text.toLowerCase() === 'drop') return []
  return parts.flatMap((part) => readAction(keyValue(part), part, options, state))
}

/** `ct(commit),output:3`; no actions for `drop` and for nothing. Throws TextError. */
export function parseActions(text: string, options: ActionTextOptions = {}): Action[] {
  return parseActionList(piece(text), options, stateOf(options.match))
}

function readInstruction(part: KeyValue, options: TextOptions, state: PacketState): Instruction | undefined {
  switch (part.key.text.toLowerCase()) {
    case 'meter':
      return { type: 'meter', meter_id: parseNumber(behind(part), 32) }
    case 'clear_actions':
      return { type: 'clear_actions' }
    case 'write_actions':
      return { type: 'write_actions', actions: parseActionList(mayBehind(part), options, { ...state }) }
    case 'goto_table':
      return { type: 'goto_table', table_id: parseTable(behind(part), options) }
    case 'write_metadata': {
      const whole = behind(part)
      const slash = whole.text.indexOf('/')
      const metadata = parseBig(slash < 0 ? whole : slice(whole, 0, slash), 64)
      return {
        type: 'write_metadata',
        metadata,
        metadata_mask: slash < 0 ? ones(64) : parseBig(slice(whole, slash + 1), 64),
      }
    }
    default:
      return undefined
  }
}

/** Refuses what stands behind an instruction that a switch does later. */
function inOrder(before: Instruction['type'] | undefined, type: Instruction['type'], at: number): void {
  if (before === undefined || INSTRUCTION_ORDER.indexOf(before) < INSTRUCTION_ORDER.indexOf(type)) return
  if (before === type) throw new TextError('duplicate', at, `${type} twice`)
  const late = type === 'apply_actions' ? 'actions to apply' : type
  throw new TextError('syntax', at, `${late} must stand before ${before}`)
}

/** Instructions from a part of a text; actions outside of write_actions are applied. */
export function parseInstructionList(text: Piece, options: TextOptions, state: PacketState): Instruction[] {
  const out: Instruction[] = []
  const parts = splitList(text)
  for (const part of parts) {
    const parsed = keyValue(part)
    const last = out.at(-1)
    const instruction = readInstruction(parsed, options, state)
    if (instruction !== undefined) {
      inOrder(last?.type, instruction.type, part.at)
      out.push(instruction)
    } else if (part.text.toLowerCase() === 'drop') {
      if (parts.length > 1) throw new TextError('syntax', part.at, 'drop stands alone')
    } else {
      const actions = readAction(parsed, part, options, state)
      if (last?.type === 'apply_actions') last.actions.push(...actions)
      else {
        inOrder(last?.type, 'apply_actions', part.at)
        out.push({ type: 'apply_actions', actions })
      }
    }
  }
  return out
}

/** The same of a whole text. Throws TextError. */
export function parseInstructions(text: string, options: ActionTextOptions = {}): Instruction[] {
  return parseInstructionList(piece(text), options, stateOf(options.match))
}
