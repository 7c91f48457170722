"""Writes frames.json: frames built by scapy, an independent implementation, with what they mean.

Run with the system's Python: /usr/bin/python3 test/golden/packet/generate.py
"""

import json
import os
import random

import scapy
from scapy.all import (
    ARP, Dot1AD, Dot1Q, Ether, ICMP, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IP, IPOption_RR,
    IPOption_Timestamp, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN,
    Raw, TCP, UDP, load_contrib,
)

load_contrib('lldp')
from scapy.contrib.lldp import (  # noqa: E402
    LLDPDUChassisID, LLDPDUEndOfLLDPDU, LLDPDUGenericOrganisationSpecific, LLDPDUPortID, LLDPDUTimeToLive,
)

random.seed(7)
E1 = dict(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')
V4 = dict(src='10.0.0.1', dst='192.0.2.250')
V6 = dict(src='2001:db8::1', dst='fe80::ffff:1')

FRAMES = {
    'arp request': Ether(src=E1['src'], dst='ff:ff:ff:ff:ff:ff') / ARP(op=1, hwsrc=E1['src'], psrc='10.0.0.1', pdst='10.0.0.2'),
    'arp reply on a VLAN': Ether(**E1) / Dot1Q(vlan=42, prio=5) / ARP(op=2, hwsrc=E1['src'], psrc='10.0.0.1', hwdst=E1['dst'], pdst='10.0.0.2'),
    'udp on two VLANs': Ether(**E1) / Dot1AD(vlan=7, id=1) / Dot1Q(vlan=4095, prio=7) / IP(**V4, ttl=3, id=77) / UDP(sport=53, dport=65535) / b'question',
    'udp empty': Ether(**E1) / IP(**V4, id=0, flags='DF') / UDP(sport=1, dport=2),
    'udp odd length': Ether(**E1) / IP(**V4, tos=0xb9) / UDP(sport=68, dport=67) / b'abc',
    'tcp syn with options': Ether(**E1) / IP(**V4, flags='DF') / TCP(sport=40000, dport=443, seq=0xfffffffe, flags='S', window=64240, options=[('MSS', 1460), ('SAckOK', b''), ('Timestamp', (123, 0)), ('NOP', None), ('WScale', 7)]),
    'tcp data': Ether(**E1) / IP(**V4) / TCP(sport=40000, dport=443, seq=1, ack=0x80000000, flags='PA', urgptr=9) / (b'GET / HTTP/1.1\r\n' * 3),
    'tcp all flags': Ether(**E1) / IP(**V4) / TCP(sport=1, dport=1, flags='FSRPAUEC', reserved=0),
    'ipv4 options': Ether(**E1) / IP(**V4, options=[IPOption_RR(length=11, routers=['1.2.3.4', '5.6.7.8']), IPOption_Timestamp()]) / UDP(sport=5, dport=6) / b'x',
    'ipv4 first fragment': Ether(**E1) / IP(**V4, id=9, flags='MF') / UDP(sport=5, dport=6, len=2008) / (b'y' * 64),
    'ipv4 later fragment': Ether(**E1) / IP(**V4, id=9, frag=185, proto=17) / (b'z' * 33),
    'icmp echo': Ether(**E1) / IP(**V4) / ICMP(type=8, id=0x1234, seq=99) / b'ping',
    'icmp error': Ether(**E1) / IP(**V4) / ICMP(type=3, code=1) / IP(src='192.0.2.250', dst='10.0.0.1') / UDP(sport=1, dport=9) / b'12345678',
    'ipv6 udp': Ether(**E1) / IPv6(**V6, tc=0xa5, fl=0xfedcb, hlim=17) / UDP(sport=546, dport=547) / b'solicit',
    'ipv6 tcp on a VLAN': Ether(**E1) / Dot1Q(vlan=2) / IPv6(**V6) / TCP(sport=22, dport=50000, flags='SA', seq=7, ack=8),
    'ipv6 extensions': Ether(**E1) / IPv6(**V6) / IPv6ExtHdrHopByHop(options=[PadN(optdata=b'\0\0')]) / IPv6ExtHdrRouting(addresses=['2001:db8::9']) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b'\0' * 4)]) / UDP(sport=3, dport=4) / b'deep',
    'ipv6 first fragment': Ether(**E1) / IPv6(**V6) / IPv6ExtHdrFragment(offset=0, m=1, id=0xdeadbeef, nh=17) / UDP(sport=3, dport=4, len=3000, chksum=1) / (b'a' * 40),
    'ipv6 later fragment': Ether(**E1) / IPv6(**V6) / IPv6ExtHdrFragment(offset=181, m=0, id=0xdeadbeef, nh=17) / (b'b' * 21),
    'icmpv6 echo': Ether(**E1) / IPv6(**V6) / ICMPv6EchoRequest(id=5, seq=6, data=b'ping6'),
    'neighbor solicitation': Ether(src=E1['src'], dst='33:33:ff:00:00:02') / IPv6(src='fe80::1', dst='ff02::1:ff00:2', hlim=255) / ICMPv6ND_NS(tgt='fe80::2') / ICMPv6NDOptSrcLLAddr(lladdr=E1['src']),
    'neighbor advertisement': Ether(**E1) / IPv6(src='fe80::1', dst='fe80::2', hlim=255) / ICMPv6ND_NA(R=0, S=1, O=1, tgt='fe80::1') / ICMPv6NDOptDstLLAddr(lladdr=E1['src']),
    'router solicitation': Ether(src=E1['src'], dst='33:33:00:00:00:02') / IPv6(src='fe80::1', dst='ff02::2', hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=E1['src']),
    'router advertisement': Ether(src=E1['src'], dst='33:33:00:00:00:01') / IPv6(src='fe80::1', dst='ff02::1', hlim=255) / ICMPv6ND_RA(chlim=64, M=1, O=0, routerlifetime=1800, reachabletime=30000, retranstimer=1000) / ICMPv6NDOptSrcLLAddr(lladdr=E1['src']) / ICMPv6NDOptMTU(mtu=1400) / ICMPv6NDOptPrefixInfo(prefix='2001:db8::', prefixlen=64),
    'lldp': Ether(src=E1['src'], dst='01:80:c2:00:00:0e', type=0x88cc) / LLDPDUChassisID(subtype=7, id=b'0000000000000001') / LLDPDUPortID(subtype=7, id=b'12') / LLDPDUTimeToLive(ttl=120) / LLDPDUGenericOrganisationSpecific(org_code=0x0080c2, subtype=9, data=b'opaque') / LLDPDUEndOfLLDPDU(),
}


def number(address, groups):
    import ipaddress
    return str(int(ipaddress.ip_address(address))) if groups == 'ip' else int(address.replace(':', ''), 16)


def meaning(raw):
    """What scapy reads from the octets."""
    frame = Ether(raw)
    read = {'src': number(frame.src, 'mac'), 'dst': number(frame.dst, 'mac')}
    layer = frame
    vlans = []
    while isinstance(layer.payload, (Dot1Q, Dot1AD)):
        layer = layer.payload
        vlans.append({'vid': layer.vlan, 'priority': layer.prio, 'dropEligible': bool(layer.id)})
    read['vlans'] = vlans
    read['type'] = layer.type
    if ARP in frame:
        arp = frame[ARP]
        read['arp'] = {
            'op': arp.op, 'senderMac': number(arp.hwsrc, 'mac'), 'senderIp': int(number(arp.psrc, 'ip')),
            'targetMac': number(arp.hwdst, 'mac'), 'targetIp': int(number(arp.pdst, 'ip')),
        }
    ip = frame.payload
    while not isinstance(ip, (IP, IPv6)) and ip.payload:
        ip = ip.payload
    if isinstance(ip, IP):
        read['ip'] = {'version': 4, 'src': number(ip.src, 'ip'), 'dst': number(ip.dst, 'ip'), 'ttl': ip.ttl,
                      'protocol': ip.proto, 'fragmentOffset': ip.frag * 8, 'moreFragments': bool(ip.flags.MF),
                      'dontFragment': bool(ip.flags.DF), 'identification': ip.id, 'tos': ip.tos}
    elif isinstance(ip, IPv6):
        last = ip
        while last.payload and hasattr(last.payload, 'nh'):
            last = last.payload
        read['ip'] = {'version': 6, 'src': number(ip.src, 'ip'), 'dst': number(ip.dst, 'ip'), 'ttl': ip.hlim,
                      'protocol': last.nh, 'flowLabel': ip.fl, 'trafficClass': ip.tc}
    inside = ip.payload if isinstance(ip, (IP, IPv6)) else None
    while inside is not None and hasattr(inside, 'nh'):
        inside = inside.payload
    if isinstance(inside, (TCP, UDP)):
        read['l4'] = {'srcPort': inside.sport, 'dstPort': inside.dport}
        if isinstance(inside, TCP):
            read['l4'].update(flags=int(inside.flags), sequence=inside.seq, acknowledgment=inside.ack,
                              window=inside.window)
    elif inside is not None and hasattr(inside, 'type') and hasattr(inside, 'code'):
        read['l4'] = {'type': inside.type, 'code': inside.code}
    return read


here = os.path.dirname(os.path.abspath(__file__))
rows = []
for name, frame in FRAMES.items():
    octets = bytes(frame)
    rows.append({'name': name, 'octets': octets.hex(), 'read': meaning(octets)})
with open(os.path.join(here, 'frames.json'), 'w') as out:
    json.dump({'generator': 'scapy ' + scapy.VERSION, 'frames': rows}, out, indent=1)
    out.write('\n')
print(len(rows), 'frames, scapy', scapy.VERSION)
