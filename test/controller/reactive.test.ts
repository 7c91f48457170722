/**
 * Reactive switches held to the same oracle as proactive ones: whatever policy and whatever packet, what arrives after
 * asking is what permits() says, in both directions, now and after policy has changed; what is compiled step by step is
 * what is compiled at once; and who floods loses only its own.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { MessageNamed } from 'node-openflow'
import { Cutter } from '../../controller/cutter.ts'
import { DEMAND_LIMITS } from '../../controller/demands.ts'
import { flushMessage } from '../../controller/flows/flush.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { demandKey, demandOf } from '../../controller/policy/compile-demand.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { AFTER, inRange, RANGES, TABLES } from '../../controller/policy/pipeline.ts'
import type { Flow, SwitchProgram } from '../../controller/policy/program.ts'
import type { ProofLink } from '../../controller/prove/facts.ts'
import { type Proof, Prover } from '../../controller/prove/prove.ts'
import type { AnyRecord, Reactive, Rule } from '../../model/records.ts'
import { type ArbitraryChange, cuttingChange } from '../support/arbitrary-change.ts'
import {
  type ArbitraryPacket,
  arbitraryNetwork,
  arbitraryPacket,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
  snapshotOf,
  TAGS,
} from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { ALL } from '../support/controller-parts.ts'
import { plainProgram } from '../support/plain-program.ts'
import { arrives, keptBy, openings } from '../support/policy-packets.ts'
import { REACTIVE, ReactiveNetwork, reactively, reactiveRecord, UNHURRIED } from '../support/reactive-network.ts'
import { policy, rule, vnp } from '../support/records.ts'
import { ReferenceNetwork } from '../support/reference-network.ts'

const recordsOf = (intent: Intent): AnyRecord[] => [
  ...[...intent.interfaces.values(), ...intent.vnps.values(), ...intent.policies.values(), ...intent.switches.values()],
]

/** The row of a refusal. */
const isDenial = (flow: Flow): boolean => demandOf(flow) !== undefined && flow.instructions.length === 0

/** Cables of the line of switches. */
const linksOf = (datapathIds: readonly string[]): ProofLink[] =>
  datapathIds.flatMap((datapathId, index) => {
    const next = datapathIds[index + 1]
    if (next === undefined) return []
    const [from, to] = [
      { datapathId, port: LINE_PORTS.right },
      { datapathId: next, port: LINE_PORTS.left },
    ]
    return [
      { from, to },
      { from: to, to: from },
    ]
  })

describe('reactive switches', () => {
  it('deliver what policy permits, the first packet too, and its replies, and nothing else', function () {
    this.timeout(120_000)
    const seen = { passed: 0, dropped: 0, asked: 0 }
    fc.assert(
      fc.property(arbitraryNetwork(12), fc.constantFrom(1, 2), ({ state, intent, packets }, every) => {
        const datapathIds = [...state.observed.datapaths.keys()]
        const its = reactively(intent as Intent, datapathIds, every)
        const network = new ReactiveNetwork(networkOf(its, datapathIds), UNHURRIED)
        const rules = orderRules(its)
        for (const packet of openings(its, packets)) {
          const { allow } = permits(its, packet, rules)
          expect(network.arrives(packet, false), JSON.stringify(packet)).to.equal(allow)
          // What was asked once is not asked again.
          const before = network.asked
          expect(network.arrives(packet, false), `again ${JSON.stringify(packet)}`).to.equal(allow)
          expect(network.asked).to.equal(before)
          seen[allow ? 'passed' : 'dropped']++
          if (!allow || packet.protocol === 47) continue
          expect(network.arrives(packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
          expect(network.asked, 'replies have been asked about').to.equal(before)
        }
        seen.asked += network.asked
      }),
      { numRuns: 160, seed: 2026 },
    )
    expect(seen.passed).to.be.at.least(20)
    expect(seen.dropped).to.be.at.least(20)
    expect(seen.asked).to.be.at.least(50)
  })

  it('hold a row for each thing asked, as if all had been asked at once, and none of the rules', () => {
    fc.assert(
      fc.property(arbitraryNetwork(12), ({ state, intent, packets }) => {
        const datapathIds = [...state.observed.datapaths.keys()]
        const its = reactively(intent as Intent, datapathIds, 1)
        const network = new ReactiveNetwork(networkOf(its, datapathIds), UNHURRIED)
        for (const packet of openings(its, packets)) network.arrives(packet, false)
        for (const [datapathId, { program }] of new Compiler('fabric').compile(network.state, ALL)) {
          const kept = network.programs.get(datapathId)
          expect(plainProgram(program)).to.deep.equal(plainProgram(kept!))
          const demands = [...program.flows.values()].flatMap((flow) => demandOf(flow) ?? [])
          expect(new Set(demands.map(demandKey))).to.deep.equal(new Set(network.kept.get(datapathId)?.keys() ?? []))
          const tables = new Set([...program.flows.values()].map(({ table }) => table))
          for (const stage of ['egress_tenant', 'egress_baseline', 'egress_default', 'ingress_tenant'] as const)
            expect(tables).not.to.include(TABLES[stage])
        }
      }),
      { numRuns: 40, seed: 3 },
    )
  })

  it('enforce another policy at once for all that was asked, but for connections that a rule keeps', function () {
    this.timeout(120_000)
    const seen = { cut: 0, opened: 0, kept: 0 }
    const property = fc.property(
      arbitraryNetwork(12),
      arbitraryNetwork(1),
      fc.nat(2),
      ({ state, intent, packets }, other, change) => {
        const datapathIds = [...state.observed.datapaths.keys()]
        const records = recordsOf(reactively(intent as Intent, datapathIds, 1))
        const first = intentOf({ datapathIds, records })
        const network = new ReactiveNetwork(networkOf(first, datapathIds), UNHURRIED)
        const open = openings(first, packets).map((packet, index) => ({ packet, ephemeral: 41_000 + index }))
        const was = open.map(({ packet, ephemeral }) => network.arrives(packet, false, ephemeral))
        const kept = open.map(({ packet }) => keptBy(first, packet))
        const names = new Set(first.vnps.keys())
        const policies = [...other.intent.policies.values()].filter((its) => names.has(its.vnp))
        const closed = [...first.vnps.values()].map((its) => ({ ...its, ingressDefault: 'deny' as const }))
        const next: AnyRecord[] = [
          records.filter(({ kind }) => kind !== 'policy').concat(change === 0 ? [] : policies),
          records.filter(({ kind }) => kind !== 'vnp' && (kind !== 'policy' || change === 2)).concat(closed),
        ][change === 0 ? 1 : change - 1]!
        const before = snapshotOf({ datapathIds, records })
        const delta = first.apply(changesBetween(before, snapshotOf({ datapathIds, records: next }, 2), 2))
        network.intentChanged(first, delta)
        for (const [datapathId, { program }] of new Compiler('fabric').compile(network.state, ALL)) {
          expect(plainProgram(network.programs.get(datapathId)!)).to.deep.equal(plainProgram(program))
        }
        for (const [index, { packet, ephemeral }] of open.entries()) {
          const now = permits(first, packet).allow
          expect(network.arrives(packet, false, 42_000 + index), JSON.stringify(packet)).to.equal(now)
          if (!was[index] && now) seen.opened++
          if (!was[index] || packet.protocol === 47) continue
          const { allow } = permits(first, { ...packet, kept: kept[index]! })
          if (!allow) seen.cut++
          if (allow && !now) seen.kept++
          expect(network.arrives(packet, true, ephemeral), `reply to ${JSON.stringify(packet)}`).to.equal(allow)
          expect(network.arrives(packet, false, ephemeral), `once more ${JSON.stringify(packet)}`).to.equal(allow)
        }
      },
    )
    const isMet = (): boolean => seen.cut >= 5 && seen.opened >= 1 && seen.kept >= 1
    fc.assert(property, { numRuns: 120 })
    for (let batch = 0; batch < 40 && !isMet(); batch++) fc.assert(property, { numRuns: 20 })
    expect(isMet(), JSON.stringify(seen)).to.equal(true)
  })

  it('forget what a change cuts, and judge what comes after, as proactive ones do', function () {
    this.timeout(120_000)
    const seen = { flushed: 0, passed: 0, ended: 0 }
    const met = (): boolean => Object.values(seen).every((count) => count > 5)
    const packetsOf = ({ before }: ArbitraryChange) =>
      fc.array(arbitraryPacket(before.records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))), {
        minLength: 6,
        maxLength: 6,
      })
    const cases = cuttingChange.chain((change) => fc.tuple(fc.constant(change), packetsOf(change)))
    for (let batch = 0; batch < 10 && !met(); batch++) {
      fc.assert(
        fc.property(cases, ([{ before, after }, packets]) => {
          const { datapathIds } = before
          const fixed = before.records.filter(({ kind }) => kind === 'interface')
          const rules = (records: readonly AnyRecord[]) =>
            records.filter(({ kind }) => kind === 'vnp' || kind === 'policy')
          const switches = datapathIds.map((its) => reactiveRecord(its, REACTIVE))
          // Much is permitted by a rule that cuts, and no longer after the first change.
          const all = vnp('all', { priority: 9, ingressDefault: 'allow', number: 90 })
          const wide = (action: 'allow' | 'deny'): AnyRecord => {
            const its = rule('ingress', { kind: 'any' }, action, action === 'allow' ? { established: 'cut' } : {})
            return policy('wide', 'all', [its], { tier: 'admin', priority: 9, number: 91 })
          }
          const states = [before, after, before].map(({ records }, index) => [
            ...[...fixed, ...rules(records)],
            ...[all, wide(index === 1 ? 'deny' : 'allow')],
          ])
          const of = (records: AnyRecord[], revision: number) => snapshotOf({ records, datapathIds }, revision)
          const first = intentOf({ datapathIds, records: states[0]! })
          const asking = intentOf({ datapathIds, records: [...states[0]!, ...switches] })
          const observed = networkOf(first, datapathIds)
          const compiler = new Compiler('fabric')
          const proactive = new ReferenceNetwork(observed.observed)
          const install = (changed: Parameters<Compiler['compile']>[1]): void => {
            for (const [datapathId, { program }] of compiler.compile(observed, changed))
              proactive.install(datapathId, program)
          }
          install(ALL)
          const reactive = new ReactiveNetwork(networkOf(asking, datapathIds), UNHURRIED)
          const open = openings(first, packets)
          const look = (): boolean[][] =>
            open.map((packet, index) => {
              const all = [false, true].map((reply) => {
                const ways = [reactive, { state: observed, send: proactive.send.bind(proactive) }]
                const [one, other] = ways.map((its) => arrives(its, its.state, packet, reply, 43_000 + index))
                expect(one, `${reply ? 'reply to ' : ''}${JSON.stringify(packet)}`).to.equal(other)
                return one === true
              })
              return all
            })
          const was = look()
          const [cutter, other] = [
            new Cutter({ intent: first, observed: observed.observed, tell: () => {} }),
            new Cutter({ intent: asking, observed: reactive.state.observed, tell: () => {} }),
          ]
          for (const [index, records] of states.slice(1).entries()) {
            const changes = (more: AnyRecord[]) =>
              changesBetween(
                of([...states[index]!, ...more], index + 1),
                of([...records, ...more], index + 2),
                index + 2,
              )
            const change = cutter.apply(changes([]))
            install({ intent: change.delta, observed: { datapaths: new Set(), places: new Set() } })
            const its = other.apply(changes(switches))
            reactive.intentChanged(asking, its.delta)
            for (const [network, { flushes }] of [
              [proactive, change],
              [reactive.network, its],
            ] as const) {
              for (const [datapathId, all] of flushes) {
                for (const flush of all) network.packetOut(datapathId, flushMessage(flush, 1))
                seen.flushed += all.length
              }
            }
            for (const [at, [passes]] of look().entries()) {
              if (passes) seen.passed++
              else if (was[at]![0]) seen.ended++
            }
          }
        }),
        { numRuns: 25 },
      )
    }
    expect(met(), JSON.stringify(seen)).to.equal(true)
  })

  it('are proved to let pass nothing that policy forbids, and a row that does is found', function () {
    this.timeout(120_000)
    const seen = { proved: 0, found: 0 }
    fc.assert(
      fc.property(arbitraryNetwork(12), ({ state, intent, packets }) => {
        const datapathIds = [...state.observed.datapaths.keys()]
        const its = reactively(intent as Intent, datapathIds, 1)
        const network = new ReactiveNetwork(networkOf(its, datapathIds), UNHURRIED)
        for (const packet of openings(its, packets)) network.arrives(packet, false)
        const links = linksOf(datapathIds)
        const prove = (programs: ReadonlyMap<string, SwitchProgram>): Proof => {
          const prover = new Prover()
          for (const [datapathId, program] of programs) prover.set(datapathId, { program, foreign: [] })
          return prover.prove(network.state, links, { limit: 1 })
        }
        const proof = prove(network.programs)
        expect(proof.counterexamples).to.deep.equal([])
        expect(proof.open).to.deep.equal([])
        seen.proved++
        // What is dropped where only one switch judges: let it pass.
        if (datapathIds.length > 1) return
        const [datapathId = ''] = datapathIds
        const program = network.programs.get(datapathId)!
        const denied = [...program.flows].filter(([, flow]) => isDenial(flow))
        if (denied.length === 0) return
        const flows = new Map(program.flows)
        for (const [key, flow] of denied) {
          const { side } = demandOf(flow)!
          flows.set(key, { ...flow, instructions: [{ type: 'goto_table', table_id: AFTER[side] }] })
        }
        const wrong = prove(new Map([[datapathId, { ...program, flows }]]))
        if (wrong.counterexamples.length > 0) seen.found++
      }),
      { numRuns: 20, seed: 5 },
    )
    expect(seen.proved).to.equal(20)
    expect(seen.found, 'faults that were found').to.be.at.least(1)
  })
})

/** One switch, three interfaces of a partition that allows everything but what the rules forbid. */
function trio(reactive: Reactive, limits = DEMAND_LIMITS, rules: Rule[] = []): ReactiveNetwork {
  const datapathIds = ['0000000000000001']
  const ends = [1, 2, 3].map((index) => interfaceRecord(index, 'default', [TAGS[index]!], datapathIds[0]!))
  const all = { ...vnp('all'), ingressDefault: 'allow', egressDefault: 'allow' } as const
  const tagged = TAGS.slice(1, 4).map((tag, index) =>
    vnp(`tag-${index}`, { selector: { allOf: [tag], anyOf: [], noneOf: [] } }),
  )
  const records = [...ends, all, ...tagged, policy('rules', 'all', rules), reactiveRecord(datapathIds[0]!, reactive)]
  return new ReactiveNetwork(networkOf(intentOf({ records, datapathIds }), datapathIds), limits)
}

const udp = (from: number, to: number, port: number): ArbitraryPacket => {
  return { from: `if-${from}`, to: `if-${to}`, family: 4, protocol: 17, port, reply: false }
}

describe('what reactive switches ask', () => {
  it('is bounded: a port that floods loses its own verdicts and nobody else’s', () => {
    const network = trio({ verdicts: 16, idleSeconds: 60 }, UNHURRIED)
    for (const port of [53, 80]) expect(network.arrives(udp(2, 3, port), false)).to.equal(true)
    for (let port = 1000; port < 1100; port++) expect(network.arrives(udp(1, 3, port), false), `${port}`).to.equal(true)
    const kept = [...network.kept.values()][0]!
    expect(kept.size).to.equal(16)
    expect(network.told.filter(({ type }) => type === 'verdicts-full')).to.have.lengthOf(1)
    const asked = network.asked
    for (const port of [53, 80]) expect(network.arrives(udp(2, 3, port), false)).to.equal(true)
    // What was asked last is there, what was asked first is not.
    expect(network.arrives(udp(1, 3, 1099), false)).to.equal(true)
    expect(network.asked).to.equal(asked)
    expect(network.arrives(udp(1, 3, 1000), false)).to.equal(true)
    expect(network.asked).to.be.greaterThan(asked)
  })

  it('is told as full once, and as relieved when a tenth is free', () => {
    const network = trio({ verdicts: 20, idleSeconds: 60 }, UNHURRIED)
    const told = (): string[] => network.told.map(({ type }) => type).filter((type) => type.startsWith('verdicts-'))
    const flood = (): void => {
      for (let port = 1000; port < 1050; port++) network.arrives(udp(1, 3, port), false)
    }
    flood()
    expect(told()).to.deep.equal(['verdicts-full'])
    network.pass(61_000)
    network.settle()
    expect(told()).to.deep.equal(['verdicts-full', 'verdicts-relieved'])
    flood()
    flood()
    expect(told()).to.deep.equal(['verdicts-full', 'verdicts-relieved', 'verdicts-full'])
    // More are allowed than there are.
    const records = recordsOf(network.state.intent as Intent).filter(({ kind }) => kind !== 'switch')
    const datapathIds = ['0000000000000001']
    const more = reactiveRecord(datapathIds[0]!, { verdicts: 100, idleSeconds: 60 })
    network.intentChanged(intentOf({ datapathIds, records: [...records, more] }))
    expect(told().slice(3)).to.deep.equal(['verdicts-relieved'])
  })

  it('is counted: what asked is answered, lost or waits, and what is kept', () => {
    const network = trio({ verdicts: 1024, idleSeconds: 60 }, DEMAND_LIMITS, [
      rule('egress', { kind: 'any' }, 'deny', { protocols: [17], ports: [{ first: 2000, last: 3000 }] }),
    ])
    const counts = () => [...network.demands.counts()][0]!
    for (let port = 1000; port < 1010; port++) network.arrives(udp(1, 3, port), false)
    for (let port = 2000; port < 2005; port++) network.arrives(udp(1, 3, port), false)
    const { datapathId, limit, ...first } = counts()
    expect([datapathId, limit]).to.deep.equal(['0000000000000001', 1024])
    expect(first).to.deep.equal({ asked: 15, answered: 15, lost: 0, waiting: 0, kept: 25, denied: 5 })
    for (let port = 4000; port < 4300; port++) network.arrives(udp(2, 3, port), false)
    expect(counts()).to.include({ asked: 315, answered: 15 + DEMAND_LIMITS.burst, lost: 300 - DEMAND_LIMITS.burst })
    network.pass(1000)
    network.refuses = true
    for (let port = 5000; port < 5003; port++) network.arrives(udp(1, 2, port), false)
    expect(counts()).to.include({ asked: 318, answered: 15 + DEMAND_LIMITS.burst, waiting: 3 })
    network.demands.forget(datapathId)
    expect([...network.demands.counts()]).to.deep.equal([])
  })

  it('is bounded: refusals take a quarter, and no verdict that permits', () => {
    const network = trio({ verdicts: 16, idleSeconds: 60 }, UNHURRIED, [
      rule('egress', { kind: 'any' }, 'deny', { protocols: [17], ports: [{ first: 2000, last: 3000 }] }),
    ])
    for (const port of [53, 80, 81]) expect(network.arrives(udp(1, 3, port), false)).to.equal(true)
    for (let port = 2000; port < 2050; port++) expect(network.arrives(udp(1, 3, port), false)).to.equal(false)
    const flows = [...network.network.installed('0000000000000001')!.flows.values()]
    expect(flows.filter(isDenial)).to.have.lengthOf(4)
    const asked = network.asked
    for (const port of [53, 80, 81]) expect(network.arrives(udp(1, 3, port), false)).to.equal(true)
    expect(network.asked).to.equal(asked)
  })

  it('is bounded in time: a port that asks too fast loses its own packets and nobody else’s', () => {
    const network = trio({ verdicts: 1024, idleSeconds: 60 })
    let got = 0
    for (let port = 1000; port < 1300; port++) if (network.arrives(udp(1, 3, port), false)) got++
    expect(got).to.equal(DEMAND_LIMITS.burst)
    expect(network.arrives(udp(2, 3, 53), false)).to.equal(true)
    const lost = network.told.filter(({ type }) => type === 'packets-lost')
    expect(lost.length).to.be.greaterThan(0)
    for (const { details } of lost) expect(details).to.include({ port: '1' })
    network.pass(1000)
    expect(network.arrives(udp(1, 3, 1299), false)).to.equal(true)
  })

  it('goes when nobody needs it any more, refusals sooner', () => {
    const network = trio({ verdicts: 1024, idleSeconds: 60 }, UNHURRIED, [
      rule('egress', { kind: 'any' }, 'deny', { protocols: [17], ports: [{ first: 2000, last: 3000 }] }),
    ])
    const count = (): number => [...network.kept.values()][0]?.size ?? 0
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(true)
    expect(network.arrives(udp(1, 3, 2000), false)).to.equal(false)
    expect(count()).to.equal(3)
    network.pass(11_000)
    network.settle()
    expect(count()).to.equal(2)
    // A packet keeps them.
    network.pass(40_000)
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(true)
    network.pass(40_000)
    expect(count()).to.equal(2)
    network.pass(30_000)
    network.settle()
    expect(count()).to.equal(0)
    const asked = network.asked
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(true)
    expect(network.asked).to.equal(asked + 1)
  })

  it('is given up where the switch does not take it', () => {
    const network = trio({ verdicts: 1024, idleSeconds: 60 }, UNHURRIED)
    network.refuses = true
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(false)
    network.demands.status({ datapathId: '0000000000000001', state: 'degraded' })
    network.settle()
    expect([...network.kept.values()][0]!.size).to.equal(0)
    network.refuses = false
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(true)
  })

  it('is taken for granted where a switch is read that has it, and only there', () => {
    const network = trio({ verdicts: 1024, idleSeconds: 60 }, UNHURRIED)
    expect(network.arrives(udp(1, 3, 53), false)).to.equal(true)
    const rows = [...network.network.installed('0000000000000001')!.flows.values()].filter((its) => demandOf(its))
    // Another controller, with the same switch.
    const next = trio({ verdicts: 1024, idleSeconds: 60 }, UNHURRIED)
    next.demands.read('0000000000000001', rows)
    next.settle()
    expect(next.arrives(udp(1, 3, 53), false)).to.equal(true)
    expect(next.asked).to.equal(0)
    next.demands.read('0000000000000001', rows.slice(0, 1))
    next.settle()
    expect([...next.kept.values()][0]!.size).to.equal(1)
  })

  it('is asked from tables between two layouts as from its own, and not in another layout of registers', () => {
    const asking = (change: (asked: MessageNamed<'packet_in'>) => Partial<MessageNamed<'packet_in'>>) => {
      const network = trio({ verdicts: 1024, idleSeconds: 60 }, UNHURRIED)
      const { onPacketIn } = network.network
      network.network.onPacketIn = (datapathId, asked) => onPacketIn?.(datapathId, { ...asked, ...change(asked) })
      return [network.arrives(udp(1, 3, 53), false), network.kept.size > 0]
    }
    expect(asking(({ table_id }) => ({ table_id: inRange(table_id, RANGES - 1) }))).to.deep.equal([true, true])
    expect(asking(({ cookie }) => ({ cookie: cookie + (BigInt(RANGES) << 40n) }))).to.deep.equal([false, false])
  })
})
