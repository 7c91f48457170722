/**
 * Matches, actions, instructions and properties as os-ken names them. Names of members are the specification's on both
 * sides; here stand the ones that differ, and the numbers behind our names. See tree.ts for the form.
 */
import { encode, type FieldName, OXM, type Oxm, type OxmRow, toHex } from 'node-openflow'
import { ACTIONS_10 } from './os-ken-10.ts'
import {
  type Convert,
  camel,
  leaf,
  listOf,
  type Member,
  membersOf,
  NOWHERE,
  nameOctets,
  numbered,
  ordered,
  shape,
  type Tree,
  tagged,
  type Walk,
} from './tree.ts'

// ---- match fields -------------------------------------------------------------------------------------------

/** Fields that os-ken calls otherwise. */
const FIELDS: Readonly<Record<string, string>> = {
  nxm_of_in_port: 'in_port_nxm',
  nxm_of_eth_dst: 'eth_dst_nxm',
  nxm_of_eth_src: 'eth_src_nxm',
  nxm_of_eth_type: 'eth_type_nxm',
  nxm_of_ip_proto: 'ip_proto_nxm',
  nxm_of_ip_src: 'ipv4_src_nxm',
  nxm_of_ip_dst: 'ipv4_dst_nxm',
  nxm_of_tcp_src: 'tcp_src_nxm',
  nxm_of_tcp_dst: 'tcp_dst_nxm',
  nxm_of_udp_src: 'udp_src_nxm',
  nxm_of_udp_dst: 'udp_dst_nxm',
  nxm_of_icmp_type: 'icmpv4_type_nxm',
  nxm_of_icmp_code: 'icmpv4_code_nxm',
  nxm_of_arp_op: 'arp_op_nxm',
  nxm_of_arp_spa: 'arp_spa_nxm',
  nxm_of_arp_tpa: 'arp_tpa_nxm',
  nxm_nx_arp_sha: 'arp_sha_nxm',
  nxm_nx_arp_tha: 'arp_tha_nxm',
  nxm_nx_ipv6_src: 'ipv6_src_nxm',
  nxm_nx_ipv6_dst: 'ipv6_dst_nxm',
  nxm_nx_icmpv6_type: 'icmpv6_type_nxm',
  nxm_nx_icmpv6_code: 'icmpv6_code_nxm',
  nxm_nx_nd_target: 'nd_target',
  nxm_nx_nd_sll: 'nd_sll',
  nxm_nx_nd_tll: 'nd_tll',
  nxm_nx_ipv6_label: 'ipv6_label',
  nxm_nx_ip_ecn: 'ip_ecn_nxm',
  nxm_nx_tcp_flags: 'tcp_flags_nxm',
  tun_id: 'tunnel_id_nxm',
  tun_src: 'tun_ipv4_src',
  tun_dst: 'tun_ipv4_dst',
  nw_frag: 'ip_frag',
  recirc_id: '_recirc_id',
  oxm_et_dp_hash: '_dp_hash',
  nxm_nx_cookie: 'mpls_ttl',
}

/** Fields without a name in os-ken go by class and number there. */
const NAMELESS = new Set([
  'dp_hash',
  'ct_nw_proto',
  'ct_nw_src',
  'ct_nw_dst',
  'ct_ipv6_src',
  'ct_ipv6_dst',
  'ct_tp_src',
  'ct_tp_dst',
  'nd_reserved',
  'nd_options_type',
  'packet_type',
  'oxm_of_tcp_flags',
  'oxm_of_actset_output',
])

const byNumber = (cls: number, id: number): string => `field_${cls * 128 + id}`

/** Class and number of a field in a version. */
function rowOf(field: string, version: number): OxmRow {
  const row = OXM[field as FieldName] as OxmRow
  return version >= 6 && row.trades !== undefined ? OXM[row.trades as FieldName] : row
}

/** os-ken's name of a field of ours, as a tree's text. */
function fieldName(field: string, version: number): string {
  const row = rowOf(field, version)
  if (field === 'packet_type' && version >= 6) return field
  if (NAMELESS.has(field) || field.startsWith('tun_metadata')) return byNumber(row.class, row.id)
  return FIELDS[field] ?? field
}

function octetsOf(value: number | bigint | Uint8Array, size: number): string {
  return value instanceof Uint8Array ? toHex(value) : value.toString(16).padStart(size * 2, '0')
}

/** [name, octets of the value, octets of the mask or null]. */
const oxmField: Convert = (value, walk) => {
  const oxm = value as Oxm
  walk.saw({ kind: 'oxm', name: oxm.field, value })
  if (oxm.field === 'unknown') {
    const body = toHex(oxm.body)
    const half = oxm.masked ? body.length / 2 : body.length
    return [byNumber(oxm.class, oxm.id), body.slice(0, half), oxm.masked ? body.slice(half) : null]
  }
  const { size } = OXM[oxm.field]
  return [
    fieldName(oxm.field, walk.version),
    octetsOf(oxm.value, size),
    oxm.mask === undefined ? null : octetsOf(oxm.mask, size),
  ]
}

export const match: Convert = (value, walk) => ({ class: 'OFPMatch', fields: listOf(oxmField)(value, walk) })

/** A field without value, in Nicira's actions. */
const fieldRef: Convert = (value, walk) => {
  walk.saw({ kind: 'field', name: typeof value === 'string' ? value : 'unknown', value })
  if (typeof value === 'string') return `'${fieldName(value, walk.version)}`
  const header = Number(BigInt.asUintN(32, BigInt(value as number)))
  return `'${byNumber(header >>> 16, (header >>> 9) & 0x7f)}`
}

// ---- actions ------------------------------------------------------------------------------------------------

/** ofs_nbits stays one number in os-ken. */
const packed = (value: { ofs: number; n_bits: number }): string => String(value.ofs * 64 + value.n_bits - 1)
const ofsNbits: Convert = (value) => packed(value as { ofs: number; n_bits: number })

const hashFields = ordered(
  'eth_src',
  'symmetric_l4',
  'symmetric_l3l4',
  'symmetric_l3l4_udp',
  'nw_src',
  'nw_dst',
  'symmetric_l3',
)
const packetInReason = ordered('no_match', 'action', 'invalid_ttl', 'action_set', 'group', 'packet_out')
const numbersOf: Convert = (value) => Array.from(value as Uint8Array, String)

const nx = (cls: string, members: Readonly<Record<string, Member>> = {}): Convert => shape(`NXAction${cls}`, members)
const stack = { offset: ['start', leaf], field: fieldRef, n_bits: ['end', leaf] } as const
const bundle = {
  algorithm: ordered('active_backup', 'hrw'),
  fields: hashFields,
  slave_type: headerNumber,
  slaves: listOf(leaf),
}

/** The header as a number, as os-ken keeps it where it expects NXM_OF_IN_PORT's. */
function headerNumber(value: unknown, walk: Walk): Tree {
  if (typeof value !== 'string') return leaf(value, walk)
  const row = OXM[value as keyof typeof OXM]
  return String(row.class * 0x10000 + row.id * 0x200 + row.size)
}

interface Spec {
  n_bits: number
  src: { field: unknown; ofs: number } | Uint8Array
  to: 'match' | 'load' | 'output'
  dst?: { field: unknown; ofs: number }
}

function learnSpec(value: unknown, walk: Walk): Tree {
  const { n_bits, src, to, dst } = value as Spec
  walk.saw({ kind: 'learn spec', name: to, value })
  const subfield = (one: { field: unknown; ofs: number }): Tree => [fieldRef(one.field, walk), String(one.ofs)]
  return {
    class: `NXFlowSpec${camel(to)}`,
    n_bits: String(n_bits),
    src: src instanceof Uint8Array ? String(BigInt(`0x${toHex(src)}`)) : subfield(src),
    dst: dst === undefined ? "'" : subfield(dst),
  }
}

function natAction(value: unknown, walk: Walk): Tree {
  const { flags, range } = value as { flags: number; range: Record<string, number | bigint | undefined> }
  const out: Record<string, Tree> = { class: 'NXActionNAT', flags: leaf(flags, walk) }
  for (const [name, size] of [
    ['ipv4', 4],
    ['ipv6', 16],
    ['proto', 2],
  ] as const) {
    for (const end of ['min', 'max']) {
      const one = range[`${name}_${end}`]
      if (name === 'proto') {
        if (one !== undefined) out[`range_proto_${end}`] = String(one)
      } else out[`range_${name}_${end}`] = one === undefined ? "'" : `x${octetsOf(one, size)}`
    }
  }
  return out
}

function ctAction(value: unknown, walk: Walk): Tree {
  const { zone, ...rest } = value as { zone: number | { field: unknown; ofs: number; n_bits: number } }
  const alg = numbered({ none: 0, ftp: 21, tftp: 69 })
  return {
    class: 'NXActionCT',
    ...membersOf(rest, { alg, actions }, walk),
    zone_src: typeof zone === 'number' ? "'" : fieldRef(zone.field, walk),
    zone_ofs_nbits: typeof zone === 'number' ? String(zone) : packed(zone),
  }
}

/** os-ken turns the list of properties into members. */
function controller2(value: unknown, walk: Walk): Tree {
  const out: Record<string, Tree> = { class: 'NXActionController2' }
  const members = { reason: packetInReason, userdata: numbersOf }
  for (const property of (value as { properties: Array<{ type: string }> }).properties) {
    walk.saw({ kind: 'controller2 property', name: property.type, value: property })
    Object.assign(out, property.type === 'pause' ? { pause: '1' } : membersOf(property, members, walk))
  }
  return out
}

function regLoad2(value: unknown, walk: Walk): Tree {
  const [dst, octets, mask] = oxmField((value as { field: unknown }).field, walk) as [string, string, string | null]
  return { class: 'NXActionRegLoad2', field: [dst, octets, mask] }
}

/** Where an action begins that is alone in a flow mod without match. */
const ALONE: Readonly<Record<number, number>> = { 1: 72, 4: 64, 5: 64, 6: 64 }

/** Nicira's action that os-ken has no class for: it keeps the octets after the subtype. */
function opaque(subtype: number): Convert {
  return (value, { version }) => {
    const action = value as never
    const flow = {
      ...{ type: 'flow_mod', xid: 0, cookie: 0n, cookie_mask: 0n, table_id: 0, command: 'add', idle_timeout: 0 },
      ...{ hard_timeout: 0, priority: 0, buffer_id: 0xffffffff, out_port: 0xffffffff, out_group: 0xffffffff, flags: 0 },
      ...{ match: [], instructions: [{ type: 'apply_actions', actions: [action] }] },
      ...(version === 4 ? {} : { version }),
    } as const
    const octets = encode(flow as never).subarray(ALONE[version]! + 10)
    return { class: 'NXActionUnknown', subtype: String(subtype), data: leaf(octets, NOWHERE) }
  }
}

const ACTIONS: Readonly<Record<string, Convert>> = {
  set_field: (value, walk) => ({
    class: 'OFPActionSetField',
    field: oxmField((value as { field: unknown }).field, walk),
  }),
  experimenter: shape('OFPActionExperimenterUnknown'),
  nx_resubmit: nx('Resubmit'),
  nx_set_tunnel: nx('SetTunnel'),
  nx_set_queue: nx('SetQueue'),
  nx_pop_queue: nx('PopQueue'),
  nx_reg_move: nx('RegMove', { src: ['src_field', fieldRef], dst: ['dst_field', fieldRef] }),
  nx_reg_load: nx('RegLoad', { ofs_nbits: ofsNbits, dst: fieldRef }),
  nx_note: nx('Note', { note: numbersOf }),
  nx_set_tunnel64: nx('SetTunnel64'),
  nx_multipath: nx('Multipath', {
    fields: hashFields,
    algorithm: ordered('modulo_n', 'hash_threshold', 'hrw', 'iter_hash'),
    ofs_nbits: ofsNbits,
    dst: fieldRef,
  }),
  nx_bundle: (value, walk) => withCount(nx('Bundle', { ...bundle, dst: headerNumber })(value, walk)),
  nx_bundle_load: (value, walk) => withCount(nx('BundleLoad', { ...bundle, dst: fieldRef })(value, walk)),
  nx_resubmit_table: nx('ResubmitTable', { table: ['table_id', leaf] }),
  nx_output_reg: nx('OutputReg', { ofs_nbits: ofsNbits, src: fieldRef }),
  nx_learn: nx('Learn', { specs: listOf(learnSpec) }),
  nx_exit: nx('Exit'),
  nx_dec_ttl: nx('DecTtl'),
  nx_fin_timeout: nx('FinTimeout'),
  nx_controller: nx('Controller', { reason: packetInReason }),
  nx_dec_ttl_cnt_ids: nx('DecTtlCntIds', { cnt_ids: listOf(leaf) }),
  nx_write_metadata: opaque(22),
  nx_push_mpls: nx('PushMpls'),
  nx_pop_mpls: nx('PopMpls'),
  nx_set_mpls_ttl: nx('SetMplsTtl', { mpls_ttl: ['ttl', leaf] }),
  nx_dec_mpls_ttl: nx('DecMplsTtl'),
  nx_stack_push: nx('StackPush', stack),
  nx_stack_pop: nx('StackPop', stack),
  nx_sample: nx('Sample'),
  nx_set_mpls_label: nx('SetMplsLabel', { mpls_label: ['label', leaf] }),
  nx_set_mpls_tc: nx('SetMplsTc', { mpls_tc: ['tc', leaf] }),
  nx_output_reg2: nx('OutputReg2', { ofs_nbits: ofsNbits, src: fieldRef }),
  nx_reg_load2: regLoad2,
  nx_conjunction: nx('Conjunction'),
  nx_ct: ctAction,
  nx_nat: natAction,
  nx_controller2: controller2,
  nx_sample2: nx('Sample2', { direction: null }),
  nx_output_trunc: nx('OutputTrunc'),
  nx_group: opaque(40),
  nx_sample3: opaque(41),
  nx_clone: opaque(42),
  nx_ct_clear: nx('CTClear'),
  nx_resubmit_table_ct: opaque(44),
  nx_learn2: opaque(45),
  nx_encap: nx('EncapNsh', { properties: null }),
  nx_decap: opaque(47),
  nx_dec_nsh_ttl: nx('DecNshTtl'),
  nx_check_pkt_larger: opaque(49),
  nx_delete_field: opaque(50),
  nx_debug_slow: opaque(254),
  nx_debug_recirc: opaque(255),
  copy_field: copyField,
}

/** os-ken takes the number of slaves beside them. */
function withCount(tree: Tree): Tree {
  const { slaves, ...rest } = tree as { slaves: Tree[]; [member: string]: Tree }
  return { ...rest, slaves, n_slaves: String(slaves.length) }
}

/** Before 1.5 no class of its own in os-ken: the octets after the experimenter's id. */
function copyField(value: unknown, walk: Walk): Tree {
  if (walk.version >= 6) {
    const { src, dst, ...bits } = value as { src: unknown; dst: unknown; [bits: string]: unknown }
    const ids = [src, dst].map((one) =>
      oxmId(typeof one === 'string' ? { field: one, masked: false } : { header: one }, walk),
    )
    return { class: 'OFPActionCopyField', ...membersOf(bits, {}, walk), oxm_ids: ids }
  }
  const { data } = opaque(3200)(value, walk) as { data: string }
  return { class: 'OFPActionExperimenterUnknown', experimenter: String(0x4f4e4600), data: `x0c80${data.slice(1)}` }
}

const otherAction = (name: string): Convert => shape(`OFPAction${camel(name)}`)
const action13 = tagged('action', ACTIONS, otherAction)
const action10 = tagged('action', { ...ACTIONS, ...ACTIONS_10 }, otherAction)

const action: Convert = (value, walk) => (walk.version === 1 ? action10 : action13)(value, walk)
export const actions: Convert = listOf(action)

// ---- statistics of 1.5 ----------------------------------------------------------------------------------------

const hex = (value: unknown, octets: number): string =>
  BigInt(value as number)
    .toString(16)
    .padStart(octets * 2, '0')

/** [name, octets, null], as fields of matches. */
const oxsField: Convert = (value, walk) => {
  const { field, ...one } = value as Record<string, unknown> & { field: string }
  walk.saw({ kind: 'oxs', name: field, value })
  if (field === 'unknown') {
    return [`field_${(one['class'] as number) * 128 + (one['id'] as number)}`, toHex(one['body'] as Uint8Array), null]
  }
  if ('sec' in one) return [field, hex(one['sec'], 4) + hex(one['nsec'], 4), null]
  return [field, hex(one['value'], field === 'flow_count' ? 4 : 8), null]
}

export const stats: Convert = (value, walk) => ({ class: 'OFPStats', fields: listOf(oxsField)(value, walk) })

// ---- instructions, buckets, bands, properties -----------------------------------------------------------------

const withActions = (type: number): Convert => {
  return (value, walk) => ({
    class: 'OFPInstructionActions',
    type: String(type),
    actions: actions((value as { actions?: unknown[] }).actions ?? [], walk),
  })
}

export const instructions: Convert = listOf(
  tagged(
    'instruction',
    {
      write_actions: withActions(3),
      apply_actions: withActions(4),
      clear_actions: withActions(5),
      stat_trigger: shape('OFPInstructionStatTrigger', { thresholds: stats }),
      experimenter: shape('OFPInstructionExperimenter'),
    },
    (name) => shape(`OFPInstruction${camel(name)}`),
  ),
)

export const buckets: Convert = listOf(shape('OFPBucket', { actions }))

export const bands: Convert = listOf(
  tagged('band', { experimenter: shape('OFPMeterBandExperimenter', { data: null }) }, (name) =>
    shape(`OFPMeterBand${camel(name)}`),
  ),
)

export const queueProperties: Convert = listOf(
  tagged('queue property', { experimenter: shape('OFPQueuePropExperimenter', { data: numbersOf }) }, (name) =>
    shape(`OFPQueueProp${camel(name)}`),
  ),
)

/** Types of actions and instructions without their bodies. */
const typeId = (cls: string, kind: string, numbers: Readonly<Record<string, number>>): Convert => {
  return (value, walk) => {
    const name = typeof value === 'string' ? value : 'unknown'
    walk.saw({ kind, name, value })
    const type = typeof value === 'string' ? numbers[value]! : (value as { type: number }).type
    return { class: cls, type: String(type) }
  }
}

const instructionId = typeId('OFPInstructionId', 'instruction id', {
  ...{ goto_table: 1, write_metadata: 2, write_actions: 3, apply_actions: 4, clear_actions: 5, meter: 6 },
  stat_trigger: 7,
})
const actionId = typeId('OFPActionId', 'action id', {
  ...{ output: 0, copy_ttl_out: 11, copy_ttl_in: 12, set_mpls_ttl: 15, dec_mpls_ttl: 16, push_vlan: 17, pop_vlan: 18 },
  ...{ push_mpls: 19, pop_mpls: 20, set_queue: 21, group: 22, set_nw_ttl: 23, dec_nw_ttl: 24, set_field: 25 },
  ...{ push_pbb: 26, pop_pbb: 27, copy_field: 28, meter: 29 },
})

export function oxmId(value: unknown, walk: Walk): Tree {
  const id = value as { field: string; masked: boolean } | { header: number | bigint }
  const field = 'field' in id ? id.field : 'unknown'
  walk.saw({ kind: 'oxm id', name: field, value })
  const row = 'field' in id ? rowOf(id.field, walk.version) : undefined
  let { experimenter } = row ?? {}
  let name = fieldName(field === 'unknown' ? 'in_port' : field, walk.version)
  let hasmask = 'field' in id && id.masked ? 1 : 0
  if ('header' in id) {
    const long = typeof id.header === 'bigint'
    const header = long ? Number(BigInt(id.header) >> 32n) : Number(id.header)
    if (long) experimenter = Number(BigInt.asUintN(32, BigInt(id.header)))
    name = byNumber(header >>> 16, (header >>> 9) & 0x7f)
    hasmask = (header >>> 8) & 1
  } else if (experimenter !== undefined) name = byNumber(row!.class, row!.id)
  const out = { type: `'${name}`, hasmask: String(hasmask) }
  if (experimenter === undefined) return { class: 'OFPOxmId', ...out }
  return { class: 'OFPExperimenterOxmId', ...out, exp_id: String(experimenter) }
}

/** os-ken takes the data of an experimenter's property as a list of 32 bit numbers. */
export function words(value: unknown): Tree {
  const hex = toHex(value as Uint8Array)
  return (hex.match(/.{1,8}/g) ?? []).map((word) => String(Number(`0x${word}`)))
}

const TABLE_FEATURES: ReadonlyArray<readonly [names: readonly string[], cls: string, members: Record<string, Member>]> =
  [
    [['instructions', 'instructions_miss'], 'Instructions', { instruction_ids: listOf(instructionId) }],
    [['next_tables', 'next_tables_miss'], 'NextTables', { next_table_ids: ['table_ids', listOf(leaf)] }],
    [['table_sync_from'], 'NextTables', { table_ids: listOf(leaf) }],
    [['packet_types'], 'OxmValues', { oxm_values: listOf(oxmField) }],
    [
      ['write_actions', 'write_actions_miss', 'apply_actions', 'apply_actions_miss'],
      'Actions',
      { action_ids: listOf(actionId) },
    ],
    [
      [
        ...['match', 'wildcards', 'write_setfield', 'write_setfield_miss', 'apply_setfield', 'apply_setfield_miss'],
        ...['write_copyfield', 'write_copyfield_miss', 'apply_copyfield', 'apply_copyfield_miss'],
      ],
      'Oxm',
      { oxm_ids: listOf(oxmId) },
    ],
    [['experimenter', 'experimenter_miss'], 'Experimenter', { data: words }],
  ]

const PROPERTY_NUMBERS: Readonly<Record<string, number>> = {
  ...{ instructions: 0, instructions_miss: 1, next_tables: 2, next_tables_miss: 3, write_actions: 4 },
  ...{ write_actions_miss: 5, apply_actions: 6, apply_actions_miss: 7, match: 8, wildcards: 10, write_setfield: 12 },
  ...{ write_setfield_miss: 13, apply_setfield: 14, apply_setfield_miss: 15, experimenter: 0xfffe },
  ...{ table_sync_from: 16, write_copyfield: 18, write_copyfield_miss: 19, apply_copyfield: 20 },
  ...{ apply_copyfield_miss: 21, packet_types: 22, experimenter_miss: 0xffff },
}

const tableProperty = tagged(
  'table feature',
  Object.fromEntries(
    TABLE_FEATURES.flatMap(([names, cls, members]) =>
      names.map((name): [string, Convert] => [
        name,
        (value, walk) => ({
          class: `OFPTableFeatureProp${cls}`,
          type: String(PROPERTY_NUMBERS[name]),
          ...membersOf(value as object, members, walk),
        }),
      ]),
    ),
  ),
)

export const tableFeatures: Convert = listOf(
  shape('OFPTableFeaturesStats', {
    ...{ name: nameOctets, properties: listOf(tableProperty) },
    command: ordered('replace', 'modify', 'enable', 'disable'),
  }),
)

export { packetInReason }
