/** What benches' switches send when a row of the controller's sends a packet to it. */
import { type Message, NO_BUFFER } from 'node-openflow'

export function packetInOf(inPort: number, cookie: bigint, data: Uint8Array): Message {
  return {
    type: 'packet_in',
    xid: 0,
    buffer_id: NO_BUFFER,
    total_len: data.length,
    reason: 'action',
    table_id: 0,
    cookie,
    match: [{ field: 'in_port', value: inPort }],
    data,
  }
}
