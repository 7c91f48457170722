/** The meaning of policy: stated cases, laws that hold for any state, and the identity-based form of the same rules. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Intent } from '../../controller/policy/intent.ts'
import { type OrderedRule, orderRules } from '../../controller/policy/order.ts'
import { carries, type PolicyPacket, permits } from '../../controller/policy/permits.ts'
import { peersOf, subjectsOf } from '../../controller/policy/resolve.ts'
import type { IntentView } from '../../controller/policy/state.ts'
import { type Prefix, parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import { type Direction, IDENTITY, tierOf } from '../../model/records.ts'
import { EVERYTHING, matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { arbitraryNetwork } from '../support/arbitrary-state.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

const tag = (text: string) => JSON.stringify(text) as Tag
const has = (...tags: string[]) => ({ allOf: tags.map(tag), anyOf: [], noneOf: [] })

/** The identity that stands for one end, as tables would see it. */
function identityOf(intent: Intent, name: string): number {
  if (intent.interfaces.has(name)) return intent.identityOf(name)
  const address = parseAddress(name)
  if (address === undefined) return IDENTITY.unknown
  let best: { length: number; number: number } | undefined
  for (const [text, number] of intent.prefixes) {
    const prefix = parsePrefix(text) as Prefix
    if (prefixHolds(prefix, address) && prefix.length >= (best?.length ?? 0)) best = { length: prefix.length, number }
  }
  return best?.number ?? IDENTITY.world
}

/** The rules that can decide or report for an identity as the subject, first consulted first. */
function decisionList(intent: IntentView, rules: readonly OrderedRule[], identity: number, direction: Direction) {
  const memberships = new Set(intent.vnpsOf(identity).map(({ name }) => name))
  const tags = intent.tagsOf(identity)
  return rules.filter(
    ({ rule, policy, vnp }) =>
      rule.direction === direction && memberships.has(vnp.name) && matches(policy.appliesTo, tags),
  )
}

/** What holds between two identities where no rule decides; members of no common partition: deny. */
function defaultBetween(intent: IntentView, subject: number, peer: number, direction: Direction): 'allow' | 'deny' {
  for (const vnp of intent.vnpsOf(subject)) {
    const verdict = direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault
    if (verdict === 'allow' && intent.membersOf(vnp.name).has(peer)) return 'allow'
  }
  return 'deny'
}

/** The verdict by identities alone, as the compiled tables will find it. */
function byIdentity(intent: Intent, packet: PolicyPacket): boolean {
  const [from, to] = packet.reply === true ? [packet.to, packet.from] : [packet.from, packet.to]
  const side = (direction: 'ingress' | 'egress', subjectName: string, peerName: string): boolean => {
    if (!intent.interfaces.has(subjectName) || packet.kept?.[direction] === true) return true
    const [subject, peer] = [identityOf(intent, subjectName), identityOf(intent, peerName)]
    let left: string | undefined
    for (const ordered of decisionList(intent, orderRules(intent), subject, direction)) {
      expect(subjectsOf(intent, ordered)).to.include(subject)
      const tier = tierOf(ordered.policy)
      if (ordered.rule.action === 'log' || tier === left) continue
      if (!peersOf(intent, ordered).includes(peer) || !carries(ordered.rule, packet)) continue
      if (ordered.rule.action === 'pass') {
        left = tier
        continue
      }
      return ordered.rule.action === 'allow' || ordered.rule.action === 'rate-limit'
    }
    return defaultBetween(intent, subject, peer, direction) === 'allow'
  }
  return side('egress', from, to) && side('ingress', to, from)
}

describe('permits', () => {
  const tenants = [
    vnp('prod', { selector: has('prod') }),
    vnp('dev', { selector: has('dev'), ingressDefault: 'allow' }),
    iface('web', 1, ['prod', 'web']),
    iface('db', 2, ['prod', 'db']),
    iface('app', 3, ['dev']),
    iface('tool', 4, ['dev']),
    iface('both', 5, ['dev', 'prod']),
    iface('bare', 6, []),
    iface('far', 7, ['dev'], 'blue'),
  ]
  const ask = (records: Parameters<typeof intentWith>[0], from: string, to: string, port = 443, more: object = {}) =>
    permits(intentWith(records), { from, to, protocol: 6, port, ...more })

  it('denies between members where the default is deny, and names the partition', () => {
    const verdict = ask(tenants, 'web', 'db')
    expect(verdict.allow).to.equal(false)
    expect(verdict.egress).to.deep.equal({ verdict: 'allow', by: { kind: 'default', vnps: ['prod'] } })
    expect(verdict.ingress).to.deep.equal({ verdict: 'deny', by: { kind: 'default', vnps: ['prod'] } })
  })

  it('allows between members where both defaults allow', () => {
    expect(ask(tenants, 'app', 'tool').allow).to.equal(true)
    expect(ask(tenants, 'app', 'both').ingress.by).to.deep.equal({ kind: 'default', vnps: ['dev'] })
  })

  it('denies between interfaces that share no partition, also where one has none at all', () => {
    for (const [from, to] of [
      ['web', 'app'],
      ['app', 'web'],
      ['bare', 'web'],
      ['web', 'bare'],
    ] as const) {
      expect(ask(tenants, from, to).ingress.by).to.deep.equal({ kind: 'no-shared-vnp' })
      expect(ask(tenants, from, to).allow).to.equal(false)
    }
  })

  it('crosses partitions only where rules on both sides name the other', () => {
    const out = policy('out', 'dev', [rule('egress', { kind: 'vnp', vnp: 'prod' }, 'allow')])
    const inn = policy('in', 'prod', [rule('ingress', { kind: 'vnp', vnp: 'dev' }, 'allow')], { appliesTo: has('web') })
    expect(ask([...tenants, out], 'app', 'web').allow).to.equal(false)
    expect(ask([...tenants, inn], 'app', 'web').allow).to.equal(false)
    expect(ask([...tenants, out, inn], 'app', 'web').allow).to.equal(true)
    expect(ask([...tenants, out, inn], 'app', 'db').allow).to.equal(false)
    expect(ask([...tenants, out, inn], 'web', 'app').allow).to.equal(false)
  })

  it('judges a reply as the connection it belongs to', () => {
    const inn = policy('in', 'prod', [
      rule('ingress', { kind: 'any' }, 'allow', { protocols: [6], ports: [{ first: 443, last: 443 }] }),
    ])
    expect(ask([...tenants, inn], 'web', 'db').allow).to.equal(true)
    expect(ask([...tenants, inn], 'db', 'web', 443, { reply: true }).allow).to.equal(true)
    expect(ask([...tenants, inn], 'db', 'web', 8443, { reply: true }).allow).to.equal(false)
    expect(ask(tenants, 'db', 'web', 443, { reply: true }).allow).to.equal(false)
  })

  it('needs a rule for the world, in either direction, and prefixes never mean interfaces', () => {
    const open = policy('open', 'prod', [
      rule('egress', { kind: 'cidr', cidr: '192.0.2.0/24' }, 'allow'),
      rule('ingress', { kind: 'cidr', cidr: '10.0.0.0/8' }, 'allow'),
    ])
    expect(ask(tenants, 'web', '192.0.2.7').egress.by).to.deep.equal({ kind: 'no-shared-vnp' })
    expect(ask([...tenants, open], 'web', '192.0.2.7').allow).to.equal(true)
    expect(ask([...tenants, open], 'web', '192.0.3.7').allow).to.equal(false)
    expect(ask([...tenants, open], '192.0.2.7', 'web').allow).to.equal(false)
    expect(ask([...tenants, open], '10.9.9.9', 'web').allow).to.equal(true)
    expect(ask([...tenants, open], 'app', 'web').allow, 'app is in 10.0.0.0/8 and has a record').to.equal(false)
    expect(ask([...tenants, open], '10.0.0.3', 'web').egress.by, 'spoofed').to.deep.equal({
      kind: 'unknown',
      name: '10.0.0.3',
    })
  })

  it('has no path between networks, from an interface to itself, or across the world', () => {
    for (const [from, to] of [
      ['app', 'far'],
      ['app', 'app'],
      ['192.0.2.1', '192.0.2.2'],
    ] as const) {
      expect(ask(tenants, from, to).egress.by).to.deep.equal({ kind: 'no-path' })
    }
    expect(ask(tenants, 'nobody', 'app').allow).to.equal(false)
    expect(ask(tenants, 'app', 'nobody').ingress.by).to.deep.equal({ kind: 'unknown', name: 'nobody' })
  })

  it('passes over log rules, and lets rate-limited packets through', () => {
    const rules = [
      rule('ingress', { kind: 'any' }, 'log'),
      rule('ingress', { kind: 'any' }, 'rate-limit', { rateKbps: 10 }),
    ]
    const verdict = ask([...tenants, policy('p', 'prod', rules)], 'web', 'db')
    expect(verdict.allow).to.equal(true)
    expect(verdict.ingress).to.deep.equal({
      verdict: 'rate-limit',
      by: { kind: 'rule', cause: { vnp: 'prod', policy: 'p', ruleIndex: 1 } },
    })
  })

  it('asks admin, then tenants, then the baseline, whatever partition has priority, and a pass ends its tier only', () => {
    const rules = (...actions: Parameters<typeof rule>[2][]) =>
      actions.map((one) => rule('ingress', { kind: 'any' }, one))
    const high = vnp('high', { selector: has('prod'), priority: 9 })
    const cause = (name: string, ruleIndex = 0, its = 'prod') => ({ vnp: its, policy: name, ruleIndex })
    const tenant = policy('tenant', 'high', rules('allow'), { priority: 99 })
    const admin = policy('admin', 'prod', rules('deny'), { tier: 'admin' })
    const baseline = policy('baseline', 'high', rules('reject'), { tier: 'baseline' })
    const ingress = (...policies: (typeof admin)[]) => ask([...tenants, high, ...policies], 'web', 'db').ingress
    expect(ingress(tenant, baseline)).to.deep.equal({
      verdict: 'allow',
      by: { kind: 'rule', cause: cause('tenant', 0, 'high') },
    })
    expect(ingress(tenant, admin, baseline).by).to.deep.equal({ kind: 'rule', cause: cause('admin') })
    // The pass is consulted before the deny of its own tier, and leaves it out; another tier's rules are asked all.
    const passing = { ...admin, rules: rules('pass', 'deny'), vnp: 'prod' }
    const ordered = [
      ...tenants.filter(({ name }) => name !== 'prod'),
      vnp('prod', { selector: has('prod'), resolution: 'ordered-merge' }),
    ]
    const passed = (...policies: (typeof admin)[]) => ask([...ordered, high, passing, ...policies], 'web', 'db').ingress
    expect(passed(tenant)).to.deep.equal({
      verdict: 'allow',
      by: { kind: 'rule', cause: cause('tenant', 0, 'high') },
      passed: [cause('admin')],
    })
    expect(passed(baseline).verdict).to.equal('reject')
    const toDefaults = { ...baseline, rules: rules('pass', 'allow'), vnp: 'prod' }
    expect(passed(toDefaults)).to.deep.equal({
      verdict: 'deny',
      by: { kind: 'default', vnps: ['high', 'prod'] },
      passed: [cause('admin'), cause('baseline')],
    })
  })

  it('lets a connection go on on the sides on which a rule keeps it, and asks policy on the other', () => {
    const kept = (egress: boolean, ingress: boolean) => ask(tenants, 'web', 'db', 443, { kept: { egress, ingress } })
    expect(kept(false, true)).to.deep.equal({
      allow: true,
      egress: { verdict: 'allow', by: { kind: 'default', vnps: ['prod'] } },
      ingress: { verdict: 'allow', by: { kind: 'kept' } },
    })
    expect(kept(true, false).allow).to.equal(false)
    expect(ask(tenants, 'app', 'far', 443, { kept: { egress: true, ingress: true } }).allow, 'no path').to.equal(false)
    expect(ask(tenants, 'db', 'web', 443, { reply: true, kept: { ingress: true } }).allow, 'a reply').to.equal(true)
  })

  it('says the same by identities as by scanning records', () => {
    let allowed = 0
    let asked = 0
    fc.assert(
      fc.property(arbitraryNetwork(12), ({ intent, packets }) => {
        for (const packet of packets) {
          const verdict = permits(intent, packet)
          const kinds = [verdict.egress.by.kind, verdict.ingress.by.kind]
          if (kinds.includes('unknown') || kinds.includes('no-path')) continue
          asked++
          if (verdict.allow) allowed++
          expect(byIdentity(intent, packet), JSON.stringify(packet)).to.equal(verdict.allow)
        }
      }),
      { numRuns: 250 },
    )
    expect(allowed, 'generated packets that are allowed').to.be.greaterThan(asked / 20)
    expect(asked - allowed, 'generated packets that are denied').to.be.greaterThan(asked / 20)
  })

  it('never lets a packet between interfaces of no common partition through unless a rule of each side names the other', () => {
    fc.assert(
      fc.property(arbitraryNetwork(12), ({ intent, packets }) => {
        for (const { kept: _, ...packet } of packets) {
          const verdict = permits(intent, packet)
          const [from, to] = [packet.from, packet.to].map((name) =>
            intent.vnpsOf(intent.identityOf(name)).map(({ name: its }) => its),
          )
          if (!intent.interfaces.has(packet.from) || !intent.interfaces.has(packet.to)) continue
          if (!verdict.allow || from?.some((name) => to?.includes(name))) continue
          for (const { by } of [verdict.egress, verdict.ingress]) {
            expect(by.kind).to.equal('rule')
            if (by.kind !== 'rule') continue
            expect(intent.policies.get(by.cause.policy)?.rules[by.cause.ruleIndex]?.peer.kind).to.equal('vnp')
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is not changed by tags that no selector mentions', () => {
    const more = tenants.map((record) =>
      record.kind === 'interface' ? { ...record, tags: [...record.tags, tag('zzz')] } : record,
    )
    for (const from of ['web', 'app', 'both', 'bare']) {
      for (const to of ['web', 'db', 'tool', 'both']) expect(ask(more, from, to)).to.deep.equal(ask(tenants, from, to))
    }
    expect(EVERYTHING.allOf).to.deep.equal([])
  })
})
