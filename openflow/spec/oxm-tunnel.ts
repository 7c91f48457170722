/**
 * Tunnel fields of Open vSwitch: addresses, group policy, ERSPAN, GTP-U, and the 64 Geneve option fields, whose
 * meaning and length the switch's TLV table (`nx_tlv_table_mod`) gives.
 */

import { EXPERIMENTER, numbered, OXM_CLASS, type OxmRow } from './oxm-row.ts'

const NXM_NX = OXM_CLASS.nxm_1
const EXT = OXM_CLASS.experimenter
const NICIRA = EXPERIMENTER.nicira

export const OXM_TUNNEL = {
  tun_src: { class: NXM_NX, id: 31, size: 4, maskable: true, since: 'OVS 2.0', print: 'ipv4' },
  tun_dst: { class: NXM_NX, id: 32, size: 4, maskable: true, since: 'OVS 2.0', print: 'ipv4' },
  tun_gbp_id: { class: NXM_NX, id: 38, size: 2, maskable: true, since: 'OVS 2.4', print: 'decimal' },
  tun_gbp_flags: { class: NXM_NX, id: 39, size: 1, maskable: true, since: 'OVS 2.4', print: 'hex' },
  tun_flags: { class: NXM_NX, id: 104, size: 2, bits: 1, maskable: true, since: 'OVS 2.5', print: 'tun_flags' },
  tun_ipv6_src: { class: NXM_NX, id: 109, size: 16, maskable: true, since: 'OVS 2.5', print: 'ipv6' },
  tun_ipv6_dst: { class: NXM_NX, id: 110, size: 16, maskable: true, since: 'OVS 2.5', print: 'ipv6' },

  tun_erspan_idx: {
    class: EXT,
    experimenter: NICIRA,
    id: 11,
    size: 4,
    bits: 20,
    maskable: true,
    since: 'OVS 2.10',
    print: 'hex',
  },
  tun_erspan_ver: {
    class: EXT,
    experimenter: NICIRA,
    id: 12,
    size: 1,
    bits: 4,
    maskable: true,
    since: 'OVS 2.10',
    print: 'decimal',
  },
  tun_erspan_dir: {
    class: EXT,
    experimenter: NICIRA,
    id: 13,
    size: 1,
    bits: 1,
    maskable: true,
    since: 'OVS 2.10',
    print: 'decimal',
  },
  tun_erspan_hwid: {
    class: EXT,
    experimenter: NICIRA,
    id: 14,
    size: 1,
    bits: 6,
    maskable: true,
    since: 'OVS 2.10',
    print: 'hex',
  },
  tun_gtpu_flags: {
    class: EXT,
    experimenter: NICIRA,
    id: 15,
    size: 1,
    maskable: true,
    since: 'OVS 2.13',
    print: 'hex',
    writable: false,
  },
  tun_gtpu_msgtype: {
    class: EXT,
    experimenter: NICIRA,
    id: 16,
    size: 1,
    maskable: true,
    since: 'OVS 2.13',
    print: 'decimal',
    writable: false,
  },

  ...numbered('tun_metadata', 64, (i) => ({
    class: NXM_NX,
    id: 40 + i,
    size: 124,
    variable: true,
    maskable: true,
    since: 'OVS 2.5',
    print: 'octets',
  })),
} as const satisfies Record<string, OxmRow>
