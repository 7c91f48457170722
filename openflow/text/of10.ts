/**
 * Bits that mean something else in OpenFlow 1.0.1 than later, by the names of ovs-ofctl: what switches and ports can do
 * and are set to (sections 5.2.1, 5.3.1), and what tables can have wild (section 5.2.3). It prints no message.
 */

import { OFPPS_STP_MASK } from '../spec/constants.ts'
import { names } from './bits.ts'

export const CAPABILITIES_10 = [
  ...['FLOW_STATS', 'TABLE_STATS', 'PORT_STATS', undefined, 'STP', 'IP_REASM', 'QUEUE_STATS', 'ARP_MATCH_IP'],
]

export const PORT_CONFIG_10 = [
  ...['PORT_DOWN', 'NO_STP', 'NO_RECV', 'NO_RECV_STP', 'NO_FLOOD', 'NO_FWD', 'NO_PACKET_IN'],
]

/** By the bits of OFPPS_STP_MASK; a port that listens is not said to. */
const STP = ['', 'STP_LEARN', 'STP_FORWARD', 'STP_BLOCK']
const STP_SHIFT = 8

/** What the port does in the spanning tree, and the other bits. */
export function portState10(state: number): string {
  const stp = STP[(state & OFPPS_STP_MASK) >>> STP_SHIFT]!
  const rest = names(state & ~OFPPS_STP_MASK, ['LINK_DOWN'], '')
  return [stp, rest].filter((text) => text !== '').join(' ') || '0'
}

/** Mbit/s of the lowest bits of what a port can do: half and full duplex of each rate. */
const RATES = [10, 10, 100, 100, 1000, 1000, 10000]

/** The highest rate that a port has by its bits; 1.0 does not tell it otherwise. */
export function speed10(features: number): number {
  return RATES[RATES.findLastIndex((_, bit) => (features >>> bit) & 1)] ?? 0
}

/** Bits of a switch's actions (and of groups'), in the order in which they are listed. */
export const ACTIONS_10 = [
  [0, 'output'],
  [11, 'enqueue'],
  [1, 'set_vlan_vid'],
  [2, 'set_vlan_pcp'],
  [3, 'strip_vlan'],
  [4, 'mod_dl_src'],
  [5, 'mod_dl_dst'],
  [6, 'mod_nw_src'],
  [7, 'mod_nw_dst'],
  [8, 'mod_nw_tos'],
  [9, 'mod_tp_src'],
  [10, 'mod_tp_dst'],
] as const

/** Masks of `enum ofp_flow_wildcards`, in the order of Open vSwitch's fields. */
const WILD = [
  [1, 'in_port'],
  [1 << 2, 'eth_src'],
  [1 << 3, 'eth_dst'],
  [1 << 4, 'eth_type'],
  [1 << 1, 'vlan_vid'],
  [1 << 20, 'vlan_pcp'],
  [0x3f << 8, 'ip_src'],
  [0x3f << 14, 'ip_dst'],
  [1 << 5, 'nw_proto'],
  [1 << 21, 'nw_tos'],
  [1 << 6, 'tcp_src'],
  [1 << 7, 'tcp_dst'],
] as const

/** Names of the fields that a table can have wild. */
export const wildFields10 = (bits: number): string[] =>
  WILD.filter(([mask]) => (bits & mask) !== 0).map(([, name]) => name)
