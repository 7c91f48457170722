/**
 * A packet on its way through the pipeline: its octets, and the values that travel with it (in_port, registers,
 * metadata, connection state, the tunnel it came through or is to go through). Every field of either kind is read and written by its name, as a bigint; a field
 * that is not there reads as zero. Registers overlap: xreg N is reg 2N and 2N+1, xxreg N is reg 4N .. 4N+3.
 * Refuses to know flows and actions; whether a write makes sense was decided when the flow was installed.
 */

import { type FieldName, type FieldRef, type Oxm, oxmRow } from '../spec/oxm.ts'
import { BOTTOM, ETH_MPLS, type Layout, MAX_LABELS, parse, readNumber } from './parse.ts'
import { popMpls, popVlan, pushMpls, pushVlan, withPlace } from './rewrite.ts'

/** The one name of a field that has several spellings. */
export function plain(name: FieldName): FieldName {
  if (name === 'nxm_of_in_port') return name
  return (oxmRow(name).twin as FieldName | undefined) ?? name
}

/** VLAN headers in one of Open vSwitch's flows. */
export const MAX_TAGS = 2

const VLAN_PRESENT = 0x1000n
/** Reserved port numbers start here in 16 bits, and 0xffff0000 above in 32. */
const RESERVED_16 = 0xff00n
const RESERVED_SHIFT = 0xffff0000n

/** A 16 bit port number of a Nicira action as OpenFlow 1.3 writes it. */
export function widePort(port: bigint): bigint {
  return port >= RESERVED_16 ? port + RESERVED_SHIFT : port
}

const WIDE_REGISTER = /^(x+)reg(\d+)$/

/** Registers that a wide one is made of, high first. */
function parts(name: string): FieldName[] | undefined {
  const wide = WIDE_REGISTER.exec(name)
  if (wide === null) return undefined
  const count = wide[1] === 'x' ? 2 : 4
  const first = Number(wide[2]) * count
  return Array.from({ length: count }, (_, i) => `reg${first + i}` as FieldName)
}

const OPTION = 'tun_metadata'

/** Whether it is a field of tunnel options. */
export function isOption(name: string): boolean {
  return name.startsWith(OPTION)
}

/** The index of a field of tunnel options; undefined for other fields. */
export function optionIndex(name: string): number | undefined {
  return isOption(name) ? Number(name.slice(OPTION.length)) : undefined
}

/** Width in bits; of a field of tunnel options the most that there may be: the TLV table says how many there are. */
export function width(name: FieldName): number {
  const row = oxmRow(name)
  return row.bits ?? row.size * 8
}

export function value(oxm: Oxm): bigint {
  if (oxm.value instanceof Uint8Array) return readNumber(oxm.value, 0, oxm.value.length)
  return typeof oxm.value === 'bigint' ? oxm.value : BigInt(typeof oxm.value === 'number' ? oxm.value : 0)
}

/** The mask, all bits of the field if there is none. */
export function mask(oxm: Oxm): bigint {
  if (typeof oxm.mask === 'bigint') return oxm.mask
  if (typeof oxm.mask === 'number') return BigInt(oxm.mask)
  if (oxm.mask instanceof Uint8Array) return readNumber(oxm.mask, 0, oxm.mask.length)
  if (oxm.value instanceof Uint8Array) return (1n << BigInt(oxm.value.length * 8)) - 1n
  return oxm.field === 'unknown' ? 0n : (1n << BigInt(width(oxm.field))) - 1n
}

export class Frame {
  octets: Uint8Array
  layout: Layout
  readonly meta: Map<string, bigint>

  constructor(octets: Uint8Array, meta: ReadonlyMap<string, bigint> = new Map()) {
    this.octets = octets
    this.layout = parse(octets)
    this.meta = new Map(meta)
  }

  copy(): Frame {
    const copy = new Frame(this.octets, this.meta)
    copy.layout = this.layout
    return copy
  }

  /** Other octets, of which `tags` VLAN tags are seen. */
  replace(octets: Uint8Array, tags = this.layout.tags): void {
    this.octets = octets
    this.layout = parse(octets, tags)
  }

  /** Open vSwitch keeps two tags: the inner of two is lost. */
  pushVlan(ethertype: number): void {
    const { vlan, tags } = this.layout
    if (vlan !== undefined && tags >= MAX_TAGS) this.replace(popVlan(this.octets, vlan + 4), tags - 1)
    this.replace(pushVlan(this.octets, ethertype), this.layout.tags + 1)
  }

  popVlan(): void {
    const { vlan, tags } = this.layout
    if (vlan !== undefined) this.replace(popVlan(this.octets, vlan), tags - 1)
  }

  /**
   * A label in front of what is there. The first takes TTL and class from the IP header; Open vSwitch gives it the
   * explicit null of the packet's family (RFC 3032). What is behind it is not seen any more. Four are too many: false.
   */
  pushMpls(ethertype: number): boolean {
    const { l3, tags, ip } = this.layout
    const there = this.#labels()
    if (there >= MAX_LABELS) return false
    let entry = there > 0 ? readNumber(this.octets, l3, 4) & ~BOTTOM : BOTTOM | 64n
    if (there === 0) {
      const label = this.get('eth_type') === 0x86ddn ? 2n : 0n
      const ttl = this.get('nw_ttl')
      entry = (label << 12n) | BOTTOM | (ip !== undefined && ttl !== 0n ? ttl : 64n)
      if (ip !== undefined) entry |= (this.get('ip_dscp') & 7n) << 9n
      for (const name of ORIGINAL) this.meta.delete(name)
    }
    this.replace(pushMpls(this.octets, l3, entry, ethertype), tags)
    return true
  }

  /**
   * Takes the first label, and all of them where no label is to follow (Open vSwitch; section 5.12 leaves it open).
   * False where the stack is deeper than what is seen of it. None: nothing happens.
   */
  popMpls(ethertype: number): boolean {
    const { l3, labels, tags } = this.layout
    const there = this.#labels()
    if (there === 0) return true
    const last = readNumber(this.octets, l3 + labels * 4 - 4, 4)
    if (there >= MAX_LABELS && (last & BOTTOM) === 0n) return false
    const count = ETH_MPLS.has(ethertype) ? 1 : there
    this.replace(popMpls(this.octets, l3, count, ethertype), tags)
    return true
  }

  /** Labels as Open vSwitch counts them: to the bottom, or those that are not all zeros. */
  #labels(): number {
    const { l3, labels } = this.layout
    const entries = Array.from({ length: labels }, (_, i) => readNumber(this.octets, l3 + i * 4, 4))
    const bottom = entries.findIndex((entry) => (entry & BOTTOM) !== 0n)
    return bottom < 0 ? entries.filter((entry) => entry !== 0n).length : bottom + 1
  }

  /** Whether a tunnel option is there: one with zeros is something else than none. */
  has(name: FieldName): boolean {
    return this.meta.has(name)
  }

  remove(name: FieldName): void {
    this.meta.delete(name)
  }

  /** The packet is looked at afresh, as when it comes in. */
  reparse(): void {
    this.layout = parse(this.octets)
  }

  get(given: FieldName): bigint {
    const name = plain(given)
    if (name === 'nxm_of_in_port') return this.get('in_port') & 0xffffn
    if (name === 'vlan_tci' || name === 'vlan_vid') {
      if (this.layout.vlan === undefined) return 0n
      const tci = readNumber(this.octets, this.layout.vlan + 2, 2) | VLAN_PRESENT
      return name === 'vlan_tci' ? tci : tci & 0x1fffn
    }
    if (name === 'nw_tos') return this.get('ip_dscp') << 2n
    const registers = parts(name)
    if (registers !== undefined) return registers.reduce((sum, reg) => (sum << 32n) | this.get(reg), 0n)
    const derived = this.layout.derived.get(name)
    if (derived !== undefined) return derived
    const place = this.layout.places.get(name)
    if (place === undefined) return this.meta.get(name) ?? 0n
    const window = (1n << BigInt(place.bits)) - 1n
    return (readNumber(this.octets, place.at, place.size) >> BigInt(place.shift)) & window
  }

  /** Writes a header field where it stands; a header field that is not there stays so. */
  set(given: FieldName, to: bigint): void {
    const name = plain(given)
    if (name === 'nxm_of_in_port') this.set('in_port', widePort(to))
    else if (name === 'vlan_tci') this.#setTci(to)
    else if (name === 'vlan_vid') this.#setTci((this.get('vlan_tci') & 0xe000n) | (to & 0xfffn) | VLAN_PRESENT)
    else if (name === 'nw_tos') this.set('ip_dscp', to >> 2n)
    else if (parts(name) !== undefined) this.#setRegisters(parts(name)!, to)
    else if (isHeader(name)) {
      const place = this.layout.places.get(name)
      if (place !== undefined) this.replace(withPlace(this.octets, this.layout, place, to))
    } else if (to === 0n && !isOption(name)) this.meta.delete(name)
    else this.meta.set(name, to)
  }

  #setTci(tci: bigint): void {
    if ((tci & VLAN_PRESENT) === 0n) {
      this.popVlan()
      return
    }
    if (this.layout.vlan === undefined) this.pushVlan(0x8100)
    const octets = this.octets.slice()
    const fresh = Number(tci & 0xefffn)
    octets.set([fresh >>> 8, fresh & 0xff], this.layout.vlan! + 2)
    this.replace(octets)
  }

  #setRegisters(registers: readonly FieldName[], to: bigint): void {
    registers.forEach((reg, i) => {
      this.set(reg, (to >> BigInt(32 * (registers.length - 1 - i))) & 0xffffffffn)
    })
  }

  /** The bits of a field under a mask. */
  setMasked(name: FieldName, to: bigint, under: bigint): void {
    this.set(name, (this.get(name) & ~under) | (to & under))
  }

  getBits(name: FieldName, offset: number, count: number): bigint {
    return (this.get(name) >> BigInt(offset)) & ((1n << BigInt(count)) - 1n)
  }

  setBits(name: FieldName, offset: number, count: number, to: bigint): void {
    const window = (1n << BigInt(count)) - 1n
    this.setMasked(name, (to & window) << BigInt(offset), window << BigInt(offset))
  }
}

/** Fields that stand in the octets: they are there, or they are zero and cannot be written. */
const HEADER =
  /^(eth_(dst|src|type)|vlan_pcp|ip_(dscp|ecn|proto)|nw_ttl|nw_frag|ipv[46]_(src|dst)|ipv6_(flabel|nd_.*)|nd_.*|(tcp|udp|sctp)_(src|dst)|tcp_flags|mpls_(label|tc|bos|ttl)|icmpv[46]_(type|code)|arp_.*)$/

/** The original direction's addresses and ports, which Open vSwitch forgets with the network header. */
const ORIGINAL: readonly FieldName[] = [
  'ct_nw_src',
  'ct_nw_dst',
  'ct_ipv6_src',
  'ct_ipv6_dst',
  'ct_tp_src',
  'ct_tp_dst',
]

function isHeader(name: string): boolean {
  return HEADER.test(name)
}

/** A field that an action names; undefined for one that no row describes. */
export function refName(ref: FieldRef): FieldName | undefined {
  return typeof ref === 'string' ? ref : undefined
}
