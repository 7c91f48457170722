/** Ports, queues and what is told about them (OpenFlow 1.3.5 sections 7.2.1, 7.2.2, 7.3.5.6 to 7.3.5.8). */

import { fixedText, list, type Of, rest, u16, u32, u48, u64 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { type UnionOf, type UnionRow, union } from '../wire/union.ts'

/** `struct ofp_port`, 64 octets. Speeds in kbit/s. */
export const port = struct({
  port_no: u32,
  pad: pad(4),
  hw_addr: u48,
  pad2: pad(2),
  name: fixedText(16),
  config: u32,
  state: u32,
  curr: u32,
  advertised: u32,
  supported: u32,
  peer: u32,
  curr_speed: u32,
  max_speed: u32,
})
export type Port = Of<typeof port>

/** `struct ofp_port_stats`, 112 octets. */
export const portStats = struct({
  port_no: u32,
  pad: pad(4),
  rx_packets: u64,
  tx_packets: u64,
  rx_bytes: u64,
  tx_bytes: u64,
  rx_dropped: u64,
  tx_dropped: u64,
  rx_errors: u64,
  tx_errors: u64,
  rx_frame_err: u64,
  rx_over_err: u64,
  rx_crc_err: u64,
  collisions: u64,
  duration_sec: u32,
  duration_nsec: u32,
})
export type PortStats = Of<typeof portStats>

/** `struct ofp_queue_stats`, 40 octets. */
export const queueStats = struct({
  port_no: u32,
  queue_id: u32,
  tx_bytes: u64,
  tx_packets: u64,
  tx_errors: u64,
  duration_sec: u32,
  duration_nsec: u32,
})
export type QueueStats = Of<typeof queueStats>

/** Rates in tenths of a percent; above 1000 means not configured. */
const rate = struct({ pad: pad(4), rate: u16, pad2: pad(6) })

export const QUEUE_PROPERTIES = {
  min_rate: { number: 1, body: rate },
  max_rate: { number: 2, body: rate },
  /** The experimenter id stands after the property's padding, unlike in actions. */
  experimenter: { number: 0xffff, body: struct({ pad: pad(4), experimenter: u32, pad2: pad(4), data: rest }) },
} as const satisfies Record<string, UnionRow>

export type QueueProperty = UnionOf<typeof QUEUE_PROPERTIES>
const queueProperty = union(QUEUE_PROPERTIES, { align: 8, padded: 'inside' })

/** `struct ofp_packet_queue`. */
export const packetQueue = struct({
  queue_id: u32,
  port: u32,
  len: length,
  pad: pad(6),
  properties: list(queueProperty),
})
export type PacketQueue = Of<typeof packetQueue>
