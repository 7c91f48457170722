/**
 * How the identity of a sender gets from the switch where a packet enters to the one where it leaves: in which part of a
 * packet, with how many bits, and by which way. Chosen for each pair of switches, by what both of them can do; the sender
 * alone decides, since a receiver reads every carrier that it can. It refuses to know rows (compile-carrier.ts).
 */
import type { LinkCarrier, TunnelAddress, TunnelKind } from '../../model/records.ts'
import type { DatapathView, Edge, ObservedView, TunnelEnd } from './state.ts'

/** `address`: nothing is carried, and the receiver knows the sender by its MAC address. */
export type Carrier = TunnelKind | LinkCarrier | 'address'

/** In the order in which people are told of them. */
export const LINK_CARRIERS: readonly LinkCarrier[] = ['mpls', 'vlan']

/** Bits that a carrier has for an identity. */
export const CARRIER_BITS: Readonly<Record<Carrier, number>> = {
  /** A Geneve option of four octets (RFC 8926 section 3.5). */
  geneve: 32,
  /** The group policy id of VXLAN-GBP. */
  vxlan: 16,
  /** A label (RFC 3032 section 2.1). */
  mpls: 20,
  /** Half of the VLAN identifiers: the other half is that of collectors and services (steering.ts). */
  vlan: 11,
  address: 0,
}

/** Octets of the largest IP packet that the network below takes, where nobody says. */
export const UNDERLAY_MTU = 1500

/** Octets that a carrier adds to an IP packet on its way: of the whole tunnel, over IPv4. Over IPv6 there are 20 more. */
export const CARRIER_OCTETS: Readonly<Record<Carrier, { ipv4: number; ipv6: number }>> = {
  // Ethernet (14), IPv4 (20), UDP (8), Geneve (8) and two options (8 each).
  geneve: { ipv4: 66, ipv6: 66 },
  // Ethernet (14), IPv4 (20), UDP (8), VXLAN (8).
  vxlan: { ipv4: 50, ipv6: 50 },
  // Of IPv6, a second label says that it is IPv6.
  mpls: { ipv4: 4, ipv6: 8 },
  vlan: { ipv4: 4, ipv6: 4 },
  address: { ipv4: 0, ipv6: 0 },
}

/** Octets that IPv6 has more than IPv4 below a tunnel. */
const IPV6_MORE = 20

/**
 * Octets that a carrier takes away from the largest IP packet. A VLAN tag takes none: links have room for one beyond their
 * MTU (IEEE 802.3 section 3.2.7). A label takes what an IPv6 packet needs, whatever the packet is.
 * @param below Family of the network below a tunnel.
 */
export function overheadOf(carrier: Carrier, below: 4 | 6): number {
  if (carrier === 'vlan' || carrier === 'address') return 0
  const { ipv4, ipv6 } = CARRIER_OCTETS[carrier]
  return Math.max(ipv4, ipv6) + (below === 6 && carrier !== 'mpls' ? IPV6_MORE : 0)
}

/** Names of the ports of tunnels. */
export const TUNNEL_PORTS: Readonly<Record<TunnelKind, string>> = { geneve: 'tsgnv0', vxlan: 'tsvxl0' }

/** The identity that would need VLAN identifier 4095, which is reserved (IEEE 802.1Q). */
export const UNTAGGABLE = 2047

/**
 * Whether an identity gets to the other end for sure; one that does not is known there by its address. The group policy id
 * of VXLAN is written and, where it arrives, believed; but userspace datapaths of Open vSwitch 3.1 leave it out, and a
 * switch cannot be asked (ADR 22).
 */
export function fits(carrier: Carrier, identity: number): boolean {
  if (carrier === 'address' || carrier === 'vxlan') return false
  return identity < 2 ** CARRIER_BITS[carrier] && !(carrier === 'vlan' && identity === UNTAGGABLE)
}

/** How packets get from one switch to another. */
export interface NextHop {
  /** Next hop. */
  port: number
  carrier: Carrier
  /** Underlay address of the other end, where it is a tunnel. */
  remote?: string
  /** Octets of the largest IP packet that fits; absent where the carrier takes nothing away, or the switch cannot tell. */
  largest?: number
}

export type CarriedView = Pick<ObservedView, 'datapaths' | 'absent'>
type Datapaths = CarriedView

function edgeOf({ datapaths, absent }: Datapaths, datapathId: string): Edge | undefined {
  return datapaths.get(datapathId) ?? absent?.get(datapathId)
}

/** The way from one switch to another; undefined where there is none, and from a switch to itself. */
export function nextHopTo(observed: Datapaths, from: DatapathView, to: string): NextHop | undefined {
  const other = edgeOf(observed, to)
  const remote = other === undefined ? undefined : remoteOf(from, to, other)
  if (remote !== undefined) {
    const { port, kind, address } = remote
    return { port, carrier: kind, remote: address, ...limited(from, other, kind, address) }
  }
  const port = from.nextHops.get(to)
  const carrier = linkCarrier(from, other)
  return port === undefined ? undefined : { port, carrier, ...limited(from, other, carrier) }
}

function limited(from: DatapathView, other: Edge | undefined, carrier: Carrier, address = ''): { largest?: number } {
  const overhead = overheadOf(carrier, isIpv6(address) ? 6 : 4)
  if (overhead === 0 || from.measures === false) return {}
  return { largest: mtuBetween(from, other) - overhead }
}

/** Octets of the largest IP packet that the network between two switches takes, as far as they say. */
export function mtuBetween(one: Edge, other: Edge | undefined): number {
  return Math.min(one.mtu ?? UNDERLAY_MTU, other?.mtu ?? UNDERLAY_MTU)
}

/** The port by which packets for another switch leave. */
export function nextPortTo(observed: Datapaths, from: DatapathView, to: string): number | undefined {
  const other = from.tunnel === undefined ? undefined : edgeOf(observed, to)
  const remote = other && remoteOf(from, to, other)
  return remote === undefined ? from.nextHops.get(to) : remote.port
}

/** The port by which packets leave a switch for another; undefined where there is no such switch, or no way. */
export function nextPortFrom(observed: Datapaths, from: string, to: string): number | undefined {
  const own = observed.datapaths.get(from)
  return own && nextPortTo(observed, own, to)
}

/** Whether packets from one switch have a way to another, as far as it is known there. */
export function isReached(observed: Datapaths, from: DatapathView, to: string): boolean {
  return nextPortTo(observed, from, to) !== undefined
}

/** The switch whose uplink packets to the world take from here, of several the first; none from one that has its own. */
export function gatewayOf({ observed }: { observed: Datapaths }, from: DatapathView): string | undefined {
  if (from.uplinkPorts.size > 0) return undefined
  let found: string | undefined
  for (const { datapathId, uplinkPorts } of observed.datapaths.values()) {
    if (uplinkPorts.size === 0 || (found !== undefined && found < datapathId)) continue
    if (isReached(observed, from, datapathId)) found = datapathId
  }
  return found
}

/** The other end of the tunnel to a switch, and the own port that leads to it. */
function remoteOf({ tunnel, datapathId }: DatapathView, to: string, { tunnel: theirs }: Edge): TunnelEnd | undefined {
  if (tunnel === undefined || theirs === undefined || to === datapathId) return undefined
  return areJoined(tunnel, theirs) ? { kind: tunnel.kind, port: tunnel.port, address: theirs.address } : undefined
}

/** An end sends to those of its kind whose address is of its own family. */
function areJoined(one: TunnelAddress, other: TunnelAddress): boolean {
  if (one.kind !== other.kind || one.address === other.address) return false
  return isIpv6(one.address) === isIpv6(other.address)
}

/** Ends of the tunnels that a switch has, with the switches that they lead to. */
export function* peersOf({ datapaths, absent }: Datapaths, own: DatapathView): IterableIterator<[string, TunnelEnd]> {
  if (own.tunnel === undefined) return
  for (const [datapathId, other] of [...datapaths, ...(absent ?? [])]) {
    const remote = remoteOf(own, datapathId, other)
    if (remote !== undefined) yield [datapathId, remote]
  }
}

/** What two switches of a fabric put the identity in: the first that the sender names and the receiver has too. */
function linkCarrier({ carriers = [] }: Edge, other: Edge | undefined): Carrier {
  return carriers.find((its) => other?.carriers?.includes(its)) ?? 'address'
}

/** What is put in packets between two switches, where there is a way. */
export function carrierBetween(observed: Datapaths, from: string, to: string): Carrier {
  const [own, other] = [edgeOf(observed, from), edgeOf(observed, to)]
  if (own === undefined || other === undefined) return 'address'
  if (own.tunnel !== undefined && other.tunnel !== undefined && areJoined(own.tunnel, other.tunnel))
    return own.tunnel.kind
  return linkCarrier(own, other)
}

export function isIpv6(address: string): boolean {
  return address.includes(':')
}

/** What any switch puts identities in on links: all have to pass it on. */
export function onLinksOf({ datapaths, absent }: Datapaths): ReadonlySet<LinkCarrier> {
  const found = new Set<LinkCarrier>()
  for (const some of [datapaths, absent ?? []])
    for (const [, { carriers = [] }] of some as Iterable<[string, Edge]>)
      for (const carrier of carriers) found.add(carrier)
  return found
}
