/**
 * What comes in at a port of a switch where identities travel with packets. What another switch sent is as that switch
 * sends it: proved there (exits.ts), it is taken for given here. In the network below tunnels anybody may send anything:
 * what does not come from the end of a switch of ours is nobody's. It refuses to know tables.
 */
import { type Address, parseAddress } from '../../model/address.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import type { Arrivals, Named } from './arrivals.ts'
import {
  BOTTOM,
  LABEL,
  NAMED_IN,
  NAMING_BITS,
  NAMING_TAG,
  OF_TUNNELS,
  TCI,
  TUN_SRC,
  TUNNEL_ID,
  UNDER,
} from './exits.ts'
import type { Owner } from './facts.ts'
import { copyOf, type Entry, entering, type Ghost, ghostAt, type Region } from './region.ts'
import { ETH_DST, ETH_TYPE, inField, type Site } from './settle.ts'
import { field, type Other, refIn, SENDER } from './space.ts'

const NW_FRAG = field('nw_frag')
const PRESENT = 0x1000n
/** Packets that must get through, whoever of those that are named sent them. */
export const NAMED_MUST = ' named'

/** Every packet that comes in at a port, as it is before anything more is known of it. */
export function wholeAt(entry: Entry, port: number, isCarrying: boolean): Region {
  const region = entering(ghostAt(entry, port))
  if (isCarrying) for (const its of OF_TUNNELS) region.vals[its] = its === TUNNEL_ID ? 0n : zeroOf(its)
  return region
}

function zeroOf(its: number): number | bigint {
  return its === TUN_SRC[6] || its === OF_TUNNELS[3] ? 0n : 0
}

/** The same in parts: without a VLAN tag, and with one that names nobody. */
export function tagsApart(whole: Region, arrivals: Arrivals): Region[] {
  const plain = copyOf(whole)
  plain.vals[TCI] = 0
  const tagged = copyOf(whole)
  const isLink = whole.ghost.entry === 'fabric'
  const mask = isLink && arrivals.isOnLinks('vlan') ? BigInt(NAMING_TAG) : PRESENT
  tagged.vals[TCI] = { kind: 'masked', value: PRESENT, mask }
  if (isLink && arrivals.isOnLinks('mpls')) for (const its of [plain, tagged]) its.vals[ETH_TYPE] = UNLABELLED
  return [plain, tagged]
}

const UNLABELLED: Other = { kind: 'other', than: 'mpls', excludes: (value) => Number(value) === ETHERTYPE.mpls }

/** What comes in at the port of tunnels: of strangers, of ends of ours without an identity, and with one. */
export function* tunnelStarts(site: Site, arrivals: Arrivals, whole: Region): IterableIterator<Region> {
  const { tunnel } = site.datapath
  if (tunnel === undefined) return
  const known = new Set<number | bigint>()
  const named = NAMED_IN[tunnel.kind]
  for (const text of arrivals.remotes()) {
    const address = parseAddress(text)
    if (address === undefined) continue
    known.add(inField(address))
    yield* tagsApart(unnamedFrom(site, whole, address), arrivals)
  }
  for (const { remote, network, senders } of arrivals.tunnelled()) {
    const address = parseAddress(remote)
    if (address === undefined) continue
    const from = fromEnd(site, whole, address)
    from.vals[TCI] = 0
    from.vals[TUNNEL_ID] = BigInt(network)
    from.vals[ETH_DST] = forHere(site, network)
    from.vals[named] = SENDER
    for (const family of [4, 6] as const) {
      const its = copyOf(from)
      its.vals[ETH_TYPE] = family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
      its.ghost = sentBy(its.ghost, { said: 'tunnel', network, senders, family })
      yield its
    }
  }
  const stranger = copyOf(whole)
  stranger.ghost = { ...stranger.ghost, entry: 'idle' }
  for (const its of OF_TUNNELS) stranger.vals[its] = undefined
  const than = [...known].join()
  for (const its of Object.values(TUN_SRC))
    stranger.vals[its] = { kind: 'other', than, excludes: (value) => known.has(value) }
  yield stranger
}

/** A packet that came from the end of a tunnel and says nothing of its sender. */
export function unnamedFrom(site: Site, whole: Region, address: Address): Region {
  const from = fromEnd(site, whole, address)
  for (const its of Object.values(NAMED_IN)) from.vals[its] = 0
  return from
}

/** A packet that came from the end of a tunnel. */
function fromEnd(site: Site, whole: Region, address: Address): Region {
  const from = copyOf(whole)
  from.vals[ETH_DST] = forHere(site)
  for (const its of OF_TUNNELS) from.vals[its] = undefined
  from.vals[TUN_SRC[address.family]] = inField(address)
  from.vals[TUN_SRC[address.family === 4 ? 6 : 4]] = address.family === 4 ? 0n : 0
  return from
}

/** What is for interfaces elsewhere, or of another network than it names, comes by no tunnel: that leads to their switch. */
function forHere({ facts, datapath: { datapathId } }: Site, network?: number): Other {
  const excludes = (mac: number | bigint): boolean => {
    const owner = facts.byMac(Number(mac))
    if (owner === undefined) return false
    const isElsewhere = owner.place !== undefined && owner.place.datapathId !== datapathId
    return isElsewhere || (network !== undefined && owner.network !== network)
  }
  return { kind: 'other', than: `elsewhere ${network ?? ''}`, excludes }
}

/** What comes for one interface with a label or a tag that names its sender. */
export function* labelledFor(site: Site, arrivals: Arrivals, whole: Region, owner: Owner): IterableIterator<Region> {
  const families = new Set(owner.addresses.map((its) => its.family))
  for (const { carrier, arrival, senders } of arrivals.labelled(owner)) {
    const address = arrival.remote === undefined ? undefined : parseAddress(arrival.remote)
    if (arrival.port !== whole.ghost.port) continue
    for (const family of families) {
      const its = address === undefined ? copyOf(whole) : unnamedFrom(site, whole, address)
      const { vals } = its
      vals[ETH_DST] = owner.mac
      vals[NW_FRAG] = 0
      vals[TCI] = carrier === 'vlan' ? refIn(TCI, 'sender', NAMING_BITS, BigInt(NAMING_TAG), BigInt(NAMING_TAG)) : 0
      vals[ETH_TYPE] = carrier === 'mpls' ? ETHERTYPE.mpls : family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6
      if (carrier === 'mpls') {
        vals[LABEL] = SENDER
        vals[BOTTOM] = family === 4 ? 1 : 0
      }
      const { network } = owner
      const under = carrier === 'mpls' ? UNDER[family] : ''
      its.ghost = sentBy(its.ghost, { said: carrier, network, senders, family, under })
      yield its
    }
  }
}

interface Truth extends Pick<Ghost, 'said' | 'network' | 'family'> {
  senders: Named
  under?: string
}

function sentBy(ghost: Ghost, truth: Truth): Ghost {
  return { ...ghost, ...truth, must: NAMED_MUST }
}
