/**
 * The Internet checksum (RFC 1071) and the pseudo headers of IPv4 (RFC 793, RFC 768) and IPv6 (RFC 8200 section 8.1).
 * It refuses to know where a header keeps its checksum.
 */
import { concat, put } from './octets.ts'

/** Between whom the octets of a transport protocol go: a number is an IPv4 address, a bigint an IPv6 address. */
export type Endpoints = { src: number; dst: number } | { src: bigint; dst: bigint }

/** The checksum over octets whose checksum field is zero; 0 where it is right over octets that hold theirs. */
export function checksum(data: Uint8Array): number {
  let sum = 0
  for (let at = 0; at + 1 < data.length; at += 2) sum += data[at]! * 0x100 + data[at + 1]!
  if (data.length % 2 === 1) sum += data[data.length - 1]! * 0x100
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000)
  return 0xffff - sum
}

/** The checksum over a pseudo header and the octets of a transport protocol. */
export function transportChecksum(between: Endpoints, protocol: number, data: Uint8Array): number {
  return checksum(concat(pseudoHeader(between, protocol, data.length), data))
}

function pseudoHeader(between: Endpoints, protocol: number, length: number): Uint8Array {
  if (typeof between.src === 'number') {
    const header = new Uint8Array(12)
    put(header, 0, 4, between.src)
    put(header, 4, 4, between.dst)
    put(header, 9, 1, protocol)
    put(header, 10, 2, length)
    return header
  }
  const header = new Uint8Array(40)
  put(header, 0, 16, between.src)
  put(header, 16, 16, between.dst)
  put(header, 32, 4, length)
  put(header, 39, 1, protocol)
  return header
}
