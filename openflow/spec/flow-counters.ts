/**
 * What has been counted of flows: plain members until 1.4, OXS fields in 1.5 (`oxs.ts`). Knows which fields say what
 * the members say. A counter that the switch does not have is all ones in a member (1.3.5 section 7.3.5), and no field.
 */

import { U64_MAX } from '../wire/field.ts'
import type { Oxs } from './oxs.ts'

type OxsNamed<N extends Oxs['field']> = Extract<Oxs, { field: N }>

const NO_COUNT = 0xffff_ffff

function first<N extends Oxs['field']>(fields: readonly Oxs[], name: N): OxsNamed<N> | undefined {
  return fields.find((one): one is OxsNamed<N> => one.field === name)
}

/** Counters of one flow. */
export interface FlowCounters {
  duration_sec: number
  duration_nsec: number
  /** Time since the last packet; only 1.5 tells it, and only if the switch knows. */
  idle_time?: { sec: number; nsec: number }
  packet_count: bigint
  byte_count: bigint
}

/** The spelling of `FlowCounters`, in the order that Open vSwitch writes. */
export const flowCounters = {
  members(fields: readonly Oxs[]): FlowCounters {
    const duration = first(fields, 'duration')
    const idle = first(fields, 'idle_time')
    return {
      duration_sec: duration?.sec ?? NO_COUNT,
      duration_nsec: duration?.nsec ?? NO_COUNT,
      ...(idle === undefined ? {} : { idle_time: { sec: idle.sec, nsec: idle.nsec } }),
      packet_count: first(fields, 'packet_count')?.value ?? U64_MAX,
      byte_count: first(fields, 'byte_count')?.value ?? U64_MAX,
    }
  },
  canonical({ duration_sec: sec, duration_nsec: nsec, idle_time, packet_count, byte_count }: FlowCounters): Oxs[] {
    const fields: Oxs[] = []
    if (sec !== NO_COUNT || nsec !== NO_COUNT) fields.push({ field: 'duration', sec, nsec })
    if (idle_time !== undefined) fields.push({ ...idle_time, field: 'idle_time' })
    if (packet_count !== U64_MAX) fields.push({ field: 'packet_count', value: packet_count })
    if (byte_count !== U64_MAX) fields.push({ field: 'byte_count', value: byte_count })
    return fields
  },
  optional: { idle_time: undefined },
}

/** Counters of all the flows that a request covers. */
export interface AggregateCounters {
  packet_count: bigint
  byte_count: bigint
  flow_count: number
}

export const aggregateCounters = {
  members: (fields: readonly Oxs[]): AggregateCounters => ({
    packet_count: first(fields, 'packet_count')?.value ?? U64_MAX,
    byte_count: first(fields, 'byte_count')?.value ?? U64_MAX,
    flow_count: first(fields, 'flow_count')?.value ?? NO_COUNT,
  }),
  canonical({ packet_count, byte_count, flow_count }: AggregateCounters): Oxs[] {
    const fields: Oxs[] = []
    if (packet_count !== U64_MAX) fields.push({ field: 'packet_count', value: packet_count })
    if (byte_count !== U64_MAX) fields.push({ field: 'byte_count', value: byte_count })
    if (flow_count !== NO_COUNT) fields.push({ field: 'flow_count', value: flow_count })
    return fields
  },
}
