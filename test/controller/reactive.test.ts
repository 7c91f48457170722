/**
 * Reactive switches held to the same oracle as proactive ones: whatever policy and whatever packet, what arrives after
 * asking is what permits() says, in both directions, now and after policy has changed; what is compiled step by step is
 * what is compiled at once; and who floods loses only its own.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { DEMAND_LIMITS } from '../../controller/demands.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { demandKey, demandOf } from '../../controller/policy/compile-demand.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { TABLES } from '../../controller/policy/pipeline.ts'
import type { Place } from '../../controller/policy/state.ts'
import type { AnyRecord, Reactive } from '../../model/records.ts'
import {
  type ArbitraryPacket,
  arbitraryNetwork,
  intentOf,
  LINE_PORTS,
  networkOf,
  snapshotOf,
} from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { plainProgram } from '../support/plain-program.ts'
import { ReactiveNetwork, reactiveRecord } from '../support/reactive-network.ts'
import { endOf, frameOf } from '../support/reference-network.ts'

const ALL = { intent: 'all', observed: 'all' } as const
const REACTIVE: Reactive = { verdicts: 1024, idleSeconds: 60 }
/** Asking without bounds in time, as a test asks faster than any port. */
const UNHURRIED = { ...DEMAND_LIMITS, burst: 1e9, asksPerSecond: 1e9 } as unknown as typeof DEMAND_LIMITS

/** The same records, on reactive switches: those of every other number, or all. */
function reactively(intent: Intent, datapathIds: string[], every: 1 | 2, reactive = REACTIVE): Intent {
  const records: AnyRecord[] = [...intent.interfaces.values(), ...intent.vnps.values(), ...intent.policies.values()]
  const some = datapathIds.filter((_, index) => index % every === 0)
  return intentOf({ datapathIds, records: [...records, ...some.map((its) => reactiveRecord(its, reactive))] })
}

const recordsOf = (intent: Intent): AnyRecord[] => [
  ...[...intent.interfaces.values(), ...intent.vnps.values(), ...intent.policies.values(), ...intent.switches.values()],
]

/** On which sides a rule admits a connection and keeps it. */
function keptBy(intent: Intent, packet: ArbitraryPacket): { egress: boolean; ingress: boolean } {
  const verdict = permits(intent, packet)
  const keeps = ({ by }: typeof verdict.egress) =>
    by.kind === 'rule' && intent.policies.get(by.cause.policy)?.rules[by.cause.ruleIndex]?.established === 'keep'
  return { egress: keeps(verdict.egress), ingress: keeps(verdict.ingress) }
}

const QUERIES = ['1/8', '1/13', '58/128']

/** Packets of the original direction that open a connection; the reference switch checks no SCTP. */
function usable(intent: Intent, packets: readonly ArbitraryPacket[]): ArbitraryPacket[] {
  return packets
    .filter(({ protocol, port, code }) => {
      const isIcmp = protocol === 1 || protocol === 58
      return protocol !== 132 && (!isIcmp || (QUERIES.includes(`${protocol}/${port}`) && code === undefined))
    })
    .filter(({ from, to }) => intent.interfaces.has(from) || intent.interfaces.has(to))
    .map(({ kept: _, ...packet }) => ({ ...packet, reply: false }))
}

/** Sends one packet; whether it arrived, and nowhere else. */
function arrives(network: ReactiveNetwork, packet: ArbitraryPacket, reply: boolean, ephemeral = 40_000): boolean {
  const { intent, observed } = network.state
  const [datapathId = ''] = observed.datapaths.keys()
  const uplink = { datapathId, port: LINE_PORTS.uplink }
  const [sender, receiver] = reply ? [packet.to, packet.from] : [packet.from, packet.to]
  const from = endOf(sender, intent.interfaces.get(sender), packet.family)
  const to = endOf(receiver, intent.interfaces.get(receiver), packet.family)
  const frame = frameOf(packet, reply, from, to, ephemeral)
  const arrivals = network.send(observed.places.get(sender) ?? uplink, frame)
  const target: Place = observed.places.get(receiver) ?? uplink
  for (const { datapathId: at, port } of arrivals) expect({ datapathId: at, port }).to.deep.equal(target)
  expect(arrivals.length).to.be.at.most(1)
  return arrivals.length === 1
}

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
        for (const packet of usable(its, packets)) {
          const { allow } = permits(its, packet, rules)
          expect(arrives(network, packet, false), JSON.stringify(packet)).to.equal(allow)
          // What was asked once is not asked again.
          const before = network.asked
          expect(arrives(network, packet, false), `again ${JSON.stringify(packet)}`).to.equal(allow)
          expect(network.asked).to.equal(before)
          seen[allow ? 'passed' : 'dropped']++
          if (!allow || packet.protocol === 47) continue
          expect(arrives(network, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
          expect(network.asked, 'replies have been asked about').to.equal(before)
        }
        seen.asked += network.asked
      }),
      { numRuns: 100, seed: 2026 },
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
        for (const packet of usable(its, packets)) arrives(network, packet, false)
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
    fc.assert(
      fc.property(arbitraryNetwork(12), arbitraryNetwork(1), fc.nat(2), ({ state, intent, packets }, other, change) => {
        const datapathIds = [...state.observed.datapaths.keys()]
        const records = recordsOf(reactively(intent as Intent, datapathIds, 1))
        const first = intentOf({ datapathIds, records })
        const network = new ReactiveNetwork(networkOf(first, datapathIds), UNHURRIED)
        const open = usable(first, packets).map((packet, index) => ({ packet, ephemeral: 41_000 + index }))
        const was = open.map(({ packet, ephemeral }) => arrives(network, packet, false, ephemeral))
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
          expect(arrives(network, packet, false, 42_000 + index), JSON.stringify(packet)).to.equal(now)
          if (!was[index] && now) seen.opened++
          if (!was[index] || packet.protocol === 47) continue
          const { allow } = permits(first, { ...packet, kept: kept[index]! })
          if (!allow) seen.cut++
          if (allow && !now) seen.kept++
          expect(arrives(network, packet, true, ephemeral), `reply to ${JSON.stringify(packet)}`).to.equal(allow)
          expect(arrives(network, packet, false, ephemeral), `once more ${JSON.stringify(packet)}`).to.equal(allow)
        }
      }),
      { numRuns: 120, seed: 11 },
    )
    expect(seen.cut).to.be.at.least(5)
    expect(seen.opened).to.be.at.least(1)
    expect(seen.kept).to.be.at.least(1)
  })
})
