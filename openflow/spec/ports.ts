/**
 * Ports, queues and what is told about them (OpenFlow 1.3.5 sections 7.2.1, 7.2.2, 7.3.4.3, 7.3.5.6 to 7.3.5.8; 1.4.1
 * with queue descriptions, section 7.3.5.18). 1.4 moved what only Ethernet ports have into a property.
 */

import { fixedText, list, type Of, rest, U64_MAX, u16, u32, u48, u64 } from '../wire/field.ts'
import { spelled } from '../wire/spelled.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { type UnionOf, type UnionRow, union } from '../wire/union.ts'
import { columns } from '../wire/version.ts'
import { port10, portMod10, portStats10, queueStats10 } from './of10-ports.ts'
import { oxmId } from './oxm.ts'
import { portCounters, portErrors } from './port-counters.ts'
import { EXPERIMENTER_PROPERTY, NO_MEMBERS, properties } from './properties.ts'

/** Members that the first property `ethernet` says; without one they are `unsaid`. */
function inEthernet<M extends object>(unsaid: M) {
  const keys = Object.keys(unsaid) as Array<keyof M>
  const only = (from: M): M => {
    const members = {} as M
    for (const key of keys) members[key] = from[key]
    return members
  }
  return {
    members: (list: ReadonlyArray<{ readonly type: string }>): M =>
      only((list.find(({ type }) => type === 'ethernet') as M | undefined) ?? unsaid),
    canonical: (value: M): Array<{ type: 'ethernet' } & M> => [{ type: 'ethernet', ...only(value) }],
  }
}

const portAddress = { hw_addr: u48, pad2: pad(2), name: fixedText(16), config: u32, state: u32 } as const
const portEthernet = {
  curr: u32,
  advertised: u32,
  supported: u32,
  peer: u32,
  curr_speed: u32,
  max_speed: u32,
} as const

/** Frequencies in MHz, wavelengths in nm times 100 (`supported` tells which), powers in dBm times 10. */
export const PORT_PROPERTIES = {
  ethernet: { number: 0, body: struct({ pad: pad(4), ...portEthernet }) },
  optical: {
    number: 1,
    body: struct({
      pad: pad(4),
      supported: u32,
      tx_min_freq_lmda: u32,
      tx_max_freq_lmda: u32,
      tx_grid_freq_lmda: u32,
      rx_min_freq_lmda: u32,
      rx_max_freq_lmda: u32,
      rx_grid_freq_lmda: u32,
      tx_pwr_min: u16,
      tx_pwr_max: u16,
    }),
  },
  /** Fields that packets have when they come from the port, and may have when they go to it. */
  pipeline_input: { number: { of15: 2 }, body: struct({ oxm_ids: list(oxmId) }) },
  pipeline_output: { number: { of15: 3 }, body: struct({ oxm_ids: list(oxmId) }) },
  /** Ports at which packets come back that this one sent. */
  recirculate: { number: { of15: 4 }, body: struct({ port_nos: list(u32) }) },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>

const port14 = spelled(
  struct({ port_no: u32, length, pad: pad(2), ...portAddress, properties: properties(PORT_PROPERTIES) }),
  'properties',
  inEthernet({ curr: 0, advertised: 0, supported: 0, peer: 0, curr_speed: 0, max_speed: 0 }),
)
/**
 * A port (section 7.2.1). `config`: OFPPC_ bits, `state`: OFPPS_ bits; speeds in kb/s, 0 if unknown; `hw_addr` 48
 * bits.
 */
export type Port = Of<typeof port14>

/** `struct ofp_port`. Speeds in kbit/s. */
export const port = columns<Port>({
  of10: port10,
  of13: struct({ port_no: u32, pad: pad(4), ...portAddress, ...portEthernet }),
  of14: port14,
})

/** `fl_offset` is signed: two's complement. */
export const PORT_MOD_PROPERTIES = {
  ethernet: { number: 0, body: struct({ advertise: u32 }) },
  optical: {
    number: 1,
    body: struct({ configure: u32, freq_lmda: u32, fl_offset: u32, grid_span: u32, tx_pwr: u32 }),
  },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>

const portModHead = { port_no: u32, pad: pad(4), hw_addr: u48, pad2: pad(2), config: u32, mask: u32 } as const
const portMod14 = spelled(
  struct({ ...portModHead, properties: properties(PORT_MOD_PROPERTIES) }),
  'properties',
  inEthernet({ advertise: 0 }),
)

/** `struct ofp_port_mod`. `advertise` 0 leaves what is advertised as it is. */
export const portMod = columns<Of<typeof portMod14>>({
  of10: portMod10,
  of13: struct({ ...portModHead, advertise: u32, pad3: pad(4) }),
  of14: portMod14,
})

/** Optical: frequencies and offsets as in `PORT_PROPERTIES`, powers in dBm times 10, temperature in degrees C times 10. */
export const PORT_STATS_PROPERTIES = {
  ethernet: { number: 0, body: struct({ pad: pad(4), ...portErrors }) },
  optical: {
    number: 1,
    body: struct({
      pad: pad(4),
      flags: u32,
      tx_freq_lmda: u32,
      tx_offset: u32,
      tx_grid_span: u32,
      rx_freq_lmda: u32,
      rx_offset: u32,
      rx_grid_span: u32,
      tx_pwr: u16,
      rx_pwr: u16,
      bias_current: u16,
      temperature: u16,
    }),
  },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>

const portStats14 = spelled(
  struct({
    length,
    pad: pad(2),
    port_no: u32,
    duration_sec: u32,
    duration_nsec: u32,
    ...portCounters,
    properties: properties(PORT_STATS_PROPERTIES),
  }),
  'properties',
  inEthernet({ rx_frame_err: U64_MAX, rx_over_err: U64_MAX, rx_crc_err: U64_MAX, collisions: U64_MAX }),
)
/** Counters of a port (section 7.3.5.6). 2^64-1 is a counter that the switch does not keep. */
export type PortStats = Of<typeof portStats14>

/** `struct ofp_port_stats`. A counter that the switch does not have is 2^64 - 1. */
export const portStats = columns<PortStats>({
  of10: portStats10,
  of13: struct({
    port_no: u32,
    pad: pad(4),
    ...portCounters,
    ...portErrors,
    duration_sec: u32,
    duration_nsec: u32,
  }),
  of14: portStats14,
})

const queueCounters = {
  port_no: u32,
  queue_id: u32,
  tx_bytes: u64,
  tx_packets: u64,
  tx_errors: u64,
  duration_sec: u32,
  duration_nsec: u32,
} as const
const queueStats14 = spelled(
  struct({ length, pad: pad(6), ...queueCounters, properties: properties({ experimenter: EXPERIMENTER_PROPERTY }) }),
  'properties',
  NO_MEMBERS,
)
/** Counters of a queue (section 7.3.5.8). */
export type QueueStats = Of<typeof queueStats14>

/** `struct ofp_queue_stats`. */
export const queueStats = columns<QueueStats>({ of10: queueStats10, of13: struct(queueCounters), of14: queueStats14 })

/** Rates in tenths of a percent; above 1000 means not configured. */
const rate = struct({ pad: pad(4), rate: u16, pad2: pad(6) })

export const QUEUE_PROPERTIES = {
  min_rate: { number: 1, body: rate },
  max_rate: { number: { of13: 2 }, body: rate },
  /** The experimenter id stands after the property's padding, unlike in actions. */
  experimenter: {
    number: { of13: 0xffff },
    body: struct({ pad: pad(4), experimenter: u32, pad2: pad(4), data: rest }),
  },
  /** Only in 1.0: the queue has no minimum rate. */
  none: { number: { of10: 0 }, body: struct({ pad: pad(4) }) },
} as const satisfies Record<string, UnionRow>

/** What a queue guarantees or allows; rates in tenths of a percent of the port's, above 1000: none. */
export type QueueProperty = UnionOf<typeof QUEUE_PROPERTIES>
export const queueProperty = union(QUEUE_PROPERTIES, { align: 8, padded: 'inside' })

/** `struct ofp_packet_queue`, until 1.3. */
export const packetQueue = struct({
  queue_id: u32,
  port: u32,
  len: length,
  pad: pad(6),
  properties: list(queueProperty),
})
/** A queue in queue_get_config_reply (until 1.3). */
export type PacketQueue = Of<typeof packetQueue>

const queueRate = struct({ rate: u16, pad: pad(2) })

export const QUEUE_DESC_PROPERTIES = {
  min_rate: { number: 1, body: queueRate },
  max_rate: { number: 2, body: queueRate },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>

/** `struct ofp_queue_desc`, since 1.4. */
export const queueDesc = struct({
  port_no: u32,
  queue_id: u32,
  len: length,
  pad: pad(6),
  properties: properties(QUEUE_DESC_PROPERTIES),
})
/** A queue in queue_desc (since 1.4). */
export type QueueDesc = Of<typeof queueDesc>
