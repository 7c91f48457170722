#!/usr/bin/python3
"""Makes the wire goldens of OpenFlow 1.0, as capture.py does those of 1.3.

  of10.py ofctl    ovs-ofctl-1.0.json    what ovs-ofctl sends for each command (a small switch answers it)
  of10.py switch   ovs-vswitchd-1.0.json what an ovs-vswitchd of the recorder's own sends (a proxy listens in)
  of10.py osken    os-ken-1.0.json       messages of every type, with os-ken's account of their values
  of10.py matches  ovs-matches-1.0.json  random ofp_match, with ovs-ofctl's reading of them

Needs Open vSwitch and os-ken (Debian: openvswitch-switch, python3-os-ken); `switch` also root.
"""
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import capture  # noqa: E402
from capture import exact, put, receive_message, text, version  # noqa: E402

pack = struct.pack
ANY = (0xff | 32 << 8 | 32 << 14 | 3 << 20)  # all wildcards, as Open vSwitch writes them


def message(kind, body=b'', xid=1):
    return pack('!BBHI', 1, kind, 8 + len(body), xid) + body


def phy_port(number=1, config=0, state=0, features=(0, 0, 0, 0)):
    return pack('!H6s16s6I', number, b'\2\0\0\0\0\1', b'eth%d' % number, config, state, *features)


def features_reply():
    return pack('!QIB3xII', 0x1122, 256, 254, 0xc7, 0xfff) + phy_port(1, 0x11, 0x200, (0x840, 0x41, 0xfff, 0)) + phy_port(65534, 1, 1)


def serve(sock, sent):
    """A switch that answers just enough to keep ovs-ofctl talking."""
    sock.sendall(message(0))
    answers = {5: (6, features_reply()), 7: (8, pack('!HH', 0, 128)), 18: (19, b'')}
    try:
        while True:
            octets = receive_message(sock)
            kind, xid = octets[1], struct.unpack('!I', octets[4:8])[0]
            sent.append(octets)
            if kind == 2:
                sock.sendall(message(3, octets[8:], xid))
            elif kind in answers:
                answer, body = answers[kind]
                sock.sendall(message(answer, body, xid))
            elif kind == 16:
                sock.sendall(message(17, octets[8:10] + b'\0\0', xid))
            elif kind == 20:
                sock.sendall(message(21, octets[8:10] + b'\0' * 6, xid))
    except (EOFError, ConnectionError):
        pass


def run(arguments, bridge=None, timeout=5):
    """What ovs-ofctl sent, what came back, and how it ended. `bridge` is a management socket."""
    return capture.run(arguments, bridge, timeout=timeout, speaking=('-O', 'OpenFlow10', '-F', 'openflow10'), answer=serve)


# Fields: text, name, value, mask.
FIELDS = [
    ('in_port=7', 'in_port', 7, None), ('in_port=LOCAL', 'in_port', 0xfffffffe, None),
    ('dl_dst=01:02:03:04:05:06', 'eth_dst', 0x010203040506, None), ('dl_src=aa:bb:cc:dd:ee:ff', 'eth_src', 0xaabbccddeeff, None),
    ('dl_type=0x1234', 'eth_type', 0x1234, None), ('dl_type=0x5ff', 'eth_type', 0x5ff, None), ('ipv6', 'eth_type', 0x86dd, None),
    ('dl_vlan=5', 'vlan_vid', 0x1005, None), ('dl_vlan=0', 'vlan_vid', 0x1000, None), ('dl_vlan=0xffff', 'vlan_vid', 0, None),
    ('vlan_tci=0', 'vlan_vid', 0, None), ('dl_vlan_pcp=3', 'vlan_vid', 0x1000, 0x1000), ('dl_vlan_pcp=3', 'vlan_pcp', 3, None),
    ('dl_vlan=9,dl_vlan_pcp=7', 'vlan_pcp', 7, None),
    ('ip,ip_dscp=9', 'ip_dscp', 9, None), ('ip,nw_tos=252', 'ip_dscp', 63, None),
    ('ip,nw_proto=17', 'ip_proto', 17, None),
    ('ip,nw_src=10.1.2.3', 'ipv4_src', 0x0a010203, None), ('ip,nw_src=10.1.0.0/16', 'ipv4_src', 0x0a010000, 0xffff0000),
    ('ip,nw_dst=128.0.0.0/1', 'ipv4_dst', 0x80000000, 0x80000000), ('ip,nw_dst=10.1.2.2/31', 'ipv4_dst', 0x0a010202, 0xfffffffe),
    ('tcp,tp_src=80', 'tcp_src', 80, None), ('tcp,tp_dst=443', 'tcp_dst', 443, None),
    ('udp,tp_src=53', 'udp_src', 53, None), ('udp,tp_dst=54', 'udp_dst', 54, None),
    ('sctp,tp_src=1', 'sctp_src', 1, None), ('sctp,tp_dst=2', 'sctp_dst', 2, None),
    ('icmp,icmp_type=8', 'icmpv4_type', 8, None), ('icmp,icmp_code=1', 'icmpv4_code', 1, None),
    ('arp,arp_op=2', 'arp_op', 2, None), ('rarp,arp_op=3', 'arp_op', 3, None),
    ('arp,arp_spa=10.0.0.1', 'arp_spa', 0x0a000001, None), ('arp,arp_tpa=10.0.0.0/8', 'arp_tpa', 0x0a000000, 0xff000000),
]
ACTIONS = [
    'drop', '2', 'output:65279', 'NORMAL', 'FLOOD', 'ALL', 'LOCAL', 'IN_PORT', 'TABLE', 'CONTROLLER', 'CONTROLLER:128', 'enqueue:2:1',
    'mod_vlan_vid:9', 'mod_vlan_pcp:3', 'strip_vlan', 'mod_dl_src:00:11:22:33:44:55', 'mod_dl_dst:00:11:22:33:44:55',
    'mod_nw_src:1.2.3.4', 'mod_nw_dst:1.2.3.4', 'mod_nw_tos:16', 'mod_tp_src:80', 'mod_tp_dst:81', 'resubmit:3', 'resubmit(1,4)',
    'set_tunnel:5', 'load:0x5->reg0[]', 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]', 'dec_ttl', 'ct(commit,zone=5,exec(load:1->NXM_NX_CT_MARK[]))',
    'note:00.11.22.33.44.55', 'exit', 'multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])', 'learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
    'mod_vlan_vid:1,mod_vlan_pcp:2,enqueue:3:4,output:5', 'set_queue:7,1,pop_queue',
]
PACKET = '0102030405060708090a0b0c0800'
COMMANDS = [(['add-flow', 'TCP', 'tcp,actions=' + a], None) for a in ACTIONS]
COMMANDS += [([*c, 'TCP', *rest], None) for c, *rest in [
    (['add-flow'], 'priority=100,cookie=0x123456789abcdef0,idle_timeout=10,hard_timeout=20,send_flow_rem,check_overlap,ip,actions=1'),
    (['mod-flows'], 'ip,actions=2'), (['--strict', 'mod-flows'], 'priority=3,ip,actions=2'), (['del-flows'],), (['del-flows'], 'ip,out_port=3'),
    (['--strict', 'del-flows'], 'priority=9,arp'), (['show'],), (['dump-desc'],), (['dump-tables'],), (['get-frags'],), (['set-frags'], 'drop'),
    (['dump-flows'],), (['dump-flows'], 'table=3,out_port=9,udp'), (['dump-aggregate'], 'ip'), (['dump-ports'],), (['dump-ports'], '2'),
    (['queue-stats'],), (['queue-stats'], '1', '2'), (['queue-get-config'], '1'), (['mod-port'], '1', 'down'), (['mod-port'], '1', 'no-flood'),
    (['packet-out'], 'in_port=1,packet=%s,actions=2' % PACKET), (['packet-out'], 'in_port=CONTROLLER,packet=%s,actions=enqueue:3:4,flood' % PACKET),
    (['probe'],), (['monitor'], '65534'), (['monitor'], '65534', 'invalid_ttl'),
]]


def record_ofctl():
    entries = []
    commands = COMMANDS + [(['add-flow', 'TCP', f + ',actions=drop'], (name, value, mask)) for f, name, value, mask in FIELDS]
    for command, field in commands:
        sent, _, result = run(command, timeout=2)
        octets = [m.hex() for m in sent if m[1] not in (2, 3) and (m[1] != 0 or command[0] == 'probe')]
        if not octets:
            sys.stderr.write('%s\n  %s' % (' '.join(command), result.stderr))
            continue
        entry = {'command': command, 'messages': octets, 'texts': [text(m) for m in octets]}
        if field is not None:
            entry['field'], entry['value'], mask = field[0], hex(field[1]), field[2]
            if mask is not None:
                entry['mask'] = hex(mask)
        entries.append(entry)
    put('ovs-ofctl-1.0.json', {
        'source': version('ovs-ofctl'),
        'made by': 'of10.py ofctl; each command is ovs-ofctl -O OpenFlow10 -F openflow10 --no-names ..., TCP the switch; texts by ovs-ofctl ofp-print',
    }, entries)


class Daemons:
    """Database and switch daemon of their own, with dummy ports; both end with `stop`."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix='ovs-')
        self.processes = []
        subprocess.run(['ovsdb-tool', 'create', self.directory + '/conf.db', '/usr/share/openvswitch/vswitch.ovsschema'], check=True)
        self.start('ovsdb-server', [self.directory + '/conf.db', '--remote=punix:' + self.directory + '/db.sock'], 'db.ctl')
        self.wait('db.sock')
        self.vsctl('--no-wait', 'init')
        self.start('ovs-vswitchd', ['unix:' + self.directory + '/db.sock', '--enable-dummy=override', '--disable-system'], 'switch.ctl')
        self.wait('switch.ctl')
        return self

    def start(self, program, words, control):
        log = ['-vconsole:off', '-vsyslog:off', '-vfile:off', '--unixctl=%s/%s' % (self.directory, control)]
        self.processes.append(subprocess.Popen([program] + words + log, env={**os.environ, 'OVS_RUNDIR': self.directory}))

    def wait(self, name):
        until = time.time() + 10
        while not os.path.exists(os.path.join(self.directory, name)):
            if time.time() > until:
                raise SystemExit('no ' + name)
            time.sleep(0.05)

    def vsctl(self, *words):
        subprocess.run(['ovs-vsctl', '--db=unix:%s/db.sock' % self.directory, '--timeout=10', *words], check=True)

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait(10)
        shutil.rmtree(self.directory)


def flow_mod(match, actions=b'', command=0, priority=9, buffer=0xffffffff, out_port=0xffff, flags=0):
    return match + pack('!QHHHHIHH', 0x77, command, 0, 0, priority, buffer, out_port, flags) + actions


def match(**members):
    values = dict(wildcards=ANY, in_port=0, dl_src=0, dl_dst=0, dl_vlan=0, dl_vlan_pcp=0, dl_type=0, nw_tos=0, nw_proto=0, nw_src=0, nw_dst=0,
                  tp_src=0, tp_dst=0)
    values.update(members)
    v = values
    return (pack('!IH', v['wildcards'], v['in_port']) + v['dl_src'].to_bytes(6, 'big') + v['dl_dst'].to_bytes(6, 'big')
            + pack('!HBxHBBxxIIHH', v['dl_vlan'], v['dl_vlan_pcp'], v['dl_type'], v['nw_tos'], v['nw_proto'], v['nw_src'], v['nw_dst'],
                   v['tp_src'], v['tp_dst']))


# What only hand-made octets say: wrong ones, for the errors that come back, and what ovs-ofctl never asks.
ASKED = [
    ('bad type', message(60)), ('bad statistics', message(16, pack('!HH', 55, 0))), ('bad vendor', message(4, pack('!I', 0x01020304))),
    ('bad subtype', message(4, pack('!II', 0x2320, 9999))), ('bad length', message(5, b'x')),
    ('bad action', message(14, flow_mod(match(), pack('!HH4x', 77, 8)))), ('bad action length', message(14, flow_mod(match(), pack('!HH4x', 0, 16)))),
    ('bad out port', message(14, flow_mod(match(), pack('!HHHH', 0, 8, 0, 0)))), ('bad argument', message(14, flow_mod(match(), pack('!HHH2x', 1, 8, 0x1fff)))),
    ('bad command', message(14, flow_mod(match(), command=9))), ('overlap', message(14, flow_mod(match(), flags=2)) * 2),
    ('emergency', message(14, flow_mod(match(), flags=4))), ('bad port', message(15, pack('!H6sIII4x', 99, b'\2\0\0\0\0\1', 0, 0, 0))),
    ('bad hardware address', message(15, pack('!H6sIII4x', 1, b'\2\0\0\0\0\1', 0, 0, 0))), ('bad queue port', message(20, pack('!Hxx', 99))),
    ('buffer', message(14, flow_mod(match(), buffer=77))), ('statistics of a port', message(16, pack('!HHH6x', 4, 0, 1))),
    ('queue of all', message(16, pack('!HHHxxI', 5, 0, 0xfffc, 0xffffffff))), ('echo', message(2, b'ping')),
]


def ask(bridge, octets):
    """What the switch answers, up to the reply to the barrier that follows."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(3)
    sock.connect(bridge)
    sock.sendall(message(0) + octets + message(18, xid=0xffff))
    answers = []
    while not answers or answers[-1][1] != 19:
        answers.append(receive_message(sock))
    sock.close()
    return [m for m in answers if m[1] not in (0, 19)]


def record_switch():
    entries = []
    with Daemons() as daemons:
        bridge = daemons.directory + '/gold10.mgmt'
        daemons.vsctl('add-br', 'gold10', '--', 'set', 'bridge', 'gold10', 'datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow10',
                      'other-config:datapath-id=00000000000000aa', 'other-config:hwaddr=02:00:00:00:00:aa',
                      '--', 'add-port', 'gold10', 'p1', '--', 'set', 'interface', 'p1', 'type=dummy', 'ofport_request=1')
        daemons.wait('gold10.mgmt')

        def keep(command, octets):
            octets = [m for m in octets if m[1] not in (0, 2, 3, 19)]
            entries.append({'command': command, 'messages': [m.hex() for m in octets], 'texts': [text(m.hex()) for m in octets]})

        def send(actions):
            return ['packet-out', 'TCP', 'in_port=1,packet=%s,actions=%s' % (PACKET, actions)]

        for command in [['show', 'TCP'], ['dump-desc', 'TCP'], ['get-frags', 'TCP'], ['dump-tables', 'TCP'],
                        ['add-flow', 'TCP', 'cookie=0x99,priority=7,send_flow_rem,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=mod_nw_tos:16,enqueue:1:2,2'],
                        ['add-flow', 'TCP', 'dl_vlan=0xffff,idle_timeout=60,actions=strip_vlan,mod_vlan_vid:3,mod_tp_src:5,normal'],
                        ['add-flow', 'TCP', 'arp,arp_tpa=10.0.0.1,dl_vlan_pcp=3,actions=drop'], ['dump-flows', 'TCP'], ['dump-aggregate', 'TCP'],
                        ['dump-ports', 'TCP'], ['queue-stats', 'TCP'], ['queue-get-config', 'TCP', '1']]:
            keep(command, run(command, bridge, timeout=3)[1])
        box = []
        watch = ['monitor', 'TCP', '65534']
        thread = threading.Thread(target=lambda: box.append(run(watch, bridge, timeout=4)[1]))
        thread.start()
        time.sleep(0.7)  # until the switch has taken the monitor's settings
        for command in [send('controller'), send('controller(max_len=6)'), ['del-flows', 'TCP', 'tcp'], ['mod-port', 'TCP', '1', 'down'],
                        ['add-flow', 'TCP', 'send_flow_rem,hard_timeout=1,icmp,icmp_type=8,actions=1']]:
            run(command, bridge, timeout=3)
        daemons.vsctl('add-port', 'gold10', 'p2', '--', 'set', 'interface', 'p2', 'type=dummy', 'ofport_request=2')
        daemons.vsctl('del-port', 'gold10', 'p2')
        thread.join()
        keep(watch, box[0])
        for name, octets in ASKED:
            keep(['(by hand) ' + name], ask(bridge, octets))
    put('ovs-vswitchd-1.0.json', {
        'source': version('ovs-vswitchd'),
        'made by': 'of10.py switch; what a switch sent back to ovs-ofctl -O OpenFlow10 -F openflow10 --no-names ... and to octets by hand; texts by ovs-ofctl ofp-print',
    }, entries)


def record_osken():
    import os_ken.ofproto.ofproto_v1_0 as ofp
    import os_ken.ofproto.ofproto_v1_0_parser as p
    from os_ken.ofproto import ofproto_protocol
    from accounts import VERSION, account
    datapath = ofproto_protocol.ProtocolDesc(version=1)
    everything = p.OFPMatch(in_port=3, dl_src=b'\2\0\0\0\0\1', dl_dst=b'\2\0\0\0\0\2', dl_vlan=5, dl_vlan_pcp=3, dl_type=0x800, nw_tos=0x28, nw_proto=6,
                            nw_src='10.1.2.3', nw_dst='10.2.0.0', nw_dst_mask=16, tp_src=80, tp_dst=443)
    actions = [p.OFPActionOutput(3, 128), p.OFPActionVlanVid(5), p.OFPActionVlanPcp(6), p.OFPActionStripVlan(), p.OFPActionSetDlSrc(b'\2\0\0\0\0\3'),
               p.OFPActionSetDlDst(b'\2\0\0\0\0\4'), p.OFPActionSetNwSrc('10.0.0.1'), p.OFPActionSetNwDst('10.0.0.2'), p.OFPActionSetNwTos(0x28),
               p.OFPActionSetTpSrc(80), p.OFPActionSetTpDst(81), p.OFPActionEnqueue(4, 9), p.OFPActionVendorUnknown(0x01020304, b'abcdefgh')]
    flow = pack('!HBx', 88 + 16, 3) + everything_octets() + pack('!IIHHH6xQQQ', 5, 6, 100, 10, 20, 0x1122, 1 << 40, 1 << 50) + pack(
        '!HHHH', 0, 8, 2, 128) + pack('!HHI', 6, 8, 0x0a000001)
    part = lambda kind, body, flags=0: pack('!HH', kind, flags) + body
    by_hand = [
        ('hello', 0, b''), ('features_reply', 6, features_reply()), ('get_config_reply', 8, pack('!HH', 1, 128)),
        *[('packet_in', 10, pack('!IHHBx', 77, 1500, 4, reason) + b'packet data') for reason in range(2)],
        *[('flow_removed', 11, everything_octets() + pack('!QHBxIIH2xQQ', 0x1122, 100, reason, 5, 6, 10, 1 << 40, 1 << 50)) for reason in range(3)],
        *[('port_status', 12, pack('!B7x', reason) + phy_port(2, 0x7f, 0x301, (0x1, 0x880, 0xfff, 0x540))) for reason in range(3)],
        ('barrier_reply', 19, b''),
        ('queue_get_config_reply', 21, pack('!H6x', 4) + pack('!IHxx', 9, 24) + pack('!HH4xH6x', 1, 16, 500) + pack('!IHxx', 10, 8)),
        ('multipart_reply desc', 17, part(0, b'maker'.ljust(256, b'\0') + b'hw'.ljust(256, b'\0') + b'sw'.ljust(256, b'\0')
                                          + b'serial'.ljust(32, b'\0') + b'dp'.ljust(256, b'\0'))),
        ('multipart_reply flow', 17, part(1, flow + flow, 1)), ('multipart_reply aggregate', 17, part(2, pack('!QQI4x', 1 << 40, 1 << 50, 7))),
        ('multipart_reply table', 17, part(3, b''.join(pack('!B3x32sIIIQQ', i, b'table%d' % i, 0x3fffff, 1000, i + 10, 1 << 40, 1 << 41) for i in range(3)))),
        ('multipart_reply port_stats', 17, part(4, pack('!H6x12Q', 3, *range(1 << 33, (1 << 33) + 12)))),
        ('multipart_reply queue', 17, part(5, pack('!HxxIQQQ', 3, 4, 1 << 40, 1 << 41, 1 << 42))),
        *[('error', 1, pack('!HH', kind, code) + message(5, xid=9)) for kind, codes in enumerate([2, 9, 9, 6, 2, 3]) for code in range(codes)],
    ]
    entries = []

    def keep(name, octets):
        entries.append({'name': name, 'octets': octets.hex(), 'osken': exact(account(datapath, octets))})

    for name, kind, body in by_hand:
        keep('by hand: ' + name, message(kind, body, 0x1000 + len(entries)))

    def flow_mod_of(match_of, **rest):
        values = dict(match=match_of, cookie=0x123456789abcdef0, command=0, idle_timeout=10, hard_timeout=20, priority=100, actions=[])
        values.update(rest)
        return p.OFPFlowMod(datapath, **values)

    written = [
        ('echo_request', p.OFPEchoRequest(datapath, b'ping')), ('echo_reply', p.OFPEchoReply(datapath, b'pong')),
        ('features_request', p.OFPFeaturesRequest(datapath)), ('get_config_request', p.OFPGetConfigRequest(datapath)),
        ('set_config', p.OFPSetConfig(datapath, 1, 128)), ('barrier_request', p.OFPBarrierRequest(datapath)),
        ('queue_get_config_request', p.OFPQueueGetConfigRequest(datapath, 4)),
        ('port_mod', p.OFPPortMod(datapath, 3, '02:00:00:00:00:03', 0x31, 0x71, 0xfff)),
        ('packet_out', p.OFPPacketOut(datapath, 0xffffffff, 0xfffd, actions, b'packet data')), ('packet_out buffered', p.OFPPacketOut(datapath, 99, 4, actions[:1])),
        ('experimenter', p.OFPVendor(datapath)), ('flow_mod actions', flow_mod_of(everything, actions=actions)),
        *[('flow_mod command', flow_mod_of(everything, command=c, out_port=5, buffer_id=77, flags=7)) for c in range(5)],
        ('multipart_request desc', p.OFPDescStatsRequest(datapath, 0)),
        ('multipart_request flow', p.OFPFlowStatsRequest(datapath, 0, everything, 3, 4)),
        ('multipart_request aggregate', p.OFPAggregateStatsRequest(datapath, 0, everything, 0xff, ofp.OFPP_NONE)),
        ('multipart_request table', p.OFPTableStatsRequest(datapath, 0)), ('multipart_request port_stats', p.OFPPortStatsRequest(datapath, 0, 3)),
        ('multipart_request queue', p.OFPQueueStatsRequest(datapath, 0, ofp.OFPP_ALL, ofp.OFPQ_ALL)),
    ]
    for name, one in written:
        one.set_xid(0x1000 + len(entries))
        if name == 'experimenter':
            one.vendor, one.data = 0x01020304, b'data'
        one.serialize()
        entries.append({'name': name, 'octets': bytes(one.buf).hex(), 'osken': exact(one.to_jsondict())})
    put('os-ken-1.0.json', {
        'source': 'os-ken %s from Debian python3-os-ken' % VERSION,
        'made by': 'of10.py osken; "osken" is to_jsondict() of the message that os-ken wrote, or parsed where the name says by hand',
    }, entries)


def everything_octets():
    return match(wildcards=16 << 14, in_port=3, dl_src=0x020000000001, dl_dst=0x020000000002, dl_vlan=5, dl_vlan_pcp=3, dl_type=0x800, nw_tos=0x28,
                 nw_proto=6, nw_src=0x0a010203, nw_dst=0x0a020000, tp_src=80, tp_dst=443)


def record_matches():
    """Fields that mean something more often than chance has it."""
    chance = random.Random(10)
    one_of = chance.choice
    entries = []
    for _ in range(400):
        wildcards = chance.getrandbits(8) & chance.getrandbits(8) | chance.getrandbits(1) << 20 | chance.getrandbits(1) << 21
        wildcards |= one_of([0, 1, 8, 24, 31, 32, 33, 63]) << 8 | one_of([0, 1, 8, 24, 31, 32, 33, 63]) << 14
        octets = match(
            wildcards=wildcards | one_of([0, 0, 0xffc00000]), in_port=one_of([1, 0xfeff, 0xff00, 0xfff8, 0xfffd, 0xfffe, 0xffff]),
            dl_src=chance.getrandbits(48), dl_dst=chance.getrandbits(48), dl_vlan=one_of([0, 5, 0xfff, 0x1005, 0xffff, 0xfffe]),
            dl_vlan_pcp=one_of([0, 3, 7, 0xff]), dl_type=one_of([0x800, 0x800, 0x806, 0x8035, 0x86dd, 0x8847, 0x5ff, 0x100]),
            nw_tos=one_of([0, 0x28, 0xff]), nw_proto=one_of([1, 2, 6, 17, 58, 132]), nw_src=chance.getrandbits(32), nw_dst=chance.getrandbits(32),
            # Types and codes of ICMP have 8 bits; Open vSwitch prints what is above, which no packet has.
            tp_src=one_of([0, 8, 255]), tp_dst=one_of([0, 1, 255]))
        flow = message(14, flow_mod(octets, priority=32768)).hex()
        read = subprocess.run(['ovs-ofctl', 'ofp-print', flow], capture_output=True, text=True).stdout.rstrip()
        entries.append({'octets': octets.hex(), 'text': read.split(' ADD ')[1].split(' cookie:')[0].strip()})
    put('ovs-matches-1.0.json', {
        'source': version('ovs-ofctl'),
        'made by': 'of10.py matches; text is the match as ovs-ofctl ofp-print reads it in a flow_mod',
    }, entries)


if __name__ == '__main__':
    what = sys.argv[1] if len(sys.argv) > 1 else ''
    records = {'ofctl': record_ofctl, 'switch': record_switch, 'osken': record_osken, 'matches': record_matches}
    if what not in records:
        raise SystemExit(__doc__)
    records[what]()
