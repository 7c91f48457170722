/**
 * The rows by which guests reach the DHCP server that the controller is: what an interface sends to it before it has an
 * address goes from its port to the controller, whole, and nowhere else; so does what is sent to a gateway's address. None
 * of it could reach anybody without these rows: it is a broadcast, or for the gateway. They refuse to know what is
 * answered (controller/dhcp/). Used by compile-interface.ts and compile-route.ts.
 */
import type { Oxm } from 'node-openflow'
import type { Address } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { InterfaceRecord, NetworkRecord } from '../../model/records.ts'
import { cookieOf } from './cookie.ts'
import { is, type RowSet, to, toController, WHOLE_PACKET } from './fields.ts'
import { TABLES } from './pipeline.ts'

/** UDP ports (RFC 2131 section 4.1). */
export const DHCP_PORT = { client: 68, server: 67 } as const

const UDP: Oxm = { field: 'ip_proto', value: PROTOCOL.udp }
const TOLD = { actions: [toController(WHOLE_PACKET)] }
/** In both headers: what is sent to one host is for that host, whatever address it names. */
const BROADCAST: readonly Oxm[] = [
  { field: 'eth_dst', value: 0xffff_ffff_ffff },
  { field: 'ipv4_dst', value: 0xffff_ffff },
]
const FROM_CLIENT: readonly Oxm[] = [
  UDP,
  { field: 'udp_src', value: DHCP_PORT.client },
  { field: 'udp_dst', value: DHCP_PORT.server },
]
/** Above all that a port refuses and lets pass. */
const ASKED = 380

/** Whether guests of a network are answered. */
export function answersDhcp(network: NetworkRecord | undefined): boolean {
  return network?.dhcp !== undefined
}

/** What the guest of an interface asks. @param atPort Its port; the stage before has seen to its MAC. */
export function askForAddresses(
  set: RowSet,
  { number, portSecurity, mac }: Pick<InterfaceRecord, 'number' | 'portSecurity' | 'mac'>,
  atPort: Oxm,
): void {
  const own: Oxm[] = portSecurity ? [atPort, { field: 'eth_src', value: mac }] : [atPort]
  const match = [...own, is.ipv4(), ...FROM_CLIENT, ...BROADCAST]
  set.add(TABLES.port_security, ASKED, match, TOLD, cookieOf('dhcp', number))
}

/** What is sent to the gateway's own address, by clients that renew and by relays. @param toGateway Everything that is. */
export function askGateway(set: RowSet, record: NetworkRecord, toGateway: readonly Oxm[], gateway: Address): void {
  if (!answersDhcp(record) || gateway.family !== 4) return
  const match: Oxm[] = [...toGateway, ...to(gateway), UDP, { field: 'udp_dst', value: DHCP_PORT.server }]
  set.add(TABLES.route, 600, match, TOLD, cookieOf('dhcp'))
}
