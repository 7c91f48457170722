/**
 * Which interfaces of two switches a sample is of, and with which packet: one that policy permits, whose rules neither
 * lead it through services nor copy it to collectors, drawn at random, at a bounded cost however many there are. It
 * refuses to know what is done with it. Used by sampler.ts.
 */
import { parseAddress } from '../../model/address.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { InterfaceRecord, Rule } from '../../model/records.ts'
import type { Between } from '../policy/lookup.ts'
import { domainOf } from '../policy/routing.ts'
import type { IntentView } from '../policy/state.ts'
import { steeringWish } from '../policy/ways.ts'
import type { ProbeWish } from './aim.ts'

/** Pairs of interfaces that are drawn for one sample, and those of them whose rules are looked at. */
const MOST_DRAWN = 200
const MOST_ASKED = 16
/** Packets of one pair of interfaces that policy is asked about. */
const MOST_PACKETS = 12
/** Of a rule that names no port (RFC 863, discard). */
const ANY_PORT = 9
const ECHO: ReadonlyMap<4 | 6, { protocol: number; port: number }> = new Map([
  [4, { protocol: ICMP, port: 8 }],
  [6, { protocol: ICMPV6, port: 128 }],
])

type Packet = Pick<ProbeWish, 'protocol' | 'port'> & { port: number }

export interface PickFacts {
  intent: IntentView
  between(from: string, to: string): Between
  /** From 0, below 1. */
  random(): number
}

/** @param senders Names of interface records, on one switch and on the other. @returns undefined where none was found. */
export function pick(
  facts: PickFacts,
  senders: readonly string[],
  receivers: readonly string[],
): ProbeWish | undefined {
  const { intent, random } = facts
  const asked = new Set<string>()
  const pairs = Math.min(MOST_DRAWN, 4 * senders.length * receivers.length)
  for (let drawn = 0; drawn < pairs && asked.size < MOST_ASKED; drawn++) {
    const [from, to] = [senders, receivers].map((names) => intent.interfaces.get(one(names, random) ?? ''))
    if (from === undefined || to === undefined || from.name === to.name) continue
    const domain = domainOf(intent, from.network)
    if (domain !== domainOf(intent, to.network)) continue
    // What policy says is the same for all that have the same tags.
    const what = [intent.identityOf(from.name), intent.identityOf(to.name), domain, ...familiesOf(from, to)].join(' ')
    if (asked.has(what)) continue
    asked.add(what)
    const packet = packetFor(facts, from, to)
    if (packet !== undefined) return { from: from.name, to: to.name, ...packet }
  }
  return undefined
}

function one<T>(all: readonly T[], random: () => number): T | undefined {
  return all[Math.floor(random() * all.length)]
}

/** Families that both have an address of. */
function familiesOf(from: InterfaceRecord, to: InterfaceRecord): (4 | 6)[] {
  const has = ({ addresses }: InterfaceRecord, family: number): boolean =>
    addresses.some((text) => parseAddress(text)?.family === family)
  return ([4, 6] as const).filter((family) => has(from, family) && has(to, family))
}

/** A packet that passes, of those that rules of both name one at random. */
function packetFor(
  { intent, between, random }: PickFacts,
  from: InterfaceRecord,
  to: InterfaceRecord,
): Packet | undefined {
  const families = familiesOf(from, to)
  if (families.length === 0) return undefined
  const { rules, verdict } = between(from.name, to.name)
  const packets = [...families.flatMap((family) => ECHO.get(family) ?? []), ...rules.flatMap(packetsOf)]
  const passing = packets.slice(0, MOST_PACKETS).filter((packet) => {
    const asked = { from: from.name, to: to.name, ...packet }
    const said = verdict(packet)
    if (!said.allow) return false
    const { chain, copies } = steeringWish(intent, asked, said)
    return chain.length === 0 && copies.length === 0
  })
  return one(passing, random)
}

/** Packets that a rule may let pass. */
function packetsOf({ action, protocols, ports }: Rule): Packet[] {
  if (action !== 'allow' && action !== 'rate-limit') return []
  const [range] = ports
  const port = Math.max(range?.first ?? ANY_PORT, 1)
  return [PROTOCOL.tcp, PROTOCOL.udp]
    .filter((protocol) => protocols.length === 0 || protocols.includes(protocol))
    .map((protocol) => ({ protocol, port }))
}
