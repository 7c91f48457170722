"""What OpenFlow 1.5 changed, as others write it.

  of15.py ovs     ovs-1.5.json      ovs-ofctl -O OpenFlow15 and an ovs-vswitchd of the recorder's own, both directions
  of15.py osken   os-ken-1.5.json   os-ken's octets with its own account of the values

Shapes that 1.5 has from 1.3 or 1.4 are recorded by capture.py and of14.py.
"""
import os
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import of14
from capture import put, put_accounts, text, version
from nicira import Talk, daemons, message

OF15 = 6
OFCTL = ['ovs-ofctl', '-O', 'OpenFlow15', '--no-names', '--timeout=3']
SWITCH = [word.replace('OpenFlow14', 'OpenFlow15') for word in of14.SWITCH]
pack = struct.pack

PACKET = '0102030405060a0b0c0d0e0f08004500001c00000000401100000a0000010a000002000100020008ffff'
COMMANDS = [
    'dump-ports', 'dump-ports-desc', 'dump-ports-desc:1', 'queue-stats', 'queue-get-config:1', 'dump-table-desc', 'dump-table-features', 'meter-features',
    'add-meter:meter=1,kbps,stats,bands=type=drop,rate=100', 'dump-meters', 'meter-stats',
    'add-flow:table=7,importance=9,priority=5,idle_timeout=60,cookie=9,tcp,tcp_flags=+syn,actions=meter:1,set_field:10.0.0.0/255.0.0.0->ip_src,output:2',
    'add-flow:table=7,priority=6,send_flow_rem,ip,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],push_vlan:0x8100,set_field:4100->vlan_vid,goto_table:9',
    'add-flow:table=7,priority=7,actset_output=3,actions=write_actions(output:2),write_metadata:5/7',
    'add-flow:table=7,priority=8,packet_type=(1,0x800),actions=clear_actions', '--bundle add-flow:table=3,priority=9,actions=drop',
    'dump-flows', 'dump-aggregate', 'packet-out:in_port=1,packet=%s,actions=output:2' % PACKET,
    'packet-out:in_port=1,metadata=5,packet=%s,actions=controller' % PACKET,
    'add-group:group_id=5,type=select,selection_method=hash,selection_method_param=7,fields(ip_src,eth_dst=ff:ff:ff:00:00:00),bucket=bucket_id:4,weight:3,actions=output:1,bucket=watch_port:2,actions=output:2',
    'add-group:group_id=6,type=ff,bucket=watch_port:1,actions=output:1,bucket=watch_group:5,watch_port:2,actions=output:2',
    'add-group:group_id=7,type=all,bucket=actions=output:1,bucket=actions=output:2', 'add-group:group_id=8,type=indirect,bucket=actions=output:1',
    'insert-buckets:group_id=5,command_bucket_id=first,bucket=bucket_id:9,actions=output:1', 'insert-buckets:group_id=5,command_bucket_id=4,bucket=bucket_id:10,actions=output:1',
    'remove-buckets:group_id=5,command_bucket_id=9', 'dump-groups', 'dump-groups:5', 'dump-group-stats', 'dump-group-stats:group_id=5', 'dump-group-features',
    'del-groups:group_id=6', 'del-flows:table=7',
]


def conversation(directory):
    """(what for, messages to the switch, what came back to one or another controller)."""
    one, other = Talk(directory, OF15), Talk(directory, OF15)

    def say(talk, kind, body=b''):
        octets = message(OF15, kind, body, 0x100 + kind)
        return [octets], talk.say(octets)

    def flow(command, flags, *instructions):
        match = pack('!HHII4x', 1, 12, 0x80000004, 1)
        return pack('!QQBBHHHIIIHH', 7, 0, 3, command, 0, 0, 5, 0xffffffff, 0xffffffff, 0xffffffff, flags, 1) + match + b''.join(instructions)
    every = b''.join(pack('!HHI', kind, 8, mask) for kind, mask in ((0, 0x3f), (1, 0x3f), (2, 7), (3, 7), (4, 0x3f), (5, 0x3f), (6, 3), (7, 3), (10, 3), (11, 3)))
    yield 'set_async', say(one, 28, every)
    yield 'get_async', say(one, 26)
    yield 'role_request', say(one, 24, pack('!IH2xQ', 2, 0, 1))
    yield 'role_request with an id', say(one, 24, pack('!IH2xQ', 2, 9, 2))
    yield 'role_request of another', say(other, 24, pack('!IH2xQ', 2, 0, 3))
    yield 'role_status', ([], one.say())
    yield 'group_mod', say(other, 15, pack('!HBxIH2xI', 0, 1, 9, 40, 0xffffffff) + pack('!HHIHHIH6xHHH2x', 40, 16, 3, 0, 16, 2, 0, 0, 8, 5) + pack('!HHI', 1, 8, 2))
    yield 'group_mod that is there', say(other, 15, pack('!HBxIH2xI', 0, 1, 9, 0, 0xffffffff))
    yield 'group_mod of a bucket that is there', say(other, 15, pack('!HBxIH2xI', 3, 1, 9, 24, 0xfffffffd) + pack('!HHIHHIH6x', 24, 16, 3, 0, 16, 2, 0))
    yield 'group_mod of a bucket that is not', say(other, 15, pack('!HBxIH2xI', 5, 1, 9, 0, 77))
    yield 'requestforward', ([], one.say())
    yield 'flow_mod', say(other, 14, flow(0, 1))
    yield 'flow_mod delete', say(other, 14, flow(3, 0))
    yield 'flow_removed', ([], one.say())
    yield 'flow_mod meter instruction', say(other, 14, flow(0, 0, pack('!HHI', 6, 8, 1)))
    yield 'flow_mod stat_trigger', say(other, 14, flow(0, 0, pack('!HHIHHHHQ', 7, 24, 1, 0, 16, 0x8002, 0x808, 5)))
    yield 'packet_out without a port', say(other, 13, pack('!IHxxHH4x', 0xffffffff, 0, 1, 4) + bytes.fromhex(PACKET))
    masked = lambda value: pack('!HH4xHHHBBII', 4, 24, 25, 16, 0x8000, 11 << 1 | 1, 8, value, 0xff000000)
    ip = pack('!HHIHIH6x', 1, 10, 0x80000a02, 0x0800, 0, 0)[:16]
    yield 'flow_mod set_field outside its mask', say(other, 14, flow(0, 0)[:-16] + ip + masked(0x0a000001))
    yield 'flow_stats', say(other, 18, pack('!HH4xB3xII4xQQHH4x', 17, 0, 0xff, 0xffffffff, 0xffffffff, 0, 0, 1, 4))
    yield 'bundle_features', say(other, 18, pack('!HH4xI4x', 19, 0, 0))
    yield 'controller_status', say(other, 18, pack('!HH4x', 18, 0))
    yield 'bundle open', say(other, 33, pack('!IHH', 6, 0, 3))
    yield 'bundle add', say(other, 34, pack('!I2xH', 6, 3) + message(OF15, 14, flow(0, 1), 0x122))
    yield 'bundle commit', say(other, 33, pack('!IHH', 6, 4, 3))
    one.close()
    other.close()


def first_table(octets):
    """Tables are alike, so the first is enough of them."""
    if octets[1] != 19:
        return octets
    size = 16 + struct.unpack('!H', octets[16:18])[0]
    return octets[:2] + pack('!H', size) + octets[4:size]


def record_ovs():
    entries = []

    def keep(what, sent, back):
        for side, messages in (('sent', sent), ('back', back)):
            messages = [m for m in messages if m[1] not in (0, 2, 3, 20, 21)]
            if what.endswith('dump-table-features br'):
                messages = [first_table(m) for m in messages[:1]]
            for octets in messages:
                entries.append({'what': what, 'side': side, 'octets': octets.hex(), 'text': text(octets.hex())})
    with daemons(SWITCH) as directory:
        for what, sent, back in of14.commands(directory + '/br.mgmt', OFCTL, COMMANDS):
            keep(what, sent, back)
        for what, (sent, back) in conversation(directory):
            keep(what, sent, back)
    put('ovs-1.5.json', {
        'source': version('ovs-ofctl'),
        'made by': 'of15.py ovs; an ovs-vswitchd with a dummy datapath; the messages of commands, then those of two controllers; echo and barrier left out, and all tables but the first in their features; texts by ovs-ofctl ofp-print',
    }, entries)


def record_osken():
    import osken15
    put_accounts('os-ken-1.5.json', 'of15.py osken', osken15.messages())


if __name__ == '__main__':
    {'ovs': record_ovs, 'osken': record_osken}[sys.argv[1]]()
