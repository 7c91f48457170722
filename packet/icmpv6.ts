/**
 * ICMPv6 messages (RFC 4443): type, code, body, and a checksum over the pseudo header. It refuses to interpret bodies:
 * those of neighbor discovery are nd.ts's.
 */
import { transportChecksum } from './checksum.ts'
import { PROTOCOL } from './ipv4.ts'
import { concat, type Decoded, put, u8 } from './octets.ts'

export const ICMPV6 = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
} as const

/** Code of `unreachable`: communication with destination administratively prohibited (RFC 4443 section 3.1). */
export const ICMPV6_PROHIBITED = 1

export interface Icmpv6 {
  type: number
  code: number
}

/** Whether a type is one in answer to which no error may be sent (RFC 4443 section 2.4 e). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128 || type === ICMPV6.redirect
}

/** The payload is the body: what follows the checksum. */
export function decodeIcmpv6(data: Uint8Array): Decoded<Icmpv6> | undefined {
  if (data.length < 4) return undefined
  return { header: { type: u8(data, 0), code: u8(data, 1) }, payload: data.subarray(4) }
}

/** @param body What follows the checksum. */
export function encodeIcmpv6(between: { src: bigint; dst: bigint }, header: Icmpv6, body: Uint8Array): Uint8Array {
  const octets = concat(Uint8Array.of(header.type, header.code, 0, 0), body)
  put(octets, 2, 2, transportChecksum(between, PROTOCOL.icmpv6, octets))
  return octets
}
