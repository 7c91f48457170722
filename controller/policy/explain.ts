/**
 * Why a packet passes or not, as data: who its ends are, which partitions they share, which rules were considered on
 * each side and what each lacked, what decided, which way the packet goes, and which change would let it through. The
 * verdict is that of permits.ts; this file only tells how it comes about, and a property test applies the changes that
 * it proposes. It refuses to know switches' own state and how an answer is printed. Called by the API.
 */

import { type Address, parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import { protocolWord } from '../../model/protocol.ts'
import {
  type Direction,
  type InterfaceRecord,
  type Peer,
  type Rule,
  type Selector,
  type Tier,
  tierOf,
  type Vnp,
} from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import { type Tag, tagText } from '../../model/tag.ts'
import { nextPortFrom } from './carriers.ts'
import { effectiveTags, type SourcedTag } from './effective-tags.ts'
import { endOf } from './explain-ends.ts'
import { effectivePriority, type OrderedRule, orderRules, type RuleCause } from './order.ts'
import { carries, type Decision, type PolicyPacket, permits, type Verdict } from './permits.ts'
import { routerOf } from './routing.ts'
import type { Backend, IntentView, ObservedView, Place } from './state.ts'
import { along, type Way, wayOf } from './ways.ts'

/** Ends by interface record name, address or MAC. */
export interface ExplainQuery {
  from: string
  to: string
  /** IP protocol number. */
  protocol: number
  /** Destination port or ICMP type. */
  port?: number
  /** ICMP code; 0 where absent. */
  code?: number
}

/** Who a name of the question stands for. */
export interface ExplainedEnd {
  asked: string
  by: 'name' | 'address' | 'mac' | 'world' | 'nobody'
  /** What permits() is asked about: a record's name, or an address of the world. */
  name: string
  /** Why it is nobody. */
  problem?: string
  /** For interface records. */
  network?: string
  identity?: number
  /** Effective tags that some selector mentions. */
  tags: Tag[]
  /** For interface records: every tag that it has or would inherit, and from where. */
  sources?: SourcedTag[]
  /** Partitions, in the order in which they are consulted. */
  vnps: string[]
  place?: Place
}

/** What a rule lacked. `log` lacked nothing: it reported and decided nothing. */
export type Lack = 'applies-to' | 'peer' | 'protocol' | 'port' | 'icmp' | 'log'

export interface ConsideredRule {
  cause: RuleCause
  action: Rule['action']
  lack: Lack
}

/** What one end has to say. */
export interface ExplainedSide {
  direction: Direction
  subject: string
  peer: string
  decision: Decision
  /** The rule that decided. */
  rule?: Rule
  /** Rules of the subject's partitions consulted before that decided nothing; `decision.passed` are not among them. */
  considered: ConsideredRule[]
  /** How many more there were, before those in `considered`. */
  omitted: number
  /** Would let the packet through on this side; absent where it passes, or where no record can. */
  change?: ProposedChange
}

export type ProposedChange =
  /** A policy of its own, under any free name. */
  | { kind: 'add-policy'; vnp: string; tier: Tier; appliesTo: Selector; priority: number; rule: Rule; text: string }
  | { kind: 'change-rule'; cause: RuleCause; text: string }
  /** An end is a member of nothing. */
  | { kind: 'join-partition'; interface: string; text: string }

export interface Hop {
  datapathId: string
  /** Port by which the packet leaves; undefined where the way on is unknown. */
  out?: number
}

export interface ExplainedPath {
  hops: Hop[]
  /** Why the packet does not arrive although policy may let it. */
  problem?: string
}

export interface ExplainedTraffic {
  generation: number
  /** Policy's verdict and the way there: both must be right. */
  passes: boolean
  verdict: Verdict
  from: ExplainedEnd
  to: ExplainedEnd
  /** Partitions that both are members of. */
  shared: string[]
  /** Egress, then ingress. Empty where neither end is asked (nobody, no path, world). */
  sides: ExplainedSide[]
  path: ExplainedPath
  /** The virtual router that takes it from its sender's network to that of its receiver; absent within one. */
  router?: string
  /** Services on its way, and who gets copies. */
  way: Way
  /** One sentence. */
  summary: string
  /** One sentence for each change that is needed; empty where the packet passes or nothing can be done. */
  nextSteps: string[]
}

/** The other end of a link: datapath id of the switch that a fabric port leads to. */
export type Neighbour = (datapathId: string, port: number) => string | undefined

/** Rules told per side; the nearest to the decision are kept. */
const CONSIDERED = 64
const MAX_PRIORITY = 2 ** 31 - 1

export function explain(
  intent: IntentView,
  observed: ObservedView,
  query: ExplainQuery,
  neighbour: Neighbour = () => undefined,
  backend: Backend = 'fabric',
): ExplainedTraffic {
  const from = endOf(intent, observed, query.from, query.to)
  const to = endOf(intent, observed, query.to, query.from)
  const packet: PolicyPacket = {
    from: from.name,
    to: to.name,
    protocol: query.protocol,
    ...(query.port === undefined ? {} : { port: query.port }),
    ...(query.code === undefined ? {} : { code: query.code }),
  }
  const rules = orderRules(intent)
  const verdict = permits(intent, packet, rules)
  const shared = from.vnps.filter((name) => to.vnps.includes(name))
  const side = (direction: Direction, subject: ExplainedEnd, peer: ExplainedEnd): ExplainedSide[] => {
    const decision = verdict[direction]
    if (decision.by.kind === 'unknown' || decision.by.kind === 'no-path' || decision.by.kind === 'world') return []
    return [sideOf(intent, rules, direction, subject, peer, packet, decision)]
  }
  const sides = [...side('egress', from, to), ...side('ingress', to, from)]
  const way = wayOf({ intent, observed, backend }, packet, verdict)
  const path = along(pathOf(observed, from, to, neighbour), way)
  return {
    generation: intent.generation,
    passes: verdict.allow && path.problem === undefined,
    verdict,
    from,
    to,
    shared,
    sides,
    path,
    ...routed(intent, from, to),
    way,
    summary: summaryOf(verdict, from, to, path),
    nextSteps: nextStepsOf(verdict, sides, path, way, from, to),
  }
}

function sideOf(
  intent: IntentView,
  rules: readonly OrderedRule[],
  direction: Direction,
  subject: ExplainedEnd,
  peer: ExplainedEnd,
  packet: PolicyPacket,
  decision: Decision,
): ExplainedSide {
  const record = intent.interfaces.get(subject.name)!
  const other = intent.interfaces.get(peer.name) ?? parseAddress(peer.name)!
  const considered: ConsideredRule[] = []
  const passes: OrderedRule[] = []
  let deciding: OrderedRule | undefined
  for (const ordered of rules) {
    const { rule, vnp, policy, cause } = ordered
    if (rule.direction !== direction || !isMember(intent, record, vnp)) continue
    if (passes.some((pass) => tierOf(pass.policy) === tierOf(policy))) continue
    if (decision.passed?.some((pass) => sameRule(pass, cause))) {
      passes.push(ordered)
      continue
    }
    if (decision.by.kind === 'rule' && sameRule(decision.by.cause, cause)) {
      deciding = ordered
      break
    }
    considered.push({ cause, action: rule.action, lack: lackOf(intent, ordered, record, other, packet) })
  }
  const change = changeOf(direction, subject, peer, packet, decision, deciding, passes)
  return {
    direction,
    subject: subject.name,
    peer: peer.name,
    decision,
    ...(deciding === undefined ? {} : { rule: deciding.rule }),
    considered: considered.slice(-CONSIDERED),
    omitted: Math.max(0, considered.length - CONSIDERED),
    ...(change === undefined ? {} : { change }),
  }
}

/** The first thing that a rule which did not decide lacks. */
function lackOf(
  intent: IntentView,
  { rule, policy, vnp }: OrderedRule,
  subject: InterfaceRecord,
  peer: InterfaceRecord | Address,
  packet: PolicyPacket,
): Lack {
  if (!matches(policy.appliesTo, tagsOf(intent, subject))) return 'applies-to'
  if (!namesPeer(intent, rule.peer, vnp, peer)) return 'peer'
  if (rule.protocols.length > 0 && !rule.protocols.includes(packet.protocol)) return 'protocol'
  return carries(rule, packet) ? 'log' : rule.icmp === undefined ? 'port' : 'icmp'
}

function namesPeer(intent: IntentView, named: Peer, vnp: Vnp, peer: InterfaceRecord | Address): boolean {
  if ('family' in peer) {
    const prefix = named.kind === 'cidr' ? parsePrefix(named.cidr) : undefined
    return named.kind === 'any' || (prefix !== undefined && prefixHolds(prefix, peer))
  }
  if (named.kind === 'any') return isMember(intent, peer, vnp)
  if (named.kind === 'tags') return isMember(intent, peer, vnp) && matches(named.selector, tagsOf(intent, peer))
  const other = named.kind === 'vnp' ? intent.vnps.get(named.vnp) : undefined
  return other !== undefined && isMember(intent, peer, other)
}

/** The least that would let the packet through on a side that refuses it. */
function changeOf(
  direction: Direction,
  subject: ExplainedEnd,
  peer: ExplainedEnd,
  packet: PolicyPacket,
  { verdict }: Decision,
  deciding: OrderedRule | undefined,
  passes: readonly OrderedRule[],
): ProposedChange | undefined {
  if (verdict === 'allow' || verdict === 'rate-limit') return undefined
  const join = (end: ExplainedEnd): ProposedChange => ({
    kind: 'join-partition',
    interface: end.name,
    text: `${end.name} is a member of no vnp: add a tag to it that a vnp selects.`,
  })
  if (subject.vnps.length === 0) return join(subject)
  if (peer.by !== 'world' && peer.vnps.length === 0) return join(peer)
  const { tier, before } =
    deciding === undefined ? openTier(passes) : { tier: tierOf(deciding.policy), before: deciding }
  const vnp = before?.cause.vnp ?? subject.vnps.find((name) => peer.vnps.includes(name)) ?? subject.vnps[0]!
  const priority = before === undefined ? 0 : priorityAbove(before)
  if (priority === undefined) {
    const { cause, rule } = before!
    const text = `Change rule ${cause.ruleIndex} of policy ${cause.policy}: in vnp ${cause.vnp} no rule can go before its ${rule.action}.`
    return { kind: 'change-rule', cause, text }
  }
  const rule: Rule = {
    direction,
    peer: peerFor(vnp, peer),
    protocols: [packet.protocol],
    ports:
      packet.port === undefined || !WITH_PORTS.has(packet.protocol) ? [] : [{ first: packet.port, last: packet.port }],
    ...icmpOf(packet),
    action: 'allow',
    log: false,
  }
  const above = before === undefined ? '' : ` with priority ${priority} or more`
  const kind = tier === 'tenant' ? 'a policy' : `a policy of tier ${tier}`
  const text = `No ${direction} rule of ${subject.name} allows ${packetText(packet)} ${direction === 'egress' ? 'to' : 'from'} ${peer.name}${
    before === undefined ? '' : ` before rule ${before.cause.ruleIndex} of policy ${before.cause.policy}`
  }; add one to ${kind} of vnp ${vnp}${above}, with peer ${peerText(rule.peer)}.`
  return {
    kind: 'add-policy',
    vnp,
    tier,
    appliesTo: { allOf: subject.tags, anyOf: [], noneOf: [] },
    priority,
    rule,
    text,
  }
}

/** Where a rule is consulted that a default follows: a tier that no rule passes on; else before the pass of tenants. */
function openTier(passes: readonly OrderedRule[]): { tier: Tier; before?: OrderedRule } {
  const passed = new Map(passes.map((pass) => [tierOf(pass.policy), pass]))
  const before = passed.get('tenant')
  if (before === undefined || !passed.has('baseline')) return { tier: before === undefined ? 'tenant' : 'baseline' }
  return { tier: 'tenant', before }
}

const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132])

/** The lowest priority of a policy whose allow rule is consulted before this one; undefined where none is. */
function priorityAbove({ vnp, policy, rule }: OrderedRule): number | undefined {
  if (vnp.resolution === 'strictest-wins') return undefined
  const priority = vnp.resolution === 'ordered-merge' ? policy.priority : effectivePriority(policy, rule)
  return priority < MAX_PRIORITY ? priority + 1 : undefined
}

/** How a rule in this partition names the peer, no wider than needed. */
function peerFor(vnp: string, peer: ExplainedEnd): Peer {
  if (peer.by === 'world') return { kind: 'cidr', cidr: `${peer.name}/${peer.name.includes(':') ? 128 : 32}` }
  if (!peer.vnps.includes(vnp)) return { kind: 'vnp', vnp: peer.vnps[0]! }
  return { kind: 'tags', selector: { allOf: peer.tags, anyOf: [], noneOf: [] } }
}

function peerText(peer: Peer): string {
  switch (peer.kind) {
    case 'tags':
      return `tags {${peer.selector.allOf.map(tagText).join(', ')}}`
    case 'vnp':
      return `vnp ${peer.vnp}`
    case 'cidr':
      return `cidr ${peer.cidr}`
    case 'any':
      return 'any'
  }
}

/** The way along next hops, as far as it is known. */
function pathOf(observed: ObservedView, from: ExplainedEnd, to: ExplainedEnd, neighbour: Neighbour): ExplainedPath {
  const nowhere = [from, to].find(({ by, place }) => by !== 'world' && by !== 'nobody' && place === undefined)
  if (nowhere !== undefined) return { hops: [], problem: `${nowhere.name} is on no connected port` }
  const start = from.place
  const end = to.place
  if (start === undefined || end === undefined) {
    const inside = start ?? end
    return { hops: inside === undefined ? [] : [{ datapathId: inside.datapathId }] }
  }
  const hops: Hop[] = []
  const seen = new Set<string>()
  let at = start.datapathId
  while (at !== end.datapathId) {
    const out = nextPortFrom(observed, at, end.datapathId)
    if (out === undefined || seen.has(at)) {
      return {
        hops: [...hops, { datapathId: at }],
        problem: `there is no path from switch ${at} to switch ${end.datapathId}`,
      }
    }
    seen.add(at)
    hops.push({ datapathId: at, out })
    const next = neighbour(at, out)
    // Without links only the first step is known.
    if (next === undefined) break
    at = next
  }
  return { hops: [...hops, { datapathId: end.datapathId, out: end.port }] }
}

function summaryOf(verdict: Verdict, from: ExplainedEnd, to: ExplainedEnd, path: ExplainedPath): string {
  const nobody = [from, to].find(({ by }) => by === 'nobody')
  if (nobody?.problem !== undefined) return `Nothing passes: ${nobody.problem}.`
  const pair = `from ${from.name} to ${to.name}`
  const refusing = [verdict.egress, verdict.ingress].find(({ verdict: word }) => word === 'deny' || word === 'reject')
  if (refusing !== undefined) {
    const word = refusing.verdict === 'reject' ? 'rejected' : 'denied'
    if (refusing.by.kind === 'no-path') return `Traffic ${pair} is denied: ${noPathText(from, to)}.`
    if (refusing.by.kind === 'unknown') return `Traffic ${pair} is denied: nobody may send as ${refusing.by.name}.`
    const where = refusing === verdict.egress ? `at egress of ${from.name}` : `at ingress of ${to.name}`
    return `Traffic ${pair} is ${word} ${where} by ${byText(refusing)}.`
  }
  if (path.problem !== undefined) return `Policy allows traffic ${pair}, but ${path.problem}.`
  const limited = [verdict.egress, verdict.ingress].find(({ verdict: word }) => word === 'rate-limit')
  return `Traffic ${pair} is allowed: egress by ${byText(verdict.egress)}, ingress by ${byText(verdict.ingress)}${limited === undefined ? '' : ', up to a rate'}.`
}

/** Only of ends that have a path to each other: what is between their networks is their router. */
function routed(intent: IntentView, from: ExplainedEnd, to: ExplainedEnd): Pick<ExplainedTraffic, 'router'> {
  if (from.network === undefined || to.network === undefined || from.network === to.network) return {}
  const router = routerOf(intent, from.network)
  return router === undefined || router !== routerOf(intent, to.network) ? {} : { router }
}

function noPathText(from: ExplainedEnd, to: ExplainedEnd): string {
  if (from.by === 'world' && to.by === 'world') return 'no end is an interface record'
  return from.name === to.name
    ? 'both ends are the same interface'
    : `they are in networks ${from.network} and ${to.network}, and no router joins these`
}

export function byText({ by }: Decision): string {
  switch (by.kind) {
    case 'rule':
      return `rule ${by.cause.ruleIndex} of policy ${by.cause.policy} (vnp ${by.cause.vnp})`
    case 'default':
      return `the default of vnp ${by.vnps.join(', ')}`
    case 'no-shared-vnp':
      return 'default, for want of a vnp that both are members of'
    case 'world':
      return 'nobody, for the world has no say'
    case 'unknown':
      return `nobody, for ${by.name} is unknown`
    case 'kept':
      return 'the rule that admitted the connection and keeps it'
    case 'no-path':
      return 'nobody, for there is no path'
  }
}

function nextStepsOf(
  verdict: Verdict,
  sides: readonly ExplainedSide[],
  { problem }: ExplainedPath,
  way: Way,
  from: ExplainedEnd,
  to: ExplainedEnd,
): string[] {
  if ([from, to].some(({ by }) => by === 'nobody')) return ['List interface records with `tagsteer get interfaces`.']
  const steps = sides.flatMap(({ change }) => (change === undefined ? [] : [change.text]))
  if (!verdict.allow || problem === undefined) return [...new Set(steps)]
  if (problem === way.problem)
    return ['Attach the services that the rule redirects through where both ends can reach them, or change the rule.']
  return [
    from.place === undefined || to.place === undefined
      ? 'Compare the attachment of the record with `tagsteer topology`.'
      : 'Look for links that are down with `tagsteer topology`.',
  ]
}

function packetText({ protocol, port, code }: PolicyPacket): string {
  const word = protocolWord(protocol) ?? `protocol ${protocol}`
  return port === undefined ? word : code === undefined ? `${word}/${port}` : `${word}/${port}/${code}`
}

/** The message that a question names, as a rule would. */
function icmpOf({ protocol, port, code }: PolicyPacket): Pick<Rule, 'icmp'> {
  if ((protocol !== ICMP && protocol !== ICMPV6) || port === undefined) return {}
  return { icmp: [{ protocol, type: port, ...(code === undefined ? {} : { code }) }] }
}

const tagsOf = (intent: IntentView, record: InterfaceRecord): Set<Tag> => new Set(effectiveTags(intent, record))

const isMember = (intent: IntentView, record: InterfaceRecord, { selector }: Vnp): boolean =>
  matches(selector, tagsOf(intent, record))

const sameRule = (one: RuleCause, other: RuleCause): boolean =>
  one.policy === other.policy && one.ruleIndex === other.ruleIndex
