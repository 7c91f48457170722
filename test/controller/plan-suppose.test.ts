/** A supposed change leaves no trace: intent, places, programs and what is compiled later are as if nobody had asked. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { CompileLoop } from '../../controller/compile-loop.ts'
import { diff } from '../../controller/flows/diff.ts'
import { copyProgram } from '../../controller/flows/ledger.ts'
import { Observed } from '../../controller/observe.ts'
import { type Parts, suppose } from '../../controller/plan/suppose.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import type { EntryChangeSet, ProposedTransaction } from '../../controller/policy/entries.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { SwitchProgram, Touched } from '../../controller/policy/program.ts'
import type { Backend } from '../../controller/policy/state.ts'
import { type ArbitraryChange, arbitraryChange } from '../support/arbitrary-change.ts'
import { networkOf, snapshotOf } from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { ALL, loopOf } from '../support/controller-parts.ts'
import { portrait } from '../support/intent-portrait.ts'
import { plainProgram } from '../support/plain-program.ts'

interface Bench extends Parts {
  intent: Intent
  observed: Observed
  loop: CompileLoop
  told: string[]
  wants: { datapathId: string; program: SwitchProgram; touched: Touched | undefined }[]
}

/** A controller without store and switches, in the state before the change; its switches have their ports. */
function benchOf({ before }: ArbitraryChange, backend: Backend, first: EntryChangeSet): Bench {
  const intent = new Intent()
  intent.apply(first)
  const told: string[] = []
  const wants: Bench['wants'] = []
  const { observed: view } = networkOf(intent, before.datapathIds, backend)
  const observed = new Observed(
    intent,
    {
      view: (datapathId) => view.datapaths.get(datapathId)!,
      sighting: (mac) => ({ datapathId: before.datapathIds[0]!, port: (mac % 7) + 1 }),
    },
    (type, subject) => told.push(`${type} ${subject}`),
  )
  const loop = loopOf({
    ...{ intent, observed, backend },
    want: (datapathId, _, program, touched) => wants.push({ datapathId, program, touched }),
    clock: () => 0,
  })
  for (const datapathId of before.datapathIds) {
    const ports = [1, 2, 3, 4, 5, 6, 7, 100, 101, 200].map((port) => ({ port, name: `p${port}`, up: port !== 7 }))
    observed.switchUp(datapathId, ports)
  }
  observed.takeDelta()
  loop.open()
  expect(loop.catchUp()).to.equal(true)
  return { intent, observed, loop, told, wants }
}

function transactionOf({ changes }: EntryChangeSet): Pick<ProposedTransaction, 'puts' | 'deletes'> {
  return {
    puts: changes.flatMap(({ key, after }) => (after === undefined ? [] : [{ key, value: after.value }])),
    deletes: changes.flatMap(({ key, after }) => (after === undefined ? [key] : [])),
  }
}

const LOOKS_AWAY = { after: () => {}, before: () => {}, compiles: () => true }

/** Everything that anybody can see of a bench. */
function stateOf({ intent, observed, loop }: Bench): unknown {
  return {
    intent: portrait(intent),
    generation: intent.generation,
    records: Object.fromEntries(
      [...intent.interfaces.values(), ...intent.vnps.values(), ...intent.policies.values()].map((record) => [
        `${record.kind}/${record.name}`,
        [record, intent.modRevision(record.kind, record.name)],
      ]),
    ),
    places: Object.fromEntries(observed.places),
    datapaths: Object.fromEntries(observed.datapaths),
    programs: Object.fromEntries([...loop.programs].map(([id, program]) => [id, plainProgram(program)])),
  }
}

describe('a supposed change', () => {
  it('is taken back in every observable, tells nobody and is wanted by nobody', function () {
    this.timeout(120_000)
    fc.assert(
      fc.property(arbitraryChange, fc.constantFrom<Backend>('fabric', 'normal'), (change, backend) => {
        const first = snapshotOf(change.before)
        const bench = benchOf(change, backend, first)
        const was = stateOf(bench)
        const [told, wanted] = [bench.told.length, bench.wants.length]
        suppose(bench, transactionOf(changesBetween(first, snapshotOf(change.after, 2), 2)), LOOKS_AWAY)
        expect(stateOf(bench)).to.deep.equal(was)
        expect([bench.told.length, bench.wants.length]).to.deep.equal([told, wanted])
        expect(bench.observed.takeDelta()).to.equal(undefined)
      }),
      { numRuns: 60 },
    )
  })

  it('changes nothing about what is compiled later, and says beforehand what the switches will be sent', function () {
    this.timeout(120_000)
    let operations = 0
    fc.assert(
      fc.property(arbitraryChange, fc.constantFrom<Backend>('fabric', 'normal'), (change, backend) => {
        const first = snapshotOf(change.before)
        const second = changesBetween(first, snapshotOf(change.after, 2), 2)
        const bench = benchOf(change, backend, first)
        const installed = new Map([...bench.loop.programs].map(([id, program]) => [id, copyProgram(program)]))
        const { programs } = suppose(bench, transactionOf(second), LOOKS_AWAY)
        const planned = new Map(
          [...programs!].map(([id, { program, after, touched }]) => [id, diff(after, program, touched)]),
        )
        bench.wants.length = 0
        const delta = bench.intent.apply(second)
        bench.observed.intentChanged(delta)
        bench.loop.intentChanged(delta)
        const places = bench.observed.takeDelta()
        if (places !== undefined) bench.loop.observedChanged(places)
        expect(bench.loop.catchUp()).to.equal(true)
        const atOnce = new Compiler(backend).compile({ intent: bench.intent, observed: bench.observed, backend }, ALL)
        for (const { datapathId, program, touched } of bench.wants) {
          expect(plainProgram(program)).to.deep.equal(plainProgram(atOnce.get(datapathId)!.program))
          const sent = diff(program, installed.get(datapathId)!, touched)
          expect(sent.length, 'a difference that is not touched').to.equal(
            diff(program, installed.get(datapathId)!).length,
          )
          const names = (list: typeof sent): string[] =>
            list.map((each) => `${each.what} ${each.act} ${each.what === 'flow' ? each.key : ''}`).sort()
          expect(names(planned.get(datapathId) ?? [])).to.deep.equal(names(sent))
          operations += sent.length
        }
      }),
      { numRuns: 60 },
    )
    expect(operations).to.be.greaterThan(100)
  })

  it('is taken back where a looker fails, and programs are then made anew', function () {
    this.timeout(60_000)
    fc.assert(
      fc.property(arbitraryChange, fc.constantFrom('after', 'before', 'compiles'), (change, which) => {
        const first = snapshotOf(change.before)
        const bench = benchOf(change, 'fabric', first)
        const was = stateOf(bench)
        const fails = (): never => {
          throw new Error('a defect')
        }
        const second = transactionOf(changesBetween(first, snapshotOf(change.after, 2), 2))
        expect(() => suppose(bench, second, { ...LOOKS_AWAY, [which]: fails })).to.throw('a defect')
        expect(bench.loop.catchUp()).to.equal(true)
        expect(stateOf(bench)).to.deep.equal(was)
      }),
      { numRuns: 20 },
    )
  })
})
