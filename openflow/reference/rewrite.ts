/**
 * Changes of a frame's octets that keep its checksums right: new octets in place, VLAN tags, MPLS labels, TTL. Checksums are
 * changed by what the octets changed (RFC 1624), so a wrong one stays wrong and a fragment needs no reassembly;
 * a UDP checksum of zero stays zero. SCTP has a CRC (RFC 9260), of which the same is true.
 * Knows nothing of field names.
 */

import { type Layout, type Place, readNumber } from './parse.ts'

function writeNumber(b: Uint8Array, at: number, size: number, value: bigint): void {
  let rest = value
  for (let i = size - 1; i >= 0; i--) {
    b[at + i] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

/** A copy with the bits of one place set, checksums adjusted. */
export function withPlace(octets: Uint8Array, layout: Layout, place: Place, value: bigint): Uint8Array {
  const out = octets.slice()
  const window = ((1n << BigInt(place.bits)) - 1n) << BigInt(place.shift)
  const old = readNumber(octets, place.at, place.size)
  writeNumber(out, place.at, place.size, (old & ~window) | ((value << BigInt(place.shift)) & window))
  adjust(octets, out, layout)
  return out
}

/** 16 bit one's complement sum of octets (RFC 1071), not complemented. */
export function sum(parts: readonly Uint8Array[]): number {
  let total = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) total += (part[i]! << 8) | (part[i + 1] ?? 0)
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

/** RFC 1624 equation 3. */
function updated(checksum: number, before: number, after: number): number {
  let total = (~checksum & 0xffff) + (~before & 0xffff) + after
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return ~total & 0xffff
}

/** Where transport checksums stand from the transport header on, and whether addresses are in them. */
const CHECKSUMS: Readonly<Record<string, { at: number; least: number; addresses: boolean }>> = {
  '4/1': { at: 2, least: 4, addresses: false },
  '4/6': { at: 16, least: 20, addresses: true },
  '4/17': { at: 6, least: 8, addresses: true },
  '6/6': { at: 16, least: 20, addresses: true },
  '6/17': { at: 6, least: 8, addresses: true },
  '6/58': { at: 2, least: 4, addresses: true },
}

/** What a transport checksum covers and where it stands; undefined if there is none in this packet. */
function transportSum(b: Uint8Array, layout: Layout): { at: number; parts: Uint8Array[] } | undefined {
  const { l3, l4, ip, end, proto } = layout
  const row = CHECKSUMS[`${ip}/${proto}`]
  if (row === undefined || l4 === undefined || end - l4 < row.least) return undefined
  const at = l4 + row.at
  const segment = b.slice(l4, end)
  segment.fill(0, row.at, row.at + 2)
  const addresses = ip === 4 ? b.subarray(l3 + 12, l3 + 20) : b.subarray(l3 + 8, l3 + 40)
  return { at, parts: row.addresses ? [addresses, segment] : [segment] }
}

const ipHeader = (b: Uint8Array, l3: number): Uint8Array => {
  const header = b.slice(l3, l3 + (b[l3]! & 15) * 4)
  header.fill(0, 10, 12)
  return header
}

function adjust(before: Uint8Array, after: Uint8Array, layout: Layout): void {
  const { l3, l4, ip, end, proto } = layout
  if (ip === undefined) return
  if (ip === 4) {
    const old = Number(readNumber(before, l3 + 10, 2))
    writeNumber(after, l3 + 10, 2, BigInt(updated(old, sum([ipHeader(before, l3)]), sum([ipHeader(after, l3)]))))
  }
  const was = transportSum(before, layout)
  const is = transportSum(after, layout)
  if (was !== undefined && is !== undefined) {
    const old = Number(readNumber(before, was.at, 2))
    const from = sum(was.parts)
    const to = sum(is.parts)
    if (from !== to && (proto !== 17 || old !== 0)) {
      const fresh = updated(old, from, to)
      writeNumber(after, is.at, 2, BigInt(proto === 17 && fresh === 0 ? 0xffff : fresh))
    }
  }
  if (proto === 132 && l4 !== undefined && end - l4 >= 12) {
    const old = readNumber(before, l4 + 8, 4)
    const fresh = old ^ sctpCrc(before, l4, end) ^ sctpCrc(after, l4, end)
    writeNumber(after, l4 + 8, 4, fresh)
  }
}

/** Whether the IPv4 header's and the transport's checksum are right; fragments' transport is not looked at. */
export function checksumsHold(b: Uint8Array, layout: Layout): boolean {
  const { l3, l4, ip, end, proto } = layout
  if (ip === 4 && sum([b.subarray(l3, l3 + (b[l3]! & 15) * 4)]) !== 0xffff) return false
  if (layout.derived.has('nw_frag')) return true
  if (proto === 132 && l4 !== undefined && end - l4 >= 12) return readNumber(b, l4 + 8, 4) === sctpCrc(b, l4, end)
  const covered = transportSum(b, layout)
  if (covered === undefined) return true
  const found = Number(readNumber(b, covered.at, 2))
  if (proto === 17 && found === 0) return ip === 4
  const pseudo = covered.parts.length === 1 ? [] : [Uint8Array.of(0, proto, (end - l4!) >>> 8, (end - l4!) & 0xff)]
  const full = sum([...covered.parts, ...pseudo, Uint8Array.of(found >>> 8, found & 0xff)])
  return full === 0xffff
}

/** CRC-32C of an SCTP packet with its checksum field as zeros, in the order of the wire. */
function sctpCrc(b: Uint8Array, l4: number, end: number): bigint {
  let crc = 0xffffffff
  for (let i = l4; i < end; i++) {
    crc ^= i >= l4 + 8 && i < l4 + 12 ? 0 : b[i]!
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  const out = ~crc >>> 0
  const swapped = ((out & 0xff) << 24) | ((out & 0xff00) << 8) | ((out >>> 8) & 0xff00) | (out >>> 24)
  return BigInt(swapped >>> 0)
}

/** A tag with VID and PCP 0 in front of what is there; section 5.12 would copy them, Open vSwitch does not. */
export function pushVlan(octets: Uint8Array, ethertype: number): Uint8Array {
  const tag = Uint8Array.of(ethertype >>> 8, ethertype & 0xff, 0, 0)
  return joined(octets.subarray(0, 12), tag, octets.subarray(12))
}

/** Without the tag at `vlan`. */
export function popVlan(octets: Uint8Array, vlan: number): Uint8Array {
  return joined(octets.subarray(0, vlan), octets.subarray(vlan + 4))
}

/** A label stack entry in front of what stands at `at`, behind the EtherType, which becomes `ethertype`. */
export function pushMpls(octets: Uint8Array, at: number, entry: bigint, ethertype: number): Uint8Array {
  const out = joined(octets.subarray(0, at), new Uint8Array(4), octets.subarray(at))
  writeNumber(out, at, 4, entry)
  writeNumber(out, at - 2, 2, BigInt(ethertype))
  return out
}

/** Without `count` label stack entries at `at`; the EtherType before them becomes `ethertype`. */
export function popMpls(octets: Uint8Array, at: number, count: number, ethertype: number): Uint8Array {
  const out = joined(octets.subarray(0, at), octets.subarray(at + 4 * count))
  writeNumber(out, at - 2, 2, BigInt(ethertype))
  return out
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
