"""OpenFlow 1.5 as os-ken writes and reads it, with its account of the values: the shapes that 1.5 changed or added.

os-ken writes what a controller sends; what it can only read is made here from the structures of the specification (their
names begin with "by hand").
"""
import struct

import os_ken.ofproto.ofproto_v1_5 as ofp
import os_ken.ofproto.ofproto_v1_5_parser as p
from os_ken.ofproto import ofproto_protocol

import accounts

D = ofproto_protocol.ProtocolDesc(version=ofp.OFP_VERSION)
pack = struct.pack
OWNER = 0x01020304


def meter(number):
    # os-ken leaves the length of this action to its caller.
    action = p.OFPActionMeter(number)
    action.len = 8
    return action


def actions():
    return [p.OFPActionCopyField(32, 1, 2, [p.OFPOxmId('ipv4_src'), p.OFPOxmId('ipv4_dst')]),
            p.OFPActionSetField(ipv4_src=('10.0.0.0', '255.0.0.0')), p.OFPActionSetField(eth_dst='01:02:03:04:05:06'),
            p.OFPActionSetField(tcp_src=80), meter(7), p.OFPActionOutput(3, 128)]


def flow_mod(match=None, instructions=None):
    return p.OFPFlowMod(D, cookie=1, cookie_mask=2, table_id=3, command=ofp.OFPFC_ADD, idle_timeout=4, hard_timeout=5, priority=6,
                        buffer_id=ofp.OFP_NO_BUFFER, out_port=7, out_group=8, flags=9, importance=10,
                        match=match or p.OFPMatch(in_port=1), instructions=instructions or [])


def apply(*list_):
    return p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, list(list_))


def bucket(number, *properties):
    return p.OFPBucket(number, [p.OFPActionOutput(number + 1, 0)], list(properties))


def weight(value):
    return p.OFPGroupBucketPropWeight(ofp.OFPGBPT_WEIGHT, 8, value)


def watch(kind, value):
    return p.OFPGroupBucketPropWatch(kind, 8, value)


def stranger(cls):
    return cls(0xffff, experimenter=OWNER, exp_type=5, data=[6, 7])


def time(seconds, nanoseconds=0):
    return p.OFPTime(seconds, nanoseconds)


def table_features():
    properties = [p.OFPTableFeaturePropInstructions(0, instruction_ids=[p.OFPInstructionId(t) for t in (1, 4, 7)]),
                  p.OFPTableFeaturePropActions(6, action_ids=[p.OFPActionId(t) for t in (0, 28, 29)]),
                  p.OFPTableFeaturePropOxm(18, oxm_ids=[p.OFPOxmId('in_port', False), p.OFPOxmId('ipv4_src', True)]),
                  p.OFPTableFeaturePropOxm(21, oxm_ids=[p.OFPOxmId('eth_dst', False)]),
                  p.OFPTableFeaturePropOxmValues(22, packet_type=0x10800)]
    return p.OFPTableFeaturesStats(table_id=4, command=2, features=0x13, name=b'acl', metadata_match=0xff, metadata_write=0xff00,
                                   capabilities=0xc, max_entries=1000, properties=properties)


def written():
    ip = dict(eth_type=0x0800)
    yield 'flow_mod', flow_mod(p.OFPMatch(in_port=1, eth_type=0x0800, ip_proto=6), [apply(*actions())])
    yield 'flow_mod tcp_flags', flow_mod(p.OFPMatch(eth_type=0x0800, ip_proto=6, tcp_flags=(2, 0x12)))
    yield 'flow_mod actset_output', flow_mod(p.OFPMatch(actset_output=3))
    yield 'flow_mod packet_type', flow_mod(p.OFPMatch(packet_type=0x10800))
    yield 'flow_mod pbb_uca', flow_mod(p.OFPMatch(eth_type=0x88e7, pbb_uca=1))
    yield 'flow_mod stat_trigger', flow_mod(None, [p.OFPInstructionStatTrigger(3, p.OFPStats(packet_count=100, duration=(7, 8)))])
    yield 'packet_out', p.OFPPacketOut(D, ofp.OFP_NO_BUFFER, p.OFPMatch(in_port=5), [p.OFPActionOutput(3, 128)], b'packet data')
    yield 'packet_out pipeline', p.OFPPacketOut(D, ofp.OFP_NO_BUFFER, p.OFPMatch(in_port=5, metadata=6, tunnel_id=7), [], b'packet data')
    buckets = [bucket(0, weight(3)), bucket(1, weight(4)), bucket(9, watch(1, 2), watch(2, 3)), bucket(5), bucket(6, stranger(p.OFPGroupBucketPropExperimenter))]
    for command in (0, 1, 2, 3, 5):
        for kind in range(4):
            yield 'group_mod', p.OFPGroupMod(D, command, kind, 1, 7 if command > 2 else ofp.OFPG_BUCKET_ALL, buckets if command < 4 else [], [])
    yield 'group_mod properties', p.OFPGroupMod(D, 0, 1, 1, ofp.OFPG_BUCKET_ALL, buckets[:2], [stranger(p.OFPGroupPropExperimenter)])
    yield 'role_request', p.OFPRoleRequest(D, ofp.OFPCR_ROLE_MASTER, 7, 9)
    yield 'role_request without id', p.OFPRoleRequest(D, ofp.OFPCR_ROLE_MASTER, 0, 9)
    asked = (0, 3, 4, 5, 6, 7, p.OFPMatch(**ip))
    yield 'multipart_request flow', p.OFPFlowDescStatsRequest(D, *asked)
    yield 'multipart_request flow_stats', p.OFPFlowStatsRequest(D, *asked)
    yield 'multipart_request aggregate', p.OFPAggregateStatsRequest(D, *asked)
    yield 'multipart_request group_desc', p.OFPGroupDescStatsRequest(D, 0, 4)
    yield 'multipart_request port_desc', p.OFPPortDescStatsRequest(D, 0, 4)
    yield 'multipart_request controller_status', p.OFPControllerStatusStatsRequest(D, 0)
    yield 'multipart_request meter_config', p.OFPMeterDescStatsRequest(D, 0, 4)
    yield 'multipart_request table_features', p.OFPTableFeaturesStatsRequest(D, 0, [table_features()])
    yield 'multipart_request bundle_features', p.OFPBundleFeaturesStatsRequest(D, 0, 0)
    capability = p.OFPBundleFeaturesPropTime(1, sched_accuracy=time(1, 2), sched_max_future=time(3, 4), sched_max_past=time(5, 6), timestamp=time(1 << 40, 7))
    yield 'multipart_request bundle_features time', p.OFPBundleFeaturesStatsRequest(D, 0, 3, [capability, stranger(p.OFPBundleFeaturesPropExperimenter)])
    yield 'bundle_control time', p.OFPBundleCtrlMsg(D, 7, 4, 4, [p.OFPBundlePropTime(1, scheduled_time=time(1 << 40, 999))])
    yield 'bundle_add_message', p.OFPBundleAddMsg(D, 7, 3, flow_mod(), [])
    yield 'set_async', p.OFPSetAsync(D, [p.OFPAsyncConfigPropReasons(kind, 8, kind + 1) for kind in range(16)])


def by_hand():
    match = bytes.fromhex('0001000c800000040000000300000000')
    apply_ = pack('!HH4x', 4, 24) + pack('!HHIH6x', 0, 16, 2, 128)
    other = pack('!HHIII', 0xffff, 16, OWNER, 5, 6)
    part = lambda kind, body, flags=0: pack('!HH4x', kind, flags) + body
    oxs = {'duration': lambda s, n: pack('!HHII', 0x8002, 8, s, n), 'idle_time': lambda s, n: pack('!HHII', 0x8002, 1 << 9 | 8, s, n),
           'flow_count': lambda n: pack('!HHI', 0x8002, 3 << 9 | 4, n), 'packet_count': lambda n: pack('!HHQ', 0x8002, 4 << 9 | 8, n),
           'byte_count': lambda n: pack('!HHQ', 0x8002, 5 << 9 | 8, n)}

    def stats(*fields):
        body = b''.join(oxs[name](*values) for name, *values in fields)
        return pack('!HH', 0, 4 + len(body)) + body + bytes(-(4 + len(body)) % 8)
    usual = (('duration', 5, 6), ('packet_count', 1 << 40), ('byte_count', 1 << 50))
    idle = (usual[0], ('idle_time', 7, 8), *usual[1:])
    for reason in range(6):
        yield 'flow_removed', 11, pack('!BBHHHQ', 3, reason, 100, 10, 20, 0x1122) + match + stats(*usual)
    yield 'flow_removed idle', 11, pack('!BBHHHQ', 3, 2, 100, 10, 20, 0x1122) + match + stats(*idle)
    yield 'flow_removed in another order', 11, pack('!BBHHHQ', 3, 2, 100, 10, 20, 0x1122) + match + stats(*reversed(usual))

    def flow(fields):
        body = match + stats(*fields) + apply_
        return pack('!H2xBxHHHHHQ', 24 + len(body), 3, 100, 10, 20, 1, 77, 0x1122) + body

    def counters(reason, fields):
        body = match + stats(*fields)
        return pack('!H2xBBH', 8 + len(body), 3, reason, 100) + body
    for fields in (usual, idle, usual[:1], (), (('flow_count', 3), *usual)):
        yield 'flow', 19, part(1, flow(fields))
        yield 'flow_stats', 19, part(17, counters(0, fields) + counters(1, fields))
    for fields in ((*usual[1:], ('flow_count', 9)), (('flow_count', 9),), ()):
        yield 'aggregate', 19, part(2, stats(*fields))
    output = pack('!HHIH6x', 0, 16, 2, 128)

    def wire_bucket(number, *properties):
        body = output + b''.join(properties)
        return pack('!HHI', 8 + len(body), len(output), number) + body

    def group(kind, number, *buckets):
        body = b''.join(buckets)
        return pack('!HBxIH6x', 16 + len(body), kind, number, len(body)) + body
    heavy, port, other_group = pack('!HHH2x', 0, 8, 5), pack('!HHI', 1, 8, 4), pack('!HHI', 2, 8, 6)
    # os-ken reads only the last of several buckets' properties right, so that a bucket comes alone.
    for kind in range(4):
        for properties in ((), (heavy,), (port,), (heavy, port, other_group), (port, heavy), (other,)):
            yield 'group_desc', 19, part(7, group(kind, 3, wire_bucket(0, *properties)))
    yield 'meter', 19, part(9, pack('!IH6xIQQII', 7, 56, 3, 1 << 40, 1 << 41, 5, 6) + pack('!QQ', 1, 2))
    yield 'meter_config', 19, part(10, pack('!HHI', 24, 9, 7) + pack('!HHII4x', 1, 16, 100, 10))
    yield 'meter_features', 19, part(11, pack('!IIIBB2xI4x', 1000, 6, 15, 8, 3, 5))
    ethernet = pack('!HH4x6I', 0, 32, 0x840, 0x41, 0x42, 0x43, 10000000, 20000000)
    input_ = pack('!HH', 2, 12) + bytes.fromhex('8000000480000a02') + bytes(4)
    output_ = pack('!HH', 3, 8) + bytes.fromhex('80000510')
    recirculate = pack('!HHII', 4, 12, 7, 8) + bytes(4)

    def port_desc(*properties):
        body = b''.join(properties)
        return pack('!IH2x6s2x16sII', 1, 40 + len(body), b'\2\0\0\0\0\1', b'eth1', 1, 4) + body
    yield 'port_desc', 19, part(13, port_desc(ethernet) + port_desc(input_, output_, recirculate) + port_desc(ethernet, recirculate, other))
    uri = pack('!HH', 0, 4 + 21) + b'tls:[2001:db8::1]:665' + bytes(7)

    def status(reason, *properties):
        body = b''.join(properties)
        return pack('!HHIBB6x', 16 + len(body), 9, 2, reason, reason % 2) + body
    for reason in range(7):
        yield 'controller_status', 35, status(reason, uri)
    yield 'controller_status without properties', 35, status(1)
    yield 'controller_status stranger', 35, status(1, uri, other)
    # os-ken takes what follows an entry for its properties.
    yield 'controller_status multipart', 19, part(18, status(0, uri))
    times = b''.join(pack('!QI4x', n, n + 1) for n in range(4))
    yield 'bundle_features', 19, part(19, pack('!H6x', 7) + pack('!HH4x', 1, 72) + times)
    yield 'bundle_features without time', 19, part(19, pack('!H6x', 3) + other)
    yield 'role_reply', 25, pack('!IH2xQ', 2, 7, 9)
    # os-ken does not know the last four kinds.
    yield 'get_async_reply', 27, b''.join(pack('!HHI', kind, 8, kind + 1) for kind in range(12))
    yield 'table_features', 19, part(12, table_features().serialize())


def messages():
    return accounts.messages(D, ofp.OFP_VERSION, 0x3000, written(), by_hand())
