/**
 * The answer to "why can't A reach B": policy's own verdict (policy/permits.ts) told stage by stage, with where both
 * ends are, who wrote the rule that decides, and what would have to change. It decides nothing itself.
 */

import { formatAddress, parseAddress } from '../../model/address.ts'
import { fail, invalid, ok, type Result } from '../../model/errors.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { tagText } from '../../model/tag.ts'
import type { Cause } from '../../proto/gen/tagsteer/v1/Cause.ts'
import type { ExplainStep } from '../../proto/gen/tagsteer/v1/ExplainStep.ts'
import type { Explanation } from '../../proto/gen/tagsteer/v1/Explanation.ts'
import type { Verdict as VerdictMessage } from '../../proto/gen/tagsteer/v1/Verdict.ts'
import { type DecidedBy, type Decision, type PolicyPacket, permits } from '../policy/permits.ts'
import type { TableName } from '../policy/pipeline.ts'
import type { Causes } from './causes.ts'
import type { ApiDependencies } from './deps.ts'

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 }
/** A number that no rule can name: any protocol that rules leave out. */
const OTHER_PROTOCOL = -1

interface Asked {
  protocol: number
  port?: number
}

/** `tcp/443`, `icmp`, `47`; nothing is a packet of a protocol that no rule names. */
export function readPacket(text: string, family: 4 | 6): Result<Asked> {
  const bad = invalid([
    {
      field: 'packet',
      description: `${text}: must be tcp/PORT, udp/PORT, sctp/PORT, icmp, icmp/TYPE or a protocol number`,
    },
  ])
  if (text === '') return ok({ protocol: OTHER_PROTOCOL })
  const match = /^([a-z0-9]+)(?:\/(\d{1,5}))?$/i.exec(text.trim())
  if (match === null) return bad
  const word = match[1]!.toLowerCase()
  const number = /^\d{1,3}$/.test(word) ? Number(word) : PROTOCOLS[word]
  if (number === undefined || number > 255) return bad
  const protocol = number === 1 && family === 6 ? 58 : number
  if (match[2] === undefined)
    return ok(protocol === 1 ? { protocol, port: 8 } : protocol === 58 ? { protocol, port: 128 } : { protocol })
  const port = Number(match[2])
  if (port > 65535 || ![1, 6, 17, 58, 132].includes(protocol)) return bad
  return ok({ protocol, port })
}

/** The interface record that a name, an address or nothing stands for; an address of the world stays as it is. */
function resolve({ intent }: ApiDependencies, name: string, field: string): Result<string> {
  if (intent.interfaces.has(name)) return ok(name)
  const address = parseAddress(name)
  if (address === undefined) {
    if (name === '') return invalid([{ field, description: 'is needed: an interface record or an address' }])
    return fail('NOT_FOUND', { kind: 'interface', name })
  }
  const holders = [...intent.interfaces.values()].filter(({ addresses }) => addresses.includes(formatAddress(address)))
  if (holders.length > 1) {
    const names = holders.map((holder) => holder.name).join(', ')
    return invalid([
      { field, description: `${name} is an address of ${names}, in different networks: name one of them` },
    ])
  }
  return ok(holders[0]?.name ?? formatAddress(address))
}

export function explained(
  deps: ApiDependencies,
  request: { from: string; to: string; packet: string },
  causes: Causes,
): Result<Explanation> {
  const { intent } = deps
  const from = resolve(deps, request.from, 'from')
  if (!from.ok) return from
  const to = resolve(deps, request.to, 'to')
  if (!to.ok) return to
  const known = [intent.interfaces.get(from.value)?.addresses[0], intent.interfaces.get(to.value)?.addresses[0]]
  const family =
    parseAddress(intent.interfaces.has(from.value) ? to.value : from.value)?.family ??
    parseAddress(known[0] ?? '')?.family ??
    4
  const asked = readPacket(request.packet, family)
  if (!asked.ok) return asked
  const packet: PolicyPacket = { from: from.value, to: to.value, ...asked.value }
  const verdict = permits(intent, packet)
  const walk = new Walk(deps, causes, packet)
  const deciding = walk.steps(verdict.egress, verdict.ingress)
  const status = concerned(deps, [from.value, to.value])
  const answer: Explanation = {
    verdict: deciding.verdict,
    from: from.value,
    to: to.value,
    packet: request.packet,
    generation: String(intent.generation),
    ...status,
    steps: walk.told,
    decidedBy: deciding.decidedBy,
    summary: deciding.summary(request.packet || 'A packet of a protocol that no rule names'),
    smallestChange: deciding.change,
  }
  return ok(deciding.cause === undefined ? answer : { ...answer, cause: deciding.cause })
}

interface Deciding {
  verdict: VerdictMessage
  decidedBy: string
  cause?: Cause
  change: string
  summary(packet: string): string
}

const VERDICT: Readonly<Record<Decision['verdict'], VerdictMessage>> = {
  allow: 'VERDICT_ALLOW',
  'rate-limit': 'VERDICT_ALLOW',
  deny: 'VERDICT_DENY',
  reject: 'VERDICT_REJECT',
}
const passes = ({ verdict }: Decision): boolean => verdict === 'allow' || verdict === 'rate-limit'

/** Collects the steps of one packet's way. */
class Walk {
  readonly told: ExplainStep[] = []
  readonly #deps: ApiDependencies
  readonly #causes: Causes
  readonly #packet: PolicyPacket

  constructor(deps: ApiDependencies, causes: Causes, packet: PolicyPacket) {
    this.#deps = deps
    this.#causes = causes
    this.#packet = packet
  }

  steps(egress: Decision, ingress: Decision): Deciding {
    const { from, to } = this.#packet
    const where = this.#switchOf(from) || this.#switchOf(to)
    this.#end(from, 'port_security', 'enters at')
    this.#end(to, 'destination', 'is at')
    const first = this.#decision(where, 'egress_policy', egress, `${from} may send`)
    if (!passes(egress)) return this.#denied(egress, first, 'egress')
    const second = this.#decision(where, 'ingress_policy', ingress, `${to} may receive`)
    if (!passes(ingress)) return this.#denied(ingress, second, 'ingress')
    const lost = [from, to].find((name) => this.#record(name) !== undefined && !this.#place(name))
    if (lost !== undefined) {
      this.#tell(where, 'forward', `${lost} is on no connected port`, 'VERDICT_DENY', undefined, true)
      return {
        verdict: 'VERDICT_DENY',
        decidedBy: 'NO_PATH',
        change: `Attach ${lost}: see its attachment with \`tagsteer describe interface ${lost}\`.`,
        summary: (packet) => `Policy allows ${packet} from ${from} to ${to}, but ${lost} is on no connected port.`,
      }
    }
    const path = this.#path()
    this.#tell(where, 'forward', path.finding, path.broken ? 'VERDICT_DENY' : 'VERDICT_ALLOW', undefined, path.broken)
    if (path.broken) {
      return {
        verdict: 'VERDICT_DENY',
        decidedBy: 'NO_PATH',
        change: 'Look at links with `tagsteer topology`.',
        summary: (packet) => `Policy allows ${packet} from ${from} to ${to}, but ${path.finding}.`,
      }
    }
    const decisive = ingress.by.kind === 'world' ? egress : ingress
    const cause = decisive === egress ? first : second
    const last = this.told.find((step) => step.table === (decisive === egress ? 'egress_policy' : 'ingress_policy'))
    if (last !== undefined) last.decides = true
    return {
      verdict: 'VERDICT_ALLOW',
      decidedBy: decisive.by.kind === 'rule' ? 'RULE' : 'DEFAULT_ALLOW',
      ...(cause && { cause }),
      change: '',
      summary: (packet) => `${packet} from ${from} to ${to} is allowed by ${reason(decisive.by)}.`,
    }
  }

  #denied(decision: Decision, cause: Cause | undefined, direction: 'egress' | 'ingress'): Deciding {
    const { from, to } = this.#packet
    const step = this.told.at(-1)
    if (step !== undefined) step.decides = true
    const words: Record<DecidedBy['kind'], string> = {
      rule: 'RULE',
      default: 'DEFAULT_DENY',
      'no-shared-vnp': 'NO_SHARED_VNP',
      world: 'DEFAULT_ALLOW',
      unknown: 'UNKNOWN_INTERFACE',
      'no-path': 'NO_PATH',
    }
    const verb = decision.verdict === 'reject' ? 'rejected' : 'denied'
    return {
      verdict: VERDICT[decision.verdict],
      decidedBy: words[decision.by.kind],
      ...(cause && { cause }),
      change: this.#change(decision.by, direction),
      summary: (packet) => `${packet} from ${from} to ${to} is ${verb} at ${direction} by ${reason(decision.by)}.`,
    }
  }

  #change(by: DecidedBy, direction: 'egress' | 'ingress'): string {
    const { from, to } = this.#packet
    const [subject, peer] = direction === 'egress' ? [from, to] : [to, from]
    switch (by.kind) {
      case 'rule':
        return `Change rule ${by.cause.ruleIndex} of policy ${by.cause.policy}, or add a rule that is consulted before it.`
      case 'default':
        return `Add an ${direction} rule that allows it to a policy of vnp ${by.vnps[0]} for ${subject}, with peer ${peer}.`
      case 'no-shared-vnp':
        if (!this.#deps.intent.interfaces.has(peer))
          return `Add an ${direction} rule with peer cidr or any to a policy of a vnp of ${subject}: without one nothing goes to the world or comes from it.`
        return `Give ${from} and ${to} a tag that makes both members of one vnp, or let rules on both sides name the other's vnp.`
      case 'no-path':
        return 'Interfaces of different networks cannot reach each other.'
      default:
        return ''
    }
  }

  #decision(where: string, table: TableName, decision: Decision, subject: string): Cause | undefined {
    const { by, verdict } = decision
    const { intent } = this.#deps
    const record =
      by.kind === 'rule'
        ? intent.policies.get(by.cause.policy)
        : by.kind === 'default'
          ? intent.vnps.get(by.vnps[0] ?? '')
          : undefined
    const cause =
      record === undefined
        ? undefined
        : this.#causes.ofRecord(record, by.kind === 'rule' ? by.cause.ruleIndex : undefined)
    const finding = passes(decision) ? `${subject}: ${reason(by)}` : `${subject}? No: ${reason(by)}`
    this.#tell(where, table, finding, VERDICT[verdict], cause, false)
    return cause
  }

  #end(name: string, table: TableName, verb: string): void {
    const record = this.#record(name)
    if (record === undefined) {
      this.#tell('', table, `${name} is an address of the world`, 'VERDICT_UNSPECIFIED', undefined, false)
      return
    }
    const { intent } = this.#deps
    const identity = intent.identityOf(name)
    const vnps = intent.vnpsOf(identity).map((vnp) => vnp.name)
    const tags = [...intent.tagsOf(identity)].map(tagText)
    const place = this.#place(name)
    const at = place === undefined ? 'is on no connected port' : `${verb} ${place}`
    this.#tell(
      this.#switchOf(name),
      table,
      `${name} ${at}; identity ${identity} (${tags.join(', ') || 'no relevant tags'}), vnp ${vnps.join(', ') || 'none'}`,
      'VERDICT_UNSPECIFIED',
      this.#causes.ofRecord(record),
      false,
    )
  }

  #path(): { finding: string; broken: boolean } {
    const { observed } = this.#deps.network
    const [start, end] = [observed.places.get(this.#packet.from), observed.places.get(this.#packet.to)]
    if (start === undefined || end === undefined) return { finding: 'leaves by an uplink', broken: false }
    const hops = [this.#name(start.datapathId)]
    let at = start.datapathId
    while (at !== end.datapathId) {
      const port = observed.datapaths.get(at)?.nextHops.get(end.datapathId)
      const link = this.#deps.network.links.find(({ from }) => from.datapathId === at && from.port === port)
      if (link === undefined || hops.length > observed.datapaths.size)
        return { finding: `there is no path from ${this.#name(at)} to ${this.#name(end.datapathId)}`, broken: true }
      at = link.to.datapathId
      hops.push(this.#name(at))
    }
    return { finding: hops.length === 1 ? `stays on ${hops[0]}` : `path ${hops.join(' - ')}`, broken: false }
  }

  #record(name: string): InterfaceRecord | undefined {
    return this.#deps.intent.interfaces.get(name)
  }

  #place(name: string): string | undefined {
    const place = this.#deps.network.observed.places.get(name)
    if (place === undefined) return undefined
    return this.#deps.network.switches.get(place.datapathId)?.ports.get(place.port)?.name ?? `port ${place.port}`
  }

  #switchOf(name: string): string {
    const place = this.#deps.network.observed.places.get(name)
    return place === undefined ? '' : this.#name(place.datapathId)
  }

  #name(datapathId: string): string {
    for (const record of this.#deps.intent.switches.values()) if (record.datapathId === datapathId) return record.name
    return this.#deps.network.switches.get(datapathId)?.name ?? datapathId
  }

  #tell(
    where: string,
    table: string,
    finding: string,
    verdict: VerdictMessage,
    cause: Cause | undefined,
    decides: boolean,
  ): void {
    this.told.push({ where, table, finding, verdict, decides, packets: '0', ...(cause && { cause }) })
  }
}

function reason(by: DecidedBy): string {
  switch (by.kind) {
    case 'rule':
      return `rule ${by.cause.ruleIndex} of policy ${by.cause.policy} (vnp ${by.cause.vnp})`
    case 'default':
      return `the default of vnp ${by.vnps.join(', ')}`
    case 'no-shared-vnp':
      return 'the absence of a shared vnp'
    case 'world':
      return 'nothing: the world has no say of its own'
    case 'unknown':
      return `nobody knowing ${by.name}`
    case 'no-path':
      return 'different networks'
  }
}

/** Switches of both ends, and how many of them confirmed the newest generation. */
function concerned(
  { network, intent, applied }: ApiDependencies,
  names: string[],
): { appliedSwitches: number; concernedSwitches: number } {
  const switches = new Set(names.flatMap((name) => network.observed.places.get(name)?.datapathId ?? []))
  const confirmed = applied
    .status()
    .filter(({ datapathId, appliedGeneration }) => switches.has(datapathId) && appliedGeneration >= intent.generation)
  return { appliedSwitches: confirmed.length, concernedSwitches: switches.size }
}
