/**
 * decode: any octets are a message or a WireError. A message encodes to the same octets, prints, is not larger than
 * its octets account for, and what another version can say of it comes back from there.
 */
import { hex, law, sameOctets, type Target } from '../engine/target.ts'
import { encode, encodeAll, isSpoken, type Message, SPOKEN_VERSIONS, text, toJson, WireError } from '../subject.ts'
import { decoded, refusalOf, sendable, shapeOf } from './shape.ts'

/** Values in a message for each octet of it: a hello element of 4 octets has three. */
const VALUES_PER_OCTET = 2
/** Printed characters for each octet: every bit of a version bitmap is a number in text. */
const CHARACTERS_PER_OCTET = 100
const OWN = 2000
/** Whether JSON is sound, and what other versions make of it, is asked of messages up to here: both cost the most. */
const SHORT = 4096

/** Errors are answered in the version of what was refused, in 1.3 if that is not spoken. */
function spoken(version: number): { version?: number } {
  return isSpoken(version) && version !== 4 ? { version } : {}
}

/** The message in another version; undefined where that has no room for it. */
function inVersion(message: Message, version: number): Uint8Array | undefined {
  const { padding: _padding, ...plain } = message
  try {
    return encodeAll([plain as Message], version)
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** What is kept as numbers and octets, since no row of its version describes it, means something else in another. */
const OPAQUE = /"(type|mp_type|field)":("(experimenter|unknown)"|\d)|"header":/

function readBack(octets: Uint8Array, how: string): Message {
  const message = decoded(octets)
  law(!(message instanceof WireError), how, () => `${message} in ${hex(octets)}`)
  return message
}

/**
 * Into another version, back and there again: the same octets, or something was dropped. The first way is not compared
 * with the second: a version may have several spellings of what another can say in one.
 */
function translates(message: Message, version: number, other: number): void {
  const there = inVersion(message, other)
  if (there === undefined) return
  const name = message.type + ('mp_type' in message ? ` ${message.mp_type}` : '')
  const how = `${name} ${version} to ${other}`
  const back = inVersion(readBack(there, how), version)
  if (back === undefined) return
  const again = inVersion(readBack(back, `${how} and back`), other)
  law(again !== undefined && sameOctets(again, there), `${how} and back and there`, () => {
    return `${hex(there)}, then ${hex(back)}, then ${again && hex(again)}`
  })
}

export const decodeTarget: Target = {
  name: 'decode',
  form: 'message',
  options: 0,
  limit: 50,
  run(input, feature) {
    const message = decoded(input)
    const version = input[0] ?? 0
    if (message instanceof WireError) {
      refusalOf(message, input.length, (name) => feature(`${version} ${name}`))
      const { error } = message
      law(error !== undefined, 'error without answer', () => String(message))
      const data = input.subarray(0, 64)
      const answer = { type: 'error', xid: 0, error_type: error.type, code: error.code, data, ...spoken(version) }
      sendable(answer as never, 'the answer to an error')
      return
    }
    const count = shapeOf(message, `${version}`, feature)
    law(count <= OWN + input.length * VALUES_PER_OCTET, 'too many values', () => `${count} of ${input.length} octets`)
    const again = encode(message)
    law(sameOctets(again, input), 'other octets', () => `${hex(again)} of ${hex(input)}`)
    const other = SPOKEN_VERSIONS[input.length % SPOKEN_VERSIONS.length]!
    const json = toJson(message)
    const isShort = input.length <= SHORT
    if (isShort && isSpoken(version) && other !== version && !OPAQUE.test(json)) translates(message, version, other)
    if (isShort) JSON.parse(json)
    const printed = text.formatMessage(message)
    law(
      printed.length <= OWN + input.length * CHARACTERS_PER_OCTET,
      'printed too long',
      () => `${printed.length} of ${input.length} octets: ${printed.slice(0, 300)}`,
    )
  },
}
