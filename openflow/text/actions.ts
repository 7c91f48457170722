/**
 * Actions and instructions as ovs-ofctl prints them: one line of names and arguments, `drop` for none. One row per
 * action in `FORMS`. It refuses to know messages.
 */

import type { Action, ActionNamed } from '../spec/actions-nested.ts'
import type { NatRange } from '../spec/actions-nicira.ts'
import { NX_CT_COMMIT, NX_CT_FORCE, NX_CT_RECIRC_NONE, NX_NAT_DST, NX_NAT_SRC } from '../spec/constants.ts'
import { PACKET_TYPE } from '../spec/encap.ts'
import { INSTRUCTION_ORDER, type Instruction } from '../spec/instructions.ts'
import type { FieldName } from '../spec/oxm.ts'
import type { Oxs } from '../spec/oxs.ts'
import { VERSIONS } from '../wire/version.ts'
import { formatLearn } from './learn.ts'
import { fieldText, formatPort, formatRange, isPlainPort, quoted, type TextOptions } from './names.ts'
import { hex } from './scan.ts'
import { bigOf, formatIpv4, formatIpv6, formatOxm, formatValue, octetsText } from './values.ts'

type Named<N extends Action['type']> = ActionNamed<N>
type Forms = { [N in Exclude<Action['type'], 'experimenter'>]: (action: Named<N>, options: TextOptions) => string }

const NO_METER = 0
const RESUBMIT_HERE = 0xff
const IN_PORT = 0xfff8

function formatOutput(port: number, max_len: number, options: TextOptions): string {
  const name = formatPort(port, options)
  if (isPlainPort(port)) return `output:${name}`
  return name === 'CONTROLLER' ? `CONTROLLER:${max_len}` : name
}

function formatController(parts: {
  max_len?: number
  controller_id?: number
  reason?: string | number
  userdata?: Uint8Array
  pause?: boolean
  meter_id?: number
}): string {
  const { max_len = 0xffff, controller_id = 0, reason = 'action', userdata, pause, meter_id = NO_METER } = parts
  const named = userdata !== undefined && userdata.length > 0
  if (reason === 'action' && controller_id === 0 && !named && !pause && meter_id === NO_METER) {
    return `CONTROLLER:${max_len}`
  }
  const out: string[] = []
  if (reason !== 'action') out.push(`reason=${reason}`)
  if (max_len !== 0xffff) out.push(`max_len=${max_len}`)
  if (controller_id !== 0) out.push(`id=${controller_id}`)
  if (named) out.push(`userdata=${octetsText(userdata, '.')}`)
  if (pause) out.push('pause')
  if (meter_id !== NO_METER) out.push(`meter_id=${meter_id}`)
  return `controller(${out.join(',')})`
}

function controller2(action: Named<'nx_controller2'>): string {
  const parts: Parameters<typeof formatController>[0] = {}
  for (const property of action.properties) {
    if (property.type === 'pause') parts.pause = true
    else if (property.type === 'reason') parts.reason = property.reason
    else if (property.type === 'userdata') parts.userdata = property.userdata
    else if (property.type === 'max_len') parts.max_len = property.max_len
    else if (property.type === 'controller_id') parts.controller_id = property.controller_id
    else if (property.type === 'meter_id') parts.meter_id = property.meter_id
  }
  return formatController(parts)
}

function formatBundle(action: Named<'nx_bundle'> | Named<'nx_bundle_load'>, options: TextOptions): string {
  const load = action.type === 'nx_bundle_load'
  const { ofs_nbits } = action
  const dst = load ? `${formatRange(action.dst, ofs_nbits >>> 6, (ofs_nbits & 63) + 1)},` : ''
  const members = action.slaves.map((port) => formatPort(port, options)).join(',')
  const { fields, basis, algorithm } = action
  return `bundle${load ? '_load' : ''}(${hashText(fields)},${basis},${nameText(algorithm)},ofport,${dst}members:${members})`
}

function formatResubmit(in_port: number, table: number, ct: boolean, options: TextOptions): string {
  if (in_port !== IN_PORT && table === RESUBMIT_HERE && !ct) return `resubmit:${formatPort(in_port, options)}`
  const port = in_port === IN_PORT ? '' : formatPort(in_port, options)
  return `resubmit(${port},${table === RESUBMIT_HERE ? '' : formatTable(table, options)}${ct ? ',ct' : ''})`
}

/** Number of a table, or its name from the options. */
export function formatTable(table: number, options: TextOptions): string {
  const name = options.tableNames?.get(table)
  return name === undefined ? `${table}` : quoted(name)
}

function formatSample(
  action: Named<'nx_sample'> | Named<'nx_sample2'> | Named<'nx_sample3'>,
  options: TextOptions,
): string {
  const { probability, collector_set_id, obs_domain_id, obs_point_id } = action
  let out = `probability=${probability},collector_set_id=${collector_set_id},obs_domain_id=${obs_domain_id},obs_point_id=${obs_point_id}`
  if (action.type !== 'nx_sample') {
    if (action.sampling_port !== 0xffff) out += `,sampling_port=${formatPort(action.sampling_port, options)}`
    if (action.type === 'nx_sample3' && action.direction !== 'default') out += `,${action.direction}`
  }
  return `sample(${out})`
}

function formatNatRange(range: NatRange): string {
  const { ipv4_min, ipv4_max, ipv6_min, ipv6_max, proto_min, proto_max } = range
  let out = ''
  if (ipv4_min !== undefined) {
    out = formatIpv4(BigInt(ipv4_min))
    if (ipv4_max !== undefined && ipv4_max !== ipv4_min) out += `-${formatIpv4(BigInt(ipv4_max))}`
  } else if (ipv6_min !== undefined) {
    const bracket = proto_min !== undefined
    const address = (value: bigint): string => (bracket ? `[${formatIpv6(value)}]` : formatIpv6(value))
    out = address(ipv6_min)
    if (ipv6_max !== undefined && ipv6_max !== ipv6_min) out += `-${address(ipv6_max)}`
  }
  if (proto_min !== undefined) {
    out += `:${proto_min}`
    if (proto_max !== undefined && proto_max !== proto_min) out += `-${proto_max}`
  }
  return out
}

const NAT_FLAGS = [
  [4, 'persistent'],
  [8, 'hash'],
  [16, 'random'],
] as const

function formatNat({ flags, range }: Named<'nx_nat'>): string {
  if ((flags & (NX_NAT_SRC | NX_NAT_DST)) === 0) return 'nat'
  const text = formatNatRange(range)
  const parts = [(flags & NX_NAT_SRC ? 'src' : 'dst') + (text === '' ? '' : `=${text}`)]
  for (const [bit, name] of NAT_FLAGS) if (flags & bit) parts.push(name)
  return `nat(${parts.join(',')})`
}

const CT_PORTS: Readonly<Record<string, string>> = { ftp: 'ftp', tftp: 'tftp' }

function formatCt(action: Named<'nx_ct'>, options: TextOptions): string {
  const { flags, zone, recirc_table, alg } = action
  const parts: string[] = []
  if (flags & NX_CT_COMMIT) parts.push('commit')
  if (flags & NX_CT_FORCE) parts.push('force')
  if (recirc_table !== NX_CT_RECIRC_NONE) parts.push(`table=${formatTable(recirc_table, options)}`)
  if (typeof zone === 'object') parts.push(`zone=${formatRange(zone.field, zone.ofs, zone.n_bits)}`)
  else if (zone !== 0) parts.push(`zone=${zone}`)
  const [first, ...rest] = action.actions
  const inside = first?.type === 'nx_nat' ? rest : action.actions
  if (first?.type === 'nx_nat') parts.push(formatNat(first))
  if (inside.length > 0) parts.push(`exec(${formatActions(inside, options)})`)
  if (alg !== 'none') parts.push(`alg=${CT_PORTS[alg] ?? alg}`)
  return `ct(${parts.join(',')})`
}

/** Name of an Ethernet type of a header to put on or take off: `packet_type(ns=0,type=0x800)`. */
function packetType(type: number): string {
  return `packet_type(ns=${type >>> 16},type=${hex(type & 0xffff)})`
}

const ethertype = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`

function formatEncap({ new_pkt_type, properties }: Named<'nx_encap'>): string {
  const header = Object.entries(PACKET_TYPE).find(([, type]) => type === new_pkt_type)?.[0] ?? hex(new_pkt_type)
  if (properties.length === 0) return `encap(${header})`
  const parts = properties.map((property) => {
    switch (property.type) {
      case 'nsh_md_type':
        return `md_type=${property.md_type}`
      case 'nsh_tlv': {
        const { tlv_class, tlv_type, data } = property
        return `tlv(0x${tlv_class.toString(16).padStart(4, '0')},${tlv_type},0x${octetsText(data).replace(/^0(?=[1-9a-f])/, '')})`
      }
      default:
        return `property=${property.class}`
    }
  })
  return `encap(${header}(${parts.join(',')}))`
}

const bare = (name: string) => (): string => name

/** A name, or what ovs-ofctl prints for a value that it has no name for. */
const nameText = (name: string | number): string => (typeof name === 'number' ? '<unknown>' : name)

/** ovs-ofctl has a plus sign in one of the names of hashes. */
const hashText = (fields: string | number): string => nameText(fields).replace('l4_udp', 'l4+udp')

const FORMS: Forms = {
  output: ({ port, max_len }, o) => formatOutput(port, max_len, o),
  copy_ttl_out: bare('copy_ttl_out'),
  copy_ttl_in: bare('copy_ttl_in'),
  set_mpls_ttl: ({ mpls_ttl }) => `set_mpls_ttl(${mpls_ttl})`,
  dec_mpls_ttl: bare('dec_mpls_ttl'),
  push_vlan: (a) => `push_vlan:${ethertype(a.ethertype)}`,
  pop_vlan: bare('pop_vlan'),
  push_mpls: (a) => `push_mpls:${ethertype(a.ethertype)}`,
  pop_mpls: (a) => `pop_mpls:${ethertype(a.ethertype)}`,
  set_queue: ({ queue_id }) => `set_queue:${queue_id}`,
  group: ({ group_id }) => `group:${group_id}`,
  set_nw_ttl: ({ nw_ttl }) => `mod_nw_ttl:${nw_ttl}`,
  dec_nw_ttl: bare('dec_ttl'),
  set_field: ({ field }, o) => `set_field:${formatOxm(field, o)}`,
  set_vlan_vid: ({ vlan_vid }) => `mod_vlan_vid:${vlan_vid}`,
  set_vlan_pcp: ({ vlan_pcp }) => `mod_vlan_pcp:${vlan_pcp}`,
  set_tp_src: ({ tp_port }) => `mod_tp_src:${tp_port}`,
  set_tp_dst: ({ tp_port }) => `mod_tp_dst:${tp_port}`,
  enqueue: ({ port, queue_id }, o) => `enqueue:${formatPort(port, o)}:${queue_id}`,
  meter: ({ meter_id }) => `meter:${meter_id}`,
  push_pbb: (a) => `push_pbb:${ethertype(a.ethertype)}`,
  pop_pbb: bare('pop_pbb'),
  nx_resubmit: ({ in_port }, o) => formatResubmit(in_port, RESUBMIT_HERE, false, o),
  nx_set_tunnel: ({ tun_id }) => `set_tunnel:${hex(tun_id)}`,
  nx_set_queue: ({ queue_id }) => `set_queue:${queue_id}`,
  nx_pop_queue: bare('pop_queue'),
  nx_reg_move: ({ n_bits, src_ofs, dst_ofs, src, dst }) =>
    `move:${formatRange(src, src_ofs, n_bits)}->${formatRange(dst, dst_ofs, n_bits)}`,
  nx_reg_load: ({ ofs_nbits, dst, value }) =>
    `load:${hex(value)}->${formatRange(dst, ofs_nbits.ofs, ofs_nbits.n_bits)}`,
  nx_note: ({ note }) => `note:${octetsText(note, '.')}`,
  nx_set_tunnel64: ({ tun_id }) => `set_tunnel64:${hex(tun_id)}`,
  nx_multipath: ({ fields, basis, algorithm, max_link, arg, ofs_nbits, dst }) =>
    `multipath(${hashText(fields)},${basis},${nameText(algorithm)},${max_link + 1},${arg},${formatRange(dst, ofs_nbits.ofs, ofs_nbits.n_bits)})`,
  nx_bundle: formatBundle,
  nx_bundle_load: formatBundle,
  nx_resubmit_table: ({ in_port, table }, o) => formatResubmit(in_port, table, false, o),
  nx_output_reg: ({ ofs_nbits, src }) => `output:${formatRange(src, ofs_nbits.ofs, ofs_nbits.n_bits)}`,
  nx_exit: bare('exit'),
  nx_dec_ttl: bare('dec_ttl'),
  nx_fin_timeout: ({ fin_idle_timeout, fin_hard_timeout }) => {
    const parts: string[] = []
    if (fin_idle_timeout !== 0) parts.push(`idle_timeout=${fin_idle_timeout}`)
    if (fin_hard_timeout !== 0) parts.push(`hard_timeout=${fin_hard_timeout}`)
    return `fin_timeout(${parts.join(',')})`
  },
  nx_controller: formatController,
  nx_dec_ttl_cnt_ids: ({ cnt_ids }) => `dec_ttl(${cnt_ids.join(',')})`,
  nx_write_metadata: (a) => formatWriteMetadata(a.metadata, a.metadata_mask),
  nx_push_mpls: (a) => `push_mpls:${ethertype(a.ethertype)}`,
  nx_pop_mpls: (a) => `pop_mpls:${ethertype(a.ethertype)}`,
  nx_set_mpls_ttl: ({ mpls_ttl }) => `set_mpls_ttl(${mpls_ttl})`,
  nx_dec_mpls_ttl: bare('dec_mpls_ttl'),
  nx_stack_push: ({ field, offset, n_bits }) => `push:${formatRange(field, offset, n_bits)}`,
  nx_stack_pop: ({ field, offset, n_bits }) => `pop:${formatRange(field, offset, n_bits)}`,
  nx_sample: formatSample,
  nx_set_mpls_label: ({ mpls_label }) => `set_mpls_label(${mpls_label})`,
  nx_set_mpls_tc: ({ mpls_tc }) => `set_mpls_tc(${mpls_tc})`,
  nx_output_reg2: ({ ofs_nbits, src }) => `output:${formatRange(src, ofs_nbits.ofs, ofs_nbits.n_bits)}`,
  nx_reg_load2: ({ field }, o) => `set_field:${formatOxm(field, o)}`,
  nx_conjunction: ({ id, clause, n_clauses }) => `conjunction(${id},${clause + 1}/${n_clauses})`,
  nx_nat: formatNat,
  nx_controller2: controller2,
  nx_sample2: formatSample,
  nx_output_trunc: ({ port, max_len }, o) => `output(port=${formatPort(port, o)},max_len=${max_len})`,
  nx_group: ({ group_id }) => `group:${group_id}`,
  nx_sample3: formatSample,
  nx_ct_clear: bare('ct_clear'),
  nx_debug_slow: bare('debug_slow'),
  nx_debug_recirc: bare('debug_recirc'),
  nx_resubmit_table_ct: ({ in_port, table }, o) => formatResubmit(in_port, table, true, o),
  nx_encap: formatEncap,
  nx_decap: ({ new_pkt_type }) => (new_pkt_type === 0x0000fffe ? 'decap()' : `decap(${packetType(new_pkt_type)})`),
  nx_dec_nsh_ttl: bare('dec_nsh_ttl'),
  nx_check_pkt_larger: ({ pkt_len, offset, dst }) => `check_pkt_larger(${pkt_len})->${formatRange(dst, offset, 1)}`,
  nx_delete_field: ({ field }) => `delete_field:${typeof field === 'string' ? fieldText(field) : hex(field)}`,
  nx_learn: formatLearn,
  nx_learn2: formatLearn,
  nx_ct: formatCt,
  nx_clone: ({ actions }, o) => `clone(${formatActions(actions, o)})`,
  copy_field: ({ n_bits, src_offset, dst_offset, src, dst }) =>
    `move:${formatRange(src, src_offset, n_bits)}->${formatRange(dst, dst_offset, n_bits)}`,
}

/** What set_field is called in 1.0, by field. */
const MODS: Readonly<Partial<Record<FieldName | 'unknown', string>>> = {
  eth_src: 'mod_dl_src',
  eth_dst: 'mod_dl_dst',
  ipv4_src: 'mod_nw_src',
  ipv4_dst: 'mod_nw_dst',
  ip_dscp: 'mod_nw_tos',
}

/** Where 1.0 has words of its own. */
const FORMS_10: Partial<Forms> = {
  pop_vlan: bare('strip_vlan'),
  set_field({ field: oxm }, o) {
    const name = MODS[oxm.field]
    if (name === undefined || oxm.field === 'unknown') return FORMS.set_field({ type: 'set_field', field: oxm }, o)
    if (oxm.field === 'ip_dscp') return `${name}:${oxm.value << 2}`
    return `${name}:${formatValue(oxm.field, bigOf(oxm.value), undefined, o)}`
  },
}

function formatAction(action: Action, options: TextOptions): string {
  if (action.type === 'experimenter') {
    return `experimenter(${hex(action.experimenter)},0x${octetsText(action.data)})`
  }
  const form = (options.version === VERSIONS.of10 ? FORMS_10[action.type] : undefined) ?? FORMS[action.type]
  return (form as (action: Action, options: TextOptions) => string)(action, options)
}

/** `ct(commit,zone=5),output:3`; `drop` for no actions. */
export function formatActions(actions: readonly Action[], options: TextOptions = {}): string {
  return actions.length === 0 ? 'drop' : actions.map((action) => formatAction(action, options)).join(',')
}

function formatWriteMetadata(metadata: bigint, mask: bigint): string {
  return `write_metadata:${hex(metadata)}${mask === 0xffff_ffff_ffff_ffffn ? '' : `/${hex(mask)}`}`
}

/** Instructions in the order in which a switch does them; `drop` where there are none. */
export function formatInstructions(instructions: readonly Instruction[], options: TextOptions = {}): string {
  const out = [...instructions]
    .sort((a, b) => INSTRUCTION_ORDER.indexOf(a.type) - INSTRUCTION_ORDER.indexOf(b.type))
    .map((instruction) => formatInstruction(instruction, options))
    .filter((text) => text !== '')
  return out.length === 0 ? 'drop' : out.join(',')
}

/** Open vSwitch 3.1 does not know statistics triggers; the words are the specification's. */
function formatThreshold(oxs: Oxs): string {
  if (oxs.field === 'unknown') return `experimenter=0x${octetsText(oxs.body)}`
  return `${oxs.field}=${'sec' in oxs ? `${oxs.sec}.${String(oxs.nsec).padStart(9, '0')}s` : oxs.value}`
}

function formatInstruction(instruction: Instruction, options: TextOptions): string {
  switch (instruction.type) {
    case 'meter':
      return `meter:${instruction.meter_id}`
    case 'apply_actions':
      return instruction.actions.length === 0 ? '' : formatActions(instruction.actions, options)
    case 'clear_actions':
      return 'clear_actions'
    case 'write_actions':
      return `write_actions(${formatActions(instruction.actions, options)})`
    case 'write_metadata':
      return formatWriteMetadata(instruction.metadata, instruction.metadata_mask)
    case 'goto_table':
      return `goto_table:${formatTable(instruction.table_id, options)}`
    case 'stat_trigger':
      return `stat_trigger(${instruction.thresholds.map(formatThreshold).join(',')})`
    default:
      return `experimenter(${hex(instruction.experimenter)},0x${octetsText(instruction.data)})`
  }
}
