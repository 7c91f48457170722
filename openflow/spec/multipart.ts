/**
 * Multipart messages (section 7.3.5): one row per type with the shape of request and reply. A reply's body is one
 * part of what may be many; the flag OFPMPF_MORE says that another part follows.
 */

import { shown, WireError } from '../wire/error.ts'
import { type Field, fixedText, list, type Of, rest, u16, u32 } from '../wire/field.ts'
import { implied } from '../wire/narrow.ts'
import { pad, struct } from '../wire/struct.ts'
import {
  type ByVersion,
  columns,
  inVersion,
  notInVersion,
  numberIn,
  SPOKEN_VERSIONS,
  since,
  VERSIONS,
} from '../wire/version.ts'
import { bundleFeatures, bundleFeaturesRequest } from './bundle-features.ts'
import { GROUP_ALL, PORT_ANY } from './constants.ts'
import { controllerStatuses } from './controller-status.ts'
import { flowMonitorRequest, flowUpdate } from './flow-monitor.ts'
import { aggregateStats, flowCountersOnly, flowStats, flowStatsRequest, tableStats } from './flows.ts'
import { groupDesc, groupFeatures, groupStats, meterConfig, meterFeatures, meterStats } from './groups.ts'
import { nxAggregateStats, nxFlowStats, nxFlowStatsRequest } from './nicira-flows.ts'
import { nxIpfixStats } from './nicira-ipfix.ts'
import { nxFlowMonitorRequest, nxFlowUpdate } from './nicira-monitor.ts'
import { byPort10, byQueue10 } from './of10-ports.ts'
import { EXPERIMENTER } from './oxm-row.ts'
import { port, portStats, queueDesc, queueStats } from './ports.ts'
import { tableFeatures } from './table-features.ts'
import { tableDesc } from './tables.ts'

/** Id and 32 bit type of an experimenter's multipart type; they stand in front of the body. */
interface ExperimenterType {
  readonly id: number
  readonly type: number
}

export interface MultipartRow {
  readonly number: number | ByVersion<number>
  readonly experimenter?: ExperimenterType | ByVersion<ExperimenterType>
  readonly request: Field<never> | Field<unknown>
  readonly reply: Field<never> | Field<unknown>
}

const nothing = struct({})

const desc = struct({
  mfr_desc: fixedText(256),
  hw_desc: fixedText(256),
  sw_desc: fixedText(256),
  serial_num: fixedText(32),
  dp_desc: fixedText(256),
})
export type Desc = Of<typeof desc>

const byPort13 = struct({ port_no: u32, pad: pad(4) })
const byPort = columns<Of<typeof byPort13>>({ of10: byPort10, of13: byPort13 })
const byQueue13 = struct({ port_no: u32, queue_id: u32 })
const byQueue = columns<Of<typeof byQueue13>>({ of10: byQueue10, of13: byQueue13 })
const byGroup = struct({ group_id: u32, pad: pad(4) })
const byMeter = struct({ meter_id: u32, pad: pad(4) })
/** Vendors of 1.0 have no types. */
const experimenterBody13 = struct({ experimenter: u32, exp_type: u32, data: rest })
const experimenterBody = columns<Of<typeof experimenterBody13>>({
  of10: struct({ experimenter: u32, exp_type: implied<number>(0), data: rest }),
  of13: experimenterBody13,
})

/** All of them until 1.5, which can ask for one. */
const byGroupOrAll = struct({ group_id: since(u32, GROUP_ALL), pad: pad(4) })
const groupDescRequest = columns<{ group_id?: number }>({ of10: byGroupOrAll, of13: nothing, of15: byGroupOrAll })
const portDescRequest = columns<{ port_no?: number }>({
  of13: nothing,
  of15: struct({ port_no: since(u32, PORT_ANY), pad: pad(4) }),
})

export const MULTIPART = {
  desc: { number: 0, request: nothing, reply: desc },
  flow: { number: 1, request: flowStatsRequest, reply: list(flowStats) },
  aggregate: { number: 2, request: flowStatsRequest, reply: aggregateStats },
  table: { number: 3, request: nothing, reply: list(tableStats) },
  port_stats: { number: 4, request: byPort, reply: list(portStats) },
  queue: { number: 5, request: byQueue, reply: list(queueStats) },
  group: {
    number: { of10: 0xffff, of13: 6 },
    experimenter: { of10: { id: EXPERIMENTER.nicira, type: 7 } },
    request: byGroup,
    reply: list(groupStats),
  },
  group_desc: {
    number: { of10: 0xffff, of13: 7 },
    experimenter: { of10: { id: EXPERIMENTER.nicira, type: 8 } },
    request: groupDescRequest,
    reply: list(groupDesc),
  },
  group_features: {
    number: { of10: 0xffff, of13: 8 },
    experimenter: { of10: { id: EXPERIMENTER.nicira, type: 9 } },
    request: nothing,
    reply: groupFeatures,
  },
  meter: { number: { of13: 9 }, request: byMeter, reply: list(meterStats) },
  meter_config: { number: { of13: 10 }, request: byMeter, reply: list(meterConfig) },
  meter_features: { number: { of13: 11 }, request: nothing, reply: meterFeatures },
  table_features: { number: { of13: 12 }, request: list(tableFeatures), reply: list(tableFeatures) },
  /** Counters alone; what 1.5 calls flow descriptions is `flow`. */
  flow_stats: { number: { of15: 17 }, request: flowStatsRequest, reply: list(flowCountersOnly) },
  table_desc: { number: { of14: 14 }, request: nothing, reply: list(tableDesc) },
  queue_desc: { number: { of14: 15 }, request: byQueue, reply: list(queueDesc) },
  port_desc: { number: { of13: 13 }, request: portDescRequest, reply: list(port) },
  controller_status: { number: { of15: 18 }, request: nothing, reply: controllerStatuses },
  bundle_features: { number: { of15: 19 }, request: bundleFeaturesRequest, reply: bundleFeatures },
  /** EXT-187 on 1.3: the ONF's experimenter id. */
  flow_monitor: {
    number: { of13: 0xffff, of14: 16 },
    experimenter: { of13: { id: EXPERIMENTER.onf, type: 1870 }, of14: null },
    request: list(flowMonitorRequest),
    reply: list(flowUpdate),
  },
  nx_flow: {
    number: { of10: 0xffff },
    experimenter: { id: EXPERIMENTER.nicira, type: 0 },
    request: nxFlowStatsRequest,
    reply: list(nxFlowStats),
  },
  nx_aggregate: {
    number: { of10: 0xffff },
    experimenter: { id: EXPERIMENTER.nicira, type: 1 },
    request: nxFlowStatsRequest,
    reply: nxAggregateStats,
  },
  nx_flow_monitor: {
    number: { of10: 0xffff },
    experimenter: { id: EXPERIMENTER.nicira, type: 2 },
    request: list(nxFlowMonitorRequest),
    reply: list(nxFlowUpdate),
  },
  nx_ipfix_bridge: {
    number: 0xffff,
    experimenter: { id: EXPERIMENTER.nicira, type: 3 },
    request: nothing,
    reply: nxIpfixStats,
  },
  nx_ipfix_flow: {
    number: 0xffff,
    experimenter: { id: EXPERIMENTER.nicira, type: 4 },
    request: nothing,
    reply: list(nxIpfixStats),
  },
  experimenter: { number: 0xffff, request: experimenterBody, reply: experimenterBody },
} as const satisfies Record<string, MultipartRow>

/** `mp_type`: the specification's names; the same meaning has the same name in every version. */
export type MultipartName = keyof typeof MULTIPART

/** The members themselves, where editors would show how the type was made. */
type Plain<T> = T extends ReadonlyArray<infer E> ? Plain<E>[] : { [K in keyof T]: T[K] }

/** What follows the header of a request: flags (OFPMPF_REQ_MORE), type, and the body of that type. */
export type MultipartRequest = {
  [K in MultipartName]: { flags: number; mp_type: K; body: Plain<Of<(typeof MULTIPART)[K]['request']>> }
}[MultipartName]
/** The same of one part of a reply; OFPMPF_MORE in the flags says that another part follows. */
export type MultipartReply = {
  [K in MultipartName]: { flags: number; mp_type: K; body: Plain<Of<(typeof MULTIPART)[K]['reply']>> }
}[MultipartName]

type AnyPart = { flags: number; mp_type: MultipartName; body: unknown }

/** The rows as they are in one version. */
interface Table {
  readonly names: Map<number, MultipartName>
  /** Experimenter types that a row describes, by id and type. */
  readonly experimenters: Map<string, MultipartName>
}

const tables: Table[] = []
for (const version of SPOKEN_VERSIONS) {
  const table: Table = { names: new Map(), experimenters: new Map() }
  for (const name of Object.keys(MULTIPART) as MultipartName[]) {
    const row: MultipartRow = MULTIPART[name]
    const number = numberIn(row.number, version)
    const experimenter = experimenterIn(row, version)
    if (number === undefined) continue
    if (experimenter === undefined) table.names.set(number, name)
    else table.experimenters.set(`${experimenter.id}/${experimenter.type}`, name)
  }
  tables[version] = table
}

/** Whose a type is in a version; undefined for the specification's own. */
export function experimenterIn({ experimenter }: MultipartRow, version: number): ExperimenterType | undefined {
  if (experimenter === undefined) return undefined
  return 'id' in experimenter ? experimenter : inVersion(experimenter, version)
}

/** Since 1.3 the flags are followed by padding. */
const headerPadding = (version: number): number => (version === VERSIONS.of10 ? 0 : 4)

/** Nicira's statistics of 1.0 have padding behind their type. */
const typePadding = (version: number): number => (version === VERSIONS.of10 ? 4 : 0)

/** The members after the header: type, flags, body. A message's body field, so it is a struct of one piece. */
export function multipart<T>(side: 'request' | 'reply'): Field<T> {
  return {
    kind: 'multipart',
    min: 4,
    fixed: false,
    read(r) {
      const at = r.at
      const number = u16.read(r)
      const flags = u16.read(r)
      r.skip(headerPadding(r.version))
      const { names, experimenters } = tables[r.version]!
      let name = names.get(number)
      if (name === undefined) {
        const wrong = new WireError('bad_type', at, `multipart type ${number}`, {
          type: 'bad_request',
          code: 'bad_multipart',
        })
        throw wrong.within('mp_type')
      }
      if (name === 'experimenter' && r.end - r.at >= 8) {
        const special = experimenters.get(`${u32.read(r)}/${u32.read(r)}`)
        if (special === undefined) r.at -= 8
        else {
          name = special
          r.skip(typePadding(r.version))
        }
      }
      try {
        return { flags, mp_type: name, body: (MULTIPART[name][side] as Field<unknown>).read(r) } as T
      } catch (error) {
        throw error instanceof WireError ? error.within('body') : error
      }
    },
    write(w, value) {
      const { flags, mp_type, body } = value as unknown as AnyPart
      if (typeof mp_type !== 'string' || !Object.hasOwn(MULTIPART, mp_type)) {
        throw new WireError('unknown_name', w.at, `no such type: ${shown(mp_type)}`).within('mp_type')
      }
      const row: MultipartRow = MULTIPART[mp_type]
      const number = numberIn(row.number, w.version)
      if (number === undefined) throw notInVersion(w.at, w.version, `multipart type ${mp_type}`).within('mp_type')
      u16.write(w, number)
      u16.write(w, flags)
      w.skip(headerPadding(w.version))
      const experimenter = experimenterIn(row, w.version)
      if (experimenter !== undefined) {
        u32.write(w, experimenter.id)
        u32.write(w, experimenter.type)
        w.skip(typePadding(w.version))
      }
      try {
        ;(row[side] as Field<unknown>).write(w, body)
      } catch (error) {
        throw error instanceof WireError ? error.within('body') : error
      }
    },
  }
}

/** Whether a version has such a multipart type. */
export function hasMultipart(name: MultipartName, version: number): boolean {
  return numberIn(MULTIPART[name].number, version) !== undefined
}
