/**
 * One readable text per message, as `ovs-ofctl ofp-print` writes it: the type in front, then what is in it, lists
 * one entry per line, no newline at the end. Statistics are in `stats.ts`. It refuses to know what packets mean:
 * whoever can print them passes `packet`.
 */

import { OFPMPF_MORE } from '../spec/constants.ts'
import type { Message, MessageNamed } from '../spec/message.ts'
import { VERSIONS } from '../wire/version.ts'
import { formatActions, formatInstructions } from './actions.ts'
import { asyncText, hexDump, listed, names } from './bits.ts'
import { errorText } from './error-message.ts'
import { experimenterText } from './experimenter.ts'
import { flowFlags, formatDuration, ruleParts } from './flow.ts'
import { formatGroup } from './group.ts'
import { heading } from './heading.ts'
import { matchParts } from './match.ts'
import { formatMeter } from './meter.ts'
import { formatPort } from './names.ts'
import { twin } from './nicira.ts'
import { ACTIONS_10, CAPABILITIES_10 } from './of10.ts'
import { packetIn, packetText } from './packet-in.ts'
import { formatPortDesc, formatPortMod, formatPorts, formatQueues } from './ports.ts'
import { hex } from './scan.ts'
import { type MessageTextOptions, multipartText } from './stats.ts'
import { formatTableMod, formatTableStatus } from './tables.ts'

export type { MessageTextOptions } from './stats.ts'

const NONE = 0xffffffff
const NO_COOKIE = 0xffff_ffff_ffff_ffffn

const COMMANDS: Readonly<Record<string, string>> = {
  add: 'ADD',
  modify: 'MOD',
  delete: 'DEL',
  modify_strict: 'MOD_STRICT',
  delete_strict: 'DEL_STRICT',
  insert_bucket: 'INSERT_BUCKET',
  remove_bucket: 'REMOVE_BUCKET',
}

/** The message as text, without newline at the end. Never throws. */
export function formatMessage(message: Message, options: MessageTextOptions = {}): string {
  return wholeText(message, options, 0)
}

/** An error may quote an error that quotes one, and so on; deeper ones are shown as octets. */
const MAX_DEPTH = 8

function wholeText(message: Message, options: MessageTextOptions, depth: number): string {
  const { version = VERSIONS.of13 } = message
  const inner = (quoted: Message): string => wholeText(quoted, options, depth + 1)
  const body =
    message.type === 'error'
      ? errorText(message, depth < MAX_DEPTH ? inner : undefined)
      : bodyText(message, { ...options, version }, inner)
  const head = heading(message)
  return body === '' ? head : head + (body.startsWith('\n') ? '' : ' ') + body
}

type Print = (message: Message) => string

function bodyText(message: Message, options: MessageTextOptions, print: Print): string {
  const same = twin(message) ?? message
  const own = message.type === 'nx_flow_mod' || message.version === VERSIONS.of10
  if (same.type === 'flow_mod' && own && 'cookie' in message) return flowMod(same, options, message.cookie)
  if (same.type === 'multipart_request' || same.type === 'multipart_reply') {
    return (partFlags(same) + multipartText(same, options)).replace(/^ (?=[^\n])/, '')
  }
  return experimenterText(same, options, print) ?? plainText(same, options)
}

/** ` flags=[more]`; requests of 1.0 have no parts. */
function partFlags({ flags, type, version }: MessageNamed<'multipart_request' | 'multipart_reply'>): string {
  if (flags === 0) return ''
  const parted = type === 'multipart_reply' || version !== VERSIONS.of10
  const more = parted ? flags & OFPMPF_MORE : 0
  const rest = (flags & ~more).toString(16).padStart(4, '0')
  return ` flags=${more === 0 ? '' : '[more]'}${flags === more ? '' : `[***unknown flags 0x${rest}***]`}`
}

function plainText(message: Message, options: MessageTextOptions): string {
  switch (message.type) {
    case 'hello':
      return hello(message)
    case 'echo_request':
    case 'echo_reply':
      return `${message.data.length} bytes of payload${message.data.length === 0 ? '' : `\n${hexDump(message.data)}`}`
    case 'features_reply':
      return features(message, options)
    case 'get_config_reply':
    case 'set_config':
      return config(message)
    case 'packet_in':
      return packetIn({ ...message, metadata: message.match }, options)
    case 'flow_removed':
      return flowRemoved(message, options)
    case 'port_status':
      return `${COMMANDS[message.reason] ?? message.reason}:${formatPortDesc(message.desc, options)}`
    case 'packet_out':
      return packetOut(message, options)
    case 'flow_mod':
      return flowMod(message, options)
    case 'group_mod':
      return `\n ${COMMANDS[message.command] ?? message.command} ${formatGroup(message, options)}`
    case 'port_mod':
      return formatPortMod(message, options)
    case 'table_mod':
      return formatTableMod(message)
    case 'table_status':
      return formatTableStatus(message)
    case 'role_status':
      return roleStatus(message)
    case 'requestforward': {
      const { type } = message.request
      const inner = plainText(message.request, options)
      return `reason=${type}${inner.startsWith('\n') ? '' : ' '}${inner}`
    }
    case 'queue_get_config_request':
      return `port=${formatPort(message.port, options)}`
    case 'queue_get_config_reply':
      return formatQueues(
        message.queues.map((queue) => ({ ...queue, port: message.port })),
        options,
      )
    case 'role_request':
    case 'role_reply':
      return role(message)
    case 'get_async_reply':
    case 'set_async':
      return asyncText(message, message.version)
    case 'meter_mod':
      return `${COMMANDS[message.command] ?? message.command} ${formatMeter(message)}`
    default:
      return ''
  }
}

function hello(message: MessageNamed<'hello'>): string {
  const found = message.elements.find((element) => element.type === 'versionbitmap')
  const versions: number[] = []
  if (found !== undefined && 'bitmaps' in found) {
    found.bitmaps.forEach((word, i) => {
      for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) versions.push(32 * i + bit)
    })
  } else for (let version = 1; version <= (message.version ?? 4); version++) versions.push(version)
  return `\n version bitmap: ${versions.map((version) => `0x${version.toString(16).padStart(2, '0')}`).join(', ')}`
}

const FRAGMENTS = ['normal', 'drop', 'reassemble', 'nx-match']
/** Until 1.2: packets whose TTL runs out go to the controller. */
const INVALID_TTL = 4

function config({ flags, miss_send_len, version }: MessageNamed<'set_config' | 'get_config_reply'>): string {
  const old = version === VERSIONS.of10
  const ttl = old && (flags & INVALID_TTL) !== 0 ? ' invalid_ttl_to_controller' : ''
  const frags = old ? flags & ~INVALID_TTL : flags
  return `frags=${FRAGMENTS[frags] ?? hex(frags)}${ttl} miss_send_len=${miss_send_len}`
}

const CAPABILITIES = [
  'FLOW_STATS',
  'TABLE_STATS',
  'PORT_STATS',
  'GROUP_STATS',
  undefined,
  'IP_REASM',
  'QUEUE_STATS',
  undefined,
  'PORT_BLOCKED',
]

function features(message: MessageNamed<'features_reply'>, options: MessageTextOptions): string {
  const { datapath_id, n_tables, n_buffers, auxiliary_id, capabilities, version, actions, ports = [] } = message
  const old = version === VERSIONS.of10
  const auxiliary = auxiliary_id === 0 ? '' : `, auxiliary_id:${auxiliary_id}`
  return (
    `dpid:${datapath_id.toString(16).padStart(16, '0')}\n` +
    `n_tables:${n_tables}, n_buffers:${n_buffers}${auxiliary}\n` +
    `capabilities: ${names(capabilities, old ? CAPABILITIES_10 : CAPABILITIES)}` +
    (actions ? `\nactions: ${listed(actions, ACTIONS_10)}` : '') +
    formatPorts(ports, options)
  )
}

function packetOut(message: MessageNamed<'packet_out'>, options: MessageTextOptions): string {
  const { in_port, match = [], actions, buffer_id, data } = message
  const others = match.filter((oxm) => oxm.field !== 'in_port')
  const rule = [...matchParts(others, options), `in_port=${formatPort(in_port, options)}`].join(',')
  const head = `${rule} actions=${formatActions(actions, options)}`
  if (buffer_id !== NONE) return `${head} buffer=0x${buffer_id.toString(16).padStart(8, '0')}`
  return `${head} data_len=${data.length}${packetText(data, options)}`
}

function flowRemoved(message: MessageNamed<'flow_removed'>, options: MessageTextOptions): string {
  const { reason, table_id, cookie, duration_sec, duration_nsec, idle_timeout, hard_timeout } = message
  const rule = ruleParts({ ...message, instructions: [] }, options).join(',')
  let out = `${rule} reason=${String(reason).replace(/_timeout$/, '')}`
  if (table_id !== 0xff) out += ` table_id=${table_id}`
  if (cookie !== 0n) out += ` cookie:0x${cookie.toString(16)}`
  out += ` duration${formatDuration(duration_sec, duration_nsec)} idle${idle_timeout}`
  if (hard_timeout !== 0) out += ` hard${hard_timeout}`
  return `${out} pkts${message.packet_count} bytes${message.byte_count}`
}

const ROLE_REASONS: Readonly<Record<string, string>> = {
  master_request: 'primary_request',
  config: 'configuration_changed',
  experimenter: 'experimenter_data_changed',
}

function roleStatus({ role, reason, generation_id }: MessageNamed<'role_status'>): string {
  const generation = generation_id === NO_COOKIE ? '' : ` generation_id=${generation_id}`
  return `role=${ROLES[role] ?? role}${generation} reason=${ROLE_REASONS[reason] ?? '(unknown)'}`
}

/** `own`: the cookie to give the flow, where it stands apart from the one to look for. */
function flowMod(message: MessageNamed<'flow_mod'>, options: MessageTextOptions, own?: bigint): string {
  const { command, table_id, cookie, cookie_mask, idle_timeout, hard_timeout, buffer_id, out_port, out_group } = message
  const out = [COMMANDS[command] ?? `${command}`]
  if (table_id !== 0) out.push(`table:${table_id}`)
  const rule = ruleParts(message, options).join(',')
  if (rule !== '') out.push(rule)
  const given = own ?? (command === 'add' && cookie_mask === 0n ? cookie : 0n)
  if (given !== 0n && given !== NO_COOKIE) out.push(`cookie:0x${given.toString(16)}`)
  if (cookie_mask !== 0n) out.push(`cookie:0x${cookie.toString(16)}/0x${cookie_mask.toString(16)}`)
  if (idle_timeout !== 0) out.push(`idle:${idle_timeout}`)
  if (hard_timeout !== 0) out.push(`hard:${hard_timeout}`)
  if (command === 'add' && (message.importance ?? 0) !== 0) out.push(`importance:${message.importance}`)
  if (buffer_id !== NONE) out.push(`buf:0x${buffer_id.toString(16)}`)
  // 1.0 does not say when the ports count.
  const removes = command === 'delete' || command === 'delete_strict' || message.version === VERSIONS.of10
  if (removes && out_port !== NONE) out.push(`out_port:${formatPort(out_port, options)}`)
  if (removes && out_group !== NONE) out.push(`out_group:${out_group}`)
  out.push(...flowFlags(message.flags))
  return `${out.join(' ')} actions=${formatInstructions(message.instructions, options)}`
}

const ROLES: Readonly<Record<string, string>> = { master: 'primary', slave: 'secondary' }

function role(message: MessageNamed<'role_request'> | MessageNamed<'role_reply'>): string {
  const { generation_id } = message
  const unsaid = message.type === 'role_request' && message.role === 'nochange'
  const generation = unsaid || generation_id === NO_COOKIE ? '' : ` generation_id=${generation_id}`
  return `role=${ROLES[message.role] ?? message.role}${generation}`
}
