/**
 * The space that packets and registers live in, field by field: what is known of a field, what a row asks of it, and
 * whether the two can meet. A region is a product of such values (a cube in the words of header space analysis, Kazemian
 * et al., NSDI 2012), plus families: registers that stand for a whole set of identities or places at once. It refuses to
 * know tables, rows' effects and policy.
 */
import { type FieldName, type Oxm, oxmRow } from 'node-openflow'

/** Numbers where a field has at most 48 bits, bigints where it has more. */
export type Exact = number | bigint

/** Some bits are known. */
export interface Masked {
  readonly kind: 'masked'
  readonly value: bigint
  readonly mask: bigint
}

/** One of these values. */
export interface OneOf {
  readonly kind: 'set'
  readonly set: ReadonlySet<Exact>
}

/**
 * A register that holds a number of the family of senders or receivers; or the port or the switch of whoever the
 * receiver is. What it holds differs from member to member, so it is looked at only when a table asks for it.
 */
export interface Ref {
  readonly kind: 'ref'
  readonly of: 'sender' | 'receiver' | 'port' | 'place'
  /** Set: only so many bits hold the number, from the lowest; of the others some are known. */
  readonly low?: { readonly bits: number; readonly value: bigint; readonly mask: bigint }
}

/** Any value but some, which may be many. */
export interface Other {
  readonly kind: 'other'
  /** Of equal names, the same values. */
  readonly than: string
  excludes(value: Exact): boolean
}

/** What is known of a field; undefined: nothing. */
export type Val = Exact | Masked | OneOf | Ref | Other | undefined

export interface Test {
  readonly field: number
  readonly value: Exact
  /** undefined: all bits. */
  readonly mask: bigint | undefined
  /** The mask of a field of at most 32 bits, as a signed number. */
  readonly mask32?: number
}

const NAMES: string[] = []
const INDEX = new Map<string, number>()
const BITS: number[] = []
const ALL: bigint[] = []

/** The number of a field; spellings of one field have one number. */
export function fieldOf(name: string): number {
  const known = INDEX.get(name)
  if (known !== undefined) return known
  const row = oxmRow(name as FieldName)
  const plain = row.twin ?? name
  let index = plain === name ? undefined : INDEX.get(plain)
  if (index === undefined) {
    const its = plain === name ? row : oxmRow(plain as FieldName)
    index = NAMES.length
    NAMES.push(plain)
    // Options of Geneve have the length that geneve.ts gives them.
    const bits = plain.startsWith('tun_metadata') ? 32 : (its.bits ?? its.size * 8)
    BITS.push(bits)
    ALL.push((1n << BigInt(bits)) - 1n)
    INDEX.set(plain, index)
  }
  INDEX.set(name, index)
  return index
}

export function fieldName(field: number): string {
  return NAMES[field] as string
}

export function bitsOf(field: number): number {
  return BITS[field] as number
}

/** A mask of all bits of a field. */
export function allBits(field: number): bigint {
  return ALL[field] as bigint
}

const TCI = 'vlan_tci'
/** Those that count till the end come first: what is known of a region late in the pipeline is a short array. */
export const FIELD = Object.fromEntries(
  (
    [
      ...Array.from({ length: 16 }, (_, index) => `reg${index}`),
      ...['eth_type', 'ct_state', 'ct_mark', 'ip_proto', 'nw_frag', 'tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type'],
      ...['icmpv6_type', 'icmpv4_code', 'icmpv6_code', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', 'ct_zone', 'tcp_flags'],
      ...['conj_id', 'metadata', 'in_port', 'eth_dst', 'ipv4_dst', 'ipv6_dst', 'eth_src', 'ipv4_src', 'ipv6_src', TCI],
      ...['arp_op', 'arp_spa', 'arp_tpa', 'arp_sha', 'arp_tha', 'ipv6_nd_target', 'ipv6_nd_sll', 'ipv6_nd_tll'],
      ...['ip_dscp', 'ip_ecn', 'nw_ttl', 'tcp_src', 'udp_src', 'sctp_src'],
    ] as const
  ).map((name) => [name, fieldOf(name)]),
) as Readonly<Record<string, number>> & { in_port: number }

export function field(name: string): number {
  return FIELD[name] ?? fieldOf(name)
}

const WIDE = /^(x+)reg(\d+)$/

/** Bits of a field, in the fields that hold them: wide registers are made of registers, VLAN fields of the tag. */
export function partsOf(name: string): { field: number; bits: number; at: number; inField: number }[] {
  const wide = WIDE.exec(name)
  if (wide !== null) {
    const count = wide[1] === 'x' ? 2 : 4
    const first = Number(wide[2]) * count
    return Array.from({ length: count }, (_, index) => ({
      field: field(`reg${first + index}`),
      bits: 32,
      at: 32 * (count - 1 - index),
      inField: 0,
    }))
  }
  if (name === 'vlan_vid') return [{ field: field(TCI), bits: 13, at: 0, inField: 0 }]
  if (name === 'vlan_pcp') return [{ field: field(TCI), bits: 3, at: 0, inField: 13 }]
  if (name === 'nw_tos') return [{ field: field('ip_dscp'), bits: 6, at: 2, inField: 0 }]
  if (name === 'nxm_of_in_port') return [{ field: field('in_port'), bits: 32, at: 0, inField: 0 }]
  const its = fieldOf(name)
  return [{ field: its, bits: bitsOf(its), at: 0, inField: 0 }]
}

/** What a match asks; undefined where it names a field that no row describes. */
export function testsOf(match: readonly Oxm[]): Test[] | undefined {
  const tests: Test[] = []
  for (const oxm of match) {
    if (oxm.field === 'unknown' || typeof oxm.value === 'object' || typeof oxm.mask === 'object') return undefined
    if (isPlain(oxm)) {
      tests.push({ field: fieldOf(oxm.field), value: oxm.value as Exact, mask: undefined })
      continue
    }
    const value = BigInt(oxm.value)
    for (const part of partsOf(oxm.field)) {
      const window = (1n << BigInt(part.bits)) - 1n
      const mask = oxm.mask === undefined ? window : (BigInt(oxm.mask) >> BigInt(part.at)) & window
      if (mask === 0n) continue
      const shifted = ((value >> BigInt(part.at)) & mask) << BigInt(part.inField)
      add(tests, part.field, shifted, mask << BigInt(part.inField))
    }
  }
  return tests
}

/** The usual case: a field of its own, all bits. */
export function isPlain(oxm: Oxm): boolean {
  if (oxm.mask !== undefined || oxm.field === 'unknown' || MAY_BE_PART.has(oxm.field.charCodeAt(0))) return false
  return !oxm.field.startsWith('tun_m')
}

/** First letters of names of fields that are bits of others, or made of others. */
const MAY_BE_PART = new Set(Array.from('vxn', (letter) => letter.charCodeAt(0)))

function add(tests: Test[], its: number, value: bigint, mask: bigint): void {
  const all = allBits(its)
  const at = tests.findIndex(({ field: other }) => other === its)
  const before = at < 0 ? undefined : tests[at]
  const whole = before === undefined ? mask : mask | (before.mask ?? all)
  const sum = before === undefined ? value : value | BigInt(before.value)
  const test = testOf(its, exact(its, sum), whole === all ? undefined : whole)
  if (at < 0) tests.push(test)
  else tests[at] = test
}

function testOf(its: number, value: Exact, mask: bigint | undefined): Test {
  if (mask === undefined) return { field: its, value, mask }
  return bitsOf(its) > 32 ? { field: its, value, mask } : { field: its, value, mask, mask32: Number(mask) | 0 }
}

/** A value as this field keeps it. */
export function exact(its: number, value: bigint): Exact {
  return bitsOf(its) <= 48 ? Number(value) : value
}

export function isExact(val: Val): val is Exact {
  return typeof val === 'number' || typeof val === 'bigint'
}

/** Bits of a value under a mask. */
export function under(value: Exact, mask: bigint): bigint {
  return BigInt(value) & mask
}

function isUnder(val: Exact, { value, mask, mask32 }: Test): boolean {
  if (mask32 !== undefined && typeof val === 'number') return (val & mask32) === ((value as number) | 0)
  return under(val, mask as bigint) === BigInt(value)
}

/** Who a family's members are, for registers that stand for one. */
export interface Members {
  has(ref: Ref['of'], value: Exact): boolean
  /** Whether some, or all, are so; of those who are not known, some may be, and not all are. */
  any(ref: Ref['of'], is: (value: number) => boolean): boolean
  every(ref: Ref['of'], is: (value: number) => boolean): boolean
}

/** Whether the number of a member, where it stands, passes a test. */
export function passes({ low }: Ref, { value, mask }: Test): (member: number) => boolean {
  const asked = low === undefined ? mask : (mask ?? -1n) & ((1n << BigInt(low.bits)) - 1n)
  if (asked === undefined) return (member) => member === Number(value)
  const wanted = BigInt(value) & asked
  return (member) => (BigInt(member) & asked) === wanted
}

/** Whether the bits beside the number may pass a test, and whether they do for certain. */
function passesBeside({ low }: Ref, { field: its, value, mask = allBits(its) }: Test): { may: boolean; does: boolean } {
  if (low === undefined) return { may: true, does: true }
  const asked = mask & ~((1n << BigInt(low.bits)) - 1n)
  const both = asked & low.mask
  const may = (BigInt(value) & both) === (low.value & both)
  return { may, does: may && both === asked }
}

/** Whether a value that is so known can pass a test. */
export function meets(val: Val, test: Test, members: Members): boolean {
  if (val === undefined) return true
  const { mask, value } = test
  if (isExact(val)) return mask === undefined ? val === value : isUnder(val, test)
  if (val.kind === 'masked') {
    const both = mask === undefined ? val.mask : val.mask & mask
    return (val.value & both) === (BigInt(value) & both)
  }
  if (val.kind === 'other') return mask !== undefined || !val.excludes(value)
  if (val.kind === 'ref' && (mask !== undefined || val.low !== undefined)) {
    return passesBeside(val, test).may && members.any(val.of, passes(val, test))
  }
  if (val.kind === 'ref') return members.has(val.of, value)
  if (mask !== undefined) {
    for (const one of val.set) if (under(one, mask) === BigInt(value)) return true
    return false
  }
  return val.set.has(value)
}

/** Whether every value that is so known passes a test. */
export function implies(val: Val, test: Test, members: Members): boolean {
  if (val === undefined) return false
  const { mask, value } = test
  if (isExact(val)) return mask === undefined ? val === value : isUnder(val, test)
  if (val.kind === 'masked')
    return mask !== undefined && (val.mask & mask) === mask && (val.value & mask) === BigInt(value)
  if (val.kind === 'other') return false
  if (val.kind === 'ref') return passesBeside(val, test).does && members.every(val.of, passes(val, test))
  for (const one of val.set) {
    if (mask === undefined ? one !== value : under(one, mask) !== BigInt(value)) return false
  }
  return true
}

/** What is known of a value that passed a test. */
export function narrowed(val: Val, test: Test): Val {
  const { mask, value } = test
  if (mask === undefined) return value
  if (val === undefined || (typeof val === 'object' && val.kind === 'other'))
    return { kind: 'masked', value: BigInt(value), mask }
  if (isExact(val) || val.kind === 'ref') return val
  if (val.kind === 'set') {
    return { kind: 'set', set: new Set([...val.set].filter((one) => under(one, mask) === BigInt(value))) }
  }
  return merged(test.field, val.value | BigInt(value), val.mask | mask)
}

/** Exact where all bits are known. */
export function merged(its: number, value: bigint, mask: bigint): Val {
  if (mask === 0n) return undefined
  return mask === allBits(its) ? exact(its, value) : { kind: 'masked', value: value & mask, mask }
}

/** The number of a member in a field, and what is known of its other bits. */
export function refIn(its: number, of: Ref['of'], bits: number, value: bigint, mask: bigint): Ref {
  const beside = allBits(its) & ~((1n << BigInt(bits)) - 1n)
  const isAll = (mask & beside) === beside && (value & beside) === 0n
  return isAll ? { kind: 'ref', of } : { kind: 'ref', of, low: { bits, value: value & beside, mask: mask & beside } }
}

/** Value and mask of bits; families and sets tell nothing bit by bit. */
export function known(its: number, val: Val): { value: bigint; mask: bigint } {
  if (isExact(val)) return { value: BigInt(val), mask: allBits(its) }
  return val?.kind === 'masked' ? val : { value: 0n, mask: 0n }
}

/** Of values that are the same, the same; families and sets count by what they are of. */
export function hashOf(val: Val): number {
  if (typeof val === 'number') return (val | 0) ^ Math.imul(val / 0x1_0000_0000, 0x85eb_ca6b)
  if (val === undefined) return 0x2545_f491
  if (typeof val === 'bigint') return Number(val & 0x7fff_ffffn)
  if (val.kind === 'masked') return Number((val.value ^ (val.mask << 7n)) & 0x3fff_ffffn)
  if (val.kind === 'other') return val.than.length
  return val.kind === 'ref' ? val.of.length + 77 : 0x1234_567
}

/** Whether two values say the same, where families and sets count by what they are of. */
export function isSame(one: Val, other: Val): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object') return false
  if (one.kind === 'masked') return other.kind === 'masked' && one.value === other.value && one.mask === other.mask
  if (one.kind === 'other') return other.kind === 'other' && one.than === other.than
  if (one.kind !== 'ref' || other.kind !== 'ref') return one.kind === other.kind
  return one.of === other.of && isLow(one.low, other.low)
}

function isLow(one: Ref['low'], other: Ref['low']): boolean {
  if (one === other) return true
  return one?.bits === other?.bits && one?.value === other?.value && one?.mask === other?.mask
}

export const SENDER: Ref = { kind: 'ref', of: 'sender' }
export const RECEIVER: Ref = { kind: 'ref', of: 'receiver' }
export const PORT: Ref = { kind: 'ref', of: 'port' }
export const PLACE: Ref = { kind: 'ref', of: 'place' }
