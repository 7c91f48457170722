/**
 * The compiler as a function: compiling step by step gives what compiling at once gives, touched keys cover what
 * changed, and every row keeps to its table and encodes.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { checkMatch, encode } from 'node-openflow'
import { diff } from '../../controller/flows/diff.ts'
import { operationMessage } from '../../controller/flows/messages.ts'
import { Compiler, guardFlow } from '../../controller/policy/compile.ts'
import { readCookie } from '../../controller/policy/cookie.ts'
import { blocks } from '../../controller/policy/fields.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { STAGES, TABLE_NAMES, TABLES, UNKNOWN_PORT } from '../../controller/policy/pipeline.ts'
import { emptyProgram, type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import type { Backend, NetworkState } from '../../controller/policy/state.ts'
import { arbitraryNetwork } from '../support/arbitrary-state.ts'
import { arbitraryWalk, changesBetween, observedBetween } from '../support/compile-states.ts'

const ALL = { intent: 'all', observed: 'all' } as const
const backend = fc.constantFrom<Backend>('fabric', 'normal')

function copyOf(program: SwitchProgram): SwitchProgram {
  return {
    flows: new Map(program.flows),
    groups: new Map(program.groups),
    meters: new Map(program.meters),
    noFloodPorts: new Set(program.noFloodPorts),
  }
}

/** Comparable and printable: everything but the units of rows that two units claim. */
function plain({ flows, meters, noFloodPorts }: SwitchProgram) {
  const text = (value: unknown) => JSON.stringify(value, (_, its) => (typeof its === 'bigint' ? `${its}n` : its))
  return {
    flows: Object.fromEntries([...flows].map(([key, flow]) => [key, text(flow)]).sort()),
    meters: [...meters.values()].map(text).sort(),
    noFloodPorts: [...noFloodPorts].sort(),
  }
}

describe('the compiler', () => {
  it('gives step by step what it gives at once, and touches what differs', function () {
    this.timeout(60_000)
    fc.assert(
      fc.property(arbitraryWalk, backend, (walk, kind) => {
        const intent = new Intent()
        const compiler = new Compiler(kind)
        const programs = new Map<string, SwitchProgram>()
        const installed = new Map<string, SwitchProgram>()
        for (const [index, { snapshot, observed }] of walk.entries()) {
          const before = walk[index - 1]
          const delta = intent.apply(changesBetween(before?.snapshot, snapshot, index + 1))
          const state: NetworkState = { intent, observed, backend: kind }
          const changed =
            before === undefined ? ALL : { intent: delta, observed: observedBetween(before.observed, observed) }
          for (const [datapathId, { program, touched }] of compiler.compile(state, changed)) {
            programs.set(datapathId, program)
            const was = installed.get(datapathId)
            if (touched === undefined || was === undefined) continue
            const found = diff(program, was, touched)
            expect(found.length).to.equal(diff(program, was).length, 'a difference that is not touched')
          }
          for (const [datapathId, { program }] of new Compiler(kind).compile(state, ALL)) {
            expect(plain(programs.get(datapathId) ?? emptyProgram())).to.deep.equal(plain(program))
            installed.set(datapathId, copyOf(program))
          }
          for (const datapathId of [...installed.keys()])
            if (!observed.datapaths.has(datapathId)) installed.delete(datapathId)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('returns nothing where nothing changed', () => {
    fc.assert(
      fc.property(arbitraryNetwork(1), ({ state }) => {
        const compiler = new Compiler('fabric')
        compiler.compile(state, ALL)
        const intent = new Intent().apply({ revision: 1, changes: [] })
        const observed = { datapaths: new Set<string>(), places: new Set<string>() }
        expect([...compiler.compile(state, { intent, observed }).keys()]).to.deep.equal([])
      }),
      { numRuns: 30 },
    )
  })

  it('writes rows that encode, lie under their key, name their cause and keep to their table', () => {
    fc.assert(
      fc.property(arbitraryNetwork(1), backend, ({ state }, kind) => {
        for (const { program } of new Compiler(kind).compile(state, ALL).values()) {
          for (const [key, flow] of [...program.flows, ['guard', guardFlow()] as const]) {
            expect(checkMatch([...flow.match]), key).to.equal(undefined)
            encode(operationMessage({ what: 'flow', act: 'add', key, flow }))
            expect(readCookie(flow.cookie), key).not.to.equal(undefined)
            if (key !== 'guard') expect(flowKey(flow.table, flow.priority, flow.match)).to.equal(key)
            for (const next of nextTables(flow)) {
              const name = TABLE_NAMES[flow.table]
              if (name === undefined) throw new Error(`no table ${flow.table}`)
              expect(
                STAGES[name].next.map((its) => TABLES[its]),
                key,
              ).to.include(next)
            }
          }
          for (const meter of program.meters.values()) encode(operationMessage({ what: 'meter', act: 'add', meter }))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('lets a packet whose port nobody knows match what forbids a port, and nothing that permits one', () => {
    const seen = { forbid: 0, permit: 0 }
    fc.assert(
      fc.property(arbitraryNetwork(1), ({ state }) => {
        for (const { program } of new Compiler('fabric').compile(state, ALL).values()) {
          // Every rule has a priority of its own.
          const rules = new Map<string, Flow[]>()
          for (const flow of program.flows.values()) {
            if (flow.table !== TABLES.egress_policy && flow.table !== TABLES.ingress_policy) continue
            const rank = `${flow.table} ${flow.priority}`
            rules.set(rank, [...(rules.get(rank) ?? []), flow])
          }
          for (const [rank, flows] of rules) {
            const ports = flows.flatMap(({ match }) => match.filter(({ field }) => field === 'reg4'))
            if (ports.length === 0) continue
            const passes = flows.some((flow) => nextTables(flow).length > 0)
            const unknown = ports.some(
              ({ value, mask = 0xffff_ffff }) =>
                (BigInt(UNKNOWN_PORT) & BigInt(Number(mask))) === BigInt(Number(value)),
            )
            expect(unknown, rank).to.equal(!passes)
            seen[passes ? 'permit' : 'forbid']++
          }
        }
      }),
      { numRuns: 60, seed: 5 },
    )
    expect(seen.forbid, 'rules that forbid ports').to.be.greaterThan(5)
    expect(seen.permit, 'rules that permit ports').to.be.greaterThan(5)
  })

  it('covers a range of ports with as few masks as there can be', () => {
    const port = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(port, port, (one, other) => {
        const [first, last] = [Math.min(one, other), Math.max(one, other)]
        const found = blocks(first, last)
        let at = first
        for (const { value, mask } of found) {
          expect(value).to.equal(at)
          expect(value & mask).to.equal(value)
          at += 0x10000 - mask
        }
        expect(at).to.equal(last + 1)
        expect(found.length).to.be.at.most(30)
      }),
    )
  })
})

function nextTables({ instructions }: Flow): number[] {
  return instructions.flatMap((instruction) => {
    if (instruction.type === 'goto_table') return [instruction.table_id]
    if (instruction.type !== 'apply_actions') return []
    return instruction.actions.flatMap((its) =>
      its.type === 'nx_ct' && its.recirc_table < 0xff ? [its.recirc_table] : [],
    )
  })
}
