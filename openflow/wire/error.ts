/**
 * WireError: what is wrong with some octets (or with a value that should become octets), where, and in which
 * field, and which OpenFlow error a switch or controller answers it with. It knows no message; the codec throws
 * it, callers catch it. It is the only thing that the codec throws.
 */

/** Every reason for which octets are refused, or a value cannot be written. The sentence is for people. */
export const WIRE_CODES = {
  truncated: 'the octets end before the shape does',
  bad_len: 'a length field does not fit what it measures',
  bad_version: 'not a version that this codec speaks',
  bad_type: 'a type number that nothing is defined for',
  bad_value: 'a value outside what the field can mean',
  bad_mask: 'a mask on a field that takes none, or a mask of the wrong shape',
  too_deep: 'lists nested deeper than any honest sender does',
  wrong_type: 'the value has not the type of the field',
  out_of_range: 'the value does not fit the width of the field',
  too_long: 'the result does not fit a 16 bit length',
  bad_hex: 'not hexadecimal digits, two for each octet',
  not_in_version: 'a value that this version of OpenFlow has no room for',
  unknown_name: 'a name that the specification does not have',
} as const

export type WireCode = keyof typeof WIRE_CODES

/** The OpenFlow error message to answer: names of the specification in lower case (OpenFlow 1.3.5 section 7.4.4). */
export interface ErrorAnswer {
  readonly type: string
  readonly code: string
}

/** `offset` counts octets from the start of what was given to decode (or written by encode so far). */
export class WireError extends Error {
  readonly code: WireCode
  readonly offset: number
  /** Dotted path of the field, e.g. `instructions[0].actions[2].port`; empty at the top. */
  path: string
  /** Set by the nearest enclosing context (match, action, instruction, ...), at the latest by decode. */
  error: ErrorAnswer | undefined
  readonly detail: string | undefined

  constructor(code: WireCode, offset: number, detail?: string, error?: ErrorAnswer) {
    super(detail ?? WIRE_CODES[code])
    this.name = 'WireError'
    this.code = code
    this.offset = offset
    this.path = ''
    this.detail = detail
    this.error = error
  }

  /** Prepend the enclosing member or list index on the way out. */
  within(key: string | number): this {
    const head = typeof key === 'number' ? `[${key}]` : key
    this.path = this.path === '' ? head : this.path.startsWith('[') ? head + this.path : `${head}.${this.path}`
    return this
  }

  /** The same, where what it counts from begins at `start`. */
  since(start: number): WireError {
    if (start === 0) return this
    const counted = new WireError(this.code, this.offset - start, this.detail, this.error)
    counted.path = this.path
    return counted
  }

  override toString(): string {
    return `${this.code} at octet ${this.offset}${this.path ? ` in ${this.path}` : ''}: ${this.message}`
  }
}

/** A value of any type in an error's text. */
export function shown(value: unknown): string {
  if (value === null || typeof value === 'object' || typeof value === 'function') {
    return value === null ? 'null' : typeof value
  }
  return String(value)
}

/** Re-throw helper: adds the path element if this is ours, leaves anything else (a bug) as it is. */
export function inside(error: unknown, key: string | number): unknown {
  return error instanceof WireError ? error.within(key) : error
}
