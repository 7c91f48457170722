/**
 * Packets for tests: plain functions from named members to octets, checksums right unless told otherwise. Written
 * apart from packet/ and from the reference switch's own parser on purpose: a test may hold them against these.
 */

export function octets(...parts: readonly (number | string | Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part]
      if (typeof part === 'string') return [...Buffer.from(part.replaceAll(/[\s:]/g, ''), 'hex')]
      return [...part]
    }),
  )
}

const be16 = (n: number): number[] => [(n >>> 8) & 0xff, n & 0xff]
const be32 = (n: number): number[] => [...be16(n >>> 16), ...be16(n)]

function wide(value: bigint | number, size: number): Uint8Array {
  return octets(
    BigInt(value)
      .toString(16)
      .padStart(size * 2, '0'),
  )
}

/** RFC 1071 over the octets. */
export function checksum(data: Uint8Array): number {
  let total = 0
  for (let i = 0; i < data.length; i++) total += i % 2 === 0 ? data[i]! * 256 : data[i]!
  while (total >= 0x10000) total = (total % 0x10000) + Math.floor(total / 0x10000)
  return 0xffff - total
}

export interface EthernetMembers {
  src?: number
  dst?: number
  /** VLAN tags, outermost first. */
  tags?: readonly { tpid?: number; vid: number; pcp?: number }[]
  type: number
  payload: Uint8Array
}

/** 48 bit addresses; ...01 to ...02 if not said. */
export function ethernet(m: EthernetMembers): Uint8Array {
  const tags = (m.tags ?? []).flatMap(({ tpid = 0x8100, vid, pcp = 0 }) => [...be16(tpid), ...be16((pcp << 13) | vid)])
  return octets(
    wide(m.dst ?? 0x02_00_00_00_00_02, 6),
    wide(m.src ?? 0x02_00_00_00_00_01, 6),
    tags,
    be16(m.type),
    m.payload,
  )
}

export interface ArpMembers {
  op?: number
  sha?: number
  spa?: number
  tha?: number
  tpa?: number
}

export function arp(m: ArpMembers = {}): Uint8Array {
  return octets(
    '0001 0800 06 04',
    be16(m.op ?? 1),
    wide(m.sha ?? 0x02_00_00_00_00_01, 6),
    be32(m.spa ?? 0x0a000001),
    wide(m.tha ?? 0, 6),
    be32(m.tpa ?? 0x0a000002),
  )
}

export interface Ipv4Members {
  src?: number
  dst?: number
  proto: number
  tos?: number
  ttl?: number
  id?: number
  /** Offset in units of 8 octets, with 0x2000 for "more fragments". */
  fragment?: number
  /** Multiple of 4 octets. */
  options?: Uint8Array
  payload: Uint8Array
}

export const SOURCE = 0x0a000001
export const DESTINATION = 0x0a000002

export function ipv4(m: Ipv4Members): Uint8Array {
  const options = m.options ?? new Uint8Array(0)
  const header = octets(
    0x40 | (5 + options.length / 4),
    m.tos ?? 0,
    be16(20 + options.length + m.payload.length),
    be16(m.id ?? 1),
    be16(m.fragment ?? 0),
    m.ttl ?? 64,
    m.proto,
    0,
    0,
    be32(m.src ?? SOURCE),
    be32(m.dst ?? DESTINATION),
    options,
  )
  header.set(be16(checksum(header)), 10)
  return octets(header, m.payload)
}

export interface Ipv6Members {
  src?: bigint
  dst?: bigint
  /** The first next header. */
  proto: number
  trafficClass?: number
  flowLabel?: number
  hopLimit?: number
  payload: Uint8Array
}

export const SOURCE6 = 0xfd00_0000_0000_0000_0000_0000_0000_0001n
export const DESTINATION6 = 0xfd00_0000_0000_0000_0000_0000_0000_0002n

export function ipv6(m: Ipv6Members): Uint8Array {
  return octets(
    be32(0x60000000 + ((m.trafficClass ?? 0) << 20) + (m.flowLabel ?? 0)),
    be16(m.payload.length),
    m.proto,
    m.hopLimit ?? 64,
    wide(m.src ?? SOURCE6, 16),
    wide(m.dst ?? DESTINATION6, 16),
    m.payload,
  )
}

/** Who talks to whom, for checksums that cover addresses; numbers are IPv4, bigints IPv6. */
export type Ends = { src?: number | bigint; dst?: number | bigint }

function sealed(segment: Uint8Array, at: number, proto: number, ends: Ends): Uint8Array {
  const src = ends.src ?? SOURCE
  const dst = ends.dst ?? (typeof src === 'bigint' ? DESTINATION6 : DESTINATION)
  const size = typeof src === 'bigint' ? 16 : 4
  const sum = checksum(octets(wide(src, size), wide(dst, size), be32(segment.length), be32(proto), segment))
  const out = segment.slice()
  out.set(be16(proto === 17 && sum === 0 ? 0xffff : sum), at)
  return out
}

export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const

export function tcp(
  m: Ends & { sport: number; dport: number; flags?: number; seq?: number; data?: Uint8Array },
): Uint8Array {
  const flags = 0x5000 | (m.flags ?? TCP_FLAGS.syn)
  const ack = (m.flags ?? TCP_FLAGS.syn) & TCP_FLAGS.ack ? 1 : 0
  const segment = octets(
    be16(m.sport),
    be16(m.dport),
    be32(m.seq ?? 0),
    be32(ack),
    be16(flags),
    be16(0x2000),
    0,
    0,
    0,
    0,
    m.data ?? [],
  )
  return sealed(segment, 16, 6, m)
}

export function udp(m: Ends & { sport: number; dport: number; data?: Uint8Array }): Uint8Array {
  const data = m.data ?? octets('00112233')
  return sealed(octets(be16(m.sport), be16(m.dport), be16(8 + data.length), 0, 0, data), 6, 17, m)
}

/** CRC-32C bit by bit (RFC 9260, appendix A). */
export function crc32c(data: Uint8Array): number {
  let crc = -1
  for (const octet of data) {
    for (let bit = 0; bit < 8; bit++) {
      const low = (crc ^ (octet >>> bit)) & 1
      crc = (crc >>> 1) ^ (low ? 0x82f63b78 : 0)
    }
  }
  return ~crc >>> 0
}

export function sctp(m: { sport: number; dport: number; data?: Uint8Array }): Uint8Array {
  const packet = octets(be16(m.sport), be16(m.dport), be32(7), be32(0), m.data ?? octets('01000004'))
  packet.set([...be32(crc32c(packet))].reverse(), 8)
  return packet
}

/** ICMP; `rest` is the second word of the header: identifier and sequence number of an echo. */
export function icmp(m: { type: number; code?: number; rest?: number; data?: Uint8Array }): Uint8Array {
  const message = octets(m.type, m.code ?? 0, 0, 0, be32(m.rest ?? 0x0001_0001), m.data ?? octets('0011'))
  message.set(be16(checksum(message)), 2)
  return message
}

export function icmpv6(m: Ends & { type: number; code?: number; rest?: number; data?: Uint8Array }): Uint8Array {
  const message = octets(m.type, m.code ?? 0, 0, 0, be32(m.rest ?? 0x0001_0001), m.data ?? octets('0011'))
  return sealed(message, 2, 58, { src: m.src ?? SOURCE6, dst: m.dst ?? DESTINATION6 })
}

/** Solicitation (with source address option) or advertisement (with target address option). */
export function neighbour(m: Ends & { type: 135 | 136; target: bigint; address?: number }): Uint8Array {
  const option = m.address === undefined ? [] : [m.type - 134, 1, ...wide(m.address, 6)]
  return icmpv6({ ...m, rest: 0, data: octets(wide(m.target, 16), option) })
}

export type Built = { src?: number; dst?: number; tags?: EthernetMembers['tags'] }

function link(m: Built, type: number, payload: Uint8Array): Uint8Array {
  return ethernet({
    type,
    payload,
    ...(m.src === undefined ? {} : { src: m.src }),
    ...(m.dst === undefined ? {} : { dst: m.dst }),
    ...(m.tags === undefined ? {} : { tags: m.tags }),
  })
}

/** A whole frame with an IPv4 packet, addresses of the transport checksum those of the packet. */
export function tcp4(m: {
  src?: number
  dst?: number
  sport: number
  dport: number
  flags?: number
  eth?: Built
}): Uint8Array {
  return link(m.eth ?? {}, 0x0800, ipv4({ ...ends(m), proto: 6, payload: tcp(m) }))
}

export function udp4(m: { src?: number; dst?: number; sport: number; dport: number; eth?: Built }): Uint8Array {
  return link(m.eth ?? {}, 0x0800, ipv4({ ...ends(m), proto: 17, payload: udp(m) }))
}

export function icmp4(m: {
  src?: number
  dst?: number
  type: number
  code?: number
  rest?: number
  data?: Uint8Array
}): Uint8Array {
  return link({}, 0x0800, ipv4({ ...ends(m), proto: 1, payload: icmp(m) }))
}

function ends(m: { src?: number; dst?: number }): { src?: number; dst?: number } {
  return { ...(m.src === undefined ? {} : { src: m.src }), ...(m.dst === undefined ? {} : { dst: m.dst }) }
}
