/**
 * TCP headers with options (RFC 9293). It refuses to follow connections.
 */
import { type Endpoints, transportChecksum } from './checksum.ts'
import { type Ipv4Option, kindLengthOptions, PROTOCOL } from './ipv4.ts'
import { concat, type Decoded, padTo, put, u8, u16, u32 } from './octets.ts'

export const TCP_FIN = 0x01
export const TCP_SYN = 0x02
export const TCP_RST = 0x04
export const TCP_PSH = 0x08
export const TCP_ACK = 0x10
export const TCP_URG = 0x20
export const TCP_ECE = 0x40
export const TCP_CWR = 0x80

export interface Tcp {
  srcPort: number
  dstPort: number
  sequence: number
  acknowledgment: number
  /** Four reserved bits, then CWR ECE URG ACK PSH RST SYN FIN. */
  flags: number
  window: number
  urgent: number
  /** Padded to a multiple of 4 octets, at most 40. */
  options: Uint8Array
}

export interface DecodedTcp extends Decoded<Tcp> {
  /** Octets of header and options. */
  headerLength: number
}

export function decodeTcp(data: Uint8Array): DecodedTcp | undefined {
  if (data.length < 20) return undefined
  const headerLength = (u8(data, 12) >> 4) * 4
  if (headerLength < 20 || data.length < headerLength) return undefined
  return {
    header: {
      srcPort: u16(data, 0),
      dstPort: u16(data, 2),
      sequence: u32(data, 4),
      acknowledgment: u32(data, 8),
      flags: u16(data, 12) & 0xfff,
      window: u16(data, 14),
      urgent: u16(data, 18),
      options: data.slice(20, headerLength),
    },
    payload: data.subarray(headerLength),
    headerLength,
  }
}

/** @throws RangeError where options do not fit. */
export function encodeTcp(between: Endpoints, header: Tcp, payload: Uint8Array): Uint8Array {
  const options = padTo(header.options, 4)
  if (options.length > 40) throw new RangeError(`TCP options of ${options.length} octets; at most 40 fit`)
  const head = new Uint8Array(20)
  put(head, 0, 2, header.srcPort)
  put(head, 2, 2, header.dstPort)
  put(head, 4, 4, header.sequence)
  put(head, 8, 4, header.acknowledgment)
  put(head, 12, 2, ((20 + options.length) << 10) | header.flags)
  put(head, 14, 2, header.window)
  put(head, 18, 2, header.urgent)
  const octets = concat(head, options, payload)
  put(octets, 16, 2, transportChecksum(between, PROTOCOL.tcp, octets))
  return octets
}

/** The options that can be read, without end-of-list and no-operation. */
export function tcpOptions(options: Uint8Array): Ipv4Option[] {
  return kindLengthOptions(options)
}
