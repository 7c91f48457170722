/**
 * The compiler as a function: compiling step by step gives what compiling at once gives, touched keys cover what
 * changed, and every row keeps to its table and encodes.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { checkMatch, encode, type Instruction } from 'node-openflow'
import { diff } from '../../controller/flows/diff.ts'
import { operationMessage } from '../../controller/flows/messages.ts'
import { batches } from '../../controller/flows/order.ts'
import { tablesReached } from '../../controller/flows/reach.ts'
import { type Changed, Compiler, guardFlow } from '../../controller/policy/compile.ts'
import { PIPELINE_EPOCH, readCookie } from '../../controller/policy/cookie.ts'
import { blocks } from '../../controller/policy/fields.ts'
import { Intent, type IntentDelta, mergeDelta } from '../../controller/policy/intent.ts'
import { mergeObserved } from '../../controller/policy/observed-delta.ts'
import {
  AFTER,
  STAGE_OF,
  STAGES,
  TABLE_NAMES,
  TABLES,
  tablesOf,
  UNKNOWN_PORT,
} from '../../controller/policy/pipeline.ts'
import { emptyProgram, type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import { worldIdentities } from '../../controller/policy/resolve.ts'
import type { Backend, DatapathView, NetworkState, Place } from '../../controller/policy/state.ts'
import { arbitraryNetwork, snapshotOf } from '../support/arbitrary-state.ts'
import { arbitraryWalk, changesBetween, observedBetween } from '../support/compile-states.ts'
import { ALL } from '../support/controller-parts.ts'
import { plainProgram } from '../support/plain-program.ts'

const backend = fc.constantFrom<Backend>('fabric', 'normal')

function copyOf(program: SwitchProgram): SwitchProgram {
  return {
    flows: new Map(program.flows),
    groups: new Map(program.groups),
    meters: new Map(program.meters),
    noFloodPorts: new Set(program.noFloodPorts),
  }
}

describe('the compiler', () => {
  it('gives step by step what it gives at once and in slices, and touches what differs', function () {
    this.timeout(60_000)
    fc.assert(
      fc.property(arbitraryWalk, backend, fc.array(fc.boolean(), { maxLength: 4 }), (walk, kind, together) => {
        const intent = new Intent()
        const compiler = new Compiler(kind)
        let told: IntentDelta | undefined
        let compiledAt = 0
        const programs = new Map<string, SwitchProgram>()
        const installed = new Map<string, SwitchProgram>()
        for (const [index, { snapshot, observed }] of walk.entries()) {
          const before = walk[index - 1]
          const delta = intent.apply(changesBetween(before?.snapshot, snapshot, index + 1))
          if (told === undefined) told = delta
          else mergeDelta(told, delta)
          // Several changes may be compiled together.
          if (index > 0 && index < walk.length - 1 && together[index] === true) continue
          const seen = walk[compiledAt]?.observed ?? observed
          const state: NetworkState = { intent, observed, backend: kind }
          const changed = before === undefined ? ALL : { intent: told, observed: observedBetween(seen, observed) }
          told = undefined
          compiledAt = index
          for (const [datapathId, { program, touched }] of compiler.compile(state, changed)) {
            programs.set(datapathId, program)
            const was = installed.get(datapathId)
            if (touched === undefined || was === undefined) continue
            const found = diff(program, was, touched)
            expect(found.length).to.equal(diff(program, was).length, 'a difference that is not touched')
          }
          for (const [datapathId, { program }] of new Compiler(kind).compile(state, ALL)) {
            expect(plainProgram(programs.get(datapathId) ?? emptyProgram())).to.deep.equal(plainProgram(program))
            installed.set(datapathId, copyOf(program))
          }
          for (const made of new Compiler(kind).anew(state, () => true)) {
            if (made === undefined) continue
            const kept = programs.get(made.datapathId) ?? emptyProgram()
            expect(plainProgram(made.program)).to.deep.equal(plainProgram(kept))
          }
          for (const datapathId of [...installed.keys()])
            if (!observed.datapaths.has(datapathId)) installed.delete(datapathId)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('comes to the same where the state changes between its steps, and shows nothing before it is published', function () {
    this.timeout(60_000)
    let interrupted = 0
    fc.assert(
      fc.property(arbitraryWalk, backend, fc.array(fc.nat(40), { maxLength: 8 }), (walk, kind, cuts) => {
        const left = [...cuts]
        const intent = new Intent()
        const datapaths = new Map<string, DatapathView>()
        const places = new Map<string, Place>()
        const state: NetworkState = { intent, observed: { datapaths, places }, backend: kind }
        const compiler = new Compiler(kind, 1)
        let pending: Changed | undefined
        let at = 0
        const change = (): void => {
          const [before, now] = [walk[at - 1], walk[at]!]
          const delta = intent.apply(changesBetween(before?.snapshot, now.snapshot, ++at))
          for (const [live, its] of [
            [datapaths, now.observed.datapaths],
            [places, now.observed.places],
          ] as [Map<string, unknown>, ReadonlyMap<string, unknown>][]) {
            live.clear()
            for (const [name, value] of its) live.set(name, value)
          }
          if (before === undefined) pending = ALL
          else if (pending === undefined) {
            pending = { intent: delta, observed: observedBetween(before.observed, now.observed) }
          } else if (pending.intent !== 'all' && pending.observed !== 'all') {
            mergeDelta(pending.intent, delta)
            const more = observedBetween(before.observed, now.observed)
            mergeObserved(pending.observed, more)
          }
        }
        change()
        const programs = new Map<string, SwitchProgram>()
        const installed = new Map<string, SwitchProgram>()
        while (pending !== undefined) {
          const changed: Changed = pending
          pending = undefined
          let steps = left.shift() ?? Number.POSITIVE_INFINITY
          for (const _ of compiler.compiling(state, changed)) {
            if (steps-- > 0 || at === walk.length) continue
            change()
            interrupted++
            steps = left.shift() ?? Number.POSITIVE_INFINITY
          }
          if (pending !== undefined) continue
          for (const [datapathId, was] of installed)
            expect(plainProgram(programs.get(datapathId)!), 'unpublished').to.deep.equal(plainProgram(was))
          for (const [datapathId, { program, touched }] of compiler.publishing()) {
            programs.set(datapathId, program)
            const was = installed.get(datapathId)
            if (touched === undefined || was === undefined) continue
            const found = diff(program, was, touched)
            expect(found.length).to.equal(diff(program, was).length, 'a difference that is not touched')
          }
          installed.clear()
          for (const [datapathId, { program }] of new Compiler(kind).compile(state, ALL)) {
            expect(plainProgram(programs.get(datapathId)!)).to.deep.equal(plainProgram(program))
            installed.set(datapathId, copyOf(program))
          }
          if (at < walk.length) change()
        }
      }),
      { numRuns: 60 },
    )
    expect(interrupted, 'changes between steps').to.be.above(20)
  })

  it('gives step by step what it gives at once where numbers of networks and switches change hands', () => {
    fc.assert(
      fc.property(arbitraryNetwork(1), backend, (network, kind) => {
        const { observed } = network.state
        const records = [...network.intent.interfaces.values(), ...network.intent.vnps.values()]
        const snapshot = snapshotOf({ records, datapathIds: [...observed.datapaths.keys()] })
        for (const space of ['network', 'switch']) {
          const isNumber = ({ key }: { key: string }) => key.startsWith(`number/${space}/`)
          const given = snapshot.changes.filter(isNumber)
          const turned = given.map(({ key, after }, index) => {
            const value = { number: ((index + 1) % given.length) + (given.length === 1 ? 9 : 1) }
            return { key, after: { ...after!, value } }
          })
          const intent = new Intent()
          const state: NetworkState = { intent, observed, backend: kind }
          const compiler = new Compiler(kind)
          intent.apply(snapshot)
          const programs = new Map([...compiler.compile(state, ALL)].map(([id, { program }]) => [id, program]))
          const delta = intent.apply({ revision: 2, changes: turned })
          const nothing = { datapaths: new Set<string>(), places: new Set<string>() }
          for (const [id, { program }] of compiler.compile(state, { intent: delta, observed: nothing }))
            programs.set(id, program)
          for (const [id, { program }] of new Compiler(kind).compile(state, ALL))
            expect(plainProgram(programs.get(id)!), space).to.deep.equal(plainProgram(program))
        }
      }),
      { numRuns: 20 },
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

  it('gives a switch at the edge only rows of identities and interfaces that can matter there', () => {
    const seen = { edges: 0, fewer: 0 }
    fc.assert(
      fc.property(arbitraryNetwork(1), ({ state }) => {
        const { intent, observed } = state
        const compiled = new Compiler('fabric').compile(state, ALL)
        for (const { datapathId, fabricPorts, uplinkPorts } of observed.datapaths.values()) {
          if (fabricPorts.size + uplinkPorts.size > 1) continue
          const records = [...intent.interfaces.values()]
          const here = records.filter(({ name }) => observed.places.get(name)?.datapathId === datapathId)
          const networks = new Set(here.map(({ network }) => network))
          const near = records.filter(({ network }) => networks.has(network))
          const identities = new Set([...near.map(({ name }) => intent.identityOf(name)), ...worldIdentities(intent)])
          const flows = [...(compiled.get(datapathId)?.program.flows.values() ?? [])]
          seen.edges++
          if (near.length < records.length) seen.fewer++
          for (const { match, table, unit } of flows) {
            for (const { field, value } of match) {
              if (field === 'reg0' || field === 'reg1') expect(identities, unit).to.include(value)
              const far = table !== TABLES.destination && table !== TABLES.origin
              if (far && (field === 'eth_src' || field === 'eth_dst') && unit.startsWith('interface/'))
                expect(near.map(({ mac }) => mac)).to.include(value)
            }
          }
        }
      }),
      { numRuns: 60 },
    )
    expect(seen.edges).to.be.greaterThan(5)
    expect(seen.fewer, 'edges that have not all').to.be.greaterThan(0)
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
              const name = STAGE_OF.get(flow.table)
              if (name === undefined) throw new Error(`no table ${flow.table}`)
              expect(
                STAGES[name].next.map((its) => TABLES[its]),
                key,
              ).to.include(next)
            }
          }
          expect(tablesReached(program)).not.to.equal('anywhere')
          for (const meter of program.meters.values()) encode(operationMessage({ what: 'meter', act: 'add', meter }))
        }
      }),
      { numRuns: 25 },
    )
  })

  it('gives an epoch tables that none of the seven before it has, but for the first', () => {
    for (let epoch = 1; epoch <= 255; epoch++) {
      const own = Object.values(tablesOf(epoch))
      expect(own).to.deep.equal([...own].sort((a, b) => a - b))
      expect(own[0]).to.equal(0)
      // 254 and 255 are no tables (section 7.2.4.1 and Open vSwitch's own).
      expect(own.at(-1)).to.be.lessThan(254)
      for (let before = Math.max(1, epoch - 7); before < epoch; before++) {
        const shared = Object.values(tablesOf(before)).filter((table) => own.includes(table))
        expect(shared, `${before} and ${epoch}`).to.deep.equal([0])
      }
    }
  })

  it('lets a packet whose port nobody knows match what forbids a port, and nothing that permits one', () => {
    const seen = { forbid: 0, permit: 0, pass: 0 }
    const tables: number[] = Object.entries(TABLES).flatMap(([name, table]) =>
      /^(in|e)gress_/.test(name) ? [table] : [],
    )
    const meetsUnknown = ({ match }: Flow) =>
      match.every(
        ({ field, value, mask = 0xffff_ffff }) =>
          field !== 'reg4' || (BigInt(UNKNOWN_PORT) & BigInt(Number(mask))) === BigInt(Number(value)),
      )
    const isClause = ({ instructions }: Flow) =>
      instructions.some(
        (its) => its.type === 'apply_actions' && its.actions.some(({ type }) => type === 'nx_conjunction'),
      )
    fc.assert(
      fc.property(arbitraryNetwork(1), ({ state }) => {
        for (const { program } of new Compiler('fabric').compile(state, ALL).values()) {
          // Every rule has a priority of its own in its table.
          const rules = new Map<string, Flow[]>()
          for (const flow of program.flows.values()) {
            if (!tables.includes(flow.table)) continue
            const rank = `${flow.table} ${flow.priority}`
            rules.set(rank, [...(rules.get(rank) ?? []), flow])
          }
          for (const [rank, flows] of rules) {
            if (!flows.some(({ match }) => match.some(({ field }) => field === 'reg4'))) continue
            const clauses = flows.filter((flow) => isClause(flow) && flow.match.some(({ field }) => field === 'reg4'))
            const verdicts = flows.filter((flow) => !isClause(flow))
            const met = clauses.length > 0 && !clauses.some(meetsUnknown) ? [] : verdicts.filter(meetsUnknown)
            const onward = new Set(verdicts.flatMap(nextTables))
            expect(met.flatMap(nextTables), rank).to.deep.equal([])
            const permits = [...onward].some((table) => table === AFTER.egress || table === AFTER.ingress)
            const kind = permits ? 'permit' : onward.size > 0 ? 'pass' : 'forbid'
            if (kind === 'permit') expect(met, rank).to.deep.equal([])
            else expect(met.length, rank).to.be.greaterThan(0)
            seen[kind]++
          }
        }
      }),
      { numRuns: 150, seed: 5 },
    )
    expect(seen.forbid, 'rules that forbid ports').to.be.greaterThan(5)
    expect(seen.permit, 'rules that permit ports').to.be.greaterThan(5)
    expect(seen.pass, 'rules that pass ports on').to.be.greaterThan(5)
  })

  it('replaces every row of another epoch beside it, and only then leads packets there', () => {
    const guard = { key: 'guard', flow: guardFlow() }
    const [mine, theirs] = [tablesOf(PIPELINE_EPOCH), tablesOf(PIPELINE_EPOCH + 1)]
    const there = new Map(TABLE_NAMES.map((name) => [mine[name], theirs[name]]))
    const place = (table: number): number => there.get(table) ?? 0
    /** As another epoch has it: other cookies, other tables. */
    const other = (flow: Flow): Flow => ({
      ...flow,
      cookie: flow.cookie + (1n << 40n),
      table: place(flow.table),
      instructions: flow.instructions.map((its) =>
        its.type === 'goto_table' ? { ...its, table_id: place(its.table_id) } : ctInto(its, place),
      ),
    })
    fc.assert(
      fc.property(arbitraryNetwork(1), fc.boolean(), ({ state }, bundles) => {
        for (const { program } of new Compiler('fabric').compile(state, ALL).values()) {
          const before = emptyProgram()
          for (const flow of program.flows.values()) {
            const moved = other(flow)
            before.flows.set(flowKey(moved.table, moved.priority, moved.match), moved)
          }
          const operations = diff(program, before)
          const added = operations.flatMap((its) => (its.what === 'flow' && its.act === 'add' ? [its.key] : []))
          expect(added.sort()).to.deep.equal([...program.flows.keys()].sort())
          const reach = { before: tablesReached(before), after: tablesReached(program) }
          const list = batches(operations, { bundles, perSlice: 100, guard }, reach)
          const settled = list.findIndex(({ settles }) => settles)
          list.forEach(({ operations: part }, at) => {
            for (const its of part) {
              if (its.what !== 'flow') continue
              expect(its.key).not.to.equal('guard')
              const { table } = its.flow
              if (table === 0) continue
              expect(reach.before).to.not.equal('anywhere')
              // Rows that no packet ever met may go at any time.
              const wasMet = reach.before !== 'anywhere' && reach.before.has(table)
              if (its.act === 'add') expect(at).to.be.at.most(settled)
              else if (wasMet) expect(at).to.be.greaterThan(settled)
            }
          })
          const seen = list.filter(({ operations: part }) =>
            part.some((its) => its.what === 'flow' && its.flow.table === 0),
          )
          if (bundles) expect(seen).to.have.lengthOf(1)
        }
      }),
      { numRuns: 40 },
    )
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

/** An instruction whose second passes go elsewhere. */
function ctInto(instruction: Instruction, place: (table: number) => number): Instruction {
  if (instruction.type !== 'apply_actions') return instruction
  const actions = instruction.actions.map((its) =>
    its.type === 'nx_ct' && its.recirc_table < 0xff ? { ...its, recirc_table: place(its.recirc_table) } : its,
  )
  return { ...instruction, actions }
}

function nextTables({ instructions }: Flow): number[] {
  return instructions.flatMap((instruction) => {
    if (instruction.type === 'goto_table') return [instruction.table_id]
    if (instruction.type !== 'apply_actions') return []
    return instruction.actions.flatMap((its) =>
      its.type === 'nx_ct' && its.recirc_table < 0xff ? [its.recirc_table] : [],
    )
  })
}
