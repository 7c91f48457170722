/**
 * Packets made from header fields: octets for the reference switch, and the words of ovs-ofctl for people, for
 * `ovs-appctl ofproto/trace` and `tagsteer explain`. It refuses to know why a packet is asked about.
 */

import { formatAddress, formatMac } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { encodeArp } from '../../packet/arp.ts'
import { encodeEthernet } from '../../packet/ethernet.ts'
import { echoBody, encodeIcmp } from '../../packet/icmp.ts'
import { encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { encodeIpv4 } from '../../packet/ipv4.ts'
import { encodeIpv6 } from '../../packet/ipv6.ts'
import { encodeTcp, TCP_ACK, TCP_SYN } from '../../packet/tcp.ts'
import { encodeUdp } from '../../packet/udp.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { type Exact, field, fieldName } from './space.ts'

/** Header fields by number. */
export type Header = Map<number, Exact>

/** The identifier of an echo request: no match field. */
export const ECHO_ID = -1

/** Fields that `encodeFrame` writes; a packet that needs another cannot be made. */
const WRITTEN = new Set(
  [
    ...[
      'in_port',
      'eth_src',
      'eth_dst',
      'eth_type',
      'vlan_tci',
      'ipv4_src',
      'ipv4_dst',
      'ipv6_src',
      'ipv6_dst',
      'ip_proto',
    ],
    ...['ip_dscp', 'ip_ecn', 'nw_ttl', 'tcp_src', 'tcp_dst', 'tcp_flags', 'udp_src', 'udp_dst', 'sctp_src', 'sctp_dst'],
    ...[
      'icmpv4_type',
      'icmpv4_code',
      'icmpv6_type',
      'icmpv6_code',
      'arp_op',
      'arp_spa',
      'arp_tpa',
      'arp_sha',
      'arp_tha',
    ],
  ].map(field),
)

export function canWrite(its: number): boolean {
  return WRITTEN.has(its)
}

const NONE = new Uint8Array(0)
const ROOM = 8

export function encodeFrame(header: Header): Uint8Array {
  const get = (name: string, other = 0): number => Number(header.get(field(name)) ?? other)
  const tci = get('vlan_tci')
  const vlans = tci === 0 ? [] : [{ tpid: 0x8100, priority: tci >> 13, dropEligible: false, vid: tci & 0xfff }]
  const ethernet = { dst: get('eth_dst'), src: get('eth_src'), vlans, type: get('eth_type') }
  return encodeEthernet(ethernet, payloadOf(header, get))
}

function payloadOf(header: Header, get: (name: string, other?: number) => number): Uint8Array {
  const type = get('eth_type')
  if (type === ETHERTYPE.arp) {
    return encodeArp({
      ...{ op: get('arp_op', 1), senderMac: get('arp_sha'), senderIp: get('arp_spa') },
      ...{ targetMac: get('arp_tha'), targetIp: get('arp_tpa') },
    })
  }
  const dscp = get('ip_dscp')
  const ecn = get('ip_ecn')
  const ttl = get('nw_ttl', 64)
  const protocol = get('ip_proto')
  if (type === ETHERTYPE.ipv4) {
    const between = { src: get('ipv4_src'), dst: get('ipv4_dst') }
    const fixed = { identification: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0, options: NONE }
    return encodeIpv4({ ...fixed, dscp, ecn, ttl, protocol, ...between }, segment(header, between, protocol, get))
  }
  if (type !== ETHERTYPE.ipv6) return new Uint8Array(46)
  const between = { src: BigInt(header.get(field('ipv6_src')) ?? 0n), dst: BigInt(header.get(field('ipv6_dst')) ?? 0n) }
  const fixed = { trafficClass: (dscp << 2) | ecn, flowLabel: 0, hopLimit: ttl, extensions: [], protocol }
  return encodeIpv6({ ...fixed, ...between }, segment(header, between, protocol, get))
}

function segment(
  header: Header,
  between: { src: number; dst: number } | { src: bigint; dst: bigint },
  protocol: number,
  get: (name: string, other?: number) => number,
): Uint8Array {
  const six = typeof between.src === 'bigint'
  switch (protocol) {
    case PROTOCOL.tcp: {
      const flags = get('tcp_flags', TCP_SYN)
      const numbers = { sequence: 1, acknowledgment: (flags & TCP_ACK) !== 0 ? 2 : 0, window: 1000, urgent: 0 }
      return encodeTcp(
        between,
        { srcPort: get('tcp_src'), dstPort: get('tcp_dst'), flags, ...numbers, options: NONE },
        NONE,
      )
    }
    case PROTOCOL.udp:
      return encodeUdp(between, { srcPort: get('udp_src'), dstPort: get('udp_dst') }, NONE)
    case PROTOCOL.icmp:
      return encodeIcmp(
        { type: get('icmpv4_type', 8), code: get('icmpv4_code') },
        echoBody(Number(header.get(ECHO_ID) ?? 7), 1, NONE),
      )
    case PROTOCOL.icmpv6:
      if (!six) return new Uint8Array(ROOM)
      return encodeIcmpv6(
        between as { src: bigint; dst: bigint },
        { type: get('icmpv6_type', 128), code: get('icmpv6_code') },
        echoBody(Number(header.get(ECHO_ID) ?? 7), 1, NONE),
      )
    case PROTOCOL.sctp:
      return sctp(get('sctp_src'), get('sctp_dst'))
    default:
      return new Uint8Array(ROOM)
  }
}

/** A packet of SCTP (RFC 9260) without chunks, with its checksum. */
function sctp(from: number, to: number): Uint8Array {
  const octets = Uint8Array.of(from >> 8, from & 0xff, to >> 8, to & 0xff, 0, 0, 0, 7, 0, 0, 0, 0)
  let crc = -1
  for (const octet of octets) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  const sum = ~crc >>> 0
  octets.set([sum & 0xff, (sum >>> 8) & 0xff, (sum >>> 16) & 0xff, sum >>> 24], 8)
  return octets
}

/** Words of ovs-ofctl by field. */
const WORDS: Readonly<Record<string, string>> = {
  ...{
    in_port: 'in_port',
    eth_src: 'dl_src',
    eth_dst: 'dl_dst',
    eth_type: 'dl_type',
    ipv4_src: 'nw_src',
    ipv4_dst: 'nw_dst',
  },
  ...{
    ipv6_src: 'ipv6_src',
    ipv6_dst: 'ipv6_dst',
    ip_proto: 'nw_proto',
    nw_ttl: 'nw_ttl',
    ip_ecn: 'nw_ecn',
    vlan_tci: 'vlan_tci',
  },
  ...{
    tcp_src: 'tcp_src',
    tcp_dst: 'tcp_dst',
    udp_src: 'udp_src',
    udp_dst: 'udp_dst',
    sctp_src: 'sctp_src',
    sctp_dst: 'sctp_dst',
  },
  ...{ icmpv4_type: 'icmp_type', icmpv4_code: 'icmp_code', icmpv6_type: 'icmpv6_type', icmpv6_code: 'icmpv6_code' },
  ...{ arp_op: 'arp_op', arp_spa: 'arp_spa', arp_tpa: 'arp_tpa', arp_sha: 'arp_sha', arp_tha: 'arp_tha' },
}

/** A packet as `ovs-appctl ofproto/trace BRIDGE` takes it. */
export function flowText(header: Header): string {
  const words: string[] = []
  for (const name of Object.keys(WORDS)) {
    const value = header.get(field(name))
    if (value !== undefined && !(name === 'vlan_tci' && value === 0))
      words.push(`${WORDS[name]}=${valueText(name, value)}`)
  }
  const dscp = header.get(field('ip_dscp'))
  if (dscp !== undefined) words.push(`nw_tos=${Number(dscp) << 2}`)
  const flags = header.get(field('tcp_flags'))
  if (flags !== undefined) words.push(`tcp_flags=0x${flags.toString(16)}`)
  return words.join(',')
}

function valueText(name: string, value: Exact): string {
  if (name.startsWith('eth_') && name !== 'eth_type') return formatMac(Number(value))
  if (name === 'arp_sha' || name === 'arp_tha') return formatMac(Number(value))
  if (name === 'eth_type' || name === 'vlan_tci') return `0x${value.toString(16).padStart(4, '0')}`
  if (name.startsWith('ipv6_')) return formatAddress({ family: 6, value: BigInt(value) })
  if (/^ipv4_|^arp_[st]pa$/.test(name)) return formatAddress({ family: 4, value: BigInt(value) })
  return String(value)
}

export const ACK = TCP_ACK | TCP_SYN

/** What cannot be made, for people. */
export function unwritable(fields: Iterable<number>): string[] {
  return [...fields].filter((its) => !canWrite(its)).map(fieldName)
}
