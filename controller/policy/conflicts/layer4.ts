/**
 * What a rule says beyond its ends, as sets that can be intersected and subtracted exactly: protocol with destination
 * port or ICMP type as intervals of one number line, and the world's addresses as intervals of one family. It knows no
 * tags and no rules' order.
 */
import { type Address, type Family, parseAddress, parsePrefix } from '../../../model/address.ts'
import type { Rule } from '../../../model/records.ts'
import type { PolicyPacket } from '../permits.ts'

/**
 * Disjoint ascending intervals, flat: first, last, first, last. A number is `protocol * 65536 + port`. A protocol without
 * ports has its whole block or nothing of it; ICMP has `type * 256 + code` where others have a port.
 */
export type Layer4 = readonly number[]

const BLOCK = 65536
const PORTED: ReadonlySet<number> = new Set([6, 17, 132])
/** ICMP and ICMPv6 have a type and a code of 8 bits each where others have a port. */
const TYPED: ReadonlySet<number> = new Set([1, 58])

export const EVERY_PACKET: Layer4 = [0, 256 * BLOCK - 1]

export function layer4Of({ protocols, ports, icmp }: Pick<Rule, 'protocols' | 'ports' | 'icmp'>): Layer4 {
  if (protocols.length === 0 && ports.length === 0) return EVERY_PACKET
  const found: number[] = []
  for (const { protocol, type, code } of icmp ?? []) {
    const base = protocol * BLOCK + type * 256
    append(found, base + (code ?? 0), base + (code ?? 255))
  }
  if (icmp !== undefined) return found
  for (const protocol of protocols) {
    const base = protocol * BLOCK
    if (ports.length === 0) append(found, base, base + BLOCK - 1)
    else for (const { first, last } of ports) append(found, base + first, base + last)
  }
  return found
}

function append(list: number[], first: number, last: number): void {
  if (list.length > 0 && list[list.length - 1] === first - 1) list[list.length - 1] = last
  else list.push(first, last)
}

/** Without the protocol of the other family: ICMPv6 never travels in IPv4, nor ICMP in IPv6. */
export function inFamily(set: Layer4, family: Family): Layer4 {
  const foreign = (family === 4 ? 58 : 1) * BLOCK
  return layer4Minus(set, [foreign, foreign + BLOCK - 1])
}

export function layer4Overlap(one: Layer4, other: Layer4): boolean {
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    if (one[i + 1]! < other[j]!) i += 2
    else if (other[j + 1]! < one[i]!) j += 2
    else return true
  }
  return false
}

export function layer4And(one: Layer4, other: Layer4): Layer4 {
  const both: number[] = []
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const first = Math.max(one[i]!, other[j]!)
    const last = Math.min(one[i + 1]!, other[j + 1]!)
    if (first <= last) both.push(first, last)
    if (one[i + 1]! < other[j + 1]!) i += 2
    else j += 2
  }
  return both
}

export function layer4Minus(one: Layer4, other: Layer4): Layer4 {
  const left: number[] = []
  let j = 0
  for (let i = 0; i < one.length; i += 2) {
    let first = one[i]!
    const last = one[i + 1]!
    while (j < other.length && other[j + 1]! < first) j += 2
    for (let k = j; k < other.length && other[k]! <= last; k += 2) {
      if (other[k]! > first) left.push(first, other[k]! - 1)
      first = other[k + 1]! + 1
    }
    if (first <= last) left.push(first, last)
  }
  return left
}

export function layer4Holds(set: Layer4, code: number): boolean {
  for (let i = 0; i < set.length; i += 2) if (set[i]! <= code && code <= set[i + 1]!) return true
  return false
}

/** Well-known packets, preferred in examples. */
const FAMILIAR = [
  6 * BLOCK + 443,
  6 * BLOCK + 80,
  6 * BLOCK + 22,
  17 * BLOCK + 53,
  BLOCK + 8 * 256,
  58 * BLOCK + 128 * 256,
]

/** A packet of a set that is not empty. */
export function layer4Sample(set: Layer4): number {
  return FAMILIAR.find((code) => layer4Holds(set, code)) ?? set[0]!
}

/** A packet of the number line as policy sees it. */
export function readCode(number: number): Pick<PolicyPacket, 'protocol' | 'port' | 'code'> {
  const protocol = Math.floor(number / BLOCK)
  const rest = number % BLOCK
  if (PORTED.has(protocol)) return { protocol, port: rest }
  if (!TYPED.has(protocol)) return { protocol }
  const code = rest % 256
  return { protocol, port: Math.floor(rest / 256), ...(code === 0 ? {} : { code }) }
}

/** Addresses of one family from `first` to `last`. */
export interface Range {
  family: Family
  first: bigint
  last: bigint
}

export const WORLD: readonly Range[] = [
  { family: 4, first: 0n, last: 2n ** 32n - 1n },
  { family: 6, first: 0n, last: 2n ** 128n - 1n },
]

/** The addresses of a prefix in canonical text. */
export function rangeOf(cidr: string): Range {
  const prefix = parsePrefix(cidr)
  if (prefix === undefined) throw new Error(`${cidr} is no prefix`)
  const { family, value, length } = prefix
  return { family, first: value, last: value + (1n << BigInt((family === 4 ? 32 : 128) - length)) - 1n }
}

/** Addresses kept for documentation (RFC 5737, RFC 3849), preferred in examples. */
const EXAMPLES = ['203.0.113.9', '198.51.100.7', '192.0.2.1', '2001:db8::1'].map((text) => parseAddress(text)!)

/**
 * An address of the range that nobody holds; undefined where there is none. Costs one question for each held address at
 * most.
 */
export function freeAddress({ family, first, last }: Range, held: (address: Address) => boolean): Address | undefined {
  for (const example of EXAMPLES) {
    if (example.family === family && first <= example.value && example.value <= last && !held(example)) return example
  }
  // The first address of a prefix names the network.
  for (let value = last > first ? first + 1n : first; value <= last; value++) {
    if (!held({ family, value })) return { family, value }
  }
  const lowest = { family, value: first }
  return held(lowest) ? undefined : lowest
}
