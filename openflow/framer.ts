/**
 * Framer: cuts a byte stream into whole OpenFlow messages. It looks at the length in the header only (OpenFlow 1.3.5
 * section 7.1.1) and decodes nothing. A message that lies in one chunk is a view of it; one that is spread over
 * several is put together in a buffer of its own, which grows with what has come: a length that is claimed takes no
 * memory. Each octet is copied once or twice, however small the chunks.
 */
import { WireError } from './wire/error.ts'
import { u16At } from './wire/octets.ts'

const HEADER_SIZE = 8
const NOTHING = new Uint8Array(0)
/** Where a message is put together: octets at first, and how many times as many when they are not enough. */
const SMALLEST = 512
const GROWTH = 4

export class Framer {
  readonly #longest: number
  /** What was fed last, and how much of it has been given out. */
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** The header of a message that is not whole yet, then (from 8 octets on) in `#body` all that has come of it. */
  readonly #head = new Uint8Array(HEADER_SIZE)
  #body: Uint8Array = this.#head
  #filled = 0
  /** Octets that it will have; 0 until the header is there. */
  #whole = 0
  /** Where the message begins that comes next, in octets from the start of the stream. */
  #position = 0

  /** @param longest Messages above this many octets are refused: a WireError, after which the stream is lost. */
  constructor(longest = 65535) {
    this.#longest = longest
  }

  /** Octets that have been fed and not given out. */
  get waiting(): number {
    return this.#filled + this.#chunk.length - this.#at
  }

  /** Takes what came next. It is not copied, so it must stay as it is until `next` gives undefined. */
  feed(chunk: Uint8Array): void {
    const left = this.#chunk.length - this.#at
    // No Buffer: its views take longer to make, and code that reads both kinds is slower for either.
    if (left === 0) this.#chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    else {
      const joined = new Uint8Array(left + chunk.length)
      joined.set(this.#chunk.subarray(this.#at))
      joined.set(chunk, left)
      this.#chunk = joined
    }
    this.#at = 0
  }

  /**
   * The next message that is whole; undefined when more must be fed. Throws WireError on a length below the header's or
   * above the limit; the messages before it have been given by then, and what is behind it is dropped.
   */
  next(): Uint8Array | undefined {
    const chunk = this.#chunk
    const at = this.#at
    if (this.#filled === 0 && chunk.length - at >= HEADER_SIZE) {
      const size = this.#size(chunk, at)
      const end = at + size
      if (end <= chunk.length) {
        this.#position += size
        if (end < chunk.length) this.#at = end
        else this.#drop()
        return chunk.subarray(at, end)
      }
    }
    return this.#gather()
  }

  /** The messages that are whole now, added to `messages`: feed, and next as often as it gives one. */
  push(chunk: Uint8Array, messages: Uint8Array[] = []): Uint8Array[] {
    this.feed(chunk)
    for (let message = this.next(); message !== undefined; message = this.next()) messages.push(message)
    return messages
  }

  /** Copies what there is of the message, which began in an earlier chunk or ends in a later one. */
  #gather(): Uint8Array | undefined {
    while (this.#at < this.#chunk.length) {
      const count = Math.min(this.#body.length - this.#filled, this.#chunk.length - this.#at)
      this.#body.set(this.#chunk.subarray(this.#at, this.#at + count), this.#filled)
      this.#at += count
      this.#filled += count
      if (this.#filled === HEADER_SIZE && this.#whole === 0) this.#whole = this.#size(this.#head, 0)
      if (this.#filled === this.#whole) return this.#given()
      if (this.#filled === this.#body.length) this.#grow()
    }
    this.#drop()
    return undefined
  }

  /** Room for what is there of the message, and for some times as much as has come. */
  #grow(): void {
    const there = this.#filled + this.#chunk.length - this.#at
    const room = Math.min(this.#whole, Math.max(SMALLEST, GROWTH * this.#filled, there))
    const body = new Uint8Array(room)
    body.set(this.#body)
    this.#body = body
  }

  #given(): Uint8Array {
    const message = this.#body === this.#head ? this.#head.slice() : this.#body
    this.#position += this.#filled
    this.#body = this.#head
    this.#filled = 0
    this.#whole = 0
    if (this.#at === this.#chunk.length) this.#drop()
    return message
  }

  /** A chunk that has been given out must not be held. */
  #drop(): void {
    this.#chunk = NOTHING
    this.#at = 0
  }

  #size(octets: Uint8Array, at: number): number {
    const size = u16At(octets, at + 2)
    if (size < HEADER_SIZE || size > this.#longest) {
      this.#drop()
      throw new WireError('bad_len', this.#position + 2, `message length ${size}`).within('length')
    }
    return size
  }
}
