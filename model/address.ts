/**
 * Addresses as records write them: IPv4, IPv6, prefixes and MAC addresses, from strict text to numbers and back to the
 * one canonical text of each (RFC 5952 for IPv6). Text with leading zeros, zone ids, port numbers or white space is
 * refused. It knows nothing of frames (packet/) or of who owns an address. Called by validation, intent and permits.
 */

export type Family = 4 | 6

/** IPv4 as a 32-bit and IPv6 as a 128-bit unsigned value: one type, so that prefixes need one piece of arithmetic. */
export interface Address {
  family: Family
  value: bigint
}

export interface Prefix extends Address {
  /** 0 to 32 or 0 to 128. */
  length: number
}

const WIDTH = { 4: 32, 6: 128 } as const
const OCTET = /^(0|[1-9][0-9]{0,2})$/
const GROUP = /^[0-9a-fA-F]{1,4}$/
const MAC = /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/

/** The address a text stands for; undefined where it is not exactly one IPv4 or IPv6 address. */
export function parseAddress(text: string): Address | undefined {
  const family: Family = text.includes(':') ? 6 : 4
  const value = family === 6 ? ipv6Value(text) : ipv4Value(text)
  return value === undefined ? undefined : { family, value }
}

/** Dotted IPv4, or IPv6 in the form of RFC 5952: lower case, the longest run of zero groups (two or more) as `::`. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn))
  const hex = groups.map((group) => group.toString(16))
  const run = longestZeroRun(groups)
  if (run === undefined) return hex.join(':')
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.count).join(':')}`
}

/** The prefix a text stands for; a lone address is its full-length prefix. `value` keeps host bits for the caller to judge. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const width = WIDTH[address.family]
  if (slash < 0) return { ...address, length: width }
  const digits = text.slice(slash + 1)
  if (!OCTET.test(digits) || Number(digits) > width) return undefined
  return { ...address, length: Number(digits) }
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`
}

/** The prefix with its host bits cleared. */
export function networkPrefix(prefix: Prefix): Prefix {
  const hostBits = BigInt(WIDTH[prefix.family] - prefix.length)
  return { ...prefix, value: (prefix.value >> hostBits) << hostBits }
}

/** True when the address lies in the prefix. Families never mix. */
export function prefixHolds(prefix: Prefix, address: Address): boolean {
  if (prefix.family !== address.family) return false
  const hostBits = BigInt(WIDTH[prefix.family] - prefix.length)
  return prefix.value >> hostBits === address.value >> hostBits
}

/** True when every address of `inner` lies in `outer`. */
export function prefixContains(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && prefixHolds(outer, inner)
}

/** Why an address cannot be an interface's own; undefined where it can (RFC 1122, RFC 4291). */
export function unusableAddress({ family, value }: Address): string | undefined {
  if (value === 0n) return 'the unspecified address belongs to nobody'
  if (family === 4) {
    const first = Number(value >> 24n)
    if (first === 0) return 'addresses of 0.0.0.0/8 mean "this network"'
    if (first === 127) return 'a loopback address never leaves its host'
    if (first >= 224 && first <= 239) return 'a multicast address belongs to no single interface'
    return value === 0xffffffffn ? 'the broadcast address belongs to no single interface' : undefined
  }
  if (value === 1n) return 'a loopback address never leaves its host'
  if (value >> 120n === 0xffn) return 'a multicast address belongs to no single interface'
  return value >> 32n === 0xffffn ? 'an IPv4-mapped address never appears on a wire; write the IPv4 address' : undefined
}

/** Source of what services send on of the world's, between switches and to its receiver; no interface may have it. */
export const CARRIED_MAC = 0x02_74_73_00_00_01

/** Of every virtual gateway; no interface may have it, and no packet that a host or the world sends. */
export const GATEWAY_MAC = 0x02_74_67_00_00_01

/** The 48-bit number of a MAC address written as six pairs of hexadecimal digits with colons. */
export function parseMac(text: string): number | undefined {
  return MAC.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined
}

export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:')
}

/** True for group addresses: the lowest bit of the first octet (IEEE 802). */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1
}

function ipv4Value(text: string): bigint | undefined {
  const value = dottedValue(text)
  return value === undefined ? undefined : BigInt(value)
}

/** Four decimal numbers of 0 to 255 without leading zeros. */
function dottedValue(text: string): number | undefined {
  let value = 0
  let octet = -1
  let dots = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - DIGIT_ZERO
    if (digit >= 0 && digit <= 9) {
      octet = octet < 0 ? digit : octet === 0 ? 256 : octet * 10 + digit
      if (octet > 255) return undefined
    } else if (text[at] === '.' && octet >= 0) {
      value = value * 256 + octet
      octet = -1
      dots++
    } else return undefined
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined
}

const DIGIT_ZERO = 48

/** RFC 4291 section 2.2, all three forms. */
function ipv6Value(text: string): bigint | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] as string, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

function groupsOf(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return []
  const words = text.split(':')
  const groups: number[] = []
  for (const [index, word] of words.entries()) {
    if (mayEndDotted && index === words.length - 1 && word.includes('.')) {
      const dotted = ipv4Value(word)
      if (dotted === undefined) return undefined
      groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn))
    } else if (GROUP.test(word)) groups.push(Number.parseInt(word, 16))
    else return undefined
  }
  return groups
}

function longestZeroRun(groups: number[]): { start: number; count: number } | undefined {
  let best: { start: number; count: number } | undefined
  for (let start = 0; start < groups.length; start++) {
    let count = 0
    while (groups[start + count] === 0) count++
    if (count >= 2 && count > (best?.count ?? 0)) best = { start, count }
    if (count > 0) start += count - 1
  }
  return best
}
