"""OpenFlow 1.3 messages of every type, serialised by os-ken, with os-ken's account of their values.

os-ken writes requests and a few replies; the replies that it can only parse are made here from the structures of the
specification (their names begin with "by hand"), and the account is of what os-ken parses.
"""
import itertools
import struct

import os_ken.ofproto.ofproto_v1_3 as ofp
import os_ken.ofproto.ofproto_v1_3_parser as p
from os_ken.ofproto import ofproto_protocol

import accounts

D = ofproto_protocol.ProtocolDesc(version=ofp.OFP_VERSION)

# pbb_uca is left out: os-ken writes it in a form of the ONF's extension 256 of its own, which no switch here reads.
# Fields with a value, and with a mask where os-ken and the specification allow one.
FIELDS = [
    dict(in_port=7), dict(in_port=7, in_phy_port=8), dict(metadata=0x1234567890abcdef), dict(metadata=(0x34, 0xff)),
    dict(eth_dst='01:02:03:04:05:06'), dict(eth_dst=('01:00:00:00:00:00', '01:00:00:00:00:00')), dict(eth_src='aa:bb:cc:dd:ee:ff'),
    dict(eth_type=0x0800), dict(vlan_vid=0x1005), dict(vlan_vid=(0x1000, 0x1000)), dict(vlan_vid=0x1005, vlan_pcp=3),
    dict(eth_type=0x0800, ip_dscp=9), dict(eth_type=0x0800, ip_ecn=2), dict(eth_type=0x0800, ip_proto=17),
    dict(eth_type=0x0800, ipv4_src='10.1.2.3'), dict(eth_type=0x0800, ipv4_dst=('10.1.0.3', '255.255.0.255')),
    dict(eth_type=0x0800, ip_proto=6, tcp_src=80), dict(eth_type=0x0800, ip_proto=6, tcp_dst=443),
    dict(eth_type=0x0800, ip_proto=17, udp_src=53), dict(eth_type=0x0800, ip_proto=17, udp_dst=54),
    dict(eth_type=0x0800, ip_proto=132, sctp_src=1), dict(eth_type=0x0800, ip_proto=132, sctp_dst=2),
    dict(eth_type=0x0800, ip_proto=1, icmpv4_type=8, icmpv4_code=1),
    dict(eth_type=0x0806, arp_op=2, arp_spa='10.0.0.1', arp_tpa=('10.0.0.0', '255.0.0.0')),
    dict(eth_type=0x0806, arp_sha='00:11:22:33:44:55', arp_tha=('00:11:22:33:44:00', 'ff:ff:ff:ff:ff:00')),
    dict(eth_type=0x86dd, ipv6_src='2001:db8::1', ipv6_dst=('2001:db8::', 'ffff:ffff::')),
    dict(eth_type=0x86dd, ipv6_flabel=0x12345), dict(eth_type=0x86dd, ipv6_flabel=(0x100, 0xf00)),
    dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=128, icmpv6_code=3),
    dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=135, ipv6_nd_target='fe80::1', ipv6_nd_sll='00:11:22:33:44:55'),
    dict(eth_type=0x86dd, ip_proto=58, icmpv6_type=136, ipv6_nd_target='fe80::1', ipv6_nd_tll='00:11:22:33:44:55'),
    dict(eth_type=0x8847, mpls_label=1000, mpls_tc=5, mpls_bos=1), dict(eth_type=0x88e7, pbb_isid=0x123456),
    dict(eth_type=0x88e7, pbb_isid=(0x120000, 0xff0000)), dict(tunnel_id=0x123456789), dict(tunnel_id=(0x100, 0xff00)),
    dict(eth_type=0x86dd, ipv6_exthdr=0x1a), dict(eth_type=0x86dd, ipv6_exthdr=(0x2, 0x6)),
    dict(eth_type=0x0800, ip_proto=6, tcp_flags=(0x2, 0x12)), dict(actset_output=3),
    dict(tun_ipv4_src='192.0.2.1', tun_ipv4_dst=('192.0.2.0', '255.255.255.0')),
    dict(pkt_mark=5), dict(conj_id=77), dict(ct_state=(0x22, 0x23), ct_zone=5, ct_mark=(1, 3)),
    dict(reg0=1, reg7=(5, 255)), dict(xxreg1=1 << 100),
]


def bare_actions():
    return [
        p.OFPActionOutput(3, 128), p.OFPActionCopyTtlOut(), p.OFPActionCopyTtlIn(), p.OFPActionSetMplsTtl(64), p.OFPActionDecMplsTtl(),
        p.OFPActionPushVlan(0x8100), p.OFPActionPopVlan(), p.OFPActionPushMpls(0x8847), p.OFPActionPopMpls(0x0800), p.OFPActionSetQueue(3),
        p.OFPActionGroup(9), p.OFPActionSetNwTtl(10), p.OFPActionDecNwTtl(), p.OFPActionPushPbb(0x88e7), p.OFPActionPopPbb(),
        p.OFPActionSetField(eth_dst='01:02:03:04:05:06'), p.OFPActionSetField(ipv4_src='10.0.0.1'), p.OFPActionSetField(ipv6_src='2001:db8::1'),
        p.OFPActionSetField(vlan_vid=0x1005), p.OFPActionSetField(metadata=5), p.OFPActionSetField(pbb_isid=0x123456),
        p.OFPActionExperimenterUnknown(0x01020304, b'abcdefgh'),
    ]


def bands():
    return [p.OFPMeterBandDrop(100, 10), p.OFPMeterBandDscpRemark(200, 20, 3), p.OFPMeterBandExperimenter(300, 30, 0x01020304)]


def port(number=1):
    return p.OFPPort(number, '02:00:00:00:00:01', b'eth%d' % number, 1, 4, 0x840, 0x41, 0x42, 0x43, 10000000, 20000000)


def buckets():
    return [p.OFPBucket(50, ofp.OFPP_ANY, ofp.OFPG_ANY, [p.OFPActionOutput(1, 0)]),
            p.OFPBucket(60, 3, 4, [p.OFPActionSetField(eth_src='02:00:00:00:00:09'), p.OFPActionOutput(2, 0)])]


def instructions():
    return [p.OFPInstructionMeter(7), p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(2, 0)]),
            p.OFPInstructionActions(ofp.OFPIT_CLEAR_ACTIONS, []), p.OFPInstructionActions(ofp.OFPIT_WRITE_ACTIONS, [p.OFPActionGroup(1)]),
            p.OFPInstructionWriteMetadata(0x1234, 0xffff), p.OFPInstructionGotoTable(9)]


def table_features():
    ids = [p.OFPInstructionId(t) for t in (1, 2, 3, 4, 5, 6)]
    actions = [p.OFPActionId(t) for t in (0, 11, 17, 22, 25)]
    oxms = [p.OFPOxmId('in_port'), p.OFPOxmId('eth_dst', True), p.OFPOxmId('ipv4_src', True)]
    properties = [p.OFPTableFeaturePropInstructions(t, instruction_ids=ids) for t in (0, 1)]
    properties += [p.OFPTableFeaturePropNextTables(t, table_ids=[1, 2, 3]) for t in (2, 3)]
    properties += [p.OFPTableFeaturePropActions(t, action_ids=actions) for t in (4, 5, 6, 7)]
    properties += [p.OFPTableFeaturePropOxm(t, oxm_ids=oxms) for t in (8, 10, 12, 13, 14, 15)]
    return p.OFPTableFeaturesStats(table_id=4, name=b'acl', metadata_match=0xff, metadata_write=0xff00, config=3, max_entries=1000,
                                   properties=properties, length=None)


def flow_mod(match=None, **rest):
    values = dict(cookie=0x123456789abcdef0, cookie_mask=0xff, table_id=3, command=ofp.OFPFC_ADD, idle_timeout=10, hard_timeout=20,
                  priority=100, buffer_id=ofp.OFP_NO_BUFFER, out_port=ofp.OFPP_ANY, out_group=ofp.OFPG_ANY, flags=1,
                  match=match or p.OFPMatch(), instructions=[])
    values.update(rest)
    return p.OFPFlowMod(D, **values)


def requests():
    yield 'echo_request', p.OFPEchoRequest(D, b'ping')
    yield 'echo_reply', p.OFPEchoReply(D, b'pong')
    yield 'experimenter', p.OFPExperimenter(D, 0x01020304, 5, b'data')
    yield 'features_request', p.OFPFeaturesRequest(D)
    yield 'get_config_request', p.OFPGetConfigRequest(D)
    yield 'set_config', p.OFPSetConfig(D, ofp.OFPC_FRAG_DROP, 128)
    for fields in FIELDS:
        yield 'flow_mod ' + ' '.join(fields), flow_mod(p.OFPMatch(**fields))
    for action in bare_actions():
        yield 'flow_mod action', flow_mod(instructions=[p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, [action])])
    yield 'flow_mod instructions', flow_mod(p.OFPMatch(in_port=1), command=ofp.OFPFC_MODIFY_STRICT, instructions=instructions())
    for command in range(5):
        yield 'flow_mod command', flow_mod(command=command, out_port=5, out_group=6, table_id=0xff, buffer_id=77, flags=0x1f)
    for command in range(3):
        for kind in range(4):
            yield 'group_mod', p.OFPGroupMod(D, command, kind, 1, buckets())
    yield 'port_mod', p.OFPPortMod(D, 3, '02:00:00:00:00:03', 1, 5, 0x840)
    yield 'table_mod', p.OFPTableMod(D, 3, 2)
    yield 'packet_out', p.OFPPacketOut(D, ofp.OFP_NO_BUFFER, ofp.OFPP_CONTROLLER, bare_actions()[:6], b'packet data')
    yield 'packet_out buffered', p.OFPPacketOut(D, 99, 4, [p.OFPActionOutput(3, 0)])
    yield 'barrier_request', p.OFPBarrierRequest(D)
    yield 'queue_get_config_request', p.OFPQueueGetConfigRequest(D, 4)
    for role in range(4):
        yield 'role_request', p.OFPRoleRequest(D, role, 0x1122334455667788)
    yield 'get_async_request', p.OFPGetAsyncRequest(D)
    yield 'set_async', p.OFPSetAsync(D, [1, 2], [3, 4], [5, 6])
    for command in range(3):
        yield 'meter_mod', p.OFPMeterMod(D, command, 13, 7, bands())
    flow = (0, 3, 4, 5, 6, 7, p.OFPMatch(eth_type=0x0800, ipv4_dst='10.0.0.1'))
    yield 'multipart_request desc', p.OFPDescStatsRequest(D, 0)
    yield 'multipart_request flow', p.OFPFlowStatsRequest(D, *flow)
    yield 'multipart_request aggregate', p.OFPAggregateStatsRequest(D, *flow)
    yield 'multipart_request table', p.OFPTableStatsRequest(D, 0)
    yield 'multipart_request port_stats', p.OFPPortStatsRequest(D, 0, 3)
    yield 'multipart_request queue', p.OFPQueueStatsRequest(D, 0, 3, 4)
    yield 'multipart_request group', p.OFPGroupStatsRequest(D, 0, 3)
    yield 'multipart_request group_desc', p.OFPGroupDescStatsRequest(D, 0)
    yield 'multipart_request group_features', p.OFPGroupFeaturesStatsRequest(D, 0)
    yield 'multipart_request meter', p.OFPMeterStatsRequest(D, 0, 3)
    yield 'multipart_request meter_config', p.OFPMeterConfigStatsRequest(D, 0, 3)
    yield 'multipart_request meter_features', p.OFPMeterFeaturesStatsRequest(D, 0)
    yield 'multipart_request table_features', p.OFPTableFeaturesStatsRequest(D, 0, [table_features()])
    yield 'multipart_request port_desc', p.OFPPortDescStatsRequest(D, 0)
    yield 'multipart_request experimenter', p.OFPExperimenterStatsRequest(D, 0, 0x01020304, 5, b'data')


def replies():
    for kind, codes in enumerate([2, 14, 16, 9, 12, 8, 15, 5, 3, 3, 3, 3, 12, 6]):
        for code in range(codes):
            yield 'error', p.OFPErrorMsg(D, kind, code, b'\x04\x0e\x00\x08\x00\x00\x00\x09')
    yield 'barrier_reply', p.OFPBarrierReply(D)


# Replies that os-ken parses only: their octets follow the specification's structures, by hand.
def by_hand():
    pack = struct.pack
    out_port = pack('!I4x6s2x16s8I', 1, b'\2\0\0\0\0\1', b'eth1', 1, 4, 0x840, 0x41, 0x42, 0x43, 10000000, 20000000)
    match = bytes.fromhex('0001000c800000040000000300000000')
    output = pack('!HHIH6x', 0, 16, 2, 128)
    apply = pack('!HH4x', 4, 24) + output
    bucket = pack('!HHII4x', 32, 50, 3, 4) + output
    band = pack('!HHII4x', 1, 16, 100, 10) + pack('!HHIIB3x', 2, 16, 200, 20, 3)
    yield 'hello', 0, pack('!HHI', 1, 8, 1 << 1 | 1 << 4)
    yield 'features_reply', 6, pack('!QIBB2xII', 0x1122334455667788, 256, 254, 3, 0x4f, 0)
    yield 'get_config_reply', 8, pack('!HH', 1, 128)
    for reason in range(3):
        yield 'packet_in', 10, pack('!IHBBQ', 77, 1500, reason, 3, 0x1122) + match + b'\0\0' + b'packet data'
        yield 'port_status', 12, pack('!B7x', reason) + out_port
    for reason in range(4):
        yield 'flow_removed', 11, pack('!QHBBIIHHQQ', 0x1122, 100, reason, 3, 5, 6, 10, 20, 1 << 40, 1 << 50) + match
    properties = pack('!HH4xH6x', 1, 16, 500) + pack('!HH4xH6x', 2, 16, 900)
    yield 'queue_get_config_reply', 23, pack('!I4x', 4) + pack('!IIH6x', 9, 4, 48) + properties
    for role in range(4):
        yield 'role_reply', 25, pack('!I4xQ', role, 0x1122334455667788)
    yield 'get_async_reply', 27, pack('!6I', 1, 2, 3, 4, 5, 6)
    part = lambda kind, body, flags=0: pack('!HH4x', kind, flags) + body
    yield 'multipart_reply desc', 19, part(0, b'maker'.ljust(256, b'\0') + b'hw'.ljust(256, b'\0') + b'sw'.ljust(256, b'\0') + b'serial'.ljust(32, b'\0') + b'dp'.ljust(256, b'\0'))
    flow = pack('!HBxIIHHHH4xQQQ', 88, 3, 5, 6, 100, 10, 20, 1, 0x1122, 1 << 40, 1 << 50) + match + apply
    yield 'multipart_reply flow', 19, part(1, flow + flow, 1)
    yield 'multipart_reply aggregate', 19, part(2, pack('!QQI4x', 1 << 40, 1 << 50, 7))
    yield 'multipart_reply table', 19, part(3, b''.join(pack('!B3xIQQ', i, i + 10, 1 << 40, 1 << 41) for i in range(3)))
    yield 'multipart_reply port_stats', 19, part(4, pack('!I4x12QII', 3, *range(1 << 33, (1 << 33) + 12), 5, 6))
    yield 'multipart_reply queue', 19, part(5, pack('!IIQQQII', 3, 4, 1 << 40, 1 << 41, 1 << 42, 5, 6))
    yield 'multipart_reply group', 19, part(6, pack('!H2xII4xQQII', 56, 1, 2, 1 << 40, 1 << 41, 5, 6) + pack('!QQ', 7, 8))
    yield 'multipart_reply group_desc', 19, part(7, pack('!HBxI', 40, 1, 9) + bucket)
    yield 'multipart_reply group_features', 19, part(8, pack('!II4I4I', 15, 7, *range(100, 108)))
    yield 'multipart_reply meter', 19, part(9, pack('!IH6xIQQII', 5, 56, 2, 1 << 40, 1 << 41, 5, 6) + pack('!QQ', 7, 8))
    yield 'multipart_reply meter_config', 19, part(10, pack('!HHI', 40, 13, 5) + band)
    yield 'multipart_reply meter_features', 19, part(11, pack('!IIIBB2x', 100, 6, 15, 8, 2))
    request = p.OFPTableFeaturesStatsRequest(D, 0, [table_features()])
    request.set_xid(0)
    request.serialize()
    yield 'multipart_reply table_features', 19, bytes(request.buf[8:])
    yield 'multipart_reply port_desc', 19, part(13, out_port + out_port)
    yield 'multipart_reply experimenter', 19, part(0xffff, pack('!II', 0x01020304, 5) + b'data')


def messages():
    return accounts.messages(D, ofp.OFP_VERSION, 0x1000, itertools.chain(requests(), replies()), by_hand())
