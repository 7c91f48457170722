/**
 * Ports and what is counted of them in OpenFlow 1.0.1 (sections 5.2.1, 5.3.3, 5.3.5): port numbers of 16 bits, no
 * speeds, no durations. Config and state have the bits of later versions, and others that those leave free; bits that
 * later versions gave another meaning or another place are moved (constants.ts has them).
 */

import { fixedText, u16, u32, u48, u64 } from '../wire/field.ts'
import { implied, movedBits, renumbered } from '../wire/narrow.ts'
import { pad, struct } from '../wire/struct.ts'
import { PORT_ALL, PORT_ANY, PORT_MAX } from './constants.ts'
import { portCounters, portErrors } from './port-counters.ts'

/** Port numbers from here on are reserved; they have the same last 16 bits in every version. */
const PORT_MAX10 = 0xff00
const RESERVED = PORT_MAX - PORT_MAX10

/** The port number of later versions. */
export const fromPort10 = (port: number): number => (port < PORT_MAX10 ? port : port + RESERVED)

/** The port number of 1.0; undefined if it has none. */
export function toPort10(port: number): number | undefined {
  if (port < PORT_MAX10) return port
  return port >= PORT_MAX ? port - RESERVED : undefined
}

export const port10Number = renumbered(u16, fromPort10, toPort10)

/** 1.0 asks for the queues of all ports by OFPP_ALL, later versions by OFPP_ANY; what they say otherwise changes places. */
const anyIsAll = (port: number): number => (port === PORT_ALL ? PORT_ANY : port === PORT_ANY ? PORT_ALL : port)
const queuePort10 = renumbered(
  u16,
  (port) => anyIsAll(fromPort10(port)),
  (port) => toPort10(anyIsAll(port)),
)

/** `enum ofp_port_features`: rates up to 10 Gbit/s have the same bits, medium and negotiation are moved. */
const features = movedBits(u32, [
  [0x07f, 0x07f],
  [0xf80, 0xf800],
])

/** `struct ofp_phy_port`. */
export const port10 = struct({
  port_no: port10Number,
  hw_addr: u48,
  name: fixedText(16),
  config: u32,
  state: u32,
  curr: features,
  advertised: features,
  supported: features,
  peer: features,
  curr_speed: implied<number>(0),
  max_speed: implied<number>(0),
})

/** `struct ofp_port_mod` behind the header. */
export const portMod10 = struct({
  port_no: port10Number,
  hw_addr: u48,
  config: u32,
  mask: u32,
  advertise: features,
  pad: pad(4),
})

/** How long is not known. */
const duration = { duration_sec: implied<number>(0xffff_ffff), duration_nsec: implied<number>(0xffff_ffff) } as const

/** `struct ofp_port_stats`. */
export const portStats10 = struct({
  port_no: port10Number,
  pad: pad(6),
  ...portCounters,
  ...portErrors,
  ...duration,
})

/** `struct ofp_queue_stats`. */
export const queueStats10 = struct({
  port_no: port10Number,
  pad: pad(2),
  queue_id: u32,
  tx_bytes: u64,
  tx_packets: u64,
  tx_errors: u64,
  ...duration,
})

/** Requests of statistics. */
export const byPort10 = struct({ port_no: port10Number, pad: pad(6) })
export const byQueue10 = struct({ port_no: queuePort10, pad: pad(2), queue_id: u32 })
