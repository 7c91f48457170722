/**
 * Protocols and ports cut into ranges inside of which given rules cannot tell two packets from each other, and such
 * ranges as text. What a rule carries is said by permits.ts alone; here it is only cut where a rule begins or ends. Used
 * by verdict-changes.ts.
 */

import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { protocolWord } from '../../model/protocol.ts'
import type { Rule } from '../../model/records.ts'
import { carries, type PolicyPacket } from './permits.ts'

type Layer4Packet = Pick<PolicyPacket, 'protocol' | 'port' | 'code'>

/** Packets of one protocol: destination ports, or ICMP type << 8 | code, `first` to `last`; neither where it has none. */
export interface Layer4 {
  /** IP protocol number. */
  protocol: number
  first?: number
  last?: number
  /** The protocol stands for all but these. */
  except?: readonly number[]
}

const LAST: Readonly<Record<number, number>> = { 1: 65535, 6: 65535, 17: 65535, 58: 65535, 132: 65535 }
const WITH_PORTS = Object.keys(LAST).map(Number)
const PROTOCOLS = 256

const isIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6

/** The first packet of a range. */
export function packetAt({ protocol, first }: Pick<Layer4, 'protocol' | 'first'>): Layer4Packet {
  if (first === undefined) return { protocol }
  return isIcmp(protocol) ? { protocol, port: first >> 8, code: first & 0xff } : { protocol, port: first }
}

/** Where a packet lies in the ranges of its protocol; undefined where it names no port. */
export function placeOf({ protocol, port, code = 0 }: Layer4Packet): number | undefined {
  return port === undefined || !isIcmp(protocol) ? port : (port << 8) | code
}

/** @param within Only packets that one of these carries; all packets. */
export function ranges(rules: readonly Rule[], within: readonly Rule[] | 'all'): Layer4[] {
  const cutting = within === 'all' ? rules : [...rules, ...within]
  const named = new Set([...WITH_PORTS, ...cutting.flatMap(({ protocols }) => protocols)])
  const wanted = (packet: Layer4Packet): boolean => within === 'all' || within.some((rule) => carries(rule, packet))
  const found: Layer4[] = []
  for (const protocol of named) {
    const end = LAST[protocol]
    if (end === undefined) {
      if (wanted({ protocol })) found.push({ protocol })
      continue
    }
    const cuts = new Set([0])
    for (const rule of cutting) {
      if (rule.protocols.length > 0 && !rule.protocols.includes(protocol)) continue
      for (const { first, last } of rule.ports) cuts.add(first).add(last + 1)
      for (const { protocol: its, type, code } of rule.icmp ?? []) {
        if (its !== protocol) continue
        const first = (type << 8) | (code ?? 0)
        cuts.add(first).add(first + (code === undefined ? 0x100 : 1))
      }
    }
    const starts = [...cuts].filter((cut) => cut <= end).sort((one, other) => one - other)
    for (const [index, first] of starts.entries()) {
      if (wanted(packetAt({ protocol, first })))
        found.push({ protocol, first, last: (starts[index + 1] ?? end + 1) - 1 })
    }
  }
  let other = 0
  while (named.has(other)) other++
  if (other < PROTOCOLS && wanted({ protocol: other })) found.push({ protocol: other, except: [...named] })
  return found
}

/** Texts of ranges, neighbours joined: `tcp/5432`, `udp/53-60`, `icmp`, `protocol 47`, `other protocols`; `any` alone. */
export function rangeTexts(list: readonly Layer4[]): string[] {
  const byProtocol = new Map<number, Layer4[]>()
  for (const one of list) byProtocol.set(one.protocol, [...(byProtocol.get(one.protocol) ?? []), one])
  const texts: string[] = []
  const whole = new Set<number>()
  for (const [protocol, its] of [...byProtocol].sort(([one], [other]) => one - other)) {
    const name = protocolWord(protocol) ?? `protocol ${protocol}`
    if (its.some(({ except }) => except !== undefined)) continue
    const joined = join(its)
    const isWhole = joined.some(({ first = 0, last = 0 }) => first === 0 && last === (LAST[protocol] ?? 0))
    if (isWhole) {
      whole.add(protocol)
      texts.push(name)
      continue
    }
    for (const { first, last } of joined) {
      const its = isIcmp(protocol) ? messageTexts(first, last) : [span(first, last)]
      texts.push(...its.map((text) => `${name}/${text}`))
    }
  }
  const named = list.find(({ except }) => except !== undefined)?.except
  if (named === undefined) return texts
  return named.every((protocol) => whole.has(protocol)) ? ['any'] : [...texts, 'other protocols']
}

const span = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`)

/** Types `3` or `3-5` as far as they are whole; of others the codes: `3/4`, `3/0-3`. */
function messageTexts(first: number, last: number): string[] {
  const texts: string[] = []
  for (let at = first; at <= last; ) {
    const type = at >> 8
    const whole = (at & 0xff) === 0 ? ((last + 1) >> 8) - type : 0
    const end = whole > 0 ? ((type + whole) << 8) - 1 : Math.min(last, at | 0xff)
    texts.push(whole > 0 ? span(type, type + whole - 1) : `${type}/${span(at & 0xff, end & 0xff)}`)
    at = end + 1
  }
  return texts
}

function join(list: readonly Layer4[]): { first: number; last: number }[] {
  const joined: { first: number; last: number }[] = []
  for (const { first = 0, last = 0 } of [...list].sort((one, other) => (one.first ?? 0) - (other.first ?? 0))) {
    const before = joined.at(-1)
    if (before !== undefined && before.last + 1 === first) before.last = last
    else joined.push({ first, last })
  }
  return joined
}
