/**
 * Reader and Writer: where the codec stands in the octets. They know bounds, nesting depth and preserved
 * padding; they know no field and no message. Fields (`field.ts`) move them; encode and decode (spec/message.ts) make them.
 */

import { WireError } from './error.ts'
import { put16 } from './octets.ts'

/** Nested lists of lists (ct inside clone inside ct ...) are refused beyond this; no honest sender comes near. */
export const MAX_DEPTH = 16

/**
 * Octets of padding that were not zero, kept so that encode gives back what decode saw. Where bits mean nothing only
 * because of others (`sparing`), the octets are what differs from what encode would write.
 */
export interface NonzeroPadding {
  readonly offset: number
  readonly octets: Uint8Array
}

export class Reader {
  readonly octets: Uint8Array
  /** Next octet to read. */
  at: number
  /** First octet that does not belong to the shape being read any more. */
  end: number
  depth = 0
  /** Version octet of the message being read. */
  version = 4
  padding: NonzeroPadding[] | undefined

  constructor(octets: Uint8Array, at = 0, end = octets.length) {
    this.octets = octets
    this.at = at
    this.end = end
  }

  /** Throws unless `size` more octets are there. */
  need(size: number): void {
    if (this.end - this.at < size) {
      throw new WireError('truncated', this.at, `${size} octets needed, ${this.end - this.at} there`)
    }
  }

  /** A view (not a copy) of the next `size` octets. */
  take(size: number): Uint8Array {
    this.need(size)
    const view = this.octets.subarray(this.at, this.at + size)
    this.at += size
    return view
  }

  /** Passes `size` octets of padding; what is not zero is kept (section 7.1.2: receivers ignore it). */
  skip(size: number): void {
    this.need(size)
    const end = this.at + size
    for (let i = this.at; i < end; i++) {
      if (this.octets[i] !== 0) {
        this.keep(this.at, this.octets.slice(this.at, end))
        break
      }
    }
    this.at = end
  }

  /** Keeps what encode could not know of these octets, unless it is nothing. */
  keep(offset: number, octets: Uint8Array): void {
    if (octets.every((octet) => octet === 0)) return
    this.padding ??= []
    this.padding.push({ offset, octets })
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) throw new WireError('too_deep', this.at)
  }

  leave(): void {
    this.depth--
  }
}

/** Copies up to this many octets live within their Uint8Array in V8, which needs no buffer. */
const INLINE = 64
/** Copies between that and this share buffers, as Node's Buffers do: to make a buffer takes longer than to encode. */
const POOLED = 4096
const POOL = 32768
let pool = new ArrayBuffer(POOL)
let poolAt = 0

/** Writes into one growing buffer; lengths are patched once their end is known, so no size pass is needed. */
export class Writer {
  octets: Uint8Array
  at = 0
  /** Offset of padding that must be restored, when the message carries any. */
  padding: Map<number, Uint8Array> | undefined
  depth = 0
  /** Version octet of the message being written. */
  version = 4

  constructor(capacity = 4096) {
    this.octets = new Uint8Array(capacity)
  }

  /** Makes room for `size` more octets. Call before every store. */
  room(size: number): void {
    if (this.at + size > this.octets.length) this.grow(size)
  }

  private grow(size: number): void {
    const bigger = new Uint8Array(Math.max(this.octets.length * 2, this.at + size))
    bigger.set(this.octets.subarray(0, this.at))
    this.octets = bigger
  }

  put(octets: Uint8Array): void {
    this.room(octets.length)
    this.octets.set(octets, this.at)
    this.at += octets.length
  }

  /** Zeros, or the octets that decode saw at this very place. */
  skip(size: number): void {
    if (size === 0) return
    this.room(size)
    if (this.padding === undefined && size <= 8) {
      // What a call into the engine costs is more than a few stores.
      for (const end = this.at + size; this.at < end; this.at++) this.octets[this.at] = 0
      return
    }
    const kept = this.padding?.get(this.at)
    if (kept !== undefined && kept.length === size) this.octets.set(kept, this.at)
    else this.octets.fill(0, this.at, this.at + size)
    this.at += size
  }

  /** What was written, as octets of its own. */
  copied(): Uint8Array {
    const size = this.at
    if (size <= INLINE || size > POOLED) return this.octets.slice(0, size)
    if (poolAt + size > pool.byteLength) {
      pool = new ArrayBuffer(POOL)
      poolAt = 0
    }
    const copy = new Uint8Array(pool, poolAt, size)
    copy.set(this.octets.subarray(0, size))
    poolAt += size
    return copy
  }

  /** Stores a 16 bit length at `offset`; a list that grew past 64 KiB is refused. */
  patch16(offset: number, value: number): void {
    if (value > 0xffff) throw new WireError('too_long', offset, `${value} octets do not fit a 16 bit length`)
    put16(this.octets, offset, value)
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) throw new WireError('too_deep', this.at)
  }

  leave(): void {
    this.depth--
  }
}
