/**
 * What is counted of a port (OpenFlow 1.0.1 section 5.3.5, 1.3.5 section 7.3.5.6): the same counters in the same order in
 * every version.
 */

import { u64 } from '../wire/field.ts'

/** Counters of every port. */
export const portCounters = {
  rx_packets: u64,
  tx_packets: u64,
  rx_bytes: u64,
  tx_bytes: u64,
  rx_dropped: u64,
  tx_dropped: u64,
  rx_errors: u64,
  tx_errors: u64,
} as const

/** Counters that only Ethernet ports have; a property of its own since 1.4. */
export const portErrors = { rx_frame_err: u64, rx_over_err: u64, rx_crc_err: u64, collisions: u64 } as const
