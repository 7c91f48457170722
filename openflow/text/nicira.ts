/**
 * Nicira's messages and statistics of OpenFlow 1.0 as the messages of 1.3 that mean the same, so that one printer does
 * for both; and those that have no such twin. Knows shapes, prints little.
 */

import type { AsyncProperty } from '../spec/async-properties.ts'
import { FLOW_COMMANDS } from '../spec/enums.ts'
import type { Message, MessageNamed } from '../spec/message.ts'
import type { NxIpfixStats } from '../spec/nicira-ipfix.ts'
import type { Oxm } from '../spec/oxm.ts'
import { VERSIONS } from '../wire/version.ts'
import { type AsyncConfig, asyncText } from './bits.ts'
import { counters } from './counters.ts'

/** A 16 bit port as 32 bits: the reserved ports are at the end of both. */
const wide = (port: number): number => (port >= 0xff00 ? port + 0xffff_0000 : port)

const isCookie = (oxm: Oxm): boolean => oxm.field === 'nxm_nx_cookie'

/** The match without the cookie, which Nicira looks for as a field, and the cookie. */
function cookieApart(match: readonly Oxm[]): { match: Oxm[]; cookie: bigint; cookie_mask: bigint } {
  const oxm = match.find(isCookie)
  const cookie = (oxm?.value as bigint | undefined) ?? 0n
  const cookie_mask = oxm === undefined ? 0n : ((oxm.mask as bigint | undefined) ?? 0xffff_ffff_ffff_ffffn)
  return { match: match.filter((one) => !isCookie(one)), cookie, cookie_mask }
}

/** ofp_match says "no tag" with all bits of the tag; so it is printed. */
const match10 = (match: readonly Oxm[]): Oxm[] =>
  match.map((oxm) => (oxm.field === 'vlan_vid' && oxm.value === 0 ? { field: 'vlan_tci', value: 0 } : oxm))

/** Of the messages with an ofp_match. */
function twin10(message: Message): Message | undefined {
  if (message.type === 'flow_mod') return flowMod10({ ...message, match: match10(message.match) })
  if (message.type === 'flow_removed') return { ...message, table_id: 0xff, match: match10(message.match) }
  if (message.type === 'multipart_reply' && message.mp_type === 'flow') {
    return { ...message, body: message.body.map((flow) => ({ ...flow, match: match10(flow.match) })) }
  }
  if (message.type !== 'multipart_request') return undefined
  if (message.mp_type !== 'flow' && message.mp_type !== 'aggregate') return undefined
  return { ...message, body: { ...message.body, match: match10(message.body.match) } }
}

/** With nx_flow_mod_table_id, the upper octet of the command is the table; it is not known here whether it holds. */
function flowMod10(message: MessageNamed<'flow_mod'>): MessageNamed<'flow_mod'> {
  const { command } = message
  if (typeof command !== 'number') return { ...message, table_id: 0 }
  const name = Object.entries(FLOW_COMMANDS).find(([, number]) => number === (command & 0xff))?.[0]
  return { ...message, table_id: command >>> 8, command: (name as typeof command | undefined) ?? command & 0xff }
}

/** The message of OpenFlow 1.3 that says the same; undefined where there is none. */
export function twin(message: Message): Message | undefined {
  return (message.version === VERSIONS.of10 ? twin10(message) : undefined) ?? niciraTwin(message)
}

function niciraTwin(message: Message): Message | undefined {
  switch (message.type) {
    case 'nx_flow_mod': {
      const out_port = wide(message.out_port)
      return { ...message, type: 'flow_mod', ...cookieApart(message.match), out_port, out_group: 0xffff_ffff }
    }
    case 'nx_flow_removed':
      return { ...message, type: 'flow_removed', table_id: (message.table_id_plus_1 - 1) & 0xff, hard_timeout: 0 }
    case 'nx_packet_in':
      return { ...message, type: 'packet_in' }
    case 'nx_set_async_config':
      return { ...message, type: 'set_async' }
    case 'multipart_request':
      return twinRequest(message)
    case 'multipart_reply':
      return twinReply(message)
    default:
      return undefined
  }
}

function twinRequest(message: MessageNamed<'multipart_request'>): Message | undefined {
  switch (message.mp_type) {
    case 'nx_flow':
    case 'nx_aggregate': {
      const { out_port, table_id, match } = message.body
      const body = { table_id, out_port: wide(out_port), out_group: 0xffff_ffff, ...cookieApart(match) }
      return { ...message, mp_type: message.mp_type === 'nx_flow' ? 'flow' : 'aggregate', body }
    }
    case 'nx_flow_monitor': {
      const body = message.body.map((monitor) => ({ ...monitor, out_port: wide(monitor.out_port) }))
      return { ...message, mp_type: 'flow_monitor', body }
    }
    default:
      return undefined
  }
}

function twinReply(message: MessageNamed<'multipart_reply'>): Message | undefined {
  switch (message.mp_type) {
    case 'nx_flow':
      return { ...message, mp_type: 'flow', body: message.body.map((flow) => ({ ...flow, flags: 0 })) }
    case 'nx_aggregate':
      return { ...message, mp_type: 'aggregate' }
    case 'nx_flow_monitor':
      return { ...message, mp_type: 'flow_monitor' }
    default:
      return undefined
  }
}

const ROLES: Readonly<Record<string, string>> = { other: 'equal', master: 'primary', slave: 'secondary' }

/** Masks by kind and role, of those that are told; the others are 0. */
function asyncMasks(properties: readonly AsyncProperty[]): Partial<AsyncConfig> {
  const told = properties.flatMap((one) =>
    'mask' in one ? [[one.type.replace(/_(?=master$|slave$)/, '_mask_'), one.mask] as const] : [],
  )
  return Object.fromEntries(told)
}

/** The body of messages without twin; undefined for others. */
export function niciraText(message: Message): string | undefined {
  switch (message.type) {
    case 'nx_role_request':
    case 'nx_role_reply':
      return `role=${ROLES[message.role] ?? message.role}`
    case 'nx_set_flow_format':
      return `format=${typeof message.format === 'number' ? '(unknown)' : message.format}`
    case 'nx_flow_age':
      return ''
    case 'nx_set_async_config2':
      return asyncText(asyncMasks(message.properties), message.version)
    default:
      return undefined
  }
}

/** What IPFIX exporters counted. */
export function ipfixText(body: NxIpfixStats | readonly NxIpfixStats[]): string {
  if (!Array.isArray(body)) return `\n  bridge ipfix: ${counted(body as NxIpfixStats, 16)}`
  const all = body as readonly NxIpfixStats[]
  const ids = all.map((stats) => `\n  id ${String(stats.collector_set_id).padStart(3)}: ${counted(stats, 10)}`)
  return ` ${all.length} ids${ids.join('')}`
}

/** Two lines, the second with so many blanks in front. */
function counted(stats: NxIpfixStats, indent: number): string {
  const good = counters([
    ['flows', stats.total_flows],
    ['current flows', stats.current_flows],
    ['sampled pkts', stats.pkts],
    ['ipv4 ok', stats.ipv4_pkts],
    ['ipv6 ok', stats.ipv6_pkts],
    ['tx pkts', stats.tx_pkts],
  ])
  const bad = counters([
    ['pkts errs', stats.error_pkts],
    ['ipv4 errs', stats.ipv4_error_pkts],
    ['ipv6 errs', stats.ipv6_error_pkts],
    ['tx errs', stats.tx_errors],
  ])
  return `${good}\n${' '.repeat(indent)}${bad}`
}
