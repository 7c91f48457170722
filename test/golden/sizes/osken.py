#!/usr/bin/python3
"""Makes os-ken.json beside this file: the sizes of structures, in octets, as os-ken states them, by version.

Run: /usr/bin/python3 osken.py > os-ken.json  (Debian: python3-os-ken)
The names are os-ken's constants without _SIZE: OFP_PORT, NX_ACTION_RESUBMIT, ...
"""
import importlib
import importlib.metadata
import json

MODULES = {'1.0': 'ofproto_v1_0', '1.3': 'ofproto_v1_3', '1.4': 'ofproto_v1_4', '1.5': 'ofproto_v1_5', 'nicira': 'nicira_ext'}


def sizes(module):
    constants = vars(importlib.import_module('os_ken.ofproto.' + module))
    return {name[:-5]: value for name, value in sorted(constants.items())
            if name.endswith('_SIZE') and isinstance(value, int) and name.startswith(('OFP', 'NX', 'ONF'))}


def fields(module, kind):
    """Octets of the value of each match field (oxm) or statistic (oxs): [class, number, experimenter or null, octets]."""
    described = getattr(importlib.import_module('os_ken.ofproto.' + module), kind + '_types', [])
    return {one.name: [one._class, getattr(one, kind + '_field'), getattr(one, 'experimenter_id', None), one.type.size]
            for one in described if hasattr(one.type, 'size')}


print(json.dumps({
    'implementation': 'os-ken %s (Debian python3-os-ken)' % importlib.metadata.version('os-ken'),
    'made by': 'test/golden/sizes/osken.py',
    'sizes': {version: sizes(module) for version, module in MODULES.items()},
    'oxm': {version: fields(module, 'oxm') for version, module in MODULES.items() if version != 'nicira'},
    'oxs': {'1.5': fields('ofproto_v1_5', 'oxs')},
}, separators=(',', ':')).replace('},', '},\n').replace(':{', ':\n{'))
