/**
 * What conflicts.ts must find, by brute force: a small world of tags, every packet of it that can make a difference, and
 * permits() asked about each. It knows nothing of regions; it removes a rule and looks.
 */
import fc from 'fast-check'
import type { Intent } from '../../controller/policy/intent.ts'
import { type OrderedRule, orderRules } from '../../controller/policy/order.ts'
import { type PolicyPacket, permits } from '../../controller/policy/permits.ts'
import { parseAddress } from '../../model/address.ts'
import {
  type AnyRecord,
  type Direction,
  type InterfaceRecord,
  type Policy,
  type Rule,
  type Selector,
  type Tier,
  tierOf,
  type Vnp,
} from '../../model/records.ts'
import { canonicalSelector, EVERYTHING } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { iface, policy, rule, vnp } from './records.ts'

const WORDS = ['a', 'b', 'c']
const TAGS = WORDS.map((word) => JSON.stringify(word) as Tag)

/** Two interfaces for each set of the three tags, so that each set can talk to itself. */
export const EVERYBODY: InterfaceRecord[] = Array.from({ length: 16 }, (_, index) =>
  iface(
    `if-${index}`,
    index + 1,
    WORDS.filter((_word, bit) => ((index >> 1) >> bit) & 1),
  ),
)

const CIDRS = ['0.0.0.0/0', '192.0.2.0/24', '192.0.2.128/25', '::/0']
const WORLD = ['203.0.113.9', '192.0.2.1', '192.0.2.130', '2001:db8::1']
/** One packet from each cell that the rules below can tell apart. */
const LAYER4: Pick<PolicyPacket, 'protocol' | 'port' | 'code'>[] = [
  ...[0, 22, 23, 50, 80, 81].map((port) => ({ protocol: 6, port })),
  { protocol: 17, port: 22 },
  { protocol: 17, port: 99 },
  { protocol: 1, port: 8 },
  { protocol: 1, port: 3 },
  { protocol: 1, port: 3, code: 4 },
  { protocol: 58, port: 128 },
  { protocol: 47 },
]
const SETS: Pick<Rule, 'protocols' | 'ports' | 'icmp'>[] = [
  { protocols: [], ports: [] },
  { protocols: [6], ports: [] },
  { protocols: [6, 17], ports: [] },
  { protocols: [1, 58], ports: [] },
  { protocols: [1], ports: [], icmp: [{ protocol: 1, type: 3 }] },
  { protocols: [1], ports: [], icmp: [{ protocol: 1, type: 3, code: 4 }] },
  { protocols: [6], ports: [{ first: 22, last: 22 }] },
  { protocols: [6, 17], ports: [{ first: 22, last: 23 }] },
  { protocols: [6], ports: [{ first: 23, last: 80 }] },
  { protocols: [6], ports: [{ first: 0, last: 22 }] },
  { protocols: [6], ports: [{ first: 23, last: 65535 }] },
]

const few = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 2 })
const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant(EVERYTHING),
  fc.record({ allOf: few, anyOf: few, noneOf: few }).map(canonicalSelector),
)

const NAMES = ['one', 'two']

const ruleOf = fc
  .record({
    direction: fc.constantFrom('ingress', 'ingress', 'egress' as const),
    peer: fc.oneof(
      fc.constant({ kind: 'any' } as const),
      selector.map((its) => ({ kind: 'tags', selector: its }) as const),
      fc.constantFrom(...NAMES).map((name) => ({ kind: 'vnp', vnp: name }) as const),
      fc.constantFrom(...CIDRS).map((cidr) => ({ kind: 'cidr', cidr }) as const),
    ),
    layer4: fc.constantFrom(...SETS),
    action: fc.constantFrom('allow', 'allow', 'deny', 'deny', 'reject', 'log', 'rate-limit', 'pass', 'pass' as const),
    log: fc.constantFrom(false, false, false, true),
    priority: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    rate: fc.constantFrom(100, 200),
    steering: fc.constantFrom<Partial<Rule>>({}, {}, {}, { mirror: 'if-0' }, { redirect: ['if-1'] }),
  })
  .map(({ direction, peer, layer4, action, log, priority, rate, steering }) =>
    rule(direction, peer, action, {
      ...layer4,
      log: log || action === 'log',
      ...(action === 'rate-limit' ? { rateKbps: rate, burstKb: rate } : {}),
      ...(priority === undefined ? {} : { priority }),
      ...(action === 'allow' ? steering : {}),
    }),
  )

const vnpOf = (name: string): fc.Arbitrary<Vnp> =>
  fc
    .record({
      selector,
      priority: fc.integer({ min: 0, max: 1 }),
      resolution: fc.constantFrom('highest-priority', 'strictest-wins', 'ordered-merge' as const),
      ingressDefault: fc.constantFrom('allow', 'deny' as const),
      egressDefault: fc.constantFrom('allow', 'deny' as const),
    })
    .map((fields) => vnp(name, fields))

const policyOf = (name: string): fc.Arbitrary<Policy> =>
  fc
    .record({
      vnp: fc.constantFrom(...NAMES),
      appliesTo: selector,
      tier: fc.constantFrom(undefined, undefined, 'admin', 'baseline' as const),
      priority: fc.integer({ min: 0, max: 2 }),
      rules: fc.array(ruleOf, { minLength: 1, maxLength: 5 }),
    })
    .map(({ vnp: its, rules, tier, ...fields }) =>
      policy(name, its, rules, { ...fields, ...(tier === undefined ? {} : { tier }) }),
    )

/** Two partitions and up to three policies over three tags. */
export const arbitraryRules: fc.Arbitrary<AnyRecord[]> = fc
  .tuple(
    fc.tuple(...NAMES.map(vnpOf)),
    fc.integer({ min: 1, max: 3 }).chain((count) => fc.tuple(...NAMES.concat('three').slice(0, count).map(policyOf))),
  )
  .map(([vnps, policies]) => [...vnps, ...policies])

/** `policy/index`. */
export const keyOf = ({ cause }: Pick<OrderedRule, 'cause'>): string => `${cause.policy}/${cause.ruleIndex}`

interface Case {
  direction: Direction
  packet: PolicyPacket
  /** Rules that name the packet, first consulted first. */
  rules: OrderedRule[]
}

export class Oracle {
  readonly rules: OrderedRule[]
  readonly #intent: Intent
  readonly #cases: Case[] = []

  constructor(intent: Intent) {
    this.#intent = intent
    this.rules = orderRules(intent)
    const ends = [...intent.interfaces.keys(), ...WORLD]
    const seen = new Set<string>()
    const kind = (end: string): string => intent.interfaces.get(end)?.tags.join() ?? end
    for (const from of ends) {
      for (const to of ends) {
        // Policy tells interfaces apart by their tags only (all are in one network).
        const pair = `${kind(from)} ${kind(to)}`
        if (from === to || seen.has(pair)) continue
        seen.add(pair)
        const family = (parseAddress(from) ?? parseAddress(to))?.family
        for (const layer4 of LAYER4) {
          // No host sends the ICMP of the other family.
          if ((layer4.protocol === 58 && family === 4) || (layer4.protocol === 1 && family === 6)) continue
          const packet = { from, to, ...layer4 }
          const { egress, ingress } = permits(intent, packet, this.rules)
          if (egress.by.kind === 'no-path') continue
          for (const [direction, decision] of [
            ['egress', egress],
            ['ingress', ingress],
          ] as const) {
            if (decision.by.kind === 'world') continue
            const rules = this.rules.filter((one) => one.rule.direction === direction && this.names(one, packet))
            this.#cases.push({ direction, packet, rules })
          }
        }
      }
    }
  }

  /** Whether a rule names a packet: asked of permits() with this rule alone. */
  names(one: OrderedRule, packet: PolicyPacket): boolean {
    const alone = { ...one, rule: { ...one.rule, action: 'reject' as const } }
    const verdict = permits(this.#intent, packet, [alone])
    return verdict[one.rule.direction].by.kind === 'rule'
  }

  /** The rules that pass a packet on, and the one that decides it, on the side of a direction. */
  deciders(direction: Direction, packet: PolicyPacket): string[] {
    const { by, passed = [] } = permits(this.#intent, packet, this.rules)[direction]
    return [...passed.map((cause) => keyOf({ cause })), by.kind === 'rule' ? keyOf(by) : by.kind]
  }

  /** Packets that a rule names. */
  #named(one: OrderedRule): Case[] {
    return this.#cases.filter(({ rules }) => rules.includes(one))
  }

  /** Which rules become effective for a packet, in order: reports, passes and the decision. */
  #effective(its: Case, gone: ReadonlySet<OrderedRule>): { rules: OrderedRule[]; verdict: string } {
    const effective: OrderedRule[] = []
    let left: Tier | undefined
    for (const one of its.rules) {
      if (gone.has(one) || tierOf(one.policy) === left) continue
      effective.push(one)
      if (one.rule.action === 'pass') left = tierOf(one.policy)
      else if (one.rule.action !== 'log') return { rules: effective, verdict: effectOf(one) }
    }
    const verdict = permits(this.#intent, its.packet, [])[its.direction].verdict
    return { rules: effective, verdict }
  }

  #text(its: Case, gone: ReadonlySet<OrderedRule>): string {
    const { rules, verdict } = this.#effective(its, gone)
    const last = rules.at(-1)
    const meter = last?.rule.action === 'rate-limit' ? keyOf(last) : ''
    const reports = rules.filter(({ rule: { log } }) => log).map(keyOf)
    return `${verdict} ${meter} ${reports.join()}`
  }

  /** `kind policy/index` of every rule that never decides. */
  never(): string[] {
    return this.#never(new Set()).sort()
  }

  #never(gone: Set<OrderedRule>): string[] {
    const found: string[] = []
    const none = new Set<OrderedRule>()
    for (const one of this.rules) {
      const named = this.#named(one)
      if (named.length === 0) {
        found.push(`irrelevant ${keyOf(one)}`)
        gone.add(one)
        continue
      }
      if (one.rule.action === 'log') continue
      if (named.some((its) => this.#effective(its, none).rules.includes(one))) continue
      gone.add(one)
      const repeated = named.every((its) =>
        its.rules.some(
          (other) =>
            other.rank < one.rank &&
            effectOf(other) === effectOf(one) &&
            (one.rule.action !== 'pass' || tierOf(other.policy) === tierOf(one.policy)),
        ),
      )
      found.push(`${repeated ? 'redundant' : 'shadowed'} ${keyOf(one)}`)
    }
    return found
  }

  /** `kind policy/index` of every rule that never decides or could go, in the order in which lint.ts takes them away. */
  findings(): string[] {
    const gone = new Set<OrderedRule>()
    const found = this.#never(gone)
    for (const one of this.rules) {
      if (gone.has(one) || one.rule.log) continue
      const without = new Set([...gone, one])
      if (this.#named(one).some((its) => this.#text(its, gone) !== this.#text(its, without))) continue
      gone.add(one)
      found.push(`redundant ${keyOf(one)}`)
    }
    return found.sort()
  }

  /** `first second` of each two rules that disagree about a packet for which the first is effective. */
  disagreements(among: (key: string) => boolean): string[] {
    const found = new Set<string>()
    for (const its of this.#cases) {
      for (const first of this.#effective(its, new Set()).rules) {
        if (first.rule.action === 'log' || !among(keyOf(first))) continue
        for (const second of its.rules) {
          if (second.rank <= first.rank || second.rule.action === 'log' || !among(keyOf(second))) continue
          if (second.vnp !== first.vnp || tierOf(second.policy) !== tierOf(first.policy)) continue
          if (effectOf(first) !== effectOf(second)) found.add(`${keyOf(first)} ${keyOf(second)}`)
        }
      }
    }
    return [...found].sort()
  }
}

function effectOf({ rule: { action, rateKbps, burstKb, mirror, redirect } }: OrderedRule): string {
  const steering = [mirror ?? [], redirect ?? []].flat().join()
  return (action === 'rate-limit' ? `${action} ${rateKbps} ${burstKb}` : action) + steering
}
