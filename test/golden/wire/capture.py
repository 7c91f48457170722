#!/usr/bin/python3
"""Makes the wire goldens: octets that ovs-ofctl, ovs-vswitchd and os-ken wrote, with where each came from.

  capture.py ofctl    ovs-ofctl.json    what ovs-ofctl sends for each command (a small switch answers it)
  capture.py switch   ovs-vswitchd.json what a bridge of the running Open vSwitch sends (a proxy listens in)
  capture.py osken    os-ken.json       what os-ken serialises, with its own account of the values
  capture.py nicira   ovs-nicira.json   what Open vSwitch knows beyond OpenFlow, in every version (nicira.py)
  capture.py one ...  hex on standard output: ovs-ofctl's messages for one command, TCP in place of the switch

Needs ovs-ofctl and os-ken (Debian: openvswitch-switch, python3-os-ken); `switch` also a running Open vSwitch and root.
The lists of what is recorded are in commands.py and osken.py.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))


def receive(sock, size):
    data = b''
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def receive_message(sock):
    head = receive(sock, 8)
    return head + receive(sock, struct.unpack('!H', head[2:4])[0] - 8)


def message(kind, xid, body=b''):
    return struct.pack('!BBHI', 4, kind, 8 + len(body), xid) + body


def serve(sock, sent):
    """A switch that answers just enough to keep ovs-ofctl talking."""
    sock.sendall(message(0, 1, struct.pack('!HHI', 1, 8, 1 << 4)))
    try:
        while True:
            octets = receive_message(sock)
            kind, xid = octets[1], struct.unpack('!I', octets[4:8])[0]
            sent.append(octets)
            if kind == 2:
                sock.sendall(message(3, xid, octets[8:]))
            elif kind == 5:
                sock.sendall(message(6, xid, struct.pack('!QIBB2xII', 0x1122, 0, 254, 0, 0x4f, 0)))
            elif kind == 7:
                sock.sendall(message(8, xid, struct.pack('!HH', 0, 128)))
            elif kind == 20:
                sock.sendall(message(21, xid))
            elif kind in (24, 26):
                sock.sendall(message(kind + 1, xid, octets[8:]))
            elif kind == 18 and octets[8:10] == b'\0\x0d':
                port = struct.pack('!I4x6s2x16s8I', 1, b'\2\0\0\0\0\1', b'p1', *[0] * 8)
                sock.sendall(message(19, xid, octets[8:10] + b'\0' * 6 + port))
            elif kind == 18:
                sock.sendall(message(19, xid, octets[8:10] + b'\0' * 6))
            elif kind == 4 and octets[8:16] == struct.pack('!II', 0x4f4e4600, 2300):
                bundle, step, flags = struct.unpack('!IHH', octets[16:24])
                sock.sendall(message(4, xid, octets[8:16] + struct.pack('!IHH', bundle, step + 1, flags)))
            elif kind == 4 and octets[8:16] == struct.pack('!II', 0x2320, 25):
                sock.sendall(message(4, xid, struct.pack('!IIIH10x', 0x2320, 26, 256, 64)))
    except (EOFError, ConnectionError):
        pass


def relay(client, server, sent, back):
    """Passes messages both ways and keeps those of each side."""
    def pump(source, target, kept):
        try:
            while True:
                octets = receive_message(source)
                kept.append(octets)
                target.sendall(octets)
        except (EOFError, OSError):
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
    other = threading.Thread(target=pump, args=(server, client, back), daemon=True)
    other.start()
    pump(client, server, sent)
    other.join(2)


def run(arguments, bridge=None, stdin=None, timeout=5, speaking=('-O', 'OpenFlow13'), answer=serve):
    """What ovs-ofctl sent, what came back, and how it ended. `bridge` is a management socket; without one, `answer` answers."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    listener.settimeout(timeout)
    sent, back = [], []

    def talk():
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if bridge is None:
            answer(client, sent)
        else:
            server = socket.socket(socket.AF_UNIX)
            server.connect(bridge)
            relay(client, server, sent, back)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    switch = 'tcp:127.0.0.1:%d' % listener.getsockname()[1]
    command = ['ovs-ofctl', *speaking, '--timeout=%d' % timeout, '--no-names']
    command += [switch if a == 'TCP' else a for a in arguments]
    result = subprocess.run(command, capture_output=True, text=True, input=stdin)
    thread.join(2)
    listener.close()
    return sent, back, result


def version(tool):
    return subprocess.run([tool, '--version'], capture_output=True, text=True).stdout.splitlines()[0]


def put(name, provenance, entries):
    """One entry a line, so that differences can be read."""
    with open(os.path.join(HERE, name), 'w') as out:
        out.write('{\n')
        for key, value in provenance.items():
            out.write(' %s: %s,\n' % (json.dumps(key), json.dumps(value)))
        out.write(' "entries": [\n')
        out.write(',\n'.join('  ' + json.dumps(entry) for entry in entries))
        out.write('\n ]\n}\n')


def text(octets):
    """Open vSwitch's own reading of a message."""
    return subprocess.run(['ovs-ofctl', 'ofp-print', octets], capture_output=True, text=True).stdout.rstrip()


def without_handshake(messages):
    return [m.hex() for m in messages if m[1] not in (0, 2, 3)]


def record_ofctl():
    from commands import COMMANDS, FIELDS
    entries = []
    for command, stdin in COMMANDS + [(c, None) for c, _, _, _ in FIELDS]:
        sent, _, result = run(command, stdin=stdin, timeout=2)
        octets = without_handshake(sent)
        # Commands that want more of an answer than `serve` gives fail after they have sent what is wanted here.
        if not octets:
            sys.stderr.write('%s\n  %s' % (' '.join(command), result.stderr))
            continue
        entry = {'command': command}
        if stdin is not None:
            entry['stdin'] = stdin
        entry['messages'] = octets
        entry['texts'] = [text(m) for m in octets]
        for c, field, value, mask in FIELDS:
            if c is command:
                entry['field'] = field
                entry['value'] = value
                if mask is not None:
                    entry['mask'] = mask
        entries.append(entry)
    hello = run(['probe', 'TCP'])[0][0].hex()
    entries.append({'command': ['probe', 'TCP'], 'messages': [hello], 'texts': [text(hello)]})
    put('ovs-ofctl.json', {
        'source': version('ovs-ofctl'),
        'made by': 'capture.py ofctl; each command is ovs-ofctl -O OpenFlow13 --no-names ..., TCP the switch; texts by ovs-ofctl ofp-print',
    }, entries)


def ask(bridge, octets):
    """What the switch answers to one message of any kind, up to the reply to the barrier that follows it."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(3)
    sock.connect(bridge)
    sock.sendall(message(0, 1, struct.pack('!HHI', 1, 8, 1 << 4)) + octets + message(20, 0xffff))
    answers = []
    while not answers or answers[-1][1] != 21:
        answers.append(receive_message(sock))
    sock.close()
    return [m for m in answers if m[1] not in (0, 21)]


def record_switch():
    import accounts
    import osken
    from commands import MONITORS, SWITCH_COMMANDS
    bridge = 'gold%04x' % (os.getpid() & 0xffff)
    management = '/var/run/openvswitch/%s.mgmt' % bridge
    vsctl = ['ovs-vsctl', '--timeout=10']
    tunnel = ['add-port', bridge, bridge + 't', '--', 'set', 'interface', bridge + 't', 'type=geneve', 'options:remote_ip=192.0.2.9']
    entries = []

    def keep(command, stdin, octets):
        entry = {'command': command, 'messages': [m.hex() for m in octets], 'texts': [text(m.hex()) for m in octets]}
        if stdin is not None:
            entry['stdin'] = stdin
        entries.append(entry)

    def now(command, stdin=None):
        if command[0] == 'ovs-vsctl':
            arguments = {'add-port': tunnel, 'del-port': ['del-port', bridge + 't']}[command[1]]
            subprocess.run(vsctl + arguments, check=True)
            return []
        return run(command, management, stdin, 3)[1]

    try:
        subprocess.run(vsctl + ['add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', 'fail_mode=secure',
                                'protocols=OpenFlow13', 'other-config:datapath-id=00000000000000aa',
                                'other-config:hwaddr=02:00:00:00:00:aa', '--'] + tunnel, check=True)
        for command, stdin in SWITCH_COMMANDS:
            octets = [m for m in now(command, stdin) if m[1] not in (0, 2, 3, 21)]
            # Tables are alike: the first part is enough of them.
            keep(command, stdin, octets[:1] if 'dump-table-features' in command else octets)
        for command, meanwhile in MONITORS:
            box = []
            thread = threading.Thread(target=lambda: box.append(now(command)))
            thread.start()
            time.sleep(0.7)  # until the switch has taken the monitor's settings
            for one in meanwhile:
                now(one)
            thread.join()
            keep(command, None, [m for m in box[0] if m[1] not in (0, 2, 3, 8, 21)])
        for name, one in osken.requests():
            if name in ('echo_request', 'role_request', 'get_async_request', 'set_async', 'experimenter', 'queue_get_config_request',
                        'multipart_request experimenter', 'flow_mod command', 'table_mod'):
                one.set_xid(0x77)
                one.serialize()
                keep(['(os-ken) ' + name], None, ask(management, bytes(one.buf)))
        put('ovs-vswitchd.json', {
            'source': version('ovs-vswitchd'),
            'made by': 'capture.py switch; what the switch sent back to ovs-ofctl -O OpenFlow13 --no-names ..., and to requests of os-ken %s; barrier replies left out; texts by ovs-ofctl ofp-print' % accounts.VERSION,
        }, entries)
    finally:
        subprocess.run(vsctl + ['--if-exists', 'del-br', bridge])


def exact(value):
    """Integers that JSON readers would round become hexadecimal text."""
    if isinstance(value, dict):
        return {k: exact(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(v) for v in value]
    return hex(value) if type(value) is int and value >= 1 << 53 else value


def put_accounts(file, maker, messages):
    """(name, octets, account) of messages that os-ken wrote, or read."""
    from accounts import VERSION
    put(file, {
        'source': 'os-ken %s from Debian python3-os-ken' % VERSION,
        'made by': maker + '; "osken" is to_jsondict() of the message that os-ken wrote, or parsed where the name says by hand',
    }, [{'name': name, 'octets': octets.hex(), 'osken': exact(account)} for name, octets, account in messages])


def record_osken():
    import osken
    put_accounts('os-ken.json', 'capture.py osken', osken.messages())


def record_nicira():
    import nicira
    put('ovs-nicira.json', {
        'source': version('ovs-ofctl'),
        'made by': 'capture.py nicira; texts by ovs-ofctl ofp-print; switch: an ovs-vswitchd of the recorder\'s own, asked by hand',
        **nicira.inventory(),
        'switch': nicira.switch(),
    }, nicira.spellings())


if __name__ == '__main__':
    sys.path.insert(0, HERE)
    what = sys.argv[1] if len(sys.argv) > 1 else ''
    if what == 'one':
        sent, _, result = run(sys.argv[2:])
        sys.stderr.write(result.stderr)
        print('\n'.join(without_handshake(sent)))
    elif what in ('ofctl', 'switch', 'osken', 'nicira'):
        {'ofctl': record_ofctl, 'switch': record_switch, 'osken': record_osken, 'nicira': record_nicira}[what]()
    else:
        raise SystemExit(__doc__)
