/**
 * ICMP messages by name and by number: what a rule, a question and an answer write, and what it stands for in ICMP (RFC
 * 792) and ICMPv6 (RFC 4443). One name means the same message of either family; a number means something else in each.
 * Pure. It refuses to know rules. Called by validate-rule.ts, the API's messages and explain.
 */
import type { IcmpMatch } from './records.ts'

export const ICMP = 1
export const ICMPV6 = 58
export type IcmpProtocol = IcmpMatch['protocol']

/** Type, or type and code. */
type Message = readonly [type: number] | readonly [type: number, code: number]

const NAMES: Readonly<Record<string, { readonly [ICMP]?: Message; readonly [ICMPV6]?: Message }>> = {
  'echo-request': { [ICMP]: [8], [ICMPV6]: [128] },
  'echo-reply': { [ICMP]: [0], [ICMPV6]: [129] },
  'destination-unreachable': { [ICMP]: [3], [ICMPV6]: [1] },
  'network-unreachable': { [ICMP]: [3, 0] },
  'no-route': { [ICMPV6]: [1, 0] },
  'host-unreachable': { [ICMP]: [3, 1] },
  'address-unreachable': { [ICMPV6]: [1, 3] },
  'protocol-unreachable': { [ICMP]: [3, 2] },
  'port-unreachable': { [ICMP]: [3, 3], [ICMPV6]: [1, 4] },
  'fragmentation-needed': { [ICMP]: [3, 4] },
  'packet-too-big': { [ICMPV6]: [2] },
  'communication-prohibited': { [ICMP]: [3, 13], [ICMPV6]: [1, 1] },
  redirect: { [ICMP]: [5] },
  'time-exceeded': { [ICMP]: [11], [ICMPV6]: [3] },
  'parameter-problem': { [ICMP]: [12], [ICMPV6]: [4] },
  'timestamp-request': { [ICMP]: [13] },
  'timestamp-reply': { [ICMP]: [14] },
}

export const ICMP_NAMES: readonly string[] = Object.keys(NAMES)

/** What a text stands for in each of these protocols; a sentence where it stands for nothing. */
export function readIcmp(text: string, protocols: readonly IcmpProtocol[]): IcmpMatch[] | string {
  const named = Object.hasOwn(NAMES, text) ? NAMES[text] : undefined
  if (named !== undefined) {
    const found = protocols.flatMap((protocol) => matchOf(protocol, named[protocol]))
    return found.length > 0 ? found : `is no message of protocol ${protocols.join(' or ')}`
  }
  const match = /^([0-9]{1,3})(?:\/([0-9]{1,3}))?$/.exec(text)
  const [type, code] = [Number(match?.[1] ?? Number.NaN), Number(match?.[2] ?? 0)]
  if (!(type <= 255 && code <= 255))
    return `must be a type or type/code from 0 to 255, as in 8 or 3/4, or one of ${ICMP_NAMES.join(', ')}`
  const [protocol] = protocols
  if (protocol === undefined || protocols.length > 1)
    return 'means different messages in ICMP and ICMPv6: say icmpv4 or icmpv6 as the protocol, or use a name such as echo-request'
  return matchOf(protocol, match?.[2] === undefined ? [type] : [type, code])
}

/** The same messages in canonical form: ascending, none inside another. */
export function canonicalIcmp(matches: readonly IcmpMatch[]): IcmpMatch[] {
  const wide = (one: IcmpMatch): boolean =>
    matches.some(({ protocol, type, code }) => code === undefined && protocol === one.protocol && type === one.type)
  const kept = new Map(
    matches.filter((one) => one.code === undefined || !wide(one)).map((one) => [icmpKey(one), one] as const),
  )
  return [...kept.values()].sort((one, other) => icmpKey(one) - icmpKey(other))
}

/** Texts that readIcmp takes back to the same messages under the protocols that the rule names. */
export function icmpTexts(matches: readonly IcmpMatch[], protocols: readonly number[]): string[] {
  const asked = ([ICMP, ICMPV6] as const).filter((protocol) => protocols.includes(protocol))
  const left = new Set(matches.map(icmpKey))
  const texts: string[] = []
  for (const [name, row] of Object.entries(NAMES)) {
    const its = asked.flatMap((protocol) => matchOf(protocol, row[protocol])).map(icmpKey)
    if (its.length === 0 || !its.every((key) => left.has(key))) continue
    for (const key of its) left.delete(key)
    texts.push(name)
  }
  const numbers = matches.filter((one) => left.has(icmpKey(one)))
  return [...texts, ...numbers.map(({ type, code }) => (code === undefined ? `${type}` : `${type}/${code}`))]
}

function matchOf(protocol: IcmpProtocol, message: Message | undefined): IcmpMatch[] {
  if (message === undefined) return []
  const [type, code] = message
  return [code === undefined ? { protocol, type } : { protocol, type, code }]
}

/** Orders and tells apart. */
function icmpKey({ protocol, type, code }: IcmpMatch): number {
  return (protocol * 256 + type) * 257 + (code === undefined ? 0 : code + 1)
}
