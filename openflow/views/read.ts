/**
 * Hot messages as objects, read by hand: what `readFlowMod` and its like share. They give what decode gives and throw
 * what decode throws, at less than half the cost, for the shapes that fill a controller's day (1.3, common fields,
 * actions that put packets out, padding of zeros). For anything else a reader here gives undefined, having made nothing
 * that lasts, and the caller asks decode. Where few members are wanted, a view is cheaper still.
 */

import { ACTIONS, type Action } from '../spec/actions-nested.ts'
import { INSTRUCTIONS, type Instruction } from '../spec/instructions.ts'
import { decode, type Message, type MessageNamed, type MessageType } from '../spec/message.ts'
import { boundOf, type Oxm, valueAt } from '../spec/oxm.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { rowIn, type UnionRow } from '../wire/union.ts'
import { OF13 } from './view.ts'

const numberIn13 = (row: UnionRow | undefined): number => rowIn(row!, OF13)!.number
const OUTPUT = numberIn13(ACTIONS.output)
const GROUP = numberIn13(ACTIONS.group)
const APPLY_ACTIONS = numberIn13(INSTRUCTIONS.apply_actions)
const GOTO_TABLE = numberIn13(INSTRUCTIONS.goto_table)

const OFPMT_OXM = 1

/** Whether the octets are a message of this number of 1.3 with at least so many octets. */
export function isPlain(b: Uint8Array, at: number, end: number, type: number, least: number): boolean {
  return end - at >= least && end <= b.length && b[at] === OF13 && b[at + 1] === type && u16At(b, at + 2) === end - at
}

/** The message as decode gives it, or undefined if it is of another type. Throws what decode throws. */
export function byRows<T extends MessageType>(
  b: Uint8Array,
  at: number,
  end: number,
  type: T,
): MessageNamed<T> | undefined {
  const message: Message = decode(b.subarray(at, end))
  return message.type === type ? (message as MessageNamed<T>) : undefined
}

/** Octets of the match at `at` with its padding; 0 if they pass the end. */
export function matchSize(b: Uint8Array, at: number, end: number): number {
  if (end - at < 8) return 0
  const size = (u16At(b, at + 2) + 7) & ~7
  return at + size > end ? 0 : size
}

/** The fields of the match at `at`, which `matchSize` has measured. */
export function plainMatch(b: Uint8Array, at: number): Oxm[] | undefined {
  const size = u16At(b, at + 2)
  if (u16At(b, at) !== OFPMT_OXM || size < 4) return undefined
  const last = at + size
  const fields: unknown[] = []
  for (let next = at + 4; next < last; ) {
    if (last - next < 4) return undefined
    const header = u32At(b, next)
    const body = next + 4
    next = body + (header & 0xff)
    const bound = boundOf(header)
    if (bound === undefined || next > last) return undefined
    const { name: field, size: width } = bound
    const value = valueAt(b, body, width)
    if (bound.significant && (value as number) > bound.limit) return undefined
    fields.push(bound.masked ? { field, value, mask: valueAt(b, body + width, width) } : { field, value })
  }
  for (let i = last; (i - at) % 8 !== 0; i++) if (b[i] !== 0) return undefined
  return fields as Oxm[]
}

/** The actions from `at` to `end`: output and group. */
export function plainActions(b: Uint8Array, at: number, end: number): Action[] | undefined {
  let actions: Action[] | undefined
  for (let next = at; next < end; ) {
    const here = next
    if (end - here < 8) return undefined
    const number = u16At(b, here)
    const size = u16At(b, here + 2)
    next = here + size
    if (next > end) return undefined
    if (number === OUTPUT && size === 16) {
      if ((u16At(b, here + 10) | u32At(b, here + 12)) !== 0) return undefined
      actions = and(actions, { type: 'output', port: u32At(b, here + 4), max_len: u16At(b, here + 8) })
    } else if (number === GROUP && size === 8) {
      actions = and(actions, { type: 'group', group_id: u32At(b, here + 4) })
    } else return undefined
  }
  return actions ?? []
}

/** The instructions from `at` to `end`: actions to apply, and the next table. */
export function plainInstructions(b: Uint8Array, at: number, end: number): Instruction[] | undefined {
  let instructions: Instruction[] | undefined
  for (let next = at; next < end; ) {
    const here = next
    if (end - here < 8) return undefined
    const number = u16At(b, here)
    const size = u16At(b, here + 2)
    next = here + size
    if (next > end || size < 8) return undefined
    if (number === APPLY_ACTIONS) {
      const actions = plainActions(b, here + 8, next)
      if (actions === undefined || u32At(b, here + 4) !== 0) return undefined
      instructions = and(instructions, { type: 'apply_actions', actions })
    } else if (number === GOTO_TABLE && size === 8) {
      if ((b[here + 5]! | u16At(b, here + 6)) !== 0) return undefined
      instructions = and(instructions, { type: 'goto_table', table_id: b[here + 4]! })
    } else return undefined
  }
  return instructions ?? []
}

/** Most lists have one element, and a list that is made with it takes an eighth of the room of one that grows. */
function and<T>(list: T[] | undefined, one: T): T[] {
  if (list === undefined) return [one]
  list.push(one)
  return list
}
