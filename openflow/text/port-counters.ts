/**
 * Counters of ports that Open vSwitch sends in properties of experimenter 0xaa01 (Intel): those of RFC 2819, and those
 * of a device, which have names. Octets that are neither are nothing here.
 */

import type { PortStats } from '../spec/ports.ts'
import { octetsText, readU64, U64_MAX } from '../wire/field.ts'

const INTEL = 0xaa01
const RFC2819 = 1
const CUSTOM = 2

const SIZES = [
  ...['1_to_64', '65_to_127', '128_to_255', '256_to_511', '512_to_1023', '1024_to_1522', '1523_to_max'].map(
    (size) => `${size}_packets`,
  ),
]
/** Side and name of each counter, in their order on the wire. */
const COUNTERS: ReadonlyArray<readonly ['rx' | 'tx', string]> = [
  ...SIZES.map((name) => ['rx', name] as const),
  ...SIZES.map((name) => ['tx', name] as const),
  ['tx', 'multicast_packets'],
  ['rx', 'broadcast_packets'],
  ['tx', 'broadcast_packets'],
  ['rx', 'undersized_errors'],
  ['rx', 'oversize_errors'],
  ['rx', 'rx_fragmented_errors'],
  ['rx', 'rx_jabber_errors'],
]
const PADDING = 4
const NONE = new Uint8Array(0)
const INDENT = ' '.repeat(11)

/** A line for what came in and one for what went out, of the counters that there are. */
function rfc2819(data: Uint8Array = NONE): string {
  if (data.length < PADDING + 8 * COUNTERS.length) return ''
  const values = COUNTERS.map(([side, name], i) => ({ side, name, value: readU64(data, PADDING + 8 * i) }))
  return ['rx', 'tx']
    .map((wanted) => {
      const there = values.filter(({ side, value }) => side === wanted && value !== U64_MAX)
      const list = there.map(({ name, value }) => `${name}=${value}, `).join('')
      return list === '' ? '' : `\n${INDENT}${wanted} rfc2819 ${list}`
    })
    .join('')
}

const IN_A_LINE = 3

/** Names (one octet of length in front) and numbers, three a line. */
function custom(data: Uint8Array = NONE): string {
  const list: string[] = []
  for (let at = PADDING; at < data.length; ) {
    const end = at + 1 + data[at]!
    if (end + 8 > data.length) return ''
    list.push(`${octetsText(data.subarray(at + 1, end))}=${readU64(data, end)},`)
    at = end + 8
  }
  if (list.length === 0) return ''
  const lines = Array.from({ length: Math.ceil(list.length / IN_A_LINE) }, (_, i) =>
    list.slice(IN_A_LINE * i, IN_A_LINE * (i + 1)).join(' '),
  )
  return `\n${INDENT}CUSTOM Statistics${lines.map((line) => `\n${INDENT.repeat(2)}${line}`).join('')}`
}

/** The lines of such properties. */
export function formatPortCounters(properties: PortStats['properties'] = []): string {
  const octets = (type: number): Uint8Array | undefined => {
    const found = properties.findLast(
      (one) => one.type === 'experimenter' && one.experimenter === INTEL && one.exp_type === type,
    )
    return found?.type === 'experimenter' ? found.data : undefined
  }
  return rfc2819(octets(RFC2819)) + custom(octets(CUSTOM))
}
