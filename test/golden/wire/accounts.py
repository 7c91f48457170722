"""What the modules of os-ken's messages share: os-ken's account of octets, and messages with transaction ids of their own."""
import importlib.metadata
import struct

from os_ken.ofproto import ofproto_parser

VERSION = importlib.metadata.version('os-ken')


def account(datapath, octets):
    """The values that os-ken reads."""
    version, kind, size, xid = struct.unpack('!BBHI', octets[:8])
    return ofproto_parser.msg(datapath, version, kind, size, xid, octets).to_jsondict()


def messages(datapath, version, before, written, by_hand):
    """(name, octets, account) of os-ken's own messages and of bodies by hand; transaction ids follow `before`."""
    xid = before
    for name, one in written:
        xid += 1
        one.set_xid(xid)
        if hasattr(one, 'message'):
            one.message.set_xid(xid)
        one.serialize()
        yield name, bytes(one.buf), one.to_jsondict()
    for name, kind, body in by_hand:
        xid += 1
        octets = struct.pack('!BBHI', version, kind, 8 + len(body), xid) + bytes(body)
        yield 'by hand: ' + name, octets, account(datapath, octets)
