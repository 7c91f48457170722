/**
 * Cutting text into pieces that know where they stood: lists separated by commas or blanks outside of brackets,
 * `key=value`, `name(arguments)`. Numbers. It knows no names.
 */

import { TextError } from './error.ts'

/** Part of a text and the offset at which it stands in the whole. */
export interface Piece {
  readonly text: string
  readonly at: number
}

export const piece = (text: string, at = 0): Piece => ({ text, at })

/** Without blanks at both ends. */
export function trim({ text, at }: Piece): Piece {
  const front = text.length - text.trimStart().length
  return { text: text.trim(), at: at + front }
}

export function slice({ text, at }: Piece, from: number, to?: number): Piece {
  return { text: text.slice(from, to), at: at + from }
}

const OPEN = '([{'
const CLOSE = ')]}'

/** Index of the first character for which `stop` holds outside of brackets and quotes; -1 if there is none. */
function findOutside({ text, at }: Piece, from: number, stop: (c: string, i: number) => boolean): number {
  const open: string[] = []
  for (let i = from; i < text.length; i++) {
    const c = text[i]!
    if (c === '"') {
      i = closingQuote(text, i)
      if (i < 0) throw new TextError('syntax', at, 'quote without end')
      continue
    }
    if (open.length === 0 && stop(c, i)) return i
    const opened = OPEN.indexOf(c)
    if (opened >= 0) open.push(CLOSE[opened]!)
    else if (CLOSE.includes(c) && open.pop() !== c) throw new TextError('syntax', at + i, `unexpected ${c}`)
  }
  if (open.length > 0) throw new TextError('syntax', at + text.length, `${open.at(-1)} is missing`)
  return -1
}

function closingQuote(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return -1
}

/** Pieces between commas (and blanks, unless `blanks` is false); empty ones are left out, unless `empty` is true. */
export function splitList(whole: Piece, { blanks = true, empty = false } = {}): Piece[] {
  const out: Piece[] = []
  const { text } = whole
  let from = 0
  for (;;) {
    const to = findOutside(whole, from, (c) => c === ',' || (blanks && /\s/.test(c)))
    const part = trim(slice(whole, from, to < 0 ? text.length : to))
    if (part.text !== '' || empty) out.push(part)
    if (to < 0) return out
    from = to + 1
  }
}

/** `key=value`, `key:value`, `key(arguments)tail`, `key`. */
export interface KeyValue {
  readonly key: Piece
  /** Behind `=` or `:`. */
  readonly value?: Piece | undefined
  /** Between the brackets. */
  readonly args?: Piece
  /** Behind the brackets. */
  readonly tail?: Piece
}

export function keyValue(whole: Piece): KeyValue {
  const end = whole.text.search(/[=:(]/)
  if (end < 0) return { key: whole }
  const key = trim(slice(whole, 0, end))
  if (whole.text[end] !== '(') return { key, value: slice(whole, end + 1) }
  const behind = findOutside(whole, end, (_, i) => i > end)
  const close = behind < 0 ? whole.text.length : behind
  const args = slice(whole, end + 1, close - 1)
  const tail = slice(whole, close)
  return tail.text === '' ? { key, args } : { key, args, tail }
}

/** The value; an error if there is none. */
export function givenValue({ key, value }: KeyValue): Piece {
  if (value === undefined) throw new TextError('missing', key.at + key.text.length, `${key.text} needs a value`)
  return value
}

/** `from->to`: both sides. */
export function arrow(whole: Piece): [Piece, Piece] {
  const at = whole.text.lastIndexOf('->')
  if (at < 0) throw new TextError('syntax', whole.at, `-> is missing in ${whole.text}`)
  return [trim(slice(whole, 0, at)), trim(slice(whole, at + 2))]
}

/** Digits of the longest number that a field can have, and some zeros; more would cost time. */
const MOST_DIGITS = 400

/** Decimal or 0x… number of at most `bits` bits. */
export function parseBig({ text, at }: Piece, bits: number): bigint {
  if (text.length > MOST_DIGITS) throw new TextError('bad_value', at, `more than ${MOST_DIGITS} digits`)
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new TextError('bad_value', at, `no number: ${text || 'nothing'}`)
  const value = BigInt(text)
  if (value >> BigInt(bits) !== 0n) throw new TextError('bad_value', at, `${text} has more than ${bits} bits`)
  return value
}

/** The same for up to 48 bits. */
export function parseNumber(whole: Piece, bits: number): number {
  return Number(parseBig(whole, bits))
}

/** `0x1f`, and `0` for zero, as C's `%#x`. */
export function hex(value: number | bigint): string {
  return BigInt(value) === 0n ? '0' : `0x${value.toString(16)}`
}
