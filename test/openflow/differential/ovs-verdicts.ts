/**
 * Which valid messages Open vSwitch 3.1 refuses although nothing here does, and why: one row each. What is expected
 * otherwise: Open vSwitch refuses matches that `checkMatch` finds a fault in, with that fault, and set_field of fields
 * that the field table says cannot be set.
 */
import { checkMatch, type Message, type Oxm, oxmRow, toJson } from 'node-openflow'
import { type Case, flowMod, flowWithActions } from './cases.ts'

export interface Verdict {
  readonly where: string
  readonly versions?: readonly number[]
  readonly is: (one: Case) => boolean
  /** The error that Open vSwitch answers. */
  readonly error: string
  readonly why: string
  /** Messages that show it, where generated ones rarely do. */
  readonly examples?: readonly Case[]
}

const NAME: Readonly<Record<string, string>> = {
  bad_prereq: 'OFPBMC_BAD_PREREQ',
  dup_field: 'OFPBMC_DUP_FIELD',
  bad_field: 'OFPBMC_BAD_FIELD',
  bad_wildcards: 'OFPBMC_BAD_WILDCARDS',
}

type Goto = { table_id?: number }
type Flow = { match?: Oxm[]; instructions?: Array<{ actions?: Array<{ type: string; field: Oxm }> }> }

const setFields = (message: Message): Oxm[] =>
  ((message as Flow).instructions ?? [])
    .flatMap(({ actions = [] }) => actions)
    .filter(({ type }) => type === 'set_field')
    .map(({ field }) => field)

/** The error that the codec's own checks say, undefined for a sound message. */
export function expected({ name, message }: Case): string | undefined {
  if (message.type !== 'flow_mod' || !/^(oxm|set_field) /.test(name)) return undefined
  const fault = checkMatch(message.match)
  if (fault !== undefined) return NAME[fault.code]
  const [set] = setFields(message)
  if (set === undefined || set.field === 'unknown') return undefined
  return oxmRow(set.field).writable === false ? 'OFPBAC_BAD_SET_ARGUMENT' : undefined
}

const named =
  (pattern: RegExp) =>
  ({ name }: Case): boolean =>
    pattern.test(name)
const valued =
  (pattern: RegExp, test: (value: number, mask: number) => boolean) =>
  (one: Case): boolean => {
    if (!pattern.test(one.name)) return false
    const oxm = one.name.startsWith('set_field') ? setFields(one.message)[0] : (one.message as Flow).match?.at(-1)
    return oxm !== undefined && test(Number(oxm.value), Number(oxm.mask ?? 0xffffffff))
  }

const SINCE_13 = [4, 5, 6]

const MISSING = '(in_phy_port|ipv6_exthdr|pbb_isid|pbb_uca)'

export const VERDICTS: readonly Verdict[] = [
  {
    where: 'experimenters that Open vSwitch does not know',
    is: named(/^(experimenter|multipart_(request|reply) experimenter)$/),
    error: 'OFPBRC_BAD_VENDOR',
    why: "they are the experimenter's (section 7.5.4); here they are kept as octets",
  },
  {
    where: "Nicira's flow monitor on 1.3",
    versions: [4, 5, 6],
    is: named(/^nx_flow_monitor_/),
    error: 'OFPBRC_BAD_SUBTYPE',
    why: "on 1.3 it is the ONF's (EXT-187), since 1.4 the specification's; the codec reads what it can read",
  },
  {
    where: 'nx_set_flow_format on 1.3',
    versions: [4, 5, 6],
    is: named(/^nx_set_flow_format$/),
    error: 'OFPBRC_BAD_SUBTYPE',
    why: 'flow formats are of 1.0 connections; the codec reads what it can read',
  },
  {
    where: 'nx_set_async_config2 since 1.4',
    versions: [5, 6],
    is: named(/^nx_set_async_config2$/),
    error: 'OFPBRC_BAD_SUBTYPE',
    why: 'set_async says it there; the codec reads what it can read',
  },
  {
    where: 'table descriptions of no table',
    versions: [5, 6],
    is: ({ name, message }) =>
      name === 'multipart_reply table_desc' && (message as unknown as { body: unknown[] }).body.length === 0,
    error: 'OFPBRC_BAD_LEN',
    why: 'as table features',
  },
  {
    where: 'multipart types of 1.5 that Open vSwitch does not have',
    versions: [6],
    is: named(/^multipart_(request|reply) (flow_stats|controller_status|bundle_features)$/),
    error: 'OFPBRC_BAD_STAT',
    why: '1.5.1 section 7.3.5 has them; Open vSwitch 3.1 does not',
  },
  {
    where: 'controller_status',
    versions: [6],
    is: named(/^controller_status$/),
    error: 'OFPBRC_BAD_TYPE',
    why: '1.5.1 section 7.4.8 has it; Open vSwitch 3.1 does not',
  },
  {
    where: 'meter features with the member that 1.5 added',
    versions: [6],
    is: ({ name, message }) =>
      name === 'multipart_reply meter_features' &&
      (message as unknown as { body: { features?: number } }).body.features !== undefined,
    error: 'OFPBRC_BAD_LEN',
    why: 'struct ofp_meter_features of 1.5.1 has 24 octets; Open vSwitch sends and takes the 16 of 1.3',
  },
  {
    where: 'nx_reg_move, nx_reg_load, nx_reg_load2 on 1.5',
    versions: [6],
    is: ({ message }) => /"nx_reg_(move|load2?)"/.test(toJson(message)),
    error: 'OFPBAC_BAD_VENDOR_TYPE',
    why: '1.5 has copy_field, and set_field takes a mask, so that Open vSwitch has no use for them; the codec reads what it can read',
    examples: [
      {
        name: 'action nx_reg_load2',
        message: flowWithActions(6, [{ type: 'nx_reg_load2', field: { field: 'reg0', value: 1 } }]),
      },
    ],
  },
  {
    where: 'goto_table back, in nx_flow_mod',
    versions: SINCE_13,
    is: ({ name, message }) => {
      const { table_id, instructions = [] } = message as unknown as { table_id: number; instructions?: Goto[] }
      return name === 'nx_flow_mod' && instructions.some(({ table_id: to = 255 }) => to <= table_id)
    },
    error: 'OFPBIC_BAD_TABLE_ID',
    why: 'the table of the flow is known to a switch only with nx_flow_mod_table_id; decoding does not compare',
    examples: [
      {
        name: 'nx_flow_mod',
        message: {
          ...{ type: 'nx_flow_mod', xid: 7, cookie: 0n, table_id: 9, command: 'add', idle_timeout: 0, hard_timeout: 0 },
          ...{ priority: 1, buffer_id: 0xffffffff, out_port: 0xffff, flags: 0, match: [] },
          instructions: [{ type: 'goto_table', table_id: 3 }],
        } as unknown as Message,
      },
    ],
  },
  {
    where: 'table features of no table',
    versions: SINCE_13,
    is: ({ name, message }) =>
      name === 'multipart_reply table_features' && (message as unknown as { body: unknown[] }).body.length === 0,
    error: 'OFPBRC_BAD_LEN',
    why: 'a part of a reply may be empty (section 7.3.5); Open vSwitch wants one table',
  },
  {
    where: 'errors that Open vSwitch has no name for',
    is: ({ message }) => message.type === 'error' && typeof message.code === 'number',
    error: 'OFPBRC_BAD_LEN',
    why: 'a receiver cannot know all codes (section 7.4.4); here they stay numbers',
  },
  {
    where: 'fields that Open vSwitch does not have, in a match',
    versions: SINCE_13,
    is: named(new RegExp(`^oxm ${MISSING}`)),
    error: 'OFPBMC_BAD_FIELD',
    why: 'fields of tables 11 and 12 that are optional; ovs-fields(7) has none of them',
  },
  {
    where: 'nxm_nx_cookie in a match',
    versions: SINCE_13,
    is: named(/^oxm nxm_nx_cookie/),
    error: 'OFPBMC_BAD_FIELD',
    why: 'no field of packets: it stands in nx_flow_mod and requests for nx_flow only, which a row cannot say',
  },
  {
    where: 'fields that Open vSwitch does not have, in set_field',
    versions: SINCE_13,
    is: named(new RegExp(`^set_field (${MISSING}|nxm_nx_cookie)$`)),
    error: 'OFPBAC_BAD_SET_LEN',
    why: 'as above',
  },
  {
    where: 'values that Open vSwitch has no room for, in a match',
    versions: SINCE_13,
    is: (one) => VALUES.some((test) => test(one)) && one.name.startsWith('oxm'),
    error: 'OFPBMC_BAD_VALUE',
    why: "arp_op above 255, nw_tos with ECN bits, ct_state and nsh_* beyond what is defined: ovs-fields(7); values of the field's width all the same",
  },
  {
    where: 'ports between 0xff00 and 0xffffff00, in a match',
    versions: SINCE_13,
    is: valued(
      /^oxm (oxm_of_|nxm_of_)?(in_port|actset_output)( alone)?$/,
      (port) => port >= 0xff00 && port < 0xffffff00,
    ),
    error: 'OFPBMC_BAD_VALUE',
    why: 'Open vSwitch has ports of 16 bits (ovs-fields(7)); OpenFlow has 32',
    examples: [{ name: 'oxm in_port', message: flowMod(4, { match: [{ field: 'in_port', value: 0x10000 }] }) }],
  },
  {
    where: 'values that Open vSwitch has no room for, in set_field',
    versions: SINCE_13,
    is: (one) => VALUES.some((test) => test(one)) && one.name.startsWith('set_field'),
    error: 'OFPBAC_BAD_SET_ARGUMENT',
    why: 'as above',
  },
  {
    where: 'ct_nw_*, ct_ipv6_* and ct_tp_* without a tracked connection',
    versions: SINCE_13,
    is: named(/^oxm ct_(nw|ipv6|tp)_(proto|src|dst)( alone)?$/),
    error: 'OFPBMC_BAD_PREREQ',
    why: 'Open vSwitch wants ct_state=+trk (and for ports the protocol) before them, which no row can say: `needs` knows fields with values',
  },
  {
    where: 'set_field of ct_mark and ct_label outside ct()',
    versions: SINCE_13,
    is: named(/^set_field ct_(mark|label)$/),
    error: 'OFPBAC_BAD_SET_ARGUMENT',
    why: 'only the actions inside ct() may set them (ovs-actions(7)); the row says that something may',
  },
  {
    where: 'set_field of in_port',
    versions: SINCE_13,
    is: named(/^set_field in_port$/),
    error: 'OFPBAC_BAD_SET_ARGUMENT',
    why: 'no header field (section 7.2.5.9); nx_reg_load and nx_reg_move may write it (ovs-fields(7)), so the row says that something may',
  },
  {
    where: 'set_field of vlan_vid without OFPVID_PRESENT',
    versions: SINCE_13,
    is: valued(/^set_field vlan_vid$/, (value) => (value & 0x1000) === 0),
    error: 'OFPBAC_BAD_SET_ARGUMENT',
    why: 'the bit says that there is a tag (section 7.2.3.8); decoding does not look at values',
    examples: [
      {
        name: 'set_field vlan_vid',
        message: flowWithActions(4, [{ type: 'set_field', field: { field: 'vlan_vid', value: 5 } }]),
      },
    ],
  },
  {
    where: 'set_field of vlan_vid without a tag in the match',
    versions: SINCE_13,
    is: valued(/^set_field vlan_vid$/, (value) => (value & 0x1000) !== 0),
    error: 'OFPBAC_MATCH_INCONSISTENT',
    why: 'a tag must be known to be there (section 7.2.5.9); the row of vlan_vid needs none, because a match on it needs none',
    examples: [
      {
        name: 'set_field vlan_vid',
        message: flowWithActions(4, [{ type: 'set_field', field: { field: 'vlan_vid', value: 0x1005 } }]),
      },
    ],
  },
]

const VALUES: ReadonlyArray<(one: Case) => boolean> = [
  valued(/^(oxm|set_field) (arp_op|nxm_of_arp_op)( alone)?$/, (value) => value > 255),
  valued(/^(oxm|set_field) nw_tos( alone)?$/, (value) => (value & 3) !== 0),
  valued(/^oxm ct_state( alone)?$/, (value, mask) => (value & mask) > 255 || mask > 255),
  valued(/^oxm nsh_mdtype( alone)?$/, (value) => value === 0 || value > 2),
  valued(/^(oxm|set_field) nsh_ttl( alone)?$/, (value) => value > 63),
]

/** Actions that the rows have and Open vSwitch does not take, by version, and why. */
export const NO_ACTIONS: ReadonlyArray<readonly [names: readonly string[], versions: readonly number[], why: string]> =
  [
    [['copy_ttl_out', 'copy_ttl_in', 'push_pbb', 'pop_pbb'], [4, 5, 6], 'not in Open vSwitch 3.1 (ovs-actions(7))'],
    [
      ['nx_set_queue', 'nx_dec_ttl', 'nx_push_mpls', 'nx_pop_mpls', 'nx_set_mpls_ttl', 'nx_dec_mpls_ttl', 'nx_group'],
      [4, 5, 6],
      'for 1.0 connections: later versions have an action of their own',
    ],
    [['nx_set_mpls_label', 'nx_set_mpls_tc'], [4, 5, 6], 'for 1.0 connections: later versions have set_field'],
    [['nx_reg_move', 'nx_reg_load', 'nx_reg_load2'], [6], '1.5 has copy_field and masks in set_field'],
    [['nx_debug_slow', 'nx_debug_recirc'], [1, 4, 5, 6], 'only with --enable-dummy, for tests of Open vSwitch'],
    [['nx_encap', 'nx_decap', 'nx_dec_nsh_ttl'], [1], 'since 1.3 only (ovs-actions(7))'],
    [['experimenter'], [1, 4, 5, 6], 'whatever experimenter it is of'],
  ]
