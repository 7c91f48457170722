/**
 * The packet of a probe: what its sender could have sent, marked so that switches and the controller know it again. It
 * refuses to know where it goes. Used by probing.ts.
 *
 * Marks that policy does not look at: a code point for experiments and local use (DSCP pool 2, RFC 2474 section 6), the
 * flow label (RFC 6437) and a source port drawn at random; and in the payload, which only the controller reads:
 *
 *     magic (4) | number of the probe (4) | drawn at random (4) | attempt (4) | zeros
 */
import { GATEWAY_MAC } from '../../model/address.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { encodeEthernet } from '../../packet/ethernet.ts'
import { echoBody, encodeIcmp } from '../../packet/icmp.ts'
import { encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { encodeIpv4 } from '../../packet/ipv4.ts'
import { encodeIpv6 } from '../../packet/ipv6.ts'
import { put, u32 } from '../../packet/octets.ts'
import { encodeTcp, TCP_SYN } from '../../packet/tcp.ts'
import { encodeUdp } from '../../packet/udp.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import type { ProbeMatch } from '../policy/state.ts'

const MAGIC = Uint8Array.of(0x74, 0x53, 0xa5, 0x08)
/** So many that no frame is shorter than Ethernet's shortest. */
const PAYLOAD = 32
const EPHEMERAL = { first: 49_152, count: 16_384 } as const
const NONE = new Uint8Array(0)
const HOPS = 64

/** Which packet of which probe. */
export interface Token {
  number: number
  nonce: number
  attempt: number
}

/** @param random A number from 0, below 1. */
export function marks(
  protocol: number,
  random: () => number,
): Pick<ProbeMatch, 'first' | 'dscp' | 'flowLabel'> & { nonce: number } {
  const below = (limit: number): number => Math.floor(random() * limit)
  const dscp = (below(16) << 2) | 0b11
  const flowLabel = below(2 ** 20)
  const echo: Record<number, number> = { [ICMP]: 8, [ICMPV6]: 128 }
  const first = echo[protocol] ?? EPHEMERAL.first + below(EPHEMERAL.count)
  return { first, dscp, flowLabel, nonce: below(2 ** 32) }
}

/** One packet of a probe: a SYN, a datagram or an echo request. */
export function frameOf(probe: ProbeMatch, nonce: number, attempt: number): Uint8Array {
  const { ethSrc, ethDst, source, destination, protocol, dscp, flowLabel, number, routed } = probe
  const payload = new Uint8Array(PAYLOAD)
  payload.set(MAGIC)
  for (const [at, value] of [number, nonce, attempt].entries()) put(payload, 4 + 4 * at, 4, value)
  const head = { dst: routed ? GATEWAY_MAC : ethDst, src: ethSrc, vlans: [] }
  if (source.family === 6) {
    const between = { src: source.value, dst: destination.value }
    const header = { trafficClass: dscp << 2, flowLabel, hopLimit: HOPS, ...between, protocol, extensions: [] }
    return encodeEthernet({ ...head, type: ETHERTYPE.ipv6 }, encodeIpv6(header, inside(probe, between, nonce, payload)))
  }
  const between = { src: Number(source.value), dst: Number(destination.value) }
  const header = {
    ...{ dscp, ecn: 0, identification: nonce & 0xffff, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: HOPS, protocol, ...between, options: NONE },
  }
  return encodeEthernet({ ...head, type: ETHERTYPE.ipv4 }, encodeIpv4(header, inside(probe, between, nonce, payload)))
}

type Between = { src: number; dst: number } | { src: bigint; dst: bigint }

function inside(
  { protocol, first, second }: ProbeMatch,
  between: Between,
  nonce: number,
  payload: Uint8Array,
): Uint8Array {
  const ports = { srcPort: first, dstPort: second }
  if (protocol === PROTOCOL.udp) return encodeUdp(between, ports, payload)
  if (protocol === PROTOCOL.tcp) {
    const rest = { sequence: nonce, acknowledgment: 0, flags: TCP_SYN, window: 0xffff, urgent: 0, options: NONE }
    return encodeTcp(between, { ...ports, ...rest }, payload)
  }
  const body = echoBody(nonce & 0xffff, 1, payload)
  if (typeof between.src === 'bigint')
    return encodeIcmpv6(between as { src: bigint; dst: bigint }, { type: first, code: second }, body)
  return encodeIcmp({ type: first, code: second }, body)
}

/** What a frame says, whatever was put in front of the packet; undefined where it is no probe's. */
export function tokenIn(frame: Uint8Array): Token | undefined {
  // The headers in front are some hundred octets at most, and probes have no more behind than their payload.
  const last = frame.length - PAYLOAD
  if (last > LONGEST_HEADERS) return undefined
  for (let at = SHORTEST_HEADERS; at <= last; at++) {
    if (!MAGIC.every((octet, index) => frame[at + index] === octet)) continue
    const number = u32(frame, at + 4)
    return { number, nonce: u32(frame, at + 8), attempt: u32(frame, at + 12) }
  }
  return undefined
}

/** Ethernet, IPv4, and UDP or ICMP. */
const SHORTEST_HEADERS = 14 + 20 + 8
/** Ethernet with tags and labels, IPv6, and TCP. */
const LONGEST_HEADERS = 160
