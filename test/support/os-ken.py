"""os-ken as a peer: reads OpenFlow messages and writes them, on demand, one JSON object a line.

    {"read": octets, "version": v}  ->  {"tree": ..., "written": octets}   what os-ken reads, and writes again from that
    {"build": tree, "version": v}   ->  {"octets": ..., "writes": ...}     what os-ken writes of a message given as a tree

Octets are hexadecimal. Where os-ken raises, the member is missing and "readError", "writeError" or "buildError" says why;
"reads" is false for types that os-ken has no parser of, "builds" for classes that take no members, "writes" for classes of
which it writes no more than the header.
Knows os-ken's classes and nothing of who asks.

A tree is an object of os-ken: {"class": name, member: ...}, members being trees, lists, null, or text: "12" is a number,
"x0a0b" octets, "'text" text. Fields of matches, set_field and statistics are [name, octets of the value, octets of the mask
or null]; lengths, and type numbers that the class already says, are left out.
"""
import importlib
import importlib.metadata
import inspect
import json
import logging
import signal
import struct
import sys

sys.dont_write_bytecode = True
logging.disable(logging.CRITICAL)

from os_ken.lib import type_desc  # noqa: E402
from os_ken.ofproto import ofproto_parser, ofproto_protocol  # noqa: E402

MODULES = {1: 'v1_0', 4: 'v1_3', 5: 'v1_4', 6: 'v1_5'}
SECONDS = 0.1
ADDRESSES = {'range_ipv4': type_desc.IPv4Addr, 'range_ipv6': type_desc.IPv6Addr}
TYPED = {'OFPInstructionGotoTable', 'OFPInstructionWriteMetadata', 'OFPInstructionMeter', 'OFPInstructionStatTrigger',
         'OFPHelloElemVersionBitmap'}
LENGTHS = {'len', 'length', 'len_', 'actions_len', 'property', 'match_len', 'message_len',
           'bucket_array_len', 'action_array_len'}
DATAPATHS = {version: ofproto_protocol.ProtocolDesc(version=version) for version in MODULES}


def implied(value):
    """Members that the class already says."""
    names = {cls.__name__ for cls in type(value).__mro__}
    name = type(value).__name__
    if 'NXAction' in names:
        return {'type', 'experimenter', 'vendor'} if name == 'NXActionUnknown' else {'type', 'experimenter', 'subtype', 'vendor'}
    if 'OFPExperimenter' in names and name != 'OFPExperimenter':
        return {'experimenter', 'exp_type'} | ({'properties'} if name == 'NXTSetPacketInFormatMsg' else set())
    if {'OFPAction', 'OFPMeterBand'} & names or hasattr(type(value), 'cls_stats_type') or name in TYPED:
        return {'type'}
    return set()


def attributes(value):
    """What os-ken's own account of an object has (stringify.obj_attrs), without its search through the class."""
    if hasattr(value, '_fields'):
        return [(key, getattr(value, key)) for key in value._fields]
    base = getattr(value, '_base_attributes', ())
    return [(key, member) for key, member in vars(value).items() if key[0] != '_' and key not in base]


class Shape:
    """os-ken's modules of one version, and how its objects become trees and come back."""

    def __init__(self, version):
        self.datapath = DATAPATHS[version]
        self.ofproto = importlib.import_module('os_ken.ofproto.ofproto_' + MODULES[version])
        self.parser = importlib.import_module('os_ken.ofproto.ofproto_%s_parser' % MODULES[version])

    def read(self, octets):
        version, kind, size, xid = struct.unpack('!BBHI', octets[:8])
        # Not ofproto_parser.msg, which keeps the reason of a failure to itself.
        return ofproto_parser._MSG_PARSERS[version](self.datapath, version, kind, size, xid, octets)

    def tree(self, value):
        if value is None:
            return None
        if isinstance(value, bool) or isinstance(value, int):
            return str(int(value))
        if isinstance(value, (bytes, bytearray)):
            return 'x' + bytes(value).hex()
        if isinstance(value, str):
            return "'" + value
        if isinstance(value, dict):
            return [self.tree(one) for one in value.values()]
        if isinstance(value, (list, tuple)) and not hasattr(value, '_fields'):
            return [self.tree(one) for one in value]
        name = type(value).__name__
        if name == 'OFPMatch' and hasattr(value, '_fields2'):
            return {'class': name, 'fields': [self.field('oxm', *one) for one in value._fields2]}
        if name == 'OFPStats':
            return {'class': name, 'fields': [self.field('oxs', *one) for one in value.fields]}
        if name == 'OFPActionSetField' and hasattr(value, 'key'):
            return {'class': name, 'field': self.field('oxm', value.key, value.value)}
        if name == 'NXActionRegLoad2':
            user = value.value if value.mask is None else (value.value, value.mask)
            return {'class': name, 'field': self.field('oxm', value.dst, user)}
        if name == 'NXTPacketIn2':
            return {'class': name, 'properties': self.tree(value.properties), 'xid': self.tree(value.xid)}
        if name == 'OFPTableFeaturePropOxmValues':
            return {'class': name, 'type': str(value.type), 'oxm_values': [self.field('oxm', *one) for one in value.oxm_values]}
        left_out = implied(value)
        out = {'class': name}
        for key, member in attributes(value):
            if member is None or key in LENGTHS or key in left_out:
                continue
            if name == 'NXActionNAT' and key[:10] in ADDRESSES and member != '':
                member = ADDRESSES[key[:10]].from_user(member)
            out[key] = self.tree(member)
        if hasattr(value, 'xid'):
            out['xid'] = self.tree(value.xid)
        return out

    def field(self, kind, name, user):
        _, value, mask = getattr(self.ofproto, kind + '_from_user')(name, user)
        return [name, value.hex(), None if mask is None else mask.hex()]

    def value(self, tree):
        if tree is None:
            return None
        if isinstance(tree, list):
            return [self.value(one) for one in tree]
        if isinstance(tree, dict):
            return self.build(tree)
        if tree[:1] == 'x':
            return bytes.fromhex(tree[1:])
        return tree[1:] if tree[:1] == "'" else int(tree)

    def user(self, kind, field):
        name, value, mask = field
        number = getattr(self.ofproto, kind + '_from_user_header')(name)
        octets = None if mask is None else bytes.fromhex(mask)
        return getattr(self.ofproto, kind + '_to_user')(number, bytes.fromhex(value), octets)

    def build(self, tree):
        name = tree['class']
        cls = getattr(self.parser, name)
        if name == 'OFPMatch' and 'fields' in tree:
            return cls(_ordered_fields=[self.user('oxm', one) for one in tree['fields']])
        if name == 'OFPStats':
            return cls(_ordered_fields=[self.user('oxs', one) for one in tree['fields']])
        if name == 'OFPTableFeaturePropOxmValues':
            return cls(type_=int(tree['type']), _ordered_values=[self.user('oxm', one) for one in tree['oxm_values']])
        if name == 'OFPActionSetField':
            return cls(**dict([self.user('oxm', tree['field'])]))
        if name == 'NXActionRegLoad2':
            dst, value = self.user('oxm', tree['field'])
            return cls(dst, *(value if isinstance(value, tuple) else (value,)))
        members = {key: self.value(one) for key, one in tree.items() if key not in ('class', 'xid')}
        if name.startswith('NXFlowSpec'):
            members = {key: tuple(one) if isinstance(one, list) else one for key, one in members.items()}
        if name == 'NXActionNAT':
            members = {key: ADDRESSES[key[:10]].to_user(one) if isinstance(one, bytes) else one for key, one in members.items()}
        wanted = inspect.signature(cls.__init__ if '__init__' in cls.__dict__ or not hasattr(cls, '_fields') else cls.__new__).parameters
        members = {key if key in wanted or key + '_' not in wanted else key + '_': one for key, one in members.items()}
        if members and set(wanted) <= {'self', 'datapath'}:
            raise NotThere
        if hasattr(cls, 'set_xid'):
            built = cls(self.datapath, **members)
            built.set_xid(int(tree['xid']))
            return built
        return cls(**members)


class NotThere(Exception):
    """The class takes no members: os-ken only reads such messages."""


def writes(message):
    """Whether the class has code of its own that writes more than a header."""
    bodies = [name for cls in type(message).__mro__ for name in ('_serialize_body', '_serialize_stats_body')
              if name in cls.__dict__ and cls.__name__ not in ('MsgBase', 'OFPMultipartRequest', 'OFPStatsRequest')]
    return bool(bodies)


def late(_signal, _frame):
    raise TimeoutError('os-ken does not come to an end')


def attempt(answer, name, action):
    """The result of the action, None if it raises or takes longer than SECONDS of processor time."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return action()
    except Exception as error:
        answer[name] = '%s: %s' % (type(error).__name__, error)
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def answer_read(shape, octets):
    answer = {}
    if shape.parser._MSG_PARSERS.get(octets[1]) is None:
        return {'reads': False}

    def read():
        message = shape.read(octets)
        return message, shape.tree(message)

    got = attempt(answer, 'readError', read)
    if got is None:
        return answer
    message, answer['tree'] = got
    answer['writes'] = writes(message)

    def write():
        message.serialize()
        return bytes(message.buf).hex()

    written = attempt(answer, 'writeError', write)
    if written is not None:
        answer['written'] = written
    return answer


def answer_build(shape, tree):
    answer = {}

    def build():
        message = shape.build(tree)
        answer['writes'] = writes(message)
        message.serialize()
        return bytes(message.buf).hex()

    octets = attempt(answer, 'buildError', build)
    if answer.get('buildError', '').startswith('NotThere'):
        return {'builds': False}
    if octets is not None:
        answer['octets'] = octets
    return answer


def main():
    signal.signal(signal.SIGPROF, late)
    shapes = {version: Shape(version) for version in MODULES}
    print(json.dumps({'version': importlib.metadata.version('os-ken')}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        shape = shapes[request['version']]
        if 'read' in request:
            answer = answer_read(shape, bytes.fromhex(request['read']))
        else:
            answer = answer_build(shape, request['build'])
        print(json.dumps(answer), flush=True)


main()
