/**
 * Framer: cuts a byte stream into whole OpenFlow messages. It looks at the length in the header only (OpenFlow 1.3.5
 * section 7.1.1) and decodes nothing. A message that lies in one chunk is a view of it; one that is spread over
 * several is put together in a buffer of its own size, so each octet is copied once at most, however small the chunks.
 */
import { WireError } from './wire/error.ts'

const HEADER_SIZE = 8

export class Framer {
  readonly #longest: number
  /** The header of a message that is not whole yet, then (from 8 octets on) in `#body` all of it. */
  readonly #head = new Uint8Array(HEADER_SIZE)
  #body: Uint8Array = this.#head
  #filled = 0
  /** Where the message begins that comes next, in octets from the start of the stream. */
  #position = 0

  /** @param longest Messages above this many octets are refused: a WireError, after which the stream is lost. */
  constructor(longest = 65535) {
    this.#longest = longest
  }

  /** Octets that wait for the rest of their message. */
  get waiting(): number {
    return this.#filled
  }

  /**
   * The messages that are whole now, added to `messages`. Throws WireError on a length below the header's or above the
   * limit; the messages before it have been added by then.
   */
  push(chunk: Uint8Array, messages: Uint8Array[] = []): Uint8Array[] {
    let at = 0
    while (at < chunk.length) {
      if (this.#filled === 0 && chunk.length - at >= HEADER_SIZE) {
        const size = this.#size(chunk, at)
        if (chunk.length - at >= size) {
          messages.push(chunk.subarray(at, at + size))
          this.#position += size
          at += size
          continue
        }
      }
      at += this.#keep(chunk, at)
      if (this.#filled === HEADER_SIZE && this.#body === this.#head) {
        this.#body = new Uint8Array(this.#size(this.#head, 0))
        this.#body.set(this.#head)
      }
      if (this.#body !== this.#head && this.#filled === this.#body.length) {
        messages.push(this.#body)
        this.#position += this.#filled
        this.#filled = 0
        this.#body = this.#head
      }
    }
    return messages
  }

  /** Copies what fits of the chunk from `at` on, and says how much that was. */
  #keep(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#body.length - this.#filled, chunk.length - at)
    this.#body.set(chunk.subarray(at, at + count), this.#filled)
    this.#filled += count
    return count
  }

  #size(octets: Uint8Array, at: number): number {
    const size = (octets[at + 2]! << 8) | octets[at + 3]!
    if (size < HEADER_SIZE || size > this.#longest) {
      throw new WireError('bad_len', this.#position + 2, `message length ${size}`).within('length')
    }
    return size
  }
}
