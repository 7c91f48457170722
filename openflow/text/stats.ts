/**
 * Statistics (multipart requests and replies) in text, one entry per line or paragraph, as ovs-ofctl prints them.
 * Tables like the one before them are said to be so in one line.
 */

import { GROUP_ALL, PORT_ALL } from '../spec/constants.ts'
import type { TableStats } from '../spec/flows.ts'
import type { GroupFeatures } from '../spec/groups.ts'
import type { MessageNamed } from '../spec/message.ts'
import type { OxmId } from '../spec/oxm.ts'
import type { TableFeatures } from '../spec/table-features.ts'
import { U64_MAX } from '../wire/field.ts'
import { sameContent } from '../wire/spelled.ts'
import { VERSIONS } from '../wire/version.ts'
import { formatInstructions } from './actions.ts'
import { listed, names } from './bits.ts'
import { shortened } from './field-list.ts'
import { formatDuration, formatFlow, formatFlowCounters } from './flow.ts'
import { formatGroup } from './group.ts'
import { formatMatch } from './match.ts'
import { formatMeter, METER_FLAGS, meterName } from './meter.ts'
import { fieldText, formatPort, type TextOptions } from './names.ts'
import { ipfixText } from './nicira.ts'
import { ACTIONS_10, wildFields10 } from './of10.ts'
import { formatPortStats, formatPorts, formatQueueStats, formatQueues } from './ports.ts'
import { hex } from './scan.ts'
import { formatTableDesc } from './tables.ts'
import { octetsText } from './values.ts'

export interface MessageTextOptions extends TextOptions {
  /** Prints the packet that a message carries; without it packets are not shown. */
  readonly packet?: ((octets: Uint8Array) => string) | undefined
}

const ANY = 0xffffffff
const ALL_TABLES = 0xff

type Request = MessageNamed<'multipart_request'>
type Reply = MessageNamed<'multipart_reply'>

/** The body of a multipart message: starting with a blank or a newline, or empty. */
export function multipartText(message: Request | Reply, options: MessageTextOptions): string {
  return message.type === 'multipart_request' ? request(message, options) : reply(message, options)
}

function request(message: Request, options: MessageTextOptions): string {
  switch (message.mp_type) {
    case 'flow':
    case 'flow_stats':
    case 'aggregate':
      return flowRequest(message.body, options)
    case 'port_stats':
      return ` port_no=${formatPort(message.body.port_no, options)}`
    case 'port_desc':
      return ` port=${formatPort(message.body.port_no ?? ANY, options)}`
    case 'queue': {
      const { port_no, queue_id } = message.body
      // OFPP_ALL and OFPP_NONE of 1.0 mean the same to Open vSwitch.
      const port = options.version === VERSIONS.of10 && port_no === PORT_ALL ? ANY : port_no
      return ` port=${formatPort(port, options)} queue=${queue_id === ANY ? 'ALL' : queue_id}`
    }
    case 'queue_desc': {
      const { port_no, queue_id } = message.body
      return ` port=${formatPort(port_no, options)}${queue_id === ANY ? '' : ` queue=${queue_id}`}`
    }
    case 'group':
    case 'group_desc': {
      const { group_id = GROUP_ALL } = message.body
      return ` group_id=${group_id === GROUP_ALL ? 'ALL' : group_id}`
    }
    case 'meter':
    case 'meter_config':
      return ` meter=${meterName(message.body.meter_id)}`
    case 'table_features':
      return tableFeatures(message.body)
    case 'flow_monitor':
      return message.body.map((monitor) => `\n ${monitorRequest(monitor, options)}`).join('')
    case 'experimenter':
      return experimenterBody(message.body)
    default:
      return ''
  }
}

const spaced = (text: string): string => (text === '' ? '' : ` ${text}`)

function reply(message: Reply, options: MessageTextOptions): string {
  switch (message.mp_type) {
    case 'desc': {
      const { mfr_desc, hw_desc, sw_desc, serial_num, dp_desc } = message.body
      return `\nManufacturer: ${mfr_desc}\nHardware: ${hw_desc}\nSoftware: ${sw_desc}\nSerial Num: ${serial_num}\nDP Description: ${dp_desc}`
    }
    case 'flow':
      return message.body.map((flow) => `\n ${formatFlow(flow, { ...options, style: 'dump' })}`).join('')
    case 'controller_status':
    case 'bundle_features':
      return ''
    case 'flow_stats':
      return message.body.map((flow) => `\n ${formatFlowCounters(flow, options)}`).join('')
    case 'aggregate': {
      const { packet_count, byte_count, flow_count } = message.body
      return ` packet_count=${packet_count} byte_count=${byte_count} flow_count=${flow_count}`
    }
    case 'table':
      return tableStats(message.body)
    case 'port_stats':
      return ` ${message.body.length} ports${message.body.map((stats) => formatPortStats(stats, options)).join('')}`
    case 'port_desc':
      return formatPorts(message.body, options)
    case 'queue':
      return ` ${message.body.length} queues${message.body.map((stats) => formatQueueStats(stats, options)).join('')}`
    case 'queue_desc':
      return spaced(
        formatQueues(
          message.body.map((queue) => ({ ...queue, port: queue.port_no })),
          options,
        ),
      )
    case 'table_desc':
      return message.body.map(formatTableDesc).join('\n')
    case 'group':
      return message.body.map((stats) => `\n ${groupStats(stats)}`).join('')
    case 'group_desc':
      return message.body.map((group) => `\n ${formatGroup(group, options)}`).join('')
    case 'group_features':
      return groupFeatures(message.body, options.version)
    case 'meter':
      return message.body.map((stats) => `\n${meterStats(stats)}`).join('\n')
    case 'meter_config':
      return message.body.map((meter) => `\n${formatMeter(meter)}`).join('\n')
    case 'meter_features': {
      const { max_meter, max_bands, max_color, band_types, capabilities } = message.body
      return `\nmax_meter:${max_meter} max_bands:${max_bands} max_color:${max_color}\nband_types: ${names(band_types, BAND_TYPES)}\ncapabilities: ${names(capabilities, METER_FLAGS)}`
    }
    case 'table_features':
      return tableFeatures(message.body)
    case 'flow_monitor':
      return message.body.map((update) => `\n ${flowUpdate(update, options)}`).join('')
    case 'nx_ipfix_bridge':
    case 'nx_ipfix_flow':
      return ipfixText(message.body)
    case 'experimenter':
      return experimenterBody(message.body)
    default:
      return ''
  }
}

function experimenterBody(body: { experimenter: number; exp_type: number; data: Uint8Array }): string {
  return ` experimenter=0x${body.experimenter.toString(16)} type=0x${body.exp_type.toString(16)} data=${octetsText(body.data)}`
}

type FlowRequest = Extract<Request, { mp_type: 'flow' }>['body']

function flowRequest(body: FlowRequest, options: TextOptions): string {
  const { table_id, out_port, out_group, cookie, cookie_mask } = body
  let out = ''
  if (table_id !== ALL_TABLES) out += ` table=${table_id}`
  if (out_port !== ANY) out += ` out_port=${formatPort(out_port, options)}`
  if (out_group !== ANY) out += ` out_group=${out_group}`
  if (cookie_mask !== 0n) out += ` cookie=0x${cookie.toString(16)}/0x${cookie_mask.toString(16)}`
  const match = formatMatch(body.match, options)
  return match === '' ? out : `${out} ${match}`
}

type GroupStats = Extract<Reply, { mp_type: 'group' }>['body'][number]

function groupStats(stats: GroupStats): string {
  const { group_id, duration_sec, duration_nsec, ref_count, packet_count, byte_count, bucket_stats } = stats
  const buckets = bucket_stats.map((b, i) =>
    b.packet_count === U64_MAX ? '' : `,bucket${i}:packet_count=${b.packet_count},byte_count=${b.byte_count}`,
  )
  const duration = duration_sec === ANY ? '' : `,duration=${formatDuration(duration_sec, duration_nsec)}`
  return `group_id=${group_id}${duration},ref_count=${ref_count},packet_count=${packet_count},byte_count=${byte_count}${buckets.join('')}`
}

const GROUP_KINDS = [
  ['all', 'all'],
  ['select', 'select'],
  ['indirect', 'indirect'],
  ['fast failover', 'ff'],
] as const

/** Bits of a group's actions that Open vSwitch has, in the order in which it lists them. */
const GROUP_ACTIONS = [
  [0, 'output'],
  [22, 'group'],
  [25, 'set_field'],
  [18, 'strip_vlan'],
  [17, 'push_vlan'],
  [23, 'mod_nw_ttl'],
  [24, 'dec_ttl'],
  [15, 'set_mpls_ttl'],
  [16, 'dec_mpls_ttl'],
  [19, 'push_mpls'],
  [20, 'pop_mpls'],
  [21, 'set_queue'],
] as const

const digits = (bits: number): string => `0x${bits.toString(16)}`

function groupFeatures(features: GroupFeatures, version: number | undefined): string {
  let out = `\n Group table:\n    Types:  ${digits(features.types)}\n    Capabilities:  ${digits(features.capabilities)}`
  GROUP_KINDS.forEach(([title, kind], bit) => {
    if (!((features.types >>> bit) & 1)) return
    const bits = features[`actions_${kind}`]
    const actions = listed(bits, version === VERSIONS.of10 ? ACTIONS_10 : GROUP_ACTIONS)
    out += `\n    ${title} group:\n       max_groups=${hex(features[`max_groups_${kind}`])}`
    out += `\n       actions: ${actions === '' ? '<none>' : actions}`
  })
  return out
}

const BAND_TYPES = [undefined, 'drop', 'dscp_remark']
type MeterStats = Extract<Reply, { mp_type: 'meter' }>['body'][number]

function meterStats(stats: MeterStats): string {
  const { meter_id, flow_count, packet_in_count, byte_in_count, duration_sec, duration_nsec, band_stats } = stats
  const bands = band_stats.map((b, i) => `\n${i}: packet_count:${b.packet_band_count} byte_count:${b.byte_band_count}`)
  return `meter:${meterName(meter_id)} flow_count:${flow_count} packet_in_count:${packet_in_count} byte_in_count:${byte_in_count} duration:${formatDuration(duration_sec, duration_nsec)} bands:${bands.join('')}`
}

/** What a table's statistics say beside its number, a line each; max_entries and fields only in 1.0. */
function tableLines(table: TableStats, before: TableStats | undefined): string[] {
  const { max_entries = 0, wildcards = 0 } = table
  const lines = [`    active=${table.active_count}, lookup=${table.lookup_count}, matched=${table.matched_count}`]
  const sameFields = before !== undefined && wildcards === before.wildcards
  if (sameFields && max_entries === before.max_entries) {
    return max_entries === 0 && wildcards === 0 ? lines : [...lines, '    (same features)']
  }
  if (max_entries !== 0) lines.push(`    max_entries=${max_entries}`)
  const fields = wildFields10(wildcards)
  if (fields.length === 0) return lines
  if (sameFields) return [...lines, '    (same matching)']
  return [...lines, '    matching:', `      exact match or wildcard: ${shortened(fields)}`]
}

/** Tables; those like the one before them only as `ditto`, in one line if they have no names. */
function tableStats(tables: readonly TableStats[]): string {
  let out = ''
  let ditto: number[] = []
  const end = (): void => {
    if (ditto.length === 0) return
    const [first, last] = [ditto[0], ditto.at(-1)]
    out += `\n  ${ditto.length === 1 ? `table ${first}` : `tables ${first}...${last}`}: ditto\n`
    ditto = []
  }
  tables.forEach((table, i) => {
    const before = tables[i - 1]
    const { table_id, name = '', ...rest } = table
    const same = before !== undefined && sameContent(rest, { ...before, table_id: undefined, name: undefined })
    if (same && name === '') {
      ditto.push(table_id)
      return
    }
    end()
    out += `\n  table ${table_id}${name === '' ? '' : ` ("${name}")`}:`
    out += same ? ' ditto' : `\n${tableLines(table, before).join('\n')}\n`
  })
  end()
  return out.replace(/\n$/, '')
}

type FeatureProperty = TableFeatures['properties'][number]

function oxmIdText(id: OxmId): string {
  if ('header' in id) return `0x${id.header.toString(16)}`
  return fieldText(id.field) + (id.masked ? '/mask' : '')
}

const typeText = (id: string | { type: number }): string => (typeof id === 'string' ? id : `${id.type}`)

/** `1-2,9`. */
function ranges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b)
  const out: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let end = i
    while (sorted[end + 1] === sorted[end]! + 1) end++
    out.push(end === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[end]}`)
    i = end + 1
  }
  return out.length === 0 ? 'none' : out.join(',')
}

function featureText(property: FeatureProperty): string {
  const list = (ids: readonly string[]): string => (ids.length === 0 ? 'none' : ids.join(' '))
  if ('instruction_ids' in property) return list(property.instruction_ids.map(typeText))
  if ('next_table_ids' in property) return ranges(property.next_table_ids)
  if ('table_ids' in property) return ranges(property.table_ids)
  if ('action_ids' in property) return list(property.action_ids.map(typeText))
  if ('oxm_ids' in property) return list(property.oxm_ids.map(oxmIdText))
  if ('oxm_values' in property) return list(property.oxm_values.map((oxm) => formatMatch([oxm])))
  return `0x${property.experimenter.toString(16)}`
}

/** A paragraph per table, a line per property; tables alike but for number and name only as `ditto`. */
function tableFeatures(tables: readonly TableFeatures[]): string {
  let before = ''
  const out = tables.map((table) => {
    const head = `\n  table ${table.table_id} ("${table.name}"):`
    const lines = [
      `metadata: match=${hex(table.metadata_match)} write=${hex(table.metadata_write)}`,
      `max_entries=${table.max_entries}`,
      ...table.properties.map((property) => `${property.type}: ${featureText(property)}`),
    ]
    const body = lines.map((line) => `\n    ${line}`).join('')
    if (body === before) return `${head} ditto`
    before = body
    return head + body
  })
  return out.join('\n')
}

const MONITOR_FLAGS = ['initial', 'add', 'delete', 'modify', 'actions', 'own', 'only_own']

type MonitorRequest = Extract<Request, { mp_type: 'flow_monitor' }>['body'][number]

function monitorRequest(monitor: MonitorRequest, options: TextOptions): string {
  const { id, flags, out_port, out_group = ANY, table_id } = monitor
  if (monitor.command === 'delete') return `id=${id} command=delete`
  let out = `id=${id} flags=${names(flags, MONITOR_FLAGS).replaceAll(' ', ',')}`
  if (out_port !== ANY) out += ` out_port=${formatPort(out_port, options)}`
  if (out_group !== ANY) out += ` out_group=${out_group}`
  if (table_id !== ALL_TABLES) out += ` table=${table_id}`
  const match = formatMatch(monitor.match, options)
  return match === '' ? out : `${out} ${match}`
}

type Update = Extract<Reply, { mp_type: 'flow_monitor' }>['body'][number]
const EVENT_NAMES: Readonly<Record<string, string>> = {
  initial: 'INITIAL',
  added: 'ADDED',
  removed: 'DELETED',
  modified: 'MODIFIED',
  abbrev: 'ABBREV',
  paused: 'PAUSED',
  resumed: 'RESUMED',
}

function flowUpdate(update: Update, options: TextOptions): string {
  const event = `event=${EVENT_NAMES[update.event]}`
  if (update.event === 'abbrev') return `${event} xid=0x${update.xid.toString(16)}`
  if (update.event === 'paused' || update.event === 'resumed') return event
  let out = event
  if (update.event === 'removed') out += ` reason=${String(update.reason).replace(/_timeout$/, '')}`
  out += ` table=${update.table_id}`
  if (update.idle_timeout !== 0) out += ` idle_timeout=${update.idle_timeout}`
  if (update.hard_timeout !== 0) out += ` hard_timeout=${update.hard_timeout}`
  out += ` cookie=${hex(update.cookie)}`
  const match = formatMatch(update.match, options)
  const priority = update.priority === 32768 ? '' : `priority=${update.priority}${match === '' ? '' : ','}`
  if (priority + match !== '') out += ` ${priority}${match}`
  return update.instructions.length === 0 ? out : `${out} actions=${formatInstructions(update.instructions, options)}`
}
