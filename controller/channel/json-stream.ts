/**
 * Cuts a stream of octets into JSON texts, as JSON-RPC over a stream needs (RFC 7047 section 4: no separator is
 * promised, a text ends where its outermost bracket closes). A text over a limit, or octets that no text can start
 * with, throw: the connection is then beyond repair. It knows nothing of JSON-RPC. Called by ovsdb.ts and unixctl.ts.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
/** Brackets inside brackets; none of what is said here has more than ten. */
const MOST_DEPTH = 64

export class JsonStream {
  readonly #limit: number
  /** Grows by doubling: chunks of one octet cost no more than one of many. */
  #held = Buffer.alloc(0)
  #heldSize = 0
  #depth = 0
  #quoted = false
  #escaped = false

  /** @param limit Octets of the longest text accepted. */
  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit
  }

  /** Octets kept of a text that has not ended. */
  get held(): number {
    return this.#heldSize
  }

  /**
   * The values of all texts that end in this chunk, in order.
   * @throws Error on a text that is too long or nested too deep, on a stray octet between texts, and on a text that is not JSON.
   */
  push(chunk: Uint8Array): unknown[] {
    const values: unknown[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at] as number
      if (this.#quoted) {
        if (this.#escaped) this.#escaped = false
        else if (octet === BACKSLASH) this.#escaped = true
        else if (octet === QUOTE) this.#quoted = false
      } else if (this.#depth === 0) {
        start = at
        if (octet === OPEN_BRACE || octet === OPEN_BRACKET) this.#depth = 1
        else if (octet > 0x20) throw new Error(`octet 0x${octet.toString(16)} where a JSON text must start`)
        else start = at + 1
      } else if (octet === QUOTE) this.#quoted = true
      else if (octet === OPEN_BRACE || octet === OPEN_BRACKET) {
        if (++this.#depth > MOST_DEPTH) throw new Error(`a JSON text is nested deeper than ${MOST_DEPTH}`)
      } else if (octet === CLOSE_BRACE || octet === CLOSE_BRACKET) {
        this.#depth--
        if (this.#depth === 0) {
          this.#hold(chunk.subarray(start, at + 1))
          values.push(JSON.parse(this.#held.toString('utf8', 0, this.#heldSize)))
          this.#held = Buffer.alloc(0)
          this.#heldSize = 0
          start = at + 1
        }
      }
    }
    if (this.#depth > 0) this.#hold(chunk.subarray(start))
    return values
  }

  #hold(part: Uint8Array): void {
    const size = this.#heldSize + part.length
    if (size > this.#limit) throw new Error(`a JSON text is longer than ${this.#limit} octets`)
    if (size > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, 2 * this.#held.length))
      this.#held.copy(grown, 0, 0, this.#heldSize)
      this.#held = grown
    }
    this.#held.set(part, this.#heldSize)
    this.#heldSize = size
  }
}
