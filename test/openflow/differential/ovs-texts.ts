/**
 * Which valid messages Open vSwitch 3.1 prints otherwise than `formatMessage`, and why: one row each. The packet that
 * Open vSwitch takes apart on a line of its own is not compared; that is left to the caller of `formatMessage`.
 */
import { type Message, type MessageNamed, type Oxm, toJson } from 'node-openflow'
import { type Case, flowMod } from './cases.ts'

type Inner = { message?: object }

interface TextRow {
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

const field = (oxm: Oxm): Case => ({ name: `oxm ${oxm.field}`, message: flowMod(4, { match: [oxm] }) })

export const TEXTS: readonly TextRow[] = [
  {
    where: 'flow_mod that deletes: cookie, out_group',
    versions: [4, 5, 6],
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
    versions: [4, 5, 6],
    is: named(/^multipart_request (flow|aggregate)$/),
    better: 'node-openflow',
    why: 'which flows are asked for depends on them; Open vSwitch leaves them out',
  },
  {
    where: 'port_mod: config bits outside the mask',
    is: named(/^(port_mod|bundle_add_message)$/, (message) => {
      const { config = 0, mask = 0 } = ((message as Inner).message ?? message) as { config?: number; mask?: number }
      return (config & ~mask) !== 0
    }),
    better: 'node-openflow',
    why: 'Open vSwitch cuts them off; the text tells what is in the message',
  },
  {
    where: 'meter_mod that deletes: flags',
    versions: [4, 5, 6],
    is: named(/^meter_mod$/, ({ command }) => command === 'delete'),
    better: 'node-openflow',
    why: 'Open vSwitch drops them',
    examples: [
      {
        name: 'meter_mod',
        message: { type: 'meter_mod', xid: 7, command: 'delete', flags: 1, meter_id: 5, bands: [] },
      },
    ],
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
    where: 'table features',
    versions: [4, 5, 6],
    is: named(/^multipart_(request|reply) table_features$/),
    better: 'node-openflow',
    why: 'Open vSwitch sums up what properties have in common; here each is told',
  },

  {
    where: 'flow monitor: priority',
    is: named(/^multipart_reply (nx_)?flow_monitor$/, (_, message) =>
      body(message).some(({ event }) => event !== 'abbrev'),
    ),
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
    where: 'nsh_c1 to nsh_c4, tun_erspan_*',
    versions: [4, 5, 6],
    is: matched(/^(nsh_c\d|tun_erspan_)/),
    better: 'node-openflow',
    why: 'Open vSwitch prints them by NSH MD type and ERSPAN version, and drops them without',
  },
  {
    where: 'tun_gtpu_*',
    versions: [4, 5, 6],
    is: matched(/^tun_gtpu_/),
    better: 'node-openflow',
    why: 'Open vSwitch prints a name (gtpu_flags) that it does not read back',
  },
  {
    where: 'tun_gbp_flags with a mask',
    versions: [4, 5, 6],
    is: matched(/^tun_gbp_flags$/),
    better: 'node-openflow',
    why: 'Open vSwitch drops the mask',
    examples: [field({ field: 'tun_gbp_flags', value: 8, mask: 8 })],
  },
  {
    where: 'flow monitor requests: out_group from 2^31 on',
    versions: [5, 6],
    is: named(/^multipart_request flow_monitor$/, (_, message) =>
      body(message).some(({ out_group }) => (out_group as number) > 0x7fff_ffff && out_group !== 0xffff_ffff),
    ),
    better: 'node-openflow',
    why: 'Open vSwitch prints it as a negative number',
    examples: [
      {
        name: 'multipart_request flow_monitor',
        message: {
          ...{ type: 'multipart_request', xid: 7, flags: 0, mp_type: 'flow_monitor' },
          body: [{ id: 1, flags: 2, out_port: 3, out_group: 0x8000_0000, table_id: 4, command: 'add', match: [] }],
        } as Message,
      },
    ],
  },
  {
    where: 'nx_packet_in: reasons 6 and 7',
    is: named(/^nx_packet_in$/, ({ reason }) => reason === 6 || reason === 7),
    better: 'node-openflow',
    why: 'no version has them; Open vSwitch, which uses them within, prints nothing for them',
    examples: [
      {
        name: 'nx_packet_in',
        message: {
          ...{ type: 'nx_packet_in', xid: 7, buffer_id: 0xffff_ffff, total_len: 1, reason: 6, table_id: 3, cookie: 1n },
          ...{ match: [{ field: 'reg0', value: 1 }], data: new Uint8Array(1) },
        } as Message,
      },
    ],
  },
]
