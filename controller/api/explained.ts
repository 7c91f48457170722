/**
 * Questions about traffic as messages: what packet a text means, the answer to "why can't A reach B" as steps, and how
 * a decision is named. The answer itself is policy/explain.ts's; this file finds the words of the protocol, who wrote
 * what decides, and whether switches enforce it.
 */

import { type FieldName, type Oxm, parseMatch } from 'node-openflow'
import { invalid, ok, type Result } from '../../model/errors.ts'
import { ICMP, ICMPV6, readIcmp } from '../../model/icmp.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { type Tier, tierOf } from '../../model/records.ts'
import { tagText } from '../../model/tag.ts'
import type { Cause } from '../../proto/gen/tagsteer/v1/Cause.ts'
import type { ExplainStep } from '../../proto/gen/tagsteer/v1/ExplainStep.ts'
import type { Explanation } from '../../proto/gen/tagsteer/v1/Explanation.ts'
import type { Verdict as VerdictMessage } from '../../proto/gen/tagsteer/v1/Verdict.ts'
import { type ExplainedEnd, type ExplainedSide, type ExplainedTraffic, explain, type Lack } from '../policy/explain.ts'
import type { RuleCause } from '../policy/order.ts'
import type { DecidedBy, Decision } from '../policy/permits.ts'
import type { Causes } from './causes.ts'
import type { ApiDependencies } from './deps.ts'

const PROTOCOLS: Readonly<Record<string, number>> = { ...PROTOCOL, icmpv4: PROTOCOL.icmp, icmp6: PROTOCOL.icmpv6 }
/** A number that no rule can name: any protocol that rules leave out. */
const OTHER_PROTOCOL = -1
const DESTINATION_FIELDS: readonly FieldName[] = ['tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type', 'icmpv6_type']
const ECHO_REQUEST = { 1: 8, 58: 128 } as const

/** IP protocol number, and destination port or ICMP type and code. */
export interface AskedPacket {
  protocol: number
  port?: number
  code?: number
}

/**
 * `tcp/443`, `icmp`, `icmp/3/4`, `icmpv6/packet-too-big`, `47`; an empty text is a packet of a protocol that no rule
 * names. @param ipv6 Of which family is `icmp` without a number; a number is the type of the protocol as it is spelled.
 */
export function readPacket(text: string, ipv6: boolean): Result<AskedPacket> {
  const bad = invalid([
    {
      field: 'packet',
      description: `${text}: must be tcp/PORT, udp/PORT, sctp/PORT, icmp, icmp/TYPE, icmp/TYPE/CODE, icmp/NAME, icmpv6/..., a protocol number, or ovs-ofctl text such as tcp,tp_dst=443`,
    },
  ])
  if (text === '') return ok({ protocol: OTHER_PROTOCOL })
  if (/[,=]/.test(text)) return readFlowText(text) ?? bad
  const match = /^([a-z0-9]+)(?:\/(\d{1,5}))?$/i.exec(text.trim())
  const message = /^(icmp|icmpv4|icmpv6|icmp6|1|58)\/([a-z0-9/-]+)$/i.exec(text.trim().toLowerCase())
  if (message !== null) return readMessage(message[1]!, message[2]!, ipv6) ?? bad
  if (match === null) return bad
  const word = match[1]!.toLowerCase()
  const number = /^\d{1,3}$/.test(word) ? Number(word) : PROTOCOLS[word]
  if (number === undefined || number > 255) return bad
  const protocol = word === 'icmp' && ipv6 ? ICMPV6 : number
  if (match[2] === undefined)
    return ok(protocol === 1 || protocol === 58 ? { protocol, port: ECHO_REQUEST[protocol] } : { protocol })
  const port = Number(match[2])
  const hasPort = Object.values(PROTOCOLS).includes(protocol)
  return hasPort && port <= 65535 ? ok({ protocol, port }) : bad
}

/** A message of ICMP by name or number. */
function readMessage(word: string, said: string, ipv6: boolean): Result<AskedPacket> | undefined {
  const isNumber = /^\d/.test(said)
  const protocol = PROTOCOLS[word] === ICMPV6 || word === '58' || (word === 'icmp' && ipv6 && !isNumber) ? ICMPV6 : ICMP
  const found = readIcmp(said, [protocol])
  if (typeof found === 'string') return undefined
  const { type, code } = found[0]!
  return ok({ protocol, port: type, ...(code === undefined ? {} : { code }) })
}

/** The same in the words of ovs-ofctl: `tcp,tp_dst=443`, `icmp6,icmp_type=128`. */
function readFlowText(text: string): Result<AskedPacket> | undefined {
  let match: Oxm[]
  try {
    match = parseMatch(text)
  } catch (error) {
    return invalid([{ field: 'packet', description: error instanceof Error ? error.message : String(error) }])
  }
  const exact = new Map(
    match.flatMap(({ field, value, mask }) => (mask === undefined ? [[field, value] as const] : [])),
  )
  const protocol = exact.get('ip_proto')
  if (typeof protocol !== 'number') return undefined
  const port = DESTINATION_FIELDS.map((field) => exact.get(field)).find((value) => value !== undefined)
  const code = exact.get('icmpv4_code') ?? exact.get('icmpv6_code')
  return ok({
    protocol,
    ...(typeof port === 'number' ? { port } : {}),
    ...(typeof code === 'number' ? { code } : {}),
  })
}

/** Whether a question between these two is one of IPv6: an address says so, else the records' first address. */
export function isIpv6({ intent }: ApiDependencies, from: string, to: string): boolean {
  const texts = [from, to].map((name) => intent.interfaces.get(name)?.addresses[0] ?? name)
  const address = [from, to].find((name) => !intent.interfaces.has(name))
  return (address ?? texts[0] ?? '').includes(':') && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(address ?? '')
}

const DECIDED: Readonly<Record<DecidedBy['kind'], string>> = {
  rule: 'RULE',
  default: 'DEFAULT_DENY',
  'no-shared-vnp': 'NO_SHARED_VNP',
  world: 'DEFAULT_ALLOW',
  unknown: 'UNKNOWN_INTERFACE',
  kept: 'RULE',
  'no-path': 'NO_PATH',
}

const passes = ({ verdict }: Decision): boolean => verdict === 'allow' || verdict === 'rate-limit'

/** The word of the protocol for what decided. */
export function decidedBy(decision: Decision): string {
  return decision.by.kind === 'default' && passes(decision) ? 'DEFAULT_ALLOW' : DECIDED[decision.by.kind]
}

/** The side that decides: the first that denies, else the receiver's, or the sender's where the receiver is the world. */
export function deciding({ egress, ingress }: { egress: Decision; ingress: Decision }): Decision {
  if (!passes(egress)) return egress
  return ingress.by.kind === 'world' ? egress : ingress
}

const VERDICT: Readonly<Record<Decision['verdict'], VerdictMessage>> = {
  allow: 'VERDICT_ALLOW',
  'rate-limit': 'VERDICT_ALLOW',
  deny: 'VERDICT_DENY',
  reject: 'VERDICT_REJECT',
}

const LACKS: Readonly<Record<Lack, string>> = {
  'applies-to': 'not about it',
  peer: 'another peer',
  protocol: 'another protocol',
  port: 'another port',
  icmp: 'another ICMP type or code',
  log: 'reports only',
}

export function explained(
  deps: ApiDependencies,
  request: { from: string; to: string; packet: string },
  causes: Causes,
): Result<Explanation> {
  for (const field of ['from', 'to'] as const) {
    if (request[field] === '')
      return invalid([{ field, description: 'is needed: an interface record, an address or a MAC' }])
  }
  const asked = readPacket(request.packet, isIpv6(deps, request.from, request.to))
  if (!asked.ok) return asked
  const { intent, network } = deps
  const links = network.links
  const neighbour = (datapathId: string, port: number): string | undefined =>
    links.find(({ from }) => from.datapathId === datapathId && from.port === port)?.to.datapathId
  const answer = explain(intent, network.observed, { from: request.from, to: request.to, ...asked.value }, neighbour)
  const decision = deciding(answer.verdict)
  const blocked = answer.verdict.allow && !answer.passes
  const cause = blocked ? undefined : causeOf(deps, causes, decision)
  return ok({
    verdict: blocked ? 'VERDICT_DENY' : VERDICT[decision.verdict],
    from: answer.from.name,
    to: answer.to.name,
    packet: request.packet,
    generation: String(answer.generation),
    ...concerned(deps, answer),
    steps: steps(deps, causes, answer, decision),
    decidedBy: blocked ? 'NO_PATH' : decidedBy(decision),
    ...(cause && { cause }),
    summary: answer.summary,
    smallestChange: answer.nextSteps.join('\n'),
  })
}

function steps(deps: ApiDependencies, causes: Causes, answer: ExplainedTraffic, decision: Decision): ExplainStep[] {
  const { from, to, sides, path, verdict } = answer
  const here = nameOf(deps, from.place?.datapathId ?? to.place?.datapathId)
  const told: ExplainStep[] = [
    endStep(deps, causes, from, 'port_security', 'enters at'),
    endStep(deps, causes, to, 'destination', 'is at'),
  ]
  for (const side of sides) {
    told.push(...passSteps(deps, causes, side, here))
    told.push(sideStep(deps, causes, side, here, side.decision === decision))
    if (!passes(side.decision)) return told
  }
  if (!verdict.allow) return told
  const way = path.hops.map(({ datapathId }) => nameOf(deps, datapathId)).join(' - ')
  const blocked = path.problem !== undefined
  told.push({
    where: here,
    table: 'forward',
    finding:
      path.problem ??
      (path.hops.length > 1 ? `path ${way}` : path.hops.length === 1 ? `stays on ${way}` : 'leaves by an uplink'),
    verdict: blocked ? 'VERDICT_DENY' : 'VERDICT_ALLOW',
    decides: blocked,
    packets: '0',
  })
  return told
}

function endStep(deps: ApiDependencies, causes: Causes, end: ExplainedEnd, table: string, verb: string): ExplainStep {
  const record = deps.intent.interfaces.get(end.name)
  const place = end.place
  const port =
    place === undefined ? undefined : deps.network.observed.datapaths.get(place.datapathId)?.ports.get(place.port)
  const at = place === undefined ? 'is on no connected port' : `${verb} ${port?.name ?? `port ${place.port}`}`
  const who = end.asked === end.name ? end.name : `${end.name} (${end.asked})`
  const finding =
    record !== undefined
      ? `${who} ${at}; identity ${end.identity ?? 0} (${end.tags.map(tagText).join(', ') || 'no relevant tags'}), vnp ${end.vnps.join(', ') || 'none'}`
      : (end.problem ?? `${who} is an address of the world`)
  const step: ExplainStep = {
    where: nameOf(deps, place?.datapathId),
    table,
    finding,
    verdict: 'VERDICT_UNSPECIFIED',
    decides: end.by === 'nobody',
    packets: '0',
  }
  return record === undefined ? step : { ...step, cause: causes.ofRecord(record) }
}

/** Rules that were consulted before and decided nothing are named with what they lacked, the nearest last. */
const NAMED = 4

function sideStep(
  deps: ApiDependencies,
  causes: Causes,
  side: ExplainedSide,
  where: string,
  decides: boolean,
): ExplainStep {
  const { decision, direction, subject, considered, omitted } = side
  const may = direction === 'egress' ? 'may send' : 'may receive'
  const named = considered.slice(-NAMED)
  const more = omitted + considered.length - named.length
  const before = named.map(({ cause, lack }) => `${cause.policy}#${cause.ruleIndex} ${LACKS[lack]}`)
  if (more > 0) before.unshift(`${more} more`)
  const passed = before.length === 0 ? '' : ` (before it: ${before.join(', ')})`
  const verb = passes(decision) ? may : `${may.replace('may', 'may not')}`
  const cause = causeOf(deps, causes, decision)
  return {
    where,
    table: tableOf(deps, side),
    finding: `${subject} ${verb}: ${reason(decision.by)}${passed}`,
    verdict: VERDICT[decision.verdict],
    decides,
    packets: '0',
    ...(cause && { cause }),
  }
}

/** The rules that passed the question on to the next tier. */
function passSteps(deps: ApiDependencies, causes: Causes, side: ExplainedSide, where: string): ExplainStep[] {
  return (side.decision.passed ?? []).map((passed) => {
    const by: DecidedBy = { kind: 'rule', cause: passed }
    const cause = causeOf(deps, causes, { verdict: 'allow', by })
    return {
      where,
      table: `${side.direction}_${tierOfCause(deps, passed)}`,
      finding: `${reason(by)}: passes on to the next tier`,
      verdict: 'VERDICT_UNSPECIFIED',
      decides: false,
      packets: '0',
      ...(cause && { cause }),
    }
  })
}

/** The table that decides one side. */
function tableOf(deps: ApiDependencies, { direction, decision: { by } }: ExplainedSide): string {
  return `${direction}_${by.kind === 'rule' ? tierOfCause(deps, by.cause) : 'default'}`
}

const tierOfCause = ({ intent }: ApiDependencies, { policy }: RuleCause): Tier =>
  tierOf(intent.policies.get(policy) ?? {})

function causeOf({ intent }: ApiDependencies, causes: Causes, { by }: Decision): Cause | undefined {
  const record =
    by.kind === 'rule'
      ? intent.policies.get(by.cause.policy)
      : by.kind === 'default'
        ? intent.vnps.get(by.vnps[0] ?? '')
        : undefined
  return record && causes.ofRecord(record, by.kind === 'rule' ? by.cause.ruleIndex : undefined)
}

function reason(by: DecidedBy): string {
  switch (by.kind) {
    case 'rule':
      return `rule ${by.cause.ruleIndex} of policy ${by.cause.policy}, vnp ${by.cause.vnp}`
    case 'default':
      return `default of vnp ${by.vnps.join(', ')}`
    case 'no-shared-vnp':
      return 'no shared vnp, and no rule names the other'
    case 'world':
      return 'the world has no say of its own'
    case 'unknown':
      return `nobody knows ${by.name}`
    case 'kept':
      return 'the rule that admitted the connection keeps it'
    case 'no-path':
      return 'different networks, or one and the same interface'
  }
}

const nameOf = ({ network }: ApiDependencies, datapathId: string | undefined): string =>
  datapathId === undefined ? '' : network.nameOf(datapathId) || datapathId

/** Switches of both ends, and how many of them confirmed the newest generation. */
function concerned(
  { intent, applied }: ApiDependencies,
  { from, to }: ExplainedTraffic,
): { appliedSwitches: number; concernedSwitches: number } {
  const switches = new Set([from, to].flatMap(({ place }) => place?.datapathId ?? []))
  const confirmed = applied
    .status()
    .filter(({ datapathId, appliedGeneration }) => switches.has(datapathId) && appliedGeneration >= intent.generation)
  return { appliedSwitches: confirmed.length, concernedSwitches: switches.size }
}
