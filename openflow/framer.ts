/**
 * Framer: cuts a byte stream into whole OpenFlow messages. It looks at the length in the header only (OpenFlow 1.3.5
 * section 7.1.1), decodes nothing, and copies an octet at most once: a message that lies in one chunk is a view of it.
 */
import { WireError } from './wire/error.ts'

const HEADER_SIZE = 8

export class Framer {
  readonly #longest: number
  /** The beginning of a message whose end has not come yet. */
  #rest: Uint8Array = new Uint8Array(0)
  #position = 0

  /** @param longest Messages above this many octets are refused: a WireError, after which the stream is lost. */
  constructor(longest = 65535) {
    this.#longest = longest
  }

  /** Octets that wait for the rest of their message. */
  get waiting(): number {
    return this.#rest.length
  }

  /** The messages that are whole now. Throws WireError on a length below the header's or above the limit. */
  push(chunk: Uint8Array): Uint8Array[] {
    const octets = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk)
    const messages: Uint8Array[] = []
    let at = 0
    while (octets.length - at >= HEADER_SIZE) {
      const size = (octets[at + 2]! << 8) | octets[at + 3]!
      if (size < HEADER_SIZE || size > this.#longest) {
        throw new WireError('bad_len', this.#position + at + 2, `message length ${size}`).within('length')
      }
      if (octets.length - at < size) break
      messages.push(octets.subarray(at, at + size))
      at += size
    }
    this.#position += at
    // A remainder is copied, so that it does not keep a whole chunk alive.
    this.#rest = octets.slice(at)
    return messages
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
