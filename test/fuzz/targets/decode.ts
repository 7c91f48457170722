/**
 * decode: any octets are a message or a WireError. A message encodes to the same octets, prints, and is not larger
 * than its octets account for.
 */
import { hex, law, sameOctets, type Target } from '../engine/target.ts'
import { encode, isSpoken, text, toJson, WireError } from '../subject.ts'
import { decoded, refusalOf, sendable, shapeOf } from './shape.ts'

/** Values in a message for each octet of it: a hello element of 4 octets has three. */
const VALUES_PER_OCTET = 2
/** Printed characters for each octet: every bit of a version bitmap is a number in text. */
const CHARACTERS_PER_OCTET = 100
const OWN = 2000
/** Whether JSON is sound is asked of messages up to here; reading it back costs more than all the rest. */
const JSON_OCTETS = 2048

/** Errors are answered in the version of what was refused, in 1.3 if that is not spoken. */
function spoken(version: number): { version?: number } {
  return isSpoken(version) && version !== 4 ? { version } : {}
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
    const json = toJson(message)
    if (input.length <= JSON_OCTETS) JSON.parse(json)
    const printed = text.formatMessage(message)
    law(
      printed.length <= OWN + input.length * CHARACTERS_PER_OCTET,
      'printed too long',
      () => `${printed.length} of ${input.length} octets: ${printed.slice(0, 300)}`,
    )
  },
}
