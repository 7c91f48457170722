/**
 * A summary of a frame, for decisions and for events: total over any octets (what could be read, else nothing), and
 * bounded work. It refuses to judge: checksums are not looked at.
 */
import { type Arp, decodeArp } from './arp.ts'
import { decodeEthernet, ETHERTYPE } from './ethernet.ts'
import { decodeIcmp } from './icmp.ts'
import { decodeIcmpv6, ICMPV6 } from './icmpv6.ts'
import { decodeIpv4, PROTOCOL } from './ipv4.ts'
import { decodeIpv6 } from './ipv6.ts'
import { decodeNd, type Nd } from './nd.ts'
import { u8, u16 } from './octets.ts'

export type IpSummary = {
  /** Next header after any extension headers. */
  protocol: number
  /** Time to live or hop limit. */
  ttl: number
  /** A fragment other than the first: no ports can be read. */
  laterFragment: boolean
} & ({ version: 4; src: number; dst: number } | { version: 6; src: bigint; dst: bigint })

export interface TransportSummary {
  /** TCP, UDP, SCTP. */
  srcPort?: number
  dstPort?: number
  /** TCP: CWR ECE URG ACK PSH RST SYN FIN. */
  flags?: number
  /** ICMP and ICMPv6. */
  type?: number
  code?: number
}

export interface Summary {
  ethSrc: number
  ethDst: number
  /** After VLAN tags; a number below 1536 is an 802.3 length. */
  ethType: number
  /** VLAN id of the outermost tag. */
  vlan?: number
  arp?: Arp
  ip?: IpSummary
  l4?: TransportSummary
  /** Neighbor discovery. */
  nd?: Nd
}

/** Undefined only where not even an Ethernet header can be read. */
export function parseFrame(frame: Uint8Array): Summary | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return undefined
  const { src, dst, type, vlans } = ethernet.header
  const summary: Summary = { ethSrc: src, ethDst: dst, ethType: type }
  if (vlans[0] !== undefined) summary.vlan = vlans[0].vid
  if (type === ETHERTYPE.arp) {
    const arp = decodeArp(ethernet.payload)
    if (arp !== undefined) summary.arp = arp.header
  } else if (type === ETHERTYPE.ipv4) {
    readIpv4(summary, ethernet.payload)
  } else if (type === ETHERTYPE.ipv6) {
    readIpv6(summary, ethernet.payload)
  }
  return summary
}

function readIpv4(summary: Summary, data: Uint8Array): void {
  const packet = decodeIpv4(data)
  if (packet === undefined) return
  const { protocol, ttl, src, dst, fragmentOffset } = packet.header
  summary.ip = { version: 4, src, dst, protocol, ttl, laterFragment: fragmentOffset > 0 }
  if (fragmentOffset === 0) readTransport(summary, protocol, packet.payload)
}

function readIpv6(summary: Summary, data: Uint8Array): void {
  const packet = decodeIpv6(data)
  if (packet === undefined) return
  const { protocol, hopLimit, src, dst } = packet.header
  const laterFragment = (packet.fragment?.offset ?? 0) > 0
  summary.ip = { version: 6, src, dst, protocol, ttl: hopLimit, laterFragment }
  if (!laterFragment) readTransport(summary, protocol, packet.payload)
}

const SCTP = 132

function readTransport(summary: Summary, protocol: number, data: Uint8Array): void {
  if (protocol === PROTOCOL.icmp && summary.ip?.version === 4) {
    const icmp = decodeIcmp(data)
    if (icmp !== undefined) summary.l4 = icmp.header
  } else if (protocol === PROTOCOL.icmpv6 && summary.ip?.version === 6) {
    const icmp = decodeIcmpv6(data)
    if (icmp === undefined) return
    summary.l4 = icmp.header
    if (icmp.header.type < ICMPV6.routerSolicitation || icmp.header.type > ICMPV6.redirect) return
    const nd = decodeNd(icmp.header.type, icmp.payload)
    if (nd !== undefined) summary.nd = nd
  } else if ((protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp || protocol === SCTP) && data.length >= 4) {
    summary.l4 = { srcPort: u16(data, 0), dstPort: u16(data, 2) }
    if (protocol === PROTOCOL.tcp && data.length >= 14) summary.l4.flags = u8(data, 13)
  }
}
