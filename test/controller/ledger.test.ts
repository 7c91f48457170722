/**
 * The ledger of a switch with many flows: it compares in bounded steps, others want other things meanwhile, and in the end
 * the switch has what was wanted last and confirmed as such. The switch is a map that does what it is told.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Instruction } from 'node-openflow'
import { apply } from '../../controller/flows/diff.ts'
import { copyProgram, type Effect, Ledger } from '../../controller/flows/ledger.ts'
import { emptyProgram, type Flow, nothingTouched, type SwitchProgram } from '../../controller/policy/program.ts'

const FLOWS = 3000
/** What one step may look at. */
const BOUND = 600

const guard = { key: 'guard', flow: flowOf(65535, 0) }

function flowOf(number: number, port: number): Flow {
  const instructions: Instruction[] = [{ type: 'apply_actions', actions: [{ type: 'output', port, max_len: 0 }] }]
  const match = [{ field: 'reg0' as const, value: number }]
  return { table: number % 7, priority: 1 + (number % 5), match, instructions, cookie: 1n, unit: 'test' }
}

function programOf(ports: (number: number) => number | undefined): SwitchProgram {
  const program = emptyProgram()
  for (let number = 0; number < FLOWS; number++) {
    const port = ports(number)
    if (port !== undefined) program.flows.set(`f${number}`, flowOf(number, port))
  }
  return program
}

const ledger = (bundles = true): Ledger => new Ledger({ bundles, perSlice: 2000, guard, retryMs: 1, retryMaxMs: 1 })

const text = ({ flows }: SwitchProgram): string[] =>
  [...flows].map(([key, { instructions }]) => `${key} ${JSON.stringify(instructions)}`).sort()

/** What is looked up in a map, counted. */
class Counted<K, V> extends Map<K, V> {
  gets = 0
  override get(key: K): V | undefined {
    this.gets++
    return super.get(key)
  }
}

/** A switch and its ledger: carries effects out, and calls `between` after each step of work. */
class Bench {
  readonly ledger = ledger()
  readonly switch: SwitchProgram
  readonly applied: number[] = []
  steps = 0
  sent = 0

  constructor(installed: SwitchProgram) {
    this.switch = installed
  }

  run(effects: readonly Effect[], between: () => void = () => {}): void {
    for (const effect of effects) {
      if (effect.effect === 'read') this.run(this.ledger.readBack(copyProgram(this.switch)), between)
      else if (effect.effect === 'applied') this.applied.push(effect.generation)
      else if (effect.effect === 'send') {
        this.sent += effect.batch.operations.length
        apply(effect.batch.operations, this.switch)
        this.run(this.ledger.confirmed(effect.flight), between)
      } else if (effect.effect === 'compare') {
        for (;;) {
          const step = effect.work.next()
          if (step.done === true) {
            this.run(step.value, between)
            break
          }
          this.steps++
          between()
        }
      }
    }
  }
}

describe('the ledger of a switch with many flows', () => {
  it('looks at a bounded number of flows in each step, and sends what differs', () => {
    const bench = new Bench(programOf((number) => (number % 10 === 0 ? undefined : 1)))
    const wanted: SwitchProgram = programOf((number) => (number % 3 === 0 ? 2 : 1))
    const counted = new Counted(wanted.flows)
    wanted.flows = counted
    bench.ledger.want(1, wanted)
    let most = 0
    bench.run(bench.ledger.connect(true), () => {
      most = Math.max(most, counted.gets)
      counted.gets = 0
    })
    expect(bench.steps).to.be.at.least(FLOWS / BOUND)
    expect(most).to.be.within(1, BOUND)
    expect(text(bench.switch)).to.deep.equal(text(wanted))
    expect(bench.sent).to.equal(
      [...wanted.flows.keys()].filter((key) => Number(key.slice(1)) % 3 === 0 || Number(key.slice(1)) % 10 === 0)
        .length,
    )
    expect(bench.applied).to.deep.equal([1])
  })

  it('comes to what was wanted last, whatever is wanted between two steps', () => {
    let changed = 0
    fc.assert(
      fc.property(
        fc.array(fc.record({ after: fc.nat(12), at: fc.nat(FLOWS - 1), many: fc.boolean(), whole: fc.boolean() }), {
          maxLength: 8,
        }),
        fc.nat(4),
        (wishes, seed) => {
          const bench = new Bench(programOf((number) => ((number + seed) % 4 === 0 ? undefined : 1)))
          let wanted = programOf((number) => ((number + seed) % 5 === 0 ? undefined : 2))
          let generation = 1
          bench.ledger.want(generation, wanted)
          const left = [...wishes]
          let wait = left[0]?.after ?? 0
          const change = (): Effect[] => {
            const wish = left.shift()
            if (wish === undefined) return []
            wait = left[0]?.after ?? 0
            const { at, many, whole } = wish
            if (whole) wanted = copyProgram(wanted)
            const touched = nothingTouched()
            for (let number = at; number < (many ? FLOWS : Math.min(at + 3, FLOWS)); number++) {
              const key = `f${number}`
              touched.flows.add(key)
              if ((number + at) % 2 === 0 && wanted.flows.has(key)) wanted.flows.delete(key)
              else wanted.flows.set(key, flowOf(number, 3 + left.length))
            }
            changed++
            return bench.ledger.want(++generation, wanted, whole ? undefined : touched)
          }
          const between = (): void => {
            if (wait-- <= 0) bench.run(change(), between)
          }
          bench.run(bench.ledger.connect(true), between)
          while (left.length > 0) bench.run(change(), between)
          expect(bench.ledger.phase).to.equal('resting')
          expect(bench.applied.at(-1)).to.equal(generation)
          expect(text(bench.switch)).to.deep.equal(text(wanted))
          expect(text(bench.ledger.installed!)).to.deep.equal(text(wanted))
        },
      ),
      { numRuns: 25 },
    )
    expect(changed).to.be.above(25)
  })

  it('forgets a comparison when the switch goes', () => {
    const bench = new Bench(emptyProgram())
    bench.ledger.want(
      1,
      programOf(() => 1),
    )
    let gone = false
    bench.run(bench.ledger.connect(true), () => {
      if (!gone) bench.ledger.disconnect()
      gone = true
    })
    expect([bench.ledger.phase, bench.sent, bench.applied.length]).to.deep.equal(['offline', 0, 0])
    bench.run(bench.ledger.connect(true))
    expect(bench.applied).to.deep.equal([1])
    expect(bench.switch.flows.size).to.equal(FLOWS)
  })

  it('does not take a flow that will go by itself for what is wanted', () => {
    const one = ledger()
    const wanted = programOf(() => 1)
    one.want(1, wanted)
    one.connect(true)
    const [effect] = one.readBack(copyProgram(wanted), new Set(['f7']))
    expect(effect?.effect).to.equal('compare')
    if (effect?.effect !== 'compare') return
    let step = effect.work.next()
    while (step.done !== true) step = effect.work.next()
    const [compared, send] = step.value
    expect(compared).to.deep.equal({ effect: 'compared', operations: 1 })
    expect(send?.effect === 'send' && send.batch.operations.map((operation) => operation.act)).to.deep.equal(['add'])
  })
})

/** A ledger, the switch behind it, and what is on its way to that. */
class Driven {
  readonly standing = { generation: 0 }
  readonly ledger: Ledger
  readonly switch: SwitchProgram = emptyProgram()
  readonly wanted: SwitchProgram = emptyProgram()
  readonly #isTold: boolean
  #sent: Extract<Effect, { effect: 'send' }> | undefined

  /** @param isTold Whether it is told of each generation, or only of those that touch it. */
  constructor(isTold: boolean) {
    this.#isTold = isTold
    const { standing } = this
    this.ledger = new Ledger({ bundles: true, perSlice: 2000, guard, retryMs: 1, retryMaxMs: 1, standing })
  }

  want(generation: number, changes: ReadonlyMap<string, Flow>): void {
    const touched = nothingTouched()
    for (const [key, flow] of changes) {
      touched.flows.add(key)
      this.wanted.flows.set(key, flow)
    }
    if (changes.size > 0 || this.#isTold || this.ledger.wanted === undefined)
      this.#run(this.ledger.want(generation, this.wanted, touched))
    if (this.#isTold) return
    this.standing.generation = generation
    this.#run(this.ledger.stand())
  }

  connect(): void {
    this.ledger.disconnect()
    this.#sent = undefined
    this.#run(this.ledger.connect(true))
  }

  disconnect(): void {
    this.ledger.disconnect()
    this.#sent = undefined
  }

  answer(isTaken: boolean): void {
    const sent = this.#sent
    this.#sent = undefined
    if (sent === undefined) return
    if (isTaken) apply(sent.batch.operations, this.switch)
    this.#run(isTaken ? this.ledger.confirmed(sent.flight) : this.ledger.failed(sent.flight, 'table full'))
  }

  retry(): void {
    this.#run(this.ledger.retry())
  }

  /** Somebody takes a flow away. @param isExpected As its time was up. */
  lose(key: string, isExpected: boolean): void {
    if (this.ledger.phase !== 'resting') return
    this.switch.flows.delete(key)
    if (isExpected) this.ledger.expired([key])
    else this.#run(this.ledger.drifted(new Map([[key, undefined]])))
  }

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.effect === 'read') this.#run(this.ledger.readBack(copyProgram(this.switch)))
      else if (effect.effect === 'send') this.#sent = effect
    }
  }

  get state(): object {
    const { phase, wantedGeneration, appliedGeneration, error } = this.ledger
    return { phase, wantedGeneration, appliedGeneration, error, has: text(this.switch) }
  }
}

describe('the ledger of a switch that a change does not touch', () => {
  it('comes without a word to what it would come to if it were told', () => {
    const seen = new Map<string, number>()
    const key = fc.integer({ min: 0, max: 3 }).map((number) => `f${number}`)
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ act: fc.constant('stand' as const) }) },
      {
        weight: 3,
        arbitrary: fc.record({ act: fc.constant('want' as const), key, port: fc.integer({ min: 1, max: 3 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ act: fc.constant('answer' as const), isTaken: fc.integer({ min: 0, max: 3 }) }),
      },
      fc.record({ act: fc.constantFrom('connect' as const, 'disconnect' as const, 'retry' as const) }),
      fc.record({ act: fc.constant('lose' as const), key, isExpected: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const both = [new Driven(true), new Driven(false)]
        let generation = 0
        for (const its of steps) {
          if (its.act === 'stand' || its.act === 'want') generation++
          const what = `${its.act} ${both[0]!.ledger.phase}`
          seen.set(what, (seen.get(what) ?? 0) + 1)
          for (const driven of both) {
            if (its.act === 'stand') driven.want(generation, new Map())
            else if (its.act === 'want')
              driven.want(generation, new Map([[its.key, flowOf(Number(its.key[1]), its.port)]]))
            else if (its.act === 'answer') driven.answer(its.isTaken > 0)
            else if (its.act === 'lose') driven.lose(its.key, its.isExpected)
            else driven[its.act]()
          }
          const [told, untold] = both.map(({ state }) => state)
          expect(untold).to.deep.equal(told)
        }
      }),
      { numRuns: 3000 },
    )
    for (const what of ['stand resting', 'stand sending', 'stand degraded', 'stand offline', 'lose resting'])
      expect(seen.get(what) ?? 0, what).to.be.greaterThan(20)
  })
})
