/**
 * Names of fields and ports in text: what ovs-ofctl prints and reads (ovs-fields(7)), made from the field tables.
 * A field has one name in matches and set_field (`ip_src`), another where a bit range is meant (`NXM_OF_IP_SRC`).
 * It knows nothing of values.
 */

import { FIELD_NAMES, type FieldName, type FieldRef, OXM, oxmRow } from '../spec/oxm.ts'
import { EXPERIMENTER, OXM_CLASS, type OxmRow } from '../spec/oxm-row.ts'
import { TextError, unknownName } from './error.ts'
import type { Piece } from './scan.ts'

/** What to put in place of numbers. */
export interface TextOptions {
  /** Names of ports by number. */
  readonly ports?: ReadonlyMap<number, string> | undefined
  /** Names of tables by number. */
  readonly tableNames?: ReadonlyMap<number, string> | undefined
  /** Version octet of the protocol whose words are printed; 1.3 (4) without. Messages go by their own. */
  readonly version?: number | undefined
}

/** Where ovs-ofctl's name is not the field's own. */
const SPELLING: Readonly<Partial<Record<FieldName, string>>> = {
  ipv4_src: 'ip_src',
  ipv4_dst: 'ip_dst',
  ip_ecn: 'nw_ecn',
  ip_proto: 'nw_proto',
  ipv6_flabel: 'ipv6_label',
  icmpv4_type: 'icmp_type',
  icmpv4_code: 'icmp_code',
  ipv6_nd_target: 'nd_target',
  ipv6_nd_sll: 'nd_sll',
  ipv6_nd_tll: 'nd_tll',
  tunnel_id: 'tun_id',
  nw_frag: 'ip_frag',
}

/** Names that are read as well. */
const ALIASES: Readonly<Record<string, FieldName>> = {
  dl_src: 'eth_src',
  dl_dst: 'eth_dst',
  dl_type: 'eth_type',
  dl_vlan_pcp: 'vlan_pcp',
  nw_src: 'ipv4_src',
  nw_dst: 'ipv4_dst',
  ip_frag: 'nw_frag',
  nw_proto: 'ip_proto',
  nw_ecn: 'ip_ecn',
  tun_id: 'tunnel_id',
  in_port_oxm: 'in_port',
  gtpu_flags: 'tun_gtpu_flags',
  gtpu_msgtype: 'tun_gtpu_msgtype',
  skb_mark: 'pkt_mark',
  nsp: 'nsh_spi',
  nsi: 'nsh_si',
  nshc1: 'nsh_c1',
  nshc2: 'nsh_c2',
  nshc3: 'nsh_c3',
  nshc4: 'nsh_c4',
  // In a match these follow the protocol; elsewhere they mean TCP.
  tp_src: 'tcp_src',
  tp_dst: 'tcp_dst',
}

/** The rest of the name in upper case, where it is not the field's own. */
const STEMS: Readonly<Partial<Record<FieldName, string>>> = {
  nw_frag: 'IP_FRAG',
  nw_ttl: 'IP_TTL',
  nw_tos: 'IP_TOS',
  tun_src: 'TUN_IPV4_SRC',
  tun_dst: 'TUN_IPV4_DST',
  nd_reserved: 'ICMPV6_ND_RESERVED',
  nd_options_type: 'ICMPV6_ND_OPTIONS_TYPE',
}

function prefix(row: OxmRow): string {
  switch (row.class) {
    case OXM_CLASS.nxm_0:
      return 'NXM_OF_'
    case OXM_CLASS.nxm_1:
      return 'NXM_NX_'
    case OXM_CLASS.ericsson:
      return 'ERICOXM_OF_'
    case OXM_CLASS.experimenter:
      if (row.experimenter === EXPERIMENTER.onf) return 'ONFOXM_ET_'
      return row.experimenter === EXPERIMENTER.nsh ? 'NXOXM_NSH_' : 'NXOXM_ET_'
    default:
      return 'OXM_OF_'
  }
}

/** NXM_OF_ETH_SRC and the like, of exactly this spelling on the wire. */
function wireName(name: FieldName): string {
  const row = oxmRow(name)
  const stem = STEMS[name] ?? name.toUpperCase().replace(/^(NXM|OXM)_(OF|NX)_/, '')
  if (row.class === OXM_CLASS.packet_registers) return stem.replace('XREG', 'OXM_OF_PKT_REG')
  return prefix(row) + stem.replace(/^NSH_|^TUN_(?=ERSPAN|GTPU)/, '')
}

/** The NXM spelling of a field that has one, which Open vSwitch puts in its own actions. */
const nxmTwin = new Map<FieldName, FieldName>()
for (const name of FIELD_NAMES) {
  const { twin, class: cls } = oxmRow(name)
  if (twin !== undefined && (cls === OXM_CLASS.nxm_0 || cls === OXM_CLASS.nxm_1)) nxmTwin.set(twin as FieldName, name)
}

/** The field of which this is another spelling, or itself. */
export function plainField(name: FieldName): FieldName {
  return (oxmRow(name).twin as FieldName | undefined) ?? name
}

/** The field as Open vSwitch spells it on the wire inside its own actions; in_port has two and keeps them apart. */
export function nxmField(name: FieldName): FieldName {
  return name === 'in_port' ? name : (nxmTwin.get(plainField(name)) ?? plainField(name))
}

/** Name in set_field and learn: `ip_src`. */
export function fieldText(name: FieldName): string {
  if (name === 'in_port') return 'in_port_oxm'
  const plain = plainField(name)
  return SPELLING[plain] ?? plain
}

const rangeNames = new Map<FieldName, string>(FIELD_NAMES.map((name) => [name, wireName(nxmField(name))]))

/** Bits of a field; of a variable one as many as it can have. */
export function fieldBits(name: FieldName): number {
  const row = oxmRow(name)
  return row.bits ?? row.size * 8
}

/** Bits that a range of the field can have: the bit that says "there is a tag" is none of Open vSwitch's vlan_vid. */
export function rangeBits(name: FieldName): number {
  return name === 'vlan_vid' ? 12 : fieldBits(name)
}

/** `NXM_NX_REG0[0..15]`; a header without a name stands as `0x…`. */
export function formatRange(field: FieldRef, ofs: number, n_bits: number): string {
  if (typeof field !== 'string') return `0x${field.toString(16)}${bitsText(ofs, n_bits)}`
  const name = rangeNames.get(field)!
  return name + (ofs === 0 && n_bits === rangeBits(field) ? '[]' : bitsText(ofs, n_bits))
}

const bitsText = (ofs: number, n: number): string => (n === 1 ? `[${ofs}]` : `[${ofs}..${ofs + n - 1}]`)

const byText = new Map<string, FieldName>()
for (const name of FIELD_NAMES) byText.set(wireName(name).toLowerCase(), name)
for (const name of FIELD_NAMES) if (!/^(nxm|oxm)_/.test(name)) byText.set(name, plainField(name))
for (const name of Object.keys(SPELLING) as FieldName[]) byText.set(SPELLING[name]!, name)
for (const [alias, name] of Object.entries(ALIASES)) byText.set(alias, name)

/** Every field name that is read, for suggestions. */
export const FIELD_TEXTS: readonly string[] = [...byText.keys()]

/** The field of a name in any spelling; undefined if there is none. */
export function fieldByText(text: string): FieldName | undefined {
  const found = byText.get(text.toLowerCase())
  return found !== undefined && Object.hasOwn(OXM, found) ? found : undefined
}

/** A bit range as text gives it; `whole` when no bits were named. */
export interface Range {
  readonly field: FieldName
  readonly ofs: number
  readonly n_bits: number
  readonly whole: boolean
}

const RANGE = /^([A-Za-z_0-9]+)(?:\[(?:(\d+)(?:\.\.(\d+))?)?\])?$/

/** `NXM_NX_REG0[0..15]`, `reg0[3]`, `reg0[]`, `reg0`. */
export function parseRange(piece: Piece): Range {
  const found = RANGE.exec(piece.text)
  if (found === null) throw new TextError('syntax', piece.at, `no bit range: ${piece.text}`)
  const [, name = '', first, last] = found
  const plain = fieldByText(name)
  if (plain === undefined) throw unknownName('field', name, piece.at, FIELD_TEXTS)
  const field = name.toLowerCase() === 'in_port' ? 'nxm_of_in_port' : nxmField(plain)
  const bits = rangeBits(field)
  if (first === undefined) return { field, ofs: 0, n_bits: bits, whole: true }
  const ofs = Number(first)
  const end = last === undefined ? ofs : Number(last)
  if (end < ofs || end >= bits) {
    throw new TextError('bad_value', piece.at, `bits ${ofs}..${end} are not in the ${bits} bits of ${name}`)
  }
  return { field, ofs, n_bits: end - ofs + 1, whole: ofs === 0 && end === bits - 1 }
}

/** The most bits that an action's offset and count in 16 bits can say. */
const OFS_NBITS = 64

/** The same of at most 64 bits; `short`, of a field whose header has 32 bits: none of an experimenter. */
export function parseBits(piece: Piece, short = true): Range {
  const range = parseRange(piece)
  if (range.n_bits > OFS_NBITS) throw new TextError('bad_value', piece.at, `at most ${OFS_NBITS} bits can stand here`)
  if (short && oxmRow(range.field).experimenter !== undefined) {
    throw new TextError('bad_value', piece.at, `${piece.text} cannot stand here: it is a field of an experimenter`)
  }
  return range
}

// ---- ports ----------------------------------------------------------------------------------------------------

const RESERVED: ReadonlyMap<number, string> = new Map([
  [0xfff7, 'UNSET'],
  [0xfff8, 'IN_PORT'],
  [0xfff9, 'TABLE'],
  [0xfffa, 'NORMAL'],
  [0xfffb, 'FLOOD'],
  [0xfffc, 'ALL'],
  [0xfffd, 'CONTROLLER'],
  [0xfffe, 'LOCAL'],
  [0xffff, 'ANY'],
])
const reservedByName = new Map([...RESERVED].map(([number, name]) => [name, number]))
reservedByName.set('NONE', 0xffff)
const FIRST_RESERVED = 0xff00

/** 0xffffff00 and up, of OpenFlow 1.1 and later, are 0xff00 and up, as Open vSwitch has them. */
export function shortPort(port: number): number {
  return port >= 0xffffff00 ? port - 0xffff0000 : port
}

/** Name of a reserved port, name from the options, or number. */
export function formatPort(port: number, options: TextOptions = {}): string {
  const short = shortPort(port)
  const reserved = RESERVED.get(short)
  if (reserved !== undefined) return reserved
  const name = options.ports?.get(port)
  return name === undefined ? `${short}` : quoted(name)
}

/** True of a port number that stands behind `output:` and not for itself. */
export function isPlainPort(port: number): boolean {
  return shortPort(port) < FIRST_RESERVED || !RESERVED.has(shortPort(port))
}

/** Names that could be taken for something else stand in quotes, as ovs-ofctl --names has it. */
export function quoted(name: string): string {
  return /^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : JSON.stringify(name)
}

/** Number, reserved name, or a name of the options; `wide` gives reserved ports their 32 bit numbers. */
export function parsePort(piece: Piece, options: TextOptions, wide = true): number {
  const { text, at } = piece
  const widen = (port: number): number => (wide && port >= FIRST_RESERVED && port <= 0xffff ? port + 0xffff0000 : port)
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const port = Number(text)
    if (port > 0xffffffff || (!wide && port > 0xffff && port < 0xffffff00)) {
      throw new TextError('bad_value', at, `no port number: ${text}`)
    }
    return wide ? widen(port) : shortPort(port)
  }
  const reserved = reservedByName.get(text.toUpperCase())
  if (reserved !== undefined) return widen(reserved)
  const bare = text.startsWith('"') ? unquote(piece) : text
  for (const [port, name] of options.ports ?? []) if (name === bare) return port
  throw unknownName('port', text, at, [...reservedByName.keys(), ...(options.ports?.values() ?? [])])
}

/** Number of a table, or a name of the options. */
export function parseTable({ text, at }: Piece, options: TextOptions): number {
  if (/^\d+$/.test(text) && Number(text) <= 0xff) return Number(text)
  const bare = text.startsWith('"') ? unquote({ text, at }) : text
  for (const [table, name] of options.tableNames ?? []) if (name === bare) return table
  if (/^\d/.test(text)) throw new TextError('bad_value', at, `no table number: ${text}`)
  throw unknownName('table', text, at, options.tableNames?.values() ?? [])
}

function unquote({ text, at }: Piece): string {
  try {
    const name: unknown = JSON.parse(text)
    if (typeof name === 'string') return name
  } catch {
    // falls to the error below
  }
  throw new TextError('syntax', at, `no quoted name: ${text}`)
}
