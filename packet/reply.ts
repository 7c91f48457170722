/**
 * Frames that are sent in the network's own name: the answer to a rejected packet, ARP replies, neighbor
 * advertisements, and announcements of an address. Each is built from the frame it answers, on the same VLAN. It
 * refuses to decide whether to answer; it only knows when nobody may (RFC 1122 section 3.2.2, RFC 1812 section
 * 4.3.2.7, RFC 4443 section 2.4).
 */
import { ARP_REPLY, ARP_REQUEST, decodeArp, encodeArp } from './arp.ts'
import { type Endpoints, transportChecksum } from './checksum.ts'
import { decodeEthernet, ETHERTYPE, type Ethernet, encodeEthernet, isGroupMac, MAC_BROADCAST } from './ethernet.ts'
import { decodeIcmp, encodeIcmp, ICMP, ICMP_PROHIBITED, ICMP_TOO_LARGE, isIcmpError } from './icmp.ts'
import { decodeIcmpv6, encodeIcmpv6, ICMPV6, ICMPV6_PROHIBITED, isIcmpv6Error } from './icmpv6.ts'
import { decodeIpv4, encodeIpv4, isHostIpv4, PROTOCOL } from './ipv4.ts'
import { decodeIpv6, encodeIpv6, finalDestination, isMulticastIpv6, multicastMac, solicitedNode } from './ipv6.ts'
import { decodeNd, encodeNd, linkLayerAddress, linkLayerOption, ND_OPTION, ND_TYPES } from './nd.ts'
import { concat } from './octets.ts'
import { decodeTcp, encodeTcp, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from './tcp.ts'

/** An ICMP error with its IPv4 header has at most 576 octets (RFC 1812 section 4.3.2.3). */
const ICMP_QUOTE = 576 - 20 - 8
/** An ICMPv6 error with its IPv6 header has at most the minimum MTU, 1280 octets (RFC 4443 section 2.4 c). */
const ICMPV6_QUOTE = 1280 - 40 - 8
const ALL_NODES = 0xff020000000000000000000000000001n
/** Precedence of ICMP errors: internetwork control (RFC 1812 section 4.3.2.5). */
const DSCP_CONTROL = 48

/**
 * The frame that tells the sender of a rejected packet: a TCP reset, otherwise ICMP or ICMPv6 "administratively
 * prohibited". Undefined where nothing may be sent, or nothing could be understood.
 */
export function rejectReply(frame: Uint8Array): Uint8Array | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return undefined
  const { src, dst, type } = ethernet.header
  if (isGroupMac(dst) || isGroupMac(src) || src === 0) return undefined
  const packet =
    type === ETHERTYPE.ipv4
      ? rejectIpv4(ethernet.payload)
      : type === ETHERTYPE.ipv6
        ? rejectIpv6(ethernet.payload)
        : undefined
  return packet && encodeEthernet({ ...ethernet.header, src: dst, dst: src }, packet)
}

function rejectIpv4(data: Uint8Array): Uint8Array | undefined {
  const packet = decodeIpv4(data)
  if (packet === undefined || !packet.checksumHolds) return undefined
  const { src, dst, protocol, fragmentOffset } = packet.header
  if (fragmentOffset > 0 || !isHostIpv4(src) || !isHostIpv4(dst)) return undefined
  if (protocol === PROTOCOL.tcp) {
    if (packet.header.moreFragments) return undefined // the segment's length is not known
    const reset = rejectTcp({ src: dst, dst: src }, packet.payload, packet.payloadLength)
    return reset && encodeIpv4({ ...answering(dst, src), protocol: PROTOCOL.tcp }, reset)
  }
  return errorIpv4(data, { type: ICMP.unreachable, code: ICMP_PROHIBITED }, dst)
}

/** Of an answer, from the first to the second. */
function answering(src: number, dst: number) {
  return {
    ...{ dscp: 0, ecn: 0, identification: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: 64, src, dst, options: new Uint8Array(0) },
  }
}

/** Type and code of an ICMP or ICMPv6 error. */
export interface IcmpError {
  type: number
  code: number
  /** What stands before the quoted packet, 32 bits; 0 where absent. */
  rest?: number
}

function restOf({ rest = 0 }: IcmpError): Uint8Array {
  const octets = new Uint8Array(4)
  new DataView(octets.buffer).setUint32(0, rest)
  return octets
}

/**
 * The frame that tells a sender that its packet is too large for the way: ICMP "fragmentation needed" (RFC 1191 section 4),
 * also where fragments are allowed, since nobody on the way makes any; or ICMPv6 "packet too big" (RFC 4443 section 3.2).
 * @param mtu Octets of the largest IP packet that fits.
 * @param router Who says so, MAC and address of the packet's family; the receiver where absent.
 */
export function tooLargeReply(
  frame: Uint8Array,
  mtu: number,
  router?: { mac: number; address: bigint },
): Uint8Array | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return undefined
  const { src, dst, type } = ethernet.header
  if (isGroupMac(dst) || isGroupMac(src) || src === 0) return undefined
  let packet: Uint8Array | undefined
  if (type === ETHERTYPE.ipv4) {
    const source = router?.address ?? decodeIpv4(ethernet.payload)?.header.dst
    const error = { type: ICMP.unreachable, code: ICMP_TOO_LARGE, rest: Math.min(mtu, 0xffff) }
    packet = source === undefined ? undefined : errorIpv4(ethernet.payload, error, Number(source))
  } else if (type === ETHERTYPE.ipv6) {
    const source = router?.address ?? decodeIpv6(ethernet.payload)?.header.dst
    const error = { type: ICMPV6.packetTooBig, code: 0, rest: mtu }
    packet = source === undefined ? undefined : errorIpv6(ethernet.payload, error, source)
  }
  return packet && encodeEthernet({ ...ethernet.header, src: router?.mac ?? dst, dst: src }, packet)
}

/** The packet with an error about an IPv4 packet, from this address; undefined where nobody may send one. */
export function errorIpv4(data: Uint8Array, error: IcmpError, source: number): Uint8Array | undefined {
  const packet = decodeIpv4(data)
  if (packet === undefined || !packet.checksumHolds) return undefined
  const { src, dst, protocol, fragmentOffset } = packet.header
  if (fragmentOffset > 0 || !isHostIpv4(src) || !isHostIpv4(dst)) return undefined
  if (protocol === PROTOCOL.icmp) {
    const icmp = decodeIcmp(packet.payload)
    if (icmp === undefined || isIcmpError(icmp.header.type)) return undefined
  }
  const body = concat(restOf(error), packet.packet.subarray(0, ICMP_QUOTE))
  const header = { ...answering(source, src), dscp: DSCP_CONTROL, protocol: PROTOCOL.icmp }
  return encodeIpv4(header, encodeIcmp(error, body))
}

function rejectIpv6(data: Uint8Array): Uint8Array | undefined {
  const packet = decodeIpv6(data)
  if (packet === undefined) return undefined
  const { src, dst, protocol } = packet.header
  if (packet.fragment !== undefined && packet.fragment.offset > 0) return undefined
  if (src <= 1n || dst <= 1n || isMulticastIpv6(src) || isMulticastIpv6(dst)) return undefined
  if (protocol === PROTOCOL.tcp) {
    if (packet.fragment?.more) return undefined // the segment's length is not known
    if (finalDestination(packet.header) !== dst) return undefined // the connection is with another
    const reset = rejectTcp({ src: dst, dst: src }, packet.payload, packet.payloadLength)
    const header = { trafficClass: 0, flowLabel: 0, hopLimit: 64, src: dst, dst: src, extensions: [] }
    return reset && encodeIpv6({ ...header, protocol: PROTOCOL.tcp }, reset)
  }
  return errorIpv6(data, { type: ICMPV6.unreachable, code: ICMPV6_PROHIBITED }, dst)
}

/** As errorIpv4. */
export function errorIpv6(data: Uint8Array, error: IcmpError, source: bigint): Uint8Array | undefined {
  const packet = decodeIpv6(data)
  if (packet === undefined) return undefined
  const { src, dst, protocol } = packet.header
  if (packet.fragment !== undefined && packet.fragment.offset > 0) return undefined
  if (src <= 1n || dst <= 1n || isMulticastIpv6(src) || isMulticastIpv6(dst)) return undefined
  if (protocol === PROTOCOL.icmpv6) {
    const icmp = decodeIcmpv6(packet.payload)
    if (icmp === undefined || isIcmpv6Error(icmp.header.type)) return undefined
  }
  const header = { trafficClass: 0, flowLabel: 0, hopLimit: 64, src: source, dst: src, extensions: [] }
  const body = concat(restOf(error), packet.packet.subarray(0, ICMPV6_QUOTE))
  const message = encodeIcmpv6({ src: source, dst: src }, error, body)
  return encodeIpv6({ ...header, protocol: PROTOCOL.icmpv6 }, message)
}

/** The reset for a segment that reached a closed connection (RFC 9293 section 3.10.7.1). */
function rejectTcp(between: Endpoints, data: Uint8Array, length: number): Uint8Array | undefined {
  const segment = decodeTcp(data)
  if (segment === undefined || segment.headerLength > length) return undefined
  const { srcPort, dstPort, sequence, acknowledgment, flags } = segment.header
  if ((flags & TCP_RST) !== 0) return undefined
  const control = ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0)
  const next = (sequence + length - segment.headerLength + control) % 0x100000000
  const acknowledges = (flags & TCP_ACK) !== 0
  const reset = {
    srcPort: dstPort,
    dstPort: srcPort,
    sequence: acknowledges ? acknowledgment : 0,
    acknowledgment: acknowledges ? 0 : next,
    flags: acknowledges ? TCP_RST : TCP_RST | TCP_ACK,
    window: 0,
    urgent: 0,
    options: new Uint8Array(0),
  }
  return encodeTcp(between, reset, new Uint8Array(0))
}

/** The reply to an ARP request, in the name of the address asked for. @param mac The MAC address that holds it. */
export function arpReply(frame: Uint8Array, mac: number): Uint8Array | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet?.header.type !== ETHERTYPE.arp) return undefined
  const arp = decodeArp(ethernet.payload)?.header
  if (arp === undefined || arp.op !== ARP_REQUEST || isGroupMac(arp.senderMac) || arp.senderMac === 0) return undefined
  if (isGroupMac(ethernet.header.src) || arp.senderIp === arp.targetIp) return undefined // the latter announces
  return encodeEthernet(
    { ...ethernet.header, src: mac, dst: ethernet.header.src },
    encodeArp({
      op: ARP_REPLY,
      senderMac: mac,
      senderIp: arp.targetIp,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    }),
  )
}

/** Announces that a MAC address holds an IPv4 address (RFC 5227 section 3). */
export function gratuitousArp(mac: number, ip: number, vlans: Ethernet['vlans'] = []): Uint8Array {
  return encodeEthernet(
    { dst: MAC_BROADCAST, src: mac, vlans, type: ETHERTYPE.arp },
    encodeArp({ op: ARP_REQUEST, senderMac: mac, senderIp: ip, targetMac: 0, targetIp: ip }),
  )
}

/**
 * The advertisement in answer to a neighbor solicitation, in the name of the target (RFC 4861 section 7.2.4). Undefined
 * for what is no valid solicitation (section 7.1.1). @param mac The MAC address that holds the target.
 */
export function ndAdvertisement(frame: Uint8Array, mac: number, router = false): Uint8Array | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet?.header.type !== ETHERTYPE.ipv6 || isGroupMac(ethernet.header.src)) return undefined
  const packet = decodeIpv6(ethernet.payload)
  if (packet === undefined || packet.header.protocol !== PROTOCOL.icmpv6) return undefined
  const { src, dst, hopLimit } = packet.header
  if (hopLimit !== 255 || packet.fragment !== undefined || isMulticastIpv6(src)) return undefined
  const whole = packet.payload.length === packet.payloadLength
  if (!whole || transportChecksum({ src, dst }, PROTOCOL.icmpv6, packet.payload) !== 0) return undefined
  const icmp = decodeIcmpv6(packet.payload)
  if (icmp?.header.type !== ICMPV6.neighborSolicitation || icmp.header.code !== 0) return undefined
  const nd = decodeNd(icmp.header.type, icmp.payload)
  if (nd?.kind !== 'neighbor-solicitation' || isMulticastIpv6(nd.target)) return undefined
  if (src !== 0n) return advertisement(ethernet.header, mac, nd.target, src, ethernet.header.src, router)
  // Duplicate address detection: nobody to answer to but everyone.
  const named = linkLayerAddress(nd.options, ND_OPTION.sourceLinkLayer) !== undefined
  if (named || dst !== solicitedNode(nd.target)) return undefined
  return advertisement(ethernet.header, mac, nd.target, ALL_NODES, multicastMac(ALL_NODES), router)
}

/** Announces that a MAC address holds an IPv6 address (RFC 4861 section 7.2.6). */
export function unsolicitedAdvertisement(mac: number, ip: bigint, vlans: Ethernet['vlans'] = []): Uint8Array {
  return advertisement({ vlans }, mac, ip, ALL_NODES, multicastMac(ALL_NODES), false)
}

function advertisement(
  on: Pick<Ethernet, 'vlans'>,
  mac: number,
  target: bigint,
  to: bigint,
  toMac: number,
  router: boolean,
): Uint8Array {
  const options = [linkLayerOption(ND_OPTION.targetLinkLayer, mac)]
  const solicited = !isMulticastIpv6(to)
  const body = encodeNd({ kind: 'neighbor-advertisement', router, solicited, override: true, target, options })
  const type = ND_TYPES['neighbor-advertisement']
  const header = { trafficClass: 0, flowLabel: 0, hopLimit: 255, src: target, dst: to, extensions: [] }
  return encodeEthernet(
    { dst: toMac, src: mac, vlans: on.vlans, type: ETHERTYPE.ipv6 },
    encodeIpv6(
      { ...header, protocol: PROTOCOL.icmpv6 },
      encodeIcmpv6({ src: target, dst: to }, { type, code: 0 }, body),
    ),
  )
}
