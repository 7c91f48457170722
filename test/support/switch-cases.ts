/**
 * What a switch answers to messages that are wrong, or nearly: matches, instructions and actions. Answers were taken from Open vSwitch 3.1,
 * and `openVswitch` is there where it answers otherwise than OpenFlow 1.3.5 wants; the reference switch then keeps
 * to the specification. Used by the reference switch's unit test and by its test against Open vSwitch.
 */

import type { Action, Message, MessageNamed } from 'node-openflow'
import { apply, flowAdd, output } from './arbitrary-flows.ts'

/** Messages are wrong on purpose, so their types are not held to. */
export type Loose = Record<string, unknown>

export interface SwitchCase {
  readonly name: string
  readonly messages: readonly Loose[]
  readonly answer: string
  readonly openVswitch?: string
}

/** Errors and other answers in short; packet_ins are left out. */
export function answerText(messages: readonly Message[]): string {
  return messages
    .filter((message) => message.type !== 'packet_in')
    .map((message) => {
      if (message.type === 'error') return `E ${message.error_type}/${message.code}`
      if (message.type === 'bundle_control') return message.bundle_type
      if (message.type === 'get_config_reply') return `cfg ${message.flags}`
      if (message.type === 'nx_tlv_table_reply') return tableText(message)
      if (message.type !== 'multipart_reply') return message.type
      return message.mp_type === 'aggregate' ? `mp ${message.body.flow_count}` : 'mp '
    })
    .join(' ; ')
}

/** `tlv SPACE/FIELDS INDEX=CLASS/TYPE/LENGTH ...` */
function tableText({ max_option_space, max_fields, mappings }: MessageNamed<'nx_tlv_table_reply'>): string {
  const its = mappings.map((one) => `${one.index}=${one.option_class}/${one.option_type}/${one.option_len}`)
  return ['tlv', `${max_option_space}/${max_fields}`, ...its].join(' ')
}

const any = 0xffffffff
const bucket = (o: Loose = {}): Loose => ({ weight: 0, watch_port: any, watch_group: any, actions: [], ...o })
const gm = (o: Loose): Loose => ({
  type: 'group_mod',
  xid: 1,
  command: 'add',
  group_type: 'all',
  group_id: 50,
  buckets: [],
  ...o,
})
const fm = ({ more, ...o }: Loose & { more?: Loose }): Loose => ({ ...flowAdd(1, o), ...more })
const zeros = (size: number): Uint8Array => new Uint8Array(size)
const set = (field: string, value: number | bigint): Action =>
  ({ type: 'set_field', field: { field, value } }) as Action
const doing = (...actions: Loose[]): Loose => fm({ instructions: [{ type: 'apply_actions', actions }] })
const doingIp = (...actions: Loose[]): Loose =>
  fm({ match: [{ field: 'eth_type', value: 0x800 }], instructions: [{ type: 'apply_actions', actions }] })
const writing = (...actions: Loose[]): Loose => fm({ instructions: [{ type: 'write_actions', actions }] })
const ct = (flags: number, recirc_table: number, actions: Loose[]): Loose => ({
  type: 'nx_ct',
  flags,
  zone: 1,
  recirc_table,
  alg: 'none',
  actions,
})
const conj = (clause: number, n_clauses: number): Loose => ({ type: 'nx_conjunction', clause, n_clauses, id: 1 })

export const FLOW_CASES: readonly SwitchCase[] = [
  {
    name: 'weightAll',
    messages: [gm({ buckets: [bucket({ weight: 1 })] })],
    answer: 'E group_mod_failed/invalid_group',
  },
  { name: 'indirect0', messages: [gm({ group_type: 'indirect' })], answer: 'E group_mod_failed/invalid_group' },
  {
    name: 'indirect2',
    messages: [gm({ group_type: 'indirect', buckets: [bucket(), bucket()] })],
    answer: 'E group_mod_failed/invalid_group',
  },
  {
    name: 'ffNoWatch',
    messages: [gm({ group_type: 'ff', buckets: [bucket()] })],
    answer: 'E group_mod_failed/invalid_group',
  },
  { name: 'ffWatch', messages: [gm({ group_type: 'ff', buckets: [bucket({ watch_port: 1 })] })], answer: '' },
  {
    name: 'allWatch',
    messages: [gm({ buckets: [bucket({ watch_port: 1 })] })],
    answer: 'E group_mod_failed/watch_unsupported',
  },
  { name: 'select0', messages: [gm({ group_type: 'select', buckets: [bucket({ weight: 0 })] })], answer: '' },
  {
    name: 'selfLoop',
    messages: [gm({ buckets: [bucket({ actions: [{ type: 'group', group_id: 50 }] })] })],
    answer: 'E group_mod_failed/loop',
    openVswitch: '',
  },
  {
    name: 'noSuchGroup',
    messages: [gm({ buckets: [bucket({ actions: [{ type: 'group', group_id: 51 }] })] })],
    answer: '',
  },
  {
    name: 'loop2',
    messages: [
      gm({ group_id: 51 }),
      gm({ buckets: [bucket({ actions: [{ type: 'group', group_id: 51 }] })] }),
      gm({ command: 'modify', group_id: 51, buckets: [bucket({ actions: [{ type: 'group', group_id: 50 }] })] }),
    ],
    answer: 'E group_mod_failed/loop',
    openVswitch: '',
  },
  { name: 'exists', messages: [gm({}), gm({})], answer: 'E group_mod_failed/group_exists' },
  { name: 'modUnknown', messages: [gm({ command: 'modify' })], answer: 'E group_mod_failed/unknown_group' },
  { name: 'badId', messages: [gm({ group_id: 0xffffff01 })], answer: 'E group_mod_failed/invalid_group' },
  { name: 'delUnknown', messages: [gm({ command: 'delete' })], answer: '' },
  { name: 'badCommand', messages: [gm({ command: 9 })], answer: 'E group_mod_failed/bad_command' },
  { name: 'badType', messages: [gm({ group_type: 9 })], answer: 'E group_mod_failed/bad_type' },
  { name: 'flowGroup', messages: [doing({ type: 'group', group_id: 77 })], answer: 'E bad_action/bad_out_group' },
  {
    name: 'flowMeter',
    messages: [fm({ instructions: [{ type: 'meter', meter_id: 77 }] })],
    answer: 'E meter_mod_failed/invalid_meter',
  },
  {
    name: 'gotoSelf',
    messages: [fm({ instructions: [{ type: 'goto_table', table_id: 0 }] })],
    answer: 'E bad_instruction/bad_table_id',
  },
  {
    name: 'gotoBack',
    messages: [fm({ table: 3, instructions: [{ type: 'goto_table', table_id: 1 }] })],
    answer: 'E bad_instruction/bad_table_id',
  },
  {
    name: 'goto254',
    messages: [fm({ instructions: [{ type: 'goto_table', table_id: 254 }] })],
    answer: 'E bad_instruction/bad_table_id',
    openVswitch: '',
  },
  { name: 'table255', messages: [fm({ table: 255 })], answer: 'E flow_mod_failed/bad_table_id' },
  {
    name: 'table254',
    messages: [fm({ table: 254 })],
    answer: 'E flow_mod_failed/bad_table_id',
    openVswitch: 'E bad_request/eperm',
  },
  {
    name: 'twice',
    messages: [fm({ instructions: [...apply(output(1)), ...apply(output(2))] })],
    answer: 'E bad_instruction/dup_inst',
  },
  { name: 'out0', messages: [doing(output(0))], answer: 'E bad_action/bad_out_port', openVswitch: '' },
  { name: 'outAny', messages: [doing(output(any))], answer: 'E bad_action/bad_out_port' },
  { name: 'outBig', messages: [doing(output(0xff01))], answer: 'E bad_action/bad_out_port' },
  { name: 'outMid', messages: [doing(output(0x1ffff))], answer: 'E bad_action/bad_out_port' },
  { name: 'out99', messages: [doing(output(99))], answer: '' },
  { name: 'outTable', messages: [doing(output(0xfffffff9))], answer: '' },
  { name: 'outLow', messages: [doing(output(0xffffff01))], answer: 'E bad_action/bad_out_port' },
  { name: 'setTcp', messages: [doing(set('tcp_dst', 1))], answer: 'E bad_action/match_inconsistent' },
  { name: 'setVid', messages: [doing(set('vlan_vid', 0x1001))], answer: 'E bad_action/match_inconsistent' },
  { name: 'popNone', messages: [doing({ type: 'pop_vlan' })], answer: 'E bad_action/match_inconsistent' },
  {
    name: 'popVid',
    messages: [fm({ match: [{ field: 'vlan_vid', value: 0 }], instructions: apply({ type: 'pop_vlan' }) })],
    answer: 'E bad_action/match_inconsistent',
  },
  { name: 'pushBad', messages: [doing({ type: 'push_vlan', ethertype: 0x800 })], answer: 'E bad_action/bad_argument' },
  { name: 'decNone', messages: [doing({ type: 'dec_nw_ttl' })], answer: 'E bad_action/match_inconsistent' },
  { name: 'setMetadata', messages: [doing(set('metadata', 1n))], answer: '' },
  {
    name: 'setProto',
    messages: [fm({ match: [{ field: 'eth_type', value: 0x800 }], instructions: apply(set('ip_proto', 1)) })],
    answer: 'E bad_action/bad_set_argument',
  },
  { name: 'setEthType', messages: [doing(set('eth_type', 1))], answer: 'E bad_action/bad_set_argument' },
  { name: 'setCtMark', messages: [doing(set('ct_mark', 1))], answer: 'E bad_action/bad_set_argument' },
  { name: 'setInPort', messages: [doing(set('in_port', 1))], answer: 'E bad_action/bad_set_argument' },
  {
    name: 'loadBig',
    messages: [doing({ type: 'nx_reg_load', ofs_nbits: { ofs: 0, n_bits: 4 }, dst: 'reg0', value: 16n })],
    answer: 'E bad_action/bad_argument',
  },
  {
    name: 'loadBeyond',
    messages: [doing({ type: 'nx_reg_load', ofs_nbits: { ofs: 30, n_bits: 4 }, dst: 'reg0', value: 1n })],
    answer: 'E bad_action/bad_set_len',
  },
  {
    name: 'loadRo',
    messages: [doing({ type: 'nx_reg_load', ofs_nbits: { ofs: 0, n_bits: 4 }, dst: 'ct_state', value: 1n })],
    answer: 'E bad_action/bad_set_argument',
  },
  {
    name: 'moveBeyond',
    messages: [doing({ type: 'nx_reg_move', n_bits: 40, src_ofs: 0, dst_ofs: 0, src: 'eth_src', dst: 'reg0' })],
    answer: 'E bad_action/bad_set_len',
  },
  {
    name: 'moveNeeds',
    messages: [doing({ type: 'nx_reg_move', n_bits: 16, src_ofs: 0, dst_ofs: 0, src: 'tcp_src', dst: 'reg0' })],
    answer: 'E bad_action/match_inconsistent',
  },
  {
    name: 'copyField',
    messages: [doing({ type: 'copy_field', n_bits: 16, src_offset: 0, dst_offset: 0, src: 'eth_src', dst: 'reg0' })],
    answer: '',
  },
  { name: 'conjOther', messages: [doing(conj(0, 2), output(1))], answer: 'E bad_action/nx_bad_conjunction' },
  { name: 'conjOne', messages: [doing(conj(0, 1))], answer: 'E bad_action/nx_bad_conjunction' },
  { name: 'conjClause', messages: [doing(conj(2, 2))], answer: 'E bad_action/nx_bad_conjunction' },
  {
    name: 'conjGoto',
    messages: [
      fm({
        instructions: [
          { type: 'apply_actions', actions: [conj(0, 2)] },
          { type: 'goto_table', table_id: 1 },
        ],
      }),
    ],
    answer: 'E bad_action/nx_bad_conjunction',
  },
  { name: 'conjNote', messages: [doing(conj(0, 2), { type: 'nx_note', note: zeros(6) })], answer: '' },
  { name: 'ctForce', messages: [doingIp(ct(2, 255, []))], answer: 'E bad_action/bad_argument' },
  { name: 'ctNoIp', messages: [doing(ct(0, 255, []))], answer: 'E bad_action/match_inconsistent' },
  { name: 'ctSetNoCommit', messages: [doingIp(ct(0, 255, [set('ct_mark', 1)]))], answer: 'E bad_action/bad_argument' },
  { name: 'ctSetEth', messages: [doingIp(ct(1, 255, [set('eth_src', 1)]))], answer: 'E bad_action/bad_argument' },
  { name: 'ctTable254', messages: [doingIp(ct(0, 254, []))], answer: '' },
  {
    name: 'ctSet',
    messages: [
      fm({
        match: [{ field: 'eth_type', value: 0x800 }],
        instructions: [{ type: 'write_actions', actions: [ct(0, 1, [])] }],
      }),
    ],
    answer: '',
  },
  { name: 'resub254', messages: [doing({ type: 'nx_resubmit_table', in_port: 0xfff8, table: 254 })], answer: '' },
  { name: 'setNote', messages: [writing({ type: 'nx_note', note: zeros(6) })], answer: 'E bad_action/bad_type' },
  { name: 'setExit', messages: [writing({ type: 'nx_exit' })], answer: 'E bad_action/bad_type' },
  { name: 'setResub', messages: [writing({ type: 'nx_resubmit_table', in_port: 0xfff8, table: 4 })], answer: '' },
  { name: 'setConj', messages: [writing(conj(0, 2))], answer: 'E bad_action/bad_type' },
  {
    name: 'setOutReg',
    messages: [writing({ type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 16 }, src: 'reg0', max_len: 0 })],
    answer: 'E bad_action/bad_type',
  },
  {
    name: 'setPush',
    messages: [writing({ type: 'nx_stack_push', offset: 0, n_bits: 4, field: 'reg0' })],
    answer: 'E bad_action/bad_type',
  },
  { name: 'setClone', messages: [writing({ type: 'nx_clone', actions: [] })], answer: 'E bad_action/bad_type' },
  {
    name: 'setCtl',
    messages: [writing({ type: 'nx_controller', max_len: 0, controller_id: 0, reason: 'action' })],
    answer: 'E bad_action/bad_type',
  },
  {
    name: 'trunc',
    messages: [doing({ type: 'nx_output_trunc', port: 1, max_len: 13 })],
    answer: 'E bad_action/bad_argument',
  },
  { name: 'truncFlood', messages: [doing({ type: 'nx_output_trunc', port: 0xfffb, max_len: 20 })], answer: '' },
  { name: 'matchPre', messages: [fm({ match: [{ field: 'tcp_dst', value: 1 }] })], answer: 'E bad_match/bad_prereq' },
  {
    name: 'matchDup',
    messages: [
      fm({
        match: [
          { field: 'in_port', value: 1 },
          { field: 'in_port', value: 2 },
        ],
      }),
    ],
    answer: 'E bad_match/dup_field',
  },
  {
    name: 'matchWild',
    messages: [fm({ match: [{ field: 'reg0', value: 3, mask: 1 }] })],
    answer: 'E bad_match/bad_wildcards',
  },
  {
    name: 'matchOrder',
    messages: [
      fm({
        match: [
          { field: 'ipv4_src', value: 3 },
          { field: 'eth_type', value: 0x800 },
        ],
      }),
    ],
    answer: 'E bad_match/bad_prereq',
  },
  {
    name: 'exthdr',
    messages: [
      fm({
        match: [
          { field: 'eth_type', value: 0x86dd },
          { field: 'ipv6_exthdr', value: 3 },
        ],
      }),
    ],
    answer: 'E bad_match/bad_field',
  },
  {
    name: 'phy',
    messages: [
      fm({
        match: [
          { field: 'in_port', value: 1 },
          { field: 'in_phy_port', value: 3 },
        ],
      }),
    ],
    answer: 'E bad_match/bad_field',
  },
  { name: 'vidBad', messages: [fm({ match: [{ field: 'vlan_vid', value: 5 }] })], answer: '' },
  {
    name: 'vidPcp',
    messages: [
      fm({
        match: [
          { field: 'vlan_vid', value: 0 },
          { field: 'vlan_pcp', value: 1 },
        ],
      }),
    ],
    answer: 'E bad_match/bad_prereq',
  },
  {
    name: 'overlap',
    messages: [
      fm({ match: [{ field: 'in_port', value: 1 }] }),
      fm({ match: [{ field: 'eth_src', value: 1 }], more: { flags: 2 } }),
    ],
    answer: 'E flow_mod_failed/overlap',
  },
  {
    name: 'overlapSame',
    messages: [
      fm({ match: [{ field: 'in_port', value: 1 }] }),
      fm({ match: [{ field: 'in_port', value: 1 }], more: { flags: 2 } }),
    ],
    answer: 'E flow_mod_failed/overlap',
    openVswitch: '',
  },
  {
    name: 'overlapNot',
    messages: [
      fm({ match: [{ field: 'in_port', value: 1 }] }),
      fm({ match: [{ field: 'in_port', value: 2 }], more: { flags: 2 } }),
    ],
    answer: '',
  },
  { name: 'badFlags', messages: [fm({ more: { flags: 0x80 } })], answer: 'E flow_mod_failed/bad_flags' },
  { name: 'badFmCommand', messages: [fm({ more: { command: 9 } })], answer: 'E flow_mod_failed/bad_command' },
  { name: 'buffer', messages: [fm({ more: { buffer_id: 5 } })], answer: 'E bad_request/buffer_unknown' },
  {
    name: 'bufferMod',
    messages: [fm({ more: { command: 'modify', buffer_id: 5 } })],
    answer: 'E bad_request/buffer_unknown',
  },
  { name: 'modMissing', messages: [fm({ more: { command: 'modify_strict' } })], answer: '' },
  {
    name: 'modAll',
    messages: [fm({ table: 255, more: { command: 'modify' } })],
    answer: 'E flow_mod_failed/bad_table_id',
  },
  {
    name: 'delBadInst',
    messages: [fm({ more: { command: 'delete' }, instructions: [{ type: 'goto_table', table_id: 0 }] })],
    answer: '',
    openVswitch: 'E bad_instruction/bad_table_id',
  },
]
