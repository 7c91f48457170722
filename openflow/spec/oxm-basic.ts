/**
 * Match fields of OpenFlow 1.3.5 (section 7.2.3.7, tables 11 and 12), and those of later versions that Open
 * vSwitch takes on 1.3 connections. One row is everything that is known about a field.
 */

import { EXPERIMENTER, NEEDS, OXM_CLASS, type OxmRow } from './oxm-row.ts'

const BASIC = OXM_CLASS.openflow_basic
const EXT = OXM_CLASS.experimenter
const ONF = EXPERIMENTER.onf

/** Class 0x8000. */
export const OXM_BASIC = {
  in_port: { class: BASIC, id: 0, size: 4, maskable: false, since: '1.3', print: 'port' },
  in_phy_port: { class: BASIC, id: 1, size: 4, maskable: false, since: '1.3', print: 'port', writable: false },
  metadata: { class: BASIC, id: 2, size: 8, maskable: true, since: '1.3', print: 'hex' },
  eth_dst: { class: BASIC, id: 3, size: 6, maskable: true, since: '1.3', print: 'mac' },
  eth_src: { class: BASIC, id: 4, size: 6, maskable: true, since: '1.3', print: 'mac' },
  eth_type: { class: BASIC, id: 5, size: 2, maskable: false, since: '1.3', print: 'hex', writable: false },
  vlan_vid: { class: BASIC, id: 6, size: 2, bits: 13, maskable: true, since: '1.3', print: 'vlan_vid' },
  vlan_pcp: {
    class: BASIC,
    id: 7,
    size: 1,
    bits: 3,
    maskable: false,
    needs: NEEDS.vlan,
    since: '1.3',
    print: 'decimal',
  },
  ip_dscp: { class: BASIC, id: 8, size: 1, bits: 6, maskable: false, needs: NEEDS.ip, since: '1.3', print: 'decimal' },
  ip_ecn: { class: BASIC, id: 9, size: 1, bits: 2, maskable: false, needs: NEEDS.ip, since: '1.3', print: 'decimal' },
  ip_proto: {
    class: BASIC,
    id: 10,
    size: 1,
    maskable: false,
    needs: NEEDS.ip,
    since: '1.3',
    print: 'decimal',
    writable: false,
  },
  ipv4_src: { class: BASIC, id: 11, size: 4, maskable: true, needs: NEEDS.ipv4, since: '1.3', print: 'ipv4' },
  ipv4_dst: { class: BASIC, id: 12, size: 4, maskable: true, needs: NEEDS.ipv4, since: '1.3', print: 'ipv4' },
  tcp_src: { class: BASIC, id: 13, size: 2, maskable: true, needs: NEEDS.tcp, since: '1.3', print: 'decimal' },
  tcp_dst: { class: BASIC, id: 14, size: 2, maskable: true, needs: NEEDS.tcp, since: '1.3', print: 'decimal' },
  udp_src: { class: BASIC, id: 15, size: 2, maskable: true, needs: NEEDS.udp, since: '1.3', print: 'decimal' },
  udp_dst: { class: BASIC, id: 16, size: 2, maskable: true, needs: NEEDS.udp, since: '1.3', print: 'decimal' },
  sctp_src: { class: BASIC, id: 17, size: 2, maskable: true, needs: NEEDS.sctp, since: '1.3', print: 'decimal' },
  sctp_dst: { class: BASIC, id: 18, size: 2, maskable: true, needs: NEEDS.sctp, since: '1.3', print: 'decimal' },
  icmpv4_type: { class: BASIC, id: 19, size: 1, maskable: false, needs: NEEDS.icmpv4, since: '1.3', print: 'decimal' },
  icmpv4_code: { class: BASIC, id: 20, size: 1, maskable: false, needs: NEEDS.icmpv4, since: '1.3', print: 'decimal' },
  arp_op: { class: BASIC, id: 21, size: 2, maskable: false, needs: NEEDS.arp, since: '1.3', print: 'decimal' },
  arp_spa: { class: BASIC, id: 22, size: 4, maskable: true, needs: NEEDS.arp, since: '1.3', print: 'ipv4' },
  arp_tpa: { class: BASIC, id: 23, size: 4, maskable: true, needs: NEEDS.arp, since: '1.3', print: 'ipv4' },
  arp_sha: { class: BASIC, id: 24, size: 6, maskable: true, needs: NEEDS.arp, since: '1.3', print: 'mac' },
  arp_tha: { class: BASIC, id: 25, size: 6, maskable: true, needs: NEEDS.arp, since: '1.3', print: 'mac' },
  ipv6_src: { class: BASIC, id: 26, size: 16, maskable: true, needs: NEEDS.ipv6, since: '1.3', print: 'ipv6' },
  ipv6_dst: { class: BASIC, id: 27, size: 16, maskable: true, needs: NEEDS.ipv6, since: '1.3', print: 'ipv6' },
  ipv6_flabel: {
    class: BASIC,
    id: 28,
    size: 4,
    bits: 20,
    maskable: true,
    needs: NEEDS.ipv6,
    since: '1.3',
    print: 'hex',
  },
  icmpv6_type: { class: BASIC, id: 29, size: 1, maskable: false, needs: NEEDS.icmpv6, since: '1.3', print: 'decimal' },
  icmpv6_code: { class: BASIC, id: 30, size: 1, maskable: false, needs: NEEDS.icmpv6, since: '1.3', print: 'decimal' },
  ipv6_nd_target: { class: BASIC, id: 31, size: 16, maskable: true, needs: NEEDS.nd, since: '1.3', print: 'ipv6' },
  ipv6_nd_sll: { class: BASIC, id: 32, size: 6, maskable: true, needs: NEEDS.nd_solicit, since: '1.3', print: 'mac' },
  ipv6_nd_tll: { class: BASIC, id: 33, size: 6, maskable: true, needs: NEEDS.nd_advert, since: '1.3', print: 'mac' },
  mpls_label: {
    class: BASIC,
    id: 34,
    size: 4,
    bits: 20,
    maskable: false,
    needs: NEEDS.mpls,
    since: '1.3',
    print: 'decimal',
  },
  mpls_tc: {
    class: BASIC,
    id: 35,
    size: 1,
    bits: 3,
    maskable: false,
    needs: NEEDS.mpls,
    since: '1.3',
    print: 'decimal',
  },
  mpls_bos: {
    class: BASIC,
    id: 36,
    size: 1,
    bits: 1,
    maskable: false,
    needs: NEEDS.mpls,
    since: '1.3',
    print: 'decimal',
    writable: false,
  },
  pbb_isid: { class: BASIC, id: 37, size: 3, maskable: true, needs: NEEDS.pbb, since: '1.3', print: 'decimal' },
  tunnel_id: { class: BASIC, id: 38, size: 8, maskable: true, since: '1.3', print: 'hex' },
  ipv6_exthdr: {
    class: BASIC,
    id: 39,
    size: 2,
    bits: 9,
    maskable: true,
    needs: NEEDS.ipv6,
    since: '1.3',
    print: 'hex',
    writable: false,
  },

  // from later versions
  pbb_uca: {
    class: BASIC,
    id: 41,
    size: 1,
    bits: 1,
    maskable: false,
    needs: NEEDS.pbb,
    since: '1.4',
    print: 'decimal',
  },
  /** The spelling that is not the version's own: this one before 1.5, which Open vSwitch reads, too; then the ONF's. */
  oxm_of_tcp_flags: {
    class: BASIC,
    id: 42,
    size: 2,
    bits: 12,
    maskable: true,
    needs: NEEDS.tcp,
    since: '1.5',
    print: 'tcp_flags',
    twin: 'tcp_flags',
    trades: 'tcp_flags',
    writable: false,
  },
  /** As oxm_of_tcp_flags. */
  oxm_of_actset_output: {
    class: BASIC,
    id: 43,
    size: 4,
    maskable: false,
    since: '1.5',
    print: 'port',
    twin: 'actset_output',
    trades: 'actset_output',
    writable: false,
  },
  packet_type: { class: BASIC, id: 44, size: 4, maskable: false, since: '1.5', print: 'packet_type', writable: false },
} as const satisfies Record<string, OxmRow>

/**
 * ONF extensions to 1.3: experimenter class with the ONF's id (EXT-109 and EXT-233); what Open vSwitch emits on 1.3. From
 * 1.5 on these names are those of class 0x8000.
 */
export const OXM_ONF = {
  tcp_flags: {
    class: EXT,
    experimenter: ONF,
    id: 42,
    size: 2,
    bits: 12,
    maskable: true,
    needs: NEEDS.tcp,
    since: 'ONF 1.3',
    print: 'tcp_flags',
    trades: 'oxm_of_tcp_flags',
    writable: false,
  },
  actset_output: {
    class: EXT,
    experimenter: ONF,
    id: 43,
    size: 4,
    maskable: false,
    since: 'ONF 1.3',
    print: 'port',
    trades: 'oxm_of_actset_output',
    writable: false,
  },
} as const satisfies Record<string, OxmRow>
