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

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, lldp: 0x88cc } as const
/** ICMPv6 types of neighbour discovery (RFC 4861). */
export const ND = { routerSolicit: 133, redirect: 137, solicit: 135, advert: 136 } as const

/** Octets of a packet that the controller needs to see who sent it: Ethernet, IPv6 and the first of layer 4. */
export const HEADERS_ONLY = 128
export const WHOLE_PACKET = CONTROLLER_NO_BUFFER

/** Rows by flowKey. */
export type Rows = Map<string, Flow>

/** What a row does with a packet; nothing is a drop. */
export interface Then {
  actions?: Action[]
  goto?: number
  meter?: number
}

/** The instructions of a drop; shared, as they are many. */
const NOTHING: readonly Instruction[] = []

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

  add(table: number, priority: number, match: Oxm[], then: Then, cookie = this.#cookie): void {
    const key = flowKey(table, priority, match)
    const { actions, goto, meter } = this.#then
    if (then.actions !== actions || then.goto !== goto || then.meter !== meter) {
      this.#then = then
      this.#instructions = instructions(then)
    }
    this.rows.set(key, { table, priority, match, instructions: this.#instructions, cookie, unit: this.unit })
  }
}

export function instructions({ actions, goto, meter }: Then): readonly Instruction[] {
  const acts = actions !== undefined && actions.length > 0
  if (meter === undefined) {
    if (goto === undefined) return acts ? [{ type: 'apply_actions', actions }] : NOTHING
    if (!acts) return [{ type: 'goto_table', table_id: goto }]
    return [
      { type: 'apply_actions', actions },
      { type: 'goto_table', table_id: goto },
    ]
  }
  const found: Instruction[] = [{ type: 'meter', meter_id: meter }]
  if (acts) found.push({ type: 'apply_actions', actions })
  if (goto !== undefined) found.push({ type: 'goto_table', table_id: goto })
  return found
}

export const is = {
  ipv4: (): Oxm => ({ field: 'eth_type', value: ETHERTYPE.ipv4 }),
  ipv6: (): Oxm => ({ field: 'eth_type', value: ETHERTYPE.ipv6 }),
  arp: (): Oxm => ({ field: 'eth_type', value: ETHERTYPE.arp }),
  arpRequest: (): Oxm[] => [is.arp(), { field: 'arp_op', value: 1 }],
  arpReply: (): Oxm[] => [is.arp(), { field: 'arp_op', value: 2 }],
  icmpv6: (type: number): Oxm[] => [
    is.ipv6(),
    { field: 'ip_proto', value: PROTOCOL.icmpv6 },
    { field: 'icmpv6_type', value: type },
  ],
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
