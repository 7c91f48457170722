/**
 * Values of fields in text: one way of writing for each `print` of the field tables, masks, flags by name. Values
 * are bigints here, whatever the width, so that one arithmetic serves all. It knows no messages and no actions.
 */

import { type FieldName, type Oxm, oxmRow } from '../spec/oxm.ts'
import { TextError, unknownName } from './error.ts'
import { fieldBits, fieldText, formatPort, parsePort, type TextOptions } from './names.ts'
import { hex, type Piece, parseBig, slice } from './scan.ts'

/** Value and mask; the mask has all bits of the field where there was none. */
export interface Masked {
  readonly value: bigint
  readonly mask: bigint
}

export const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n

const NAMELESS = '[Unknown]'

/** Names of flag bits by bit number. */
type FlagNames = readonly (string | undefined)[]

export const CT_STATE: FlagNames = ['new', 'est', 'rel', 'rpl', 'inv', 'trk', 'snat', 'dnat']
export const TCP_FLAGS: FlagNames = [
  'fin',
  'syn',
  'rst',
  'psh',
  'ack',
  'urg',
  'ece',
  'cwr',
  'ns',
  '[200]',
  '[400]',
  '[800]',
]
export const TUN_FLAGS: FlagNames = ['oam']

const FLAGS: Readonly<Record<string, FlagNames>> = { ct_state: CT_STATE, tcp_flags: TCP_FLAGS, tun_flags: TUN_FLAGS }

// ---- out ------------------------------------------------------------------------------------------------------

export function formatMac(value: bigint): string {
  return value.toString(16).padStart(12, '0').match(/../g)!.join(':')
}

export function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
}

/** RFC 5952, with the last 32 bits as an IPv4 address where inet_ntop (C) has them so. */
export function formatIpv6(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  let best = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let n = 0
    while (i + n < 8 && words[i + n] === 0) n++
    if (n > longest) {
      best = i
      longest = n
    }
  }
  const dotted = best === 0 && (longest === 6 || (longest === 5 && words[5] === 0xffff))
  const parts = words.map((word) => word.toString(16))
  if (dotted) parts.splice(6, 2, formatIpv4(value & 0xffffffffn))
  if (best < 0) return parts.join(':')
  return `${parts.slice(0, best).join(':')}::${parts.slice(best + longest).join(':')}`
}

/** `/24` if the mask is a prefix, else the mask as an address. */
function addressMask(mask: bigint, bits: number, format: (value: bigint) => string): string {
  if (mask === ones(bits)) return ''
  const hole = mask ^ ones(bits)
  if ((hole & (hole + 1n)) !== 0n) return `/${format(mask)}`
  return `/${bits - (hole === 0n ? 0 : hole.toString(2).length)}`
}

export const formatIpv4Masked = ({ value, mask }: Masked): string =>
  formatIpv4(value) + addressMask(mask, 32, formatIpv4)

export const formatIpv6Masked = ({ value, mask }: Masked): string =>
  formatIpv6(value) + addressMask(mask, 128, formatIpv6)

export const formatMacMasked = ({ value, mask }: Masked): string =>
  mask === ones(48) ? formatMac(value) : `${formatMac(value)}/${formatMac(mask)}`

/** `new|trk`; bits without a name as a number behind. */
export function formatFlags(value: bigint, names: FlagNames, separator = '|'): string {
  const out: string[] = []
  let rest = value
  names.forEach((name, bit) => {
    if (name !== undefined && (value >> BigInt(bit)) & 1n) {
      out.push(name)
      rest &= ~(1n << BigInt(bit))
    }
  })
  if (rest !== 0n || out.length === 0) out.push(hex(rest))
  return out.join(separator)
}

/** `-new+trk`: every bit of the mask, set or not. */
export function formatFlagsMasked({ value, mask }: Masked, names: FlagNames): string {
  let out = ''
  for (let bit = 0; mask >> BigInt(bit) !== 0n; bit++) {
    if ((mask >> BigInt(bit)) & 1n) out += ((value >> BigInt(bit)) & 1n ? '+' : '-') + (names[bit] ?? NAMELESS)
  }
  return out
}

/** Fragment bits of Open vSwitch: 1 any fragment, 2 a later one. */
export function formatFrag({ value, mask }: Masked): string {
  if (mask === 3n) return ['no', 'first', '<error>', 'later'][Number(value & 3n)]!
  if (mask === 1n) return value & 1n ? 'yes' : 'no'
  return value & 2n ? 'later' : 'not_later'
}

export function formatPacketType(value: bigint): string {
  if (value === 0n) return 'eth'
  const digits = (part: bigint): string => (part > 9n ? hex(part) : `${part}`)
  return `(${digits(value >> 16n)},${digits(value & 0xffffn)})`
}

/** One value as set_field and learn have it; `mask` undefined where all bits count. */
export function formatValue(field: FieldName, value: bigint, mask: bigint | undefined, options: TextOptions): string {
  const row = oxmRow(field)
  const part = mask === ones(row.size * 8) ? undefined : mask
  const masked = { value, mask: part ?? ones(fieldBits(field)) }
  switch (row.print) {
    case 'mac':
      return formatMacMasked(masked)
    case 'ipv4':
      return formatIpv4Masked(masked)
    case 'ipv6':
      return formatIpv6Masked(masked)
    case 'port':
      return formatPort(Number(value), options)
    case 'ct_state':
      return formatFlagsMasked(masked, CT_STATE)
    case 'tcp_flags':
      return part === undefined ? formatFlags(value, TCP_FLAGS) : formatFlagsMasked(masked, TCP_FLAGS)
    case 'tun_flags':
      // One bit: it counts, or none does.
      return (masked.mask & 1n) === 0n ? '0/0' : formatFlags(value, TUN_FLAGS)
    case 'frag':
      return formatFrag(masked)
    case 'packet_type':
      return formatPacketType(value)
    case 'hex':
    case 'octets':
      return hex(value) + (part === undefined ? '' : `/${hex(part)}`)
    default:
      return `${value}${part === undefined ? '' : `/${hex(part)}`}`
  }
}

/** The octets of a variable field as a number. */
export function bigOf(value: number | bigint | Uint8Array): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value)
  let out = 0n
  for (const octet of value) out = (out << 8n) | BigInt(octet)
  return out
}

export function octetsOf(value: bigint, size: number): Uint8Array {
  const out = new Uint8Array(size)
  for (let i = size - 1, rest = value; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n)
  return out
}

/** The field of set_field, `value->name`. */
export function formatOxm(oxm: Oxm, options: TextOptions): string {
  if (oxm.field === 'unknown') return `0x${octetsText(oxm.body)}->${oxm.class}:${oxm.id}`
  const mask = oxm.mask === undefined ? undefined : bigOf(oxm.mask)
  const text = mask === 0n ? 'ANY' : formatValue(oxm.field, bigOf(oxm.value), mask, options)
  return `${text}->${fieldText(oxm.field)}`
}

/** Two hexadecimal digits per octet, with a separator between octets. */
export const octetsText = (octets: Uint8Array, separator = ''): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(separator)

// ---- in -------------------------------------------------------------------------------------------------------

/** Octets in hexadecimal, with `0x` in front or not, a dot behind each or not. */
export function parseOctets({ text, at }: Piece): Uint8Array {
  const digits = text.replace(/^0x/i, '')
  if (!/^([0-9a-f]{2}\.?)*$/i.test(digits)) throw new TextError('bad_value', at, 'hexadecimal octets wanted')
  return Uint8Array.from(digits.replaceAll('.', '').matchAll(/../g), ([octet]) => Number.parseInt(octet, 16))
}

export function parseMac({ text, at }: Piece): bigint {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new TextError('bad_value', at, `no Ethernet address: ${text || 'nothing'}`)
  }
  return text.split(':').reduce((sum, octet) => (sum << 8n) | BigInt(`0x${octet}`), 0n)
}

export function parseIpv4({ text, at }: Piece): bigint {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    throw new TextError('bad_value', at, `no IPv4 address: ${text || 'nothing'}`)
  }
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

export function parseIpv6(whole: Piece): bigint {
  const wrong = new TextError('bad_value', whole.at, `no IPv6 address: ${whole.text || 'nothing'}`)
  let { text } = whole
  const dotted = /[^:]*\.[^:]*$/.exec(text)
  if (dotted !== null) {
    const low = parseIpv4({ text: dotted[0], at: whole.at + dotted.index })
    text = `${text.slice(0, dotted.index)}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`
  }
  const halves = text.split('::')
  if (halves.length > 2) throw wrong
  const words = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (!words.flat().every((word) => /^[0-9a-f]{1,4}$/i.test(word))) throw wrong
  const missing = 8 - words.flat().length
  if (halves.length === 2 ? missing < 1 : missing !== 0) throw wrong
  const all = [...words[0]!, ...Array<string>(missing).fill('0'), ...(words[1] ?? [])]
  return all.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n)
}

/** `address/24`, `address/mask`, `address`. */
function parseAddress(whole: Piece, bits: number, parse: (piece: Piece) => bigint): Masked {
  const slash = whole.text.indexOf('/')
  if (slash < 0) return { value: parse(whole), mask: ones(bits) }
  const value = parse(slice(whole, 0, slash))
  const part = slice(whole, slash + 1)
  if (/^\d+$/.test(part.text)) {
    const length = Number(part.text)
    if (length > bits) throw new TextError('bad_mask', part.at, `prefix of ${length} in ${bits} bits`)
    const mask = ones(bits) ^ ones(bits - length)
    return { value: value & mask, mask }
  }
  const mask = parse(part)
  return { value: value & mask, mask }
}

/** `+trk-new` (masked), `new|trk` or a number (whole), `0x1/0x3`. */
function parseFlags(whole: Piece, names: FlagNames, bits: number): Masked {
  const { text, at } = whole
  const bitOf = (name: string, offset: number): bigint => {
    const bit = names.indexOf(name)
    if (bit < 0)
      throw unknownName(
        'flag',
        name,
        at + offset,
        names.filter((n) => n !== undefined),
      )
    return 1n << BigInt(bit)
  }
  if (/^[+-]/.test(text)) {
    let value = 0n
    let mask = 0n
    let place = 0n
    for (const found of text.matchAll(/([+-])([^+-]*)/g)) {
      // A bit without a name stands among all others, in their order.
      const nameless = found[2] === NAMELESS && place < BigInt(bits)
      const bit = nameless ? 1n << place : bitOf(found[2]!, found.index + 1)
      place++
      if (mask & bit) throw new TextError('duplicate', at + found.index, `${found[2]} twice`)
      mask |= bit
      if (found[1] === '+') value |= bit
    }
    return { value, mask }
  }
  if (/^\d/.test(text)) return parseInteger(whole, bits)
  let value = 0n
  for (const found of text.matchAll(/[^|]+/g)) value |= bitOf(found[0], found.index)
  return { value, mask: ones(bits) }
}

/** `value`, `value/mask`. */
export function parseInteger(whole: Piece, bits: number): Masked {
  const slash = whole.text.indexOf('/')
  if (slash < 0) return { value: parseBig(whole, bits), mask: ones(bits) }
  const value = parseBig(slice(whole, 0, slash), bits)
  const part = slice(whole, slash + 1)
  const wide = parseBig(part, Math.ceil(bits / 8) * 8)
  const mask = wide & ones(bits)
  return { value: value & mask, mask }
}

/** Octets that a number needs; none for 0. */
export const octetsIn = (value: bigint): number => (value === 0n ? 0 : Math.ceil(value.toString(16).length / 2))

/** Value (and mask, `explicit` then) of a field of variable length: as many octets as they need. */
export function parseVariable(field: FieldName, whole: Piece): Masked & { size: number; explicit?: true } {
  const most = oxmRow(field).size
  const slash = whole.text.indexOf('/')
  const value = parseBig(slash < 0 ? whole : slice(whole, 0, slash), most * 8)
  if (slash < 0) return { value, mask: ones(octetsIn(value) * 8), size: octetsIn(value) }
  const mask = parseBig(slice(whole, slash + 1), most * 8)
  return { value: value & mask, mask, size: octetsIn(value | mask), explicit: true }
}

const FRAG: Readonly<Record<string, Masked>> = {
  no: { value: 0n, mask: 3n },
  yes: { value: 1n, mask: 1n },
  first: { value: 1n, mask: 3n },
  later: { value: 3n, mask: 3n },
  not_later: { value: 0n, mask: 2n },
}

/** Value and mask of a field as text gives them; the mask is whole where there is none. */
export function parseValue(field: FieldName, whole: Piece, options: TextOptions): Masked {
  const row = oxmRow(field)
  const bits = fieldBits(field)
  const masked = parseKind(field, row.print, bits, whole, options)
  if (masked.mask !== ones(bits) && !row.maskable) {
    throw new TextError('bad_mask', whole.at, `${fieldText(field)} takes no mask`)
  }
  return masked
}

function parseKind(field: FieldName, print: string, bits: number, whole: Piece, options: TextOptions): Masked {
  switch (print) {
    case 'mac': {
      const slash = whole.text.indexOf('/')
      if (slash < 0) return { value: parseMac(whole), mask: ones(48) }
      const mask = parseMac(slice(whole, slash + 1))
      return { value: parseMac(slice(whole, 0, slash)) & mask, mask }
    }
    case 'ipv4':
      return parseAddress(whole, 32, parseIpv4)
    case 'ipv6':
      return parseAddress(whole, 128, parseIpv6)
    case 'port':
      return { value: BigInt(parsePort(whole, options, oxmRow(field).size === 4)), mask: ones(bits) }
    case 'ct_state':
    case 'tcp_flags':
    case 'tun_flags':
      return parseFlags(whole, FLAGS[print]!, bits)
    case 'frag': {
      const found = FRAG[whole.text]
      if (found !== undefined) return found
      if (/^\d/.test(whole.text)) return parseInteger(whole, bits)
      throw unknownName('kind of fragment', whole.text, whole.at, Object.keys(FRAG))
    }
    case 'packet_type': {
      if (whole.text === 'eth') return { value: 0n, mask: ones(32) }
      const found = /^\((0x[0-9a-f]+|\d+),(0x[0-9a-f]+|\d+)\)$/i.exec(whole.text)
      if (found === null) return parseInteger(whole, bits)
      const value = (BigInt(found[1]!) << 16n) | BigInt(found[2]!)
      return parseInteger({ text: `${value}`, at: whole.at }, bits)
    }
    default:
      return parseInteger(whole, bits)
  }
}
