/** What readers of actions have in common: their type, what stands behind an action's name, what surrounds it. */

import type { Action } from '../spec/actions-nested.ts'
import type { PacketState } from './actions-state.ts'
import { TextError } from './error.ts'
import type { TextOptions } from './names.ts'
import { type KeyValue, keyValue, type Piece, parseNumber, splitList } from './scan.ts'

/** Where an action stands. */
export interface Place {
  readonly options: TextOptions
  readonly state: PacketState
  /** The actions of a list inside the action, from the state at the action. */
  readonly list: (text: Piece) => Action[]
}

/** Makes the actions of one name and its arguments. */
export type Reader = (part: KeyValue, place: Place) => Action | Action[]

/** What stands behind the name: `:value` or `(arguments)`; an error if nothing does. */
export function behind(part: KeyValue): Piece {
  const found = part.args ?? part.value
  if (found === undefined) {
    throw new TextError('missing', part.key.at + part.key.text.length, `${part.key.text} needs an argument`)
  }
  return found
}

/** The same, empty if nothing does. */
export function mayBehind(part: KeyValue): Piece {
  return part.args ?? part.value ?? { text: '', at: part.key.at + part.key.text.length }
}

export type Arguments = Map<string, Piece>

/** `key=value` arguments by key; words alone have an empty value. */
export function named(args: Piece): Arguments {
  const out: Arguments = new Map()
  for (const part of splitList(args)) {
    const { key, value } = keyValue(part)
    if (out.has(key.text)) throw new TextError('duplicate', key.at, `${key.text} twice`)
    out.set(key.text, value ?? { text: '', at: key.at + key.text.length })
  }
  return out
}

export function need(args: Arguments, name: string, part: KeyValue): Piece {
  const found = args.get(name)
  if (found === undefined) throw new TextError('missing', part.key.at, `${part.key.text} needs ${name}`)
  return found
}

/** An action that is a number of so many bits. */
export const number =
  (bits: number, make: (value: number) => Action): Reader =>
  (part) =>
    make(parseNumber(behind(part), bits))

/** An action that is a name and nothing else. */
export const bare =
  (make: () => Action): Reader =>
  (part) => {
    const extra = mayBehind(part)
    if (extra.text !== '') throw new TextError('syntax', extra.at, `${part.key.text} takes no argument`)
    return make()
  }
