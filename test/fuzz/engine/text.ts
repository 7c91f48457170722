/**
 * Changes to texts made of words, numbers, brackets and separators. Inputs are octets, as everywhere in the fuzzer;
 * octets that are no UTF-8 become lone surrogates. It knows no grammar; words that mean something are given.
 */
import { octetsText, textOctets } from '../subject.ts'
import type { Random } from './random.ts'

const LONGEST = 20_000
const NUMBERS = [
  '0',
  '1',
  '-1',
  '7',
  '8',
  '31',
  '32',
  '63',
  '64',
  '127',
  '128',
  '129',
  '255',
  '256',
  '65279',
  '65280',
  '65535',
  '65536',
  '0xffffff00',
  '0xffffffff',
  '4294967296',
  '0xffffffffffffffff',
  '0x10000000000000000',
  '340282366920938463463374607431768211455',
  '0x',
  '1e3',
  '00',
  '1.2.3.4',
  '1.2.3.4/24',
  '1.2.3.4/255.0.255.0',
  '1.2.3.4/33',
  '::',
  'fe80::1/64',
  '::ffff:1.2.3.4',
  'fe80::1/129',
  '00:11:22:33:44:55',
  '00:11:22:33:44:55/01:00:00:00:00:00',
]
const SIGNS = [
  ',',
  '=',
  ':',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '/',
  '->',
  '..',
  '+',
  '-',
  '|',
  '"',
  ' ',
  '\\',
  '\n',
  '.',
  '@',
]
const OPEN = ['(', '[', '{', 'clone(', 'ct(exec(', 'write_actions(', 'learn(', 'nat(', 'encap(', '"']

export class TextMutator {
  readonly #random: Random
  readonly #words: readonly string[]

  constructor(random: Random, words: readonly string[]) {
    this.#random = random
    this.#words = words
  }

  mutate(input: Uint8Array, other: () => Uint8Array): Uint8Array {
    let text = octetsText(input)
    for (let i = this.#random.few(8); i > 0; i--) text = this.#once(text, () => octetsText(other()))
    return textOctets(text.slice(0, LONGEST))
  }

  #once(text: string, other: () => string): string {
    const random = this.#random
    const at = random.below(text.length + 1)
    const put = (piece: string, remove = 0): string => text.slice(0, at) + piece + text.slice(at + remove)
    switch (random.below(13)) {
      case 0:
        return put('', random.few(16))
      case 1:
        return put(random.pick(SIGNS))
      case 2:
        return put(random.pick(SIGNS), 1)
      case 3:
        return put(
          String.fromCharCode(random.oneIn(4) ? random.below(0x10000) : 32 + random.below(95)),
          random.below(2),
        )
      case 4:
        return this.#replace(text, at, /[A-Za-z_]\w*/g, random.pick(this.#words))
      case 5:
        return this.#replace(text, at, /\b(0x[0-9a-f]+|\d+)\b/gi, random.pick(NUMBERS))
      case 6:
        return put(`,${random.pick(this.#words)}${random.oneIn(2) ? `=${random.pick(NUMBERS)}` : ''},`)
      case 7:
        return put(random.pick(this.#words))
      case 8: {
        const size = random.few(64)
        return put(text.slice(at, at + size))
      }
      case 9: {
        const second = other()
        const parts = second.split(/(?<=[,\s])/)
        return put(random.pick(parts) ?? '')
      }
      case 10: {
        const second = other()
        return text.slice(0, at) + second.slice(random.below(second.length + 1))
      }
      case 11:
        return this.#replace(text, at, /[^,()\s]+/g, '')
      default:
        return random.oneIn(40) ? this.#long(text, at) : put(random.pick(NUMBERS))
    }
  }

  /** The first match at or after `at`, or the first at all. */
  #replace(text: string, at: number, what: RegExp, by: string): string {
    what.lastIndex = at
    let found = what.exec(text)
    if (found === null) {
      what.lastIndex = 0
      found = what.exec(text)
    }
    if (found === null) return text + by
    return text.slice(0, found.index) + by + text.slice(found.index + found[0].length)
  }

  /** Depth, or length. */
  #long(text: string, at: number): string {
    const random = this.#random
    const count = random.few(4096)
    if (random.oneIn(2)) {
      const open = random.pick(OPEN)
      const close = [...open].reverse().map((c) => ({ '(': ')', '[': ']', '{': '}' })[c] ?? '')
      return text.slice(0, at) + open.repeat(count) + text.slice(at) + close.join('').repeat(count)
    }
    const piece = text.slice(at, at + random.few(32)) || random.pick(SIGNS)
    return text.slice(0, at) + piece.repeat(count) + text.slice(at)
  }
}
