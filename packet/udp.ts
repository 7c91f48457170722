/**
 * UDP headers (RFC 768, RFC 8200 section 8.1). It refuses to know what is carried.
 */
import { type Endpoints, transportChecksum } from './checksum.ts'
import { PROTOCOL } from './ipv4.ts'
import { concat, type Decoded, put, u16 } from './octets.ts'

export interface Udp {
  srcPort: number
  dstPort: number
}

/** The payload is cut at the length that the header gives; it may be shorter where the packet was cut short. */
export function decodeUdp(data: Uint8Array): Decoded<Udp> | undefined {
  const length = u16(data, 4)
  if (data.length < 8 || length < 8) return undefined
  return { header: { srcPort: u16(data, 0), dstPort: u16(data, 2) }, payload: data.subarray(8, length) }
}

/** @throws RangeError where the payload is too long. */
export function encodeUdp(between: Endpoints, header: Udp, payload: Uint8Array): Uint8Array {
  if (payload.length > 0xffff - 8) throw new RangeError(`UDP payload of ${payload.length} octets does not fit`)
  const octets = concat(new Uint8Array(8), payload)
  put(octets, 0, 2, header.srcPort)
  put(octets, 2, 2, header.dstPort)
  put(octets, 4, 2, octets.length)
  const sum = transportChecksum(between, PROTOCOL.udp, octets)
  put(octets, 6, 2, sum === 0 ? 0xffff : sum)
  return octets
}
