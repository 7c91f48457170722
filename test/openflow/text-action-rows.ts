/**
 * Actions of every row, with a match that Open vSwitch wants for them; and the rows that it or OpenFlow 1.3 does not
 * have. A row "as another" comes back as another action of the same effect, which is what ovs-ofctl sends.
 */
import type { Action, FieldName, LearnSpec } from 'node-openflow'

type ActionRow = readonly [name: Action['type'], match: string, actions: readonly Action[], as?: 'itself' | 'another']

const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)
const NSH = 'dl_type=0x894f,nsh_mdtype=1'
const TRACKED = 'ip,ct_state=+trk+est'
const IN_PORT = 0xfff8

const sample = { probability: 12345, collector_set_id: 2, obs_domain_id: 0xffffffff, obs_point_id: 4 }
const setField = (field: FieldName, value: number | bigint | Uint8Array): Action =>
  ({ type: 'set_field', field: { field, value } }) as Action
const load2 = (field: FieldName, value: number | Uint8Array, mask?: number | Uint8Array): Action =>
  ({ type: 'nx_reg_load2', field: mask === undefined ? { field, value } : { field, value, mask } }) as Action

const specs: LearnSpec[] = [
  { n_bits: 16, src: octets(0x08, 0), to: 'match', dst: { field: 'nxm_of_eth_type', ofs: 0 } },
  { n_bits: 12, src: { field: 'vlan_tci', ofs: 0 }, to: 'match', dst: { field: 'vlan_tci', ofs: 0 } },
  { n_bits: 32, src: octets(1, 2, 3, 4), to: 'match', dst: { field: 'nxm_of_ip_src', ofs: 0 } },
  { n_bits: 32, src: { field: 'nxm_of_ip_src', ofs: 0 }, to: 'match', dst: { field: 'nxm_of_ip_dst', ofs: 0 } },
  { n_bits: 16, src: octets(1, 2), to: 'match', dst: { field: 'reg1', ofs: 16 } },
  { n_bits: 128, src: octets(...Array(15).fill(0), 9), to: 'load', dst: { field: 'xxreg1', ofs: 0 } },
  { n_bits: 5, src: octets(0, 17), to: 'load', dst: { field: 'reg2', ofs: 3 } },
  { n_bits: 16, src: { field: 'nxm_of_in_port', ofs: 0 }, to: 'load', dst: { field: 'reg3', ofs: 0 } },
  { n_bits: 16, src: { field: 'reg4', ofs: 0 }, to: 'output' },
]
const learn = {
  ...{ idle_timeout: 1, hard_timeout: 2, priority: 3, cookie: 0x123456789abcdefn, flags: 3, table_id: 9 },
  ...{ fin_idle_timeout: 4, fin_hard_timeout: 5 },
}
const plainLearn = {
  ...{ idle_timeout: 0, hard_timeout: 0, priority: 32768, cookie: 0n, flags: 0, table_id: 1 },
  ...{ fin_idle_timeout: 0, fin_hard_timeout: 0 },
}
const ct = { flags: 0, zone: 0, recirc_table: 0xff, alg: 'none', actions: [] as Action[] } as const
const nat = (flags: number, range: object): Action => ({
  type: 'nx_ct',
  ...ct,
  flags: 1,
  actions: [{ type: 'nx_nat', flags, range }],
})
const bundle = { algorithm: 'hrw', fields: 'symmetric_l3l4_udp', basis: 7, slave_type: 'nxm_of_in_port' } as const
const multipath = { fields: 'nw_src', basis: 5, algorithm: 'iter_hash', max_link: 15, arg: 77, dst: 'reg3' } as const

export const ACTION_ROWS: readonly ActionRow[] = [
  ['output', '', [1, 0xfeff].map((port) => ({ type: 'output', port, max_len: 0 }))],
  [
    'output',
    '',
    [0xfffffff8, 0xfffffff9, 0xfffffffa, 0xfffffffb, 0xfffffffc, 0xfffffffe].map((port) => ({
      type: 'output',
      port,
      max_len: 0,
    })),
  ],
  ['output', '', [0, 1, 128, 0xffff].map((max_len) => ({ type: 'output', port: 0xfffffffd, max_len }))],
  ['output', '', [{ type: 'output', port: 1, max_len: 77 }], 'another'],
  ['set_mpls_ttl', 'mpls', [{ type: 'set_mpls_ttl', mpls_ttl: 255 }]],
  ['dec_mpls_ttl', 'mpls', [{ type: 'dec_mpls_ttl' }]],
  [
    'push_vlan',
    '',
    [
      { type: 'push_vlan', ethertype: 0x8100 },
      { type: 'push_vlan', ethertype: 0x88a8 },
    ],
  ],
  ['pop_vlan', 'dl_vlan=3', [{ type: 'pop_vlan' }]],
  [
    'push_mpls',
    'ip',
    [
      { type: 'push_mpls', ethertype: 0x8847 },
      { type: 'push_mpls', ethertype: 0x8848 },
    ],
  ],
  ['pop_mpls', 'mpls', [{ type: 'pop_mpls', ethertype: 0x0800 }]],
  ['set_queue', '', [{ type: 'set_queue', queue_id: 0xfffffffe }]],
  [
    'group',
    '',
    [
      { type: 'group', group_id: 0xffffff00 },
      { type: 'group', group_id: 0 },
    ],
  ],
  ['set_nw_ttl', 'ip', [{ type: 'set_nw_ttl', nw_ttl: 0 }]],
  ['set_nw_ttl', 'ipv6', [{ type: 'set_nw_ttl', nw_ttl: 255 }]],
  ['dec_nw_ttl', 'ipv6', [{ type: 'dec_nw_ttl' }]],
  [
    'set_field',
    '',
    [
      setField('eth_dst', 0x0100005e0001),
      setField('metadata', 1n << 63n),
      setField('xxreg2', 5n),
      setField('tun_flags', 1),
    ],
  ],
  [
    'set_field',
    '',
    [
      setField('tun_metadata0', octets(1, 2, 3)),
      setField('tun_metadata63', octets(9)),
      setField('tun_metadata5', octets()),
    ],
  ],
  [
    'set_field',
    '',
    [setField('nxm_of_in_port', 5), setField('pkt_mark', 5), setField('tunnel_id', 5n), setField('tun_erspan_idx', 5)],
  ],
  ['set_field', 'dl_vlan=3', [setField('vlan_vid', 0x1fff), setField('vlan_pcp', 7), setField('vlan_tci', 0)]],
  ['set_field', 'arp', [setField('arp_op', 2), setField('arp_spa', 0x01020304), setField('arp_tha', 1)]],
  [
    'set_field',
    'tcp6',
    [
      setField('ipv6_src', 1n << 127n),
      setField('ipv6_flabel', 0xfffff),
      setField('tcp_src', 80),
      setField('ip_ecn', 3),
    ],
  ],
  ['set_field', NSH, [setField('nsh_ttl', 63), setField('nsh_spi', 0xffffff), setField('nsh_c1', 0xffffffff)]],
  ['set_field', 'tcp', [setField('nxm_of_tcp_dst', 80), setField('nxm_of_ip_src', 1)], 'another'],
  ['nx_resubmit', '', [{ type: 'nx_resubmit', in_port: 5 }], 'another'],
  ['nx_set_tunnel', '', [{ type: 'nx_set_tunnel', tun_id: 5 }], 'another'],
  ['nx_pop_queue', '', [{ type: 'nx_pop_queue' }]],
  ['nx_reg_move', '', [{ type: 'nx_reg_move', n_bits: 5, src_ofs: 3, dst_ofs: 27, src: 'reg0', dst: 'reg15' }]],
  ['nx_reg_move', NSH, [{ type: 'nx_reg_move', n_bits: 32, src_ofs: 0, dst_ofs: 96, src: 'nsh_c1', dst: 'xxreg0' }]],
  [
    'nx_reg_load',
    '',
    [{ type: 'nx_reg_load', ofs_nbits: { ofs: 64, n_bits: 64 }, dst: 'xxreg0', value: 0xffff_ffff_ffff_ffffn }],
  ],
  ['nx_reg_load', '', [{ type: 'nx_reg_load', ofs_nbits: { ofs: 31, n_bits: 1 }, dst: 'reg0', value: 1n }]],
  [
    'nx_note',
    '',
    [octets(1, 2, 3, 4, 5, 6), octets(0, 0, 0, 0, 0, 0), new Uint8Array(14).fill(0xab)].map((note) => ({
      type: 'nx_note',
      note,
    })),
  ],
  ['nx_set_tunnel64', '', [{ type: 'nx_set_tunnel64', tun_id: 1n << 63n }], 'another'],
  ['nx_multipath', '', [{ type: 'nx_multipath', ...multipath, ofs_nbits: { ofs: 0, n_bits: 32 } }]],
  [
    'nx_multipath',
    '',
    [{ type: 'nx_multipath', ...multipath, algorithm: 'modulo_n', fields: 'nw_dst', ofs_nbits: { ofs: 4, n_bits: 4 } }],
  ],
  ['nx_bundle', '', [{ type: 'nx_bundle', ...bundle, ofs_nbits: 0, dst: 0, slaves: [1, 2, 0xfffe] }]],
  ['nx_bundle', '', [{ type: 'nx_bundle', ...bundle, algorithm: 'active_backup', ofs_nbits: 0, dst: 0, slaves: [] }]],
  [
    'nx_bundle_load',
    '',
    [{ type: 'nx_bundle_load', ...bundle, ofs_nbits: (16 << 6) | 15, dst: 'reg1', slaves: [1, 0xffff] }],
  ],
  [
    'nx_resubmit_table',
    '',
    [
      { type: 'nx_resubmit_table', in_port: 5, table: 6 },
      { type: 'nx_resubmit_table', in_port: IN_PORT, table: 0 },
    ],
  ],
  ['nx_resubmit_table', '', [{ type: 'nx_resubmit_table', in_port: 0xfffe, table: 255 }]],
  ['nx_output_reg', '', [{ type: 'nx_output_reg', ofs_nbits: { ofs: 16, n_bits: 16 }, src: 'reg3', max_len: 0xffff }]],
  ['nx_exit', '', [{ type: 'nx_exit' }]],
  ['nx_fin_timeout', 'tcp', [{ type: 'nx_fin_timeout', fin_idle_timeout: 5, fin_hard_timeout: 0xffff }]],
  ['nx_fin_timeout', 'tcp6', [{ type: 'nx_fin_timeout', fin_idle_timeout: 0, fin_hard_timeout: 0 }]],
  ['nx_controller', '', [{ type: 'nx_controller', max_len: 5, controller_id: 0xffff, reason: 'group' }]],
  ['nx_controller', '', [{ type: 'nx_controller', max_len: 0xffff, controller_id: 0, reason: 'invalid_ttl' }]],
  ['nx_controller', '', [{ type: 'nx_controller', max_len: 5, controller_id: 0, reason: 'action' }], 'another'],
  [
    'nx_dec_ttl_cnt_ids',
    'ip',
    [
      { type: 'nx_dec_ttl_cnt_ids', cnt_ids: [0] },
      { type: 'nx_dec_ttl_cnt_ids', cnt_ids: [1, 2, 0xffff] },
    ],
  ],
  [
    'nx_stack_push',
    '',
    [
      { type: 'nx_stack_push', offset: 3, field: 'reg0', n_bits: 5 },
      { type: 'nx_stack_push', offset: 0, field: 'xxreg0', n_bits: 128 },
    ],
  ],
  [
    'nx_stack_pop',
    NSH,
    [
      { type: 'nx_stack_pop', offset: 0, field: 'nsh_si', n_bits: 8 },
      { type: 'nx_stack_pop', offset: 0, field: 'nxm_of_in_port', n_bits: 16 },
    ],
  ],
  ['nx_sample', '', [{ type: 'nx_sample', ...sample }]],
  [
    'nx_output_reg2',
    NSH,
    [{ type: 'nx_output_reg2', ofs_nbits: { ofs: 16, n_bits: 16 }, src: 'nsh_c1', max_len: 0xffff }],
  ],
  ['nx_reg_load2', NSH, [load2('nsh_c1', 5, 7), load2('nsh_c2', 0x80000000, 0x80000001)]],
  [
    'nx_reg_load2',
    '',
    [
      load2('tun_metadata0', octets(1, 2), octets(1, 0xff)),
      load2('tun_erspan_idx', 5, 0xff),
      load2('tun_erspan_hwid', 5, 0x3f),
    ],
  ],
  [
    'nx_conjunction',
    '',
    [
      { type: 'nx_conjunction', clause: 0, n_clauses: 2, id: 0 },
      { type: 'nx_conjunction', clause: 63, n_clauses: 64, id: 0xffffffff },
    ],
  ],
  ['nx_nat', 'ip', [nat(0, {}), nat(1, {}), nat(2, { ipv4_min: 0x0a000001 })]],
  ['nx_nat', 'ip', [nat(1 | 4 | 8, { ipv4_min: 0x0a000001, ipv4_max: 0x0a000009, proto_min: 1, proto_max: 65535 })]],
  ['nx_nat', 'ip', [nat(2 | 16, { ipv4_min: 0x0a000001, proto_min: 80 })]],
  ['nx_nat', 'ipv6', [nat(1, { ipv6_min: 1n }), nat(1, { ipv6_min: 1n << 120n, ipv6_max: (1n << 120n) + 5n })]],
  [
    'nx_nat',
    'ipv6',
    [nat(2 | 4, { ipv6_min: 0xfen << 120n, ipv6_max: (0xfen << 120n) + 5n, proto_min: 5, proto_max: 6 })],
  ],
  ['nx_controller2', '', [{ type: 'nx_controller2', properties: [{ type: 'userdata', userdata: octets(1, 2, 3) }] }]],
  [
    'nx_controller2',
    '',
    [
      {
        type: 'nx_controller2',
        properties: [
          { type: 'max_len', max_len: 5 },
          { type: 'controller_id', controller_id: 6 },
          { type: 'reason', reason: 'no_match' },
          { type: 'userdata', userdata: new Uint8Array(9).fill(7) },
          { type: 'pause' },
          { type: 'meter_id', meter_id: 8 },
        ],
      },
    ],
  ],
  ['nx_sample2', '', [{ type: 'nx_sample2', ...sample, sampling_port: 5, direction: 'default' }]],
  [
    'nx_output_trunc',
    '',
    [
      { type: 'nx_output_trunc', port: 5, max_len: 14 },
      { type: 'nx_output_trunc', port: 0xfffe, max_len: 0xffffffff },
    ],
  ],
  [
    'nx_sample3',
    '',
    [
      { type: 'nx_sample3', ...sample, sampling_port: 0xffff, direction: 'egress' },
      { type: 'nx_sample3', ...sample, sampling_port: 0xfffe, direction: 'ingress' },
    ],
  ],
  ['nx_ct_clear', '', [{ type: 'nx_ct_clear' }]],
  [
    'nx_resubmit_table_ct',
    TRACKED,
    [
      { type: 'nx_resubmit_table_ct', in_port: IN_PORT, table: 5 },
      { type: 'nx_resubmit_table_ct', in_port: 3, table: 9 },
    ],
  ],
  [
    'nx_encap',
    '',
    [0, 0x18847, 0x18848].map((new_pkt_type) => ({ type: 'nx_encap', hdr_size: 0, new_pkt_type, properties: [] })),
  ],
  [
    'nx_encap',
    '',
    [
      {
        type: 'nx_encap',
        hdr_size: 0,
        new_pkt_type: 0x1894f,
        properties: [
          { type: 'nsh_md_type', md_type: 2 },
          { type: 'nsh_tlv', tlv_class: 0x1000, tlv_type: 10, data: octets(0x12, 0, 3, 4) },
          { type: 'nsh_tlv', tlv_class: 0xffff, tlv_type: 255, data: new Uint8Array(124).fill(0x55) },
        ],
      },
    ],
  ],
  [
    'nx_decap',
    '',
    [
      { type: 'nx_decap', new_pkt_type: 0xfffe },
      { type: 'nx_decap', new_pkt_type: 0x10800 },
    ],
  ],
  ['nx_dec_nsh_ttl', NSH, [{ type: 'nx_dec_nsh_ttl' }]],
  ['nx_check_pkt_larger', '', [{ type: 'nx_check_pkt_larger', pkt_len: 0xffff, offset: 127, dst: 'xxreg0' }]],
  ['nx_delete_field', '', [{ type: 'nx_delete_field', field: 'tun_metadata63' }]],
  ['nx_learn', 'ip', [{ type: 'nx_learn', ...learn, specs }]],
  ['nx_learn', '', [{ type: 'nx_learn', ...plainLearn, specs: [] }]],
  ['nx_learn2', 'ip', [{ type: 'nx_learn2', ...learn, flags: 7, limit: 9, result: { ofs: 5, field: 'reg9' }, specs }]],
  ['nx_learn2', '', [{ type: 'nx_learn2', ...plainLearn, limit: 0xffffffff, result: { ofs: 0 }, specs: [] }]],
  [
    'nx_ct',
    'ip',
    [
      { type: 'nx_ct', ...ct },
      { type: 'nx_ct', ...ct, zone: 0xffff, recirc_table: 9 },
      { type: 'nx_ct', ...ct, flags: 3 },
    ],
  ],
  ['nx_ct', 'tcp', [{ type: 'nx_ct', ...ct, flags: 1, zone: { field: 'reg3', ofs: 16, n_bits: 16 }, alg: 'ftp' }]],
  [
    'nx_ct',
    'udp6',
    [
      {
        type: 'nx_ct',
        ...ct,
        flags: 1,
        alg: 'tftp',
        actions: [setField('ct_mark', 5), setField('ct_label', 1n << 100n)],
      },
    ],
  ],
  [
    'nx_clone',
    '',
    [
      {
        type: 'nx_clone',
        actions: [
          { type: 'output', port: 2, max_len: 0 },
          { type: 'nx_clone', actions: [] },
        ],
      },
    ],
  ],
  ['nx_write_metadata', '', [{ type: 'nx_write_metadata', metadata: 5n, metadata_mask: 7n }], 'another'],
  [
    'copy_field',
    '',
    [{ type: 'copy_field', n_bits: 5, src_offset: 1, dst_offset: 2, src: 'reg0', dst: 'reg1' }],
    'another',
  ],
]

const ABSENT = 'Open vSwitch does not take it'
const NOT_HERE = 'Open vSwitch takes it on connections of 1.0 and 1.1 alone'
const OLD = 'of OpenFlow 1.0 alone; its text is read as what 1.3 has for it'

export const ACTIONS_LEFT_OUT: Readonly<Record<string, { reason: string; action: Action }>> = {
  copy_ttl_out: { reason: ABSENT, action: { type: 'copy_ttl_out' } },
  copy_ttl_in: { reason: ABSENT, action: { type: 'copy_ttl_in' } },
  push_pbb: { reason: ABSENT, action: { type: 'push_pbb', ethertype: 0x88e7 } },
  pop_pbb: { reason: ABSENT, action: { type: 'pop_pbb' } },
  nx_debug_slow: { reason: 'only with --enable-dummy', action: { type: 'nx_debug_slow' } },
  nx_debug_recirc: { reason: 'only with --enable-dummy', action: { type: 'nx_debug_recirc' } },
  nx_set_queue: { reason: NOT_HERE, action: { type: 'nx_set_queue', queue_id: 5 } },
  nx_dec_ttl: { reason: NOT_HERE, action: { type: 'nx_dec_ttl' } },
  nx_push_mpls: { reason: NOT_HERE, action: { type: 'nx_push_mpls', ethertype: 0x8847 } },
  nx_pop_mpls: { reason: NOT_HERE, action: { type: 'nx_pop_mpls', ethertype: 0x0800 } },
  nx_set_mpls_ttl: { reason: NOT_HERE, action: { type: 'nx_set_mpls_ttl', mpls_ttl: 5 } },
  nx_dec_mpls_ttl: { reason: NOT_HERE, action: { type: 'nx_dec_mpls_ttl' } },
  nx_set_mpls_label: { reason: NOT_HERE, action: { type: 'nx_set_mpls_label', mpls_label: 0xfffff } },
  nx_set_mpls_tc: { reason: NOT_HERE, action: { type: 'nx_set_mpls_tc', mpls_tc: 7 } },
  nx_group: { reason: NOT_HERE, action: { type: 'nx_group', group_id: 5 } },
  set_vlan_vid: { reason: OLD, action: { type: 'set_vlan_vid', vlan_vid: 5 } },
  set_vlan_pcp: { reason: OLD, action: { type: 'set_vlan_pcp', vlan_pcp: 5 } },
  set_tp_src: { reason: OLD, action: { type: 'set_tp_src', tp_port: 5 } },
  set_tp_dst: { reason: OLD, action: { type: 'set_tp_dst', tp_port: 5 } },
  meter: { reason: 'an action of OpenFlow 1.5; an instruction of 1.3', action: { type: 'meter', meter_id: 5 } },
  enqueue: { reason: OLD, action: { type: 'enqueue', port: 1, queue_id: 2 } },
}
