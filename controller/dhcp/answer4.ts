/**
 * What a guest is told: the DHCP message that answers another, with the options that its client asks for and its network
 * has, and the frame that carries it. Pure. It refuses to decide what is answered (decide4.ts). Used by server.ts.
 */
import { GATEWAY_MAC, parseAddress, parsePrefix } from '../../model/address.ts'
import {
  addressesOf,
  classlessRoutes,
  DHCP4_OPTION,
  DHCP4_TYPE,
  type Dhcp4,
  domainNames,
  encodeDhcp4,
  octetsOf,
} from '../../packet/dhcp4.ts'
import { ETHERTYPE, encodeEthernet, MAC_BROADCAST } from '../../packet/ethernet.ts'
import { encodeIpv4, PROTOCOL } from '../../packet/ipv4.ts'
import { u16 } from '../../packet/octets.ts'
import { encodeUdp } from '../../packet/udp.ts'
import { DHCP_PORT } from '../policy/compile-dhcp.ts'
import { type Guest, serversOf, subnet4 } from './decide4.ts'

/** What an answer gives. */
export interface Given4 {
  type: 'offer' | 'ack'
  address: number
  /** Of the lease; undefined where only the rest is told (INFORM). */
  seconds: number | undefined
}

const BROADCAST = 0xffff_ffff
const TTL = 64
/** Octets of UDP payload that every client takes (RFC 2131 section 2), and that fit into a packet. */
const SIZE = { least: 548, most: 1472, headers: 28 } as const
const FIXED = 240
/** What a client is told that does not say what it wants to know. */
const USUAL = [1, 3, 6, 12, 15, 26, 28, 119, 121] as const

export function answer4(asked: Dhcp4, guest: Guest, given: Given4): Dhcp4 {
  const { address, seconds } = given
  const at = subnet4(guest.network, address)
  const server = at?.gateway ?? serversOf(guest.network)[0]!
  const options = new Map<number, Uint8Array>()
  options.set(DHCP4_OPTION.server, octetsOf(4, server))
  if (seconds !== undefined) {
    options.set(DHCP4_OPTION.leaseTime, octetsOf(4, seconds))
    options.set(DHCP4_OPTION.renewalTime, octetsOf(4, Math.floor(seconds / 2)))
    options.set(DHCP4_OPTION.rebindingTime, octetsOf(4, Math.floor((seconds * 7) / 8)))
  }
  // The mask comes before the gateway (RFC 2132 section 3.3).
  const known = optionsOf(guest, address)
  const wanted: Iterable<number> = asked.options.get(DHCP4_OPTION.parameters) ?? USUAL
  const room = roomFor(asked)
  let size = FIXED + 3 + 18 + 1
  for (const code of echoed(asked)) {
    const data = asked.options.get(code)!
    options.set(code, data)
    size += data.length + 2
  }
  for (const code of new Set([DHCP4_OPTION.subnetMask, ...wanted])) {
    const data = known.get(code)
    if (data === undefined || options.has(code) || size + data.length + 2 > room) continue
    options.set(code, data)
    size += data.length + 2
  }
  const isInform = seconds === undefined
  return {
    ...{ op: 2, hops: 0, xid: asked.xid, secs: 0, broadcast: asked.broadcast },
    ciaddr: given.type === 'ack' ? asked.ciaddr : 0,
    yiaddr: isInform ? 0 : address,
    ...{ siaddr: 0, giaddr: asked.giaddr, chaddr: asked.chaddr },
    type: DHCP4_TYPE[given.type],
    options,
  }
}

export function nak4(asked: Dhcp4, guest: Guest): Dhcp4 {
  const options = new Map([[DHCP4_OPTION.server as number, octetsOf(4, serversOf(guest.network)[0]!)]])
  for (const code of echoed(asked)) options.set(code, asked.options.get(code)!)
  return {
    ...{ op: 2, hops: 0, xid: asked.xid, secs: 0 },
    // A relay has to broadcast it, as its client has no address (RFC 2131 section 4.3.2).
    broadcast: asked.giaddr !== 0 || asked.broadcast,
    ...{ ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: asked.giaddr, chaddr: asked.chaddr },
    type: DHCP4_TYPE.nak,
    options,
  }
}

/** RFC 6842 asks for the client's identifier, RFC 3046 for what the relay added. */
function echoed({ options }: Dhcp4): number[] {
  return [DHCP4_OPTION.clientId, DHCP4_OPTION.relayAgent].filter((code) => options.has(code))
}

function roomFor({ options }: Dhcp4): number {
  const data = options.get(DHCP4_OPTION.maxSize)
  const told = data?.length === 2 ? u16(data, 0) - SIZE.headers : 0
  return Math.min(SIZE.most, Math.max(SIZE.least, told))
}

/** All that a guest at an address can be told, by code. */
function optionsOf({ name, network }: Guest, address: number): Map<number, Uint8Array> {
  const { dns, searchDomains, mtu, routes } = network.dhcp
  const at = subnet4(network, address)
  const found = new Map<number, Uint8Array>()
  if (at !== undefined) {
    const mask = at.length === 0 ? 0 : (0xffff_ffff << (32 - at.length)) >>> 0
    found.set(DHCP4_OPTION.subnetMask, octetsOf(4, mask))
    if (at.length < 31) found.set(DHCP4_OPTION.broadcast, octetsOf(4, at.prefix + 2 ** (32 - at.length) - 1))
    if (at.gateway !== undefined) found.set(DHCP4_OPTION.router, octetsOf(4, at.gateway))
  }
  const servers = dns.flatMap((text) => {
    const its = parseAddress(text)
    return its?.family === 4 ? [Number(its.value)] : []
  })
  if (servers.length > 0) found.set(DHCP4_OPTION.dns, octetsOf(4, ...servers))
  found.set(DHCP4_OPTION.hostName, ascii(name))
  const [domain] = searchDomains
  if (domain !== undefined) {
    found.set(DHCP4_OPTION.domainName, ascii(domain))
    found.set(DHCP4_OPTION.domainSearch, domainNames(searchDomains))
  }
  if (mtu !== undefined) found.set(DHCP4_OPTION.mtu, octetsOf(2, mtu))
  if (routes.length > 0) {
    const ways = routes.map(({ cidr, gateway }) => {
      const prefix = parsePrefix(cidr)!
      return { prefix: Number(prefix.value), length: prefix.length, gateway: Number(parseAddress(gateway)!.value) }
    })
    // Who takes these leaves the option of the router alone (RFC 3442).
    if (at?.gateway !== undefined) ways.push({ prefix: 0, length: 0, gateway: at.gateway })
    found.set(DHCP4_OPTION.routes, classlessRoutes(ways))
  }
  return found
}

const ascii = (text: string): Uint8Array => Uint8Array.from([...text].map((letter) => letter.charCodeAt(0) & 0xff))

/** Where an answer goes: the client itself, or the relay between. */
export interface Towards4 {
  mac: number
  relay?: number
}

/** The frame of an answer (RFC 2131 section 4.1). */
export function frame4(message: Dhcp4, { mac, relay }: Towards4): Uint8Array {
  const [src = 0] = addressesOf(message.options.get(DHCP4_OPTION.server)) ?? []
  const { client, server } = DHCP_PORT
  const isNak = message.type === DHCP4_TYPE.nak
  const own = message.ciaddr !== 0 ? message.ciaddr : message.broadcast || isNak ? BROADCAST : message.yiaddr
  const dst = relay ?? own
  const udp = encodeUdp(
    { src, dst },
    { srcPort: server, dstPort: relay === undefined ? client : server },
    encodeDhcp4(message),
  )
  const header = {
    ...{ dscp: 0, ecn: 0, identification: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: TTL, protocol: PROTOCOL.udp, src, dst, options: new Uint8Array(0) },
  }
  return encodeEthernet(
    { dst: dst === BROADCAST ? MAC_BROADCAST : mac, src: GATEWAY_MAC, vlans: [], type: ETHERTYPE.ipv4 },
    encodeIpv4(header, udp),
  )
}
