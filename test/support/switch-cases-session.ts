/**
 * What a switch answers to messages that are wrong, or nearly: groups, meters, packet_outs, roles, bundles and requests. Answers were taken from Open vSwitch 3.1,
 * and `openVswitch` is there where it answers otherwise than OpenFlow 1.3.5 wants; the reference switch then keeps
 * to the specification. Used by the reference switch's unit test and by its test against Open vSwitch.
 */

import type { Action } from 'node-openflow'
import { flowAdd, output } from './arbitrary-flows.ts'
import type { Loose, SwitchCase } from './switch-cases.ts'

const any = 0xffffffff
const fm = ({ more, ...o }: Loose & { more?: Loose }): Loose => ({ ...flowAdd(1, o), ...more })
const mm = (o: Loose): Loose => ({
  type: 'meter_mod',
  xid: 1,
  command: 'add',
  flags: 1,
  meter_id: 1,
  bands: [{ type: 'drop', rate: 10, burst_size: 0 }],
  ...o,
})
const zeros = (size: number): Uint8Array => new Uint8Array(size)
const po = (o: Loose): Loose => ({
  type: 'packet_out',
  xid: 1,
  buffer_id: any,
  in_port: 1,
  actions: [],
  data: zeros(60),
  ...o,
})
const set = (field: string, value: number | bigint): Action =>
  ({ type: 'set_field', field: { field, value } }) as Action
const doing = (...actions: Loose[]): Loose => fm({ instructions: [{ type: 'apply_actions', actions }] })
const ask = (mp_type: string, body: Loose): Loose => ({ type: 'multipart_request', xid: 1, flags: 0, mp_type, body })
const role = (to: string | number, generation_id: bigint): Loose => ({
  type: 'role_request',
  xid: 1,
  role: to,
  generation_id,
})
const bc = (bundle_type: string, bundle_id = 1, flags = 0): Loose => ({
  type: 'bundle_control',
  xid: 1,
  bundle_id,
  bundle_type,
  flags,
  properties: [],
})
const ba = (message: Loose, bundle_id = 1, flags = 0): Loose => ({
  type: 'bundle_add_message',
  xid: 1,
  bundle_id,
  flags,
  message,
  properties: [],
})

export const SESSION_CASES: readonly SwitchCase[] = [
  { name: 'meterExists', messages: [mm({}), mm({})], answer: 'E meter_mod_failed/meter_exists' },
  {
    name: 'meterUnknown',
    messages: [mm({ command: 'modify', meter_id: 9 })],
    answer: 'E meter_mod_failed/unknown_meter',
  },
  { name: 'meter0', messages: [mm({ meter_id: 0 })], answer: 'E meter_mod_failed/invalid_meter' },
  { name: 'meterBig', messages: [mm({ meter_id: 0xffff0001 })], answer: 'E meter_mod_failed/invalid_meter' },
  { name: 'meterBoth', messages: [mm({ flags: 3 })], answer: 'E meter_mod_failed/bad_flags' },
  { name: 'meterFlag', messages: [mm({ flags: 0x10 })], answer: 'E meter_mod_failed/bad_flags' },
  {
    name: 'meterRate',
    messages: [mm({ meter_id: 33, bands: [{ type: 'drop', rate: 0, burst_size: 0 }] })],
    answer: 'E meter_mod_failed/bad_rate',
  },
  {
    name: 'meterRemark',
    messages: [mm({ meter_id: 34, bands: [{ type: 'dscp_remark', rate: 1, burst_size: 0, prec_level: 1 }] })],
    answer: '',
    openVswitch: 'E meter_mod_failed/bad_band',
  },
  { name: 'meterNone', messages: [mm({ meter_id: 35, flags: 0 })], answer: 'E meter_mod_failed/bad_flags' },
  { name: 'meterDel', messages: [mm({ command: 'delete', meter_id: 99 })], answer: '' },
  {
    name: 'meterBand',
    messages: [
      mm({ meter_id: 36, bands: [{ type: 'experimenter', rate: 1, burst_size: 0, experimenter: 1, data: zeros(0) }] }),
    ],
    answer: 'E meter_mod_failed/bad_band',
  },
  { name: 'meterNoBands', messages: [mm({ meter_id: 37, bands: [] })], answer: 'E meter_mod_failed/out_of_bands' },
  { name: 'meterCtl', messages: [mm({ meter_id: 0xfffffffe })], answer: '' },
  { name: 'poBuffer', messages: [po({ buffer_id: 3 })], answer: 'E bad_request/buffer_unknown' },
  { name: 'poPort0', messages: [po({ in_port: 0 })], answer: 'E bad_request/bad_port', openVswitch: '' },
  { name: 'poAny', messages: [po({ in_port: any })], answer: '' },
  { name: 'poCtl', messages: [po({ in_port: 0xfffffffd })], answer: '' },
  { name: 'poLocal', messages: [po({ in_port: 0xfffffffe })], answer: '' },
  { name: 'poNormal', messages: [po({ in_port: 0xfffffffa })], answer: 'E bad_request/bad_port' },
  { name: 'poNone9', messages: [po({ in_port: 99 })], answer: '' },
  { name: 'poAct', messages: [po({ actions: [output(0)] })], answer: 'E bad_action/bad_out_port', openVswitch: '' },
  { name: 'poSetTcp', messages: [po({ actions: [set('tcp_dst', 1)] })], answer: 'E bad_action/match_inconsistent' },
  { name: 'poShort', messages: [po({ data: zeros(5), actions: [output(1)] })], answer: '' },
  {
    name: 'poGroup',
    messages: [po({ actions: [{ type: 'group', group_id: 77 }] })],
    answer: 'E bad_action/bad_out_group',
  },
  {
    name: 'poResub',
    messages: [po({ actions: [{ type: 'nx_resubmit_table', in_port: 0xfff8, table: 255 }] })],
    answer: '',
  },
  { name: 'poPop', messages: [po({ actions: [{ type: 'pop_vlan' }] })], answer: 'E bad_action/match_inconsistent' },
  {
    name: 'roleStale',
    messages: [role('slave', 5n), role('slave', 4n), fm({}), role('equal', 5n)],
    answer: 'role_reply ; E role_request_failed/stale ; E bad_request/is_slave ; role_reply',
  },
  { name: 'roleBad', messages: [role(9, 0n)], answer: 'E role_request_failed/bad_role' },
  {
    name: 'config3',
    messages: [{ type: 'set_config', xid: 1, flags: 3, miss_send_len: 128 }],
    answer: 'E switch_config_failed/bad_flags',
    openVswitch: '',
  },
  {
    name: 'configReasm',
    messages: [
      { type: 'set_config', xid: 1, flags: 2, miss_send_len: 128 },
      { type: 'get_config_request', xid: 1 },
      { type: 'set_config', xid: 1, flags: 0, miss_send_len: 128 },
    ],
    answer: 'E switch_config_failed/bad_flags ; cfg 0',
    openVswitch: 'cfg 3',
  },
  { name: 'statsPort', messages: [ask('port_stats', { port_no: 77 })], answer: 'mp ' },
  { name: 'meterStat', messages: [ask('meter', { meter_id: 77 })], answer: 'E meter_mod_failed/unknown_meter' },
  { name: 'meterConf', messages: [ask('meter_config', { meter_id: 77 })], answer: 'E meter_mod_failed/unknown_meter' },
  { name: 'groupStat', messages: [ask('group', { group_id: 777 })], answer: 'mp ' },
  {
    name: 'flowStatMatch',
    messages: [
      ask('flow', {
        table_id: 0,
        out_port: any,
        out_group: any,
        cookie: 0n,
        cookie_mask: 0n,
        match: [{ field: 'tcp_src', value: 1 }],
      }),
    ],
    answer: 'E bad_match/bad_prereq',
  },
  {
    name: 'flowStatTable',
    messages: [ask('flow', { table_id: 254, out_port: any, out_group: any, cookie: 0n, cookie_mask: 0n, match: [] })],
    answer: 'mp ',
  },
  {
    name: 'portModBad',
    messages: [{ type: 'port_mod', xid: 1, port_no: 77, hw_addr: 0, config: 0, mask: 0, advertise: 0 }],
    answer: 'E port_mod_failed/bad_port',
  },
  {
    name: 'portModHw',
    messages: [{ type: 'port_mod', xid: 1, port_no: 1, hw_addr: 1, config: 0, mask: 0, advertise: 0 }],
    answer: 'E port_mod_failed/bad_hw_addr',
  },
  {
    name: 'tableMod',
    messages: [{ type: 'table_mod', xid: 1, table_id: 254, config: 0 }],
    answer: 'E table_mod_failed/bad_table',
    openVswitch: 'E table_mod_failed/eperm',
  },
  { name: 'tableModCfg', messages: [{ type: 'table_mod', xid: 1, table_id: 1, config: 3 }], answer: '' },
  { name: 'bTwice', messages: [bc('open_request'), bc('open_request')], answer: 'open_reply ; E bundle_failed/bad_id' },
  { name: 'bNone', messages: [bc('close_request', 2)], answer: 'E bundle_failed/bad_id' },
  { name: 'bNoneCommit', messages: [bc('commit_request', 3)], answer: 'E bundle_failed/bad_id' },
  { name: 'bNoneDiscard', messages: [bc('discard_request', 3)], answer: 'E bundle_failed/bad_id' },
  {
    name: 'bCloseTwice',
    messages: [bc('open_request', 4), bc('close_request', 4), bc('close_request', 4), bc('discard_request', 4)],
    answer: 'open_reply ; close_reply ; E bundle_failed/bundle_closed ; E bundle_failed/bad_id',
  },
  {
    name: 'bAddClosed',
    messages: [bc('open_request', 5), bc('close_request', 5), ba(fm({}), 5), bc('discard_request', 5)],
    answer: 'open_reply ; close_reply ; E bundle_failed/bundle_closed ; E bundle_failed/bad_id',
  },
  {
    name: 'bFlags',
    messages: [bc('open_request', 6, 1), bc('close_request', 6, 2), bc('discard_request', 6)],
    answer: 'open_reply ; E bundle_failed/bad_flags ; E bundle_failed/bad_id',
  },
  {
    name: 'bAddFlags',
    messages: [bc('open_request', 7, 1), ba(fm({}), 7, 2), bc('discard_request', 7)],
    answer: 'open_reply ; E bundle_failed/bad_flags ; E bundle_failed/bad_id',
  },
  {
    name: 'bAddXid',
    messages: [bc('open_request', 8), ba({ ...fm({}), xid: 9 }, 8), bc('discard_request', 8)],
    answer: 'open_reply ; E bundle_failed/msg_bad_xid ; discard_reply',
  },
  {
    name: 'bUnsup',
    messages: [
      bc('open_request', 9),
      ba({ type: 'echo_request', xid: 1, data: zeros(0) }, 9),
      bc('discard_request', 9),
    ],
    answer: 'open_reply ; E bundle_failed/msg_unsup ; discard_reply',
  },
  {
    name: 'bMeter',
    messages: [bc('open_request', 10), ba(mm({ meter_id: 70 }), 10), bc('discard_request', 10)],
    answer: 'open_reply ; E bundle_failed/msg_unsup ; discard_reply',
  },
  {
    name: 'bFail',
    messages: [
      bc('open_request', 11, 3),
      ba(fm({ priority: 60000 }), 11, 3),
      ba(doing({ type: 'group', group_id: 77 }), 11, 3),
      bc('commit_request', 11, 3),
      ask('aggregate', { table_id: 255, out_port: any, out_group: any, cookie: 0n, cookie_mask: 0n, match: [] }),
    ],
    answer: 'open_reply ; E bad_action/bad_out_group ; E bundle_failed/msg_failed ; mp 0',
  },
  {
    name: 'bAddBadMatch',
    messages: [
      bc('open_request', 12),
      ba(fm({ match: [{ field: 'tcp_dst', value: 1 }] }), 12),
      bc('commit_request', 12),
    ],
    answer: 'open_reply ; E bad_match/bad_prereq ; commit_reply',
  },
  {
    name: 'bAddBadInst',
    messages: [
      bc('open_request', 13),
      ba(fm({ instructions: [{ type: 'goto_table', table_id: 0 }] }), 13),
      bc('commit_request', 13),
    ],
    answer: 'open_reply ; E bad_instruction/bad_table_id ; commit_reply',
  },
  {
    name: 'bCommitOpen',
    messages: [bc('open_request', 14), bc('commit_request', 14)],
    answer: 'open_reply ; commit_reply',
  },
  { name: 'bAddImplicit', messages: [ba(fm({}), 15), bc('commit_request', 15)], answer: 'commit_reply' },
  {
    name: 'bReopen',
    messages: [bc('open_request', 16), bc('commit_request', 16), bc('commit_request', 16)],
    answer: 'open_reply ; commit_reply ; E bundle_failed/bad_id',
  },
  { name: 'bReply', messages: [bc('open_reply', 17)], answer: 'E bundle_failed/bad_type' },
  {
    name: 'bTimeout',
    messages: [bc('open_request', 18), ba(fm({ table: 255 }), 18), bc('commit_request', 18)],
    answer: 'open_reply ; E flow_mod_failed/bad_table_id ; commit_reply',
  },
]
