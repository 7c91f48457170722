/**
 * What has to become of one packet, from its header and the port that it comes in by: where it must come out, and where
 * it may. The question is answered without tables, from facts.ts and docs/policy.md.
 */
import { GATEWAY_MAC, isGroupMac } from '../../model/address.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import type { DatapathView, Place } from '../policy/state.ts'
import type { Facts, Layer4, Owner } from './facts.ts'
import { WITH_KEYS } from './facts.ts'
import type { Header } from './packet.ts'
import { ETH_DST, ETH_SRC, ETH_TYPE, IP_DST, IP_SRC, inField } from './settle.ts'
import { field } from './space.ts'

export interface Truth {
  /** Where it must come out, once; undefined: nowhere in particular. */
  readonly must: Place | undefined
  readonly may: (place: Place) => boolean
  /** What it has to look like where it must come out; undefined: as it came in. */
  readonly as?: Looks | undefined
}

/** Source, destination and hops of a frame; several where either will do. */
export interface Looks {
  readonly sources: readonly number[]
  readonly destination: number
  readonly hops: number
}

const NOWHERE: Truth = { must: undefined, may: () => false }
const SYN = 2
/** As RFC 1700 proposes. */
const HOPS_OF_ANSWERS = 64

/**
 * @param opening The packet that it answers, which came the other way.
 * @returns undefined: nothing is said of such a packet.
 */
export function truthOf(facts: Facts, from: Place, header: Header, opening: Header | undefined): Truth | undefined {
  const get = (name: string): number => Number(header.get(field(name)) ?? 0)
  if (get('vlan_tci') !== 0) return NOWHERE
  const type = header.get(ETH_TYPE)
  const here = facts.state.observed.datapaths.get(from.datapathId)
  const isUplink = here?.uplinkPorts.has(from.port) === true
  const owners = facts.ownersAt(from)
  if (type === ETHERTYPE.arp) return isUplink ? undefined : truthOfArp(facts, from, header, owners)
  const family = type === ETHERTYPE.ipv4 ? 4 : type === ETHERTYPE.ipv6 ? 6 : 0
  if (family === 0) return NOWHERE
  const icmpv6 = get('icmpv6_type')
  if (icmpv6 >= 133 && icmpv6 <= 137) return undefined
  const source = { family, value: BigInt(header.get(IP_SRC[family]) ?? 0) } as const
  const target = { family, value: BigInt(header.get(IP_DST[family]) ?? 0) } as const
  const mac = Number(header.get(ETH_DST))
  if (isGroupMac(mac)) return NOWHERE

  let sender: Owner | undefined
  if (isUplink) {
    if (header.get(ETH_SRC) === GATEWAY_MAC && facts.domains.areAny) return undefined
    if (facts.byMac(Number(header.get(ETH_SRC))) !== undefined)
      return facts.state.backend === 'normal' ? undefined : NOWHERE
  } else {
    sender = owners.find(
      (its) =>
        its.isOpen ||
        (its.mac === header.get(ETH_SRC) &&
          its.addresses.some((one) => one.family === family && inField(one) === header.get(IP_SRC[family]))),
    )
    if (sender === undefined || !facts.isReady(sender)) return NOWHERE
    if (header.get(ETH_SRC) === GATEWAY_MAC && facts.domains.isRouted(sender.network)) return NOWHERE
  }
  const named = facts.byMac(mac)
  const network = sender?.network ?? named?.network
  if (network === undefined) return NOWHERE
  const { domains } = facts
  if (sender === undefined && domains.isHeld(network, source)) return NOWHERE
  const isToGateway = mac === GATEWAY_MAC && sender !== undefined && domains.isRouted(network)
  if (isToGateway && domains.isGateway(network, inField(target))) {
    const echo = family === 4 ? get('icmpv4_type') === 8 : icmpv6 === 128
    const isEcho = get('ip_proto') === (family === 4 ? 1 : 58) && echo && get(`icmpv${family}_code`) === 0
    const as = { sources: [GATEWAY_MAC], destination: Number(header.get(ETH_SRC)), hops: HOPS_OF_ANSWERS }
    return isEcho ? { must: from, may: (at) => same(at, from), as } : NOWHERE
  }
  const hops = get('nw_ttl')
  if (isToGateway && hops <= 1) return NOWHERE
  const layer4 = layer4Of(opening ?? header)
  if (layer4 === undefined) return undefined
  const receiver = isToGateway ? domains.holder(network, inField(target)) : facts.byAddress(network, target)
  if (receiver === undefined && (isToGateway || domains.isHeld(network, target))) return NOWHERE
  const ends: [number, number] = [
    sender?.identity ?? facts.worldOf(source),
    receiver?.identity ?? facts.worldOf(target),
  ]
  const [opener, asked] = opening === undefined ? ends : [ends[1], ends[0]]
  if (receiver !== undefined) {
    if (receiver === sender || (!isToGateway && receiver.mac !== mac) || !facts.isReady(receiver)) return NOWHERE
    if (!facts.permits(opener, asked, layer4)) return NOWHERE
    const { place } = receiver
    const there = facts.reaches(from.datapathId, place.datapathId) || facts.state.backend === 'normal'
    const back = facts.reaches(place.datapathId, from.datapathId) || facts.state.backend === 'normal'
    const isHere = place.datapathId === from.datapathId
    // Where the existing network forwards, it is beyond the links.
    if (facts.state.backend === 'normal' && !isHere)
      return { must: undefined, may: (at) => isLink(facts, at) || same(at, place) }
    const must = (isHere || (there && back)) && opens(header, opening) ? place : undefined
    const own = receiver.network === network ? [Number(header.get(ETH_SRC))] : []
    const as = isToGateway ? { sources: [GATEWAY_MAC, ...own], destination: receiver.mac, hops: hops - 1 } : undefined
    return { must, as, may: (at) => same(at, place) || (facts.state.backend === 'normal' && isLink(facts, at)) }
  }
  if (sender === undefined || named !== undefined || !facts.hasWorld || here === undefined) return NOWHERE
  if (!facts.permits(opener, asked, layer4)) return NOWHERE
  return { must: opens(header, opening) ? wayOut(facts, here) : undefined, may: (at) => isLink(facts, at) }
}

/** The uplink by which the world is reached from a switch. */
function wayOut(facts: Facts, here: DatapathView): Place | undefined {
  const gateway = facts.state.backend === 'normal' ? undefined : facts.gatewayOf(here)
  if (gateway === undefined || !facts.reaches(here.datapathId, gateway)) return undefined
  const uplinks = facts.state.observed.datapaths.get(gateway)?.uplinkPorts ?? []
  return { datapathId: gateway, port: Math.min(...uplinks) }
}

function isLink(facts: Facts, { datapathId, port }: Place): boolean {
  const view = facts.state.observed.datapaths.get(datapathId)
  return (
    view?.uplinkPorts.has(port) === true || (facts.state.backend === 'normal' && view?.fabricPorts.has(port) === true)
  )
}

function same(one: Place, other: Place): boolean {
  return one.datapathId === other.datapathId && one.port === other.port
}

/** Whether connection tracking takes it as the first of a connection, or as an answer. */
function opens(header: Header, opening: Header | undefined): boolean {
  const flags = header.get(field('tcp_flags'))
  return opening !== undefined || flags === undefined || flags === SYN
}

function layer4Of(header: Header): Layer4 | undefined {
  const protocol = Number(header.get(field('ip_proto')) ?? 0)
  const get = (name: string): number => Number(header.get(field(name)) ?? 0)
  if (protocol === 1) {
    const type = get('icmpv4_type')
    return [8, 13, 15].includes(type) ? { protocol, key: (type << 8) | get('icmpv4_code') } : undefined
  }
  if (protocol === 58) {
    return get('icmpv6_type') === 128 ? { protocol, key: (128 << 8) | get('icmpv6_code') } : undefined
  }
  const name = { 6: 'tcp_dst', 17: 'udp_dst', 132: 'sctp_dst' }[protocol]
  const key = name === undefined ? undefined : get(name)
  if (WITH_KEYS.includes(protocol) && key === 0) return undefined
  return { protocol, key }
}

/** Requests in its own name: answered where they came from, or asked of the world. */
function truthOfArp(facts: Facts, from: Place, header: Header, owners: readonly Owner[]): Truth {
  const honest = owners.some((its) => {
    if (its.isOpen) return true
    const sha = header.get(field('arp_sha'))
    const spa = header.get(field('arp_spa'))
    return (
      its.mac === header.get(ETH_SRC) &&
      sha === its.mac &&
      its.addresses.some((one) => one.family === 4 && inField(one) === spa)
    )
  })
  return honest ? { must: undefined, may: (at) => same(at, from) || isLink(facts, at) } : NOWHERE
}
