"""What OpenFlow 1.4 changed, as others write it.

  of14.py ovs     ovs-1.4.json      ovs-ofctl -O OpenFlow14 and an ovs-vswitchd of the recorder's own, both directions
  of14.py osken   os-ken-1.4.json   os-ken's octets with its own account of the values

Shapes that 1.4 has from 1.3 are recorded by capture.py.
"""
import os
import subprocess
import socket
import struct
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from capture import put, put_accounts, relay, text, version
from nicira import Talk, daemons, message

OF14 = 5
OFCTL = ['ovs-ofctl', '-O', 'OpenFlow14', '--no-names', '--timeout=3']
pack = struct.pack

# A queue for queue descriptions; a limit for vacancy events; a small bridge.
SWITCH = ['add-br', 'br', '--', 'set', 'bridge', 'br', 'datapath_type=dummy', 'fail_mode=secure', 'other-config:datapath-id=00000000000000aa',
          'other-config:hwaddr=02:00:00:00:00:aa', 'protocols=OpenFlow14',
          '--', 'add-port', 'br', 'p1', '--', 'set', 'interface', 'p1', 'type=dummy', 'ofport_request=1',
          '--', 'add-port', 'br', 'p2', '--', 'set', 'interface', 'p2', 'type=dummy', 'ofport_request=2',
          '--', 'set', 'port', 'p1', 'qos=@q', '--', '--id=@q', 'create', 'qos', 'type=linux-htb', 'other-config:max-rate=1000000000', 'queues:3=@q3',
          '--', '--id=@q3', 'create', 'queue', 'other-config:min-rate=100000000', 'other-config:max-rate=500000000',
          '--', '--id=@t', 'create', 'flow_table', 'flow_limit=10', '--', 'set', 'bridge', 'br', 'flow_tables:7=@t']

COMMANDS = [
    'dump-ports', 'dump-ports:1', 'dump-ports-desc', 'queue-stats', 'queue-get-config:1', 'queue-get-config:1,3', 'dump-table-desc',
    'mod-table:7,evict', 'mod-table:7,noevict', 'mod-table:7,vacancy:20,80',
    'mod-table:7,novacancy', 'dump-table-features', 'get-frags', 'dump-desc',
    'add-flow:table=7,importance=9,priority=5,idle_timeout=60,tcp,nw_dst=10.0.0.1,actions=output:2',
    'add-flow:table=7,send_flow_rem,priority=6,in_port=1,actions=controller', 'dump-flows', 'dump-aggregate', '--bundle add-flow:table=3,priority=9,actions=drop',
    'del-flows:table=7', 'add-group:group_id=5,type=select,bucket=weight:3,actions=output:1', 'dump-groups', 'dump-group-stats',
    'add-meter:meter=4,kbps,bands=type=drop,rate=1000', 'dump-meters', 'meter-features',
]


def commands(path, ofctl=OFCTL, lines=COMMANDS):
    """(command, messages sent, messages that came back)."""
    for line in lines:
        words, _, rest = line.partition(':')
        words = words.split()
        # Ports and tables are words of their own, flows and groups one.
        more = [] if rest == '' else rest.split(',', 1) if words[-1].startswith('mod-') or words[-1] == 'queue-get-config' else [rest]
        listener = socket.socket()
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        listener.settimeout(5)
        sent, back = [], []

        def talk():
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            relay(client, server, sent, back)
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        arguments = words + ['tcp:127.0.0.1:%d' % listener.getsockname()[1]] + more
        done = subprocess.run(ofctl + arguments, capture_output=True, text=True)
        thread.join(3)
        listener.close()
        if done.returncode != 0:
            sys.stderr.write('%s: %s' % (line, done.stderr))
        shown = ' '.join(ofctl[:3] + words + ['br'] + more)
        yield shown, sent, back


def properties(*pairs):
    return b''.join(pack('!HHI', kind, 8, mask) for kind, mask in pairs)


def conversation(directory):
    """(what for, messages to the switch, what came back to one or another controller)."""
    one, other = Talk(directory, OF14), Talk(directory, OF14)

    def say(talk, kind, body=b''):
        octets = message(OF14, kind, body, 0x100 + kind)
        return [octets], talk.say(octets)

    def heard(talk):
        return [], talk.say()

    def flow(command, cookie, priority, port=1, table=3):
        match = pack('!HHII4x', 1, 12, 0x80000004, port)
        actions = pack('!HH4xHHIH6x', 4, 24, 0, 16, 2, 0) if command != 3 else b''
        return pack('!QQBBHHHIIIHH', cookie, 0, table, command, 0, 0, priority, 0xffffffff, 0xffffffff, 0xffffffff, 1, priority) + match + actions

    def monitor(number, command, flags, table=0xff):
        return pack('!HH4xIIIHBBHH4x', 16, 0, number, 0xffffffff, 0xffffffff, flags, table, command, 1, 4)
    every = properties((0, 0x3f), (1, 0x3e), (2, 7), (3, 6), (4, 0x3f), (5, 0x3e), (6, 3), (7, 3), (8, 0x18), (9, 0x18), (10, 3), (11, 3))
    yield 'get_async before', say(one, 26)
    yield 'set_async', say(one, 28, every)
    yield 'get_async', say(one, 26)
    yield 'set_async of one', say(one, 28, properties((3, 2)))
    yield 'get_async after one', say(one, 26)
    yield 'set_async again', say(one, 28, every)
    yield 'set_async of a bit that is none', say(one, 28, properties((3, 0x100)))
    yield 'set_async of a property that is none', say(one, 28, properties((99, 1)))
    yield 'role_request', say(one, 24, pack('!I4xQ', 2, 1))
    yield 'role_request of another', say(other, 24, pack('!I4xQ', 2, 2))
    yield 'role_status', heard(one)
    yield 'role_request stale', say(one, 24, pack('!I4xQ', 2, 1))
    yield 'group_mod', say(other, 15, pack('!HBxI', 0, 0, 9))
    yield 'requestforward', heard(one)
    yield 'meter_mod', say(other, 29, pack('!HHIHHII4x', 0, 1, 8, 1, 16, 1000, 0))
    yield 'requestforward of a meter', heard(one)
    yield 'port_mod', say(other, 16, pack('!I4x', 1) + bytes.fromhex(PORT_ADDRESS) + pack('!2xIIHHI', 1, 1, 0, 8, 0))
    yield 'port_status', heard(one)
    yield 'flow_monitor', say(one, 18, monitor(1, 0, 0x1f))
    yield 'flow_monitor twice', say(one, 18, monitor(1, 0, 0x1f))
    yield 'flow_mod add', say(other, 14, flow(0, 0x11, 5))
    yield 'flow_mod add 2', say(other, 14, flow(0, 0x12, 6, port=2))
    yield 'flow_mod modify', say(other, 14, flow(1, 0x11, 5, port=2))
    yield 'flow_mod delete', say(other, 14, flow(3, 0, 0))
    yield 'flow updates', heard(one)
    yield 'flow_monitor of all', say(other, 18, monitor(2, 0, 0x1f))
    yield 'flow_monitor delete', say(one, 18, monitor(1, 2, 0))
    yield 'flow_monitor delete again', say(one, 18, monitor(1, 2, 0))
    yield 'flow_monitor of a command that is none', say(one, 18, monitor(3, 9, 0x1f))
    yield 'own flow_mod', say(other, 14, flow(0, 0x13, 7))
    yield 'bundle open', say(other, 33, pack('!IHH', 6, 0, 3))
    yield 'bundle open twice', say(other, 33, pack('!IHH', 6, 0, 3))
    inner = message(OF14, 14, flow(0, 0x14, 8), 0x122)
    yield 'bundle add', ([message(OF14, 34, pack('!I2xH', 6, 3) + inner, 0x122)], other.say(message(OF14, 34, pack('!I2xH', 6, 3) + inner, 0x122)))
    yield 'bundle close', say(other, 33, pack('!IHH', 6, 2, 3))
    yield 'bundle commit', say(other, 33, pack('!IHH', 6, 4, 3))
    yield 'bundle discard', say(other, 33, pack('!IHH', 6, 6, 3))
    yield 'table_mod', say(other, 17, pack('!B3xIHHBBxx', 7, 8, 3, 8, 20, 80))
    for i in range(9):
        yield 'flow_mod fills the table', say(other, 14, flow(0, 0, 20 + i, port=1 + i, table=7))
    yield 'table_status', heard(one)
    yield 'table_mod of a property that is none', say(other, 17, pack('!B3xIHHI', 7, 8, 77, 8, 0))
    yield 'port_mod of a length that is wrong', say(other, 16, pack('!I4x', 1) + bytes.fromhex(PORT_ADDRESS) + pack('!2xIIHHI', 1, 1, 0, 7, 0))
    one.close()
    other.close()


PORT_ADDRESS = ''


def record_ovs():
    global PORT_ADDRESS
    entries = []

    def keep(what, sent, back):
        keeps = lambda messages: [m for m in messages if m[1] not in (0, 2, 3, 20, 21)]
        for side, messages in (('sent', keeps(sent)), ('back', keeps(back))):
            # Tables are alike: the first part is enough of them, and their descriptions once.
            if what.endswith('dump-table-features br'):
                messages = messages[:1]
            if 'mod-table' in what and side == 'back':
                messages = []
            for octets in messages:
                entry = {'what': what, 'side': side, 'octets': octets.hex()}
                if len(octets) < 10000:
                    entry['text'] = text(octets.hex())
                entries.append(entry)
    with daemons(SWITCH) as directory:
        for what, sent, back in commands(directory + '/br.mgmt'):
            keep(what, sent, back)
            for octets in back:
                if octets[1] == 19 and octets[8:10] == b'\0\x0d' and b'p1' in octets:
                    at = octets.index(b'p1\0') - 8
                    PORT_ADDRESS = octets[at:at + 6].hex()
        for what, (sent, back) in conversation(directory):
            keep(what, sent, back)
    put('ovs-1.4.json', {
        'source': version('ovs-ofctl'),
        'made by': 'of14.py ovs; an ovs-vswitchd with a dummy datapath; the messages of commands, then those of two controllers; echo and barrier left out; texts by ovs-ofctl ofp-print',
    }, entries)


def record_osken():
    import osken14
    put_accounts('os-ken-1.4.json', 'of14.py osken', osken14.messages())


if __name__ == '__main__':
    {'ovs': record_ovs, 'osken': record_osken}[sys.argv[1]]()
