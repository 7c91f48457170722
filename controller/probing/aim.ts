/**
 * Where a probe is to go and what should happen to it: both ends, the switches between them, what carries the sender's
 * identity there, and the verdict of policy; or why none can be sent. A function of what is known now. It refuses to send
 * anything. Used by probing.ts.
 */
import { type Address, parseAddress } from '../../model/address.ts'
import { fail, invalid, ok, type Result } from '../../model/errors.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { formatPacket } from '../../model/packet-text.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { IDENTITY, type InterfaceRecord } from '../../model/records.ts'
import { CARRIER_BITS, type Carrier, fits, nextHopTo } from '../policy/carriers.ts'
import type { PolicyPacket, Verdict } from '../policy/permits.ts'
import { domainOf, routerOf } from '../policy/routing.ts'
import type { NetworkState, Place, ProbeMatch } from '../policy/state.ts'
import { wayOf } from '../policy/ways.ts'
import type { Expected, ExpectedEnd } from './report.ts'

/** What is asked: names of interface records, and a packet. */
export interface ProbeWish {
  from: string
  to: string
  /** TCP, UDP, ICMP or ICMPv6. */
  protocol: number
  /** Destination port, or type of ICMP, which is the echo request. */
  port?: number
  code?: number
}

export interface Aim {
  from: string
  to: string
  network: string
  /** The virtual router that leads it to its receiver's network, and that network; absent where it is the same. */
  router?: string
  toNetwork?: string
  generation: number
  expected: Expected
  verdict: Verdict
  /** The packet, but for its marks. */
  packet: Omit<ProbeMatch, 'number' | 'first' | 'dscp' | 'flowLabel'>
}

export interface AimFacts {
  state: NetworkState
  verdict(packet: PolicyPacket): Verdict
  /** The other end of a link. */
  peer(place: Place): Place | undefined
}

const ECHO: ReadonlyMap<number, number> = new Map([
  [ICMP, 8],
  [ICMPV6, 128],
])

export function aim({ state, verdict, peer }: AimFacts, wish: ProbeWish): Result<Aim> {
  const { intent, observed } = state
  const no = (reason: string): Result<never> => fail('NOT_PROBED', { from: wish.from, to: wish.to, reason })
  const [from, to] = [intent.interfaces.get(wish.from), intent.interfaces.get(wish.to)]
  if ((from === undefined && isAddress(wish.from)) || (to === undefined && isAddress(wish.to)))
    return no('an address of the world has no port of ours at which a probe could begin or end')
  if (from === undefined) return fail('NOT_FOUND', { kind: 'interface', name: wish.from })
  if (to === undefined) return fail('NOT_FOUND', { kind: 'interface', name: wish.to })
  const said = faultOf(wish)
  if (said !== undefined) return invalid([{ field: 'packet', description: said }])
  if (from.name === to.name) return no('an interface sends nothing to itself')
  const routed = from.network !== to.network
  if (routed && domainOf(intent, from.network) !== domainOf(intent, to.network))
    return no(`they are in the networks ${from.network} and ${to.network}, which no router joins`)
  const ends = addressesOf(from, to, wish.protocol)
  if (ends === undefined) return no('they have no addresses of the family of this packet')
  const [sender, receiver] = [endOf(state, from), endOf(state, to)]
  if (typeof sender === 'string') return no(sender)
  if (typeof receiver === 'string') return no(receiver)
  const asked: PolicyPacket = {
    ...{ from: from.name, to: to.name, protocol: wish.protocol },
    ...(wish.port !== undefined && { port: wish.port }),
    ...(wish.code !== undefined && { code: wish.code }),
  }
  const judged = verdict(asked)
  const { via, problem } = wayOf(state, asked, judged)
  if (via.length > 0 || problem !== undefined)
    return no(`its rules lead it through ${via.join(', ') || 'services'}, which would be given the probe`)
  const path = pathOf(state, sender.datapathId, receiver.datapathId, peer)
  if (typeof path === 'string') return no(path)
  const own = observed.datapaths.get(sender.datapathId)
  const next = own && state.backend === 'fabric' ? nextHopTo(observed, own, receiver.datapathId) : undefined
  const carrier = next !== undefined && isWritten(next.carrier, sender.identity) ? next.carrier : 'address'
  return ok({
    ...{ from: from.name, to: to.name, network: from.network, generation: intent.generation, verdict: judged },
    ...(routed && { router: routerOf(intent, from.network) ?? '', toNetwork: to.network }),
    expected: { sender, receiver, path, carrier, permitted: judged.allow },
    packet: {
      ...{ ethSrc: from.mac, ethDst: to.mac, ...ends, protocol: wish.protocol },
      ...{ labelled: carrier === 'mpls', routed },
      second: ECHO.has(wish.protocol) ? (wish.code ?? 0) : (wish.port ?? 0),
    },
  })
}

const isAddress = (text: string): boolean => parseAddress(text) !== undefined

/** Whether an identity is put in what goes between two switches, for sure or as far as the tunnel takes it. */
function isWritten(carrier: Carrier, identity: number): boolean {
  return fits(carrier, identity) || (carrier === 'vxlan' && identity < 2 ** CARRIER_BITS.vxlan)
}

/** What makes it no packet that a probe can be. */
function faultOf({ protocol, port, code = 0 }: ProbeWish): string | undefined {
  if (protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp)
    return port === undefined || port === 0 ? 'needs a destination port, as in tcp/443' : undefined
  const echo = ECHO.get(protocol)
  if (echo === undefined) return 'must be tcp/PORT, udp/PORT or icmp'
  return port === echo && code === 0 ? undefined : `of ICMP a probe can be an echo request only (type ${echo}, code 0)`
}

/** The first addresses of both that are of one family, and of the packet's. */
function addressesOf(
  from: InterfaceRecord,
  to: InterfaceRecord,
  protocol: number,
): Pick<ProbeMatch, 'source' | 'destination'> | undefined {
  const families = protocol === ICMP ? [4] : protocol === ICMPV6 ? [6] : [4, 6]
  const first = ({ addresses }: InterfaceRecord, family: number): Address | undefined =>
    addresses.flatMap((text) => parseAddress(text) ?? []).find((address) => address.family === family)
  for (const family of families) {
    const [source, destination] = [first(from, family), first(to, family)]
    if (source !== undefined && destination !== undefined) return { source, destination }
  }
  return undefined
}

/** Where an interface is and who it is; else a reason. */
function endOf({ intent, observed }: NetworkState, { name }: InterfaceRecord): ExpectedEnd | string {
  const place = observed.places.get(name)
  if (place === undefined) return `${name} is on no port that is known`
  if (!observed.datapaths.has(place.datapathId)) return `the switch of ${name}, ${place.datapathId}, has not connected`
  const identity = intent.identityOf(name)
  return identity === IDENTITY.unknown ? `${name} has no identity` : { ...place, identity }
}

/** Switches from one to the other; else a reason. */
function pathOf(
  { observed, backend }: NetworkState,
  from: string,
  to: string,
  peer: (place: Place) => Place | undefined,
): string[] | string {
  if (from === to) return [from]
  if (backend === 'normal') return [from, to]
  const path = [from]
  for (let at = from; at !== to && path.length <= observed.datapaths.size; ) {
    const own = observed.datapaths.get(at)
    const next = own && nextHopTo(observed, own, to)
    const there = next?.remote === undefined ? next && peer({ datapathId: at, port: next.port })?.datapathId : to
    if (there === undefined) return `switch ${at} has no way to switch ${to}`
    path.push(there)
    at = there
  }
  return path.at(-1) === to ? path : `there is no way from switch ${from} to switch ${to}`
}

/** What it comes to: the same text is the same aim, whatever generation it is of. */
export function aimText({ expected, packet }: Aim): string {
  return JSON.stringify([expected, packet], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** The packet in one line. */
export function packetText({ source, destination, protocol, first, second }: ProbeMatch): string {
  const rest = ECHO.has(protocol) ? { type: first, code: second } : { sourcePort: first, destinationPort: second }
  return formatPacket({ source, destination, protocol, ...rest })
}
