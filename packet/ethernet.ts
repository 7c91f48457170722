/**
 * Ethernet II frames with VLAN tags (IEEE 802.3, 802.1Q). The type of an 802.3 frame is its length, as on the wire.
 * It refuses to know frame check sequences and the padding of short frames: switches strip and add them.
 */
import { concat, type Decoded, put, u16, u48 } from './octets.ts'

export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
  lldp: 0x88cc,
} as const

export const MAC_BROADCAST = 0xffffffffffff

/** A VLAN tag. */
export interface VlanTag {
  /** The tag's own Ethertype: 0x8100 or 0x88a8. */
  tpid: number
  priority: number
  dropEligible: boolean
  vid: number
}

export interface Ethernet {
  dst: number
  src: number
  /** From the outermost to the innermost; at most MAX_VLANS are read. */
  vlans: readonly VlanTag[]
  /** Ethertype of the payload. */
  type: number
}

export const MAX_VLANS = 4

/** Whether a MAC address is a multicast or broadcast address. */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1
}

export function decodeEthernet(data: Uint8Array): Decoded<Ethernet> | undefined {
  if (data.length < 14) return undefined
  const vlans: VlanTag[] = []
  let at = 12
  let type = u16(data, at)
  while (isVlan(type) && vlans.length < MAX_VLANS && data.length >= at + 6) {
    const tci = u16(data, at + 2)
    vlans.push({ tpid: type, priority: tci >> 13, dropEligible: (tci & 0x1000) !== 0, vid: tci & 0xfff })
    at += 4
    type = u16(data, at)
  }
  return { header: { dst: u48(data, 0), src: u48(data, 6), vlans, type }, payload: data.subarray(at + 2) }
}

export function encodeEthernet(header: Ethernet, payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(14 + 4 * header.vlans.length)
  put(octets, 0, 6, header.dst)
  put(octets, 6, 6, header.src)
  let at = 12
  for (const vlan of header.vlans) {
    put(octets, at, 2, vlan.tpid)
    put(octets, at + 2, 2, (vlan.priority << 13) | (vlan.dropEligible ? 0x1000 : 0) | vlan.vid)
    at += 4
  }
  put(octets, at, 2, header.type)
  return concat(octets, payload)
}

function isVlan(type: number): boolean {
  return type === ETHERTYPE.vlan || type === ETHERTYPE.serviceVlan
}
