/**
 * One rule, or one partition's default, as rows of a policy table. Registers hold the identities of the original
 * direction, so a rule reads subject and peer from them by its direction alone, for requests and replies alike. It
 * refuses to know other rules; where it stands among them is given. Used by compile-policy.ts.
 *
 *     subjects x peers x layer 4  =  few       rows of the whole match
 *                                    many      one row per subject, per peer, per layer 4 match, and one for conj_id
 */

import { type Action, CT_NEW, OFPMF_BURST, OFPMF_KBPS, type Oxm } from 'node-openflow'
import { WITH_PORTS } from '../../model/protocol.ts'
import {
  type Direction,
  type IcmpMatch,
  type Policy,
  type Rule,
  type RuleAction,
  TIERS,
  type Tier,
  tierOf,
  type Vnp,
} from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import { RETURNED } from './compile-steer.ts'
import { cookieOf } from './cookie.ts'
import {
  blocks,
  HEADERS_ONLY,
  instructions,
  load,
  RowSet,
  type Rows,
  setFlag,
  type Then,
  toController,
  WHOLE_PACKET,
} from './fields.ts'
import { prefixesIn } from './identity.ts'
import { isLimited, meterName } from './numbers.ts'
import { MAX_NUMBER, type OrderedRule, RULES_PER_POLICY } from './order.ts'
import { AFTER, FLAG, POLICY_TABLES, REGISTERS, TABLES, UNKNOWN_PORT } from './pipeline.ts'
import { type Flow, flowKey, type Meter } from './program.ts'
import { peersOf, subjectsOf } from './resolve.ts'
import type { IntentView } from './state.ts'
import { chainName } from './steering.ts'

/** Who a rule is about, as identities. */
export interface Clauses {
  subjects: Set<number>
  peers: Set<number>
  /** Matches of protocol and port, any one of which suffices; empty matches everything. */
  layer4: readonly Oxm[][]
}

export interface Judgement {
  unit: string
  table: number
  priority: number
  direction: Direction
  /** Also the conjunction id. */
  object: number
  action: RuleAction
  log: boolean
  cookie: bigint
  rule: Rule | undefined
  policy: Policy | undefined
  vnp: Vnp
  /** The meter's number, where one was given. */
  meter: number | undefined
  /** Numbers of the chain and of the collector; 0 where the rule names one that has no number. */
  chain: number | undefined
  collector: number | undefined
  /** Partitions whose members it looks at. */
  vnps: readonly string[]
  looksAtWorld: boolean
  clauses(intent: IntentView): Clauses
  /** On which sides an identity is; `isWorld`: it is one of the world's. */
  holds(intent: IntentView, identity: number, isWorld: boolean): { subjects: boolean; peers: boolean }
}

/** Conjunction ids of defaults lie above those of rules: numbers of policies end below it (propose.ts). */
const VNP_IDS = MAX_NUMBER.policy * RULES_PER_POLICY + RULES_PER_POLICY

/** Rows that a rule may have before it becomes a conjunction. */
const FEW = 8

export function judgementOfRule(
  intent: IntentView,
  ordered: Omit<OrderedRule, 'rank'>,
  table: number,
  priority: number,
): Judgement {
  const { rule, policy, vnp, object, cause } = ordered
  const { peer } = rule
  const kind = rule.action === 'log' ? 'log' : rule.action === 'reject' ? 'reject' : 'rule'
  return {
    unit: `rule/${cause.policy}/${object % RULES_PER_POLICY}`,
    table,
    priority,
    direction: rule.direction,
    object,
    action: rule.action,
    log: rule.log,
    cookie: cookieOf(kind, object),
    rule,
    policy,
    vnp,
    meter: isLimited(rule) ? intent.number('meter', meterName(cause.policy, cause.ruleIndex)) : undefined,
    chain: rule.redirect && (intent.number('steer', chainName(rule.redirect)) ?? 0),
    collector: rule.mirror === undefined ? undefined : (intent.number('steer', rule.mirror) ?? 0),
    vnps: peer.kind === 'vnp' ? [vnp.name, peer.vnp] : [vnp.name],
    looksAtWorld: peer.kind === 'any' || peer.kind === 'cidr',
    clauses: (now) => ({
      subjects: new Set(subjectsOf(now, ordered)),
      peers: new Set(peersOf(now, ordered)),
      layer4: layer4Of(rule),
    }),
    holds(now, identity, isWorld) {
      const isMember = now.membersOf(vnp.name).has(identity)
      const tags = now.tagsOf(identity)
      const peers = {
        any: () => isMember || isWorld,
        tags: () => peer.kind === 'tags' && isMember && matches(peer.selector, tags),
        vnp: () => peer.kind === 'vnp' && now.membersOf(peer.vnp).has(identity),
        cidr: () => peer.kind === 'cidr' && isWorld && prefixesIn(peer.cidr, now.prefixes).includes(identity),
      }
      return { subjects: isMember && matches(policy.appliesTo, tags), peers: peers[peer.kind]() }
    },
  }
}

export function judgementOfVnp(vnp: Vnp, direction: Direction, priority: number): Judgement {
  return {
    unit: `vnp/${vnp.name}`,
    table: POLICY_TABLES[direction].default,
    priority,
    direction,
    object: VNP_IDS + vnp.number,
    action: 'allow',
    log: false,
    cookie: cookieOf('vnp', vnp.number),
    rule: undefined,
    policy: undefined,
    vnp,
    meter: undefined,
    chain: undefined,
    collector: undefined,
    vnps: [vnp.name],
    looksAtWorld: false,
    clauses: (now) => ({
      subjects: new Set(now.membersOf(vnp.name)),
      peers: new Set(now.membersOf(vnp.name)),
      layer4: [],
    }),
    holds(now, identity) {
      const isMember = now.membersOf(vnp.name).has(identity)
      return { subjects: isMember, peers: isMember }
    },
  }
}

/**
 * Matches of protocol and destination port (or ICMP type and code) in the registers that the tracked table loads. What
 * forbids a port forbids a port that is unknown; so does a pass, which may lead to more or to less than what follows it.
 */
function layer4Of({ protocols, ports, icmp, action }: Rule): Oxm[][] {
  const unknown = action === 'deny' || action === 'reject' || action === 'pass' ? [exactly(UNKNOWN_PORT)] : []
  const numbers = protocols.length === 0 && ports.length > 0 ? [...WITH_PORTS] : protocols
  return numbers.flatMap((protocol): Oxm[][] => {
    const its: Oxm = { field: 'reg5', value: protocol }
    if (icmp !== undefined) {
      const messages = icmp.filter((one) => one.protocol === protocol).map(icmpKeys)
      return messages.length === 0 ? [] : [...messages, ...unknown].map((match) => [its, match])
    }
    if (ports.length === 0) return [[its]]
    const known = ports
      .flatMap(({ first, last }) => blocks(first, last))
      .map(({ value, mask }) => (mask === 0xffff ? exactly(value) : mask === 0 ? undefined : masked(value, mask)))
    // All ports are no condition.
    if (known.includes(undefined)) return [[its]]
    return [...known, ...unknown].flatMap((match) => (match === undefined ? [] : [[its, match]]))
  })
}

const exactly = (value: number): Oxm => ({ field: 'reg4', value })
/** Keys of ICMP are type and code. */
const icmpKeys = ({ type, code }: IcmpMatch): Oxm =>
  code === undefined ? masked(type << 8, 0xff00) : exactly((type << 8) | code)
const isUnknown = (oxm: Oxm): boolean => oxm.field === 'reg4' && oxm.value === UNKNOWN_PORT
/** The mask covers the whole register, as an unknown port is above all others. */
const masked = (value: number, mask: number): Oxm => ({ field: 'reg4', value, mask: (0xffff_0000 | mask) >>> 0 })

export function isConjunction({ subjects, peers, layer4 }: Clauses): boolean {
  return subjects.size * peers.size * Math.max(layer4.length, 1) > FEW
}

/** All rows of a rule under these clauses. */
export function rowsOf(judgement: Judgement, clauses: Clauses): Rows {
  const { table, priority, cookie, unit, object } = judgement
  const set = new RowSet(unit, cookie)
  const verdicts = verdictsOf(judgement)
  const addVerdicts = (match: Oxm[]) => {
    if (judgement.action === 'pass' && match.some(isUnknown)) return set.add(table, priority, match, {}, cookie)
    for (const { when, outcome, cookie: its } of verdicts) {
      set.add(table, priority, [...match, ...when], outcome, its)
    }
  }
  if (isConjunction(clauses)) {
    for (const side of ['subjects', 'peers'] as const) {
      for (const identity of clauses[side]) set.rows.set(...clauseRow(judgement, clauses, side, identity))
    }
    for (const match of clauses.layer4) set.add(table, priority, match, conjunction(judgement, clauses, 2))
    const met: Oxm = { field: 'conj_id', value: object }
    if (judgement.action !== 'pass' || !clauses.layer4.flat().some(isUnknown)) addVerdicts([met])
    else for (const key of [masked(0, 0), exactly(UNKNOWN_PORT)]) addVerdicts([met, key])
    return set.rows
  }
  for (const subject of clauses.subjects) {
    for (const peer of clauses.peers) {
      const ends = [identityMatch(judgement, 'subjects', subject), identityMatch(judgement, 'peers', peer)]
      for (const match of clauses.layer4.length === 0 ? [[]] : clauses.layer4) addVerdicts([...ends, ...match])
    }
  }
  return set.rows
}

/** What a rule or default comes to for the packets of one match, all of which it decides. */
export function verdictRows(judgement: Judgement, match: Oxm[]): Rows {
  const { table, priority, cookie, unit } = judgement
  const set = new RowSet(unit, cookie)
  for (const { when, outcome, cookie: its } of verdictsOf(judgement)) {
    set.add(table, priority, [...match, ...when], outcome, its)
  }
  return set.rows
}

/** The row of one subject or peer of a conjunction. */
export function clauseRow(
  judgement: Judgement,
  clauses: Clauses,
  side: 'subjects' | 'peers',
  identity: number,
): [string, Flow] {
  const { table, priority, cookie, unit } = judgement
  const match = [identityMatch(judgement, side, identity)]
  const then = conjunction(judgement, clauses, side === 'subjects' ? 0 : 1)
  return [flowKey(table, priority, match), { table, priority, match, instructions: instructions(then), cookie, unit }]
}

function identityMatch({ direction }: Judgement, side: 'subjects' | 'peers', identity: number): Oxm {
  return { field: (side === 'subjects') === (direction === 'egress') ? 'reg0' : 'reg1', value: identity }
}

function conjunction({ object }: Judgement, { layer4 }: Clauses, clause: number): Then {
  const n_clauses = layer4.length === 0 ? 2 : 3
  return { actions: [{ type: 'nx_conjunction', clause, n_clauses, id: object }] }
}

interface Verdict {
  when: Oxm[]
  outcome: Then
  cookie: bigint
}

/**
 * What a packet meets that the rule decides; with `log`, the first packet of a connection differs from the rest. What a
 * service sends on has been logged and metered before.
 */
function verdictsOf(judgement: Judgement): Verdict[] {
  const { action, log, meter, object, cookie, rule, direction } = judgement
  const copy = toController(HEADERS_ONLY)
  if (action === 'log') return [{ when: [], outcome: { actions: [copy], goto: TABLES.egress_admin }, cookie }]
  if (action === 'reject') {
    return [{ when: [], outcome: refusal(judgement, [toController(WHOLE_PACKET)]), cookie }]
  }
  // A rate limit without a meter would be no limit: it is a denial until the meter has a number. So is a redirect.
  const isWhole = (rule === undefined || !isLimited(rule) || meter !== undefined) && judgement.chain !== 0
  const passes = (action === 'allow' || action === 'pass' || action === 'rate-limit') && isWhole
  const outcome = passes ? passage(judgement, notesOf(direction, rule)) : refusal(judgement, [])
  if (!log && (meter === undefined || !passes)) return [{ when: [], outcome, cookie }]
  const { meter: _, ...again } = outcome
  const logged: Then = { ...outcome, actions: [...(outcome.actions ?? []), copy] }
  const first: Verdict[] = log
    ? [
        { when: [...newConnection(true), FIRST_HAND], outcome: logged, cookie: cookieOf('log', object) },
        { when: [...newConnection(false), FIRST_HAND], outcome, cookie },
      ]
    : [{ when: [FIRST_HAND], outcome, cookie }]
  return [...first, { when: [RETURNED], outcome: again, cookie }]
}

const FIRST_HAND: Oxm = { field: 'reg8', value: 0, mask: FLAG.returned }

/** On, with what the stages of mirrors and chains need to know. */
function passage({ direction, action, policy, meter, chain, collector }: Judgement, actions: Action[]): Then {
  const goto = action === 'pass' && policy !== undefined ? afterTier(direction, tierOf(policy)) : AFTER[direction]
  if (chain !== undefined) actions.push(load(CHAIN[direction], chain))
  if (collector !== undefined) actions.push(load(COLLECTOR[direction], collector))
  return { goto, actions, ...(meter === undefined ? {} : { meter }) }
}

/** A drop; what is mirrored takes it on the way of the copies. What the sender's rule mirrors is what passes. */
function refusal({ direction, collector }: Judgement, actions: Action[]): Then {
  if (collector === undefined || collector === 0) return { actions }
  if (direction === 'ingress') actions.push(load(COLLECTOR.egress, 0))
  actions.push(load(COLLECTOR[direction], collector), setFlag(FLAG.refused))
  return { actions, goto: TABLES.mirror_egress }
}

const CHAIN = { egress: REGISTERS.chainEgress, ingress: REGISTERS.chainIngress } as const
const COLLECTOR = { egress: REGISTERS.mirrorEgress, ingress: REGISTERS.mirrorIngress } as const

/** The table of the next tier, or of the defaults. */
function afterTier(direction: Direction, tier: Tier): number {
  return POLICY_TABLES[direction][TIERS[TIERS.indexOf(tier) + 1] ?? 'default']
}

/** Notes for the commit: a connection goes on on one side, whatever policy becomes; or it must begin at its beginning. */
function notesOf(direction: Direction, rule: Rule | undefined): Action[] {
  if (rule?.established === undefined) return []
  const kept = direction === 'egress' ? FLAG.keptEgress : FLAG.keptIngress
  return [setFlag(rule.established === 'keep' ? kept : FLAG.cut)]
}

function newConnection(isNew: boolean): Oxm[] {
  return [{ field: 'ct_state', value: isNew ? CT_NEW : 0, mask: CT_NEW }]
}

/** The meter of a rate limit. */
export function meterOf({ unit, rule, meter }: Judgement): Meter | undefined {
  if (meter === undefined || rule === undefined) return undefined
  const { rateKbps: rate = 0, burstKb: burst_size = 0 } = rule
  return { meterId: meter, flags: OFPMF_KBPS | OFPMF_BURST, bands: [{ type: 'drop', rate, burst_size }], unit }
}
