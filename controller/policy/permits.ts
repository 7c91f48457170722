/**
 * What policy means. Everything else (compiled tables, reference switch, Open vSwitch, explain) is held to this file by
 * tests, so it is slow and obvious on purpose: it scans, it keeps no index, and of the rest of the policy code it uses
 * effective tags, selectors and the order of rules only. docs/policy.md tells the same to people.
 *
 * The meaning, in seven sentences:
 *
 *  1. An interface is a *member* of every VNP whose selector matches its tags: the effective ones (effective-tags.ts).
 *  2. A packet from A to B passes when A may send it (egress, A is the subject, B the peer) and B may receive it
 *     (ingress, B is the subject, A the peer). Both have a say; neither can permit for the other.
 *  3. A rule *concerns* a subject that is a member of the policy's VNP and matches `appliesTo`, and a peer that it
 *     names: another member (`any`, `tags`), a member of another VNP (`vnp`), an address of the world (`any`, `cidr`).
 *  4. For one subject and direction, the first rule in the total order (order.ts) that concerns subject and peer and
 *     matches protocol and port decides. Log rules report and decide nothing. The order puts all rules of a tier before
 *     those of the next (admin, tenant, baseline), and a pass rule decides only that the rest of its tier is left out.
 *  5. Where no rule decides: allow if subject and peer are members of one VNP whose default for that direction is
 *     allow; deny otherwise. Two interfaces that share no VNP therefore need a rule on both sides.
 *  6. The world is every address that no interface record of that network holds. It has no say of its own, and it is a
 *     member of nothing: without a rule nothing goes to it or comes from it.
 *  7. A reply (conntrack's reply direction, and ICMP errors related to a connection) has the verdict of the *original*
 *     direction under the *current* policy. A connection records who asked whom, and permission only where the rule that
 *     admitted it says `keep`: then it goes on on that rule's side. Any other is cut at once by what forbids it.
 *
 * Interfaces of different networks have no path to each other, whatever policy says, but where the records of both networks
 * name the same router: then a packet from one to the other is judged as if they were in one network, and an address that
 * an interface of any of them holds is not of the world for any of them. Called by tests and explain.ts.
 */
import { type Address, formatAddress, parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import {
  type Direction,
  type InterfaceRecord,
  type Rule,
  type RuleAction,
  type Tier,
  tierOf,
  type Vnp,
} from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { effectiveTags } from './effective-tags.ts'
import { compareVnps, type OrderedRule, orderRules, type RuleCause } from './order.ts'
import type { IntentView } from './state.ts'

/** A packet as policy sees it. */
export interface PolicyPacket {
  /** Name of an interface record, or an address of the world. */
  from: string
  to: string
  /** IP protocol number. */
  protocol: number
  /** Destination port, or ICMP type, of the original direction. Absent where the protocol has none. */
  port?: number
  /** ICMP code; 0 where absent. */
  code?: number
  /** The packet travels in the reply direction of a connection that `to` opened to `from`. */
  reply?: boolean
  /** Sides on which a rule that keeps connections admitted the one that this packet, which is not new, belongs to. */
  kept?: Partial<Record<Direction, boolean>>
}

export type DecidedBy =
  | { kind: 'rule'; cause: RuleCause }
  /** Defaults of these shared partitions, in consulting order: the one that allows, or all of them that deny. */
  | { kind: 'default'; vnps: string[] }
  | { kind: 'no-shared-vnp' }
  /** The world has no say of its own. */
  | { kind: 'world' }
  /** A rule that keeps connections admitted this one. */
  | { kind: 'kept' }
  /** Neither an interface record nor an address of the world. */
  | { kind: 'unknown'; name: string }
  /** World to world, an interface to itself, or different networks that no router joins. */
  | { kind: 'no-path' }

export interface Decision {
  verdict: Exclude<RuleAction, 'log' | 'pass'>
  by: DecidedBy
  /** Pass rules that ended their tier on the way, first consulted first; absent where there was none. */
  passed?: RuleCause[]
}

export interface Verdict {
  allow: boolean
  /** What the sender of the original direction may send. */
  egress: Decision
  /** What the receiver of the original direction may receive. */
  ingress: Decision
}

type Policies = Pick<IntentView, 'interfaces' | 'vnps' | 'policies' | 'networks' | 'naps'>
type End = InterfaceRecord | Address

/** Whether a packet passes, and what decided on each side. Pass `rules` to ask about many packets of one state. */
export function permits(intent: Policies, packet: PolicyPacket, rules = orderRules(intent)): Verdict {
  const [fromName, toName] = packet.reply === true ? [packet.to, packet.from] : [packet.from, packet.to]
  const [from, to] = [endOf(intent, fromName, toName), endOf(intent, toName, fromName)]
  if (from === undefined) return both({ kind: 'unknown', name: fromName })
  if (to === undefined) return both({ kind: 'unknown', name: toName })
  if (isWorld(from) ? isWorld(to) : !isWorld(to) && (from === to || !haveWay(intent, from.network, to.network))) {
    return both({ kind: 'no-path' })
  }
  const egress = decide(intent, rules, 'egress', from, to, packet)
  const ingress = decide(intent, rules, 'ingress', to, from, packet)
  return { allow: passes(egress) && passes(ingress), egress, ingress }
}

/** The verdict of one side. */
function decide(
  intent: Policies,
  rules: OrderedRule[],
  direction: Direction,
  subject: End,
  peer: End,
  packet: PolicyPacket,
) {
  if (isWorld(subject)) return decision('allow', { kind: 'world' })
  if (packet.kept?.[direction] === true) return decision('allow', { kind: 'kept' })
  const passed: RuleCause[] = []
  let left: Tier | undefined
  for (const { rule, policy, vnp, cause } of rules) {
    if (rule.action === 'log' || rule.direction !== direction || tierOf(policy) === left) continue
    if (!isMember(intent, subject, vnp) || !matches(policy.appliesTo, tagsOf(intent, subject))) continue
    if (!names(intent, rule, vnp, peer) || !carries(rule, packet)) continue
    if (rule.action !== 'pass') return decision(rule.action, { kind: 'rule', cause }, passed)
    passed.push(cause)
    left = tierOf(policy)
  }
  const shared = [...intent.vnps.values()]
    .filter((vnp) => isMember(intent, subject, vnp) && isMember(intent, peer, vnp))
    .sort(compareVnps)
  if (shared.length === 0) return decision('deny', { kind: 'no-shared-vnp' }, passed)
  const allowing = shared.find((vnp) => (direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault) === 'allow')
  if (allowing !== undefined) return decision('allow', { kind: 'default', vnps: [allowing.name] }, passed)
  return decision('deny', { kind: 'default', vnps: shared.map(({ name }) => name) }, passed)
}

/** Whether a rule of this partition names the peer. */
function names(intent: Policies, { peer: named }: Rule, vnp: Vnp, peer: End): boolean {
  if (named.kind === 'any') return isWorld(peer) || isMember(intent, peer, vnp)
  if (named.kind === 'cidr') return isWorld(peer) && holds(named.cidr, peer)
  if (isWorld(peer)) return false
  if (named.kind === 'tags') return isMember(intent, peer, vnp) && matches(named.selector, tagsOf(intent, peer))
  const other = intent.vnps.get(named.vnp)
  return other !== undefined && isMember(intent, peer, other)
}

/** Whether protocol and port, or ICMP type and code, match. Empty lists match all. */
export function carries(
  rule: Rule,
  { protocol, port, code = 0 }: Pick<PolicyPacket, 'protocol' | 'port' | 'code'>,
): boolean {
  if (rule.protocols.length > 0 && !rule.protocols.includes(protocol)) return false
  if (rule.icmp !== undefined)
    return rule.icmp.some((its) => its.protocol === protocol && its.type === port && (its.code ?? code) === code)
  if (rule.ports.length === 0) return true
  return port !== undefined && rule.ports.some(({ first, last }) => first <= port && port <= last)
}

function isMember(intent: Policies, end: End, vnp: Vnp): boolean {
  return !isWorld(end) && matches(vnp.selector, tagsOf(intent, end))
}

const tagsOf = (intent: Policies, record: InterfaceRecord): Set<Tag> => new Set(effectiveTags(intent, record))

function isWorld(end: End): end is Address {
  return 'family' in end
}

/** The record with this name, or the address where no record of the other end's network holds it. */
function endOf(intent: Policies, name: string, otherName: string): End | undefined {
  const record = intent.interfaces.get(name)
  if (record !== undefined) return record
  const address = parseAddress(name)
  if (address === undefined) return undefined
  const network = intent.interfaces.get(otherName)?.network
  for (const other of intent.interfaces.values()) {
    if (
      network !== undefined &&
      haveWay(intent, other.network, network) &&
      other.addresses.includes(formatAddress(address))
    )
      return undefined
  }
  return address
}

/** Whether two networks are one, or have the same router. */
function haveWay({ networks }: Policies, one: string, other: string): boolean {
  const router = networks.get(one)?.router
  return one === other || (router !== undefined && router === networks.get(other)?.router)
}

function holds(cidr: string, address: Address): boolean {
  const prefix = parsePrefix(cidr)
  return prefix !== undefined && prefixHolds(prefix, address)
}

const decision = (verdict: Decision['verdict'], by: DecidedBy, passed: RuleCause[] = []): Decision =>
  passed.length === 0 ? { verdict, by } : { verdict, by, passed }
const both = (by: DecidedBy): Verdict => ({ allow: false, egress: decision('deny', by), ingress: decision('deny', by) })
const passes = ({ verdict }: Decision) => verdict === 'allow' || verdict === 'rate-limit'
