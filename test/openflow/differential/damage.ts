/**
 * Damage to octets of a message, as bugs and attackers do it: lengths and types changed, octets missing, too many, or
 * other ones. The header's length stays right, or framing would hide the rest. Knows no message.
 */
import fc, { type Arbitrary } from 'fast-check'

const HEADER = 8

function framed(octets: Uint8Array): Uint8Array {
  octets[2] = octets.length >>> 8
  octets[3] = octets.length
  return octets
}

/** A 16 bit number at an even place becomes another that is near it, or a limit. */
const number = fc
  .tuple(fc.nat(), fc.constantFrom(-8, -4, -1, 1, 4, 8, 16), fc.constantFrom(undefined, 0, 1, 3, 4, 7, 8, 16, 0xffff))
  .map(([place, by, value]) => (octets: Uint8Array): Uint8Array => {
    const at = HEADER + 2 * (place % Math.max(1, Math.floor((octets.length - HEADER) / 2)))
    if (at + 2 > octets.length) return octets
    const now = octets[at]! * 256 + octets[at + 1]!
    const then = (value ?? now + by) & 0xffff
    octets[at] = then >>> 8
    octets[at + 1] = then
    return octets
  })

const cut = fc.nat().map((place) => (octets: Uint8Array): Uint8Array => {
  const rest = octets.length - HEADER
  return rest === 0 ? octets : framed(octets.slice(0, HEADER + (place % rest)))
})

const longer = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.nat(255)).map(([count, octet]) => (octets: Uint8Array) => {
  const more = new Uint8Array(octets.length + count).fill(octet)
  more.set(octets)
  return framed(more)
})

const octet = fc.tuple(fc.nat(), fc.nat(255)).map(([place, value]) => (octets: Uint8Array): Uint8Array => {
  if (octets.length > HEADER) octets[HEADER + (place % (octets.length - HEADER))] = value
  return octets
})

/** What to do to a copy of a message's octets. */
export const damage: Arbitrary<(octets: Uint8Array) => Uint8Array> = fc
  .oneof({ weight: 5, arbitrary: number }, { weight: 2, arbitrary: cut }, longer, { weight: 2, arbitrary: octet })
  .map((change) => (octets) => change(octets.slice()))
