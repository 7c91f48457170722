/** Packets that come to the controller, in text: numbers and metadata; the packet itself if the options can print it. */

import { NO_BUFFER } from '../spec/constants.ts'
import type { MessageNamed } from '../spec/message.ts'
import { formatMatch } from './match.ts'
import type { MessageTextOptions } from './stats.ts'

const ALL_ONES = 0xffff_ffff_ffff_ffffn

/** What packet_in and nx_packet_in2 have in common. */
interface PacketInLike {
  readonly table_id?: number | undefined
  readonly cookie?: bigint | undefined
  readonly total_len: number
  readonly metadata: MessageNamed<'packet_in'>['match']
  readonly reason: string | number
  readonly buffer_id: number
  readonly data: Uint8Array
}

/** `extra` stands between the numbers and the packet. */
export function packetIn(packet: PacketInLike, options: MessageTextOptions, extra = ''): string {
  const { table_id = 0, cookie = ALL_ONES, total_len, metadata, reason, buffer_id, data } = packet
  let out = table_id === 0 ? '' : `table_id=${table_id} `
  if (cookie !== ALL_ONES) out += `cookie=0x${cookie.toString(16)} `
  out += `total_len=${total_len} ${formatMatch(metadata, options)} (via ${reason}) data_len=${data.length} `
  if (buffer_id === NO_BUFFER) {
    out += '(unbuffered)'
    if (total_len !== data.length) out += ' (***total_len != data_len***)'
  } else {
    out += `buffer=0x${buffer_id.toString(16).padStart(8, '0')}`
    if (total_len < data.length) out += ' (***total_len < data_len***)'
  }
  return out + extra + packetText(data, options)
}

/** The packet on a line of its own, if the options can print one. */
export function packetText(data: Uint8Array, options: MessageTextOptions): string {
  return options.packet === undefined || data.length === 0 ? '' : `\n${options.packet(data)}`
}
