/**
 * What turns a request for a neighbour into its answer, in the name of whoever holds the address: an interface or a
 * gateway. It refuses to know who that is. Used by compile-interface.ts and compile-route.ts.
 */
import { type Action, PORT_IN_PORT } from 'node-openflow'
import { move, ND, output } from './fields.ts'

/** What answers have in common. */
const TO_ASKER = move('eth_src', 'eth_dst', 48)
const IS_REPLY: Action = { type: 'set_field', field: { field: 'arp_op', value: 2 } }
const TO_SENDER = [move('arp_sha', 'arp_tha', 48), move('arp_spa', 'arp_tpa', 32)] as const
const BACK = output(PORT_IN_PORT)
const IS_ADVERT: Action = { type: 'set_field', field: { field: 'icmpv6_type', value: ND.advert } }
const TO_SOLICITOR = move('ipv6_src', 'ipv6_dst', 128)

/** Turns a request into its answer (RFC 826) and sends it back. */
export function arpAnswer(mac: number, address: number): Action[] {
  return [
    TO_ASKER,
    { type: 'set_field', field: { field: 'eth_src', value: mac } },
    IS_REPLY,
    TO_SENDER[0],
    { type: 'set_field', field: { field: 'arp_sha', value: mac } },
    TO_SENDER[1],
    { type: 'set_field', field: { field: 'arp_spa', value: address } },
    BACK,
  ]
}

/** Turns a solicitation into an advertisement (RFC 4861 section 4.4) but for what only an advertisement has. */
export function startOfAdvert(mac: number, address: bigint): Action[] {
  return [
    TO_ASKER,
    { type: 'set_field', field: { field: 'eth_src', value: mac } },
    TO_SOLICITOR,
    { type: 'set_field', field: { field: 'ipv6_src', value: address } },
    IS_ADVERT,
  ]
}
