/**
 * What a switch is told to forget of tracked connections, and the message that tells it (NXT_CT_FLUSH, Open vSwitch 3.1):
 * all whose original direction has these addresses, protocol and destination port, in one zone; absent is any. It refuses to
 * know which and when (policy/cuts.ts, ledger.ts).
 */
import type { Message, MessageNamed } from 'node-openflow'
import { type Address, parseAddress } from '../../model/address.ts'

export interface Flush {
  zone: number
  /** Canonical text. */
  source?: string
  destination?: string
  /** IP protocol number; a port needs it. */
  protocol?: number
  port?: number
}

/** Flushes that are remembered for one switch. */
export const FLUSHES_OF_A_SWITCH = 4000

type Properties = MessageNamed<'nx_ct_flush'>['properties']
type Tuple = Extract<Properties[number], { type: 'orig_tuple' }>['tuple']

/** @throws RangeError where nothing but the zone is named: that would take connections that others keep. */
export function flushMessage({ zone, source, destination, protocol, port }: Flush, xid: number): Message {
  const tuple: Tuple = []
  if (source !== undefined) tuple.push({ type: 'src', address: mapped(source) })
  if (destination !== undefined) tuple.push({ type: 'dst', address: mapped(destination) })
  if (tuple.length === 0) throw new RangeError('a flush names an address at least')
  if (port !== undefined) tuple.push({ type: 'dst_port', port })
  return {
    type: 'nx_ct_flush',
    xid,
    ip_proto: protocol ?? 0,
    properties: [
      { type: 'orig_tuple', tuple },
      { type: 'zone_id', zone_id: zone },
    ],
  }
}

/** The same for equal ones. */
export function flushKey({ zone, source, destination, protocol, port }: Flush): string {
  return [zone, source, destination, protocol, port].join(' ')
}

/** 16 octets; IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). */
function mapped(text: string): Uint8Array {
  const { family, value } = parseAddress(text) as Address
  const octets = new Uint8Array(16)
  let rest = family === 4 ? value | 0xffff_0000_0000n : value
  for (let at = 15; at >= 0; at--) {
    octets[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return octets
}
