/**
 * Groups and meters: buckets, bands and what is told about them (OpenFlow 1.3.5 sections 7.3.4.2, 7.3.4.4, 7.3.5.9 to
 * 7.3.5.14; 1.5.1 sections 7.3.4.3, 7.3.4.5, 7.3.5.10 to 7.3.5.15). In 1.5 buckets have ids and properties; the values
 * have the members of 1.3.
 */

import { enumeration, type Field, list, type Of, rest, u8, u16, u32, u64 } from '../wire/field.ts'
import { sameContent } from '../wire/spelled.ts'
import { length, pad, sizeOf, struct } from '../wire/struct.ts'
import { answering, type UnionOf, type UnionRow, union } from '../wire/union.ts'
import { columns, enumerationIn, type Mapped, mapped, since } from '../wire/version.ts'
import { type Action, actions } from './actions-nested.ts'
import { BUCKET_ALL, GROUP_ANY, PORT_ANY } from './constants.ts'
import { groupType } from './enums.ts'
import { type GroupProperty, groupProperties } from './group-properties.ts'
import { EXPERIMENTER_PROPERTY, properties } from './properties.ts'

export const BUCKET_PROPERTIES = {
  weight: { number: 0, body: struct({ weight: u16, pad: pad(2) }) },
  watch_port: { number: 1, body: struct({ watch: u32 }) },
  watch_group: { number: 2, body: struct({ watch: u32 }) },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>
/** What 1.5 says of a bucket beside its actions; `watch` is a port or a group. */
export type BucketProperty = UnionOf<typeof BUCKET_PROPERTIES>

/** A bucket; `bucket_id` and `properties` only in 1.5. Without a `bucket_id`, the place in the list is the id. */
export interface Bucket {
  weight: number
  watch_port: number
  watch_group: number
  actions: Action[]
  bucket_id?: number
  /** Where they are not what weight, watch_port and watch_group say. */
  properties?: BucketProperty[]
}

/** `struct ofp_bucket` until 1.4. */
const bucket13: Field<Bucket> = struct({
  len: length,
  weight: u16,
  watch_port: u32,
  watch_group: u32,
  pad: pad(4),
  actions,
})

const bucket15 = struct({
  len: length,
  action_array_len: sizeOf('actions'),
  bucket_id: u32,
  actions,
  properties: properties(BUCKET_PROPERTIES),
})
type Bucket15 = Of<typeof bucket15>

/** A bucket of a select group that has no weight has the weight 1, of another group none (Open vSwitch 3.1). */
const weightUnsaid = (select: boolean): number => (select ? 1 : 0)

function canonicalProperties({ weight, watch_port, watch_group }: Bucket, select: boolean): BucketProperty[] {
  const list: BucketProperty[] = []
  if (select || weight !== 0) list.push({ type: 'weight', weight })
  if (watch_port !== PORT_ANY) list.push({ type: 'watch_port', watch: watch_port })
  if (watch_group !== GROUP_ANY) list.push({ type: 'watch_group', watch: watch_group })
  return list
}

function bucketOf({ properties: list, ...wire }: Bucket15, select: boolean): Bucket {
  const found = <N extends BucketProperty['type']>(type: N): Extract<BucketProperty, { type: N }> | undefined =>
    list.find((one): one is Extract<BucketProperty, { type: N }> => one.type === type)
  const bucket: Bucket = {
    weight: found('weight')?.weight ?? weightUnsaid(select),
    watch_port: found('watch_port')?.watch ?? PORT_ANY,
    watch_group: found('watch_group')?.watch ?? GROUP_ANY,
    ...wire,
  }
  return sameContent(list, canonicalProperties(bucket, select)) ? bucket : { ...bucket, properties: list }
}

function bucket15Of(bucket: Bucket, index: number, select: boolean): Bucket15 {
  if (typeof bucket !== 'object' || bucket === null) return bucket
  const { bucket_id = index, properties: list = canonicalProperties(bucket, select) } = bucket
  return { ...bucket, bucket_id, properties: list }
}

/** Whether buckets say nothing that those of 1.3 have no room for. */
function plainBuckets(buckets: unknown, group: object): boolean {
  if (!Array.isArray(buckets)) return true
  const select = (group as { group_type?: unknown }).group_type === 'select'
  return buckets.every((bucket: Bucket | undefined | null, index) => {
    if (typeof bucket !== 'object' || bucket === null) return true
    const { bucket_id = index, properties: list = [] } = bucket
    const said = canonicalProperties(bucket, select)
    return bucket_id === index && Array.isArray(list) && list.every((p) => said.some((one) => sameContent(one, p)))
  })
}

interface Grouped15 {
  group_type: Of<typeof groupType>
  buckets: Bucket15[]
  properties: GroupProperty[]
}
type Grouped<W> = { [K in keyof W as K extends 'buckets' | 'properties' ? never : K]: W[K] } & {
  buckets: Bucket[]
  /** Only in 1.5. */
  properties?: GroupProperty[]
}

/** Buckets and properties of 1.5 as those of 1.3 with more members. Which a bucket has depends on the group's type. */
function grouped<W extends Grouped15>(of: Field<W>): Mapped<Grouped<W>> {
  const meaning = ({ buckets, properties: list, ...head }: W): Grouped<W> => {
    const select = head.group_type === 'select'
    const group = { ...head, buckets: buckets.map((bucket) => bucketOf(bucket, select)) }
    return (list.length === 0 ? group : { ...group, properties: list }) as unknown as Grouped<W>
  }
  const wire = (group: Grouped<W>): W => {
    const { buckets, properties: list = [] } = group
    const select = (group as unknown as W).group_type === 'select'
    const all = Array.isArray(buckets) ? buckets.map((bucket, i) => bucket15Of(bucket, i, select)) : buckets
    return { ...group, buckets: all, properties: list } as unknown as W
  }
  const empty = (list: unknown): boolean => Array.isArray(list) && list.length === 0
  const optional = new Map([['buckets', plainBuckets] as const, ['properties', empty] as const])
  return { ...mapped(of, meaning, wire), optional }
}

/** 4 was never given. */
const groupCommand = enumerationIn(u16, {
  add: 0,
  modify: 1,
  delete: 2,
  insert_bucket: { of15: 3 },
  remove_bucket: { of15: 5 },
})

const groupMod15 = grouped(
  struct({
    command: groupCommand,
    group_type: groupType,
    pad: pad(1),
    group_id: u32,
    bucket_array_len: sizeOf('buckets'),
    pad2: pad(2),
    /** The bucket to insert behind or to remove; OFPG_BUCKET_ALL for other commands. */
    command_bucket_id: since(u32, BUCKET_ALL),
    buckets: list(bucket15),
    properties: groupProperties,
  }),
)

/** `struct ofp_group_mod` behind the header; Nicira's of 1.0 is that of 1.5. */
export const groupMod = columns<Of<typeof groupMod15>>({
  of10: groupMod15,
  of13: struct({ command: groupCommand, group_type: groupType, pad: pad(1), group_id: u32, buckets: list(bucket13) }),
  of15: groupMod15,
})

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
/**
 * Counters of a group and, in their order, of its buckets (section 7.3.5.9). 2^64-1 is a counter that the switch
 * does not keep.
 */
export type GroupStats = Of<typeof groupStats>

const groupDesc15 = grouped(
  struct({
    len: length,
    group_type: groupType,
    pad: pad(1),
    group_id: u32,
    bucket_array_len: sizeOf('buckets'),
    pad2: pad(6),
    buckets: list(bucket15),
    properties: groupProperties,
  }),
)
/** A group as it was made (section 7.3.5.10). */
export type GroupDesc = Of<typeof groupDesc15>

/** `struct ofp_group_desc`. */
export const groupDesc = columns<GroupDesc>({
  of10: groupDesc15,
  of13: struct({ len: length, group_type: groupType, pad: pad(1), group_id: u32, buckets: list(bucket13) }),
  of15: groupDesc15,
})

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
/**
 * Body of a group_features reply (section 7.3.5.11). `types`: bit n for type n; `actions_all` and its like: bit n
 * for action n.
 */
export type GroupFeatures = Of<typeof groupFeatures>

/** `struct ofp_meter_band_*`; rate and burst in kbit/s or packets/s by the meter's flags. */
export const METER_BANDS = {
  drop: { number: 1, body: struct({ rate: u32, burst_size: u32, pad: pad(4) }) },
  dscp_remark: { number: 2, body: struct({ rate: u32, burst_size: u32, prec_level: u8, pad: pad(3) }) },
  experimenter: { number: 0xffff, body: struct({ rate: u32, burst_size: u32, experimenter: u32, data: rest }) },
} as const satisfies Record<string, UnionRow>

/** Band of a meter. `rate` in kb/s, packets/s with OFPMF_PKTPS; `burst_size` in kb or packets. */
export type MeterBand = UnionOf<typeof METER_BANDS>

export const meterBands = answering(
  'meter_mod_failed',
  { bad_type: 'bad_band', bad_value: 'bad_band_value' },
  list(union(METER_BANDS, { align: 4, padded: 'inside' })),
  null,
)

export const meterCommand = enumeration(u16, { add: 0, modify: 1, delete: 2 })

const bandCounter = struct({ packet_band_count: u64, byte_band_count: u64 })

/** `struct ofp_meter_stats`; 1.5 calls `flow_count` `ref_count`. */
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
/** Counters of a meter and, in their order, of its bands (section 7.3.5.12). */
export type MeterStats = Of<typeof meterStats>

/** `struct ofp_meter_config`; 1.5 calls it `ofp_meter_desc`. */
export const meterConfig = struct({ len: length, flags: u16, meter_id: u32, bands: meterBands })
/** A meter as it was made (section 7.3.5.13). `flags`: OFPMF_ bits. */
export type MeterConfig = Of<typeof meterConfig>

/** A number and padding at the end of a shape; Open vSwitch 3.1 leaves them out. */
export interface Tail extends Field<number | undefined> {
  readonly kind: 'tail'
}
const tail: Tail = {
  kind: 'tail',
  min: 0,
  fixed: false,
  read(r) {
    if (r.at === r.end) return undefined
    const value = u32.read(r)
    r.skip(4)
    return value
  },
  write(w, value) {
    if (value === undefined) return
    u32.write(w, value)
    w.skip(4)
  },
}

const meterFeaturesHead = { max_meter: u32, band_types: u32, capabilities: u32, max_bands: u8, max_color: u8 } as const
const meterFeatures15 = struct({ ...meterFeaturesHead, pad: pad(2), features: since(tail, undefined) })
/** Body of a meter_features reply (section 7.3.5.14). `band_types`: bit n for type n. */
export type MeterFeatures = Of<typeof meterFeatures15>

/** `struct ofp_meter_features`; `features`: OFPMFF_ bits of 1.5. */
export const meterFeatures = columns<MeterFeatures>({
  of13: struct({ ...meterFeaturesHead, pad: pad(2) }),
  of15: meterFeatures15,
})
