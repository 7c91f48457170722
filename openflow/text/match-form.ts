/**
 * The one form in which Open vSwitch sends a match on a 1.3 connection, whatever spelling it was given in: order of
 * the fields, registers of 32 bits, nothing for bits that do not count. Texts are read into this form, so that they
 * give the octets that ovs-ofctl gives. It knows no text.
 */

import { FIELD_NAMES, type FieldName } from '../spec/oxm.ts'
import { type Masked, ones } from './values.ts'

/** What is matched of one field. */
export interface MatchPart {
  readonly masked: Masked
  /** Where it stands in the text. */
  readonly at: number
  /** Octets, of fields of variable length. */
  readonly size?: number
  /** The mask is sent although it has all bits of the field. */
  readonly explicit?: true
}

const registers = (count: number, name: string): FieldName[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}` as FieldName)

/** Fields that Open vSwitch does not know stand beside what they resemble. */
const SENT: readonly FieldName[] = [
  ...(['packet_type', 'dp_hash', 'recirc_id', 'conj_id', 'in_port', 'in_phy_port', 'actset_output'] as const),
  ...(['eth_src', 'eth_dst', 'eth_type', 'vlan_vid', 'vlan_pcp', 'vlan_tci', 'pbb_isid', 'pbb_uca'] as const),
  ...(['mpls_tc', 'mpls_bos', 'mpls_ttl', 'mpls_label'] as const),
  ...(['ipv4_src', 'ipv4_dst', 'ipv6_src', 'ipv6_dst'] as const),
  ...(['nw_frag', 'nw_tos', 'ip_dscp', 'ip_ecn', 'nw_ttl', 'ipv6_flabel', 'ipv6_exthdr', 'ip_proto'] as const),
  ...(['tcp_src', 'tcp_dst', 'tcp_flags', 'udp_src', 'udp_dst', 'sctp_src', 'sctp_dst'] as const),
  ...(['icmpv4_type', 'icmpv4_code', 'icmpv6_type', 'icmpv6_code'] as const),
  ...(['nd_reserved', 'ipv6_nd_target', 'nd_options_type', 'ipv6_nd_sll', 'ipv6_nd_tll'] as const),
  ...(['arp_op', 'arp_spa', 'arp_tpa', 'arp_sha', 'arp_tha'] as const),
  ...(['tunnel_id', 'tun_flags', 'tun_src', 'tun_dst', 'tun_ipv6_src', 'tun_ipv6_dst'] as const),
  ...(['tun_gbp_id', 'tun_gbp_flags'] as const),
  ...registers(64, 'tun_metadata'),
  ...(['tun_erspan_idx', 'tun_erspan_ver', 'tun_erspan_dir', 'tun_erspan_hwid'] as const),
  ...(['tun_gtpu_flags', 'tun_gtpu_msgtype'] as const),
  ...(['nsh_flags', 'nsh_ttl', 'nsh_mdtype', 'nsh_np', 'nsh_spi', 'nsh_si'] as const),
  ...(['nsh_c1', 'nsh_c2', 'nsh_c3', 'nsh_c4'] as const),
  ...registers(16, 'reg'),
  ...(['pkt_mark', 'ct_state', 'ct_zone', 'ct_mark', 'ct_label'] as const),
  ...(['ct_nw_src', 'ct_nw_dst', 'ct_ipv6_src', 'ct_ipv6_dst', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst'] as const),
  'metadata',
]

const order = new Map<FieldName, number>([...new Set([...SENT, ...FIELD_NAMES])].map((name, i) => [name, i]))

/** Place of a field in a match, for sorting. */
export const sentPlace = (field: FieldName): number => order.get(field)!

const CT_STATE_BITS = 0xffn
const TAGGED_OR_TYPED: readonly FieldName[] = ['eth_src', 'eth_dst', 'eth_type', 'vlan_vid', 'vlan_tci']

/** The 32 bit registers of an xreg or xxreg, with value and mask of each. */
export function splitRegister(field: FieldName, { value, mask }: Masked): [FieldName, Masked][] | undefined {
  const wide = /^(x+)reg(\d+)$/.exec(field)
  if (wide === null) return undefined
  const count = 2 ** wide[1]!.length
  return Array.from({ length: count }, (_, i) => {
    const shift = BigInt(32 * (count - 1 - i))
    const part = { value: (value >> shift) & ones(32), mask: (mask >> shift) & ones(32) }
    return [`reg${Number(wide[2]) * count + i}` as FieldName, part]
  })
}

/** Fields in order and in the spelling of Open vSwitch; those with no bit in their mask are left out. */
export function sentForm(fields: ReadonlyMap<FieldName, MatchPart>): [FieldName, MatchPart][] {
  const out = [...fields].map(([field, part]): [FieldName, MatchPart] => {
    const { value, mask } = part.masked
    // Exact, but only of the bits that there are.
    if (field === 'ct_state' && mask === ones(32) && value <= CT_STATE_BITS) {
      return [field, { ...part, masked: { value, mask: CT_STATE_BITS } }]
    }
    return field === 'tun_flags' ? [field, { ...part, explicit: true }] : [field, part]
  })
  return out
    .filter(([field, { masked, size }]) => {
      if (field === 'packet_type' && masked.value === 0n) return !TAGGED_OR_TYPED.some((name) => fields.has(name))
      return masked.mask !== 0n || size !== undefined
    })
    .sort(([a], [b]) => sentPlace(a) - sentPlace(b))
}
