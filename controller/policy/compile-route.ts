/**
 * The rows of virtual routers. A packet that an interface sends to the gateway MAC is led to the network of whom it is for
 * at once, on the switch where it comes in: `route` takes one from its TTL and gives it the receiver's network and MAC, and
 * from there on it goes as any other. Between switches it keeps its sender's MAC where that is how they know who sent it, and
 * the last one writes the gateway's; where a tag says who, it has the gateway's at once. What is for nobody of the router's goes to the controller, which tells the sender.
 * It refuses to know rules and where interfaces are. Used by compile-interface.ts, compile-switch.ts and compile.ts.
 *
 *     A ─▶ gateway MAC: port_security ─▶ neighbour ─▶ route (reg3 := network of B, eth_dst := B) ─▶ destination ─▶ …
 *     link, A ─▶ B:     origin (reg3 := network of A) ─▶ neighbour ─▶ route (reg3 := network of B) ─▶ destination ─▶ …
 */
import { type Action, type Oxm, PORT_IN_PORT } from 'node-openflow'
import { type Address, GATEWAY_MAC, parseAddress } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { NetworkRecord } from '../../model/records.ts'
import { ICMP } from '../../packet/icmp.ts'
import { ICMPV6 } from '../../packet/icmpv6.ts'
import { askGateway } from './compile-dhcp.ts'
import type { InterfaceFacts } from './compile-interface.ts'
import { arpAnswer, startOfAdvert } from './compile-neighbour.ts'
import { cookieOf } from './cookie.ts'
import {
  from,
  is,
  load,
  move,
  ND,
  output,
  RowSet,
  type Rows,
  setFlag,
  to,
  toController,
  WHOLE_PACKET,
} from './fields.ts'
import { FLAG, REGISTERS, TABLES } from './pipeline.ts'
import { refusalCookie } from './refusals.ts'
import type { IntentView } from './state.ts'

/** Hops that an answer of a gateway may take; as RFC 1700 proposes. */
const ANSWER_TTL = 64

const TO_GATEWAY: Oxm = { field: 'eth_dst', value: GATEWAY_MAC }
const FROM_GATEWAY: Oxm = { field: 'eth_src', value: GATEWAY_MAC }
/** By a port of an interface: neither by a link nor by an uplink. */
const FROM_PORT: Oxm = { field: 'reg8', value: 0, mask: FLAG.fabric | FLAG.uplink }
const FROM_FABRIC: Oxm = { field: 'reg8', value: FLAG.fabric, mask: FLAG.fabric }
export const BY_GATEWAY: Action = { type: 'set_field', field: FROM_GATEWAY }
const ROUTED = setFlag(FLAG.routed)

/** What is the same on every switch. */
export function routeSystemRows(set: RowSet): void {
  const { advertise, route, destination, deliver } = TABLES
  set.add(advertise, 110, [...is.icmpv6(ND.advert), FROM_GATEWAY], { actions: restOfRouterAdvert() })
  const told = { actions: [toController(WHOLE_PACKET)] }
  for (const type of [is.ipv4(), is.ipv6()]) {
    for (const ttl of [0, 1]) {
      const spent: Oxm = { field: 'nw_ttl', value: ttl }
      set.add(route, 500, [type, TO_GATEWAY, FROM_PORT, spent], told, cookieOf('unrouted'))
    }
    set.add(route, 10, [type, TO_GATEWAY, FROM_PORT], told, cookieOf('unrouted'))
  }
  set.add(route, 5, [TO_GATEWAY], {})
  set.add(route, 0, [], { goto: destination })
  const reg2 = { ofs: 0, n_bits: 32 } as const
  const put: Action = { type: 'nx_output_reg', ofs_nbits: reg2, src: REGISTERS.port, max_len: 0 }
  set.add(deliver, 10, [{ field: 'reg8', value: FLAG.routed, mask: FLAG.routed }], { actions: [BY_GATEWAY, put] })
}

/** As that of an interface, with the flag of a router: without it hosts forget the routes that lead through it. */
function restOfRouterAdvert(): Action[] {
  return [
    { type: 'set_field', field: { field: 'nd_options_type', value: 2 } },
    { type: 'set_field', field: { field: 'nd_reserved', value: 0xe000_0000 } },
    move('eth_src', 'ipv6_nd_tll', 48),
    output(PORT_IN_PORT),
  ]
}

/** The way to an interface from other networks of its router. */
export function routeTo(set: RowSet, { record, network, router, addresses, inNetwork }: InterfaceFacts): void {
  if (router === undefined) return
  const { route, destination } = TABLES
  const ofRouter: Oxm = { field: REGISTERS.router, value: router }
  const toMac: Oxm = { field: 'eth_dst', value: record.mac }
  const there = [load(REGISTERS.network, network), ROUTED]
  const actions: Action[] = [{ type: 'dec_nw_ttl' }, { type: 'set_field', field: toMac }, ...there]
  for (const address of addresses)
    set.add(route, 400, [ofRouter, TO_GATEWAY, FROM_PORT, ...to(address)], { actions, goto: destination })
  // The switch where it came in has routed it already.
  set.add(route, 310, [ofRouter, inNetwork, FROM_FABRIC, toMac], { goto: destination })
  set.add(route, 300, [ofRouter, FROM_FABRIC, toMac], { actions: there, goto: destination })
}

export function networkUnit(name: string): string {
  return `network/${name}`
}

/** The rows of a network's record, the same on every switch that is concerned with the network. */
export function networkRows(intent: IntentView, record: NetworkRecord, world: boolean): Rows {
  const { name, router: named, subnets, number } = record
  const set = new RowSet(networkUnit(name), cookieOf('network', number))
  const router = named === undefined ? undefined : intent.number('router', named)
  if (router === undefined) return set.rows
  const ofRouter: Oxm = { field: REGISTERS.router, value: router }
  const gateways = subnets.flatMap(({ gateway }) => parseAddress(gateway ?? '') ?? [])
  for (const gateway of gateways) {
    answerEcho(set, ofRouter, gateway)
    askGateway(set, record, [ofRouter, TO_GATEWAY, FROM_PORT], gateway)
  }
  const network = intent.number('network', name)
  if (network === undefined) return set.rows
  const inNetwork: Oxm = { field: REGISTERS.network, value: network }
  const { port_security, origin, neighbour, route, outside, destination } = TABLES
  // Nobody sends in a gateway's name. Where no network has one, nobody would take it for a gateway.
  set.add(port_security, 400, [FROM_GATEWAY], {}, refusalCookie('forged-mac'))
  set.add(origin, 400, [FROM_GATEWAY], {})
  for (const type of [is.ipv4(), is.ipv6()])
    set.add(neighbour, 12, [inNetwork, type], { actions: [load(REGISTERS.router, router)], goto: route })
  for (const gateway of gateways) {
    answerNeighbours(set, inNetwork, gateway)
    set.add(destination, 250, [ofRouter, ...to(gateway)], {})
    if (!world) continue
    set.add(outside, 300, [ofRouter, ...from(gateway)], {})
    const { family, value } = gateway
    if (family === 4) set.add(outside, 300, [inNetwork, is.arp(), { field: 'arp_spa', value: Number(value) }], {})
    else set.add(outside, 310, [inNetwork, ...is.icmpv6(ND.advert), { field: 'ipv6_nd_target', value }], {})
  }
  return set.rows
}

function answerNeighbours(set: RowSet, inNetwork: Oxm, { family, value }: Address): void {
  const { neighbour, advertise } = TABLES
  if (family === 4) {
    const address = Number(value)
    const match: Oxm[] = [inNetwork, ...is.arpRequest(), { field: 'arp_tpa', value: address }]
    set.add(neighbour, 100, match, { actions: arpAnswer(GATEWAY_MAC, address) })
  } else {
    const match: Oxm[] = [inNetwork, ...is.icmpv6(ND.solicit), { field: 'ipv6_nd_target', value }]
    set.add(neighbour, 100, match, { actions: startOfAdvert(GATEWAY_MAC, value), goto: advertise })
  }
}

/** Turns an echo request to a gateway into its answer, which goes back by the port it came in by and nowhere else. */
function answerEcho(set: RowSet, ofRouter: Oxm, gateway: Address): void {
  const { family, value } = gateway
  const asked: Oxm[] = [ofRouter, TO_GATEWAY, FROM_PORT, ...to(gateway)]
  const ends: Action[] =
    family === 4
      ? [move('ipv4_src', 'ipv4_dst', 32), { type: 'set_field', field: { field: 'ipv4_src', value: Number(value) } }]
      : [move('ipv6_src', 'ipv6_dst', 128), { type: 'set_field', field: { field: 'ipv6_src', value } }]
  const [protocol, request, reply]: [number, Oxm[], Oxm] =
    family === 4
      ? [
          PROTOCOL.icmp,
          [
            { field: 'icmpv4_type', value: ICMP.echoRequest },
            { field: 'icmpv4_code', value: 0 },
          ],
          { field: 'icmpv4_type', value: ICMP.echoReply },
        ]
      : [
          PROTOCOL.icmpv6,
          [
            { field: 'icmpv6_type', value: ICMPV6.echoRequest },
            { field: 'icmpv6_code', value: 0 },
          ],
          { field: 'icmpv6_type', value: ICMPV6.echoReply },
        ]
  const actions: Action[] = [
    ...[move('eth_src', 'eth_dst', 48), BY_GATEWAY, ...ends],
    { type: 'set_field', field: reply },
    { type: 'set_nw_ttl', nw_ttl: ANSWER_TTL },
    output(PORT_IN_PORT),
  ]
  set.add(TABLES.route, 600, [...asked, { field: 'ip_proto', value: protocol }, ...request], { actions })
}
