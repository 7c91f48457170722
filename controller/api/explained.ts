/**
 * Questions about traffic as messages: the answer to "why can't A reach B" as steps, and how a decision is named. The answer itself is policy/explain.ts's; this file finds the words of the protocol, who wrote
 * what decides, and whether switches enforce it.
 */

import { type Address, formatAddress } from '../../model/address.ts'
import { fail, invalid, ok, type Result } from '../../model/errors.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { readPacketText } from '../../model/packet-text.ts'
import { type Direction, type Tier, tierOf } from '../../model/records.ts'
import { tagText } from '../../model/tag.ts'
import type { Cause } from '../../proto/gen/tagsteer/v1/Cause.ts'
import type { ExplainStep } from '../../proto/gen/tagsteer/v1/ExplainStep.ts'
import type { Explanation } from '../../proto/gen/tagsteer/v1/Explanation.ts'
import type { LoggedPacket } from '../../proto/gen/tagsteer/v1/LoggedPacket.ts'
import type { Verdict as VerdictMessage } from '../../proto/gen/tagsteer/v1/Verdict.ts'
import { demandKey } from '../policy/compile-demand.ts'
import type { SourcedTag } from '../policy/effective-tags.ts'
import { type ExplainedEnd, type ExplainedSide, type ExplainedTraffic, explain, type Lack } from '../policy/explain.ts'
import type { RuleCause } from '../policy/order.ts'
import type { DecidedBy, Decision } from '../policy/permits.ts'
import { type AskedPacket, mayHold, readQuestion } from './asked.ts'
import type { Causes } from './causes.ts'
import type { ApiDependencies } from './deps.ts'
import { timestamp } from './messages.ts'

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
  request: { from: string; to: string; packet: string; event: string },
  causes: Causes,
): Result<Explanation> {
  const logged = request.event === '0' ? ok(undefined) : loggedPacket(deps, request)
  if (!logged.ok) return logged
  const packet = logged.value?.question.packet ?? request.packet
  const question = readQuestion(deps, logged.value?.question ?? request)
  if (!question.ok) return question
  const { intent, network } = deps
  const links = network.links
  const neighbour = (datapathId: string, port: number): string | undefined =>
    links.find(({ from }) => from.datapathId === datapathId && from.port === port)?.to.datapathId
  const { from, to, packet: asked } = question.value
  const answer = explain(intent, network.observed, { from, to, ...asked }, neighbour, network.backend)
  const decision = deciding(answer.verdict)
  const blocked = answer.verdict.allow && !answer.passes
  const cause = blocked ? undefined : causeOf(deps, causes, decision)
  return ok({
    verdict: blocked ? 'VERDICT_DENY' : VERDICT[decision.verdict],
    from: answer.from.name,
    to: answer.to.name,
    packet,
    generation: String(answer.generation),
    ...concerned(deps, answer),
    steps: steps(deps, causes, answer, decision, asked),
    decidedBy: blocked ? 'NO_PATH' : decidedBy(decision),
    ...(cause && { cause }),
    summary: answer.summary,
    smallestChange: answer.nextSteps.join('\n'),
    ...(logged.value && { logged: logged.value.message }),
  })
}

/** The packet of an event as a question, and what the event says of it. */
function loggedPacket(
  deps: ApiDependencies,
  request: { from: string; to: string; packet: string; event: string },
): Result<{ question: { from: string; to: string; packet: string }; message: LoggedPacket }> {
  const given = (['from', 'to', 'packet'] as const).find((field) => request[field] !== '')
  if (given !== undefined)
    return invalid([{ field: given, description: 'must be left out where an event names the packet' }])
  const sequence = Number(request.event)
  const { events } = deps
  const { event, lost } = events.at(sequence)
  if (lost > 0) return fail('EVENT_FORGOTTEN', { sequence: request.event, oldest: sequence + lost })
  if (event === undefined) return fail('NO_SUCH_EVENT', { sequence: request.event, newest: events.next - 1 })
  const { subject: rule, type, time, details } = event
  const { from = '', to = '', fromKind, toKind, packet = '', switch: datapathId = '', generation = '0' } = details
  if (packet === '') return fail('EVENT_WITHOUT_PACKET', { sequence: request.event, type })
  const verdict = details['verdict'] as Decision['verdict'] | undefined
  // A record that has gone since, or has other addresses, leaves its address in the packet: whose it is now.
  const text = readPacketText(packet)
  const end = (name: string, kind: string | undefined, address: Address | undefined): string => {
    const isThere = kind === 'interface' && deps.intent.interfaces.has(name)
    return isThere && address !== undefined && mayHold(deps, name, formatAddress(address)) ? name : ''
  }
  return ok({
    question: { from: end(from, fromKind, text?.source), to: end(to, toKind, text?.destination), packet },
    message: {
      sequence: request.event,
      time: timestamp(time),
      rule,
      switch: datapathId,
      generation,
      verdict: verdict === undefined ? 'VERDICT_UNSPECIFIED' : VERDICT[verdict],
    },
  })
}

function steps(
  deps: ApiDependencies,
  causes: Causes,
  answer: ExplainedTraffic,
  decision: Decision,
  packet: AskedPacket,
): ExplainStep[] {
  const { from, to, sides, path, verdict } = answer
  const judge = from.place?.datapathId ?? to.place?.datapathId
  const here = nameOf(deps, judge)
  const isReactive = judge !== undefined && deps.intent.switchOf(judge)?.reactive !== undefined
  const asking = isReactive ? { deps, answer, judge, packet } : undefined
  const told: ExplainStep[] = [
    endStep(deps, causes, from, 'port_security', 'enters at'),
    ...inheritedSteps(deps, causes, from, 'port_security'),
    ...routeSteps(deps, causes, answer),
    endStep(deps, causes, to, 'destination', 'is at'),
    ...inheritedSteps(deps, causes, to, 'destination'),
  ]
  for (const side of sides) {
    told.push(...passSteps(deps, causes, side, here))
    const step = sideStep(deps, causes, side, here, side.decision === decision)
    told.push(asking === undefined ? step : askedStep(asking, step, side.direction))
    if (!passes(side.decision)) return [...told, ...copySteps(answer, here)]
  }
  if (!verdict.allow) return told
  told.push(...copySteps(answer, here))
  if (answer.way.via.length > 0 && path.problem === undefined)
    told.push({ ...SAID, where: here, table: 'steer', finding: `goes through ${answer.way.via.join(', then ')}` })
  const way = switchesOn(deps, answer).join(' - ')
  const blocked = path.problem !== undefined
  told.push({
    where: here,
    table: 'forward',
    finding:
      path.problem ??
      (way.includes(' - ') ? `path ${way}` : path.hops.length === 1 ? `stays on ${way}` : 'leaves by an uplink'),
    verdict: blocked ? 'VERDICT_DENY' : 'VERDICT_ALLOW',
    decides: blocked,
    packets: '0',
  })
  return told
}

/** Switches that the packet crosses; where services are on its way, those of its ends and of the services. */
function switchesOn(deps: ApiDependencies, { from, to, way, path }: ExplainedTraffic): string[] {
  const { places } = deps.network.observed
  const served = way.via.map((name) => places.get(name)?.datapathId)
  const stops = [from.place?.datapathId, ...served, to.place?.datapathId].filter((its) => its !== undefined)
  const crossed = served.length === 0 ? path.hops.map(({ datapathId }) => datapathId) : stops
  return crossed.filter((its, index) => its !== crossed[index - 1]).map((datapathId) => nameOf(deps, datapathId))
}

const SAID = { verdict: 'VERDICT_UNSPECIFIED', decides: false, packets: '0' } as const

/** From the sender's network to the receiver's. */
function routeSteps(deps: ApiDependencies, causes: Causes, { from, to, router }: ExplainedTraffic): ExplainStep[] {
  if (router === undefined) return []
  const record = deps.intent.networks.get(to.network ?? '')
  const finding = `router ${router} takes it from network ${from.network} to ${to.network}, if it is sent to the gateway; TTL less 1`
  const where = nameOf(deps, from.place?.datapathId)
  return [{ ...SAID, where, table: 'route', finding, ...(record && { cause: causes.ofRecord(record) }) }]
}

/** Collectors that get a copy, and those that get none. */
function copySteps({ way }: ExplainedTraffic, where: string): ExplainStep[] {
  return [
    ...way.copies.map((collector) => `a copy goes to ${collector}`),
    ...way.missed.map(({ collector, why }) => `no copy goes to ${collector}: ${why}`),
  ].map((finding) => ({ ...SAID, where, table: 'mirror_egress', finding }))
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

/** Tags that an end has from elsewhere than its own record, by source, and those that it does not take. */
function inheritedSteps(deps: ApiDependencies, causes: Causes, end: ExplainedEnd, table: string): ExplainStep[] {
  const where = nameOf(deps, end.place?.datapathId)
  const bySource = new Map<string, SourcedTag[]>()
  for (const each of end.sources ?? []) {
    if (each.origin.kind !== 'nap') continue
    const known = bySource.get(each.origin.name)
    if (known === undefined) bySource.set(each.origin.name, [each])
    else known.push(each)
  }
  return [...bySource].map(([name, tags]) => {
    const texts = (lost: SourcedTag['lost']): string =>
      tags.flatMap((each) => (each.lost === lost ? [tagText(each.tag)] : [])).join(', ')
    const parts = [
      [texts(undefined), `${end.name} inherits `, ''],
      [texts('key'), '', ' does not count: a tag of the record has the same key'],
      [texts('overrides'), '', ' does not count: the record overrides it'],
    ].flatMap(([text, before, after]) => (text === '' ? [] : [`${before}${text}${after}`]))
    const record = deps.intent.naps.get(name)
    const finding = `NAP ${name}: ${parts.join('; ')}`
    return { ...SAID, where, table, finding, ...(record && { cause: causes.ofRecord(record) }) }
  })
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

/** A side on a switch that has verdicts only of what it asked. */
function askedStep(
  { deps, answer: { from, to }, judge, packet: { protocol, port, code = 0 } }: Asking,
  step: ExplainStep,
  side: Direction,
): ExplainStep {
  const key = port === undefined ? 0 : protocol === ICMP || protocol === ICMPV6 ? port * 256 + code : port
  const ends = deps.lookup.identitiesOf(from.name, to.name)
  const demand = ends && demandKey({ side, ...ends, protocol, key })
  const isKept = demand !== undefined && deps.network.observed.demands?.get(judge)?.has(demand) === true
  const how = isKept
    ? 'the switch asked, and keeps this verdict'
    : 'the switch would ask the controller for this verdict'
  return { ...step, table: `${side}_admin`, finding: `${step.finding}; ${how}` }
}

interface Asking {
  deps: ApiDependencies
  answer: ExplainedTraffic
  judge: string
  packet: AskedPacket
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
