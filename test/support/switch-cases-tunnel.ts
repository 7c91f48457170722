/**
 * What a switch answers about labels, tunnel fields and its TLV table, in the form of switch-cases.ts. Answers were
 * taken from Open vSwitch 3.1.
 */

import { flowAdd } from './arbitrary-flows.ts'
import { octets } from './packets.ts'
import type { Loose, SwitchCase } from './switch-cases.ts'

const tlv = (command: string | number, ...mappings: Loose[]): Loose => ({
  type: 'nx_tlv_table_mod',
  xid: 1,
  command,
  mappings,
})
const option = (index: number, option_type: number, option_len = 4): Loose => ({
  option_class: 0xff54,
  option_type,
  option_len,
  index,
})
const CLEAR = tlv('clear')
const SHOW: Loose = { type: 'nx_tlv_table_request', xid: 1 }
const FIRST = [CLEAR, tlv('add', option(0, 1))]
const doing = (match: Loose[], ...actions: Loose[]): Loose => ({
  ...flowAdd(1, {}),
  match,
  instructions: [{ type: 'apply_actions', actions }],
})
const IP = { field: 'eth_type', value: 0x800 }
const MPLS = { field: 'eth_type', value: 0x8847 }
const push = (ethertype: number): Loose => ({ type: 'push_mpls', ethertype })
const pop = (ethertype: number): Loose => ({ type: 'pop_mpls', ethertype })
const set = (field: string, value: unknown): Loose => ({ type: 'set_field', field: { field, value } })
const move = (src: string, dst: string, n_bits: number): Loose => ({
  ...{ type: 'nx_reg_move', n_bits, src_ofs: 0, dst_ofs: 0, src, dst },
})
const INCONSISTENT = 'E bad_action/match_inconsistent'
const UNMAPPED = 'E flow_mod_failed/nx_invalid_tlv_field'
const value = octets('00000007')

export const TUNNEL_CASES: readonly SwitchCase[] = [
  { name: 'tlvNone', messages: [CLEAR, SHOW], answer: 'tlv 256/64' },
  {
    name: 'tlvTwo',
    messages: [CLEAR, tlv('add', option(3, 2, 124), option(1, 1)), SHOW],
    answer: 'tlv 256/64 1=65364/1/4 3=65364/2/124',
  },
  { name: 'tlvLength0', messages: [CLEAR, tlv('add', option(0, 1, 0)), SHOW], answer: 'tlv 256/64 0=65364/1/0' },
  {
    name: 'tlvLength5',
    messages: [CLEAR, tlv('add', option(0, 1, 5))],
    answer: 'E nx_tlv_table_mod_failed/bad_opt_len',
  },
  {
    name: 'tlvLength128',
    messages: [CLEAR, tlv('add', option(0, 1, 128))],
    answer: 'E nx_tlv_table_mod_failed/bad_opt_len',
  },
  {
    name: 'tlvIndex64',
    messages: [CLEAR, tlv('add', option(64, 1))],
    answer: 'E nx_tlv_table_mod_failed/bad_field_idx',
  },
  {
    name: 'tlvTaken',
    messages: [...FIRST, tlv('add', option(0, 2))],
    answer: 'E nx_tlv_table_mod_failed/already_mapped',
  },
  {
    name: 'tlvAgain',
    messages: [...FIRST, tlv('add', option(0, 1))],
    answer: 'E nx_tlv_table_mod_failed/already_mapped',
  },
  { name: 'tlvTwice', messages: [...FIRST, tlv('add', option(1, 1))], answer: 'E nx_tlv_table_mod_failed/dup_entry' },
  {
    name: 'tlvFull',
    messages: [CLEAR, tlv('add', option(0, 1, 124), option(1, 2, 124), option(2, 3, 12)), SHOW],
    answer: 'E nx_tlv_table_mod_failed/table_full ; tlv 256/64',
  },
  { name: 'tlvCommand', messages: [tlv(7)], answer: 'E nx_tlv_table_mod_failed/bad_command' },
  { name: 'tlvDelNone', messages: [CLEAR, tlv('delete', option(9, 9))], answer: '' },
  { name: 'tlvDelOther', messages: [...FIRST, tlv('delete', option(0, 9)), SHOW], answer: 'tlv 256/64' },
  { name: 'tlvMatch', messages: [CLEAR, doing([{ field: 'tun_metadata0', value }])], answer: UNMAPPED },
  { name: 'tlvSet', messages: [CLEAR, doing([], set('tun_metadata0', value))], answer: UNMAPPED },
  { name: 'tlvMove', messages: [CLEAR, doing([], move('tun_metadata0', 'reg0', 32))], answer: UNMAPPED },
  {
    name: 'tlvMoveWide',
    messages: [...FIRST, doing([], move('tun_metadata0', 'xreg0', 64))],
    answer: 'E bad_action/bad_set_len',
  },
  {
    name: 'tlvUsed',
    messages: [...FIRST, doing([{ field: 'tun_metadata0', value }]), tlv('delete', option(0, 1)), CLEAR],
    answer: 'E nx_tlv_table_mod_failed/invalid_tlv_del ; E nx_tlv_table_mod_failed/invalid_tlv_del',
  },
  {
    // Without clear(): Open vSwitch may still have the flow of the case before in memory.
    name: 'tlvUsedOther',
    messages: [
      ...[tlv('add', option(20, 11), option(21, 12)), doing([], set('tun_metadata20', value))],
      ...[tlv('delete', option(21, 12)), tlv('delete', option(20, 11))],
    ],
    answer: 'E nx_tlv_table_mod_failed/invalid_tlv_del',
  },
  {
    name: 'deleteField',
    messages: [doing([], { type: 'nx_delete_field', field: 'reg0' })],
    answer: 'E bad_action/bad_argument',
  },
  { name: 'pushAny', messages: [doing([], push(0x8847), set('mpls_label', 7))], answer: '' },
  { name: 'pushType', messages: [doing([], push(0x800))], answer: 'E bad_action/bad_argument' },
  { name: 'pushForgets', messages: [doing([IP], push(0x8847), { type: 'dec_nw_ttl' })], answer: INCONSISTENT },
  { name: 'popPlain', messages: [doing([IP], pop(0x800))], answer: INCONSISTENT },
  { name: 'popKnows', messages: [doing([MPLS], pop(0x800), { type: 'dec_nw_ttl' })], answer: '' },
  { name: 'popTwice', messages: [doing([MPLS], pop(0x800), pop(0x800))], answer: INCONSISTENT },
  { name: 'pushPop', messages: [doing([IP], push(0x8847), pop(0x800), set('ip_dscp', 1))], answer: '' },
  {
    name: 'pushPopPort',
    messages: [doing([IP, { field: 'ip_proto', value: 6 }], push(0x8847), pop(0x800), set('tcp_dst', 1))],
    answer: INCONSISTENT,
  },
  { name: 'labelPlain', messages: [doing([IP], set('mpls_label', 1))], answer: INCONSISTENT },
  { name: 'labelMatch', messages: [doing([IP, { field: 'mpls_label', value: 1 }])], answer: 'E bad_match/bad_prereq' },
  { name: 'setBottom', messages: [doing([MPLS], set('mpls_bos', 1))], answer: 'E bad_action/bad_set_argument' },
  { name: 'moveBottom', messages: [doing([MPLS], move('mpls_bos', 'reg0', 1))], answer: '' },
  { name: 'mplsTtl', messages: [doing([IP], { type: 'dec_mpls_ttl' })], answer: INCONSISTENT },
  {
    name: 'larger',
    messages: [doing([], { type: 'nx_check_pkt_larger', pkt_len: 1500, offset: 3, dst: 'reg0' })],
    answer: '',
  },
  {
    name: 'largerBit',
    messages: [doing([], { type: 'nx_check_pkt_larger', pkt_len: 1500, offset: 32, dst: 'reg0' })],
    answer: 'E bad_action/bad_set_len',
  },
]
