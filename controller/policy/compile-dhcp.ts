/**
 * The rows by which guests reach the DHCP server that the controller is: what an interface sends to it before it has an
 * address goes from its port to the controller, whole, and nowhere else; so does what is sent to a gateway's address. None
 * of it could reach anybody without these rows: it is for groups, or for the gateway. They refuse to know what is
 * answered (controller/dhcp/). Used by compile-interface.ts and compile-route.ts.
 */
import type { Oxm } from 'node-openflow'
import { type Address, parsePrefix } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { NetworkDhcp, NetworkRecord } from '../../model/records.ts'
import { cookieOf } from './cookie.ts'
import { is, ND, type RowSet, to, toController, WHOLE_PACKET } from './fields.ts'
import { TABLES } from './pipeline.ts'

/** UDP ports (RFC 2131 section 4.1, RFC 8415 section 7.2). */
export const DHCP_PORT = { 4: { client: 68, server: 67 }, 6: { client: 546, server: 547 } } as const
/** All relay agents and servers (RFC 8415 section 7.1). */
export const DHCP_SERVERS = (0xff02n << 112n) | 0x1_0002n

const NONE: ReadonlySet<4 | 6> = new Set()
const UDP: Oxm = { field: 'ip_proto', value: PROTOCOL.udp }
const TOLD = { actions: [toController(WHOLE_PACKET)] }
const BROADCAST: Oxm = { field: 'ipv4_dst', value: 0xffff_ffff }
const TO_SERVERS: Oxm = { field: 'ipv6_dst', value: DHCP_SERVERS }
/** Above all that a port refuses and lets pass. */
const ASKED = 380

/** Families in which a network answers: those of its subnets. */
export function dhcpFamilies(
  network: (Pick<NetworkRecord, 'subnets'> & { dhcp?: NetworkDhcp }) | undefined,
): ReadonlySet<4 | 6> {
  if (network?.dhcp === undefined) return NONE
  return new Set(network.subnets.flatMap(({ cidr }) => parsePrefix(cidr)?.family ?? []))
}

/** In which families guests of a network may ask, as one word. */
export function asksBy(network: NetworkRecord | undefined): string {
  return [...dhcpFamilies(network)].sort().join()
}

/** What the guest of an interface asks. @param atPort Its port; the stage before has seen to its MAC. */
export function askForAddresses(
  set: RowSet,
  { record, dhcp }: { record: { number: number; portSecurity: boolean; mac: number }; dhcp: ReadonlySet<4 | 6> },
  atPort: Oxm,
): void {
  const cookie = cookieOf('dhcp', record.number)
  const table = TABLES.port_security
  const own: Oxm[] = record.portSecurity ? [atPort, { field: 'eth_src', value: record.mac }] : [atPort]
  if (dhcp.has(4)) set.add(table, ASKED, [...own, is.ipv4(), ...fromClient(4), BROADCAST], TOLD, cookie)
  if (!dhcp.has(6)) return
  set.add(table, ASKED, [...own, is.ipv6(), ...fromClient(6), TO_SERVERS], TOLD, cookie)
  set.add(table, ASKED, [...own, ...is.icmpv6(ND.routerSolicit)], TOLD, cookie)
}

function fromClient(family: 4 | 6): Oxm[] {
  const { client, server } = DHCP_PORT[family]
  return [UDP, { field: 'udp_src', value: client }, { field: 'udp_dst', value: server }]
}

/** What is sent to the gateway's own address, by clients that renew and by relays. @param toGateway Everything that is. */
export function askGateway(set: RowSet, record: NetworkRecord, toGateway: readonly Oxm[], gateway: Address): void {
  if (!dhcpFamilies(record).has(gateway.family)) return
  const match: Oxm[] = [
    ...toGateway,
    ...to(gateway),
    UDP,
    { field: 'udp_dst', value: DHCP_PORT[gateway.family].server },
  ]
  set.add(TABLES.route, 600, match, TOLD, cookieOf('dhcp'))
}
