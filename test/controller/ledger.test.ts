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
