/**
 * The shape of a row of the match field tables, and the prerequisites and printers the rows refer to. The rows
 * are in `oxm-basic.ts` (OpenFlow), `oxm-nicira.ts` and `oxm-tunnel.ts` (Open vSwitch), `oxm-legacy.ts` (NXM
 * spellings of OpenFlow fields); `oxm.ts` makes the codec and the types of them.
 */

/** OXM classes (OpenFlow 1.3.5 section 7.2.3.3, and those of Open vSwitch). */
export const OXM_CLASS = {
  nxm_0: 0x0000,
  nxm_1: 0x0001,
  ericsson: 0x1000,
  openflow_basic: 0x8000,
  packet_registers: 0x8001,
  experimenter: 0xffff,
} as const

/** Experimenter ids of OXM fields, messages, actions. */
export const EXPERIMENTER = {
  nicira: 0x00002320,
  onf: 0x4f4e4600,
  nsh: 0x005ad650,
} as const

/** How a value is written in text. The text form has one function per name. */
export type OxmPrint =
  | 'decimal'
  | 'hex'
  | 'mac'
  | 'ipv4'
  | 'ipv6'
  | 'port'
  | 'vlan_vid'
  | 'ct_state'
  | 'tcp_flags'
  | 'frag'
  | 'tun_flags'
  | 'packet_type'
  | 'octets'

/** Fields and values (after masking) that must be matched for a field to mean anything; all of them. */
export type Needs = Readonly<
  Partial<Record<'eth_type' | 'ip_proto' | 'icmpv6_type' | 'icmpv6_code' | 'vlan_vid', readonly number[]>>
>

/** What there is to know of a match field: number, width, mask, prerequisites, origin, how it is printed. */
export interface OxmRow {
  readonly class: number
  readonly id: number
  /** Only for class 0xffff. */
  readonly experimenter?: number
  /** Octets of the value. 1..6: number, 8 and 16: bigint. For a variable field the most octets, value Uint8Array. */
  readonly size: number
  readonly variable?: true
  /** Significant bits where they are fewer than the octets hold. */
  readonly bits?: number
  readonly maskable: boolean
  readonly needs?: Needs
  /** Version of OpenFlow, or of Open vSwitch, that has the field. */
  readonly since: string
  readonly print: OxmPrint
  /** The row of which this is another spelling on the wire. */
  readonly twin?: string
  /** The row whose class, number and experimenter this name has from 1.5 on, and the other way round. */
  readonly trades?: string
  /** False for fields that actions cannot set. */
  readonly writable?: false
}

const ETH_IPV4 = 0x0800
const ETH_IPV6 = 0x86dd
const IP: readonly number[] = [ETH_IPV4, ETH_IPV6]

/** The prerequisites of OpenFlow 1.3.5 table 12 and of Open vSwitch, by their usual names. */
export const NEEDS = {
  vlan: { vlan_vid: [0x1000] },
  ipv4: { eth_type: [ETH_IPV4] },
  ipv6: { eth_type: [ETH_IPV6] },
  ip: { eth_type: IP },
  arp: { eth_type: [0x0806, 0x8035] },
  mpls: { eth_type: [0x8847, 0x8848] },
  pbb: { eth_type: [0x88e7] },
  nsh: { eth_type: [0x894f] },
  tcp: { eth_type: IP, ip_proto: [6] },
  udp: { eth_type: IP, ip_proto: [17] },
  sctp: { eth_type: IP, ip_proto: [132] },
  icmpv4: { eth_type: [ETH_IPV4], ip_proto: [1] },
  icmpv6: { eth_type: [ETH_IPV6], ip_proto: [58] },
  nd: { eth_type: [ETH_IPV6], ip_proto: [58], icmpv6_type: [135, 136] },
  nd_solicit: { eth_type: [ETH_IPV6], ip_proto: [58], icmpv6_type: [135] },
  nd_advert: { eth_type: [ETH_IPV6], ip_proto: [58], icmpv6_type: [136] },
} as const satisfies Record<string, Needs>

/** 0 .. N-1 as a union of literals. */
export type Below<N extends number, A extends readonly number[] = []> = A['length'] extends N
  ? A[number]
  : Below<N, [...A, A['length']]>

/** Rows `${prefix}0` .. `${prefix}${count-1}`, alike but for their number. */
export function numbered<const P extends string, const N extends number, const R extends OxmRow>(
  prefix: P,
  count: N,
  row: (index: number) => R,
): { readonly [K in `${P}${Below<N>}`]: R } {
  const rows: Record<string, OxmRow> = {}
  for (let i = 0; i < count; i++) rows[`${prefix}${i}`] = row(i)
  return rows as { readonly [K in `${P}${Below<N>}`]: R }
}
