/**
 * Matches as ovs-ofctl prints them: protocol names in front (`tcp`), then fields in a fixed order. Spellings of
 * one field (xreg and reg, vlan_vid and vlan_tci, tcp_src and udp_src) come out as one. It refuses to know
 * priorities and tables.
 */

import type { FieldName, Oxm } from '../spec/oxm.ts'
import { splitRegister } from './match-form.ts'
import { fieldBits, formatPort, plainField, type TextOptions } from './names.ts'
import { hex } from './scan.ts'
import {
  bigOf,
  CT_STATE,
  formatFlags,
  formatFlagsMasked,
  formatFrag,
  formatIpv4Masked,
  formatIpv6Masked,
  formatMacMasked,
  formatPacketType,
  formatValue,
  type Masked,
  octetsText,
  ones,
  TCP_FLAGS,
  TUN_FLAGS,
} from './values.ts'

export const ETH = {
  ip: 0x0800n,
  arp: 0x0806n,
  rarp: 0x8035n,
  ipv6: 0x86ddn,
  mpls: 0x8847n,
  mplsm: 0x8848n,
  nsh: 0x894fn,
}
const IP_PROTOCOLS: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 132: 'sctp' }
const IP6_PROTOCOLS: Readonly<Record<string, string>> = { 58: 'icmp6', 6: 'tcp6', 17: 'udp6', 132: 'sctp6' }
const OTHER_PROTOCOLS = new Map([
  [ETH.arp, 'arp'],
  [ETH.rarp, 'rarp'],
  [ETH.mpls, 'mpls'],
  [ETH.mplsm, 'mplsm'],
])

/** Bits of a field that there are; that others are off goes without saying. */
const KNOWN: Readonly<Partial<Record<FieldName, bigint>>> = {
  ct_state: ones(CT_STATE.length),
  tun_flags: ones(TUN_FLAGS.length),
  vlan_vid: 0x1fffn,
}

/** What is matched, by plain field; `tci` is VLAN id, presence and priority in one, as in vlan_tci. */
class Fields {
  readonly left = new Map<FieldName, Masked>()
  readonly unknown: string[] = []
  tci: Masked = { value: 0n, mask: 0n }

  constructor(match: readonly Oxm[]) {
    for (const oxm of match) {
      if (oxm.field === 'unknown') {
        this.unknown.push(`unknown_${oxm.class}_${oxm.id}=0x${octetsText(oxm.body)}`)
        continue
      }
      const value = bigOf(oxm.value)
      const mask = oxm.mask === undefined ? ones(bitsOf(oxm)) : bigOf(oxm.mask)
      const field = plainField(oxm.field)
      const known = KNOWN[field]
      this.#put(field, { value, mask: known === undefined || (value & ~known) !== 0n ? mask : mask & known })
    }
  }

  #put(field: FieldName, masked: Masked): void {
    const registers = splitRegister(field, masked)
    if (registers !== undefined) {
      for (const [register, part] of registers) if (part.mask !== 0n) this.#put(register, part)
    } else if (field === 'vlan_vid') this.#addTci(masked.value, masked.mask)
    else if (field === 'vlan_tci') this.#addTci(masked.value, masked.mask)
    else if (field === 'vlan_pcp') this.#addTci(masked.value << 13n, 0xe000n)
    else if (field === 'nw_tos') this.left.set('ip_dscp', { value: masked.value >> 2n, mask: 63n })
    else this.left.set(field, masked)
  }

  #addTci(value: bigint, mask: bigint): void {
    this.tci = { value: this.tci.value | value, mask: this.tci.mask | mask }
  }

  /** The field if it is matched on; it then counts as printed. */
  take(...fields: FieldName[]): Masked | undefined {
    for (const field of fields) {
      const masked = this.left.get(field)
      if (masked === undefined) continue
      this.left.delete(field)
      if (masked.mask !== 0n) return masked
    }
    return undefined
  }
}

function bitsOf(oxm: Oxm & { field: FieldName }): number {
  return oxm.value instanceof Uint8Array ? oxm.value.length * 8 : fieldBits(oxm.field)
}

type Style = (masked: Masked, bits: number) => string

const hexMasked: Style = ({ value, mask }, bits) => (mask === ones(bits) ? hex(value) : `${hex(value)}/${hex(mask)}`)
/** Zero with a mask is `0x0` here, of fields of 16 bits, and `0` in the others: so ovs-ofctl. */
const decimalMasked: Style = ({ value, mask }, bits) =>
  mask === ones(bits) ? `${value}` : `0x${value.toString(16)}/${hex(mask)}`
const octetMasked: Style = ({ value, mask }, bits) =>
  mask === ones(bits) ? `${value}` : `${digits(value, 2)}/${digits(mask, 2)}`
const decimal: Style = ({ value }) => `${value}`
const hexOnly: Style = ({ value }) => hex(value)
const digits = (value: bigint, width: number): string => `0x${value.toString(16).padStart(width, '0')}`
const flowLabel: Style = ({ value, mask }) => digits(value, 5) + (mask === ones(20) ? '' : `/${digits(mask, 5)}`)
const ctState: Style = ({ value, mask }) =>
  (mask & 0xffn) === 0xffn ? formatFlags(value, CT_STATE) : formatFlagsMasked({ value, mask }, CT_STATE)
const tcpFlags: Style = (masked) =>
  masked.mask === ones(12) ? formatFlags(masked.value, TCP_FLAGS) : formatFlagsMasked(masked, TCP_FLAGS)
const tunFlags: Style = (masked) => formatFlagsMasked(masked, TUN_FLAGS)
/** A mask is told even if it has all bits, since the option may have more; nothing is told of one without bits. */
function variable({ value, mask }: { value: Uint8Array; mask?: Uint8Array }): string {
  if (mask === undefined) return `=${hex(bigOf(value))}`
  return bigOf(mask) === 0n ? '' : `=${hex(bigOf(value))}/${hex(bigOf(mask))}`
}

/** Collects `name=value`. */
class Printer {
  readonly parts: string[] = []
  readonly fields: Fields

  constructor(fields: Fields) {
    this.fields = fields
  }

  show(name: string, style: Style, ...from: FieldName[]): void {
    const field = from.length > 0 ? from : [name as FieldName]
    const masked = this.fields.take(...field)
    if (masked !== undefined) this.parts.push(`${name}=${style(masked, fieldBits(field[0]!))}`)
  }
}

/** `priority` stands in front of the fields when it is not the default. */
export function matchParts(match: readonly Oxm[], options: TextOptions): string[] {
  const fields = new Fields(match)
  const p = new Printer(fields)
  const port: Style = ({ value }) => formatPort(Number(value), options)
  metadataFields(p, port)
  const packetType = fields.take('packet_type')
  if (packetType !== undefined && packetType.value !== 0n) {
    p.parts.push(`packet_type=${formatPacketType(packetType.value)}`)
  }
  const ethType = fields.left.get('eth_type')?.value
  const dlType =
    ethType ?? (packetType !== undefined && packetType.value >> 16n === 1n ? packetType.value & 0xffffn : 0n)
  const ipProto = fields.left.get('ip_proto')?.value
  protocolName(p)
  for (let i = 0; i < 16; i++) p.show(`reg${i}`, hexMasked)
  tunnelFields(p, match)
  p.show('metadata', hexMasked)
  p.show('in_port', port)
  p.show('in_phy_port', port)
  vlan(p)
  p.show('dl_src', formatMacMasked, 'eth_src')
  p.show('dl_dst', formatMacMasked, 'eth_dst')
  p.show('dl_type', ({ value }) => digits(value, 4), 'eth_type')
  networkFields(p, dlType)
  transportFields(p, dlType, ipProto)
  for (const [field, { value, mask }] of fields.left) {
    const part = mask === ones(fieldBits(field)) ? undefined : mask
    if (mask !== 0n) p.parts.push(`${field}=${formatValue(field, value, part, options)}`)
  }
  return [...p.parts, ...fields.unknown]
}

function metadataFields(p: Printer, port: Style): void {
  p.show('pkt_mark', hexMasked)
  p.show('recirc_id', hexOnly)
  p.show('dp_hash', hexMasked)
  p.show('conj_id', decimal)
  p.show('actset_output', port)
  p.show('ct_state', ctState)
  p.show('ct_zone', decimalMasked)
  p.show('ct_mark', hexMasked)
  p.show('ct_label', hexMasked)
  p.show('ct_nw_src', formatIpv4Masked)
  p.show('ct_ipv6_src', formatIpv6Masked)
  p.show('ct_nw_dst', formatIpv4Masked)
  p.show('ct_ipv6_dst', formatIpv6Masked)
  p.show('ct_nw_proto', decimal)
  p.show('ct_tp_src', decimalMasked)
  p.show('ct_tp_dst', decimalMasked)
}

/** `tcp` in place of dl_type and nw_proto, `ip` in place of dl_type. */
function protocolName(p: Printer): void {
  const { left } = p.fields
  const type = left.get('eth_type')?.value
  if (type === undefined) return
  const protocol = left.get('ip_proto')?.value
  const family = type === ETH.ip ? IP_PROTOCOLS : type === ETH.ipv6 ? IP6_PROTOCOLS : undefined
  if (family === undefined) {
    const other = OTHER_PROTOCOLS.get(type)
    if (other === undefined) return
    p.parts.push(other)
  } else {
    const name = protocol === undefined ? undefined : family[`${protocol}`]
    p.parts.push(name ?? (type === ETH.ip ? 'ip' : 'ipv6'))
    if (name !== undefined) left.delete('ip_proto')
  }
  left.delete('eth_type')
}

/** ovs-ofctl leaves out masks of some of these, and prints gtpu_flags, which it does not read. We do neither. */
function tunnelFields(p: Printer, match: readonly Oxm[]): void {
  p.show('tun_id', hexMasked, 'tunnel_id')
  p.show('tun_src', formatIpv4Masked)
  p.show('tun_dst', formatIpv4Masked)
  p.show('tun_ipv6_src', formatIpv6Masked)
  p.show('tun_ipv6_dst', formatIpv6Masked)
  p.show('tun_gbp_id', decimalMasked)
  p.show('tun_gbp_flags', hexMasked)
  p.show('tun_erspan_ver', decimalMasked)
  p.show('tun_erspan_idx', hexMasked)
  p.show('tun_erspan_dir', decimalMasked)
  p.show('tun_erspan_hwid', hexMasked)
  p.show('tun_gtpu_flags', hexMasked)
  p.show('tun_gtpu_msgtype', decimalMasked)
  p.show('tun_flags', tunFlags)
  for (let i = 0; i < 64; i++) {
    const field = `tun_metadata${i}` as FieldName
    if (!p.fields.left.delete(field)) continue
    const oxm = match.find((found) => found.field === field) as { value: Uint8Array; mask?: Uint8Array }
    p.parts.push(field + variable(oxm))
  }
}

function vlan(p: Printer): void {
  const { value, mask } = p.fields.tci
  if (mask === 0n) return
  const vid = mask & 0xfffn
  const pcp = mask & 0xe000n
  const whole = (vid === 0n || vid === 0xfffn) && (pcp === 0n || pcp === 0xe000n) && (vid | pcp) !== 0n
  if (mask & 0x1000n && value & 0x1000n && whole) {
    if (vid !== 0n) p.parts.push(`dl_vlan=${value & 0xfffn}`)
    if (pcp !== 0n) p.parts.push(`dl_vlan_pcp=${value >> 13n}`)
  } else p.parts.push(`vlan_tci=${digits(value, 4)}${mask === 0xffffn ? '' : `/${digits(mask, 4)}`}`)
}

function networkFields(p: Printer, dlType: bigint): void {
  const arp = dlType === ETH.arp || dlType === ETH.rarp
  if (dlType === ETH.ipv6) {
    p.show('ipv6_src', formatIpv6Masked)
    p.show('ipv6_dst', formatIpv6Masked)
    p.show('ipv6_label', flowLabel, 'ipv6_flabel')
  } else if (arp) {
    p.show('arp_spa', formatIpv4Masked)
    p.show('arp_tpa', formatIpv4Masked)
  } else if (dlType === ETH.nsh) {
    p.show('nsh_flags', octetMasked)
    for (const name of ['nsh_ttl', 'nsh_mdtype', 'nsh_np'] as const) p.show(name, decimal)
    p.show('nsh_spi', ({ value }) => `0x${value.toString(16)}`)
    p.show('nsh_si', decimal)
    for (const name of ['nsh_c1', 'nsh_c2', 'nsh_c3', 'nsh_c4'] as const) p.show(name, hexMasked)
  } else {
    p.show('nw_src', formatIpv4Masked, 'ipv4_src')
    p.show('nw_dst', formatIpv4Masked, 'ipv4_dst')
  }
  p.show('nw_proto', decimal, 'ip_proto')
  if (arp) {
    p.show('arp_op', decimal)
    p.show('arp_sha', formatMacMasked)
    p.show('arp_tha', formatMacMasked)
  }
  p.show('nw_tos', ({ value }) => `${value << 2n}`, 'ip_dscp')
  p.show('nw_ecn', decimal, 'ip_ecn')
  p.show('nw_ttl', decimal)
  for (const name of ['mpls_label', 'mpls_tc', 'mpls_ttl', 'mpls_bos'] as const) p.show(name, decimal)
  p.show('nw_frag', formatFrag)
}

function transportFields(p: Printer, dlType: bigint, ipProto: bigint | undefined): void {
  if (dlType === ETH.ip && ipProto === 1n) {
    p.show('icmp_type', decimal, 'icmpv4_type')
    p.show('icmp_code', decimal, 'icmpv4_code')
  } else if (dlType === ETH.ipv6 && ipProto === 58n) {
    p.show('icmp_type', decimal, 'icmpv6_type')
    p.show('icmp_code', decimal, 'icmpv6_code')
    p.show('nd_target', formatIpv6Masked, 'ipv6_nd_target')
    p.show('nd_sll', formatMacMasked, 'ipv6_nd_sll')
    p.show('nd_tll', formatMacMasked, 'ipv6_nd_tll')
    p.show('nd_reserved', decimal)
    p.show('nd_options_type', decimal)
  } else {
    p.show('tp_src', decimalMasked, 'tcp_src', 'udp_src', 'sctp_src')
    p.show('tp_dst', decimalMasked, 'tcp_dst', 'udp_dst', 'sctp_dst')
  }
  p.show('tcp_flags', tcpFlags)
}

/** `tcp,reg0=0x100,tp_dst=443`; the empty text for a match of everything. */
export function formatMatch(match: readonly Oxm[], options: TextOptions = {}): string {
  return matchParts(match, options).join(',')
}
