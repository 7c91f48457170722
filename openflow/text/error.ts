/**
 * TextError: what is wrong with a text, where, and which name was probably meant. The one thing that the text
 * form throws; formatting never throws it. It knows no grammar.
 */

/** Every reason for which a text is refused. The sentence is for people. */
export const TEXT_CODES = {
  syntax: 'the text does not have the form it should',
  unknown_name: 'a field, action, port or keyword that does not exist',
  bad_value: 'a value that cannot be read, or does not fit the field',
  bad_mask: 'a mask on a field that takes none',
  duplicate: 'the same field twice',
  missing: 'something that must be there is not',
} as const

export type TextCode = keyof typeof TEXT_CODES

/** `offset` counts UTF-16 units from the start of the text given to parse. */
export class TextError extends Error {
  readonly code: TextCode
  readonly offset: number
  /** The known name that is least different from the unknown one, if any is near. */
  readonly nearest: string | undefined

  constructor(code: TextCode, offset: number, message: string, nearest?: string) {
    super(nearest === undefined ? message : `${message}; did you mean ${nearest}?`)
    this.name = 'TextError'
    this.code = code
    this.offset = offset
    this.nearest = nearest
  }
}

/** Number of single character changes and swaps of neighbours between two words (Damerau-Levenshtein, restricted). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, before[j - 2]! + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** The name nearest to a mistyped one; undefined if none is nearer than half its letters. */
function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  const folded = wrong.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(wrong.length / 2)) + 0.5
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) > least) continue
    const d = distance(folded, name.toLowerCase())
    if (d < least) {
      least = d
      best = name
    }
  }
  return best
}

/** An unknown_name error with its nearest name. */
export function unknownName(what: string, wrong: string, offset: number, names: Iterable<string>): TextError {
  return new TextError('unknown_name', offset, `unknown ${what} ${wrong}`, nearestName(wrong, names))
}
