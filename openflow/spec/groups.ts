/** Groups and meters: buckets, bands and what is told about them (sections 7.3.4.2, 7.3.4.4, 7.3.5.9 to 7.3.5.14). */

import { enumeration, list, type Of, rest, u8, u16, u32, u64 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { answering, type UnionOf, type UnionRow, union } from '../wire/union.ts'
import { actions } from './actions-nested.ts'
import { groupType } from './enums.ts'

/** `struct ofp_bucket`. */
export const bucket = struct({
  len: length,
  weight: u16,
  watch_port: u32,
  watch_group: u32,
  pad: pad(4),
  actions,
})
export type Bucket = Of<typeof bucket>

const bucketCounter = struct({ packet_count: u64, byte_count: u64 })

/** `struct ofp_group_stats`. */
export const groupStats = struct({
  len: length,
  pad: pad(2),
  group_id: u32,
  ref_count: u32,
  pad2: pad(4),
  packet_count: u64,
  byte_count: u64,
  duration_sec: u32,
  duration_nsec: u32,
  bucket_stats: list(bucketCounter),
})
export type GroupStats = Of<typeof groupStats>

/** `struct ofp_group_desc`. */
export const groupDesc = struct({
  len: length,
  group_type: groupType,
  pad: pad(1),
  group_id: u32,
  buckets: list(bucket),
})
export type GroupDesc = Of<typeof groupDesc>

/** `struct ofp_group_features`: four numbers each, by group type (all, select, indirect, ff). */
export const groupFeatures = struct({
  types: u32,
  capabilities: u32,
  max_groups_all: u32,
  max_groups_select: u32,
  max_groups_indirect: u32,
  max_groups_ff: u32,
  actions_all: u32,
  actions_select: u32,
  actions_indirect: u32,
  actions_ff: u32,
})
export type GroupFeatures = Of<typeof groupFeatures>

export const groupCommand = enumeration(u16, { add: 0, modify: 1, delete: 2 })

/** `struct ofp_meter_band_*`; rate and burst in kbit/s or packets/s by the meter's flags. */
export const METER_BANDS = {
  drop: { number: 1, body: struct({ rate: u32, burst_size: u32, pad: pad(4) }) },
  dscp_remark: { number: 2, body: struct({ rate: u32, burst_size: u32, prec_level: u8, pad: pad(3) }) },
  experimenter: { number: 0xffff, body: struct({ rate: u32, burst_size: u32, experimenter: u32, data: rest }) },
} as const satisfies Record<string, UnionRow>

export type MeterBand = UnionOf<typeof METER_BANDS>

export const meterBands = answering(
  'meter_mod_failed',
  { bad_type: 'bad_band', bad_value: 'bad_band_value' },
  list(union(METER_BANDS, { align: 4, padded: 'inside' })),
  null,
)

export const meterCommand = enumeration(u16, { add: 0, modify: 1, delete: 2 })

const bandCounter = struct({ packet_band_count: u64, byte_band_count: u64 })

/** `struct ofp_meter_stats`. */
export const meterStats = struct({
  meter_id: u32,
  len: length,
  pad: pad(6),
  flow_count: u32,
  packet_in_count: u64,
  byte_in_count: u64,
  duration_sec: u32,
  duration_nsec: u32,
  band_stats: list(bandCounter),
})
export type MeterStats = Of<typeof meterStats>

/** `struct ofp_meter_config`. */
export const meterConfig = struct({ len: length, flags: u16, meter_id: u32, bands: meterBands })
export type MeterConfig = Of<typeof meterConfig>

/** `struct ofp_meter_features`. */
export const meterFeatures = struct({
  max_meter: u32,
  band_types: u32,
  capabilities: u32,
  max_bands: u8,
  max_color: u8,
  pad: pad(2),
})
export type MeterFeatures = Of<typeof meterFeatures>
