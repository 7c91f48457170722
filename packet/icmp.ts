/**
 * ICMP messages (RFC 792, RFC 1812). A message is a type, a code and a body: the four octets of the rest of the header
 * and what follows. It refuses to interpret quoted packets.
 */
import { checksum } from './checksum.ts'
import { concat, type Decoded, put, u8 } from './octets.ts'

export const ICMP = {
  echoReply: 0,
  unreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const

/** Code of `unreachable`: communication administratively prohibited (RFC 1812 section 5.2.7.1). */
export const ICMP_PROHIBITED = 13

/** Code of `unreachable`: fragmentation needed; the rest of the header says the size that fits (RFC 1191 section 4). */
export const ICMP_TOO_LARGE = 4

export interface Icmp {
  type: number
  code: number
}

const ERRORS: ReadonlySet<number> = new Set([
  ICMP.unreachable,
  ICMP.sourceQuench,
  ICMP.redirect,
  ICMP.timeExceeded,
  ICMP.parameterProblem,
])

/** Whether a type is an error message, in answer to which no error may be sent (RFC 1122 section 3.2.2). */
export function isIcmpError(type: number): boolean {
  return ERRORS.has(type)
}

/** The payload is the body: the rest of the header and the data. */
export function decodeIcmp(data: Uint8Array): Decoded<Icmp> | undefined {
  if (data.length < 8) return undefined
  return { header: { type: u8(data, 0), code: u8(data, 1) }, payload: data.subarray(4) }
}

/** @param body The rest of the header (four octets) and the data. */
export function encodeIcmp(header: Icmp, body: Uint8Array): Uint8Array {
  const octets = concat(Uint8Array.of(header.type, header.code, 0, 0), body)
  put(octets, 2, 2, checksum(octets))
  return octets
}

/** The body of an echo request or reply, of ICMP and of ICMPv6. */
export function echoBody(identifier: number, sequence: number, data: Uint8Array): Uint8Array {
  const head = new Uint8Array(4)
  put(head, 0, 2, identifier)
  put(head, 2, 2, sequence)
  return concat(head, data)
}
