/**
 * What a change cuts: every connection that a rule with `cut` let through and that is not permitted any more, in words that
 * cover none that is; and the same, found on a live intent that is the same afterwards.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Cutter } from '../../controller/cutter.ts'
import { type Flush, flushKey } from '../../controller/flows/flush.ts'
import { classesOf, photograph } from '../../controller/policy/classes.ts'
import { CUT_LIMITS, CutIndex, type Cuts, cutsOf, wordsFor } from '../../controller/policy/cuts.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits, type Verdict } from '../../controller/policy/permits.ts'
import type { ObservedView } from '../../controller/policy/state.ts'
import { zoneName } from '../../controller/policy/zones.ts'
import { parseAddress } from '../../model/address.ts'
import type { Tag } from '../../model/tag.ts'
import { type ArbitraryChange, cuttingChange } from '../support/arbitrary-change.ts'
import { datapathName, snapshotOf, WORLD } from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { finish } from '../support/finish.ts'
import { portrait } from '../support/intent-portrait.ts'
import { iface, policy, rule, vnp } from '../support/records.ts'

const PORTS = [...new Set([22, 53, 80, 443, 8080].flatMap((port) => [port - 1, port, port + 1]))]
const PACKETS: { protocol: number; port?: number }[] = [
  ...[6, 17, 132].flatMap((protocol) => PORTS.map((port) => ({ protocol, port }))),
  { protocol: 1, port: 8 },
  { protocol: 58, port: 128 },
  { protocol: 47 },
  { protocol: 99 },
]

interface Changed {
  before: Intent
  after: Intent
  cuts: Cuts
}

function changed(change: ArbitraryChange, limits = CUT_LIMITS): Changed {
  const [before, after] = [new Intent(), new Intent()]
  const one = snapshotOf(change.before)
  before.apply(one)
  after.apply(one)
  const delta = after.apply(changesBetween(one, snapshotOf(change.after, 2), 2))
  const classes = classesOf(photograph(before, delta, { others: 'all' }), photograph(after, delta, { others: 'none' }))
  const options = {
    namesOf: (end: (typeof classes.all)[number]) => (end.kind === 'world' ? [] : end.names),
    record: (name: string) => before.interfaces.get(name),
    limits,
  }
  return { before, after, cuts: finish(cutsOf(classes, options)) }
}

const cutBy = (intent: Intent, { egress, ingress }: Verdict): boolean =>
  [egress, ingress].some(
    ({ by }) =>
      by.kind === 'rule' && intent.policies.get(by.cause.policy)?.rules[by.cause.ruleIndex]?.established === 'cut',
  )

describe('connections that a change cuts', () => {
  it('are those that a rule with cut let through and policy forbids now, and none that it permits', function () {
    this.timeout(300_000)
    const seen = { cut: 0, wide: 0, open: 0, left: 0 }
    const met = (): boolean => Object.values(seen).every((count) => count > 0)
    const limits = fc.constantFrom(CUT_LIMITS, { ...CUT_LIMITS, product: 0 }, { ...CUT_LIMITS, cuts: 1 })
    // Some of what must be met is rare.
    for (let batch = 0; batch < 10 && !met(); batch++) {
      fc.assert(
        fc.property(cuttingChange, limits, (change, its) => {
          const { before, after, cuts } = changed(change, its)
          if (cuts.left > 0) seen.left++
          if (cuts.cuts.some(({ source, destination }) => source === undefined || destination === undefined))
            seen.wide++
          const index = new CutIndex(cuts.cuts)
          const held = new Set(
            [...before.interfaces.values(), ...after.interfaces.values()].flatMap((each) => each.addresses),
          )
          const ends = [...before.interfaces.keys(), ...WORLD.filter((address) => !held.has(address))]
          const rules = [orderRules(before), orderRules(after)] as const
          const addresses = (end: string): string[] => before.interfaces.get(end)?.addresses ?? [end]
          for (const from of ends) {
            for (const to of ends) {
              const network = (before.interfaces.get(from) ?? before.interfaces.get(to))?.network
              if (from === to || network === undefined) continue
              for (const packet of PACKETS) {
                const was = permits(before, { from, to, ...packet }, rules[0])
                const is = permits(after, { from, to, ...packet }, rules[1])
                const lost = was.allow && cutBy(before, was) && !is.allow
                if (!lost && !is.allow) continue
                for (const source of addresses(from)) {
                  for (const destination of addresses(to)) {
                    if (parseAddress(source)!.family !== parseAddress(destination)!.family) continue
                    const found = index.has(network, { source, destination, ...packet })
                    const label = `${from} -> ${to} ${JSON.stringify(packet)}: ${JSON.stringify(cuts)}`
                    if (is.allow) {
                      if (found) expect.fail(`${label} is permitted`)
                      seen.open++
                    } else if (found) seen.cut++
                    else if (cuts.left === 0 && [6, 17, 132].includes(packet.protocol))
                      expect.fail(`${label} is not cut`)
                  }
                }
              }
            }
          }
        }),
        { numRuns: 100 },
      )
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.greaterThan(0)
  })

  it('are found on a live intent, which is afterwards as it would be without looking', function () {
    this.timeout(120_000)
    let flushed = 0
    // Some of what must be met is rare.
    for (let batch = 0; batch < 10 && !(flushed > 20); batch++) {
      fc.assert(
        fc.property(cuttingChange, (change) => {
          const { before, after, cuts } = changed(change)
          const one = snapshotOf(change.before)
          const live = new Intent()
          live.apply(one)
          const places = new Map(
            [...before.interfaces.keys()].map((name, at) => [
              name,
              { datapathId: datapathName(1 + (at % 2)), port: 1 },
            ]),
          )
          const datapath = (datapathId: string) => ({
            datapathId,
            ports: new Map(),
            fabricPorts: new Set<number>(),
            uplinkPorts: new Set(datapathId === datapathName(2) ? [9] : []),
            nextHops: new Map(),
            floodPorts: new Set<number>(),
          })
          const observed: ObservedView = {
            datapaths: new Map([1, 2].map((index) => [datapathName(index), datapath(datapathName(index))])),
            places,
          }
          const told: string[] = []
          const cutter = new Cutter({ intent: live, observed, tell: (type) => told.push(type) })
          const { delta, flushes } = cutter.apply(changesBetween(one, snapshotOf(change.after, 2), 2))
          expect(portrait(live)).to.deep.equal(portrait(after))
          expect(delta.generation).to.equal(2)
          expect(told).to.deep.equal(cuts.left > 0 ? ['connections-not-cut'] : [])
          const wanted = new Map<string, Set<string>>()
          for (const { network, names, hasWorld, ...words } of cuts.cuts) {
            // Nobody knows whether a switch that has not come has uplinks.
            const unseen = [...before.zones.byNetwork.all(network)].filter((its) => !observed.datapaths.has(its))
            const world = hasWorld ? [datapathName(2), ...unseen] : []
            const at = [...names.map((name) => places.get(name)!.datapathId), ...world]
            for (const datapathId of at) {
              const zone = before.number('zone', zoneName(datapathId, network))
              if (zone === undefined) continue
              const flush: Flush = { zone, ...words }
              wanted.set(datapathId, (wanted.get(datapathId) ?? new Set()).add(flushKey(flush)))
            }
          }
          const found = new Map([...flushes].map(([datapathId, its]) => [datapathId, new Set(its.map(flushKey))]))
          expect(found).to.deep.equal(wanted)
          for (const its of flushes.values()) flushed += its.length
        }),
        { numRuns: 100 },
      )
    }
    expect(flushed).to.be.greaterThan(20)
  })

  it('are named as narrowly as switches can be told', () => {
    const has = (tag: string) => ({ allOf: [JSON.stringify(tag) as Tag], anyOf: [], noneOf: [] })
    const members = [vnp('v', { selector: has('v') }), iface('a', 1, ['v']), iface('b', 2, ['v', 'b'])]
    const its = (...rules: Parameters<typeof rule>[]) => ({
      records: [
        ...members,
        policy(
          'p',
          'v',
          rules.map((one) => rule(...one)),
          { appliesTo: has('b') },
        ),
      ].map((record, index) => ({ ...record, number: index + 1 })),
      datapathIds: [datapathName(1), datapathName(2)],
    })
    const ssh = { protocols: [6], ports: [{ first: 22, last: 22 }] }
    const web = { protocols: [6], ports: [{ first: 80, last: 80 }] }
    const member = { kind: 'tags', selector: has('v') } as const
    const world = { kind: 'cidr', cidr: '198.51.100.0/24' } as const
    const host = { kind: 'cidr', cidr: '198.51.100.7/32' } as const
    const cut = { established: 'cut' } as const
    const words = (before: ReturnType<typeof its>, after: ReturnType<typeof its>) => {
      const { cuts } = changed({ before, after })
      return {
        left: cuts.left,
        said: cuts.cuts
          .map(
            ({ source = '*', destination = '*', protocol = '*', port = '*' }) =>
              `${source} ${destination} ${protocol} ${port}`,
          )
          .sort(),
      }
    }
    const open = its(['ingress', member, 'allow', { ...ssh, ...cut }], ['ingress', member, 'allow', web])
    expect(words(open, its(['ingress', member, 'allow', web])), 'a port').to.deep.equal({
      left: 0,
      said: ['10.0.0.1 10.0.0.2 6 22', 'fd00::1 fd00::2 6 22'],
    })
    expect(words(open, its()), 'nothing is open between them').to.deep.equal({
      left: 0,
      said: ['10.0.0.1 10.0.0.2 * *', 'fd00::1 fd00::2 * *'],
    })
    expect(words(open, open), 'no change').to.deep.equal({ left: 0, said: [] })
    expect(
      words(open, its(['ingress', member, 'allow', ssh], ['ingress', member, 'allow', web])),
      'still permitted',
    ).to.deep.equal({ left: 0, said: [] })
    const plain = its(['ingress', member, 'allow', ssh])
    expect(words(plain, its()), 'a rule that does not cut').to.deep.equal({ left: 0, said: [] })
    const both = its(['ingress', world, 'allow', { ...ssh, ...cut }], ['ingress', host, 'allow', { ...web, ...cut }])
    expect(words(both, its(['ingress', world, 'allow', { ...ssh, ...cut }])), 'one address').to.deep.equal({
      left: 0,
      said: ['198.51.100.7 10.0.0.2 6 80'],
    })
    expect(words(both, its(['ingress', member, 'allow', web])), 'a prefix: by the receiver alone').to.deep.equal({
      left: 0,
      said: ['* 10.0.0.2 6 22', '* fd00::2 6 22', '198.51.100.7 10.0.0.2 * *'],
    })
    expect(words(both, its(['ingress', member, 'allow', ssh])).left, 'others may use that port').to.equal(1)
    const kept = its(
      ['ingress', world, 'allow', { ...ssh, ...cut }],
      ['ingress', member, 'allow', { ...web, established: 'keep' }],
    )
    expect(words(kept, its()).left, 'others may be kept').to.equal(1)
  })

  it('leave ICMP alone while anything else is open, and ranges of more ports than are named one by one', () => {
    const all = { protocol: 6, first: 0, last: 65535 }
    expect(wordsFor([{ protocol: 1, first: 2048, last: 2048 }], [all], 32)).to.deep.equal({ words: [], left: 0 })
    expect(wordsFor([{ protocol: 1, first: 2048, last: 2048 }], [], 32)).to.deep.equal({ words: [{}], left: 0 })
    const [low, high] = [
      { protocol: 6, first: 0, last: 99 },
      { protocol: 6, first: 100, last: 101 },
    ]
    expect(wordsFor([low], [high], 32)).to.deep.equal({ words: [], left: 1 })
    expect(wordsFor([high], [low], 32).words).to.deep.equal([
      { protocol: 6, port: 100 },
      { protocol: 6, port: 101 },
    ])
    expect(wordsFor([high, low], [{ protocol: 17 }], 32).words).to.deep.equal([{ protocol: 6 }])
  })
})
