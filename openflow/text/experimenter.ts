/** Messages of Nicira and the ONF in text; undefined for messages that are none. */

import type { Message, MessageNamed } from '../spec/message.ts'
import { names } from './bits.ts'
import { continuationText } from './continuation.ts'
import { niciraText } from './nicira.ts'
import { packetIn } from './packet-in.ts'
import { hex } from './scan.ts'
import type { MessageTextOptions } from './stats.ts'
import { bigOf, formatIpv4, formatIpv6, octetsText } from './values.ts'

/** The body; `print` prints messages inside of messages. */
export function experimenterText(
  message: Message,
  options: MessageTextOptions,
  print: (inner: Message) => string,
): string | undefined {
  switch (message.type) {
    case 'experimenter':
      return `experimenter=0x${message.experimenter.toString(16)} type=0x${message.exp_type.toString(16)} data=${octetsText(message.data)}`
    case 'nx_flow_mod_table_id':
      return message.set ? 'enable' : 'disable'
    case 'nx_set_packet_in_format':
      return `format=${message.format === 'openflow10' ? 'standard' : message.format}`
    case 'nx_set_controller_id':
      return `id=${message.controller_id}`
    case 'nx_tlv_table_request':
    case 'nx_flow_monitor_paused':
    case 'nx_flow_monitor_resumed':
    case 'flow_monitor_paused':
    case 'flow_monitor_resumed':
      return ''
    case 'nx_flow_monitor_cancel':
    case 'flow_monitor_cancel':
      return `id=${message.id}`
    case 'nx_tlv_table_mod':
      if (message.command === 'clear') return '\n CLEAR'
      return `\n ${message.command === 'delete' ? 'DEL' : String(message.command).toUpperCase()} ${mappingTable(message.mappings)}`
    case 'nx_tlv_table_reply': {
      const allocated = message.mappings.reduce((sum, { option_len }) => sum + option_len, 0)
      const space = `max option space=${message.max_option_space} max fields=${message.max_fields}`
      return `\n ${space}\n allocated option space=${allocated}\n\n ${mappingTable(message.mappings)}`
    }
    case 'nx_ct_flush_zone':
      return `zone_id=${message.zone_id}`
    case 'nx_ct_flush':
      return ctFlush(message)
    case 'nx_packet_in2':
    case 'nx_resume':
      return packetIn2(message, options)
    case 'bundle_control': {
      const { bundle_id, bundle_type, flags } = message
      const type = typeof bundle_type === 'number' ? '' : bundle_type.toUpperCase()
      return `\n bundle_id=${hex(bundle_id)} type=${type} ${bundleFlags(flags)}`
    }
    case 'bundle_add_message':
      return `\n bundle_id=${hex(message.bundle_id)} ${bundleFlags(message.flags)}\n${print(message.message)}`
    default:
      return niciraText(message)
  }
}

const bundleFlags = (flags: number): string => `flags=${names(flags, ['atomic', 'ordered'])}`

function mappingTable(mappings: MessageNamed<'nx_tlv_table_mod'>['mappings']): string {
  const lines = mappings.map(
    ({ option_class, option_type, option_len, index }) =>
      `\n ${hex(option_class).padStart(6)}  ${hex(option_type).padStart(4)}  ${String(option_len).padStart(6)}  tun_metadata${index}`,
  )
  return `mapping table:\n  class  type  length  match field\n ------  ----  ------  --------------${lines.join('')}`
}

type CtFlush = MessageNamed<'nx_ct_flush'>
type CtTuple = Extract<CtFlush['properties'][number], { type: 'orig_tuple' | 'reply_tuple' }>['tuple']

const MAPPED = 0xffffn

function address(octets: Uint8Array): string {
  const value = bigOf(octets)
  return value >> 32n === MAPPED ? formatIpv4(value & 0xffffffffn) : formatIpv6(value)
}

function tuple(parts: CtTuple): string {
  return parts
    .map((part) => {
      if (part.type === 'src' || part.type === 'dst') return `${part.type}=${address(part.address)}`
      if (part.type === 'src_port' || part.type === 'dst_port') return `${part.type}=${part.port}`
      if (part.type === 'icmp_id') return `icmp_id=${part.id}`
      if (part.type === 'icmp_type') return `icmp_type=${part.icmp_type}`
      return `icmp_code=${part.icmp_code}`
    })
    .join(',')
}

/** Zone, protocol, and what is known of the tuples of both directions. */
function ctFlush({ ip_proto, properties }: CtFlush): string {
  const out: string[] = []
  for (const property of properties) {
    if (property.type === 'zone_id') out.unshift(`zone=${property.zone_id}`)
    else out.push(`${property.type === 'orig_tuple' ? 'orig' : 'reply'}=(${tuple(property.tuple)})`)
  }
  if (ip_proto !== 0) out.push(`proto=${ip_proto}`)
  return out.join(' ')
}

function packetIn2(
  message: MessageNamed<'nx_packet_in2'> | MessageNamed<'nx_resume'>,
  options: MessageTextOptions,
): string {
  let data: Uint8Array = new Uint8Array(0)
  let total: number | undefined
  let buffer_id = 0xffffffff
  let table_id: number | undefined
  let cookie: bigint | undefined
  let reason: string | number = 'no_match'
  let metadata: Parameters<typeof packetIn>[0]['metadata'] = []
  let extra = ''
  for (const property of message.properties) {
    if (property.type === 'packet') data = property.data
    else if (property.type === 'full_len') total = property.full_len
    else if (property.type === 'buffer_id') buffer_id = property.buffer_id
    else if (property.type === 'table_id') table_id = property.table_id
    else if (property.type === 'cookie') cookie = property.cookie
    else if (property.type === 'reason') reason = property.reason
    else if (property.type === 'metadata') metadata = property.fields
    else if (property.type === 'userdata') extra = `\n userdata=${octetsText(property.userdata, '.')}${extra}`
    else extra += continuationText(property.continuation, options)
  }
  const total_len = total ?? data.length
  return packetIn({ table_id, cookie, total_len, metadata, reason, buffer_id, data }, options, extra)
}
