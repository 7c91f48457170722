/**
 * Tunnels as a switch sees them: which Geneve option is which `tun_metadata` field (the TLV table of
 * `nx_tlv_table_mod`, with Open vSwitch's errors), what a packet brings with it that comes in through the end of a
 * tunnel, and what it takes along when it leaves there. Ends are of Open vSwitch's kind `remote_ip=flow`, `key=flow`:
 * `tun_dst` and `tun_id` of the packet say where it goes. What was set stays with the packet, whatever it is sent
 * through. Not simulated: the outer headers' octets, TTL and DSCP, fragments and checksums, other kinds of tunnels.
 * Knows nothing of flows but whether they name a field.
 */

import type { MessageNamed } from '../spec/message.ts'
import type { FieldName, Oxm } from '../spec/oxm.ts'
import { type Frame, optionIndex, width } from './frame.ts'
import { readNumber } from './parse.ts'
import { Refusal } from './refusal.ts'
import type { State } from './state.ts'

export type TunnelKind = 'geneve' | 'vxlan'

/** An underlay address: a number is one of IPv4, a bigint one of IPv6. */
export type UnderlayAddress = number | bigint

/** A port that is the end of tunnels, with the address that others reach it by. */
export interface TunnelEnd {
  readonly kind: TunnelKind
  readonly address: UnderlayAddress
}

export interface GeneveOption {
  readonly option_class: number
  /** With 0x80, a receiver that does not know it drops the packet (RFC 8926, section 3.5). */
  readonly option_type: number
  /** A multiple of 4 octets. */
  readonly data: Uint8Array
}

/** What a frame is carried in between two ends. */
export interface TunnelHeader {
  readonly kind: TunnelKind
  readonly src: UnderlayAddress
  readonly dst: UnderlayAddress
  /** 24 bits: VNI. */
  readonly id: number
  /** Geneve: the packet is for the other end itself. */
  readonly oam: boolean
  /** Geneve: options, by the fields that they came from. */
  readonly options: readonly GeneveOption[]
  /** VXLAN: the group policy's identity (16 bits) and flags (8 bits). */
  readonly gbp: { readonly id: number; readonly flags: number }
}

export type OptionMapping = Omit<MessageNamed<'nx_tlv_table_mod'>['mappings'][number], 'index'>
type Options = ReadonlyMap<number, OptionMapping>

/** Octets of all options together, fields, and octets of one option. */
const MAX_SPACE = 256
const MAX_FIELDS = 64
const MAX_OPTION = 124

const refused = (code: 'bad_command' | 'bad_opt_len' | 'bad_field_idx' | 'table_full' | 'already_mapped'): Refusal =>
  new Refusal('nx_tlv_table_mod_failed', code)

/** All of the mappings or none. Those that a flow names stay: they are neither deleted nor cleared. */
export function tlvTableMod(state: State, { command, mappings }: MessageNamed<'nx_tlv_table_mod'>): void {
  if (typeof command === 'number') throw refused('bad_command')
  for (const { option_len, index } of mappings) {
    if (option_len % 4 !== 0 || option_len > MAX_OPTION) throw refused('bad_opt_len')
    if (index >= MAX_FIELDS) throw refused('bad_field_idx')
  }
  const options = new Map(command === 'clear' ? [] : state.options)
  if (command === 'add') for (const mapping of mappings) addMapping(options, mapping)
  if (command === 'delete') for (const { index } of mappings) options.delete(index)
  for (const index of state.options.keys()) {
    if (!options.has(index) && isNamed(state, index)) {
      throw new Refusal('nx_tlv_table_mod_failed', 'invalid_tlv_del', `tun_metadata${index}`)
    }
  }
  state.options = options
}

function addMapping(
  options: Map<number, OptionMapping>,
  { index, option_class, option_type, option_len }: OptionMapping & { index: number },
): void {
  if (options.has(index)) throw refused('already_mapped')
  const all = [...options.values()]
  if (all.some((one) => one.option_class === option_class && one.option_type === option_type)) {
    throw new Refusal('nx_tlv_table_mod_failed', 'dup_entry')
  }
  if (all.reduce((sum, one) => sum + one.option_len, option_len) > MAX_SPACE) throw refused('table_full')
  options.set(index, { option_class, option_type, option_len })
}

/** Whether a flow's match or actions have the field. */
function isNamed(state: State, index: number): boolean {
  const name = `tun_metadata${index}`
  const names = (part: unknown): boolean =>
    part === name || (typeof part === 'object' && part !== null && Object.values(part).some(names))
  return [...state.tables.values()].some(({ flows }) =>
    flows.some(({ match, instructions }) => names(match) || names(instructions)),
  )
}

export function tlvTableReply({ options }: State, xid: number): MessageNamed<'nx_tlv_table_reply'> {
  const mappings = [...options].sort(([one], [other]) => one - other).map(([index, its]) => ({ ...its, index }))
  return { type: 'nx_tlv_table_reply', xid, max_option_space: MAX_SPACE, max_fields: MAX_FIELDS, mappings }
}

/** Width in bits of a field on a switch with this table. Throws Refusal where the field stands for nothing there. */
export function fieldWidth(field: FieldName, options: Options): number {
  const index = optionIndex(field)
  return index === undefined ? width(field) : mapped(options, index).option_len * 8
}

function mapped(options: Options, index: number): OptionMapping {
  const mapping = options.get(index)
  if (mapping === undefined) {
    throw new Refusal('flow_mod_failed', 'nx_invalid_tlv_field', `tun_metadata${index} is not mapped`)
  }
  return mapping
}

/** A field of tunnel options as long as the table has it: filled up in front, cut behind. Others as they are. */
export function fitted(oxm: Oxm, options: Options): Oxm {
  const index = optionIndex(oxm.field)
  if (index === undefined || !(oxm.value instanceof Uint8Array)) return oxm
  const size = mapped(options, index).option_len
  const fit = (octets: Uint8Array): Uint8Array => {
    const out = new Uint8Array(size)
    const kept = octets.subarray(0, size)
    out.set(kept, size - kept.length)
    return out
  }
  if (oxm.mask instanceof Uint8Array) return { ...oxm, value: fit(oxm.value), mask: fit(oxm.mask) } as Oxm
  return { field: oxm.field, value: fit(oxm.value) } as Oxm
}

/** Big-endian octets of a number. */
export function octetsOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn))
}

const ADDRESSES = {
  src: ['tun_src', 'tun_ipv6_src'],
  dst: ['tun_dst', 'tun_ipv6_dst'],
} as const satisfies Record<string, readonly [FieldName, FieldName]>

/** What a packet brings with it; undefined if it is dropped for an option: a critical one unknown, or a wrong length. */
export function received(header: TunnelHeader, options: Options): Map<string, bigint> | undefined {
  const meta = new Map<string, bigint>()
  const put = (field: FieldName, value: bigint): void => {
    if (value !== 0n) meta.set(field, value)
  }
  for (const side of ['src', 'dst'] as const) {
    const address = header[side]
    put(ADDRESSES[side][typeof address === 'bigint' ? 1 : 0], BigInt(address))
  }
  put('tunnel_id', BigInt(header.id))
  put('tun_flags', header.oam ? 1n : 0n)
  put('tun_gbp_id', BigInt(header.gbp.id))
  put('tun_gbp_flags', BigInt(header.gbp.flags))
  for (const { option_class, option_type, data } of header.options) {
    const known = [...options].find(([, one]) => one.option_class === option_class && one.option_type === option_type)
    if (known === undefined) {
      if ((option_type & 0x80) !== 0) return undefined
      continue
    }
    const [index, { option_len }] = known
    if (data.length !== option_len) return undefined
    meta.set(`tun_metadata${index}`, readNumber(data, 0, data.length))
  }
  return meta
}

/** `tun_dst` of a packet; 0 if it has none. */
export function tunnelDestination(frame: Frame): UnderlayAddress {
  const four = Number(frame.get('tun_dst'))
  const six = frame.get('tun_ipv6_dst')
  return four === 0 && six !== 0n ? six : four
}

/**
 * What a packet is carried in that leaves through an end; undefined if it does not: it has no destination, or this
 * very switch.
 */
export function sentThrough(
  frame: Frame,
  end: TunnelEnd,
  options: Options,
  own: UnderlayAddress,
): TunnelHeader | undefined {
  const dst = tunnelDestination(frame)
  if (BigInt(dst) === 0n || dst === own || dst === end.address) return undefined
  const geneve = end.kind === 'geneve'
  const present = [...options].sort(([one], [other]) => one - other).filter(([index]) => frame.has(nameOf(index)))
  return {
    kind: end.kind,
    src: end.address,
    dst,
    id: Number(frame.get('tunnel_id') & 0xff_ffffn),
    oam: geneve && frame.get('tun_flags') === 1n,
    options: (geneve ? present : []).map(([index, { option_class, option_type, option_len }]) => ({
      option_class,
      option_type,
      data: octetsOf(frame.get(nameOf(index)), option_len),
    })),
    gbp: geneve
      ? { id: 0, flags: 0 }
      : { id: Number(frame.get('tun_gbp_id')), flags: Number(frame.get('tun_gbp_flags')) },
  }
}

const nameOf = (index: number): FieldName => `tun_metadata${index}` as FieldName
