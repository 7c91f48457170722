/** Conflicts among rules: stated cases, and every finding held to brute force over all packets of a small world. */
import { expect } from 'chai'
import fc from 'fast-check'
import { ALL_TAG_SETS, Coverage, Exhausted } from '../../controller/policy/conflicts/coverage.ts'
import { lintNow } from '../../controller/policy/conflicts/lint.ts'
import { Population } from '../../controller/policy/conflicts/population.ts'
import { RuleIndex } from '../../controller/policy/conflicts/rules.ts'
import { Analysis, type Finding, packetOf, type Witness } from '../../controller/policy/conflicts.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import type { AnyRecord, Peer, Policy } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import { arbitraryRules, EVERYBODY, keyOf, Oracle } from '../support/conflict-oracle.ts'
import { iface, intentWith, policy, rule, vnp } from '../support/records.ts'

const tag = (text: string) => JSON.stringify(text) as Tag
const has = (...tags: string[]) => ({ allOf: tags.map(tag), anyOf: [], noneOf: [] })
const lacks = (...tags: string[]) => ({ allOf: [], anyOf: [], noneOf: tags.map(tag) })
const any = { kind: 'any' } as const

function lintOf(intent: Intent, all: boolean): { findings: Finding[]; undecided: number } {
  const index = new RuleIndex()
  index.update(intent.vnps, intent.policies)
  const analysis = new Analysis(index, () => new Population(intent, index.tags))
  return lintNow(index, analysis, { all, limit: 1_000_000 })
}

function findingsOf(intent: Intent, all = false): Finding[] {
  const { findings, undecided } = lintOf(intent, all)
  expect(undecided).to.equal(0)
  return findings
}

const brief = ({ kind, rule: mine, other, scope }: Finding): string =>
  `${kind} ${mine.policy}/${mine.ruleIndex}${other === undefined ? '' : ` by ${other.policy}/${other.ruleIndex}`}${scope === 'now' ? ' now' : ''}`

const packet = (witness: Witness | undefined) => (witness === undefined ? undefined : packetOf(witness))

describe('conflicts of rules', () => {
  const members = [
    vnp('shop', { selector: has('shop') }),
    iface('web', 1, ['shop', 'web']),
    iface('db', 2, ['shop', 'db']),
  ]
  const ask = (rules: AnyRecord[], all = false) => findingsOf(intentWith([...members, ...rules]), all)
  const tcp = (port: number, last = port) => ({ protocols: [6], ports: [{ first: port, last }] })

  it('finds a rule that a wider one with another verdict leaves nothing, with a packet that interfaces can send', () => {
    const [only, ...more] = ask([
      policy('a', 'shop', [rule('ingress', any, 'deny', { ...tcp(1, 1023), priority: 2 })]),
      policy('b', 'shop', [rule('ingress', any, 'allow', tcp(443))], { appliesTo: has('web') }),
    ])
    expect(more).to.deep.equal([])
    expect(brief(only!)).to.equal('shadowed b/0 by a/0')
    expect(only!.severity).to.equal('warning')
    expect(packet(only!.witness)).to.include({ to: 'web', protocol: 6, port: 443 })
    expect(only!.text).to.match(/^rule 0 of policy b never decides: rule 0 of policy a is consulted first and decides/)
  })

  it('finds what only several rules together cover: by tags, by ports, by addresses', () => {
    const found = ask([
      policy(
        'a',
        'shop',
        [
          rule('ingress', any, 'deny', { ...tcp(1, 400), priority: 3 }),
          rule('ingress', any, 'reject', { ...tcp(401, 1023), priority: 3 }),
        ],
        { appliesTo: has('web') },
      ),
      policy('b', 'shop', [rule('ingress', any, 'deny', { ...tcp(1, 1023), priority: 3 })], {
        appliesTo: lacks('web'),
      }),
      policy('c', 'shop', [rule('ingress', { kind: 'cidr', cidr: '192.0.2.0/24' }, 'allow', tcp(80, 443))]),
    ])
    expect(found.map(brief)).to.have.lengthOf(1)
    const [only] = found
    expect(only!.kind).to.equal('shadowed')
    expect(only!.also.length + 1).to.equal(3)
    expect(only!.text).to.include('and 2 more are consulted first')
  })

  it('does not call a rule shadowed that keeps one packet', () => {
    const half = policy('a', 'shop', [
      rule('ingress', { kind: 'cidr', cidr: '192.0.2.0/25' }, 'deny', { priority: 3 }),
      rule('ingress', { kind: 'cidr', cidr: '192.0.2.128/26' }, 'deny', { priority: 3 }),
    ])
    const whole = policy('c', 'shop', [rule('ingress', { kind: 'cidr', cidr: '192.0.2.0/24' }, 'allow')])
    expect(ask([half, whole])).to.deep.equal([])
  })

  it('calls a repetition redundant, the later one only, and what a default repeats with all findings only', () => {
    const twice = [
      policy('a', 'shop', [rule('ingress', any, 'allow', tcp(443))]),
      policy('b', 'shop', [rule('ingress', any, 'allow', tcp(443))]),
    ]
    expect(ask(twice).map(brief)).to.deep.equal(['redundant b/0 by a/0'])
    const last = policy('c', 'shop', [rule('ingress', any, 'deny', tcp(1, 99))])
    expect(ask([...twice, last]).map(brief)).to.deep.equal(['redundant b/0 by a/0'])
    expect(ask([...twice, last], true).map(brief)).to.include('redundant c/0')
  })

  it('finds a rule that a later, wider one repeats, unless one between them or a report makes a difference', () => {
    const narrow = (fields: object) =>
      policy('a', 'shop', [rule('ingress', any, 'allow', { ...tcp(443), priority: 3, ...fields })])
    const wide = policy('z', 'shop', [rule('ingress', any, 'allow', { protocols: [6] })])
    const between = policy('m', 'shop', [rule('ingress', any, 'deny', { ...tcp(400, 500), priority: 2 })])
    const reports = policy('m', 'shop', [rule('ingress', any, 'log', { ...tcp(400, 500), priority: 2 })])
    expect(ask([narrow({}), wide]).map(brief)).to.deep.equal(['redundant a/0 by z/0'])
    expect(ask([narrow({}), between, wide])).to.deep.equal([])
    expect(ask([narrow({}), reports, wide])).to.deep.equal([])
    expect(ask([narrow({ log: true }), wide])).to.deep.equal([])
  })

  it('finds rules of equal standing that disagree where interfaces have both, and an exception as information', () => {
    const rules = (priority: number) => [
      policy('a', 'shop', [rule('ingress', any, 'allow', { ...tcp(1, 100), priority })], { appliesTo: has('web') }),
      policy('b', 'shop', [rule('ingress', any, 'reject', tcp(50, 200))], { appliesTo: has('db') }),
    ]
    expect(ask(rules(0))).to.deep.equal([])
    const both = iface('both', 3, ['shop', 'web', 'db'])
    const [only, ...more] = ask([...rules(0), both])
    expect(more).to.deep.equal([])
    expect(brief(only!)).to.equal('contradictory a/0 by b/0')
    expect(packet(only!.witness)?.to).to.equal('both')
    expect(ask([...rules(1), both])).to.deep.equal([])
    expect(ask([...rules(1), both], true).map(brief)).to.include('correlation b/0 by a/0')
  })

  it('lets a pass shadow the rest of its tier, and a deny of an earlier tier only what no pass takes out of it', () => {
    const admin = (rules: Policy['rules']) => policy('op', 'shop', rules, { tier: 'admin' })
    const pass = rule('ingress', any, 'pass', { ...tcp(443), priority: 3 })
    const deny = rule('ingress', any, 'deny', { ...tcp(1, 1023), priority: 2 })
    const late = rule('ingress', any, 'allow', { ...tcp(443), priority: 1 })
    const tenant = policy('t', 'shop', [
      rule('ingress', any, 'allow', tcp(443)),
      rule('ingress', any, 'allow', tcp(80)),
    ])
    expect(ask([admin([pass, deny]), tenant]).map(brief)).to.deep.equal(['shadowed t/1 by op/1'])
    expect(ask([admin([pass, late])]).map(brief)).to.deep.equal(['shadowed op/1 by op/0'])
    expect(ask([admin([deny]), tenant]).map(brief)).to.deep.equal(['shadowed t/0 by op/0', 'shadowed t/1 by op/0'])
  })

  it('tells rules that concern nobody now from rules that never can', () => {
    const found = ask(
      [
        policy('a', 'shop', [rule('ingress', { kind: 'tags', selector: has('ghost') }, 'allow')]),
        policy('b', 'shop', [rule('ingress', any, 'allow')], { appliesTo: lacks('shop') }),
        policy('c', 'shop', [rule('ingress', { kind: 'cidr', cidr: '10.0.0.1/32' }, 'allow')]),
      ],
      true,
    )
    expect(found.map(brief)).to.deep.equal(['irrelevant a/0 now', 'irrelevant b/0', 'irrelevant c/0 now'])
  })

  it('decides about a pass although a report comes after it and the partition has a choice of tags', () => {
    const either = vnp('shop', { selector: { allOf: [], anyOf: [tag('web'), tag('db')], noneOf: [] } })
    const findings = findingsOf(
      intentWith([
        ...members.slice(1),
        either,
        policy('a', 'shop', [rule('ingress', any, 'pass')]),
        policy('b', 'shop', [rule('ingress', any, 'log', { log: true }), rule('ingress', any, 'deny', tcp(23, 80))], {
          tier: 'baseline',
        }),
      ]),
      true,
    )
    expect(findings.map(brief)).to.deep.equal(['redundant a/0'])
  })

  it('decides about a rule that others pass a packet on to, although the pass itself could go', () => {
    const findings = ask([
      policy('a', 'shop', [rule('egress', { kind: 'cidr', cidr: '192.0.2.128/25' }, 'pass', tcp(23, 80))], {
        tier: 'admin',
        priority: 1,
      }),
      policy('b', 'shop', [rule('egress', any, 'deny', { protocols: [6, 17], ports: [] })], { tier: 'admin' }),
      policy('c', 'shop', [rule('egress', { kind: 'cidr', cidr: '0.0.0.0/0' }, 'deny')], { appliesTo: has('web') }),
    ])
    expect(findings.map(brief)).to.deep.equal(['redundant a/0 by b/0'])
  })

  it('gives a search up before what it holds takes the memory of the process', () => {
    const noneOf = Array.from({ length: 24 }, (_, at) => tag(`t${at}`))
    const nobody: Peer = { kind: 'tags', selector: { allOf: [], anyOf: [], noneOf } }
    const index = new RuleIndex()
    const { vnps, policies } = intentWith([
      ...members,
      policy('a', 'shop', [rule('ingress', nobody, 'deny', { priority: 1 }), rule('ingress', any, 'deny')]),
    ])
    index.update(vnps, policies)
    const last = index.entriesOf('a')[1]!
    const search = (octets: number) => () => new Coverage(index, ALL_TAG_SETS, 1_000, octets).notRepeated(last)
    // The rest has a box for each of the 24 tags.
    expect(search(4_000)).to.throw(Exhausted)
    expect(search(40_000)).not.to.throw()
    expect(search(40_000)()).not.to.equal(undefined)
  })

  it('finds exactly what brute force finds, and no finding without a packet that shows it', () => {
    fc.assert(
      fc.property(arbitraryRules, (records) => {
        const intent = intentWith([...EVERYBODY, ...records])
        const oracle = new Oracle(intent)
        const findings = findingsOf(intent, true)
        const single = findings.filter(({ kind }) => ['shadowed', 'redundant', 'irrelevant'].includes(kind))
        expect(
          single.map(({ kind, rule: { policy: its, ruleIndex } }) => `${kind} ${its}/${ruleIndex}`).sort(),
        ).to.deep.equal(oracle.findings())
        expect(findings.every(({ scope }) => scope === 'always')).to.equal(true)
        const gone = new Set(single.map(({ rule: { policy: its, ruleIndex } }) => `${its}/${ruleIndex}`))
        const pairs = findings.filter((one) => !single.includes(one))
        const told = pairs.map(({ rule: mine, other }) => `${keyOf({ cause: other! })} ${keyOf({ cause: mine })}`)
        expect(told.sort()).to.deep.equal(oracle.disagreements((key) => !gone.has(key)))
        for (const { kind, rule: mine, other, witness } of findings) {
          if (kind === 'irrelevant') continue
          const asked = packet(witness)!
          const find = (key: string) => oracle.rules.find((one) => keyOf(one) === key)!
          const one = find(keyOf({ cause: mine }))
          expect(oracle.names(one, asked), `${kind} ${JSON.stringify(asked)}`).to.equal(true)
          if (other === undefined) continue
          const its = find(keyOf({ cause: other }))
          expect(oracle.names(its, asked), `${kind} ${JSON.stringify(asked)}`).to.equal(true)
          if (kind !== 'redundant') expect(oracle.deciders(one.rule.direction, asked)).to.include(keyOf(its))
        }
      }),
      { numRuns: 60 },
    )
  }).timeout(120_000)

  it('finds exactly what brute force finds among few interfaces', () => {
    fc.assert(
      fc.property(arbitraryRules, fc.subarray(EVERYBODY, { minLength: 2, maxLength: 5 }), (records, present) => {
        const intent = intentWith([...present, ...records])
        const findings = findingsOf(intent, true).filter(({ kind }) =>
          ['shadowed', 'redundant', 'irrelevant'].includes(kind),
        )
        const always = new Set(
          findings.filter(({ scope }) => scope === 'always').map(({ rule: mine }) => keyOf({ cause: mine })),
        )
        const now = findings.filter(({ scope }) => scope === 'now')
        const said = (one: Finding) => `${one.kind} ${keyOf({ cause: one.rule })}`
        const expected = new Oracle(intent).never().filter((one) => !always.has(one.split(' ')[1]!))
        expect(
          now
            .filter(({ rule: mine }) => !always.has(keyOf({ cause: mine })))
            .map(said)
            .sort(),
        ).to.deep.equal(expected)
      }),
      { numRuns: 60 },
    )
  }).timeout(120_000)
})
