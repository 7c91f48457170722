/** Disagreements with os-ken about parts of messages: match fields, actions, instructions, bands, properties. */
import type { Message } from 'node-openflow'
import { flowMod, flowWithActions } from './cases.ts'
import { any, type Disagreement, isExperimenter, oxmSize, part, SINCE_13, size, type Value } from './os-ken-row.ts'
import {
  band,
  bundleWithDst,
  EIGHT,
  LATER_TUNNEL,
  learn,
  meterConfig,
  meterMod,
  ODD,
  portModOdd,
  tableFeatures,
  UNNAMED,
} from './os-ken-samples.ts'

export const PART_ROWS: readonly Disagreement[] = [
  // ---- match fields
  {
    where: 'pbb_uca on 1.3',
    versions: [4],
    phases: ['read', 'build'],
    is: any(part('oxm', ['pbb_uca']), part('oxm id', ['pbb_uca'])),
    right: 'neither',
    why: 'EXT-256 gives it an experimenter field of 1.3, os-ken writes that with an obsolete id; here it is field 41, as since 1.4. Open vSwitch has neither',
  },
  {
    where: 'nxm_nx_cookie',
    versions: SINCE_13,
    phases: ['read', 'write', 'build'],
    is: any(part('oxm', ['nxm_nx_cookie']), part('field', ['nxm_nx_cookie'])),
    right: 'node-openflow',
    why: 'it has the number of mpls_ttl and another length (Open vSwitch tells them apart by that); os-ken knows mpls_ttl',
    examples: [flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'nxm_nx_cookie', n_bits: 8 }])],
  },
  {
    where: 'tun_erspan_*, tun_gtpu_*',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: any(part('oxm', LATER_TUNNEL), part('oxm id', LATER_TUNNEL)),
    right: 'node-openflow',
    why: 'fields of Open vSwitch 2.10 and 2.13 (ovs-fields(7)); os-ken raises KeyError for experimenter fields that it does not know',
    examples: [flowMod(4, { match: [{ field: 'tun_erspan_idx', value: 1 }] })],
  },
  {
    where: 'experimenter fields without a row',
    phases: ['read', 'build'],
    is: part('oxm', ['unknown'], ({ experimenter }) => experimenter !== undefined),
    right: 'node-openflow',
    why: 'section 7.2.3.3 lets them be there; os-ken raises KeyError',
    examples: [
      flowMod(4, {
        match: [{ field: 'unknown', class: 0xffff, id: 5, experimenter: 0x100_0000, masked: false, body: EIGHT }],
      }),
      flowWithActions(4, [
        {
          type: 'nx_reg_load2',
          field: {
            field: 'unknown',
            class: 0xffff,
            id: 5,
            experimenter: 0x100_0000,
            masked: false,
            body: EIGHT.subarray(4),
          },
        },
      ]),
    ],
  },
  {
    where: 'fields without a row and without octets',
    versions: SINCE_13,
    phases: ['read'],
    is: part('oxm', ['unknown'], ({ body }) => size(body) === 0),
    right: 'both',
    why: 'length 0 is possible (section 7.2.3.2), nobody defines such a field; os-ken asserts that it is above 0',
    examples: [flowMod(4, { match: [{ field: 'unknown', class: 2, id: 5, masked: false, body: new Uint8Array(0) }] })],
  },
  // ---- fields named in Nicira's actions
  {
    where: 'fields that os-ken has no name for, in actions',
    phases: ['read', 'write', 'build'],
    is: part('field', UNNAMED),
    right: 'node-openflow',
    why: 'os-ken does not keep the length of the header and writes 0, or raises for experimenter fields',
    examples: [flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'tun_metadata1', n_bits: 8 }])],
  },
  {
    where: 'experimenter fields in actions',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: any(part('field', LATER_TUNNEL), (one) => one.kind === 'field' && isExperimenter(one.name)),
    right: 'node-openflow',
    why: 'headers of 64 bits have room in nx_stack_*, nx_output_reg2 and nx_learn (ovs-actions(7)); os-ken reads 32 bits there',
    examples: [
      flowWithActions(4, [{ type: 'nx_stack_push', offset: 0, field: 'nsh_ttl', n_bits: 8 }]),
      flowWithActions(4, [{ type: 'nx_output_reg2', ofs_nbits: { ofs: 0, n_bits: 8 }, src: 'nsh_ttl', max_len: 0 }]),
    ],
  },
  // ---- actions
  {
    where: 'nx_bundle with dst',
    phases: ['read'],
    is: part('action', ['nx_bundle'], ({ ofs_nbits, dst }) => ofs_nbits !== 0 || dst !== 0),
    right: 'both',
    why: 'they must be zero; os-ken makes them so, here they are kept',
    examples: [flowWithActions(4, [bundleWithDst])],
  },
  {
    where: 'nx_bundle with dst, written',
    versions: SINCE_13,
    phases: ['write', 'build'],
    is: part('action', ['nx_bundle'], ({ ofs_nbits, dst }) => ofs_nbits !== 0 || dst !== 0),
    right: 'both',
    why: 'they must be zero; os-ken makes them so, here they are kept',
    examples: [flowWithActions(4, [bundleWithDst])],
  },

  {
    where: 'nx_encap',
    phases: ['read', 'write', 'build'],
    is: part('action', ['nx_encap']),
    right: 'node-openflow',
    why: 'os-ken has two classes under the one subtype and reads all as encap(ethernet) of size 0, without properties',
  },
  {
    where: 'nx_sample2 with a direction',
    phases: ['write', 'build'],
    is: part('action', ['nx_sample2'], ({ direction }) => direction !== 'default' && direction !== 0),
    right: 'node-openflow',
    why: 'sample(ingress), sample(egress) of ovs-actions(7); os-ken writes padding there',
  },
  {
    where: 'nx_reg_load2 of fields that are not 14 octets',
    phases: ['write', 'build'],
    is: part('action', ['nx_reg_load2'], ({ field }) => Math.ceil((oxmSize(field as Value) + 2) / 8) !== 2),
    right: 'node-openflow',
    why: 'the field is padded to a multiple of 8 with the header (Open vSwitch writes so); os-ken pads to 24 and fails with longer ones',
    examples: [
      flowWithActions(4, [{ type: 'nx_reg_load2', field: { field: 'ip_dscp', value: 1 } }]),
      flowWithActions(4, [{ type: 'nx_reg_load2', field: { field: 'nxm_nx_ipv6_src', value: 5n } }]),
    ],
  },
  {
    where: 'nx_learn with more than 1023 bits',
    phases: ['read'],
    is: part('learn spec', undefined, ({ n_bits }) => (n_bits as number) > 1023),
    right: 'both',
    why: 'no field is so wide; the header has 11 bits for it, os-ken and Open vSwitch look at 10',
    examples: [learn([{ n_bits: 1040, src: new Uint8Array(130), to: 'output' }])],
  },
  {
    where: 'nx_learn with more than 1023 bits, written',
    versions: SINCE_13,
    phases: ['write'],
    is: part('learn spec', undefined, ({ n_bits }) => (n_bits as number) > 1023),
    right: 'both',
    why: 'no field is so wide; the header has 11 bits for it, os-ken and Open vSwitch look at 10',
    examples: [learn([{ n_bits: 1040, src: new Uint8Array(130), to: 'output' }])],
  },
  {
    where: 'nx_controller2: userdata of less than 1 octet',
    phases: ['read'],
    is: part('controller2 property', ['userdata'], ({ userdata }) => size(userdata) === 0),
    right: 'node-openflow',
    why: 'properties are padded to 8 octets; os-ken writes and skips none when it is empty',
    examples: [
      flowWithActions(4, [{ type: 'nx_controller2', properties: [{ type: 'userdata', userdata: new Uint8Array(0) }] }]),
    ],
  },
  {
    where: 'nx_controller2: meter_id',
    phases: ['read', 'build'],
    is: part('controller2 property', ['meter_id']),
    right: 'node-openflow',
    why: 'a property of Open vSwitch 2.13 (ovs-actions(7)); os-ken raises AttributeError for properties it does not know',
  },
  {
    where: 'nx_controller2: properties twice or in another order than their numbers',
    phases: ['write', 'build'],
    is: part(
      'action',
      ['nx_controller2'],
      ({ properties }) => !rising((properties as Value[]).map(({ type }) => String(type))),
    ),
    right: 'node-openflow',
    why: 'os-ken keeps one of each and writes them sorted',
    examples: [
      flowWithActions(4, [
        {
          type: 'nx_controller2',
          properties: [
            { type: 'controller_id', controller_id: 1 },
            { type: 'max_len', max_len: 9 },
          ],
        },
      ]),
    ],
  },
  // ---- instructions, bands, properties
  {
    where: 'experimenter instruction',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('instruction', ['experimenter']),
    right: 'node-openflow',
    why: 'section 7.2.4; os-ken has no class for it, raises, or never comes to an end',
  },
  {
    where: 'experimenter band with data',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('band', ['experimenter'], ({ data }) => size(data) > 0),
    right: 'node-openflow',
    why: 'the length says that more follows (section 7.3.4.4); os-ken drops it, or takes it for the next band',
    examples: [
      { ...meterMod, bands: [band] },
      { ...meterConfig, body: [{ flags: 0, meter_id: 1, bands: [band] }] },
    ],
  },
  {
    where: 'experimenter table feature whose data is no multiple of 4 octets',
    versions: SINCE_13,
    phases: ['read', 'build'],
    is: part('table feature', /^experimenter/, ({ data }) => size(data) % 4 !== 0),
    right: 'both',
    why: 'section 7.3.5.5.2 has data of 32 bit units; os-ken raises for others, here they are kept',
    examples: [tableFeatures(ODD), { ...tableFeatures(ODD), type: 'multipart_reply' } as Message],
  },
  {
    where: 'fields without value, in table features and copy_field of 1.5',
    versions: SINCE_13,
    phases: ['build'],
    is: part('oxm id'),
    right: 'node-openflow',
    why: 'oxm_length is the length of the value (section 7.3.5.5.2); os-ken writes 0, and fails for experimenter fields',
    examples: [tableFeatures({ type: 'match', oxm_ids: [{ field: 'eth_dst', masked: true }] })],
  },
  {
    where: 'table features: types of actions and instructions with data',
    versions: SINCE_13,
    phases: ['build'],
    is: any(part('action id', ['unknown']), part('instruction id', ['unknown'])),
    right: 'node-openflow',
    why: 'experimenter types have an id behind the header (section 7.3.5.5.2); os-ken writes and keeps the header alone',
    examples: [
      tableFeatures({ type: 'apply_actions', action_ids: [{ type: 0xffff, data: Uint8Array.of(0, 0, 0x23, 0x20) }] }),
    ],
  },
  {
    where: "experimenters' properties whose data is no multiple of 4 octets",
    versions: [5, 6],
    phases: ['read', 'build'],
    is: (one) =>
      / property$/.test(one.kind) && /^experimenter/.test(one.name) && size((one.value as Value)['data']) % 4 !== 0,
    right: 'both',
    why: 'the specification has data of 32 bit units (1.4.1 section 7.2.1.2); os-ken raises for others, here they are kept',
    examples: [5, 6].map(portModOdd),
  },
]

const CONTROLLER2 = ['max_len', 'controller_id', 'reason', 'userdata', 'pause', 'meter_id']

function rising(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || CONTROLLER2.indexOf(name) > CONTROLLER2.indexOf(names[i - 1]!))
}
