"""What Open vSwitch speaks beyond OpenFlow, recorded for `capture.py nicira` (ovs-nicira.json).

  inventory()  every error, message, statistics type and action that the installed ovs-ofctl knows, by version; every match
               field of ovs-fields(7)
  spellings()  every action of ovs-actions(7): its text and the octets that ovs-ofctl sends for it
  switch()     what an ovs-vswitchd of its own answers to Nicira's messages

Asks ovs-ofctl's commands for tests (print-error, parse-actions) and its printer.
"""
import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

VERSIONS = {1: 'OpenFlow10', 4: 'OpenFlow13', 5: 'OpenFlow14', 6: 'OpenFlow15'}
NICIRA, ONF = 0x2320, 0x4f4e4600
HELLO, BARRIER = 0, {1: 18}


def ofctl(*arguments, stdin=None):
    done = subprocess.run(['ovs-ofctl'] + list(arguments), capture_output=True, text=True, input=stdin)
    return done.stdout, done.stderr


def printed(octets):
    return ofctl('ofp-print', octets.hex())


def each(function, values):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, values))


def message(version, kind, body=b'', xid=1):
    return struct.pack('!BBHI', version, kind, 8 + len(body), xid) + body


def experimenter(version, owner, kind, body=b'', xid=1):
    return message(version, 4, struct.pack('!II', owner, kind) + body, xid)


def stats(version, side, owner, kind, body=b'', xid=1):
    if version == 1:
        return message(1, 16 + side, struct.pack('!HHIII', 0xffff, 0, owner, kind, 0) + body, xid)
    return message(version, 18 + side, struct.pack('!HH4xII', 0xffff, 0, owner, kind) + body, xid)


# ---- inventory ------------------------------------------------------------------------------------------------

def words(pattern):
    """Words in the program's constants."""
    with open(shutil.which('ovs-ofctl'), 'rb') as program:
        found = re.findall(rb'[\x20-\x7e]{5,}', program.read())
    return sorted({w.decode() for w in found if re.fullmatch(pattern, w.decode())})


def errors():
    """By name: version octet, experimenter (0: none), type, code."""
    out = {}
    names = words(r'(OFP[A-Z]{2,4}C|NX[A-Z]+)_[A-Z0-9_]+')
    for name, (said, _) in zip(names, each(lambda name: ofctl('print-error', name), names)):
        rows = re.findall(r'OpenFlow 1\.(\d): vendor (\w+), type (\d+), code (\d+)', said)
        rows = [[int(v) + 1, int(owner, 0), int(kind), int(code)] for v, owner, kind, code in rows if int(v) + 1 in VERSIONS]
        if rows:
            out[name] = rows
    return out


def messages():
    """[version, experimenter, type] of messages, and with the side (0: request) of statistics, that are known."""
    probes = []
    for version in VERSIONS:
        for kind in list(range(64)) + list(range(128, 140)):
            probes.append(([version, NICIRA, kind], experimenter(version, NICIRA, kind)))
        for kind in list(range(1860, 1920)) + list(range(2295, 2360)):
            probes.append(([version, ONF, kind], experimenter(version, ONF, kind)))
        for kind in range(16):
            for side in (0, 1):
                probes.append(([version, NICIRA, kind, side], stats(version, side, NICIRA, kind)))
        for side in (0, 1):
            probes.append(([version, ONF, 1870, side], stats(version, side, ONF, 1870)))
    texts = each(lambda probe: ' '.join(printed(probe[1])), probes)
    return [place for (place, _), text in zip(probes, texts) if not re.search(r'BAD_(SUBTYPE|VENDOR|STAT)', text)]


def actions():
    """[version, experimenter, type, least octets, most octets] of actions that are known; None where it is not told."""
    places = [(v, owner, kind) for v in VERSIONS for owner, kinds in ((NICIRA, range(256)), (ONF, [3200])) for kind in kinds]
    out = []

    def probe(place):
        version, owner, kind = place
        octets = struct.pack('!HHIH6x', 0xffff, 16, owner, kind)
        return ' '.join(ofctl('parse-actions', VERSIONS[version], stdin=octets.hex() + '\n'))
    for place, text in zip(places, each(probe, places)):
        if 'BAD_VENDOR' in text:
            continue
        size = re.search(r'\[(\d+),(\d+)\]', text)
        if size:
            out.append(list(place) + [int(n) for n in size.groups()])
        else:
            # 16 octets were read, unless their end is what was wrong.
            out.append(list(place) + [None if 'BMC_BAD_LEN' in text else 16, None])
    return out


def page(name):
    """A manual page as text without line breaks inside its tables."""
    text = subprocess.run(['man', '7', name], capture_output=True, text=True, env=dict(os.environ, MANWIDTH='400')).stdout
    return re.sub(r'.\x08', '', text)


def fields():
    """Match fields of ovs-fields(7): octets, significant bits, whether a mask may be, and number by spelling."""
    out = {}
    for block in re.split(r'\n *Name:[ \t]+', page('ovs-fields'))[1:]:
        name = block.split()[0]
        octets, bits = re.search(r'Width:[ \t]+(\d+) bits(?: \(only the least-significant (\d+) bits)?', block).groups()
        spelled = re.search(r'\n *OXM:.*\s+NXM:.*', block)[0]
        out[name] = {
            'octets': int(octets) // 8,
            'bits': int(bits or octets),
            'maskable': 'not maskable' not in re.search(r'Masking:.*', block)[0],
            'writable': 'read/write' in re.search(r'Access:.*', block)[0],
            'spelled': {word: int(number) for word, number in re.findall(r'([A-Z]+_[A-Z0-9_]+) *\((\d+)\)', spelled)},
        }
    return out


def inventory():
    return {'errors': errors(), 'messages': messages(), 'actions': actions(), 'fields': fields(), 'documented actions': documented()}


# ---- spellings ------------------------------------------------------------------------------------------------

# Actions of ovs-actions(7) under the name of their section's syntax; what a flow must match for them in front.
SPELLINGS = [
    'output:2', '2', 'output:reg0[0..15]', 'output:tun_id[0..31]', 'dl_type=0x894f output:nsh_c1[0..15]', 'output(port=2,max_len=100)', 'local', 'in_port', 'normal', 'flood', 'all', 'table',
    'controller', 'controller:128', 'controller(max_len=77,reason=invalid_ttl,id=5)', 'controller(userdata=01.02.03,pause)', 'controller(userdata=01,meter_id=7)',
    'enqueue:3:7', 'enqueue(3,7)', 'group:9',
    'bundle(eth_src,50,hrw,ofport,members:4,8)', 'bundle(symmetric_l3l4+udp,0,active_backup,ofport,members:1)', 'bundle(nw_src,1,hrw,ofport,members:2,3,4)',
    'bundle_load(symmetric_l4,60,active_backup,ofport,reg1[0..15],members:2,3)', 'bundle_load(symmetric_l3,1,hrw,ofport,tun_id[0..15],members:2)',
    'dl_vlan=3 strip_vlan', 'dl_vlan=3 pop_vlan', 'push_vlan:0x88a8', 'push_mpls:0x8848', 'mpls pop_mpls:0x0800',
    'encap(nsh(md_type=1))', 'encap(nsh)', 'encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))', 'encap(nsh(md_type=2,tlv(0x2000,20,0xfedcba98765432)))',
    'encap(nsh(md_type=2,tlv(0x1,1,0xff),tlv(0x2,2,0x00112233445566778899)))', 'packet_type=(1,0x800) encap(ethernet)', 'encap(mpls)', 'encap(mpls_mc)',
    'decap', 'packet_type=(1,0x894f) decap(packet_type(ns=0,type=0))', 'packet_type=(1,0x894f) decap(packet_type(ns=1,type=0x800))',
    'set_field:00:11:22:33:44:55->eth_src', 'set_field:0x11/0xff->reg3', 'set_field:0xa000/0xf000->xreg2', 'set_field:5->tun_id', 'set_field:1->xxreg1',
    'set_field:1->tun_gbp_id', 'set_field:3/3->tun_erspan_idx', 'dl_type=0x894f set_field:5->nsh_ttl', 'dl_type=0x894f set_field:0x1234->nsh_spi', 'set_field:0x1234->tun_metadata0',
    'load:0x55->reg0[8..15]', 'load:1->tun_id[]', 'dl_type=0x894f load:3->nsh_c1[0..7]', 'load:1->xxreg0[100..110]',
    'move:reg0[0..5]->reg1[26..31]', 'move:tun_src[]->reg2[]', 'move:xxreg0[0..63]->xreg3[]', 'dl_type=0x894f move:nsh_c1[]->reg0[]',
    'mod_dl_src:00:11:22:33:44:55', 'mod_dl_dst:00:11:22:33:44:55', 'mod_vlan_vid:9', 'dl_vlan=3 mod_vlan_pcp:5', 'ip mod_nw_src:1.2.3.4', 'ip mod_nw_dst:1.2.3.4',
    'ip mod_nw_tos:16', 'ip mod_nw_ecn:2', 'tcp mod_tp_src:80', 'udp mod_tp_dst:80', 'ip mod_nw_ttl:9', 'ip dec_ttl', 'ip dec_ttl(1,2,3)',
    'mpls set_mpls_label:10', 'mpls set_mpls_tc:3', 'mpls set_mpls_ttl:64', 'mpls dec_mpls_ttl', 'dl_type=0x894f dec_nsh_ttl',
    'check_pkt_larger(1000)->reg0[0]', 'check_pkt_larger(1500)->xxreg2[127]', 'delete_field:tun_metadata0',
    'set_tunnel:5', 'set_tunnel:0x123456789', 'set_tunnel64:5', 'set_queue:3', 'pop_queue',
    'ip ct', 'ip ct(commit)', 'ip ct(commit,force,zone=5)', 'ip ct(table=3,zone=reg0[0..15])', 'ip ct(zone=9,table=1,nat)',
    'ip ct(commit,exec(set_field:1->ct_mark,move:reg0[]->ct_label[0..31]))', 'tcp ct(commit,alg=ftp)', 'udp ct(commit,alg=tftp)', 'ip ct(commit,nat(src=10.0.0.1))',
    'ip ct(commit,nat(src=10.0.0.1-10.0.0.9:1000-2000,random))', 'ipv6 ct(commit,nat(dst=[2001:db8::1]-[2001:db8::9]:80,hash,persistent))', 'ip ct(commit,nat)', 'ct_clear',
    'learn(table=1,vlan_tci[0..11],eth_dst=eth_src,output:in_port)', 'learn(table=2,idle_timeout=5,hard_timeout=6,priority=7,cookie=8,send_flow_rem,delete_learned,load:reg0[0..3]->reg1[4..7])',
    'ip learn(table=3,fin_idle_timeout=1,fin_hard_timeout=2,eth_type=0x800,nw_src=nw_dst,load:0xffff->reg0[16..31],output:reg3)',
    'learn(table=4,limit=10,result_dst=reg0[8],eth_dst=eth_src)', 'learn(table=5,limit=3,eth_dst=eth_src)',
    'tcp fin_timeout(idle_timeout=5,hard_timeout=10)', 'tcp fin_timeout(idle_timeout=5)',
    'resubmit:3', 'resubmit(,4)', 'resubmit(2,5)', 'resubmit(2)', 'ip,ct_state=+trk-inv resubmit(,4,ct)', 'resubmit(in_port,4)',
    'clone(set_field:1->reg0,2)', 'clone(clone(3),ct_clear)', 'push:reg0[]', 'pop:reg1[0..7]', 'push:xxreg0[3..100]', 'dl_type=0x894f push:nsh_c2[]', 'exit',
    'multipath(eth_src,50,modulo_n,1,0,reg0)', 'multipath(symmetric_l3l4,9,hrw,4,2,reg5[3..8])', 'multipath(nw_dst,9,iter_hash,4,2,tun_id[0..15])', 'multipath(symmetric_l4,1,hash_threshold,4,0,reg0)',
    'conjunction(1234,2/3)', 'note:00.11.22.33', 'note:00.11.22.33.44.55.66', 'note:',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678)',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678,sampling_port=56789)',
    'sample(probability=12345,collector_set_id=23456,obs_domain_id=34567,obs_point_id=45678,sampling_port=56789,ingress)',
    'sample(probability=12345,sampling_port=56789,egress)',
    'meter:7', 'clear_actions', 'write_actions(set_field:00:11:22:33:44:55->eth_dst,group:3)', 'write_metadata:0x1234/0xffff', 'goto_table:9',
]


def documented():
    """Names of actions and instructions in the syntaxes of ovs-actions(7)."""
    names = set()
    for block in re.findall(r'^ +Syntax:\n((?: {10,}\S.*\n)+)', page('ovs-actions'), re.M):
        names |= {m[0] for m in re.findall(r'^ +([a-z_0-9]+)([:(\[]|$|``)', block, re.M)}
    return sorted(names - {'port'})


def sent(version, flow):
    """The flow_mod of either kind that ovs-ofctl sends for a flow, or what it said instead."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    listener.settimeout(3)
    child = subprocess.Popen(['ovs-ofctl', '-O', VERSIONS[version], '--timeout=3', '--no-names', 'add-flow',
                              'tcp:127.0.0.1:%d' % listener.getsockname()[1], flow], stderr=subprocess.PIPE, text=True)
    found = None
    try:
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(3)
            sock.sendall(message(version, HELLO, struct.pack('!HHI', 1, 8, 1 << version)))
            stream = sock.makefile('rb')
            while True:
                head = stream.read(8)
                if len(head) < 8:
                    break
                octets = head + stream.read(struct.unpack('!H', head[2:4])[0] - 8)
                kind, xid = octets[1], struct.unpack('!I', octets[4:8])[0]
                if kind == 14 or octets[1] == 4 and struct.unpack('!II', octets[8:16]) == (NICIRA, 13):
                    found = octets
                elif kind == BARRIER.get(version, 20):
                    sock.sendall(message(version, kind + 1, xid=xid))
                elif kind == 2:
                    sock.sendall(message(version, 3, octets[8:], xid))
    except OSError:
        pass
    finally:
        listener.close()
    said = child.communicate()[1].strip()
    return found if found is not None else said


def spellings():
    entries = []
    for spelling in SPELLINGS:
        needs, _, text = spelling.rpartition(' ')
        flow = '%sactions=%s' % (needs + ',' if needs else '', text)
        for version in VERSIONS:
            octets = sent(version, flow)
            if isinstance(octets, bytes):
                entries.append({'version': version, 'flow': flow, 'octets': octets.hex(), 'text': printed(octets)[0].rstrip()})
    return entries


# ---- a switch -------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def daemons(arguments):
    """Database and ovs-vswitchd in a directory of their own; gives the directory and a function for ovs-vsctl."""
    directory = tempfile.mkdtemp(prefix='ovs-')
    children = []

    def start(program, *arguments):
        log = ['-vconsole:off', '-vsyslog:off', '-vfile:off']
        children.append(subprocess.Popen(list(program) + list(arguments) + log, env=dict(os.environ, OVS_RUNDIR=directory)))

    def vsctl(*arguments):
        subprocess.run(['ovs-vsctl', '--db=unix:%s/db.sock' % directory, '--timeout=20'] + list(arguments), check=True, stdout=subprocess.DEVNULL)

    def wait(name):
        deadline = time.monotonic() + 10
        while not os.path.exists(os.path.join(directory, name)):
            if time.monotonic() > deadline:
                raise SystemExit('no %s' % name)
            time.sleep(0.02)
    try:
        subprocess.run(['ovsdb-tool', 'create', directory + '/conf.db', '/usr/share/openvswitch/vswitch.ovsschema'], check=True)
        start(['ovsdb-server'], directory + '/conf.db', '--remote=punix:%s/db.sock' % directory, '--unixctl=%s/a.ctl' % directory)
        wait('db.sock')
        vsctl('--no-wait', 'init')
        start(['ovs-vswitchd'], 'unix:%s/db.sock' % directory, '--enable-dummy=override', '--disable-system', '--unixctl=%s/b.ctl' % directory)
        wait('b.ctl')
        vsctl(*arguments)
        yield directory
    finally:
        for child in reversed(children):
            child.kill()
            child.wait()
        shutil.rmtree(directory)


BRIDGE = ['add-br', 'br', '--', 'set', 'bridge', 'br', 'datapath_type=dummy', 'fail_mode=secure',
          'other-config:datapath-id=00000000000000aa', 'protocols=' + ','.join(VERSIONS.values()),
          '--', 'add-port', 'br', 'p1', '--', 'set', 'interface', 'p1', 'type=dummy', 'ofport_request=1',
          '--', '--id=@br', 'get', 'bridge', 'br', '--', '--id=@x', 'create', 'ipfix', 'targets="127.0.0.1:4739"', '--', 'set', 'bridge', 'br', 'ipfix=@x',
          '--', '--id=@y', 'create', 'ipfix', 'targets="127.0.0.1:4740"', '--', 'create', 'flow_sample_collector_set', 'id=7', 'bridge=@br', 'ipfix=@y']


class Talk:
    """A connection to the switch in one version; `say` gives what came back until the barrier's reply."""

    def __init__(self, directory, version):
        self.version = version
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(directory + '/br.mgmt')
        self.stream = self.sock.makefile('rb')
        self.sock.sendall(message(version, HELLO, struct.pack('!HHI', 1, 8, 1 << version)))

    def say(self, *octets):
        """Packets come when they like: what is late is told with the next."""
        barrier = BARRIER.get(self.version, 20)
        self.sock.sendall(b''.join(octets) + message(self.version, barrier, xid=0xffff))
        out = []
        while True:
            head = self.stream.read(8)
            one = head + self.stream.read(struct.unpack('!H', head[2:4])[0] - 8)
            if one[1] == barrier + 1:
                return out
            if one[1] != HELLO:
                out.append(one)

    def close(self):
        self.sock.close()


def nx_match(*parts):
    octets = b''.join(parts)
    return len(octets), octets + b'\0' * (-len(octets) % 8)


def conversation(version):
    """(name, octets to send) one after the other; a later one may follow from an earlier one."""
    def nxt(kind, body=b''):
        return experimenter(version, NICIRA, kind, body, 0x1000 + kind)

    def nxst(kind, body=b''):
        return stats(version, 0, NICIRA, kind, body, 0x2000 + kind)

    def onf(kind, body=b''):
        return experimenter(version, ONF, kind, body, 0x3000 + kind % 256)
    ip = struct.pack('!IH', 0x00000602, 0x0800)
    cookie = struct.pack('!IQQ', 0x00013d10, 0x77, 0xff)
    output = struct.pack('!HHHH', 0, 8, 1, 0) if version == 1 else struct.pack('!HH4xHHIH6x', 4, 24, 0, 16, 1, 0)
    size, match = nx_match(ip)

    def flow(command, cookie=0x77, table=3, actions=output, match=match, size=size, flags=1):
        body = struct.pack('!QBBHHHIHHH6x', cookie, table, command, 60, 70, 9, 0xffffffff, 0xffff, flags, size) + match + actions
        return nxt(13, body)

    packet = b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\x06' + bytes(46)
    learnt = struct.pack('!HHIHHIQ', 0xffff, 24, NICIRA, 7, 31, 0x00010604, 5)  # load:5->reg3[]
    if version == 6:
        learnt = struct.pack('!HHIII', 25, 16, 0x00010604, 5, 0)

    def packet_out(*actions):
        octets = b''.join(actions)
        if version == 1:
            return message(1, 13, struct.pack('!IHH', 0xffffffff, 0xfffe, len(octets)) + octets + packet, 0x44)
        if version == 6:
            oxm = struct.pack('!HHII4x', 1, 12, 0x80000004, 0xfffffffe)
            return message(6, 13, struct.pack('!IH2x', 0xffffffff, len(octets)) + oxm + octets + packet, 0x44)
        return message(version, 13, struct.pack('!IIH6x', 0xffffffff, 0xfffffffe, len(octets)) + octets + packet, 0x44)
    controller = struct.pack('!HHHH', 0, 8, 0xfffd, 0xffff) if version == 1 else struct.pack('!HHIH6x', 0, 16, 0xfffffffd, 0xffff)
    pause = struct.pack('!HHIH6xHHHH4x', 0xffff, 32, NICIRA, 37, 3, 6, 0x0102, 0)[:24] + struct.pack('!HH4x', 4, 4)
    monitor = struct.pack('!IHHHB5x', 5, 0x3f, 0xffff, size, 3) + match
    tlv = struct.pack('!H6xHBBH2x', 0, 0xffff, 0, 4, 0)
    bundle = struct.pack('!IHH', 5, 2, 0)
    masks = struct.pack('!6I', 0x3f, 3, 7, 7, 15, 15)
    yield 'nx_role_request', nxt(10, struct.pack('!I', 0))
    yield 'nx_role_request master', nxt(10, struct.pack('!I', 1))
    yield 'nx_set_controller_id', nxt(20, struct.pack('!6xH', 9))
    yield 'nx_set_controller_id back', nxt(20, struct.pack('!6xH', 0))
    yield 'nx_set_async_config', nxt(19, masks)
    if version < 5:
        yield 'nx_set_async_config2', nxt(27, b''.join(struct.pack('!HHI', kind, 8, 1) for kind in range(6)))
    yield 'nx_flow_mod_table_id', nxt(15, struct.pack('!B7x', 1))
    yield 'nx_flow_age', nxt(18)
    if version == 1:
        yield 'nx_set_flow_format', nxt(12, struct.pack('!I', 2))
        yield 'nx_set_flow_format bad', nxt(12, struct.pack('!I', 7))
        yield 'nx_flow_monitor', nxst(2, monitor)
        yield 'nx_flow_monitor twice', nxst(2, monitor)
    yield 'nx_set_async_config masks', nxt(19, masks)
    yield 'nx_flow_mod add', flow(0)
    yield 'nx_flow_mod add 2', flow(0, cookie=0x78, table=4, match=b'', size=0)
    if version == 1:
        yield 'nx_flow', nxst(0, struct.pack('!HHB3x', 0xffff, 0, 0xff))
        yield 'nx_flow cookie', nxst(0, struct.pack('!HHB3x', 0xffff, len(cookie), 0xff) + nx_match(cookie)[1])
        yield 'nx_aggregate', nxst(1, struct.pack('!HHB3x', 0xffff, size, 3) + match)
        yield 'nx_flow_mod modify', flow(1, actions=struct.pack('!HHHH', 0, 8, 0xfffe, 0))
        yield 'nx_flow_mod delete cookie', flow(3, actions=b'', match=nx_match(cookie)[1], size=len(cookie))
        yield 'nx_flow_monitor_cancel', nxt(21, struct.pack('!I', 5))
        yield 'nx_flow_monitor_cancel again', nxt(21, struct.pack('!I', 5))
    yield 'nx_flow_mod delete', flow(3, actions=b'')
    yield 'nx_ipfix_bridge', nxst(3)
    yield 'nx_ipfix_flow', nxst(4)
    yield 'nx_set_packet_in_format 1', nxt(16, struct.pack('!I', 1))
    yield 'packet_out', packet_out(learnt, controller)
    yield 'nx_set_packet_in_format 2', nxt(16, struct.pack('!I', 2))
    yield 'packet_out 2', packet_out(learnt, controller)
    yield 'packet_out paused', packet_out(learnt, pause)
    yield 'nx_resume', b''
    yield 'nx_resume stale', b''
    yield 'nx_tlv_table_mod', nxt(24, tlv)
    yield 'nx_tlv_table_request', nxt(25)
    # errors
    yield 'nx_tlv_table_mod twice', nxt(24, tlv)
    yield 'nx_tlv_table_mod bad command', nxt(24, struct.pack('!H6x', 9))
    yield 'nx_tlv_table_mod bad length', nxt(24, struct.pack('!H6xHBBH2x', 0, 0xffff, 1, 3, 1))
    yield 'nx_tlv_table_mod bad index', nxt(24, struct.pack('!H6xHBBH2x', 0, 0xffff, 1, 4, 64))
    yield 'nx_tlv_table_mod duplicate', nxt(24, struct.pack('!H6xHBBH2x', 0, 0xffff, 0, 4, 1))
    yield 'nx_tlv_table_mod full', nxt(24, struct.pack('!H6x', 0) + b''.join(struct.pack('!HBBH2x', 0xffff, i + 1, 124, i + 1) for i in range(3)))
    yield 'nx_flow_mod bad match', nxt(13, struct.pack('!QBBHHHIHHH6x', 0, 0, 0, 0, 0, 0, 0xffffffff, 0xffff, 0, 5) + b'\0\0\1\1\1\0\0\0')
    yield 'conjunction', flow(0, actions=_apply(version, struct.pack('!HHIHBBI', 0xffff, 16, NICIRA, 34, 0, 1, 5)))
    yield 'encap property', flow(0, actions=_apply(version, struct.pack('!HHIHHIHBB4x', 0xffff, 24, NICIRA, 46, 0, 0x1894f, 4, 9, 8)))
    yield 'encap header', flow(0, actions=_apply(version, struct.pack('!HHIHHI', 0xffff, 16, NICIRA, 46, 0, 0x12345)))
    yield 'unknown nicira action', flow(0, actions=_apply(version, struct.pack('!HHIH6x', 0xffff, 16, NICIRA, 3)))
    if version != 1:
        yield 'duplicate instruction', flow(0, actions=output + output)
    if version == 4:
        yield 'bundle without', onf(2300, struct.pack('!IHH', 99, 4, 0))
        yield 'bundle open', onf(2300, struct.pack('!IHH', 5, 0, 3))
        yield 'bundle open twice', onf(2300, struct.pack('!IHH', 5, 0, 3))
        yield 'bundle type', onf(2300, struct.pack('!IHH', 6, 9, 0))
    yield 'unknown message', nxt(99)
    yield 'unknown stats', nxst(99)


def _apply(version, octets):
    return octets if version == 1 else struct.pack('!HH4x', 4, 8 + len(octets)) + octets


def resumed(name, paused):
    """The packet_in2 of a paused packet sent back; `stale` with another bridge in its continuation."""
    octets = bytearray(paused)
    octets[15] = 28
    if name.endswith('stale'):
        octets[octets.index(b'\x80\0\0\x14') + 8] ^= 1
    return bytes(octets)


def switch():
    entries = []
    with daemons(BRIDGE) as directory:
        for version in VERSIONS:
            talk = Talk(directory, version)
            paused = b''
            for name, octets in conversation(version):
                if name.startswith('nx_resume'):
                    octets = resumed(name, paused)
                answers = talk.say(octets)
                if name.startswith('packet_out'):
                    time.sleep(0.1)
                    answers += talk.say()
                    paused = answers[-1]
                entries.append({'version': version, 'name': name, 'asked': octets.hex(), 'text': printed(octets)[0].rstrip(),
                                'answers': [one.hex() for one in answers], 'texts': [printed(one)[0].rstrip() for one in answers]})
            talk.say(experimenter(version, NICIRA, 24, struct.pack('!H6x', 2)))
            talk.close()
    return entries
