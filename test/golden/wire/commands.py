"""The ovs-ofctl commands whose octets are recorded. FIELDS also says what each field's octets must mean."""


def add(flow):
    return ['add-flow', 'TCP', flow]


# (text of ovs-ofctl, prerequisites, name of the OpenFlow field, value, mask or None)
_FIELDS = [
    ('in_port=7', '', 'in_port', 7, None),
    ('metadata=0x1234567890abcdef', '', 'metadata', 0x1234567890abcdef, None),
    ('metadata=0x34/0xff', '', 'metadata', 0x34, 0xff),
    ('dl_dst=01:02:03:04:05:06', '', 'eth_dst', 0x010203040506, None),
    ('dl_dst=01:00:00:00:00:00/01:00:00:00:00:00', '', 'eth_dst', 0x010000000000, 0x010000000000),
    ('dl_src=aa:bb:cc:dd:ee:ff', '', 'eth_src', 0xaabbccddeeff, None),
    ('dl_src=aa:bb:cc:00:00:00/ff:ff:ff:00:00:00', '', 'eth_src', 0xaabbcc000000, 0xffffff000000),
    ('dl_type=0x1234', '', 'eth_type', 0x1234, None),
    ('dl_vlan=5', '', 'vlan_vid', 0x1005, None),
    ('vlan_tci=0x1000/0x1000', '', 'vlan_vid', 0x1000, 0x1000),
    ('dl_vlan_pcp=3', '', 'vlan_pcp', 3, None),
    ('ip_dscp=9', 'ip', 'ip_dscp', 9, None),
    ('nw_ecn=2', 'ip', 'ip_ecn', 2, None),
    ('nw_proto=17', 'ip', 'ip_proto', 17, None),
    ('nw_src=10.1.2.3', 'ip', 'ipv4_src', 0x0a010203, None),
    ('nw_src=10.1.0.0/16', 'ip', 'ipv4_src', 0x0a010000, 0xffff0000),
    ('nw_dst=10.1.0.3/255.255.0.255', 'ip', 'ipv4_dst', 0x0a010003, 0xffff00ff),
    ('tcp_src=80', 'tcp', 'tcp_src', 80, None),
    ('tcp_src=0x50/0xfff0', 'tcp', 'tcp_src', 0x50, 0xfff0),
    ('tcp_dst=443', 'tcp', 'tcp_dst', 443, None),
    ('udp_src=53', 'udp', 'udp_src', 53, None),
    ('udp_dst=0x8000/0x8000', 'udp', 'udp_dst', 0x8000, 0x8000),
    ('sctp_src=1', 'sctp', 'sctp_src', 1, None),
    ('sctp_dst=2', 'sctp', 'sctp_dst', 2, None),
    ('icmp_type=8', 'icmp', 'icmpv4_type', 8, None),
    ('icmp_code=1', 'icmp', 'icmpv4_code', 1, None),
    ('arp_op=2', 'arp', 'arp_op', 2, None),
    ('arp_spa=10.0.0.1', 'arp', 'arp_spa', 0x0a000001, None),
    ('arp_tpa=10.0.0.0/8', 'arp', 'arp_tpa', 0x0a000000, 0xff000000),
    ('arp_sha=00:11:22:33:44:55', 'arp', 'arp_sha', 0x001122334455, None),
    ('arp_tha=00:11:22:33:44:00/ff:ff:ff:ff:ff:00', 'arp', 'arp_tha', 0x001122334400, 0xffffffffff00),
    ('ipv6_src=2001:db8::1', 'ipv6', 'ipv6_src', 0x20010db8 << 96 | 1, None),
    ('ipv6_dst=2001:db8::/32', 'ipv6', 'ipv6_dst', 0x20010db8 << 96, 0xffffffff << 96),
    ('ipv6_label=0x12345', 'ipv6', 'ipv6_flabel', 0x12345, None),
    ('icmp_type=128', 'icmp6', 'icmpv6_type', 128, None),
    ('icmp_code=3', 'icmp6', 'icmpv6_code', 3, None),
    ('nd_target=fe80::1', 'icmp6,icmp_type=135', 'ipv6_nd_target', 0xfe80 << 112 | 1, None),
    ('nd_sll=00:11:22:33:44:55', 'icmp6,icmp_type=135', 'ipv6_nd_sll', 0x001122334455, None),
    ('nd_tll=00:11:22:33:44:55', 'icmp6,icmp_type=136', 'ipv6_nd_tll', 0x001122334455, None),
    ('mpls_label=1000', 'mpls', 'mpls_label', 1000, None),
    ('mpls_tc=5', 'mpls', 'mpls_tc', 5, None),
    ('mpls_bos=1', 'mpls', 'mpls_bos', 1, None),
    ('mpls_ttl=64', 'mpls', 'mpls_ttl', 64, None),
    ('tun_id=0x123456789', '', 'tunnel_id', 0x123456789, None),
    ('tun_id=0x100/0xff00', '', 'tunnel_id', 0x100, 0xff00),
    ('tcp_flags=+syn-ack', 'tcp', 'tcp_flags', 0x002, 0x012),
    ('tcp_flags=0x2', 'tcp', 'tcp_flags', 2, None),
    ('actset_output=3', '', 'actset_output', 3, None),
    ('packet_type=(1,0x800)', '', 'packet_type', 0x10800, None),
    ('ip_frag=first', 'ip', 'nw_frag', 1, None),
    ('ip_frag=not_later', 'ip', 'nw_frag', 0, 2),
    ('nw_ttl=64', 'ip', 'nw_ttl', 64, None),
    ('pkt_mark=0x12', '', 'pkt_mark', 0x12, None),
    ('pkt_mark=0x10/0xf0', '', 'pkt_mark', 0x10, 0xf0),
    ('dp_hash=0x12345678', '', 'dp_hash', 0x12345678, None),
    ('recirc_id=5', '', 'recirc_id', 5, None),
    ('conj_id=77', '', 'conj_id', 77, None),
    ('ct_state=+trk+est-new', '', 'ct_state', 0x22, 0x23),
    ('ct_zone=0x1234', '', 'ct_zone', 0x1234, None),
    ('ct_mark=0x1', '', 'ct_mark', 1, None),
    ('ct_mark=0x1/0x3', '', 'ct_mark', 1, 3),
    ('ct_label=0x123456789abcdef00fedcba987654321', '', 'ct_label', 0x123456789abcdef00fedcba987654321, None),
    ('ct_label=0x1/0x3', '', 'ct_label', 1, 3),
    ('ct_nw_proto=6', 'ip,ct_state=+trk', 'ct_nw_proto', 6, None),
    ('ct_nw_src=10.0.0.1', 'ip,ct_state=+trk', 'ct_nw_src', 0x0a000001, None),
    ('ct_nw_dst=10.0.0.0/8', 'ip,ct_state=+trk', 'ct_nw_dst', 0x0a000000, 0xff000000),
    ('ct_ipv6_src=2001:db8::1', 'ipv6,ct_state=+trk', 'ct_ipv6_src', 0x20010db8 << 96 | 1, None),
    ('ct_ipv6_dst=2001:db8::/32', 'ipv6,ct_state=+trk', 'ct_ipv6_dst', 0x20010db8 << 96, 0xffffffff << 96),
    ('ct_tp_src=80', 'ip,ct_state=+trk,ct_nw_proto=6', 'ct_tp_src', 80, None),
    ('ct_tp_dst=0x50/0xfff0', 'ip,ct_state=+trk,ct_nw_proto=6', 'ct_tp_dst', 0x50, 0xfff0),
    ('nd_reserved=1', 'icmp6,icmp_type=136', 'nd_reserved', 1, None),
    ('nd_options_type=2', 'icmp6,icmp_type=136', 'nd_options_type', 2, None),
    ('tun_src=192.0.2.1', '', 'tun_src', 0xc0000201, None),
    ('tun_dst=192.0.2.0/24', '', 'tun_dst', 0xc0000200, 0xffffff00),
    ('tun_ipv6_src=2001:db8::1', '', 'tun_ipv6_src', 0x20010db8 << 96 | 1, None),
    ('tun_ipv6_dst=2001:db8::/32', '', 'tun_ipv6_dst', 0x20010db8 << 96, 0xffffffff << 96),
    ('tun_gbp_id=100', '', 'tun_gbp_id', 100, None),
    ('tun_gbp_flags=0x8', '', 'tun_gbp_flags', 8, None),
    ('tun_flags=+oam', '', 'tun_flags', 1, 1),
    ('tun_erspan_idx=0x3', '', 'tun_erspan_idx', 3, None),
    # ovs-ofctl 3.1 sends the value of these four as their mask.
    ('tun_erspan_ver=2', '', 'tun_erspan_ver', 2, 2),
    ('tun_erspan_dir=1', '', 'tun_erspan_dir', 1, 1),
    ('tun_erspan_hwid=0x5', '', 'tun_erspan_hwid', 5, 5),
    ('tun_gtpu_flags=0x30', '', 'tun_gtpu_flags', 0x30, 0x30),
    ('tun_gtpu_msgtype=255', '', 'tun_gtpu_msgtype', 255, None),
    ('nsh_flags=1', 'dl_type=0x894f', 'nsh_flags', 1, None),
    ('nsh_mdtype=1', 'dl_type=0x894f', 'nsh_mdtype', 1, None),
    ('nsh_np=3', 'dl_type=0x894f', 'nsh_np', 3, None),
    ('nsh_spi=0x1234', 'dl_type=0x894f', 'nsh_spi', 0x1234, None),
    ('nsh_si=255', 'dl_type=0x894f', 'nsh_si', 255, None),
    ('nsh_c1=0x11223344', 'dl_type=0x894f,nsh_mdtype=1', 'nsh_c1', 0x11223344, None),
    ('nsh_c2=0x1/0xff', 'dl_type=0x894f,nsh_mdtype=1', 'nsh_c2', 1, 0xff),
    ('nsh_c3=3', 'dl_type=0x894f,nsh_mdtype=1', 'nsh_c3', 3, None),
    ('nsh_c4=4', 'dl_type=0x894f,nsh_mdtype=1', 'nsh_c4', 4, None),
    ('nsh_ttl=63', 'dl_type=0x894f', 'nsh_ttl', 63, None),
]
_FIELDS += [('reg%d=0x%x' % (i, 0x11111111 + i), '', 'reg%d' % i, 0x11111111 + i, None) for i in range(16)]
_FIELDS += [('reg3=0x10/0xff', '', 'reg3', 0x10, 0xff)]
_FIELDS += [('xreg%d=0x%x' % (i, (i + 1) << 40 | 5), '', 'xreg%d' % i, (i + 1) << 40 | 5, None) for i in range(8)]
_FIELDS += [('xxreg%d=0x%x' % (i, (i + 1) << 100 | 5), '', 'xxreg%d' % i, (i + 1) << 100 | 5, None) for i in range(4)]

# Values in hexadecimal text: JSON has no integers of 128 bits.
FIELDS = [(add('%s%s,actions=drop' % (needs + ',' if needs else '', text)), name, hex(value), None if mask is None else hex(mask))
          for text, needs, name, value, mask in _FIELDS]

_ACTIONS = [
    'drop', '2', 'output:3', 'NORMAL', 'FLOOD', 'ALL', 'LOCAL', 'IN_PORT', 'TABLE', 'CONTROLLER', 'CONTROLLER:128',
    'controller(reason=invalid_ttl,max_len=256,id=7)',
    'controller(reason=no_match,userdata=01)', 'controller(userdata=01.02.03.04.05,pause)', 'controller(meter_id=3)', 'controller(max_len=100,id=3,userdata=01,meter_id=3)',
    'enqueue:2:1', 'output:NXM_NX_REG1[5..10]', 'output:NXM_OF_IN_PORT[]', 'output(port=2,max_len=100)',
    'group:5', 'bundle(eth_src,50,hrw,ofport,slaves:4,8)', 'bundle_load(symmetric_l4,60,active_backup,ofport,reg1[0..15],slaves:2,3)',
    'push_vlan:0x8100', 'push_vlan:0x88a8', 'mod_vlan_vid:9', 'mod_vlan_pcp:3',
    'push_mpls:0x8847', 'mod_nw_tos:16', 'mod_nw_ecn:2', 'mod_nw_ttl:10', 'dec_ttl', 'dec_ttl(1,2,3)',
    'mod_dl_src:00:11:22:33:44:55', 'mod_dl_dst:00:11:22:33:44:55', 'mod_nw_src:1.2.3.4', 'mod_nw_dst:1.2.3.4',
    'mod_tp_src:80', 'mod_tp_dst:80',
    'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]', 'move:reg0[0..15]->reg1[16..31]', 'move:xxreg0[0..63]->xreg3[]',
    'load:0x5->reg0[]', 'load:0x5->reg0[4..7]', 'load:0xabc->NXM_OF_VLAN_TCI[0..11]',
    'set_field:0x5->reg0', 'set_field:0x5/0xf->reg0', 'set_field:7->metadata',
    'set_field:2001:db8::1->ipv6_src', 'set_field:0x1/0xff->xreg1', 'set_field:0x2->pkt_mark', 'set_field:9->tun_id',
    'set_field:192.0.2.1->tun_dst', 'set_field:64->nw_ttl', 'set_field:00:00:00:00:00:03->eth_dst',
    'push:NXM_NX_REG0[]', 'pop:NXM_NX_REG1[0..7]', 'set_tunnel:5', 'set_tunnel64:5', 'set_queue:3', 'pop_queue',
    'resubmit:3', 'resubmit(,4)', 'resubmit(2,5)', 'clone(set_field:1->reg0,2)', 'clone(clone(clone(3)))',
    'note:00.11.22.33.44.55.66', 'note:', 'exit', 'fin_timeout(idle_timeout=5,hard_timeout=10)',
    'multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])', 'multipath(symmetric_l3l4,9,hrw,4,2,reg5[3..8])',
    'conjunction(1234,2/3)', 'conjunction(1,1/2),conjunction(2,2/2)',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678)',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678,sampling_port=56789)',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678,sampling_port=56789,egress)',
    'ct', 'ct(commit)', 'ct(commit,force,zone=5)', 'ct(table=3,zone=NXM_NX_REG0[0..15])', 'ct(zone=9,table=1,nat)',
    'ct(commit,exec(set_field:0x1->ct_mark,set_field:0x2->ct_label))', 'ct(commit,alg=ftp)', 'ct(commit,alg=tftp)',
    'ct(commit,nat(src=10.0.0.1))', 'ct(commit,nat(src=10.0.0.1-10.0.0.9:1000-2000,random))',
    'ct(commit,nat(dst=[2001:db8::1]-[2001:db8::9]:80,hash,persistent))', 'ct(commit,nat(dst=10.0.0.2:8080))', 'ct_clear',
    'learn(table=1,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
    'learn(table=10,idle_timeout=10,hard_timeout=20,fin_idle_timeout=1,fin_hard_timeout=2,priority=80,cookie=0x123456789abcdef0,'
    'send_flow_rem,delete_learned,in_port=99,eth_type=0x800,load:5->NXM_NX_REG0[3..10],load:NXM_OF_ETH_SRC[]->xreg2[0..47])',
    'learn(table=2,limit=5,result_dst=reg0[8],eth_dst=eth_src,output:reg1[])',
    'learn(table=3,eth_type=0x86dd,ipv6_src=2001:db8::1,load:0x1->reg2[])',
    'check_pkt_larger(1000)->reg0[0]', 'delete_field:tun_metadata3', 'dec_nsh_ttl', 'encap(nsh(md_type=1))', 'encap(ethernet)', 'decap()',
    'decap(packet_type(ns=1,type=0x894f))', 'encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))', 'encap(mpls)',
]
_NEEDS = {
    'mod_nw_tos': 'ip', 'mod_nw_ecn': 'ip', 'mod_nw_ttl': 'ip', 'mod_nw_src': 'ip', 'mod_nw_dst': 'ip', 'dec_ttl': 'ip',
    'mod_tp_src': 'tcp', 'mod_tp_dst': 'tcp', 'fin_timeout': 'tcp', 'set_field:2001': 'ipv6', 'set_field:64->nw_ttl': 'ip',
    'ct': 'ip', 'ct(commit,alg=ftp': 'tcp', 'ct(commit,alg=tftp': 'udp', 'dec_nsh_ttl': 'dl_type=0x894f', 'decap(packet_type(ns=1,type=0x894f': 'packet_type=(1,0x894f)',
    'ct(commit,nat(dst=[': 'ipv6', 'encap(ethernet': 'packet_type=(1,0x800)', 'learn(table=3': 'ipv6',
    'mod_vlan_pcp': 'dl_vlan=1',
}


def _needs(action):
    found = max((k for k in _NEEDS if action.startswith(k)), key=len, default=None)
    return _NEEDS[found] + ',' if found else ''


_FLOWS = [
    'priority=5,ip,actions=drop',
    'table=3,priority=100,cookie=0x123456789abcdef0,idle_timeout=10,hard_timeout=20,send_flow_rem,check_overlap,reset_counts,'
    'no_packet_counts,no_byte_counts,importance=0,ip,actions=1',
    'mpls,actions=pop_mpls:0x800', 'mpls,actions=set_mpls_label:10,set_mpls_tc:3,set_mpls_ttl:64', 'mpls,actions=dec_mpls_ttl',
    'actions=write_metadata:0x1234/0xffff,goto_table:5', 'actions=meter:7,2', 'ip,actions=write_actions(set_field:1.2.3.4->ip_src,2)',
    'actions=clear_actions,goto_table:200', 'actions=1,write_actions(group:3),goto_table:9',
    'actions=meter:1,3,clear_actions,write_actions(output:4),write_metadata:1,goto_table:2', 'dl_vlan=3,actions=strip_vlan,1',
    'tun_metadata0=0x1234/0xffff,actions=set_field:0x5678->tun_metadata1',
    'ct_state=+new+trk,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=ct(commit,zone=1,exec(load:1->NXM_NX_CT_MARK[])),2',
]

_GROUPS = [
    'group_id=1,type=all,bucket=actions=1,bucket=actions=2',
    'group_id=2,type=select,bucket=weight=50,actions=1,bucket=weight=100,set_field:1->reg0,output:2',
    'group_id=3,type=indirect,bucket=actions=mod_dl_src:00:11:22:33:44:55,3',
    'group_id=4,type=ff,bucket=watch_port:1,actions=1,bucket=watch_group:3,actions=2',
    'group_id=5,type=all',
]

_METERS = [
    'meter=1,kbps,band=type=drop,rate=1000',
    'meter=2,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5',
    'meter=3,kbps,bands=type=dscp_remark,rate=100,prec_level=2',
    'meter=4,kbps,bands=type=drop,rate=1,type=drop,rate=2',
]

_TLV = '{class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=1,len=8}->tun_metadata1'
_BUNDLE = 'flow add priority=1,ip,actions=1\nflow modify ip,actions=2\nflow delete table=3\ngroup group_id=1,type=all,bucket=actions=1\n'

_PACKET = '0102030405060708090a0b0c0800'
COMMANDS = [(add('%sactions=%s' % (_needs(a), a)), None) for a in _ACTIONS]
COMMANDS += [(add(f), None) for f in _FLOWS]
COMMANDS += [(['mod-flows', 'TCP', 'ip,actions=2'], None), (['--strict', 'mod-flows', 'TCP', 'priority=3,ip,actions=2'], None),
             (['del-flows', 'TCP'], None), (['del-flows', 'TCP', 'cookie=0x5/-1,out_port=2,out_group=3,table=4,ip'], None),
             (['--strict', 'del-flows', 'TCP', 'priority=9,ip'], None),
             (['--bundle', 'add-flow', 'TCP', 'priority=7,actions=1'], None), (['bundle', 'TCP', '-'], _BUNDLE)]
COMMANDS += [(['add-group', 'TCP', g], None) for g in _GROUPS]
COMMANDS += [(['mod-group', 'TCP', _GROUPS[0]], None), (['del-groups', 'TCP'], None), (['del-groups', 'TCP', 'group_id=4'], None)]
COMMANDS += [(['add-meter', 'TCP', m], None) for m in _METERS]
COMMANDS += [(['mod-meter', 'TCP', _METERS[0]], None), (['del-meters', 'TCP'], None), (['del-meter', 'TCP', 'meter=3'], None)]
COMMANDS += [(['add-tlv-map', 'TCP', _TLV], None), (['del-tlv-map', 'TCP', '{class=0xffff,type=0,len=4}->tun_metadata0'], None),
             (['del-tlv-map', 'TCP'], None), (['dump-tlv-map', 'TCP'], None)]
COMMANDS += [([c, 'TCP'] + rest, None) for c, *rest in [
    ('show',), ('dump-desc',), ('dump-tables',), ('dump-table-features',), ('get-frags',), ('set-frags', 'nx-match'),
    ('dump-flows',), ('dump-flows', 'table=3,cookie=5/7,out_port=9,out_group=2,ip'), ('dump-aggregate', 'ip'), ('dump-ports',), ('dump-ports', '2'),
    ('dump-ports-desc',), ('queue-stats',), ('queue-stats', '1', '2'), ('queue-get-config', '1'), ('dump-groups',), ('dump-group-stats',), ('dump-group-stats', 'group_id=5'),
    ('dump-group-features',), ('dump-meters',), ('dump-meter', 'meter=1'), ('meter-stats',), ('meter-stats', 'meter=2'),
    ('meter-features',), ('mod-port', '1', 'down'), ('mod-port', '1', 'no-flood'),
    ('packet-out', 'in_port=1,packet=%s,actions=2' % _PACKET), ('packet-out', 'in_port=CONTROLLER,packet=%s,actions=resubmit(,0)' % _PACKET),
    ('ct-flush', 'zone=5'), ('ct-flush', 'zone=5', 'ct_nw_src=10.0.0.1,ct_nw_proto=17,ct_tp_src=1', 'ct_nw_dst=10.0.0.2'),
    ('ct-flush', 'ct_nw_src=10.0.0.1,ct_nw_proto=1,icmp_type=8,icmp_code=0,icmp_id=10'),
    ('monitor', '65534'), ('monitor', 'watch:'), ('monitor', 'watch:!initial,table=3,out_port=2,ip'),
]]

_SETUP = 'table=0,priority=5,ip,actions=1\ntable=1,cookie=0x99,send_flow_rem,tcp,tp_dst=80,actions=ct(commit,zone=3),2\n'
SWITCH_COMMANDS = [(c, s) for c, s in [
    (['show', 'TCP'], None), (['dump-desc', 'TCP'], None), (['dump-table-features', 'TCP'], None), (['dump-tables', 'TCP'], None),
    (['add-flows', 'TCP', '-'], _SETUP), (['add-group', 'TCP', _GROUPS[1]], None), (['add-group', 'TCP', _GROUPS[4]], None),
    (['add-meter', 'TCP', _METERS[1]], None), (['add-tlv-map', 'TCP', _TLV], None), (['dump-tlv-map', 'TCP'], None),
    (['add-flow', 'TCP', 'table=2,tun_metadata0=5,actions=meter:2,clone(learn(table=3,eth_dst=eth_src,output:in_port)),group:2'], None),
    (['dump-flows', 'TCP'], None), (['dump-flows', 'TCP', 'table=1'], None), (['dump-aggregate', 'TCP'], None), (['dump-ports', 'TCP'], None),
    (['dump-ports-desc', 'TCP'], None), (['queue-stats', 'TCP'], None), (['queue-get-config', 'TCP', 'LOCAL'], None),
    (['dump-groups', 'TCP'], None), (['dump-group-stats', 'TCP'], None), (['dump-group-features', 'TCP'], None),
    (['dump-meters', 'TCP'], None), (['meter-stats', 'TCP'], None), (['meter-features', 'TCP'], None), (['get-frags', 'TCP'], None),
    (['--bundle', 'add-flow', 'TCP', 'priority=7,actions=1'], None),
    # errors
    (['add-flow', 'TCP', 'table=9,actions=group:77'], None), (['add-group', 'TCP', _GROUPS[1]], None), (['mod-group', 'TCP', 'group_id=99,type=all'], None),
    (['add-meter', 'TCP', _METERS[1]], None), (['mod-port', 'TCP', 'LOCAL', 'up'], None), (['dump-ports', 'TCP', '4000'], None),
    (['monitor', 'TCP', 'watch:'], None),
]]

_SEND = ['packet-out', 'TCP', 'in_port=LOCAL,packet=' + _PACKET + ',actions=']


def _send(actions):
    return _SEND[:-1] + [_SEND[-1] + actions]


# A monitor that stays for three seconds, and what happens meanwhile.
MONITORS = [
    (['monitor', 'TCP', '65534'], [_send('controller'), _send('load:5->reg3[],controller(userdata=01.02.03,pause)'), _send('controller(reason=no_match,max_len=6)')]),
    (['monitor', 'TCP', '65534', '-P', 'standard'], [
        _send('load:5->reg3[],set_field:9->tun_id,controller'), ['add-flow', 'TCP', 'table=7,send_flow_rem,cookie=0x77,priority=9,arp,actions=drop'],
        ['del-flows', 'TCP', 'table=7'], ['add-flow', 'TCP', 'table=7,send_flow_rem,hard_timeout=1,actions=1'],
        ['mod-port', 'TCP', 'LOCAL', 'up'], ['ovs-vsctl', 'del-port'], ['ovs-vsctl', 'add-port']]),
    (['monitor', 'TCP', 'watch:!initial,table=8'], [
        ['add-flow', 'TCP', 'table=8,cookie=0x88,priority=9,idle_timeout=60,hard_timeout=70,ip,actions=1'],
        ['mod-flows', 'TCP', 'table=8,ip,actions=2'], ['del-flows', 'TCP', 'table=8']]),
]
