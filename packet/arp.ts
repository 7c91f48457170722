/**
 * ARP for IPv4 over Ethernet (RFC 826, RFC 5227). It refuses any other hardware and protocol.
 */
import { type Decoded, put, u8, u16, u32, u48 } from './octets.ts'

export const ARP_REQUEST = 1
export const ARP_REPLY = 2

export interface Arp {
  op: number
  senderMac: number
  senderIp: number
  targetMac: number
  targetIp: number
}

export function decodeArp(data: Uint8Array): Decoded<Arp> | undefined {
  if (data.length < 28 || u32(data, 0) !== 0x00010800 || u8(data, 4) !== 6 || u8(data, 5) !== 4) return undefined
  return {
    header: {
      op: u16(data, 6),
      senderMac: u48(data, 8),
      senderIp: u32(data, 14),
      targetMac: u48(data, 18),
      targetIp: u32(data, 24),
    },
    payload: data.subarray(28),
  }
}

export function encodeArp(arp: Arp): Uint8Array {
  const octets = new Uint8Array(28)
  put(octets, 0, 4, 0x00010800)
  put(octets, 4, 2, 0x0604)
  put(octets, 6, 2, arp.op)
  put(octets, 8, 6, arp.senderMac)
  put(octets, 14, 4, arp.senderIp)
  put(octets, 18, 6, arp.targetMac)
  put(octets, 24, 4, arp.targetIp)
  return octets
}
