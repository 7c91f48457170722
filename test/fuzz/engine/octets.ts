/**
 * Changes to octets by one who has seen OpenFlow: nearly everything there is a type or class, a length of 16 bits
 * behind it, and contents; so regions are guessed by their lengths, and a change inside a region can make the
 * lengths around it right again, or leave them wrong. It knows no message; numbers that mean something are given.
 */
import type { Random } from './random.ts'
import { cut } from './target.ts'

const LONGEST = 65535
/** Streams are many messages of any kind; one long message is left to those who look at one. */
const STREAM = 16_384
const EDGES = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 24, 32, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff]
const VERSIONS = [1, 4, 4, 5, 6]
/** Types beyond the last of 1.5 are refused alike. */
const TYPES = 36

/** What contains lists of its own kind: 16 octets in front of the contents, length at 2. */
const WRAPPERS: ReadonlyArray<readonly number[]> = [
  // nx_clone, ct without anything, write_actions, apply_actions
  [0xff, 0xff, 0, 0, 0, 0, 0x23, 0x20, 0, 42, 0, 0, 0, 0, 0, 0],
  [0xff, 0xff, 0, 0, 0, 0, 0x23, 0x20, 0, 35, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0],
  [0, 3, 0, 0, 0, 0, 0, 0],
  [0, 4, 0, 0, 0, 0, 0, 0],
]
/** bundle_add_message of EXT-230 around a message; and of 1.4. */
const ENVELOPES: ReadonlyArray<readonly number[]> = [
  [4, 4, 0, 0, 0, 0, 0, 1, 0x4f, 0x4e, 0x46, 0, 0, 0, 0x08, 0xfd, 0, 0, 0, 1, 0, 0, 0, 0],
  [5, 34, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
  [6, 34, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
]

interface Region {
  readonly at: number
  /** Where its length stands, and in how many octets. */
  readonly lengthAt: number
  readonly width: 1 | 2
  readonly size: number
}

const u16 = (octets: Uint8Array, at: number): number => (octets[at]! << 8) | octets[at + 1]!

function put16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8
  octets[at + 1] = value
}

function concat(...parts: ReadonlyArray<ArrayLike<number>>): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Everything that could be a region: type and length of 16 bits, or a match field with a length of 8 bits. */
function regionAt(octets: Uint8Array, at: number): Region | undefined {
  if (at + 4 > octets.length) return undefined
  const size = u16(octets, at + 2)
  if (size >= 4 && at + size <= octets.length) return { at, lengthAt: at + 2, width: 2, size }
  const short = 4 + octets[at + 3]!
  const isField = octets[at] === 0x80 || octets[at] === 0xff || octets[at]! <= 1
  if (isField && at + short <= octets.length) return { at, lengthAt: at + 3, width: 1, size: short }
  return undefined
}

export class OctetsMutator {
  readonly #random: Random
  /** Numbers that mean something: types, experimenters, field headers. */
  readonly #tokens: readonly Uint8Array[]
  readonly #form: 'message' | 'stream' | 'file'
  readonly #options: number

  constructor(random: Random, tokens: readonly Uint8Array[], form: 'message' | 'stream' | 'file', options: number) {
    this.#random = random
    this.#tokens = tokens
    this.#form = form
    this.#options = options
  }

  /** A changed copy; `other` gives a second input to take from. */
  mutate(input: Uint8Array, other: () => Uint8Array): Uint8Array {
    if (this.#form === 'message') return this.#message(input, other)
    const options = input.slice(0, this.#options)
    const body = input.subarray(this.#options)
    const rest = (): Uint8Array => other().subarray(this.#options)
    if (options.length > 0 && this.#random.oneIn(8)) options[this.#random.below(options.length)] = this.#random.next()
    const changed = this.#form === 'file' ? this.#any(body, rest) : this.#stream(body, rest)
    return concat(options, changed)
  }

  #message(input: Uint8Array, other: () => Uint8Array): Uint8Array {
    const out = this.#any(input, other)
    // The length of the whole is made right, or nothing behind the header would ever be read.
    if (out.length >= 4 && !this.#random.oneIn(12)) put16(out, 2, out.length)
    return out
  }

  #any(input: Uint8Array, other: () => Uint8Array): Uint8Array {
    let out: Uint8Array = input.slice()
    for (let i = this.#random.few(8); i > 0; i--) out = this.#once(out, other)
    return out.length > LONGEST ? out.slice(0, LONGEST) : out
  }

  /** Whole messages moved about, one of them changed. */
  #stream(body: Uint8Array, other: () => Uint8Array): Uint8Array {
    const random = this.#random
    const messages: Uint8Array[] = cut(body)
    for (let i = random.few(4); i > 0; i--) {
      const at = messages.length === 0 ? 0 : random.below(messages.length)
      const one = messages[at]
      switch (random.below(one === undefined ? 1 : 7)) {
        case 0:
          messages.splice(at, 0, ...cut(other()).slice(0, random.few(8)))
          break
        case 1:
          messages.splice(at, 1)
          break
        case 2:
          messages.splice(at, 0, one!)
          break
        case 3:
          messages.push(...messages.splice(at, 1))
          break
        default:
          messages[at] = this.#message(one!, () => random.pick(cut(other())) ?? one!)
      }
    }
    return concat(...messages).subarray(0, STREAM)
  }

  #once(octets: Uint8Array, other: () => Uint8Array): Uint8Array {
    const random = this.#random
    if (octets.length === 0) return other().slice()
    const at = random.below(octets.length)
    switch (random.below(19)) {
      case 0:
        octets[at] = octets[at]! ^ (1 << random.below(8))
        return octets
      case 1:
        octets[at] = random.next()
        return octets
      case 2:
        octets[at] = octets[at]! + random.few(16) * (random.oneIn(2) ? 1 : -1)
        return octets
      case 3:
        this.#number(octets, at & ~1)
        return octets
      case 4:
        if (octets.length >= 2) {
          octets[0] = random.pick(VERSIONS)
          if (random.oneIn(2)) octets[1] = random.below(TYPES)
        }
        return octets
      case 5:
      case 6:
        this.#token(octets, at)
        return octets
      case 7:
      case 8:
        return this.#resize(octets, at & ~3, 0, random.pick(this.#tokens) ?? [0])
      case 9: {
        const region = this.#region(octets)
        return this.#resize(octets, region.at, region.size, [])
      }
      case 10: {
        const region = this.#region(octets)
        return this.#resize(octets, region.at, 0, octets.slice(region.at, region.at + region.size))
      }
      case 11:
        return this.#resize(octets, at & ~3, Math.min(octets.length - (at & ~3), random.few(32)), [])
      case 12:
        return this.#resize(
          octets,
          at & ~(random.few(8) - 1),
          0,
          new Uint8Array(random.few(64)).fill(random.pick(EDGES)),
        )
      case 13:
        return this.#length(octets)
      case 14: {
        const second = other()
        const region = second.length === 0 ? undefined : this.#region(second)
        if (region === undefined) return octets
        const taken = second.slice(region.at, region.at + region.size)
        const place = this.#region(octets)
        return this.#resize(octets, place.at, random.oneIn(2) ? place.size : 0, taken)
      }
      case 15: {
        const second = other()
        return concat(octets.subarray(0, at), second.subarray(Math.min(at, second.length)))
      }
      case 16:
        return octets.slice(0, at)
      case 17:
        return random.oneIn(3) ? this.#deep(octets) : octets
      default:
        return random.oneIn(20) ? this.#long(octets) : octets
    }
  }

  #number(octets: Uint8Array, at: number): void {
    const random = this.#random
    const width = random.pick([1, 2, 2, 4, 8])
    const value = random.oneIn(3) ? random.below(Math.max(1, octets.length + 9)) : random.pick(EDGES)
    const big = random.oneIn(4)
    for (let i = 0; i < width && at + i < octets.length; i++) {
      const shift = width - 1 - i
      octets[at + i] = shift > 1 ? (big ? 0xff : 0) : value >>> (8 * shift)
    }
  }

  #token(octets: Uint8Array, at: number): void {
    if (this.#tokens.length === 0) return
    const token = this.#random.pick(this.#tokens)
    const place = at & ~(this.#random.oneIn(2) ? 3 : 1)
    octets.set(token.subarray(0, octets.length - place), place)
  }

  /** A guessed region, any octets if nothing looks like one. */
  #region(octets: Uint8Array): Region {
    const random = this.#random
    for (let tries = 0; tries < 12; tries++) {
      const at = random.below(octets.length) & ~(tries % 2 === 0 ? 3 : 1)
      const region = regionAt(octets, at)
      if (region !== undefined) return region
    }
    const at = random.below(octets.length)
    const size = Math.min(octets.length - at, random.few(32))
    return { at, lengthAt: at, width: 2, size }
  }

  #length(octets: Uint8Array): Uint8Array {
    const random = this.#random
    const { lengthAt, width, size } = this.#region(octets)
    const change = random.pick([-8, -4, -2, -1, 1, 2, 4, 8])
    const value = random.oneIn(3) ? random.pick(EDGES) : Math.max(0, size + change - (width === 1 ? 4 : 0))
    if (width === 1) octets[lengthAt] = value
    else if (lengthAt + 2 <= octets.length) put16(octets, lengthAt, value)
    return octets
  }

  /** Takes octets out and puts others in; lengths of what lies around are made right, most of them. */
  #resize(octets: Uint8Array, at: number, remove: number, insert: ArrayLike<number>): Uint8Array {
    if (octets.length - remove + insert.length > LONGEST) return octets
    const out = concat(octets.subarray(0, at), insert, octets.subarray(at + remove))
    const change = insert.length - remove
    if (change === 0 || this.#random.oneIn(10)) return out
    // Far regions are tried too: a message's outermost lists begin near its start.
    for (let start = 0; start < at; start += 2) {
      if (start === 256 && at > 512) start = at - 256
      const region = regionAt(octets, start)
      if (region === undefined || region.at + region.size < at + remove || this.#random.oneIn(16)) continue
      if (region.width === 2) put16(out, region.lengthAt, region.size + change)
      else if (region.size - 4 + change <= 0xff) out[region.lengthAt] = region.size - 4 + change
    }
    return out
  }

  /** A region inside a region inside a region ... */
  #deep(octets: Uint8Array): Uint8Array {
    const random = this.#random
    const whole = random.oneIn(3)
    const region = whole ? { at: 0, size: octets.length } : this.#region(octets)
    let inner: Uint8Array = octets.slice(region.at, region.at + region.size)
    const front = random.pick(whole ? ENVELOPES : WRAPPERS)
    for (let levels = random.few(32); levels > 0; levels--) {
      const padded = whole ? inner : concat(inner, new Uint8Array(-inner.length & 7))
      if (padded.length + front.length > LONGEST - octets.length) break
      inner = concat(front, padded)
      put16(inner, 2, inner.length)
    }
    return this.#resize(octets, region.at, region.size, inner)
  }

  /** One region many times. */
  #long(octets: Uint8Array): Uint8Array {
    const region = this.#region(octets)
    const most = Math.floor((LONGEST - octets.length) / Math.max(1, region.size))
    const copies = Math.min(most, this.#random.oneIn(4) ? most : this.#random.few(1024))
    const one = octets.slice(region.at, region.at + region.size)
    const many = new Uint8Array(copies * one.length)
    for (let i = 0; i < copies; i++) many.set(one, i * one.length)
    return this.#resize(octets, region.at, 0, many)
  }
}
