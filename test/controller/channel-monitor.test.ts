/**
 * What a flow monitor says, held to a model of a switch: whatever others do between, before and after our own changes,
 * what is known to be installed becomes what the switch has, and our own changes alone are never a difference.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { FlowUpdate } from 'node-openflow'
import { FlowMonitor } from '../../controller/channel/monitor.ts'
import { Allowance, Spacing } from '../../controller/channel/spacing.ts'
import { apply, type Operation } from '../../controller/flows/diff.ts'
import { isOurs } from '../../controller/policy/cookie.ts'
import { emptyProgram, type Flow, type SwitchProgram } from '../../controller/policy/program.ts'
import { keyOf, programOf, towards } from '../support/southbound-bench.ts'

const FOREIGN = 0x99n

function full(event: 'added' | 'modified' | 'removed', flow: Flow, timeout = 0): FlowUpdate {
  const { table, priority, match, instructions, cookie } = flow
  return {
    event,
    reason: 'delete',
    priority,
    idle_timeout: 0,
    hard_timeout: timeout,
    table_id: table,
    cookie,
    match: [...match],
    instructions: [...instructions],
  }
}

/** Flows as a switch has them, and what it would tell. */
class Model {
  readonly flows = new Map<string, Flow>()
  readonly xids = new Map<number, Operation[]>()
  #xid = 0

  /** One bundle of ours: tells in short, with the id of the first operation that changed anything. */
  ours(operations: Operation[]): FlowUpdate[] {
    let first: number | undefined
    for (const operation of operations) {
      const xid = ++this.#xid
      this.xids.set(xid, operations)
      if (operation.what !== 'flow') continue
      const { act, key, flow } = operation
      const before = this.flows.get(key)
      if (act === 'add') this.flows.set(key, flow)
      else if (before?.cookie !== flow.cookie) continue
      else if (act === 'delete') this.flows.delete(key)
      else this.flows.set(key, flow)
      first ??= xid
    }
    return first === undefined ? [] : [{ event: 'abbrev', xid: first }]
  }

  /** Somebody else's. */
  put(flow: Flow): FlowUpdate {
    const there = this.flows.has(keyOf(flow))
    this.flows.set(keyOf(flow), flow)
    return full(there ? 'modified' : 'added', flow)
  }

  remove(key: string): FlowUpdate[] {
    const flow = this.flows.get(key)
    this.flows.delete(key)
    return flow === undefined ? [] : [full('removed', flow)]
  }
}

const ours = (flows: ReadonlyMap<string, Flow>): string[] =>
  [...flows]
    .filter(([, { cookie }]) => isOurs(cookie))
    .map(([key, flow]) => `${key} ${flow.cookie} ${portOf(flow)}`)
    .sort()

const portOf = (flow: Flow): string => JSON.stringify(flow.instructions)

const seed = fc.record({ address: fc.nat(5), port: fc.integer({ min: 1, max: 3 }), own: fc.boolean() })
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('push' as const), seeds: fc.array(seed, { maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('put' as const), seeds: fc.array(seed, { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('remove' as const), seeds: fc.array(seed, { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('look' as const), seeds: fc.constant([]) }) },
)

describe('the flow monitor', () => {
  it('knows what a switch has, however changes of ours and of others lie', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = new Model()
        const monitor = new FlowMonitor()
        const installed: SwitchProgram = emptyProgram()
        const told = (updates: FlowUpdate[]): void => {
          expect(monitor.take(updates, (xid) => model.xids.get(xid))).to.equal(true)
        }
        const look = (): void => {
          const found = monitor.takeContradiction(installed, emptyProgram())
          for (const [key, flow] of found?.flows ?? []) {
            if (flow === undefined) installed.flows.delete(key)
            else installed.flows.set(key, flow)
          }
        }
        for (const { act, seeds } of steps) {
          if (act === 'look') look()
          for (const { address, port, own } of act === 'push' ? [] : seeds) {
            const flow = towards(address, port)
            if (act === 'put') told([model.put(own ? flow : { ...flow, cookie: FOREIGN })])
            else told(model.remove(keyOf(flow)))
          }
          if (act !== 'push') continue
          const operations = new Map<string, Operation>()
          for (const { address, port, own } of seeds) {
            const flow = towards(address, port)
            const key = keyOf(flow)
            const act = !installed.flows.has(key) ? 'add' : own ? 'modify' : 'delete'
            operations.set(key, { what: 'flow', act, key, flow })
          }
          told(model.ours([...operations.values()]))
          apply([...operations.values()], installed)
        }
        look()
        expect(ours(installed.flows)).to.deep.equal(ours(model.flows))
      }),
      { numRuns: 2000 },
    )
  })

  it('never takes a change of ours for a difference', () => {
    fc.assert(
      fc.property(fc.array(fc.array(seed, { maxLength: 6 }), { maxLength: 10 }), (pushes) => {
        const model = new Model()
        const monitor = new FlowMonitor()
        const installed = emptyProgram()
        for (const seeds of pushes) {
          const flows = new Map(seeds.map(({ address, port }) => [address, towards(address, port)]))
          const operations = [...flows.values()].map(
            (flow): Operation => ({
              what: 'flow',
              act: installed.flows.has(keyOf(flow)) ? 'modify' : 'add',
              key: keyOf(flow),
              flow,
            }),
          )
          monitor.take(model.ours(operations), (xid) => model.xids.get(xid))
          apply(operations, installed)
          expect(monitor.isNews).to.equal(false)
        }
        expect(ours(installed.flows)).to.deep.equal(ours(model.flows))
      }),
    )
  })

  it('takes a flow with a timeout for none of ours, unless nobody wants it: then it has to go', () => {
    const flow = towards(1, 1)
    for (const wanted of [true, false]) {
      const monitor = new FlowMonitor()
      monitor.take([full('added', flow, 5)], () => undefined)
      const program = programOf(wanted ? [flow] : [])
      const found = monitor.takeContradiction(programOf(wanted ? [flow] : []), program)
      expect(found?.drift).to.include(wanted ? { changed: 1, stale: 0 } : { changed: 0, stale: 1 })
      expect(found?.flows.get(keyOf(flow)) !== undefined).to.equal(!wanted)
    }
  })

  it('tells flows of others in our tables once, until they change', () => {
    const monitor = new FlowMonitor()
    const flow = { ...towards(1, 1), cookie: FOREIGN }
    const take = (update: FlowUpdate): number => {
      monitor.take([update], () => undefined)
      return monitor.takeForeign()?.count ?? 0
    }
    expect(take(full('added', flow))).to.equal(1)
    monitor.readForeign([flow])
    expect(monitor.takeForeign()).to.equal(undefined)
    expect(take(full('modified', { ...flow, instructions: [] }))).to.equal(1)
    expect(take(full('added', { ...flow, table: 200 }))).to.equal(0)
    expect(monitor.foreignFlows).to.equal(1)
    expect(take(full('removed', flow))).to.equal(0)
    expect(monitor.foreignFlows).to.equal(0)
    monitor.readForeign([flow])
    expect(monitor.takeForeign()?.flows).to.deep.equal([flow])
  })

  it('says that it knows nothing while a switch pauses, and when it is told more than it keeps', () => {
    const monitor = new FlowMonitor()
    const take = (updates: FlowUpdate[]): boolean => monitor.take(updates, () => undefined)
    expect(take([{ event: 'paused' }, full('added', towards(1, 1))])).to.equal(false)
    expect(monitor.isNews).to.equal(false)
    expect(take([{ event: 'resumed' }, full('added', towards(1, 1))])).to.equal(true)
    expect(monitor.isNews).to.equal(true)
    expect(take(Array.from({ length: 10_001 }, (_, i) => full('added', towards(i, 1))))).to.equal(false)
    expect(monitor.isNews).to.equal(false)
  })
})

describe('bounds in time', () => {
  it('let something happen at once when it was quiet, and ever more seldom while it is not', () => {
    const spacing = new Spacing(10, 40)
    const times: number[] = []
    for (let now = 0; now < 200; now++) {
      if (spacing.wait(now) > 0) continue
      times.push(now)
      spacing.done(now)
    }
    expect(times).to.deep.equal([0, 10, 30, 70, 110, 150, 190])
    expect(spacing.wait(200)).to.equal(30)
    spacing.done(270)
    expect(spacing.wait(270)).to.equal(10)
  })

  it('allow so many at once and so many per second', () => {
    const allowance = new Allowance(100, 10)
    expect(allowance.take(100, 0)).to.equal(true)
    expect(allowance.take(1, 50)).to.equal(false)
    expect(allowance.take(1, 150)).to.equal(true)
    expect(allowance.take(100, 9_000)).to.equal(false)
    expect(allowance.take(100, 100_000)).to.equal(true)
    expect(allowance.take(1, 100_000)).to.equal(false)
  })
})
