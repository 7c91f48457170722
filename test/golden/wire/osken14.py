"""OpenFlow 1.4 as os-ken writes and reads it, with its account of the values: the shapes that 1.4 changed or added.

os-ken writes what a controller sends; what it can only read is made here from the structures of the specification (their
names begin with "by hand").
"""
import struct

import os_ken.ofproto.ofproto_v1_4 as ofp
import os_ken.ofproto.ofproto_v1_4_parser as p
from os_ken.ofproto import ofproto_protocol

import accounts

D = ofproto_protocol.ProtocolDesc(version=ofp.OFP_VERSION)
pack = struct.pack
OWNER = 0x01020304


def flow_mod(**rest):
    values = dict(cookie=1, cookie_mask=2, table_id=3, command=ofp.OFPFC_ADD, idle_timeout=4, hard_timeout=5, priority=6,
                  buffer_id=ofp.OFP_NO_BUFFER, out_port=7, out_group=8, flags=9, importance=10, match=p.OFPMatch(in_port=1),
                  instructions=[p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(3, 128)])])
    values.update(rest)
    return p.OFPFlowMod(D, **values)


def group_mod():
    return p.OFPGroupMod(D, ofp.OFPGC_ADD, ofp.OFPGT_SELECT, 1, [p.OFPBucket(5, ofp.OFPP_ANY, ofp.OFPG_ANY, [p.OFPActionOutput(1, 0)])])


def reasons(*pairs):
    return [p.OFPAsyncConfigPropReasons(kind, 8, mask) for kind, mask in pairs]


def table_features():
    properties = [p.OFPTableFeaturePropInstructions(0, instruction_ids=[p.OFPInstructionId(t) for t in (1, 4)]),
                  p.OFPTableFeaturePropNextTables(ofp.OFPTFPT_NEXT_TABLES, table_ids=[5, 6]),
                  p.OFPTableFeaturePropNextTables(ofp.OFPTFPT_TABLE_SYNC_FROM, table_ids=[1, 2, 9]),
                  p.OFPTableFeaturePropActions(6, action_ids=[p.OFPActionId(t) for t in (0, 25)])]
    return p.OFPTableFeaturesStats(table_id=4, name=b'acl', metadata_match=0xff, metadata_write=0xff00, config=0xc, max_entries=1000,
                                   properties=properties, length=None)


def written():
    yield 'flow_mod', flow_mod()
    yield 'port_mod ethernet', p.OFPPortMod(D, 3, '02:00:00:00:00:03', 1, 5, [p.OFPPortModPropEthernet(0, advertise=0x840)])
    yield 'port_mod', p.OFPPortMod(D, 3, '02:00:00:00:00:03', 1, 5, [])
    yield 'port_mod optical', p.OFPPortMod(D, 3, '02:00:00:00:00:03', 1, 5, [
        p.OFPPortModPropOptical(1, configure=1, freq_lmda=2, fl_offset=3, grid_span=4, tx_pwr=5), p.OFPPortModPropEthernet(0, advertise=6)])
    yield 'table_mod', p.OFPTableMod(D, 3, 0, [])
    yield 'table_mod properties', p.OFPTableMod(D, 3, 0xc, [p.OFPTableModPropEviction(2, flags=5), p.OFPTableModPropVacancy(3, vacancy_down=20, vacancy_up=80, vacancy=30)])
    yield 'get_async_request', p.OFPGetAsyncRequest(D)
    yield 'set_async', p.OFPSetAsync(D, reasons(*((kind, kind + 1) for kind in range(12))))
    yield 'set_async of 1.3', p.OFPSetAsync(D, reasons(*((kind, kind + 1) for kind in range(6))))
    yield 'set_async in another order', p.OFPSetAsync(D, reasons((5, 1), (4, 2)))
    yield 'role_request', p.OFPRoleRequest(D, ofp.OFPCR_ROLE_MASTER, 9)
    for kind in range(8):
        yield 'bundle_control', p.OFPBundleCtrlMsg(D, 7, kind, ofp.OFPBF_ATOMIC, [])
    yield 'bundle_control properties', p.OFPBundleCtrlMsg(D, 7, 0, 2, [p.OFPBundlePropExperimenter(0xffff, experimenter=OWNER, exp_type=5, data=[6, 7])])
    yield 'bundle_add_message', p.OFPBundleAddMsg(D, 7, 3, flow_mod(), [])
    yield 'bundle_add_message properties', p.OFPBundleAddMsg(D, 7, 3, group_mod(), [p.OFPBundlePropExperimenter(0xffff, experimenter=OWNER, exp_type=5, data=[6])])
    yield 'multipart_request port_desc', p.OFPPortDescStatsRequest(D, 0)
    yield 'multipart_request table_desc', p.OFPTableDescStatsRequest(D, 0)
    yield 'multipart_request queue_desc', p.OFPQueueDescStatsRequest(D, 0, 3, 4)
    yield 'multipart_request queue', p.OFPQueueStatsRequest(D, 0, 3, 4)
    yield 'multipart_request port_stats', p.OFPPortStatsRequest(D, 0, 3)
    for command in range(3):
        yield 'multipart_request flow_monitor', p.OFPFlowMonitorRequest(D, 0, 5, 6, 7, 0x7f, 8, command, p.OFPMatch(eth_type=0x0800, ipv4_dst='10.0.0.1'))
    yield 'multipart_request table_features', p.OFPTableFeaturesStatsRequest(D, 0, [table_features()])
    yield 'barrier_request', p.OFPBarrierRequest(D)
    for kind, codes in {1: (14, 15), 3: (9,), 5: (8, 9), 13: (0, 1, 5), 14: range(9), 15: range(3), 16: range(8), 17: range(16)}.items():
        for code in codes:
            yield 'error', p.OFPErrorMsg(D, kind, code, b'\x05\x0e\x00\x08\x00\x00\x00\x09')


def by_hand():
    match = bytes.fromhex('0001000c800000040000000300000000')
    apply = pack('!HH4x', 4, 24) + pack('!HHIH6x', 0, 16, 2, 128)
    stranger = pack('!HHIII', 0xffff, 16, OWNER, 5, 6)
    ethernet = pack('!HH4x6I', 0, 32, 0x840, 0x41, 0x42, 0x43, 10000000, 20000000)
    optical = pack('!HH4x7IHH', 1, 40, *range(1, 10))
    part = lambda kind, body, flags=0: pack('!HH4x', kind, flags) + body

    def port(*properties):
        body = b''.join(properties)
        return pack('!IH2x6s2x16sII', 1, 40 + len(body), b'\2\0\0\0\0\1', b'eth1', 1, 4) + body

    def port_stats(*properties):
        body = b''.join(properties)
        return pack('!H2xIII8Q', 80 + len(body), 3, 5, 6, *range(1 << 33, (1 << 33) + 8)) + body

    def queue_stats(*properties):
        body = b''.join(properties)
        return pack('!H6xIIQQQII', 48 + len(body), 3, 4, 1 << 40, 1 << 41, 1 << 42, 5, 6) + body

    def table(number, config, *properties):
        body = b''.join(properties)
        return pack('!HBxI', 8 + len(body), number, config) + body

    def queue(number, *properties):
        body = b''.join(properties)
        return pack('!IIH6x', 9, number, 16 + len(body)) + body
    counters = pack('!HH4x4Q', 0, 40, *range(1 << 34, (1 << 34) + 4))
    light = pack('!HH4x7IHHHH4x', 1, 44, *range(1, 12))
    eviction, vacancy = pack('!HHI', 2, 8, 5), pack('!HHBBBx', 3, 8, 20, 80, 30)
    for reason in range(3):
        yield 'port_status', 12, pack('!B7x', reason) + port(ethernet)
    for reason in range(6):
        yield 'packet_in', 10, pack('!IHBBQ', 77, 1500, reason, 3, 0x1122) + match + b'\0\0' + b'packet data'
        yield 'flow_removed', 11, pack('!QHBBIIHHQQ', 0x1122, 100, reason, 3, 5, 6, 10, 20, 1 << 40, 1 << 50) + match
    yield 'port_desc', 19, part(13, port(ethernet) + port() + port(optical) + port(optical, ethernet) + port(ethernet, stranger))
    yield 'port_stats', 19, part(4, port_stats(counters) + port_stats() + port_stats(light) + port_stats(counters, light) + port_stats(stranger))
    yield 'queue', 19, part(5, queue_stats() + queue_stats(stranger))
    yield 'table_desc', 19, part(14, table(1, 0xc, eviction, vacancy) + table(2, 0) + table(3, 4, stranger))
    yield 'queue_desc', 19, part(15, queue(1, pack('!HHH2x', 1, 8, 500), pack('!HHH2x', 2, 8, 900)) + queue(2) + queue(3, stranger))
    flow = pack('!HBxIIHHHHH2xQQQ', 88, 3, 5, 6, 100, 10, 20, 1, 77, 0x1122, 1 << 40, 1 << 50) + match + apply
    yield 'flow', 19, part(1, flow)
    full = lambda event, reason, tail=b'': pack('!HHBBHHH4xQ', 40 + len(tail), event, 3, reason, 10, 20, 100, 0x1122) + match + tail
    # os-ken reads no other event of each shape.
    yield 'flow_monitor', 19, part(16, full(0, 1, apply) + pack('!HHI', 8, 4, 99) + pack('!HH4x', 8, 5))
    yield 'get_async_reply', 27, b''.join(pack('!HHI', kind, 8, kind + 1) for kind in range(12))
    for reason in range(3):
        yield 'role_status', 30, pack('!IB3xQ', reason + 1, reason, 1 << 50)
    yield 'role_status properties', 30, pack('!IB3xQ', 2, 0, 1 << 50) + stranger
    yield 'table_status', 31, pack('!B7x', 3) + table(7, 8, vacancy)
    yield 'table_status up', 31, pack('!B7x', 4) + table(7, 0xc, eviction, vacancy)
    inner = group_mod()
    inner.set_xid(5)
    inner.serialize()
    yield 'requestforward', 32, bytes(inner.buf)


def messages():
    return accounts.messages(D, ofp.OFP_VERSION, 0x2000, written(), by_hand())
