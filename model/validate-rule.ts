/**
 * Rules of a policy from untrusted input: words and ranges become numbers, and what contradicts itself (ports of a
 * protocol that has none, a rate without a limit, ICMPv6 from an IPv4 prefix) is refused by name rather than compiled
 * into something nobody meant. Called by validate.ts only.
 */
import { formatPrefix, networkPrefix, parsePrefix } from './address.ts'
import type { Check, Fields } from './check.ts'
import { canonicalIcmp, ICMP, ICMPV6, readIcmp } from './icmp.ts'
import { WITH_PORTS } from './protocol.ts'
import type { IcmpMatch, Peer, PortRange, Rule, RuleAction } from './records.ts'

export const RULE_LIMITS = {
  /** Rules of one policy; the object numbers of rules leave room for 4,096. */
  rules: 1000,
  protocols: 32,
  ports: 64,
  icmp: 64,
  /** Interfaces of one service chain. */
  via: 8,
} as const

const IPPROTO = { icmp: ICMP, tcp: 6, udp: 17, icmpv6: ICMPV6, sctp: 132 } as const
/** What a protocol word stands for. `icmp` is ICMP of either family. */
const PROTOCOL_WORDS: Readonly<Record<string, readonly number[]>> = {
  tcp: [IPPROTO.tcp],
  udp: [IPPROTO.udp],
  sctp: [IPPROTO.sctp],
  icmp: [IPPROTO.icmp, IPPROTO.icmpv6],
  icmpv4: [IPPROTO.icmp],
  icmpv6: [IPPROTO.icmpv6],
}

const DIRECTIONS = ['ingress', 'egress'] as const
const ACTIONS = ['allow', 'deny', 'reject', 'log', 'rate-limit', 'pass'] as const
const ESTABLISHED = ['re-evaluate', 'keep', 'cut'] as const
const PEERS = [
  ['any', 'any'],
  ['tags', 'tags'],
  ['vnp', 'vnp'],
  ['cidr', 'cidr'],
] as const

export function readRules(check: Check, value: unknown, path: string): Rule[] {
  return check.list(value, path, RULE_LIMITS.rules).map((each, index) => readRule(check, each, `${path}[${index}]`))
}

export function readRule(check: Check, value: unknown, path: string): Rule {
  const fields = check.fields(value, path)
  const action = check.word<RuleAction>(fields['action'], `${path}.action`, 'ACTION', ACTIONS) ?? 'deny'
  const peer = readPeer(check, fields['peer'], `${path}.peer`)
  const protocols = readProtocols(check, fields['protocols'], `${path}.protocols`)
  const ports = readPorts(check, fields['ports'], `${path}.ports`)
  if (ports.length > 0 && protocols.length === 0) {
    check.report(`${path}.ports`, 'need a protocol that has ports: tcp, udp or sctp')
  } else if (ports.length > 0 && protocols.some((protocol) => !WITH_PORTS.has(protocol))) {
    check.report(`${path}.ports`, 'only tcp, udp and sctp have ports; put other protocols into a rule of their own')
  }
  if (peer.kind === 'cidr' && protocols.length === 1) {
    const foreign = peer.cidr.includes(':') ? IPPROTO.icmp : IPPROTO.icmpv6
    if (protocols[0] === foreign)
      check.report(`${path}.protocols`, `protocol ${foreign} never occurs with ${peer.cidr}`)
  }
  const priority = fields['priority']
  const kept = readEstablished(check, fields['established'], `${path}.established`, action)
  return {
    direction: check.word(fields['direction'], `${path}.direction`, 'DIRECTION', DIRECTIONS) ?? 'ingress',
    peer,
    protocols,
    ports,
    ...readIcmpMatches(check, fields['icmp'], `${path}.icmp`, protocols),
    action,
    log: check.boolean(fields['log'], `${path}.log`, false) || action === 'log',
    ...kept,
    ...readSteering(check, fields, path, action, kept.established),
    ...readRate(check, fields, path, action),
    ...(priority === undefined || priority === null ? {} : { priority: check.priority(priority, `${path}.priority`) }),
  }
}

function readPeer(check: Check, value: unknown, path: string): Peer {
  const fields = check.fields(value ?? {}, path)
  const kind = check.oneOf(fields, path, PEERS)
  if (kind === 'tags') return { kind, selector: check.selector(fields['tags'], `${path}.tags`) }
  if (kind === 'vnp') return { kind, vnp: check.name(fields['vnp'], `${path}.vnp`) }
  if (kind === 'cidr') return { kind, cidr: readCidr(check, fields['cidr'], `${path}.cidr`) }
  return { kind: 'any' }
}

function readCidr(check: Check, value: unknown, path: string): string {
  const prefix = parsePrefix(check.text(value, path))
  if (prefix === undefined) {
    check.report(path, 'must be an IPv4 or IPv6 prefix, as in 192.0.2.0/24 or 2001:db8::/32')
    return ''
  }
  const canonical = networkPrefix(prefix)
  if (canonical.value !== prefix.value) {
    check.report(path, `has bits set beyond its length; the prefix is ${formatPrefix(canonical)}`)
  }
  return formatPrefix(canonical)
}

function readProtocols(check: Check, value: unknown, path: string): number[] {
  const numbers = new Set<number>()
  for (const [index, each] of check.list(value, path, RULE_LIMITS.protocols).entries()) {
    const text = check.text(each, `${path}[${index}]`)
    const known = Object.hasOwn(PROTOCOL_WORDS, text) ? PROTOCOL_WORDS[text] : undefined
    if (known !== undefined) for (const number of known) numbers.add(number)
    else if (/^[0-9]{1,3}$/.test(text) && Number(text) <= 255) numbers.add(Number(text))
    else check.report(`${path}[${index}]`, 'must be tcp, udp, sctp, icmp, icmpv4, icmpv6 or a number from 0 to 255')
  }
  return [...numbers].sort((one, other) => one - other)
}

/** Ranges in ascending order, those that touch or overlap joined: one canonical form for one set of ports. */
function readPorts(check: Check, value: unknown, path: string): PortRange[] {
  const ranges: PortRange[] = []
  for (const [index, each] of check.list(value, path, RULE_LIMITS.ports).entries()) {
    const range = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(check.text(each, `${path}[${index}]`))
    const first = Number(range?.[1] ?? Number.NaN)
    const last = Number(range?.[2] ?? first)
    if (!(first <= 65535 && last <= 65535))
      check.report(`${path}[${index}]`, 'must be a port or a range, as in 443 or 8000-8010')
    else if (first > last) check.report(`${path}[${index}]`, `begins at ${first}, after its end ${last}`)
    else ranges.push({ first, last })
  }
  ranges.sort((one, other) => one.first - other.first)
  const joined: PortRange[] = []
  for (const { first, last } of ranges) {
    const before = joined[joined.length - 1]
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last)
    else joined.push({ first, last })
  }
  return joined
}

/** The messages that a rule names; their protocols must be all that it names. */
function readIcmpMatches(check: Check, value: unknown, path: string, protocols: number[]): Pick<Rule, 'icmp'> {
  const texts = check.list(value, path, RULE_LIMITS.icmp).map((each, index) => check.text(each, `${path}[${index}]`))
  if (texts.length === 0) return {}
  const its = ([ICMP, ICMPV6] as const).filter((protocol) => protocols.includes(protocol))
  if (its.length === 0 || its.length < protocols.length) {
    check.report(path, 'need the protocol icmp, icmpv4 or icmpv6 and no other; put others into a rule of their own')
    return {}
  }
  const found: IcmpMatch[] = []
  for (const [index, text] of texts.entries()) {
    const messages = readIcmp(text, its)
    if (typeof messages === 'string') check.report(`${path}[${index}]`, messages)
    else found.push(...messages)
  }
  return { icmp: canonicalIcmp(found) }
}

/** A limit that connections have left behind would be none: only allow keeps. What forbids has no connections to cut. */
function readEstablished(check: Check, value: unknown, path: string, action: RuleAction): Pick<Rule, 'established'> {
  const established = check.word(value, path, 'ESTABLISHED', ESTABLISHED, 're-evaluate')
  if (established === 'keep' && action !== 'allow')
    check.report(path, `keep belongs to the action allow, this one is ${action}`)
  if (established === 'cut' && action !== 'allow' && action !== 'rate-limit')
    check.report(path, `cut belongs to the actions allow and rate-limit, this one is ${action}`)
  return established === 'keep' || established === 'cut' ? { established } : {}
}

/**
 * What passes because it is kept asks no rule, so a rule that keeps could not steer it. What a rule does not decide it
 * cannot copy, and what it forbids it cannot lead anywhere.
 */
function readSteering(
  check: Check,
  fields: Fields,
  path: string,
  action: RuleAction,
  established: Rule['established'],
): Pick<Rule, 'mirror' | 'redirect'> {
  const its: Pick<Rule, 'mirror' | 'redirect'> = {}
  const [mirror, redirect] = [fields['mirror'], fields['redirect']]
  if (mirror !== undefined && mirror !== null) {
    its.mirror = check.name(check.fields(mirror, `${path}.mirror`)['to'], `${path}.mirror.to`)
    if (action === 'log' || action === 'pass')
      check.report(`${path}.mirror`, `belongs to an action that decides, this one is ${action}`)
  }
  if (redirect !== undefined && redirect !== null) {
    const where = `${path}.redirect.via`
    const given = check.fields(redirect, `${path}.redirect`)['via'] ?? []
    const via = check.list(given, where, RULE_LIMITS.via)
    its.redirect = via.map((each, index) => check.name(each, `${where}[${index}]`))
    if (Array.isArray(given) && given.length === 0) check.report(where, 'is required with a redirect')
    for (const [index, name] of its.redirect.entries()) {
      if (its.redirect.indexOf(name) < index) check.report(`${where}[${index}]`, `names ${name} a second time`)
    }
    if (action !== 'allow' && action !== 'rate-limit')
      check.report(`${path}.redirect`, `belongs to the actions allow and rate-limit, this one is ${action}`)
  }
  if (established === 'keep' && (its.mirror !== undefined || its.redirect !== undefined))
    check.report(
      `${path}.established`,
      'keep lets packets pass without asking the rule: it goes with no mirror or redirect',
    )
  return its
}

function readRate(check: Check, fields: Fields, path: string, action: RuleAction): Pick<Rule, 'rateKbps' | 'burstKb'> {
  const limit = fields['rateLimit']
  const absent = limit === undefined || limit === null
  if (action !== 'rate-limit') {
    if (!absent) check.report(`${path}.rate_limit`, `belongs to the action rate-limit, this one is ${action}`)
    return {}
  }
  if (absent) {
    check.report(`${path}.rate_limit`, 'is required with the action rate-limit')
    return {}
  }
  const rate = check.fields(limit, `${path}.rate_limit`)
  const rateKbps =
    check.integer(rate['kilobitsPerSecond'], `${path}.rate_limit.kilobits_per_second`, 1, 0xffffffff) ?? 1
  const burst = check.integer(rate['burstKilobits'] ?? 0, `${path}.rate_limit.burst_kilobits`, 0, 0xffffffff) ?? 0
  // Without a burst a meter would drop the first packets of any flow: one second's worth is the usual allowance.
  return { rateKbps, burstKb: burst === 0 ? rateKbps : burst }
}
