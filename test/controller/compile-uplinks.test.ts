/**
 * The bridge below tunnels as it is compiled: a packet of its own leaves by one uplink that is up, whichever are, and by
 * which follows from its source port; what an uplink brings goes to LOCAL and nowhere else. Rows and groups are walked by
 * hand, as the specification says. A switch becomes one of these, and ceases to be one, as it is observed.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Action, type Oxm, PORT_LOCAL } from 'node-openflow'
import { Compiler } from '../../controller/policy/compile.ts'
import { UNDERLAY_SLOTS, underlayGroups, underlayRows } from '../../controller/policy/compile-uplinks.ts'
import { emptyDelta } from '../../controller/policy/intent-delta.ts'
import { TABLES } from '../../controller/policy/pipeline.ts'
import type { Flow, Group, SwitchProgram } from '../../controller/policy/program.ts'
import type { DatapathView, NetworkState, UnderlayView } from '../../controller/policy/state.ts'
import { datapathName, intentOf, networkOf } from '../support/arbitrary-state.ts'
import { programDifferences } from '../support/compile-world.ts'

type Packet = Readonly<Record<string, number>>

const UDP = { eth_type: 0x0800, ip_proto: 17 }
const KINDS: readonly Packet[] = [
  UDP,
  { eth_type: 0x86dd, ip_proto: 17 },
  { eth_type: 0x0800, ip_proto: 6 },
  { eth_type: 0x86dd, ip_proto: 6 },
  { eth_type: 0x0800, ip_proto: 1 },
  { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 1 },
  { eth_type: 0x88cc },
]
const NEIGHBOURS: readonly Packet[] = [
  { eth_type: 0x0806 },
  ...[135, 136].map((icmpv6_type) => ({ eth_type: 0x86dd, ip_proto: 58, icmpv6_type })),
]

function matches(match: readonly Oxm[], packet: Packet): boolean {
  return match.every((oxm) => {
    const { field, value, mask } = oxm as { field: string; value: number; mask?: number }
    const its = packet[field]
    return its !== undefined && (mask === undefined ? its === value : (its & mask) === value)
  })
}

/** Ports that a packet leaves by, while these are up. */
function walk(
  flows: Iterable<Flow>,
  groups: ReadonlyMap<number, Group>,
  packet: Packet,
  up: ReadonlySet<number>,
): number[] {
  const rows = [...flows].sort((one, other) => other.priority - one.priority)
  const out: number[] = []
  const act = (actions: readonly Action[]): void => {
    for (const action of actions) {
      if (action.type === 'output') out.push(action.port)
      else if (action.type === 'group') {
        const { groupType, buckets } = groups.get(action.group_id)!
        const live = buckets.find(({ watch_port }) => groupType === 'select' || up.has(watch_port))
        act(live?.actions ?? [])
      } else throw new Error(`a row does ${action.type}`)
    }
  }
  for (let table: number | undefined = TABLES.classify; table !== undefined; ) {
    const row = rows.find((its) => its.table === table && matches(its.match, packet))
    table = undefined
    for (const instruction of row?.instructions ?? []) {
      if (instruction.type === 'apply_actions') act(instruction.actions)
      else if (instruction.type === 'goto_table') table = instruction.table_id
      else throw new Error(`a row has ${instruction.type}`)
    }
  }
  return out
}

const arbitraryUnderlay: fc.Arbitrary<UnderlayView> = fc.record({
  kind: fc.constantFrom('select', 'failover'),
  ports: fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
})

describe('the bridge below tunnels', () => {
  it('sends what is its own by one uplink that is up, and what an uplink brings to itself alone', () => {
    fc.assert(
      fc.property(arbitraryUnderlay, fc.infiniteStream(fc.boolean()), fc.nat(0xffff), (underlay, ups, source) => {
        const [flows, groups] = [[...underlayRows(underlay).values()], underlayGroups(underlay)]
        const up = new Set(underlay.ports.filter(() => ups.next().value))
        for (const kind of KINDS) {
          const packet = { ...kind, udp_src: source, tcp_src: source }
          const left = walk(flows, groups, { ...packet, in_port: PORT_LOCAL }, up)
          expect(left, 'its own').to.have.lengthOf(up.size > 0 ? 1 : 0)
          for (const port of left) expect(up.has(port)).to.equal(true)
          if (underlay.kind === 'failover')
            expect(left).to.deep.equal(underlay.ports.filter((port) => up.has(port)).slice(0, 1))
          // The other way round it stays where it was while its uplink is up.
          const all = walk(flows, groups, { ...packet, in_port: PORT_LOCAL }, new Set(underlay.ports))
          if (all.some((port) => up.has(port))) expect(left).to.deep.equal(all)
        }
        for (const kind of NEIGHBOURS) {
          const asked = walk(flows, groups, { ...kind, in_port: PORT_LOCAL }, up)
          if (up.size > 0) expect([...up].every((port) => asked.includes(port))).to.equal(true)
        }
        for (const port of underlay.ports)
          for (const kind of [...KINDS, ...NEIGHBOURS])
            expect(walk(flows, groups, { ...kind, in_port: port, udp_src: source, tcp_src: source }, up)).to.deep.equal(
              [PORT_LOCAL],
            )
        expect(walk(flows, groups, { ...UDP, in_port: 99, udp_src: source }, up), 'a port that is none').to.deep.equal(
          [],
        )
      }),
    )
  })

  it('spreads source ports over all uplinks as evenly as there are parts', () => {
    for (const count of [2, 3, 4, 8]) {
      const underlay: UnderlayView = { kind: 'select', ports: Array.from({ length: count }, (_, at) => at + 1) }
      const [flows, groups] = [[...underlayRows(underlay).values()], underlayGroups(underlay)]
      const taken = new Map<number, number>()
      for (let source = 0x8000; source < 0x8000 + UNDERLAY_SLOTS; source++) {
        const [port] = walk(flows, groups, { ...UDP, in_port: PORT_LOCAL, udp_src: source }, new Set(underlay.ports))
        taken.set(port!, (taken.get(port!) ?? 0) + 1)
      }
      expect([...taken.keys()].sort()).to.deep.equal(underlay.ports)
      expect(Math.max(...taken.values()) - Math.min(...taken.values())).to.be.at.most(1)
    }
  })

  it('has nothing else, and a switch becomes one and ceases to be one step by step as at once', () => {
    const arbitraryViews = fc.array(fc.option(arbitraryUnderlay), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(arbitraryViews, (views) => {
        const intent = intentOf({ records: [], datapathIds: [1, 2].map(datapathName) })
        const plain = networkOf(intent, [1, 2].map(datapathName))
        const stateOf = (underlay: UnderlayView | null): NetworkState => {
          const [datapathId] = [datapathName(2)]
          const before = plain.observed.datapaths.get(datapathId)!
          const none = { fabricPorts: new Set<number>(), nextHops: new Map(), floodPorts: new Set<number>() }
          const view: DatapathView = underlay === null ? before : { ...before, ...none, underlay }
          const datapaths = new Map(plain.observed.datapaths).set(datapathId, view)
          return { ...plain, observed: { ...plain.observed, datapaths } }
        }
        const stepwise = new Compiler('fabric')
        const programs = new Map<string, SwitchProgram>()
        for (const [at, underlay] of views.entries()) {
          const state = stateOf(underlay)
          const observed =
            at === 0 ? ('all' as const) : { datapaths: new Set([datapathName(2)]), places: new Set<string>() }
          const delta = at === 0 ? ('all' as const) : emptyDelta(intent.generation)
          for (const [id, { program }] of stepwise.compile(state, { intent: delta, observed }))
            programs.set(id, program)
          const anew = new Compiler('fabric').compile(state, { intent: 'all', observed: 'all' })
          for (const [id, { program }] of anew)
            expect(programDifferences(programs.get(id)!, program), `switch ${id}, step ${at}`).to.deep.equal([])
          const { flows, groups, meters, noFloodPorts } = programs.get(datapathName(2))!
          if (underlay === null) expect(groups.size).to.equal(0)
          else
            expect([flows, groups, meters.size, noFloodPorts.size]).to.deep.equal([
              ...[underlayRows(underlay), underlayGroups(underlay)],
              ...[0, 0],
            ])
        }
      }),
      { numRuns: 40 },
    )
  })
})
