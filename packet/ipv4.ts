/**
 * IPv4 headers (RFC 791) with options and fragments. Encoding computes lengths and the checksum; decoding cuts the
 * payload at the total length and keeps a payload that was cut short (a quoted or captured packet). It refuses to
 * reassemble.
 */
import { checksum } from './checksum.ts'
import { concat, type Decoded, padTo, put, u8, u16, u32 } from './octets.ts'

export const PROTOCOL = { icmp: 1, igmp: 2, tcp: 6, udp: 17, icmpv6: 58, noNext: 59 } as const

export interface Ipv4 {
  dscp: number
  ecn: number
  identification: number
  dontFragment: boolean
  moreFragments: boolean
  /** In octets; a multiple of 8. */
  fragmentOffset: number
  ttl: number
  protocol: number
  src: number
  dst: number
  /** Padded to a multiple of 4 octets, at most 40. */
  options: Uint8Array
}

export interface Ipv4Option {
  type: number
  data: Uint8Array
}

export interface DecodedIpv4 extends Decoded<Ipv4> {
  /** Octets of the payload according to the header; the payload has fewer where the packet was cut short. */
  payloadLength: number
  checksumHolds: boolean
  /** The packet with its header, cut at its total length. */
  packet: Uint8Array
}

export function decodeIpv4(data: Uint8Array): DecodedIpv4 | undefined {
  if (data.length < 20 || u8(data, 0) >> 4 !== 4) return undefined
  const length = (u8(data, 0) & 0xf) * 4
  const total = u16(data, 2)
  if (length < 20 || data.length < length || total < length) return undefined
  const fragment = u16(data, 6)
  return {
    header: {
      dscp: u8(data, 1) >> 2,
      ecn: u8(data, 1) & 3,
      identification: u16(data, 4),
      dontFragment: (fragment & 0x4000) !== 0,
      moreFragments: (fragment & 0x2000) !== 0,
      fragmentOffset: (fragment & 0x1fff) * 8,
      ttl: u8(data, 8),
      protocol: u8(data, 9),
      src: u32(data, 12),
      dst: u32(data, 16),
      options: data.slice(20, length),
    },
    payload: data.subarray(length, total),
    payloadLength: total - length,
    checksumHolds: checksum(data.subarray(0, length)) === 0,
    packet: data.subarray(0, total),
  }
}

/** @throws RangeError where options or payload are longer than IPv4 can carry. */
export function encodeIpv4(header: Ipv4, payload: Uint8Array): Uint8Array {
  const options = padTo(header.options, 4)
  const length = 20 + options.length
  if (length > 60) throw new RangeError(`IPv4 options of ${options.length} octets; at most 40 fit`)
  if (length + payload.length > 0xffff) throw new RangeError(`IPv4 payload of ${payload.length} octets does not fit`)
  const octets = new Uint8Array(length)
  put(octets, 0, 1, 0x40 | (length / 4))
  put(octets, 1, 1, (header.dscp << 2) | header.ecn)
  put(octets, 2, 2, length + payload.length)
  put(octets, 4, 2, header.identification)
  const flags = (header.dontFragment ? 0x4000 : 0) | (header.moreFragments ? 0x2000 : 0)
  put(octets, 6, 2, flags | (header.fragmentOffset >> 3))
  put(octets, 8, 1, header.ttl)
  put(octets, 9, 1, header.protocol)
  put(octets, 12, 4, header.src)
  put(octets, 16, 4, header.dst)
  octets.set(options, 20)
  put(octets, 10, 2, checksum(octets))
  return concat(octets, payload)
}

/** The options that can be read, without end-of-list and no-operation. */
export function ipv4Options(options: Uint8Array): Ipv4Option[] {
  return kindLengthOptions(options)
}

/** Options of IPv4 and TCP: 0 ends the list, 1 is padding, others give their length with kind and length included. */
export function kindLengthOptions(options: Uint8Array): Ipv4Option[] {
  const read: Ipv4Option[] = []
  for (let at = 0; at < options.length; ) {
    const type = u8(options, at)
    if (type === 0) break
    if (type === 1) {
      at++
      continue
    }
    const length = u8(options, at + 1)
    if (length < 2 || at + length > options.length) break
    read.push({ type, data: options.slice(at + 2, at + length) })
    at += length
  }
  return read
}

/** Whether an address can be a single host's source address (RFC 1812 section 5.3.7). */
export function isHostIpv4(address: number): boolean {
  const first = Math.floor(address / 0x1000000)
  return first !== 0 && first !== 127 && first < 224
}
