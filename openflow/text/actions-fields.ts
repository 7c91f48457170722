/** Actions on fields out of text: set_field, load, move, the stack, the mod_* of OpenFlow 1.0. */

import type { Action } from '../spec/actions-nested.ts'
import { type FieldName, oxmRow } from '../spec/oxm.ts'
import type { Place, Reader } from './actions-reader.ts'
import { behind } from './actions-reader.ts'
import { TextError, unknownName } from './error.ts'
import { toOxm } from './match-parse.ts'
import {
  FIELD_TEXTS,
  fieldBits,
  fieldByText,
  nxmField,
  parseRange,
  plainField,
  type Range,
  rangeBits,
} from './names.ts'
import { arrow, type KeyValue, type Piece, parseBig, parseNumber } from './scan.ts'
import { type Masked, octetsIn, ones, parseIpv4, parseMac, parseValue, parseVariable } from './values.ts'

/** A set_field of the whole field. */
export function setField(field: FieldName, value: bigint): Action {
  return { type: 'set_field', field: toOxm(field, { masked: { value, mask: ones(fieldBits(field)) } }) }
}

function namedField(name: Piece): FieldName {
  const found = fieldByText(name.text)
  if (found === undefined) throw unknownName('field', name.text, name.at, FIELD_TEXTS)
  return found
}

/** `value[/mask]->field`; what has a mask is loaded, as switches of OpenFlow 1.3 take it. */
export const readSetField: Reader = (part, { options }) => {
  const [from, to] = arrow(behind(part))
  const field = /^in_port$/i.test(to.text) ? 'nxm_of_in_port' : plainOrItself(namedField(to))
  if (oxmRow(field).variable) {
    const { value, mask, size, explicit } = parseVariable(field, from)
    const masked = { value, mask }
    if (explicit) return { type: 'nx_reg_load2', field: toOxm(field, { masked, size, explicit }) }
    return { type: 'set_field', field: toOxm(field, { masked, size }) }
  }
  // What ovs-ofctl prints where no bit counts, and does not read itself.
  const none = /^any$/i.test(from.text)
  const masked = none ? { value: 0n, mask: 0n } : parseValue(field, from, options)
  const given = none || from.text.includes('/') || /^[+-]/.test(from.text)
  if (given && !oxmRow(field).maskable) throw new TextError('bad_mask', from.at, `${to.text} takes no mask`)
  const whole = masked.mask === ones(oxmRow(field).size * 8)
  if (!given || whole) return setField(field, masked.value)
  if (oxmRow(field).experimenter !== undefined) return masks(field, masked)
  return loads(field, masked)
}

/** in_port has two spellings that set_field keeps apart. */
const plainOrItself = (field: FieldName): FieldName => (field === 'nxm_of_in_port' ? field : plainField(field))

const LOAD_BITS = 64

/** A load for each run of bits in the mask. */
function loads(field: FieldName, { value, mask }: Masked): Action[] {
  const dst = nxmField(field)
  const counted = mask & ones(rangeBits(field))
  const out: Action[] = []
  for (let ofs = 0; counted >> BigInt(ofs) !== 0n; ) {
    if (!((counted >> BigInt(ofs)) & 1n)) {
      ofs++
      continue
    }
    let n_bits = 1
    while (n_bits < LOAD_BITS && (counted >> BigInt(ofs + n_bits)) & 1n) n_bits++
    const bits = (value >> BigInt(ofs)) & ones(n_bits)
    out.push({ type: 'nx_reg_load', ofs_nbits: { ofs, n_bits }, dst, value: bits })
    ofs += n_bits
  }
  return out
}

/** A load with a mask in place of bit ranges: for fields that have no 32 bit header, and for those without a length. */
function masks(field: FieldName, { value, mask }: Masked): Action {
  const row = oxmRow(field)
  if (row.variable) {
    const size = octetsIn(mask)
    return { type: 'nx_reg_load2', field: toOxm(field, { masked: { value, mask }, size, explicit: true }) }
  }
  const explicit = mask === ones(row.size * 8) ? {} : { explicit: true as const }
  return { type: 'nx_reg_load2', field: toOxm(field, { masked: { value, mask }, ...explicit }) }
}

/** `value->field[first..last]`. */
export const readLoad: Reader = (part) => {
  const [from, to] = arrow(behind(part))
  const { field, ofs, n_bits, whole } = parseRange(to)
  const value = parseBig(from, n_bits)
  const row = oxmRow(field)
  if (row.variable && whole) {
    const size = octetsIn(value)
    return { type: 'nx_reg_load2', field: toOxm(field, { masked: { value, mask: ones(size * 8) }, size }) }
  }
  const shift = BigInt(ofs)
  const masked = { value: value << shift, mask: ones(n_bits) << shift }
  if (row.variable || row.experimenter !== undefined) return masks(field, masked)
  return loads(field, masked)
}

function sameBits(src: Range, dst: Range, at: number): void {
  if (src.n_bits === dst.n_bits) return
  throw new TextError('bad_value', at, `${src.n_bits} bits do not fit ${dst.n_bits} bits`)
}

/** `field[first..last]->field[first..last]`. */
export const readMove: Reader = (part) => {
  const [from, to] = arrow(behind(part))
  const src = parseRange(from)
  const dst = parseRange(to)
  sameBits(src, dst, to.at)
  const { n_bits } = src
  return { type: 'nx_reg_move', n_bits, src_ofs: src.ofs, dst_ofs: dst.ofs, src: src.field, dst: dst.field }
}

/** `push:field[first..last]`, `pop:…`. */
export function readStack(type: 'nx_stack_push' | 'nx_stack_pop'): Reader {
  return (part) => {
    const { field, ofs, n_bits } = parseRange(behind(part))
    return { type, offset: ofs, field, n_bits }
  }
}

/** `check_pkt_larger(octets)->field[bit]`. */
export const readCheckPktLarger: Reader = (part) => {
  const { args, tail, value } = part
  const [from, to] = args === undefined ? arrow(behind(part)) : [args, tail === undefined ? undefined : arrow(tail)[1]]
  if (to === undefined || (args !== undefined && value !== undefined)) {
    throw new TextError('syntax', part.key.at, 'check_pkt_larger(octets)->field[bit] wanted')
  }
  const { field, ofs, n_bits } = parseRange(to)
  if (n_bits !== 1) throw new TextError('bad_value', to.at, 'one bit wanted')
  return { type: 'nx_check_pkt_larger', pkt_len: parseNumber(from, 16), offset: ofs, dst: field }
}

export const readDeleteField: Reader = (part) => ({ type: 'nx_delete_field', field: namedField(behind(part)) })

const store =
  (field: FieldName, parse: (value: Piece) => bigint): Reader =>
  (part) =>
    setField(field, parse(behind(part)))
const numberOf =
  (bits: number) =>
  (value: Piece): bigint =>
    parseBig(value, bits)

/** A tag where the flow is not known to have one; set_vlan_* of OpenFlow 1.1 never puts one on. */
function vlan(field: 'vlan_vid' | 'vlan_pcp', push: boolean): Reader {
  return (part, { state }) => {
    const value = parseBig(behind(part), field === 'vlan_vid' ? 12 : 3)
    const set = setField(field, field === 'vlan_vid' ? value | 0x1000n : value)
    return push && !state.tags ? [{ type: 'push_vlan', ethertype: 0x8100 }, set] : set
  }
}

function transport(side: 'src' | 'dst'): Reader {
  return (part, { state }: Place) => {
    if (state.transport === undefined) {
      throw new TextError('missing', part.key.at, `${part.key.text} needs a flow that matches tcp, udp or sctp`)
    }
    return setField(`${state.transport}_${side}`, parseBig(behind(part), 16))
  }
}

function tos(part: KeyValue): Action {
  const value = behind(part)
  const number = parseBig(value, 8)
  if (number & 3n) throw new TextError('bad_value', value.at, `${number} has bits of nw_ecn`)
  return setField('ip_dscp', number >> 2n)
}

/** Actions that became set_field in OpenFlow 1.2. */
export const FIELD_READERS: Readonly<Record<string, Reader>> = {
  mod_vlan_vid: vlan('vlan_vid', true),
  mod_vlan_pcp: vlan('vlan_pcp', true),
  set_vlan_vid: vlan('vlan_vid', false),
  set_vlan_pcp: vlan('vlan_pcp', false),
  mod_dl_src: store('eth_src', parseMac),
  mod_dl_dst: store('eth_dst', parseMac),
  mod_nw_src: store('ipv4_src', parseIpv4),
  mod_nw_dst: store('ipv4_dst', parseIpv4),
  mod_nw_tos: tos,
  mod_nw_ecn: store('ip_ecn', numberOf(2)),
  mod_tp_src: transport('src'),
  mod_tp_dst: transport('dst'),
  set_tunnel: store('tunnel_id', numberOf(64)),
  set_tunnel64: store('tunnel_id', numberOf(64)),
  set_mpls_label: store('mpls_label', numberOf(20)),
  set_mpls_tc: store('mpls_tc', numberOf(3)),
}
