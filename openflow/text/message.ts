/**
 * One readable text per message, as `ovs-ofctl ofp-print` writes it: the type in front, then what is in it, lists
 * one entry per line, no newline at the end. Statistics are in `stats.ts`. It refuses to know what packets mean:
 * whoever can print them passes `packet`.
 */

import type { ErrorKind, ErrorTypeName } from '../spec/errors.ts'
import { decode, type ErrorMessage, type Message, type MessageNamed } from '../spec/message.ts'
import { WireError } from '../wire/error.ts'
import { formatActions, formatInstructions } from './actions.ts'
import { asyncText, hexDump, names } from './bits.ts'
import { experimenterText } from './experimenter.ts'
import { flowFlags, formatDuration, ruleParts } from './flow.ts'
import { formatGroup } from './group.ts'
import { matchParts } from './match.ts'
import { formatMeter } from './meter.ts'
import { formatPort } from './names.ts'
import { niciraName, twin } from './nicira.ts'
import { packetIn, packetText } from './packet-in.ts'
import { formatPortDesc, formatPortMod, queueRate } from './ports.ts'
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

/** Prefixes of code names, as the specification has them. */
const ERROR_PREFIX: Readonly<Record<ErrorTypeName, string>> = {
  hello_failed: 'OFPHFC',
  bad_request: 'OFPBRC',
  bad_action: 'OFPBAC',
  bad_instruction: 'OFPBIC',
  bad_match: 'OFPBMC',
  flow_mod_failed: 'OFPFMFC',
  group_mod_failed: 'OFPGMFC',
  port_mod_failed: 'OFPPMFC',
  table_mod_failed: 'OFPTMFC',
  queue_op_failed: 'OFPQOFC',
  switch_config_failed: 'OFPSCFC',
  role_request_failed: 'OFPRRFC',
  meter_mod_failed: 'OFPMMFC',
  table_features_failed: 'OFPTFFC',
  bad_property: 'OFPBPC',
  async_config_failed: 'OFPACFC',
  flow_monitor_failed: 'OFPMOFC',
  bundle_failed: 'OFPBFC',
  nx_tlv_table_mod_failed: 'NXTTMFC',
  nx_resume_failed: 'NXR',
  nx_stats_failed: 'NXST',
}

/** The message as text, without newline at the end. Never throws. */
export function formatMessage(message: Message, options: MessageTextOptions = {}): string {
  const { prefix, suffix, body } = parts(message, options)
  const version = { 1: 'OF1.0', 2: 'OF1.1', 3: 'OF1.2', 4: 'OF1.3', 5: 'OF1.4', 6: 'OF1.5' }[message.version ?? 4]
  const head = `${prefix}${suffix} (${version ?? `OF 0x${(message.version ?? 0).toString(16)}`}) (xid=${hexXid(message.xid)}):`
  return body === '' ? head : head + (body.startsWith('\n') ? '' : ' ') + body
}

const hexXid = (xid: number): string => `0x${xid.toString(16)}`

interface Parts {
  prefix: string
  /** ` request`, ` reply` of statistics. */
  suffix: string
  body: string
}

function parts(message: Message, options: MessageTextOptions): Parts {
  const same = twin(message)
  if (same?.type === 'flow_mod' && message.type === 'nx_flow_mod') {
    return { prefix: niciraName(message), suffix: '', body: flowMod(same, options, message.cookie) }
  }
  if (same !== undefined) return { ...parts(same, options), prefix: niciraName(message) }
  if (message.type === 'multipart_request' || message.type === 'multipart_reply') {
    const side = message.type === 'multipart_request' ? 'request' : 'reply'
    const { name, body } = multipartText(message, side, options)
    const flags = message.flags === 0 ? '' : ` flags=${message.flags === 1 ? '[more]' : hex(message.flags)}`
    return { prefix: name, suffix: ` ${side}`, body: (flags + body).replace(/^ (?=[^\n])/, '') }
  }
  const known = experimenterText(message, options, formatMessage)
  if (known !== undefined) return { suffix: '', ...known }
  return { prefix: `OFPT_${message.type.toUpperCase()}`, suffix: '', body: plainText(message, options) }
}

function plainText(message: Message, options: MessageTextOptions): string {
  switch (message.type) {
    case 'hello':
      return hello(message)
    case 'error':
      return error(message, options)
    case 'echo_request':
    case 'echo_reply':
      return `${message.data.length} bytes of payload${message.data.length === 0 ? '' : `\n${hexDump(message.data)}`}`
    case 'features_reply':
      return features(message)
    case 'get_config_reply':
    case 'set_config':
      return `frags=${['normal', 'drop', 'reassemble'][message.flags] ?? hex(message.flags)} miss_send_len=${message.miss_send_len}`
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
      return queueConfig(message, options)
    case 'role_request':
    case 'role_reply':
      return role(message)
    case 'get_async_reply':
    case 'set_async':
      return asyncText(message)
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

/** `OFPBMC_BAD_PREREQ`, Nicira's own `NXBMC_CT_DATAPATH_SUPPORT`; numbers where there is no name. */
export function formatError(kind: ErrorKind): string {
  const { error_type, code, experimenter } = kind
  if (typeof error_type === 'string' && error_type !== 'experimenter') {
    const prefix = ERROR_PREFIX[error_type]
    if (typeof code === 'number') return `${prefix}_${code}`
    if (code.startsWith('nx_')) return `${prefix.replace(/^OFP/, 'NX')}_${code.slice(3).toUpperCase()}`
    return `${prefix}_${code.toUpperCase()}`
  }
  const whose = experimenter === undefined ? '' : ` experimenter=0x${experimenter.toString(16)}`
  return `type=${error_type}${whose} code=${code}`
}

function error(message: ErrorMessage, options: MessageTextOptions): string {
  const { data } = message
  const name = formatError(message)
  if (message.error_type === 'hello_failed') {
    const text = Array.from(data, (octet) =>
      octet >= 32 && octet < 127 ? String.fromCharCode(octet) : `\\x${octet.toString(16).padStart(2, '0')}`,
    )
    return `${name}${data.length === 0 ? '' : `\n${text.join('')}`}`
  }
  if (data.length === 0) return name
  try {
    return `${name}\n${formatMessage(decode(data), options)}`
  } catch (problem) {
    if (!(problem instanceof WireError)) throw problem
    return `${name}\n${hexDump(data)}`
  }
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

function features(message: MessageNamed<'features_reply'>): string {
  const { datapath_id, n_tables, n_buffers, auxiliary_id, capabilities } = message
  const auxiliary = auxiliary_id === 0 ? '' : `, auxiliary_id:${auxiliary_id}`
  return (
    `dpid:${datapath_id.toString(16).padStart(16, '0')}\n` +
    `n_tables:${n_tables}, n_buffers:${n_buffers}${auxiliary}\n` +
    `capabilities: ${names(capabilities, CAPABILITIES)}`
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
  const removes = command === 'delete' || command === 'delete_strict'
  if (removes && out_port !== NONE) out.push(`out_port:${formatPort(out_port, options)}`)
  if (removes && out_group !== NONE) out.push(`out_group:${out_group}`)
  out.push(...flowFlags(message.flags))
  return `${out.join(' ')} actions=${formatInstructions(message.instructions, options)}`
}

function queueConfig(message: MessageNamed<'queue_get_config_reply'>, options: MessageTextOptions): string {
  const queues = [...message.queues].sort((a, b) => a.queue_id - b.queue_id)
  const lines = queues.map(({ queue_id, properties }) => `\nqueue ${queue_id}:${properties.map(queueRate).join('')}`)
  return `port=${formatPort(message.port, options)}${lines.join('')}`
}

const ROLES: Readonly<Record<string, string>> = { master: 'primary', slave: 'secondary' }

function role(message: MessageNamed<'role_request'> | MessageNamed<'role_reply'>): string {
  const { generation_id } = message
  const name = ROLES[message.role]
  const generation = name !== undefined && generation_id !== NO_COOKIE ? ` generation_id=${generation_id}` : ''
  return `role=${name ?? message.role}${generation}`
}
