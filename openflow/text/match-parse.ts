/**
 * Matches out of text: every spelling that ovs-ofctl reads, in any order. The result is what ovs-ofctl sends
 * (`match-form.ts`). Prerequisites that are missing are errors, where ovs-ofctl drops the field.
 */

import { checkMatch } from '../spec/match.ts'
import { type FieldName, type Oxm, oxmRow } from '../spec/oxm.ts'
import { TextError, unknownName } from './error.ts'
import { ETH } from './match.ts'
import { type MatchPart, sentForm, splitRegister } from './match-form.ts'
import { FIELD_TEXTS, fieldBits, fieldByText, parseRange, plainField, type TextOptions } from './names.ts'
import { givenValue, type KeyValue, keyValue, type Piece, parseBig, parseNumber, piece, splitList } from './scan.ts'
import { type Masked, octetsIn, octetsOf, ones, parseInteger, parseValue, parseVariable } from './values.ts'

/** eth_type and ip_proto that a protocol's name stands for. */
const PROTOCOLS: Readonly<Record<string, readonly [bigint, bigint?]>> = {
  eth: [0n],
  ip: [ETH.ip],
  ipv4: [ETH.ip],
  icmp: [ETH.ip, 1n],
  tcp: [ETH.ip, 6n],
  udp: [ETH.ip, 17n],
  sctp: [ETH.ip, 132n],
  ipv6: [ETH.ipv6],
  ip6: [ETH.ipv6],
  icmp6: [ETH.ipv6, 58n],
  tcp6: [ETH.ipv6, 6n],
  udp6: [ETH.ipv6, 17n],
  sctp6: [ETH.ipv6, 132n],
  arp: [ETH.arp],
  rarp: [ETH.rarp],
  mpls: [ETH.mpls],
  mplsm: [ETH.mplsm],
}

/** Names whose field depends on what else is matched. */
const GENERIC = new Set(['tp_src', 'tp_dst', 'icmp_type', 'icmp_code', 'nw_proto', 'ip_proto', 'nw_src', 'nw_dst'])
const OTHERS = ['dl_vlan', 'vlan_tci', 'nw_tos', ...Object.keys(PROTOCOLS), ...GENERIC]
const TRANSPORT: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

const ICMPV4 = { protocol: 1n, type: 'icmpv4_type', code: 'icmpv4_code' } as const
const ICMPV6 = { protocol: 58n, type: 'icmpv6_type', code: 'icmpv6_code' } as const

/** What has been read; names that depend on others wait until all is read. */
export class MatchBuilder {
  readonly #fields = new Map<FieldName, MatchPart>()
  readonly #waiting: { name: string; value: Piece }[] = []
  readonly #tci: { value: bigint; mask: bigint; at: number } = { value: 0n, mask: 0n, at: 0 }
  readonly #options: TextOptions

  constructor(options: TextOptions) {
    this.#options = options
  }

  /** Takes `tcp`, `reg0=1`, `reg0[0..3]=1`; false if the name is none of a match. */
  take(part: KeyValue): boolean {
    const { key, value } = part
    const name = key.text.toLowerCase()
    const protocol = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined
    if (protocol !== undefined && value === undefined) {
      this.#protocol(name, protocol, key.at)
      return true
    }
    if (name.includes('[')) {
      this.#range(key, givenValue({ key, value }))
      return true
    }
    if (this.#vlan(name, key, value)) return true
    if (GENERIC.has(name)) {
      this.#waiting.push({ name, value: givenValue({ key, value }) })
      return true
    }
    const field = fieldByText(name)
    if (field === undefined) return false
    if (/^tun_metadata/.test(field)) this.#tunMetadata(field, key, value)
    else if (field === 'nw_tos') this.#tos(key, givenValue({ key, value }))
    else this.#put(plainField(field), parseValue(plainField(field), givenValue({ key, value }), this.#options), key.at)
    return true
  }

  #put(field: FieldName, masked: Masked, at: number): void {
    const registers = splitRegister(field, masked)
    if (registers !== undefined) {
      for (const [register, part] of registers) this.#put(register, part, at)
      return
    }
    const before = this.#fields.get(field)
    if (before !== undefined && (before.size !== undefined || (before.masked.mask & masked.mask) !== 0n)) {
      throw new TextError('duplicate', at, `${field} twice`)
    }
    const value = masked.value | (before?.masked.value ?? 0n)
    const mask = masked.mask | (before?.masked.mask ?? 0n)
    this.#fields.set(field, { masked: { value, mask }, at })
  }

  #exact(field: FieldName, value: bigint, at: number): void {
    this.#put(field, { value, mask: ones(fieldBits(field)) }, at)
  }

  #protocol(name: string, [ethType, ipProto]: readonly [bigint, bigint?], at: number): void {
    if (name === 'eth') {
      this.#exact('packet_type', 0n, at)
      return
    }
    this.#exact('eth_type', ethType, at)
    if (ipProto !== undefined) this.#exact('ip_proto', ipProto, at)
  }

  #range(key: Piece, value: Piece): void {
    const { field, ofs, n_bits } = parseRange(key)
    const plain = plainField(field)
    const low = parseBig(value, n_bits)
    const shift = BigInt(ofs)
    if (!oxmRow(plain).maskable && n_bits !== fieldBits(plain)) {
      throw new TextError('bad_mask', key.at, `${plain} takes no mask`)
    }
    const masked = { value: low << shift, mask: ones(n_bits) << shift }
    if (plain === 'vlan_tci' || plain === 'vlan_vid') this.#addTci(masked, key)
    else if (oxmRow(plain).variable)
      this.#putVariable(plain, { ...masked, size: octetsIn(masked.mask), explicit: true }, key)
    else this.#put(plain, masked, key.at)
  }

  /** VLAN id, presence and priority gather in one number of 16 bits, as in a tag. */
  #vlan(name: string, key: Piece, value: Piece | undefined): boolean {
    let masked: Masked
    if (name === 'dl_vlan') {
      const vid = parseNumber(givenValue({ key, value }), 16)
      if (vid !== 0xffff && vid > 0xfff) throw new TextError('bad_value', value!.at, `no VLAN id: ${vid}`)
      masked = { value: vid === 0xffff ? 0n : BigInt(vid) | 0x1000n, mask: 0x1fffn }
    } else if (name === 'dl_vlan_pcp' || name === 'vlan_pcp') {
      const pcp = BigInt(parseNumber(givenValue({ key, value }), 3))
      masked = { value: (pcp << 13n) | 0x1000n, mask: 0xf000n }
    } else if (name === 'vlan_vid') masked = parseInteger(givenValue({ key, value }), 13)
    else if (name === 'vlan_tci') {
      masked = parseInteger(givenValue({ key, value }), 16)
      // No tag at all: priority means nothing then.
      if (masked.value === 0n && masked.mask === 0xffffn) masked = { value: 0n, mask: 0x1fffn }
    } else return false
    this.#addTci(masked, key)
    return true
  }

  #addTci(masked: Masked, key: Piece): void {
    const both = this.#tci.mask & masked.mask
    const twice = both !== 0n && (both !== 0x1000n || (this.#tci.value & both) !== (masked.value & both))
    if (twice) throw new TextError('duplicate', key.at, 'VLAN id or priority twice')
    this.#tci.value |= masked.value
    this.#tci.mask |= masked.mask
    this.#tci.at = key.at
  }

  #tos(key: Piece, value: Piece): void {
    const tos = parseNumber(value, 8)
    if (tos & 3) throw new TextError('bad_value', value.at, `${tos} has bits of nw_ecn`)
    this.#exact('ip_dscp', BigInt(tos >> 2), key.at)
  }

  /** Without value any value of the option. */
  #tunMetadata(field: FieldName, key: Piece, value: Piece | undefined): void {
    const any = { value: 0n, mask: 0n, size: 0, explicit: true } as const
    this.#putVariable(field, value === undefined ? any : parseVariable(field, value), key)
  }

  #putVariable(field: FieldName, variable: Masked & { size: number; explicit?: true }, key: Piece): void {
    if (this.#fields.has(field)) throw new TextError('duplicate', key.at, `${field} twice`)
    const { value, mask, size, explicit } = variable
    const part = { masked: { value, mask }, at: key.at, size }
    this.#fields.set(field, explicit ? { ...part, explicit } : part)
  }

  /** As it is matched, or as a packet type other than Ethernet implies it. */
  #ethType(): bigint | undefined {
    const packetType = this.#fields.get('packet_type')?.masked.value
    if (packetType !== undefined && packetType >> 16n === 1n) return packetType & 0xffffn
    return this.#fields.get('eth_type')?.masked.value
  }

  #resolve(name: string, value: Piece): void {
    const ethType = this.#ethType()
    const arp = ethType === ETH.arp || ethType === ETH.rarp
    let field: FieldName
    if (name === 'nw_proto' || name === 'ip_proto') field = arp ? 'arp_op' : 'ip_proto'
    else if (name === 'nw_src') field = arp ? 'arp_spa' : 'ipv4_src'
    else if (name === 'nw_dst') field = arp ? 'arp_tpa' : 'ipv4_dst'
    else {
      const protocol = this.#fields.get('ip_proto')?.masked.value
      const side = name.slice(-3)
      if (name.startsWith('tp_')) {
        const transport = protocol === undefined ? undefined : TRANSPORT[`${protocol}`]
        const icmp = ethType === ETH.ipv6 ? ICMPV6 : ICMPV4
        if (protocol === icmp.protocol) field = side === 'src' ? icmp.type : icmp.code
        else if (transport === undefined) throw new TextError('missing', value.at, `${name} needs tcp, udp or sctp`)
        else field = `${transport}_${side}` as FieldName
      } else field = `${ethType === ETH.ipv6 ? 'icmpv6' : 'icmpv4'}${name.slice(4)}` as FieldName
    }
    this.#put(field, parseValue(field, value, this.#options), value.at)
  }

  #resolveTci(): void {
    const { value, mask, at } = this.#tci
    if (mask === 0n) return
    const pcp = mask >> 13n
    if (pcp === 0n) this.#put('vlan_vid', { value, mask }, at)
    else if (pcp === 7n && mask & value & 0x1000n) {
      this.#put('vlan_vid', { value: value & 0x1fffn, mask: mask & 0x1fffn }, at)
      this.#exact('vlan_pcp', value >> 13n, at)
    } else this.#put('vlan_tci', { value, mask }, at)
  }

  /** The fields; throws when one comes without what it needs. */
  finish(): Oxm[] {
    const first = (name: string): number => (/^(nw|ip)_proto$/.test(name) ? 0 : 1)
    for (const { name, value } of this.#waiting.sort((a, b) => first(a.name) - first(b.name)))
      this.#resolve(name, value)
    this.#resolveTci()
    const sent = sentForm(this.#fields)
    const out = sent.map(([field, part]) => toOxm(field, part))
    // A packet type stands for the Ethernet type of what has no Ethernet header.
    const implied = this.#fields.has('eth_type') ? undefined : this.#ethType()
    const fault = checkMatch(implied === undefined ? out : [{ field: 'eth_type', value: Number(implied) }, ...out])
    if (fault !== undefined) {
      const index = implied === undefined ? fault.index : fault.index - 1
      throw new TextError('missing', sent[index]![1].at, fault.detail)
    }
    return out
  }
}

/**
 * Numbers up to 48 bits, bigints above, octets where the length varies; no mask if it has all bits, unless it is to
 * be there.
 */
export function toOxm(field: FieldName, part: { masked: Masked; size?: number; explicit?: true }): Oxm {
  const { masked, size } = part
  const row = oxmRow(field)
  const octets = size ?? row.size
  const bits = size === undefined ? fieldBits(field) : size * 8
  const of = (value: bigint): number | bigint | Uint8Array => {
    if (row.variable) return octetsOf(value, octets)
    return row.size <= 6 ? Number(value) : value
  }
  const out = { field, value: of(masked.value) }
  return (masked.mask === ones(bits) && !part.explicit ? out : { ...out, mask: of(masked.mask) }) as Oxm
}

/** Names that a match can have, for suggestions. */
export const MATCH_TEXTS: readonly string[] = [...new Set([...FIELD_TEXTS, ...OTHERS])]

/** `tcp,reg0=0x100,tp_dst=443` as match fields. Throws TextError. */
export function parseMatch(text: string, options: TextOptions = {}): Oxm[] {
  const builder = new MatchBuilder(options)
  for (const part of splitList(piece(text))) {
    const parsed = keyValue(part)
    if (!builder.take(parsed)) throw unknownName('field', parsed.key.text, part.at, MATCH_TEXTS)
  }
  return builder.finish()
}
