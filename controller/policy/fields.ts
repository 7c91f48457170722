/**
 * Words for writing rows: matches, actions and instructions as the compiler needs them, and a set of rows that belongs
 * to one compilation unit. It refuses to know tables' meaning (pipeline.ts) and policy. Used by the compile-*.ts files.
 */

import {
  type Action,
  CONTROLLER_NO_BUFFER,
  type FieldName,
  type Instruction,
  type Oxm,
  PORT_CONTROLLER,
} from 'node-openflow'
import type { Address, Prefix } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { type Flow, flowKey } from './program.ts'

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, vlan: 0x8100, mpls: 0x8847, lldp: 0x88cc } as const
/** ICMPv6 types of neighbour discovery (RFC 4861). */
export const ND = { routerSolicit: 133, routerAdvert: 134, redirect: 137, solicit: 135, advert: 136 } as const

/** Octets of a packet that the controller needs to see who sent it: Ethernet, IPv6 and the first of layer 4. */
export const HEADERS_ONLY = 128
export const WHOLE_PACKET = CONTROLLER_NO_BUFFER

/** Rows by flowKey. */
export type Rows = Map<string, Flow>

/** Rows as a unit keeps them: a map, or one row that takes less room than a map. */
export interface KeptRows {
  readonly size: number
  has(key: string): boolean
  forEach(take: (flow: Flow, key: string) => void): void
}

export class OneRow implements KeptRows {
  readonly #key: string
  readonly #flow: Flow

  constructor(key: string, flow: Flow) {
    this.#key = key
    this.#flow = flow
  }

  get size(): number {
    return 1
  }

  has(key: string): boolean {
    return key === this.#key
  }

  forEach(take: (flow: Flow, key: string) => void): void {
    take(this.#flow, this.#key)
  }
}

/** Keys and flows in turn: shorter than a map, and searched as fast while it is short. */
class FewRows implements KeptRows {
  readonly #list: readonly (string | Flow)[]

  constructor(rows: Rows) {
    const list = new Array<string | Flow>(2 * rows.size)
    let at = 0
    for (const [key, flow] of rows) {
      list[at++] = key
      list[at++] = flow
    }
    this.#list = list
  }

  get size(): number {
    return this.#list.length / 2
  }

  has(key: string): boolean {
    return this.#list.includes(key)
  }

  forEach(take: (flow: Flow, key: string) => void): void {
    for (let at = 0; at < this.#list.length; at += 2) take(this.#list[at + 1] as Flow, this.#list[at] as string)
  }
}

export const NO_ROWS: KeptRows = new Map()
/** Beyond this a map is worth its room. */
const FEW = 12

/** The same rows in as little room as they need; they are not changed any more. */
export function kept(rows: Rows): KeptRows {
  if (rows.size > FEW) return rows
  if (rows.size > 1) return new FewRows(rows)
  for (const [key, flow] of rows) return new OneRow(key, flow)
  return NO_ROWS
}

/** What a row does with a packet; nothing is a drop. */
export interface Then {
  actions?: Action[]
  goto?: number
  meter?: number
}

/** The instructions of a drop; shared, as they are many. */
const NOTHING: readonly Instruction[] = []

/** A match, and its flowKey in some table and priority. */
export interface KeyedMatch {
  key: string
  match: readonly Oxm[]
}

export function keyed(table: number, priority: number, match: readonly Oxm[]): KeyedMatch {
  return { key: flowKey(table, priority, match), match: exactly(match) }
}

/** Collects the rows of one unit. */
export class RowSet {
  readonly rows: Rows = new Map()
  readonly unit: string
  readonly #cookie: bigint
  /** What the last row does: one after the other, many do the same. */
  #then: Then = {}
  #instructions = NOTHING

  constructor(unit: string, cookie: bigint) {
    this.unit = unit
    this.#cookie = cookie
  }

  add(table: number, priority: number, match: readonly Oxm[], then: Then, cookie = this.#cookie): void {
    const { actions, goto, meter } = this.#then
    if (then.actions !== actions || then.goto !== goto || then.meter !== meter) {
      this.#then = then
      this.#instructions = instructions(then)
    }
    this.addMade(table, priority, keyed(table, priority, match), this.#instructions, cookie)
  }

  /** Adds a row of parts that other rows have too. */
  addMade(
    table: number,
    priority: number,
    { key, match }: KeyedMatch,
    does: readonly Instruction[],
    cookie = this.#cookie,
  ): void {
    this.rows.set(key, { table, priority, match, instructions: does, cookie, unit: this.unit })
  }
}

/** Of each table one, as most rows go on to some table. */
const GOTO: Instruction[] = []

export function goingTo(table: number): Instruction {
  GOTO[table] ??= { type: 'goto_table', table_id: table }
  return GOTO[table]
}

export function instructions({ actions = [], goto, meter }: Then): readonly Instruction[] {
  const acting: Instruction | undefined =
    actions.length === 0 ? undefined : { type: 'apply_actions', actions: exactly(actions) }
  if (meter === undefined) {
    if (goto === undefined) return acting === undefined ? NOTHING : [acting]
    return acting === undefined ? [goingTo(goto)] : [acting, goingTo(goto)]
  }
  const found: Instruction[] = [{ type: 'meter', meter_id: meter }]
  if (acting !== undefined) found.push(acting)
  if (goto !== undefined) found.push(goingTo(goto))
  return exactly(found)
}

/** A copy without the room to grow that a list has which was put together from several: a third of its size, or less. */
function exactly<T>(list: readonly T[]): T[] {
  return list.slice()
}

/** Made once each: what rows are made of is never changed, so they share it. */
const type = (value: number): Oxm => ({ field: 'eth_type', value })
const IPV4 = type(ETHERTYPE.ipv4)
const IPV6 = type(ETHERTYPE.ipv6)
const ARP = type(ETHERTYPE.arp)
const ARP_REQUEST: Oxm = { field: 'arp_op', value: 1 }
const ARP_REPLY: Oxm = { field: 'arp_op', value: 2 }
const ICMPV6: Oxm = { field: 'ip_proto', value: PROTOCOL.icmpv6 }

export const is = {
  ipv4: (): Oxm => IPV4,
  ipv6: (): Oxm => IPV6,
  arp: (): Oxm => ARP,
  arpRequest: (): Oxm[] => [ARP, ARP_REQUEST],
  arpReply: (): Oxm[] => [ARP, ARP_REPLY],
  icmpv6: (type: number): Oxm[] => [IPV6, ICMPV6, { field: 'icmpv6_type', value: type }],
}

/** Ethertype and source address. */
export function from(address: Address): Oxm[] {
  return address.family === 4
    ? [is.ipv4(), { field: 'ipv4_src', value: Number(address.value) }]
    : [is.ipv6(), { field: 'ipv6_src', value: address.value }]
}

/** Ethertype and destination address. */
export function to(address: Address): Oxm[] {
  return address.family === 4
    ? [is.ipv4(), { field: 'ipv4_dst', value: Number(address.value) }]
    : [is.ipv6(), { field: 'ipv6_dst', value: address.value }]
}

/** Ethertype and a prefix of the source or destination address. */
export function within(prefix: Prefix, end: 'src' | 'dst'): Oxm[] {
  const { family, value, length } = prefix
  const type = family === 4 ? is.ipv4() : is.ipv6()
  if (length === 0) return [type]
  const width = family === 4 ? 32n : 128n
  const mask = ((1n << BigInt(length)) - 1n) << (width - BigInt(length))
  if (family === 6) return [type, { field: `ipv6_${end}`, value, mask }]
  return [type, { field: `ipv4_${end}`, value: Number(value), mask: Number(mask) }]
}

export function load(field: Extract<FieldName, `reg${number}`>, value: number): Action {
  return { type: 'set_field', field: { field, value } }
}

/** Sets one bit of the flags register. @param flag Its value, a power of two. */
export function setFlag(flag: number): Action {
  return { type: 'nx_reg_load', ofs_nbits: { ofs: Math.log2(flag), n_bits: 1 }, dst: 'reg8', value: 1n }
}

/** Copies the low bits of one field into the low bits of another. */
export function move(src: FieldName, dst: FieldName, bits: number): Action {
  return { type: 'nx_reg_move', n_bits: bits, src_ofs: 0, dst_ofs: 0, src, dst }
}

export function output(port: number): Action {
  return { type: 'output', port, max_len: 0 }
}

export function toController(maxLength: number): Action {
  return { type: 'output', port: PORT_CONTROLLER, max_len: maxLength }
}

/** Aligned blocks (value, mask over 16 bits) that together are the numbers `first` to `last`: as few as there can be. */
export function blocks(first: number, last: number): { value: number; mask: number }[] {
  const found: { value: number; mask: number }[] = []
  let at = first
  while (at <= last) {
    let size = at === 0 ? 0x10000 : at & -at
    while (at + size - 1 > last) size /= 2
    found.push({ value: at, mask: 0xffff & ~(size - 1) })
    at += size
  }
  return found
}
