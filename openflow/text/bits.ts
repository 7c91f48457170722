/** Bit sets by name, octets as a dump, and the masks of asynchronous messages: text that many messages share. */

import type { MessageNamed } from '../spec/message.ts'
import { VERSIONS } from '../wire/version.ts'
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

/** Names of the bits that are set, in the order of the list; bits without a name are left out. */
export function listed(value: number, all: readonly (readonly [bit: number, name: string])[]): string {
  const set = all.filter(([bit]) => (value >>> bit) & 1)
  return set.map(([, name]) => name).join(' ')
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
const ROLE_REASONS = ['primary_request', 'configuration_changed', 'experimenter_data_changed']
const TABLE_REASONS = [undefined, undefined, undefined, 'vacancy_down', 'vacancy_up']
const REQUEST_REASONS = ['group_mod_request', 'meter_mod_request']
const FLOW_REASONS = ['idle', 'hard', 'delete', 'group_delete', 'meter_delete', 'eviction']

export type AsyncConfig = MessageNamed<'set_async'> | MessageNamed<'get_async_reply'>

/** Reasons that packets come for since 1.4. */
const NEW_REASONS = 3

/** Which asynchronous messages a controller gets as primary (or equal) and as secondary; reasons that have no name are not told. */
export function asyncText(config: Partial<AsyncConfig>, version: number = VERSIONS.of13): string {
  const packets = PACKET_IN_REASONS.slice(0, version < VERSIONS.of14 ? NEW_REASONS : undefined)
  const reasons = (all: readonly (string | undefined)[], mask = 0): string =>
    all.filter((name, bit) => name !== undefined && (mask >>> bit) & 1).join(' ') || '(off)'
  const side = (name: string, role: 'master' | 'slave'): string =>
    [
      `\n ${name}:`,
      `       PACKET_IN: ${reasons(packets, config[`packet_in_mask_${role}`])}`,
      `     PORT_STATUS: ${reasons(PORT_REASONS, config[`port_status_mask_${role}`])}`,
      `    FLOW_REMOVED: ${reasons(FLOW_REASONS, config[`flow_removed_mask_${role}`])}`,
      `     ROLE_STATUS: ${reasons(ROLE_REASONS, config[`role_status_mask_${role}`])}`,
      `    TABLE_STATUS: ${reasons(TABLE_REASONS, config[`table_status_mask_${role}`])}`,
      `  REQUESTFORWARD: ${reasons(REQUEST_REASONS, config[`requestforward_mask_${role}`])}`,
    ].join('\n')
  return `${side('primary', 'master')}\n${side('secondary', 'slave')}`
}
