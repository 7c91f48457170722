/**
 * Which valid messages Open vSwitch 3.1 prints otherwise than `formatMessage`, and why: one row each. The packet that
 * Open vSwitch takes apart on a line of its own is not compared; that is left to the caller of `formatMessage`.
 */
import { type Message, type MessageNamed, type Oxm, toJson } from 'node-openflow'
import { type Case, flowMod } from './cases.ts'

export interface TextRow {
  readonly where: string
  /** Versions in which it is; all without. */
  readonly versions?: readonly number[]
  readonly is: (one: Case) => boolean
  /** Whose text says more, or is right. */
  readonly better: 'node-openflow' | 'Open vSwitch' | 'neither'
  readonly why: string
  /** Messages that show it, where generated ones rarely do. */
  readonly examples?: readonly Case[]
}

type Value = Record<string, unknown>

const body = (message: Message): Value[] => {
  const { body: of } = message as unknown as { body: Value | Value[] }
  return Array.isArray(of) ? of : [of]
}
const named =
  (pattern: RegExp, when: (message: Value, whole: Message) => boolean = () => true) =>
  ({ name, message }: Case): boolean =>
    pattern.test(name) && when(message as unknown as Value, message)

const matched =
  (pattern: RegExp) =>
  ({ message }: Case): boolean =>
    fieldsIn(message).some((oxm) => pattern.test(oxm.field))

/** The fields of all matches in a message. */
function fieldsIn(value: unknown): Oxm[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return Object.entries(value).flatMap(([key, member]) =>
    (key === 'match' || key === 'fields') && Array.isArray(member) ? (member as Oxm[]) : fieldsIn(member),
  )
}

/** A counter that is not there. */
const NOT_SAID = 0xffff_ffff_ffff_ffffn

/** Bits of OFPAT_*: output, set_mpls_ttl to set_field, without copy_ttl_* and PBB. */
const OVS_ACTIONS = 0x03ff_8001

const field = (oxm: Oxm): Case => ({ name: `oxm ${oxm.field}`, message: flowMod(4, { match: [oxm] }) })

export const TEXTS: readonly TextRow[] = [
  {
    where: 'flow_mod that deletes: cookie, out_group',
    is: named(/^(nx_)?flow_mod$/, ({ command }) => /^(modify|delete)/.test(String(command))),
    better: 'node-openflow',
    why: 'Open vSwitch has one cookie for both meanings and shows it by the mask; it drops out_group',
    examples: [
      {
        name: 'flow_mod',
        message: { ...(flowMod(4, {}) as MessageNamed<'flow_mod'>), command: 'delete', out_group: 4 },
      },
    ],
  },
  {
    where: 'flow and aggregate requests: cookie, out_group',
    is: named(/^multipart_request (flow|aggregate)$/),
    better: 'node-openflow',
    why: 'which flows are asked for depends on them; Open vSwitch leaves them out',
  },
  {
    where: 'port_mod: config bits outside the mask',
    is: named(/^port_mod$/, ({ config, mask }) => ((config as number) & ~(mask as number)) !== 0),
    better: 'node-openflow',
    why: 'Open vSwitch cuts them off; the text tells what is in the message',
  },
  {
    where: 'queue_get_config_reply: port',
    versions: [4],
    is: named(/^queue_get_config_reply$/, (_, message) => message.type === 'queue_get_config_reply'),
    better: 'node-openflow',
    why: 'the port stands in the message; Open vSwitch prints that of the queues alone',
  },
  {
    where: 'meter_mod that deletes: flags',
    is: named(/^meter_mod$/, ({ command }) => command === 'delete'),
    better: 'node-openflow',
    why: 'Open vSwitch drops them',
  },
  {
    where: 'nx_set_packet_in_format: names',
    is: named(/^nx_set_packet_in_format$/),
    better: 'neither',
    why: 'standard, nxt_packet_in, nxt_packet_in2 in Open vSwitch; here the names of the values',
  },
  {
    where: 'nx_tlv_table_mod that clears',
    is: named(/^nx_tlv_table_mod$/, ({ command }) => command === 'clear'),
    better: 'Open vSwitch',
    why: 'a heading of a table without rows',
  },
  {
    where: 'nx_packet_in2 and nx_resume without fields',
    is: named(/^nx_(packet_in2|resume)$/, (message) => fieldsIn(message).length === 0),
    better: 'neither',
    why: 'two spaces in Open vSwitch where the fields would be',
  },
  {
    where: 'nx_packet_in2 and nx_resume with empty userdata',
    is: named(/^nx_(packet_in2|resume)$/, ({ properties }) =>
      (properties as Value[]).some(
        ({ type, userdata }) => type === 'userdata' && (userdata as Uint8Array).length === 0,
      ),
    ),
    better: 'node-openflow',
    why: 'the property is there; Open vSwitch leaves it out',
    examples: [
      {
        name: 'nx_packet_in2',
        message: {
          ...{ type: 'nx_packet_in2', xid: 7 },
          properties: [
            { type: 'packet', data: new Uint8Array(14) },
            { type: 'metadata', fields: [{ field: 'reg0', value: 1 }] },
            { type: 'userdata', userdata: new Uint8Array(0) },
          ],
        },
      },
    ],
  },
  {
    where: 'nx_ct_flush',
    is: named(/^nx_ct_flush$/),
    better: 'node-openflow',
    why: 'Open vSwitch prints all-zero tuples for what is not there',
  },
  {
    where: 'errors',
    is: named(/^error$/),
    better: 'node-openflow',
    why: 'Open vSwitch prints the message that was refused; here its octets. It calls IS_SLAVE IS_SECONDARY, BAD_EXPERIMENTER BAD_VENDOR, BAD_EXP_TYPE BAD_SUBTYPE',
  },
  {
    where: 'group features: no type, no capability, other actions',
    is: named(/^multipart_reply group_features$/, (_, message) =>
      body(message).some(
        ({ types, capabilities, ...rest }) =>
          types === 0 ||
          capabilities === 0 ||
          Object.entries(rest).some(
            ([key, bits]) => key.startsWith('actions') && ((bits as number) & ~OVS_ACTIONS) !== 0,
          ),
      ),
    ),
    better: 'neither',
    why: '0x0 in Open vSwitch, 0 here; Open vSwitch drops the actions that it does not have',
  },
  {
    where: 'roles equal and nochange: generation_id',
    is: named(/^role_/, ({ role }) => role === 'equal' || role === 'nochange'),
    better: 'Open vSwitch',
    why: 'it has no meaning there (section 7.3.9), but stands in the message',
  },
  {
    where: 'table features',
    is: named(/^multipart_(request|reply) table_features$/),
    better: 'node-openflow',
    why: 'Open vSwitch sums up what properties have in common; here each is told',
  },

  {
    where: 'flow monitor: priority',
    is: named(/^multipart_reply flow_monitor$/, (_, message) => body(message).some(({ event }) => event !== 'abbrev')),
    better: 'node-openflow',
    why: 'Open vSwitch leaves it out',
  },
  {
    where: 'table_mod and table_status with eviction',
    versions: [5, 6],
    is: named(/^(table_mod|table_status|multipart_reply table_desc)$/, (message) => /"eviction"/.test(toJson(message))),
    better: 'node-openflow',
    why: 'Open vSwitch prints eviction of table_mod by the bit of config, or ***error***; it shows flags of 0 as 0',
  },

  {
    where: 'queue_desc: order of the rates',
    versions: [5, 6],
    is: named(/^multipart_reply queue_desc$/, (message) => /max_rate.*min_rate/.test(toJson(message))),
    better: 'node-openflow',
    why: 'the text tells them as they stand in the message; Open vSwitch has the minimum first',
    examples: [
      {
        name: 'multipart_reply queue_desc',
        message: {
          ...{ type: 'multipart_reply', xid: 7, flags: 0, mp_type: 'queue_desc' },
          body: [
            {
              port_no: 3,
              queue_id: 1,
              properties: [
                { type: 'max_rate', rate: 9 },
                { type: 'min_rate', rate: 2 },
              ],
            },
          ],
        },
      },
    ],
  },
  {
    where: 'flow monitor requests: out_group',
    versions: [5, 6],
    is: named(/^multipart_request flow_monitor$/, (_, message) =>
      body(message).some(({ out_group }) => out_group !== 0xffffffff),
    ),
    better: 'Open vSwitch',
    why: 'the text leaves out a member that 1.4 added',
  },
  {
    where: 'flows of 1.5 without counters',
    versions: [6],
    is: named(/^multipart_reply flow$/, (_, message) =>
      body(message).some(({ packet_count, byte_count }) => [packet_count, byte_count].includes(NOT_SAID)),
    ),
    better: 'neither',
    why: 'Open vSwitch prints n_packets=?',
  },
  {
    where: 'role_status, requestforward, nx_set_async_config2',
    versions: [4],
    is: named(/^(role_status|requestforward|nx_set_async_config2)$/),
    better: 'Open vSwitch',
    why: 'no more than the heading is printed here, or the properties by name',
  },
  {
    where: 'nx_ipfix_*: spaces',
    is: named(/^multipart_reply nx_ipfix_/),
    better: 'neither',
    why: 'the second line is further in here',
  },
  {
    where: 'packet_type',
    is: matched(/^packet_type$/),
    better: 'neither',
    why: '(0,2) in Open vSwitch for namespace 0, (0,0x2) here',
    examples: [field({ field: 'packet_type', value: 2 })],
  },
  {
    where: 'nsh_c1 to nsh_c4, tun_erspan_*',
    is: matched(/^(nsh_c\d|tun_erspan_)/),
    better: 'node-openflow',
    why: 'Open vSwitch prints them by NSH MD type and ERSPAN version, and drops them without',
  },
  {
    where: 'tun_gtpu_*',
    is: matched(/^tun_gtpu_/),
    better: 'node-openflow',
    why: 'Open vSwitch prints a name (gtpu_flags) that it does not read back',
  },
  {
    where: 'tun_gbp_flags with a mask',
    is: matched(/^tun_gbp_flags$/),
    better: 'node-openflow',
    why: 'Open vSwitch drops the mask',
    examples: [field({ field: 'tun_gbp_flags', value: 8, mask: 8 })],
  },
]
