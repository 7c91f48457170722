/**
 * os-ken's account of shapes that OpenFlow 1.5 spells otherwise, told as those of 1.3: counters, buckets and ports in
 * lists become the members that our values have. What stays a list in ours, because no members say it, is kept.
 */
import type { Account } from './os-ken-account.ts'

type Members = { readonly [key: string]: Account }

const ABSENT_32 = 0xffff_ffff
const ABSENT_64 = '0xffffffffffffffff'
const ANY = 0xffff_ffff

/** The members of the one class in an account. */
const inside = (account: Account | undefined): Members => Object.values(account as Members)[0] as Members
/** Field and value of each TLV. */
const tlvs = (list: Account | undefined): ReadonlyMap<string, Account> =>
  new Map((list as Account[]).map(inside).map(({ field, value }) => [String(field), value!]))

/** `stats` as members. The list, too, where ours has it. */
function counters(stats: Account, ours: object, aggregate: boolean): Members {
  const list = inside(stats)['oxs_fields']!
  const said = tlvs(list)
  const [sec, nsec] = (said.get('duration') ?? [ABSENT_32, ABSENT_32]) as [number, number]
  const idle = said.get('idle_time') as [number, number] | undefined
  return {
    ...(aggregate
      ? { flow_count: said.get('flow_count') ?? ABSENT_32 }
      : {
          duration_sec: sec,
          duration_nsec: nsec,
          ...(idle && { idle_time: { Time: { sec: idle[0], nsec: idle[1] } } }),
        }),
    packet_count: said.get('packet_count') ?? ABSENT_64,
    byte_count: said.get('byte_count') ?? ABSENT_64,
    ...('stats' in ours && { stats: list }),
  }
}

function bucket(account: Account, ours: object, select: boolean): Account {
  const { bucket_id, actions, properties } = inside(account)
  const said = (kind: number, key: string, otherwise: number): Account => {
    const found = (properties as Account[]).map(inside).find(({ type }) => type === kind)
    return found?.[key] ?? otherwise
  }
  return {
    Bucket: {
      bucket_id: bucket_id!,
      actions: actions!,
      weight: said(0, 'weight', select ? 1 : 0),
      watch_port: said(1, 'watch', ANY),
      watch_group: said(2, 'watch', ANY),
      ...('properties' in ours && { properties: properties! }),
    },
  }
}

/** Class and members of 1.5 as those that 1.3 would have; the same objects where nothing changed. */
export function asBefore(cls: string, members: Members, ours: object): readonly [string, Members] {
  const { stats, buckets, match, oxm_ids, thresholds, ref_count, capabilities, ...rest } = members
  const same = [cls, members] as const
  switch (cls) {
    case 'OFPFlowDesc':
    case 'OFPFlowStats':
    case 'OFPFlowRemoved':
    case 'OFPAggregateStats': {
      if (stats === undefined || Array.isArray(stats)) return same
      const others = match === undefined ? rest : { ...rest, match }
      return [cls, { ...others, ...counters(stats, ours, cls === 'OFPAggregateStats') }]
    }
    case 'OXSTlv': {
      const { field, value } = members
      return Array.isArray(value) ? ['OXSTlv', { field: field!, sec: value[0]!, nsec: value[1]! }] : same
    }
    case 'OFPInstructionStatTrigger':
      return Array.isArray(thresholds) ? same : [cls, { ...rest, thresholds: inside(thresholds)['oxs_fields']! }]
    case 'OFPGroupMod':
    case 'OFPGroupDescStats': {
      const { bucket_array_len, properties, ...others } = rest
      if (bucket_array_len === undefined) return same
      const mine = (ours as { buckets: object[] }).buckets
      const all = (buckets as Account[]).map((one, i) => bucket(one, mine[i]!, rest['type'] === 1))
      const more = (properties as Account[]).length === 0 ? {} : { properties: properties! }
      return [cls, { ...others, ...more, buckets: all }]
    }
    case 'OFPPacketOut': {
      if (match === undefined || 'in_port' in members) return same
      const { in_port } = Object.fromEntries(tlvs(inside(match)['oxm_fields']))
      return [cls, { ...rest, in_port: in_port!, ...('match' in ours && { match }) }]
    }
    case 'OFPActionCopyField': {
      if (oxm_ids === undefined) return same
      const [src, dst] = (oxm_ids as Account[]).map((id) => inside(id)['type']!)
      return [cls, { ...rest, src: src!, dst: dst! }]
    }
    case 'OFPMeterStats':
      return ref_count === undefined ? same : [cls, { ...rest, flow_count: ref_count }]
    case 'OFPTableFeaturesStats':
      return capabilities === undefined ? same : [cls, { ...rest, config: capabilities }]
    default:
      return same
  }
}
