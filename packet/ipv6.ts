/**
 * IPv6 headers with their extension headers (RFC 8200): hop-by-hop, routing, fragment, destination options,
 * authentication, mobility, HIP, shim6. Extension headers are kept as they came. It refuses to reassemble and to read
 * beyond encryption.
 */
import { concat, type Decoded, put, u8, u16, u32, u128 } from './octets.ts'

export const EXTENSION = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destinationOptions: 60,
  mobility: 135,
  hip: 139,
  shim6: 140,
} as const

/** Extension headers read in one packet; what follows is left as payload. */
export const MAX_EXTENSIONS = 16

export interface Ipv6Extension {
  type: number
  /** The octets after the next header field, the length field included. */
  body: Uint8Array
}

export interface Ipv6 {
  trafficClass: number
  flowLabel: number
  hopLimit: number
  src: bigint
  dst: bigint
  extensions: readonly Ipv6Extension[]
  /** Next header after the last extension header. */
  protocol: number
}

export interface Ipv6Fragment {
  /** In octets; a multiple of 8. */
  offset: number
  more: boolean
  identification: number
}

export interface DecodedIpv6 extends Decoded<Ipv6> {
  fragment?: Ipv6Fragment
  /** Octets of the payload according to the header; the payload has fewer where the packet was cut short. */
  payloadLength: number
  /** The packet with its headers, cut at its payload length. */
  packet: Uint8Array
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(EXTENSION))

export function decodeIpv6(data: Uint8Array): DecodedIpv6 | undefined {
  if (data.length < 40 || u8(data, 0) >> 4 !== 6) return undefined
  const end = 40 + u16(data, 4)
  const within = data.subarray(0, end)
  const extensions: Ipv6Extension[] = []
  let fragment: Ipv6Fragment | undefined
  let protocol = u8(data, 6)
  let at = 40
  while (KNOWN.has(protocol) && extensions.length < MAX_EXTENSIONS) {
    const length = extensionLength(within, at, protocol)
    if (at + length > within.length) break
    extensions.push({ type: protocol, body: within.slice(at + 1, at + length) })
    const seen = protocol
    protocol = u8(within, at)
    if (seen === EXTENSION.fragment && fragment === undefined) {
      const word = u16(within, at + 2)
      fragment = { offset: word & 0xfff8, more: (word & 1) === 1, identification: u32(within, at + 4) }
    }
    at += length
    if (fragment !== undefined && fragment.offset > 0) break
  }
  const first = u32(data, 0)
  return {
    header: {
      trafficClass: (first >>> 20) & 0xff,
      flowLabel: first & 0xfffff,
      hopLimit: u8(data, 7),
      src: u128(data, 8),
      dst: u128(data, 24),
      extensions,
      protocol,
    },
    payload: within.subarray(at),
    payloadLength: end - at,
    packet: within,
    ...(fragment === undefined ? {} : { fragment }),
  }
}

/** @throws RangeError where the payload is longer than IPv6 can carry without a jumbogram. */
export function encodeIpv6(header: Ipv6, payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(40)
  const chain = header.extensions.map(({ body }, index) => {
    const next = header.extensions[index + 1]?.type ?? header.protocol
    return concat(Uint8Array.of(next), body)
  })
  const rest = concat(...chain, payload)
  if (rest.length > 0xffff) throw new RangeError(`IPv6 payload of ${rest.length} octets does not fit`)
  put(octets, 0, 4, 0x60000000 + header.trafficClass * 0x100000 + header.flowLabel)
  put(octets, 4, 2, rest.length)
  put(octets, 6, 1, header.extensions[0]?.type ?? header.protocol)
  put(octets, 7, 1, header.hopLimit)
  put(octets, 8, 16, header.src)
  put(octets, 24, 16, header.dst)
  return concat(octets, rest)
}

/** A fragment header (RFC 8200 section 4.5). */
export function fragmentExtension(fragment: Ipv6Fragment): Ipv6Extension {
  const body = new Uint8Array(7)
  put(body, 1, 2, fragment.offset | (fragment.more ? 1 : 0))
  put(body, 3, 4, fragment.identification)
  return { type: EXTENSION.fragment, body }
}

export function isMulticastIpv6(address: bigint): boolean {
  return address >> 120n === 0xffn
}

/** The solicited-node multicast address of an address (RFC 4291 section 2.7.1). */
export function solicitedNode(address: bigint): bigint {
  return (0xff0200000000000000000001ffn << 24n) | (address & 0xffffffn)
}

/** The Ethernet address of a multicast address (RFC 2464 section 7). */
export function multicastMac(address: bigint): number {
  return 0x333300000000 + Number(address & 0xffffffffn)
}

/**
 * The address that a transport checksum covers: the last one on the way where a routing header of type 0 or 2 has
 * segments left (RFC 8200 section 8.1), or the first segment of a segment routing header (RFC 8754 section 2.1).
 */
export function finalDestination(header: Pick<Ipv6, 'dst' | 'extensions'>): bigint {
  const routing = header.extensions.find(({ type }) => type === EXTENSION.routing)?.body
  if (routing === undefined || u8(routing, 2) === 0) return header.dst
  const kind = u8(routing, 1)
  if (kind === 4 && routing.length >= 23) return u128(routing, 7)
  if ((kind === 0 || kind === 2) && routing.length >= 23) return u128(routing, routing.length - 16)
  return header.dst
}

function extensionLength(data: Uint8Array, at: number, type: number): number {
  if (type === EXTENSION.fragment) return 8
  if (type === EXTENSION.authentication) return (u8(data, at + 1) + 2) * 4
  return (u8(data, at + 1) + 1) * 8
}
