/**
 * Octets as hexadecimal text and back: how messages are shown, pasted and kept in test files. It knows no message.
 */
import { WireError } from './error.ts'

/** Lower case, two digits for each octet, nothing between. */
export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')
}

/** Digits of either case; white space is passed over. Throws WireError `bad_hex` with the octet that is none. */
export function fromHex(text: string): Uint8Array {
  const digits = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  const octets = Buffer.from(digits, 'hex')
  if (octets.length * 2 !== digits.length) throw new WireError('bad_hex', octets.length)
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length)
}
