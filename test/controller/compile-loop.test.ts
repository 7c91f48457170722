/**
 * Compiling much: it goes in bounded steps with turns of the event loop in between, in which intent goes on changing; what
 * is handed out is whole, and of the generation that it is handed out with.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { Applied } from '../../controller/applied.ts'
import type { CompileLoop } from '../../controller/compile-loop.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import { proposeNumbers } from '../../controller/policy/propose.ts'
import type { DatapathView, NetworkState, Place } from '../../controller/policy/state.ts'
import { validateRecord } from '../../model/validate.ts'
import { ALL, loopOf } from '../support/controller-parts.ts'
import { plainProgram } from '../support/plain-program.ts'
import { PolicyStore } from '../support/policy-store.ts'

const DPID = '0000000000000001'
const INTERFACES = 200
const ADDRESSES = 16
/** Rows of a step, and those of the interface that it ends with. */
const BOUND = 200 + 10 * ADDRESSES

function inside(): { store: PolicyStore; state: NetworkState; put(index: number, tag: string): void } {
  const store = new PolicyStore()
  const places = new Map<string, Place>()
  const ports = new Map<number, { port: number; name: string; up: boolean }>()
  const nothing = new Set<number>()
  const datapath: DatapathView = {
    ...{ datapathId: DPID, ports, fabricPorts: nothing, uplinkPorts: nothing, floodPorts: nothing },
    nextHops: new Map(),
  }
  const put = (index: number, tag: string): void => {
    const hex = index.toString(16).padStart(4, '0')
    const draft = validateRecord('interface', {
      name: `i${index}`,
      tags: [{ text: tag }],
      mac: `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`,
      addresses: Array.from({ length: ADDRESSES }, (_, at) => `10.${index >> 8}.${index & 255}.${at}`),
      attachment: { port: { datapathId: DPID, port: index + 1 } },
    })
    if (!draft.ok) throw new Error(JSON.stringify(draft.failure))
    store.must({ op: 'update', record: draft.value, etag: '', allowMissing: true })
    places.set(`i${index}`, { datapathId: DPID, port: index + 1 })
    ports.set(index + 1, { port: index + 1, name: `p${index}`, up: true })
  }
  for (let index = 0; index < INTERFACES; index++) put(index, 'a')
  const numbers = proposeNumbers(store.intent, DPID, store.context, true)
  if (!numbers.ok || numbers.value.transaction === undefined) throw new Error('no numbers')
  store.commit(numbers.value.transaction)
  const observed = { datapaths: new Map([[DPID, datapath]]), places }
  return { store, state: { intent: store.intent, observed, backend: 'fabric' }, put }
}

describe('compiling much', function () {
  this.timeout(60_000)

  it('looks at a bounded number of interfaces in each step', () => {
    const { store, state } = inside()
    let looks = 0
    const { intent } = store
    const identityOf = intent.identityOf.bind(intent)
    intent.identityOf = (name) => {
      looks++
      return identityOf(name)
    }
    const compiler = new Compiler('fabric')
    const steps: number[] = []
    for (const _ of compiler.compiling(state, ALL)) {
      steps.push(looks)
      looks = 0
    }
    const rows = [...compiler.publishing()].reduce((sum, [, { program }]) => sum + program.flows.size, 0)
    expect(rows).to.be.above(INTERFACES * ADDRESSES * 4)
    expect(Math.max(...steps)).to.be.at.most(200)
    expect(steps.length).to.be.at.least(rows / BOUND)
  })

  it('lets the event loop turn, takes in what changes meanwhile, and hands out one generation', async () => {
    const { store, state, put } = inside()
    const handed: number[] = []
    const faults: unknown[] = []
    const applied = new Applied(() => [])
    const loop: CompileLoop = loopOf({
      ...state,
      intent: store.intent,
      applied,
      want: (_, generation, program) => {
        handed.push(generation)
        expect(generation).to.equal(store.intent.generation)
        const [[, atOnce] = []] = new Compiler('fabric').compile(state, ALL)
        expect(plainProgram(program)).to.deep.equal(plainProgram(atOnce!.program))
      },
      failed: (error) => faults.push(error),
    })
    const change = (index: number, tag: string): void => {
      put(index, tag)
      loop.intentChanged(store.lastDelta!)
      loop.observedChanged({ datapaths: new Set(), places: new Set([`i${index}`]) })
    }
    loop.open()
    let turns = 0
    while (!loop.isRested) {
      await turn()
      turns++
      // Interfaces that were compiled already, that were not yet, and that are new.
      if (handed.length === 0 && turns < 4) for (const index of [0, 150, INTERFACES + turns]) change(index, `t${turns}`)
    }
    expect(faults).to.deep.equal([])
    expect(turns).to.be.at.least(3)
    expect(handed[0]).to.equal(store.intent.generation)
    expect(applied.compiled).to.equal(store.intent.generation)
    // One change alone is handed out by itself.
    change(7, 'b')
    await loop.rested()
    expect(faults).to.deep.equal([])
    expect(handed.at(-1)).to.equal(store.intent.generation)
  })

  it('ends in one go where changes do not cease, or somebody cannot wait', async () => {
    const { store, state, put } = inside()
    let handed = 0
    const loop = loopOf({
      ...state,
      intent: store.intent,
      compiler: new Compiler('fabric', 1),
      want: () => {
        handed++
      },
    })
    loop.open()
    let changes = 0
    while (handed === 0) {
      await turn()
      put(changes++ % INTERFACES, `t${changes}`)
      loop.intentChanged(store.lastDelta!)
      expect(changes).to.be.below(10_000)
    }
    expect(loop.catchUp()).to.equal(true)
    expect(loop.isRested).to.equal(true)
    loop.close()
  })
})
