/**
 * The proof that follows changes: after each of many random edits of a network, and after faults that come and go in its
 * tables, it finds what a proof of everything finds, and does so without one where nothing is wrong.
 */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import { collect } from '../../controller/flows/ledger.ts'
import { nothingTouched, type Touched } from '../../controller/policy/program.ts'
import type { Backend } from '../../controller/policy/state.ts'
import type { StateChange } from '../../controller/prove/facts.ts'
import { type Proof, type ProofInput, Prover } from '../../controller/prove/prove.ts'
import { noChange, StateChanges } from '../../controller/state-changes.ts'
import { Random } from '../fuzz/engine/random.ts'
import { CompileWorld } from '../support/compile-world.ts'
import { type Fault, KINDS, withFault } from '../support/faults.ts'
import { beginning, edited } from '../support/random-edits.ts'

const OPTIONS = { limit: 1, perKind: 2 }

/** Counts proofs of everything. */
class Counting extends Prover {
  whole = 0

  override prove(...its: Parameters<Prover['prove']>): Proof {
    this.whole++
    return super.prove(...its)
  }
}

/** What compilers and provers are told, until it is taken. */
class Changes {
  readonly #changes = new StateChanges()
  readonly #followed = this.#changes.follow(() => {})
  #touched = new Map<string, Touched | undefined>()

  constructor(world: CompileWorld) {
    world.heard = {
      intent: (delta) => this.#changes.intentChanged(structuredClone(delta)),
      observed: (delta) => this.#changes.observedChanged(delta),
      wanted: (datapathId, _program, touched) => {
        const before = this.#touched.has(datapathId) ? this.#touched.get(datapathId) : nothingTouched()
        if (before !== undefined && touched !== undefined) collect(before, touched)
        this.#touched.set(datapathId, touched && before)
      },
    }
  }

  take(): { change: StateChange; touched: ReadonlyMap<string, Touched | undefined> } {
    const taken = { change: this.#followed.take(), touched: this.#touched }
    this.#touched = new Map()
    return taken
  }
}

function check(backend: Backend, seed: number, edits: number): { followed: number; faults: number } {
  const world = new CompileWorld(backend)
  const random = new Random(seed + 1)
  const changes = new Changes(world)
  const met = { followed: 0, faults: 0 }
  for (const step of beginning()) world.must(step)
  let prover: Counting | undefined
  const compare = (change: StateChange, said: string, spoiled = new Map<string, ProofInput>()): void => {
    const whole = prover?.whole
    const found = prover?.update(world.links, change, OPTIONS) as Proof
    if (prover?.whole === whole) met.followed++
    const fresh = new Prover()
    for (const [id, program] of world.programs) fresh.set(id, spoiled.get(id) ?? { program, foreign: [] })
    expect(found, said).to.deep.equal(fresh.prove(world.state, world.links, OPTIONS))
  }
  try {
    edited(world, new Random(seed), edits, (step) => {
      const { change, touched } = changes.take()
      const isNew = step.what === 'restart' || step.what === 'switch gone' || prover === undefined
      if (isNew) {
        prover = new Counting()
        for (const [id, program] of world.programs) prover.set(id, { program, foreign: [] })
        prover.prove(world.state, world.links, OPTIONS)
        return
      }
      for (const [id, its] of touched) {
        const program = world.programs.get(id)
        const keys = its !== undefined && its.groups.size + its.ports.size === 0 ? its.flows : undefined
        if (program !== undefined) prover?.set(id, { program, foreign: [] }, keys)
      }
      compare(change, JSON.stringify(step))
      const ids = [...world.programs.keys()]
      if (ids.length === 0 || !random.oneIn(3)) return
      const id = ids[random.below(ids.length)] as string
      const program = world.programs.get(id) as ProofInput['program'] & { meters: never }
      const fault: Fault = {
        kind: KINDS[random.below(KINDS.length)] as Fault['kind'],
        ...{ row: random.below(100_000), what: random.below(1000), more: random.below(1000) },
      }
      const faulty = withFault(program, fault, [...(world.observed.datapaths.get(id)?.ports.keys() ?? [])])
      if (faulty === undefined) return
      const keys = new Set<string>()
      for (const key of [...program.flows.keys(), ...faulty.program.flows.keys()])
        if (program.flows.get(key) !== faulty.program.flows.get(key)) keys.add(key)
      met.faults++
      prover?.set(id, faulty, keys)
      compare(noChange(), faulty.said, new Map([[id, faulty]]))
      prover?.set(id, { program, foreign: [] }, keys)
      compare(noChange(), `mended: ${faulty.said}`)
    })
  } finally {
    world.close()
  }
  return met
}

describe('the proof that follows changes', () => {
  for (const backend of ['fabric', 'normal'] as const) {
    it(`finds what a proof of everything finds, with back end ${backend}`, function () {
      this.timeout(300_000)
      const { PROVE_EDITS: edits = 12, PROVE_SEED: fixed } = process.env
      const met = { followed: 0, faults: 0 }
      for (let world = 0; world < 20 && (met.followed < 10 || met.faults < 3); world++) {
        const seed = fixed === undefined ? randomInt(2 ** 31) : Number(fixed) + world
        try {
          const { followed, faults } = check(backend, seed, Number(edits))
          met.followed += followed
          met.faults += faults
        } catch (error) {
          throw new Error(`PROVE_SEED=${seed}`, { cause: error })
        }
      }
      expect(met.faults).to.be.at.least(3)
      expect(met.followed).to.be.at.least(10)
    })
  }
})
