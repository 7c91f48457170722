/**
 * Network address pools and profiles as writers give them: ranges of usable addresses in canonical order, exclusions
 * inside them, volumes, levels and weights within their bounds. What other pools and leases have to do with them is
 * controller/addresses/book.ts. Called by validate.ts.
 */
import { type Address, formatAddress, parseAddress, parsePrefix, unusableAddress } from './address.ts'
import { addressNumber } from './address-key.ts'
import type { Check, Fields } from './check.ts'
import type { AddressRange, Nap, NapWeights, Profile } from './records.ts'
import { isStageTag } from './stage.ts'
import type { Tag } from './tag.ts'

export const NAP_LIMITS = {
  ranges: 64,
  /** Bits per second. */
  volume: Number.MAX_SAFE_INTEGER,
  level: 100,
  /** Characters of an application type and of a region. */
  word: 63,
  seconds: { lease: 10 * 365 * 86_400, cool: 30 * 86_400 },
  absent: { maxVolume: 1_000_000_000, coolSeconds: 60, low: 0, high: 0.9 },
} as const

const WORD = /^[!-~]*$/
const DIGITS = /^(0|[1-9][0-9]{0,15})$/

/** The fields of a NAP besides its name and owner. */
export type NapFields = Omit<Nap, 'kind' | 'name' | 'owner' | 'number' | 'createTime' | 'updateTime' | 'updatedBy'>
export type ProfileFields = Omit<
  Profile,
  'kind' | 'name' | 'owner' | 'number' | 'createTime' | 'updateTime' | 'updatedBy'
>

export function readNap(check: Check, fields: Fields, network: string): NapFields {
  const faults = check.violations.length
  const ranges = readRanges(check, fields['ranges'], 'ranges')
  if (ranges.length === 0 && check.violations.length === faults)
    check.report('ranges', 'a NAP needs a range of addresses')
  const inside = check.violations.length === faults ? ranges : undefined
  const exclusions = readRanges(check, fields['exclusions'], 'exclusions', inside)
  return {
    network,
    ranges: ranges.map(({ text }) => text),
    exclusions: exclusions.map(({ text }) => text),
    applicationType: readWord(check, fields['applicationType'], 'application_type'),
    expectedVolume: readVolume(check, fields['expectedVolume'], 'expected_volume'),
    maxVolume: readVolume(check, fields['maxVolume'], 'max_volume') || NAP_LIMITS.absent.maxVolume,
    securityLevel: check.integer(fields['securityLevel'] ?? 0, 'security_level', 0, NAP_LIMITS.level) ?? 0,
    region: readWord(check, fields['region'], 'region'),
    ...readWeights(check, fields['weights']),
    tags: readTags(check, fields['tags']),
    leaseSeconds: check.integer(fields['leaseSeconds'] ?? 0, 'lease_seconds', 0, NAP_LIMITS.seconds.lease) ?? 0,
    coolSeconds: readCool(check, fields['coolSeconds']),
    watermarks: readWatermarks(check, fields['watermarks']),
    ...(check.boolean(fields['draining'], 'draining', false) ? { draining: true } : {}),
  }
}

export function readProfile(check: Check, fields: Fields): ProfileFields {
  return {
    applicationType: readWord(check, fields['applicationType'], 'application_type'),
    currentVolume: readVolume(check, fields['currentVolume'], 'current_volume'),
    requiredSecurityLevel:
      check.integer(fields['requiredSecurityLevel'] ?? 0, 'required_security_level', 0, NAP_LIMITS.level) ?? 0,
    ...(check.boolean(fields['strictSecurity'], 'strict_security', false) ? { strictSecurity: true } : {}),
    region: readWord(check, fields['region'], 'region'),
  }
}

/** Without those of stages: an address says nothing of where its interface is in its life. */
function readTags(check: Check, value: unknown): Tag[] {
  const tags = check.tags(value, 'tags')
  const staged = tags.find(isStageTag)
  if (staged !== undefined) check.report('tags', `${staged} says the stage of an interface`)
  return tags
}

interface Read {
  text: AddressRange
  first: bigint
  last: bigint
}

/** Ascending; each either `first` and `last`, or `cidr`, which is all of a prefix. */
function readRanges(check: Check, value: unknown, path: string, inside?: readonly Read[]): Read[] {
  const found: (Read & { at: string })[] = []
  for (const [index, each] of check.list(value, path, NAP_LIMITS.ranges).entries()) {
    const at = `${path}[${index}]`
    const range = readRange(check, each, at)
    if (range === undefined) continue
    const other = found.find(({ first, last }) => first <= range.last && range.first <= last)
    if (other !== undefined) check.report(at, `overlaps with ${other.at}`)
    const isInside = inside === undefined || inside.some((its) => its.first <= range.first && range.last <= its.last)
    if (!isInside) check.report(at, 'is not inside one of the ranges')
    found.push({ ...range, at })
  }
  return found.sort((a, b) => (a.first < b.first ? -1 : 1))
}

function readRange(check: Check, value: unknown, at: string): Read | undefined {
  const fields = check.fields(value, at)
  const cidr = check.text(fields['cidr'], `${at}.cidr`)
  let ends: [Address, Address] | undefined
  if (cidr !== '') {
    if (check.text(fields['first'], `${at}.first`) !== '' || check.text(fields['last'], `${at}.last`) !== '')
      return check.report(at, 'has either cidr, or first and last')
    ends = endsOf(cidr)
    if (ends === undefined)
      return check.report(`${at}.cidr`, 'must be a prefix without host bits, as in 10.0.1.0/24 or 2001:db8:1::/64')
  } else {
    const [first, last] = (['first', 'last'] as const).map((name) => {
      const address = parseAddress(check.text(fields[name], `${at}.${name}`))
      return address ?? check.report(`${at}.${name}`, 'must be an IPv4 or IPv6 address')
    })
    if (first === undefined || last === undefined) return undefined
    ends = [first, last]
  }
  const [first, last] = ends
  if (first.family !== last.family) return check.report(at, 'begins and ends in different families')
  if (first.value > last.value) return check.report(at, 'ends before it begins')
  const why = unusableAddress(first) ?? unusableAddress(last) ?? (holdsUnusable(first, last) ? BETWEEN : undefined)
  if (why !== undefined) return check.report(at, why)
  return {
    text: { first: formatAddress(first), last: formatAddress(last) },
    first: addressNumber(first),
    last: addressNumber(last),
  }
}

const BETWEEN = 'holds addresses that no interface can have'

/** First and last address of a prefix; of an IPv4 subnet without its own address and its broadcast (RFC 3021). */
function endsOf(cidr: string): [Address, Address] | undefined {
  const prefix = cidr.includes('/') ? parsePrefix(cidr) : undefined
  if (prefix === undefined) return undefined
  const { family, value, length } = prefix
  const size = 1n << BigInt((family === 4 ? 32 : 128) - length)
  if (value % size !== 0n) return undefined
  const edge = family === 4 && length < 31 ? 1n : 0n
  return [
    { family, value: value + edge },
    { family, value: value + size - 1n - edge },
  ]
}

/** Blocks that no interface's address is of (unusableAddress), of which a range may hold one between its ends. */
function holdsUnusable(first: Address, last: Address): boolean {
  const blocks = first.family === 4 ? ['127.0.0.0', '224.0.0.0'] : ['::ffff:0:0', 'ff00::']
  return blocks.some((text) => {
    const { value } = parseAddress(text)!
    return first.value <= value && value <= last.value
  })
}

function readWord(check: Check, value: unknown, path: string): string {
  const text = check.text(value, path)
  if (!WORD.test(text) || text.length > NAP_LIMITS.word)
    check.report(path, `must be at most ${NAP_LIMITS.word} printable characters without white space`)
  return text
}

/** A number, or as JSON writes 64 bits, its digits. */
function readVolume(check: Check, value: unknown, path: string): number {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : (value ?? 0)
  return check.integer(number, path, 0, NAP_LIMITS.volume) ?? 0
}

function readCool(check: Check, value: unknown): number {
  const { absent, seconds } = NAP_LIMITS
  return check.integer(value ?? absent.coolSeconds, 'cool_seconds', 0, seconds.cool) ?? absent.coolSeconds
}

function readShare(check: Check, value: unknown, path: string, absent: number): number {
  const share = value ?? absent
  if (typeof share === 'number' && share >= 0 && share <= 1) return share
  check.report(path, 'must be a number from 0 to 1')
  return absent
}

function readWeights(check: Check, value: unknown): { weights?: NapWeights } {
  if (value === undefined || value === null) return {}
  const fields = check.fields(value, 'weights')
  const read = (name: keyof NapWeights): number => readShare(check, fields[name], `weights.${name}`, 0)
  return {
    weights: {
      application: read('application'),
      volume: read('volume'),
      security: read('security'),
      region: read('region'),
    },
  }
}

function readWatermarks(check: Check, value: unknown): Nap['watermarks'] {
  const { absent } = NAP_LIMITS
  if (value === undefined || value === null) return { low: absent.low, high: absent.high }
  const fields = check.fields(value, 'watermarks')
  const low = readShare(check, fields['low'], 'watermarks.low', absent.low)
  const high = readShare(check, fields['high'], 'watermarks.high', absent.high)
  if (low > high) check.report('watermarks.low', 'must not be above high')
  return { low, high }
}
