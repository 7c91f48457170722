/**
 * What rows may write into the headers of packets, and where: a packet that an interface sent to a gateway has one hop
 * less and the MAC address of its receiver, and that of the gateway as source where it is delivered; no other packet is
 * changed. It refuses to know where packets go (ends.ts).
 */
import { PORT_IN_PORT } from 'node-openflow'
import { GATEWAY_MAC } from '../../model/address.ts'
import { ICMP } from '../../packet/icmp.ts'
import { ICMPV6 } from '../../packet/icmpv6.ts'
import { exactIn } from './families.ts'
import type { Region } from './region.ts'
import { ETH_DST, ETH_SRC, IP_DST, IP_SRC, type Site } from './settle.ts'
import { type Exact, field, type Val } from './space.ts'

/** Bits of what was written (region.ts). */
const WROTE = {
  /** The gateway's MAC address as source, or another. */
  fromGateway: 1,
  fromOther: 2,
  /** A MAC address as destination: of a packet to the gateway, of another packet, and that of who sent it. */
  toReceiver: 4,
  toOther: 8,
  toSender: 16,
  /** One hop less; or any other number of hops. */
  hop: 32,
  hops: 64,
  /** The sender's address as destination. */
  back: 128,
  /** Anything else that the ends of a connection look at. */
  header: 256,
} as const

export const NW_TTL = field('nw_ttl')
const ICMP_TYPE = { 4: field('icmpv4_type'), 6: field('icmpv6_type') } as const
const OF_ENDS: ReadonlySet<number> = new Set([
  ...[IP_SRC[4], IP_SRC[6], IP_DST[4], IP_DST[6], ICMP_TYPE[4], ICMP_TYPE[6]],
  ...['ip_proto', 'icmpv4_code', 'icmpv6_code', 'nw_frag'].map(field),
  ...['tcp_src', 'tcp_dst', 'tcp_flags', 'udp_src', 'udp_dst', 'sctp_src', 'sctp_dst'].map(field),
])

/** Notes what is about to be written. @param value What is known of it. @param from The field that it is copied from. */
export function note(region: Region, its: number, value: Val, from?: number): void {
  const bit = bitOf(region, its, value, from)
  if (bit !== 0 && (region.ghost.wrote & bit) === 0) region.ghost = { ...region.ghost, wrote: region.ghost.wrote | bit }
}

function bitOf({ ghost, vals }: Region, its: number, value: Val, from: number | undefined): number {
  const isOwn = (ghost.wrote & (WROTE.fromGateway | WROTE.fromOther)) === 0
  if (its === ETH_SRC) return value === GATEWAY_MAC ? WROTE.fromGateway : WROTE.fromOther
  if (its === ETH_DST) {
    if (from === ETH_SRC && isOwn) return WROTE.toSender
    return vals[ETH_DST] === GATEWAY_MAC ? WROTE.toReceiver : WROTE.toOther
  }
  if (its === NW_TTL) return WROTE.hops
  for (const family of [4, 6] as const)
    if (its === IP_DST[family] && from === IP_SRC[family] && (ghost.wrote & WROTE.header) === 0) return WROTE.back
  return OF_ENDS.has(its) ? WROTE.header : 0
}

/** Takes one hop from a packet. @returns False where none is left: then it goes no further. */
export function takeHop(region: Region): boolean {
  const ttl = region.vals[NW_TTL]
  if (typeof ttl === 'number' && ttl <= 1) return false
  const { wrote } = region.ghost
  region.ghost = { ...region.ghost, wrote: wrote | ((wrote & WROTE.hop) === 0 ? WROTE.hop : WROTE.hops) }
  region.vals[NW_TTL] = typeof ttl === 'number' ? ttl - 1 : undefined
  return true
}

/** How a packet comes out: at its receiver, or the world; or for another switch, with the identity of its sender or without. */
export type Outlet = 'delivered' | 'named' | 'unnamed'

/** Whether it is what an interface here sent to a gateway. */
export function isSentToGateway({ ghost: { entry, wrote, routed } }: Region): boolean {
  return entry === 'tenant' && (routed || (wrote & WROTE.toReceiver) !== 0)
}

/** Why a packet may not come out as it is. */
export function whyAltered(region: Region, outlet: Outlet): string | undefined {
  const { wrote, routed } = region.ghost
  if (wrote === 0 && !routed) return undefined
  const isSent = isSentToGateway(region)
  let wants = isSent ? WROTE.toReceiver | WROTE.hop : 0
  if (routed && outlet !== 'unnamed') wants |= WROTE.fromGateway
  // Between two of one network the gateway need not be seen.
  const may = isSent && !routed ? WROTE.fromGateway : 0
  const wrong = (wrote ^ wants) & ~may
  if (wrong === 0) return undefined
  if ((wrong & (WROTE.fromGateway | WROTE.fromOther)) !== 0)
    return routed && outlet !== 'unnamed'
      ? 'it has not the MAC address of its gateway as source'
      : 'it has another source MAC address than that of its sender'
  if ((wrong & (WROTE.hop | WROTE.hops)) !== 0) return 'its hops are not counted as they should be'
  if ((wrong & (WROTE.toReceiver | WROTE.toOther | WROTE.toSender)) !== 0)
    return 'its destination MAC address is changed and it was not sent to a gateway, or the other way round'
  return 'its header is changed'
}

const ANSWERED = WROTE.fromGateway | WROTE.toSender | WROTE.hops | WROTE.back | WROTE.header

/** Whether it is the answer of a gateway to an echo request, by the way that that came. */
export function isEchoAnswer({ facts }: Site, port: unknown, { ghost, vals, met }: Region): boolean {
  const { phase, entry, family, network, wrote } = ghost
  if (port !== PORT_IN_PORT || phase !== 'sent' || entry !== 'tenant' || family === 0 || wrote !== ANSWERED)
    return false
  const asked = (its: number): Exact | undefined => {
    for (let one = met; one !== undefined; one = one.before) {
      const value = exactIn(one.hit.tests, its)
      if (value !== undefined) return value
    }
    return undefined
  }
  const [request, reply] = family === 4 ? [ICMP.echoRequest, ICMP.echoReply] : [ICMPV6.echoRequest, ICMPV6.echoReply]
  const source = vals[IP_SRC[family]]
  return (
    facts.domains.isGateway(network, source) &&
    source === asked(IP_DST[family]) &&
    asked(ETH_DST) === GATEWAY_MAC &&
    asked(ICMP_TYPE[family]) === request &&
    vals[ICMP_TYPE[family]] === reply
  )
}
