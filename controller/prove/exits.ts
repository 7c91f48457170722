/**
 * What a packet has to be like that leaves for another switch: in a tunnel, addressed to the end of the receiver's switch
 * and with the number of its network; with the identity of its sender in what carries it there, and nowhere else. What is
 * proved here of every switch is what each takes for given of what it is brought (starts.ts). So it holds of a packet that
 * has gone one hop, and if of one that has gone n hops then of one that has gone n + 1: no switch ever has to trust one
 * that was not proved. It refuses to know where packets go (ends.ts).
 */
import { parseAddress } from '../../model/address.ts'
import { type Carrier, type NextHop, nextHopTo } from '../policy/carriers.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { GENEVE_FIELDS } from '../policy/geneve.ts'
import type { TunnelEnd } from '../policy/state.ts'
import { isWritten } from './arrivals.ts'
import type { Region } from './region.ts'
import { isSentToGateway, whyAltered } from './rewrites.ts'
import { ETH_TYPE, inField, NETWORK, type Site } from './settle.ts'
import { field, isExact, type Val } from './space.ts'

export const TCI = field('vlan_tci')
export const LABEL = field('mpls_label')
export const BOTTOM = field('mpls_bos')
export const TUNNEL_ID = field('tunnel_id')
export const TUN_SRC = { 4: field('tun_src'), 6: field('tun_ipv6_src') } as const
export const TUN_DST = { 4: field('tun_dst'), 6: field('tun_ipv6_dst') } as const
/** Where a tunnel has an identity. */
export const NAMED_IN = { geneve: field(GENEVE_FIELDS.identity), vxlan: field('tun_gbp_id') } as const
/** Of a packet that is in no tunnel, all zero. */
export const OF_TUNNELS: readonly number[] = [
  ...[TUN_SRC[4], TUN_SRC[6], TUN_DST[4], TUN_DST[6], TUNNEL_ID, NAMED_IN.geneve, NAMED_IN.vxlan],
  field(GENEVE_FIELDS.prediction),
]
/** Fields that are looked at where packets leave. */
export const AT_EXITS: readonly number[] = [
  ...[ETH_TYPE, TCI, LABEL, BOTTOM, TUN_DST[4], TUN_DST[6], TUNNEL_ID, NAMED_IN.geneve, NAMED_IN.vxlan],
]

/** Of a VLAN tag: that there is one, and that it carries an identity; and the bits that hold it. */
export const NAMING_TAG = 0x1800
export const NAMING_BITS = 11
/** What labels are put on, under the first of them: IPv6 has one more, which says so. */
export const UNDER = { 4: String(ETHERTYPE.ipv4), 6: `2/${ETHERTYPE.ipv6}` } as const

/** Why a region may not leave for a switch as it is; undefined: it may, or goes where no packet for that switch goes. */
export function whyNotOut(site: Site, port: number, place: number | 'world', region: Region): string | undefined {
  const { facts, datapath } = site
  const to = place === 'world' ? facts.gatewayOf(datapath) : facts.switchByNumber(place)
  const hop = to === undefined ? undefined : nextHopTo(facts.state.observed, datapath, to)
  if (hop === undefined || hop.port !== port) return undefined
  const { ghost } = region
  const { said } = ghost
  if (hop.remote !== undefined) {
    if (!isAddressed(region, hop.remote)) return 'it is sent to the end of another tunnel'
    if (!isOfLinks(said) && region.vals[TUNNEL_ID] !== BigInt(ghost.network))
      return 'it has the number of another network'
  }
  // What is for the world says nothing of its sender: who leads there knows everybody by address.
  const isUnsaid = ghost.entry !== 'tenant' || place === 'world'
  // The group policy id may be lost on its way, and what a gateway sent is known by its sender's MAC address.
  const isKept = hop.carrier === 'vxlan' && isSentToGateway(region)
  const carrier = isOfLinks(said) ? said : isUnsaid || isKept ? 'address' : carrierOf(hop, ghost.senders)
  if (carrier === undefined) return 'some of its senders fit into what carries them'
  const altered = whyAltered(region, carrier === 'address' || isOfLinks(said) ? 'unnamed' : 'named')
  return altered ?? whyNotIn(carrier, hop, region, datapath.tunnel)
}

/** Whether a question or an answer about neighbours may leave by the port of tunnels as it is. */
export function mayAsk({ facts, datapath }: Site, region: Region): boolean {
  const { vals } = region
  const network = vals[NETWORK]
  if (typeof network !== 'number' || vals[TUNNEL_ID] !== BigInt(network)) return false
  const isQuestion = region.ghost.where === 'nowhere'
  for (const to of isQuestion ? [facts.gatewayOf(datapath)] : facts.state.observed.datapaths.keys()) {
    const hop = to === undefined ? undefined : nextHopTo(facts.state.observed, datapath, to)
    if (hop?.remote !== undefined && isAddressed(region, hop.remote)) return true
  }
  return false
}

function isOfLinks(said: Region['ghost']['said']): said is 'mpls' | 'vlan' {
  return said === 'mpls' || said === 'vlan'
}

/** What carries all of them; undefined: not the same. */
function carrierOf({ carrier }: NextHop, senders: Region['ghost']['senders']): Carrier | undefined {
  let count = 0
  for (const identity of senders.keys()) if (isWritten(carrier, identity)) count++
  return count === 0 ? 'address' : count === senders.size ? carrier : undefined
}

function isAddressed({ vals }: Region, remote: string): boolean {
  const address = parseAddress(remote)
  if (address === undefined) return false
  const other = vals[TUN_DST[address.family === 4 ? 6 : 4]]
  return vals[TUN_DST[address.family]] === inField(address) && (other === undefined || Number(other) === 0)
}

/** Why an identity is not in this, as its sender's, or is in something else, too. */
function whyNotIn(
  carrier: Carrier,
  { remote }: NextHop,
  region: Region,
  tunnel: TunnelEnd | undefined,
): string | undefined {
  const { vals, ghost } = region
  if (remote !== undefined && tunnel !== undefined) {
    const its = vals[NAMED_IN[tunnel.kind]]
    if (carrier === tunnel.kind ? !isSender(its, region) : its !== 0) return why(carrier === tunnel.kind)
  }
  const type = vals[ETH_TYPE]
  const isLabelled = type === ETHERTYPE.mpls
  if (carrier === 'mpls') {
    if (!isLabelled || !isSender(vals[LABEL], region)) return why(true)
    if (ghost.family === 0 || ghost.under !== UNDER[ghost.family]) return 'its labels do not say what they are put on'
  } else if (isLabelled || !isExact(type)) return why(false)
  const tag = vals[TCI]
  if (carrier !== 'vlan') return tag === 0 ? undefined : why(false)
  const low = typeof tag === 'object' && tag.kind === 'ref' && tag.of === 'sender' ? tag.low : undefined
  const isNaming = low?.bits === NAMING_BITS && (low.value & BigInt(NAMING_TAG)) === BigInt(NAMING_TAG)
  if (isNaming) return undefined
  // Of one sender, the number may be known.
  const only = typeof tag === 'number' && (tag & NAMING_TAG) === NAMING_TAG && ghost.senders.has(tag & 0x7ff)
  return only && ghost.senders.size === 1 ? undefined : why(true)
}

const why = (isMissing: boolean): string =>
  isMissing ? 'it does not say who sent it' : 'it says that somebody sent it who is known by the address'

/** Whether a packet has neither a VLAN tag nor a label. */
export function isBare({ vals }: Region): boolean {
  return vals[TCI] === 0 && isExact(vals[ETH_TYPE]) && vals[ETH_TYPE] !== ETHERTYPE.mpls
}

/** Whether a field holds the identity of the sender, all of it. */
function isSender(val: Val, { ghost: { senders } }: Region): boolean {
  if (isExact(val)) return senders.size === 1 && senders.has(Number(val))
  return typeof val === 'object' && val.kind === 'ref' && val.of === 'sender' && val.low === undefined
}
