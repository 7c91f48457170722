/**
 * Where the match fields stand in the octets of a frame. The rules are those of Open vSwitch's flow extraction, as
 * ovs-fields(7) tells them: of a frame that comes in one VLAN tag is seen (its `vlan-limit` of 1), a malformed IP header leaves the layers
 * behind it unseen, fragments other than the first have no transport header, an IPv6 fragment header that says
 * "whole" is no fragment. What is not there has no place, and reads as zero.
 * Knows nothing of flows, ports and state.
 */

/** A field's place: `bits` bits, `shift` from the right, of the big-endian number of `size` octets at `at`. */
export interface Place {
  readonly at: number
  readonly size: number
  readonly shift: number
  readonly bits: number
}

/** What is known of a frame. Offsets are undefined where the layer is not there or not sound. */
export interface Layout {
  readonly places: Map<string, Place>
  /** Values that stand nowhere as such: `eth_type` of 802.2 frames, `nw_frag`, `ip_proto` of late IPv6 fragments. */
  readonly derived: Map<string, bigint>
  /** Where the outermost tag stands. */
  vlan: number | undefined
  /** Tags that are seen as such; one behind them is the `eth_type`. */
  tags: number
  /** First octet after the Ethernet header and the tag: of the first MPLS label, where there is one. */
  l3: number
  /** MPLS labels that are seen: up to three, or to the bottom of the stack. */
  labels: number
  ip: 4 | 6 | undefined
  l4: number | undefined
  /** First octet behind the IP packet: padding may follow. */
  end: number
  proto: number
}

export const FRAG_ANY = 1n
const FRAG_LATER = 2n

const ETH_VLAN = new Set([0x8100, 0x88a8])
export const ETH_MPLS = new Set([0x8847, 0x8848])
/** Labels of one of Open vSwitch's flows. */
export const MAX_LABELS = 3
/** Bottom of stack, in a label stack entry (RFC 3032, section 2.1). */
export const BOTTOM = 0x100n
/** dl_type of frames that have none: OFP_DL_TYPE_NOT_ETH_TYPE. */
const NOT_ETH_TYPE = 0x05ffn
const ETH_TYPE_MIN = 0x600
/** Padding behind an IP packet is at most this long, or the packet is not looked at. */
const MAX_PADDING = 255

export function readNumber(b: Uint8Array, at: number, size: number): bigint {
  let value = 0n
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(b[at + i] ?? 0)
  return value
}

const u16 = (b: Uint8Array, at: number): number => Number(readNumber(b, at, 2))

/** `limit`: tags to look behind; more than one only for those that actions have pushed. */
export function parse(b: Uint8Array, limit = 1): Layout {
  const places = new Map<string, Place>()
  const derived = new Map<string, bigint>()
  const layout: Layout = {
    places,
    derived,
    vlan: undefined,
    tags: 0,
    l3: b.length,
    labels: 0,
    ip: undefined,
    l4: undefined,
    end: b.length,
    proto: 0,
  }
  if (b.length < 14) return layout
  place(layout, 'eth_dst', 0, 6)
  place(layout, 'eth_src', 6, 6)
  let at = 12
  while (layout.tags < limit && ETH_VLAN.has(u16(b, at)) && b.length >= at + 6) {
    if (layout.vlan === undefined) place(layout, 'vlan_pcp', at + 2, 2, 13, 3)
    layout.vlan ??= at
    layout.tags++
    at += 4
  }
  let type = u16(b, at)
  if (type >= ETH_TYPE_MIN) {
    place(layout, 'eth_type', at, 2)
    layout.l3 = at + 2
  } else {
    type = snapType(b, at + 2)
    derived.set('eth_type', type === 0 ? NOT_ETH_TYPE : BigInt(type))
    layout.l3 = type === 0 ? at + 2 : at + 10
  }
  if (type === 0x0800) parseIpv4(b, layout)
  else if (type === 0x86dd) parseIpv6(b, layout)
  else if (type === 0x0806 || type === 0x8035) parseArp(b, layout)
  else if (ETH_MPLS.has(type)) parseMpls(b, layout)
  return layout
}

function place(layout: Layout, name: string, at: number, size: number, shift = 0, bits = size * 8): void {
  layout.places.set(name, { at, size, shift, bits })
}

/** Type behind an 802.2 LLC and SNAP header; 0 if there is none. */
function snapType(b: Uint8Array, at: number): number {
  if (b.length < at + 8 || readNumber(b, at, 6) !== 0xaaaa03000000n) return 0
  const type = u16(b, at + 6)
  return type >= ETH_TYPE_MIN ? type : 0
}

function parseArp(b: Uint8Array, layout: Layout): void {
  const at = layout.l3
  if (b.length < at + 28 || readNumber(b, at, 6) !== 0x000108000604n) return
  if (b[at + 6] === 0) place(layout, 'arp_op', at + 6, 2)
  place(layout, 'arp_sha', at + 8, 6)
  place(layout, 'arp_spa', at + 14, 4)
  place(layout, 'arp_tha', at + 18, 6)
  place(layout, 'arp_tpa', at + 24, 4)
}

/** What is behind the labels is not looked at: nothing says what it is. */
function parseMpls(b: Uint8Array, layout: Layout): void {
  const { l3 } = layout
  while (layout.labels < MAX_LABELS && b.length >= l3 + layout.labels * 4 + 4) {
    layout.labels++
    if ((readNumber(b, l3 + layout.labels * 4 - 4, 4) & BOTTOM) !== 0n) break
  }
  if (layout.labels === 0) return
  place(layout, 'mpls_label', l3, 4, 12, 20)
  place(layout, 'mpls_tc', l3, 4, 9, 3)
  place(layout, 'mpls_bos', l3, 4, 8, 1)
  place(layout, 'mpls_ttl', l3, 4, 0, 8)
}

function parseIpv4(b: Uint8Array, layout: Layout): void {
  const at = layout.l3
  const room = b.length - at
  if (room < 20) return
  const headerSize = (b[at]! & 15) * 4
  const total = u16(b, at + 2)
  if (headerSize < 20 || headerSize > room || total > room || headerSize > total || room - total > MAX_PADDING) return
  layout.ip = 4
  layout.end = at + total
  place(layout, 'ipv4_src', at + 12, 4)
  place(layout, 'ipv4_dst', at + 16, 4)
  place(layout, 'ip_dscp', at + 1, 1, 2, 6)
  place(layout, 'ip_ecn', at + 1, 1, 0, 2)
  place(layout, 'nw_ttl', at + 8, 1)
  place(layout, 'ip_proto', at + 9, 1)
  layout.proto = b[at + 9]!
  const fragment = u16(b, at + 6) & 0x3fff
  if (fragment !== 0) layout.derived.set('nw_frag', fragment & 0x1fff ? FRAG_ANY | FRAG_LATER : FRAG_ANY)
  if ((fragment & 0x1fff) === 0) parseTransport(b, layout, at + headerSize)
}

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION = 60
const EXTENSIONS = new Set([HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION])

function parseIpv6(b: Uint8Array, layout: Layout): void {
  const start = layout.l3
  const room = b.length - start - 40
  if (room < 0) return
  const payload = u16(b, start + 4)
  if (payload > room || room - payload > MAX_PADDING) return
  const end = start + 40 + payload
  layout.ip = 6
  layout.end = end
  place(layout, 'ipv6_src', start + 8, 16)
  place(layout, 'ipv6_dst', start + 24, 16)
  let proto = b[start + 6]!
  let protoAt = start + 6
  let at = start + 40
  let late = false
  while (!late && EXTENSIONS.has(proto)) {
    if (end - at < 8) return
    let size = (b[at + 1]! + 1) * 8
    if (proto === AUTHENTICATION) size = (b[at + 1]! + 2) * 4
    if (proto === FRAGMENT) {
      size = 8
      const offset = u16(b, at + 2)
      late = (offset & 0xfff8) !== 0
      if (offset !== 0) layout.derived.set('nw_frag', late ? FRAG_ANY | FRAG_LATER : FRAG_ANY)
    }
    if (end - at < size) return
    proto = b[at]!
    protoAt = at
    at += size
  }
  place(layout, 'ipv6_flabel', start, 4, 0, 20)
  place(layout, 'ip_dscp', start, 2, 6, 6)
  place(layout, 'ip_ecn', start, 2, 4, 2)
  place(layout, 'nw_ttl', start + 7, 1)
  if (late) {
    layout.proto = FRAGMENT
    layout.derived.set('ip_proto', BigInt(FRAGMENT))
    return
  }
  layout.proto = proto
  place(layout, 'ip_proto', protoAt, 1)
  parseTransport(b, layout, at)
}

const PORTS: Readonly<Record<number, { name: string; size: number }>> = {
  6: { name: 'tcp', size: 20 },
  17: { name: 'udp', size: 8 },
  132: { name: 'sctp', size: 12 },
}

function parseTransport(b: Uint8Array, layout: Layout, at: number): void {
  const room = layout.end - at
  layout.l4 = at
  const ports = PORTS[layout.proto]
  if (ports !== undefined && room >= ports.size) {
    place(layout, `${ports.name}_src`, at, 2)
    place(layout, `${ports.name}_dst`, at + 2, 2)
    if (ports.name === 'tcp') place(layout, 'tcp_flags', at + 12, 2, 0, 12)
  } else if (layout.ip === 4 && layout.proto === 1 && room >= 8) {
    place(layout, 'icmpv4_type', at, 1)
    place(layout, 'icmpv4_code', at + 1, 1)
  } else if (layout.ip === 6 && layout.proto === 58 && room >= 8) {
    place(layout, 'icmpv6_type', at, 1)
    place(layout, 'icmpv6_code', at + 1, 1)
    parseNeighbour(b, layout, at)
  }
}

/** Neighbour solicitation and advertisement (RFC 4861): target, and link-layer address options if all are sound. */
function parseNeighbour(b: Uint8Array, layout: Layout, at: number): void {
  const type = b[at]!
  if ((type !== 135 && type !== 136) || b[at + 1] !== 0 || layout.end - at < 24) return
  const wanted = type === 135 ? 1 : 2
  let option = at + 24
  let address: number | undefined
  while (layout.end - option >= 8) {
    const size = b[option + 1]! * 8
    if (size === 0 || size > layout.end - option) return
    if (b[option] === wanted && size === 8) {
      if (address !== undefined) return
      address = option + 2
    }
    option += size
  }
  place(layout, 'nd_reserved', at + 4, 4)
  place(layout, 'ipv6_nd_target', at + 8, 16)
  if (address !== undefined) place(layout, type === 135 ? 'ipv6_nd_sll' : 'ipv6_nd_tll', address, 6)
}
