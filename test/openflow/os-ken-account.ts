/**
 * os-ken's account of a message (its to_jsondict) against ours: every member that os-ken tells has the value there,
 * under our names. Knows os-ken's classes of OpenFlow 1.3 to 1.5 and what they call otherwise; those that 1.5 spells
 * as lists are in os-ken-account-1.5.ts.
 */
import { expect } from 'chai'
import { ACTIONS, errorKind, INSTRUCTIONS, MULTIPART, OXM } from 'node-openflow'
import { ASYNC_PROPERTIES } from '../../openflow/spec/async-properties.ts'
import { BUNDLE_FEATURES_PROPERTIES } from '../../openflow/spec/bundle-features.ts'
import { CONTROLLER_STATUS_PROPERTIES } from '../../openflow/spec/controller-status.ts'
import { BUNDLE_PROPERTIES } from '../../openflow/spec/experimenter.ts'
import { BUCKET_PROPERTIES, METER_BANDS } from '../../openflow/spec/groups.ts'
import {
  PORT_MOD_PROPERTIES,
  PORT_PROPERTIES,
  PORT_STATS_PROPERTIES,
  QUEUE_DESC_PROPERTIES,
} from '../../openflow/spec/ports.ts'
import { EXPERIMENTER_PROPERTY } from '../../openflow/spec/properties.ts'
import { TABLE_FEATURE_PROPERTIES } from '../../openflow/spec/table-features.ts'
import { TABLE_MOD_PROPERTIES } from '../../openflow/spec/tables.ts'
import { type ByVersion, numberIn, VERSIONS, type Version } from '../../openflow/wire/version.ts'
import { asBefore } from './os-ken-account-1.5.ts'

/** What is compared, for messages of failures, and in which version's numbers. */
interface Comparison {
  readonly name: string
  readonly version: Version
}

export type Account = null | number | string | Account[] | { [key: string]: Account }

/** Names that are ours alone, of classes' members. */
const RENAMED: Readonly<Record<string, string>> = {
  'OFPGroupMod.type': 'group_type',
  'OFPGroupDescStats.type': 'group_type',
  'OFPErrorMsg.type': 'error_type',
  'OFPHelloElemVersionBitmap.versions': 'bitmaps',
  'OFPTableFeaturePropNextTables.table_ids': 'next_table_ids',
  'OFPBundleCtrlMsg.type': 'bundle_type',
}
const LENGTHS = new Set(['len', 'length', 'actions_len', 'property'])

/** Where a class's number `type` stands among our names. */
type NumberedRow = { readonly number: number | ByVersion<number> }

const NUMBERS: ReadonlyArray<readonly [RegExp, Readonly<Record<string, NumberedRow>>, 'type' | 'mp_type']> = [
  [/^OFPAction/, { ...ACTIONS, experimenter: { number: 0xffff } }, 'type'],
  [/^OFPInstruction/, INSTRUCTIONS, 'type'],
  [/^OFPMeterBand/, METER_BANDS, 'type'],
  [/^OFPTableFeatureProp/, TABLE_FEATURE_PROPERTIES, 'type'],
  [/^OFPPortDescProp/, PORT_PROPERTIES, 'type'],
  [/^OFPPortModProp/, PORT_MOD_PROPERTIES, 'type'],
  [/^OFPPortStatsProp/, PORT_STATS_PROPERTIES, 'type'],
  [/^OFPQueueDescProp/, QUEUE_DESC_PROPERTIES, 'type'],
  [/^OFPTableModProp/, TABLE_MOD_PROPERTIES, 'type'],
  [/^OFPAsyncConfigProp/, ASYNC_PROPERTIES, 'type'],
  [/^OFPGroupBucketProp/, BUCKET_PROPERTIES, 'type'],
  [/^OFPBundleFeaturesProp/, BUNDLE_FEATURES_PROPERTIES, 'type'],
  [/^OFPBundleProp/, BUNDLE_PROPERTIES, 'type'],
  [/^OFPControllerStatusProp/, CONTROLLER_STATUS_PROPERTIES, 'type'],
  [/^OFP(Queue|Role|Group)\w*Prop/, { experimenter: EXPERIMENTER_PROPERTY }, 'type'],
  [/(Stats|FlowMonitor)(Request|Reply)$/, MULTIPART, 'mp_type'],
]

const REMOVED = ['idle_timeout', 'hard_timeout', 'delete', 'group_delete', 'meter_delete', 'eviction']
const EVENTS = ['initial', 'added', 'removed', 'modified', 'abbrev', 'paused', 'resumed']

const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  'OFPFlowMod.command': ['add', 'modify', 'modify_strict', 'delete', 'delete_strict'],
  'OFPGroupMod.command': ['add', 'modify', 'delete', 'insert_bucket', '', 'remove_bucket'],
  'OFPMeterMod.command': ['add', 'modify', 'delete'],
  'OFPGroupMod.type': ['all', 'select', 'indirect', 'ff'],
  'OFPGroupDescStats.type': ['all', 'select', 'indirect', 'ff'],
  'OFPRoleRequest.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPRoleReply.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPPacketIn.reason': ['no_match', 'action', 'invalid_ttl', 'action_set', 'group', 'packet_out'],
  'OFPPortStatus.reason': ['add', 'delete', 'modify'],
  'OFPFlowRemoved.reason': REMOVED,
  'OFPFlowUpdateFull.reason': REMOVED,
  'OFPFlowUpdateFull.event': EVENTS,
  'OFPFlowUpdateAbbrev.event': EVENTS,
  'OFPFlowUpdatePaused.event': EVENTS,
  'OFPFlowMonitorRequest.command': ['add', 'modify', 'delete'],
  'OFPFlowStats.reason': ['stats_request', 'stat_trigger'],
  'OFPTableFeaturesStats.command': ['replace', 'modify', 'enable', 'disable'],
  'OFPControllerStatusStats.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPControllerStatusStats.channel_status': ['up', 'down'],
  'OFPControllerStatusStats.reason': [
    ...['request', 'channel_status', 'role', 'controller_added', 'controller_removed', 'short_id', 'experimenter'],
  ],
  'OFPRoleStatus.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPRoleStatus.reason': ['master_request', 'config', 'experimenter'],
  'OFPTableStatus.reason': ['', '', '', 'vacancy_down', 'vacancy_up'],
  'OFPBundleCtrlMsg.type': ['open', 'close', 'commit', 'discard'].flatMap((one) => [`${one}_request`, `${one}_reply`]),
}

const COUNTERS = ['rx_frame_err', 'rx_over_err', 'rx_crc_err', 'collisions']
const MODES = ['curr', 'advertised', 'supported', 'peer', 'curr_speed', 'max_speed']
const MASKS = ['packet_in', 'port_status', 'flow_removed'].flatMap((one) => [`${one}_mask_master`, `${one}_mask_slave`])
const all = (keys: readonly string[], value: number | string): Array<readonly [string, Account]> =>
  keys.map((key) => [key, value])

/** Classes whose properties stand as plain members in ours too, and what those are where no property says them. */
const UNSAID: Readonly<Record<string, ReadonlyArray<readonly [string, Account]>>> = {
  OFPPort: all(MODES, 0),
  OFPPortMod: all(['advertise'], 0),
  OFPPortStats: all(COUNTERS, '0xffffffffffffffff'),
  OFPQueueStats: [],
  OFPTableMod: [],
  OFPSetAsync: all(MASKS, 0),
  OFPGetAsyncReply: all(MASKS, 0),
}

/** Paths of all values but type and xid. */
export function leaves(value: unknown, path: string): string[] {
  if (value instanceof Uint8Array) return value.length === 0 ? [] : [path]
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'type' || key === 'xid' ? [] : leaves(member, `${path}.${key}`),
  )
}

/** Throws where the two differ; `seen` gathers the paths of ours that the account tells. */
export function agree(account: Account, ours: unknown, compared: Comparison, path: string, seen: Set<string>): void {
  const at = `${compared.name}${path}`
  if (account === null) {
    expect(ours === undefined || (ours instanceof Uint8Array && ours.length === 0), at).to.equal(true)
    seen.add(path)
  } else if (Array.isArray(account)) {
    expect(ours, at).to.be.an('array').of.length(account.length)
    account.forEach((one, i) => {
      agree(one, (ours as unknown[])[i], compared, `${path}.${i}`, seen)
    })
  } else if (typeof account === 'object') {
    const [[cls, members]] = Object.entries(account) as [[string, Account]]
    agreeClass(cls, members as { [key: string]: Account }, ours, compared, path, seen)
  } else {
    expect(plain(ours), at).to.equal(plainAccount(account, ours))
    seen.add(path)
  }
}

function agreeClass(
  cls: string,
  members: { [key: string]: Account },
  ours: unknown,
  compared: Comparison,
  path: string,
  seen: Set<string>,
): void {
  const at = `${compared.name}${path} ${cls}`
  if (compared.version === VERSIONS.of15) {
    const [name, told] = asBefore(cls, members, ours as object)
    if (name !== cls || told !== members) {
      agreeClass(name, told, ours, compared, path, seen)
      return
    }
  }
  const to = (key: string, value: Account): void => {
    agree(value, (ours as Record<string, unknown>)[key], compared, `${path}.${key}`, seen)
  }
  if (cls === 'OFPMatch') {
    agree(members['oxm_fields']!, ours, compared, path, seen)
    return
  }
  if (cls === 'OXMTlv') {
    // The fields that os-ken names otherwise.
    const field = String(members['field']).replace(/^tun_ipv4_(src|dst)$/, 'tun_$1')
    agree({ _: { ...members, field } }, ours, compared, path, seen)
    return
  }
  if (cls === 'OFPInstructionId' || cls === 'OFPActionId') {
    const table = cls === 'OFPActionId' ? ACTIONS : INSTRUCTIONS
    expect(
      numberIn((table as Readonly<Record<string, NumberedRow>>)[ours as string]!.number, compared.version),
      at,
    ).to.equal(members['type'])
    seen.add(path)
    return
  }
  if (cls === 'OFPOxmId') {
    // os-ken writes these headers with length 0, so that they are nobody's and stay numbers: class, field, mask bit.
    const id = ours as { header: number } | { field: string; masked: boolean }
    if ('field' in id) {
      expect([id.field, id.masked], at).to.deep.equal([members['type'], Boolean(members['hasmask'])])
      seen.add(`${path}.field`).add(`${path}.masked`)
      return
    }
    const { header } = id
    const row = OXM[members['type'] as 'in_port']
    expect([header >>> 16, (header >>> 9) & 0x7f, header & 0x1ff], at).to.deep.equal([
      row.class,
      row.id,
      members['hasmask'] ? 0x100 : 0,
    ])
    seen.add(`${path}.header`)
    return
  }
  const { properties } = members
  const unsaid = UNSAID[cls]
  if (unsaid !== undefined && Array.isArray(properties)) {
    const said = new Map(unsaid)
    for (const property of [...properties].reverse() as Array<Record<string, { [key: string]: Account }>>) {
      const [[kind, { type, length: _, ...plain }]] = Object.entries(property) as [[string, { [key: string]: Account }]]
      if (kind.endsWith('Ethernet')) for (const [key, value] of Object.entries(plain)) said.set(key, value)
      if (kind === 'OFPAsyncConfigPropReasons') said.set(maskName(type as number, compared.version), plain['mask']!)
    }
    for (const [key, value] of said) to(key, value)
    const { properties: list } = ours as { properties?: unknown }
    const { properties: _, ...others } = members
    agreeClass(cls, list === undefined ? others : { ...others, ' properties': properties }, ours, compared, path, seen)
    return
  }
  if ((cls === 'OFPSetAsync' || cls === 'OFPGetAsyncReply') && 'packet_in_mask' in members) {
    for (const [key, [master, slave]] of Object.entries(members) as Array<[string, [number, number]]>) {
      to(`${key}_master`, master)
      to(`${key}_slave`, slave)
    }
    return
  }
  if (cls === 'OFPGroupFeaturesStats') {
    for (const [key, value] of Object.entries(members)) {
      if (!Array.isArray(value)) to(key, value)
      else
        ['all', 'select', 'indirect', 'ff'].forEach((kind, i) => {
          to(`${key}_${kind}`, value[i]!)
        })
    }
    return
  }
  if (cls === 'OFPFlowMonitorRequest') {
    const { monitor_flags, monitor_id, flags, type, ...rest } = members
    const { body, ...header } = ours as { body: unknown[] }
    agree({ OFPMultipartRequest: { flags: flags!, mp_type: 'flow_monitor' } }, header, compared, path, seen)
    const request = { ...rest, flags: monitor_flags!, id: monitor_id! }
    agreeClass('OFPFlowMonitorRequest.', request, body[0], compared, `${path}.body.0`, seen)
    expect(type, at).to.equal(16)
    return
  }
  const numbers = NUMBERS.find(([pattern]) => pattern.test(cls))
  const asked =
    /^OFP(Flow|Aggregate|Port|Queue|Group|Meter)(Desc|Config)?StatsRequest$|^OFP(Experimenter|BundleFeatures)StatsRequest$/.test(
      cls,
    )
  for (const [key, value] of Object.entries(members)) {
    const full = `${cls.replace(/\.$/, '')}.${key}`
    if (key === ' properties') {
      to('properties', value)
      continue
    }
    // os-ken keeps the data of an experimenter as numbers of 32 bits.
    if (/PropExperimenter$/.test(cls) && key === 'data') {
      const octets = (ours as { data: Uint8Array }).data
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
      expect(
        (value as number[]).map((_, i) => view.getUint32(4 * i)),
        at,
      ).to.deep.equal(value)
      expect(octets.length, at).to.equal((value as number[]).length * 4)
      seen.add(`${path}.data`)
      continue
    }
    if (full === 'OFPTableFeaturePropNextTables.table_ids' && 'table_ids' in (ours as object)) {
      to(key, value)
      continue
    }
    if (LENGTHS.has(key)) continue
    // os-ken has one class for the three instructions; one of them has no actions.
    if (key === 'actions' && (ours as { type?: string }).type === 'clear_actions') continue
    if (key === 'type' && RENAMED[full] === undefined) {
      if (numbers !== undefined) {
        const [, table, mine] = numbers
        expect(numberIn(table[(ours as Record<string, string>)[mine]!]!.number, compared.version), at).to.equal(value)
        if (mine === 'mp_type') seen.add(`${path}.mp_type`)
      }
      continue
    }
    if (full === 'OFPHelloElemVersionBitmap.versions') {
      to('bitmaps', [(value as number[]).reduce((sum, version) => sum + 2 ** version, 0)])
      continue
    }
    const names = ENUMERATIONS[full]
    const mine = RENAMED[full] ?? key
    const path2 = asked && key !== 'flags' ? `body.${mine}` : mine
    const member = path2.split('.').reduce<unknown>((object, k) => (object as Record<string, unknown>)[k], ours)
    // os-ken puts the one body of meter_features into a list.
    const listed = cls === 'OFPMeterFeaturesStatsReply' && Array.isArray(value) && value.length === 1
    let wanted = listed ? value[0]! : names === undefined ? value : names[value as number]!
    if (full === 'OFPErrorMsg.type') wanted = errorKind(value as number, 0, compared.version).error_type
    if (full === 'OFPErrorMsg.code')
      wanted = errorKind(members['type'] as number, value as number, compared.version).code
    agree(wanted, member, compared, `${path}.${path2}`, seen)
  }
}

/** The member of a mask by its property's number. */
function maskName(type: number, version: Version): string {
  const rows = Object.entries<NumberedRow>(ASYNC_PROPERTIES)
  const [name] = rows.find(([, { number }]) => numberIn(number, version) === type)!
  return name.replace(/_(?=master$|slave$)/, '_mask_')
}

/** Our value as text or number that compares. */
function plain(ours: unknown): string {
  if (ours instanceof Uint8Array) return Buffer.from(ours).toString('base64')
  return String(ours)
}

/** os-ken's scalar in the form of ours: addresses as numbers. */
function plainAccount(account: number | string, ours: unknown): string {
  if (typeof account === 'number' || typeof ours === 'string' || ours instanceof Uint8Array) return String(account)
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(account)) return String(Number(`0x${account.replaceAll(':', '')}`))
  if (/^\d+\.\d+\.\d+\.\d+$/.test(account))
    return String(account.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
  if (account.includes(':')) return String(ipv6(account))
  return String(BigInt(account))
}

function ipv6(address: string): bigint {
  const [front, back] = address.split('::') as [string, string | undefined]
  const head = front === '' ? [] : front.split(':')
  const tail = back === undefined || back === '' ? [] : back.split(':')
  const middle = back === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...middle, ...tail].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
