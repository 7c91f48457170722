/** Bit sets by name, octets as a dump, and the masks of asynchronous messages: text that many messages share. */

import type { MessageNamed } from '../spec/message.ts'
import { hex } from './scan.ts'

/** Names of the bits that are set, separated by blanks; bits without a name as one number; `0` for none. */
export function names(value: number, all: readonly (string | undefined)[], none = '0'): string {
  const out: string[] = []
  let rest = value
  all.forEach((name, bit) => {
    if (name === undefined || !((value >>> bit) & 1)) return
    out.push(name)
    rest &= ~(1 << bit)
  })
  if (rest >>> 0 !== 0) out.push(hex(rest >>> 0))
  return out.length === 0 ? none : out.join(' ')
}

/** 16 octets a line: offset, hexadecimal, ASCII. */
export function hexDump(octets: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < octets.length; at += 16) {
    const line = octets.subarray(at, at + 16)
    let digits = ''
    for (let i = 0; i < 16; i++) {
      const octet = line[i]
      const before = i === 8 && line.length >= 8 ? '-' : ' '
      digits += before + (octet === undefined ? '  ' : octet.toString(16).padStart(2, '0'))
    }
    const ascii = Array.from(line, (octet) => (octet >= 32 && octet < 127 ? String.fromCharCode(octet) : '.'))
    lines.push(`${at.toString(16).padStart(8, '0')} ${digits} |${ascii.join('').padEnd(16)}|`)
  }
  return lines.join('\n')
}

export const PACKET_IN_REASONS = ['no_match', 'action', 'invalid_ttl', 'action_set', 'group', 'packet_out']
const PORT_REASONS = ['add', 'delete', 'modify']
const FLOW_REASONS = ['idle', 'hard', 'delete', 'group_delete', 'meter_delete', 'eviction']

type AsyncConfig = MessageNamed<'set_async'> | MessageNamed<'get_async_reply'>

/** Which asynchronous messages a controller gets as primary (or equal) and as secondary. */
export function asyncText(config: AsyncConfig): string {
  const off = '(off)'
  const side = (name: string, packetIn: number, portStatus: number, flowRemoved: number): string =>
    [
      `\n ${name}:`,
      `       PACKET_IN: ${names(packetIn, PACKET_IN_REASONS, off)}`,
      `     PORT_STATUS: ${names(portStatus, PORT_REASONS, off)}`,
      `    FLOW_REMOVED: ${names(flowRemoved, FLOW_REASONS, off)}`,
      `     ROLE_STATUS: ${off}`,
      `    TABLE_STATUS: ${off}`,
      `  REQUESTFORWARD: ${off}`,
    ].join('\n')
  const { packet_in_mask_master, port_status_mask_master, flow_removed_mask_master } = config
  const { packet_in_mask_slave, port_status_mask_slave, flow_removed_mask_slave } = config
  return `${side('primary', packet_in_mask_master, port_status_mask_master, flow_removed_mask_master)}\n${side(
    'secondary',
    packet_in_mask_slave,
    port_status_mask_slave,
    flow_removed_mask_slave,
  )}`
}
