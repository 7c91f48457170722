/**
 * Comparison and order of flow programs, held to their laws on generated programs: the result is what is wanted, doing
 * it again does nothing, and at no moment does a packet meet anything but the old program, the new one, or a drop.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Instruction, Oxm } from 'node-openflow'
import { apply, diff, type Operation } from '../../controller/flows/diff.ts'
import { copyProgram } from '../../controller/flows/ledger.ts'
import { type Batch, batches, order, type Reach } from '../../controller/flows/order.ts'
import { tablesReached } from '../../controller/flows/reach.ts'
import { emptyProgram, type Flow, nothingTouched, type SwitchProgram } from '../../controller/policy/program.ts'

const TABLES = 3
const GUARD_KEY = 'guard'
const guard = {
  key: GUARD_KEY,
  flow: { table: 0, priority: 65535, match: [], instructions: [], cookie: 1n, unit: 'system' } as Flow,
}

interface Spec {
  table: number
  priority: number
  port?: number | undefined
  vlan?: number | undefined
  verdict: number | 'next' | 'drop'
  cookie: bigint
}

function flowOf({ table, priority, port, vlan, verdict, cookie }: Spec): Flow {
  const match: Oxm[] = []
  if (port !== undefined) match.push({ field: 'in_port', value: port })
  if (vlan !== undefined) match.push({ field: 'vlan_vid', value: vlan })
  const instructions: Instruction[] =
    verdict === 'drop' || (verdict === 'next' && table === TABLES - 1)
      ? []
      : verdict === 'next'
        ? [{ type: 'goto_table', table_id: table + 1 }]
        : [{ type: 'apply_actions', actions: [{ type: 'output', port: verdict, max_len: 0 }] }]
  return { table, priority, match, instructions, cookie, unit: 'test' }
}

const keyOf = (flow: Flow): string =>
  `${flow.table}/${flow.priority}/${flow.match.map((oxm) => `${oxm.field}=${String(oxm.value)}`).join()}`

/** Rows of one priority in one table must not overlap (the outcome would be undefined): they match the same port. */
const spec = fc.record<Spec>({
  table: fc.nat(TABLES - 1),
  priority: fc.integer({ min: 1, max: 6 }),
  port: fc.option(fc.nat(2), { nil: undefined }),
  vlan: fc.option(fc.nat(1), { nil: undefined }),
  verdict: fc.oneof(fc.constant('next' as const), fc.constant('drop' as const), fc.integer({ min: 10, max: 12 })),
  cookie: fc.bigInt(1n, 2n),
})

const program = fc.array(spec, { maxLength: 14 }).map((specs): SwitchProgram => {
  const made = emptyProgram()
  const shapes = new Map<string, string>()
  for (const one of specs) {
    const flow = flowOf(one)
    const slot = `${one.table}/${one.priority}`
    const shape = `${one.port === undefined}/${one.vlan === undefined}`
    if ((shapes.get(slot) ?? shape) !== shape) continue
    shapes.set(slot, shape)
    made.flows.set(keyOf(flow), flow)
  }
  return made
})

/** What happens to a packet: ports it leaves through. */
function run(flows: ReadonlyMap<string, Flow>, packet: { port: number; vlan: number }): number[] {
  const out: number[] = []
  let table: number | undefined = 0
  while (table !== undefined) {
    let best: Flow | undefined
    for (const flow of flows.values()) {
      if (flow.table !== table || (best !== undefined && best.priority >= flow.priority)) continue
      if (flow.match.every(({ field, value }) => value === (field === 'in_port' ? packet.port : packet.vlan)))
        best = flow
    }
    table = undefined
    for (const instruction of best?.instructions ?? []) {
      if (instruction.type === 'goto_table') table = instruction.table_id
      if (instruction.type !== 'apply_actions') continue
      for (const action of instruction.actions) if (action.type === 'output') out.push(action.port)
    }
  }
  return out
}

const PACKETS = [0, 1, 2].flatMap((port) => [0, 1].map((vlan) => ({ port, vlan })))

/** Programs whose rows of one slot have one shape in both, so that no moment has overlapping equals. */
const pair = fc.tuple(program, program).map(([before, after]) => {
  const shapeOf = (flow: Flow) => flow.match.map(({ field }) => field).join()
  const shapes = new Map<string, string>()
  for (const flow of before.flows.values()) shapes.set(`${flow.table}/${flow.priority}`, shapeOf(flow))
  for (const [key, flow] of after.flows) {
    const shape = shapes.get(`${flow.table}/${flow.priority}`)
    if (shape !== undefined && shape !== shapeOf(flow)) after.flows.delete(key)
  }
  return { before, after }
})

/** @param others What may happen to a packet half way beside what happens before and after. */
function assertPrefixesSafe(
  before: SwitchProgram,
  after: SwitchProgram,
  steps: Operation[][],
  others: readonly string[] = [],
): void {
  const now = copyProgram(before)
  for (const step of steps) {
    apply(step, now)
    for (const packet of PACKETS) {
      const out = run(now.flows, packet).join()
      const allowed = [run(before.flows, packet).join(), run(after.flows, packet).join(), ...others]
      expect(allowed, `packet ${JSON.stringify(packet)} half way`).to.include(out)
    }
  }
}

const stepsOf = (list: readonly Batch[]): Operation[][] =>
  list.flatMap(({ atomic, operations }) => (atomic ? [operations] : operations.map((one) => [one])))

const reachOf = (before: SwitchProgram, after: SwitchProgram): Reach => ({
  before: tablesReached(before),
  after: tablesReached(after),
})

/** The same in tables of its own, but for the first. */
function moved({ flows, ...rest }: SwitchProgram): SwitchProgram {
  const place = (table: number): number => (table === 0 ? 0 : table + TABLES)
  const made: SwitchProgram = { ...rest, flows: new Map() }
  for (const flow of flows.values()) {
    const instructions = flow.instructions.map((one) =>
      one.type === 'goto_table' ? { ...one, table_id: place(one.table_id) } : one,
    )
    const there: Flow = { ...flow, table: place(flow.table), instructions }
    made.flows.set(keyOf(there), there)
  }
  return made
}

describe('flow differences', () => {
  it('turn what is installed into what is wanted, and then nothing is left to do', () => {
    fc.assert(
      fc.property(pair, ({ before, after }) => {
        const now = copyProgram(before)
        apply(order(diff(after, before)), now)
        expect(now.flows).to.deep.equal(after.flows)
        expect(diff(after, now)).to.deep.equal([])
      }),
    )
  })

  it('change nothing when they are applied twice', () => {
    fc.assert(
      fc.property(pair, ({ before, after }) => {
        const operations = order(diff(after, before))
        const once = copyProgram(before)
        apply(operations, once)
        const twice = copyProgram(once)
        apply(operations, twice)
        expect(twice).to.deep.equal(once)
      }),
    )
  })

  it('are the same when only the touched keys are compared', () => {
    fc.assert(
      fc.property(pair, ({ before, after }) => {
        const touched = nothingTouched()
        for (const key of [...before.flows.keys(), ...after.flows.keys()]) touched.flows.add(key)
        const all = order(diff(after, before))
        expect(order(diff(after, before, touched))).to.deep.equal(all)
      }),
    )
  })

  it('replace a flow whose cookie changed, and keep the counters of one whose instructions changed', () => {
    const old = flowOf({ table: 0, priority: 1, verdict: 'drop', cookie: 1n })
    const installed = { ...emptyProgram(), flows: new Map([['k', old]]) }
    const act = (flow: Flow) => diff({ ...emptyProgram(), flows: new Map([['k', flow]]) }, installed).map((o) => o.act)
    expect(act({ ...old, cookie: 2n })).to.deep.equal(['add'])
    expect(act({ ...old, instructions: [{ type: 'goto_table', table_id: 1 }] })).to.deep.equal(['modify'])
    expect(act({ ...old, unit: 'elsewhere' })).to.deep.equal([])
  })

  it('name groups and meters whose content changed, and ports whose flooding did', () => {
    const meter = { meterId: 4, flags: 1, bands: [{ type: 'drop' as const, rate: 100, burst_size: 10 }], unit: 'a' }
    const installed = { ...emptyProgram(), meters: new Map([[4, meter]]), noFloodPorts: new Set([1]) }
    expect(diff({ ...installed, meters: new Map([[4, { ...meter, unit: 'b' }]]) }, installed)).to.deep.equal([])
    const changed = { ...meter, bands: [{ type: 'drop' as const, rate: 200, burst_size: 10 }] }
    const operations = order(
      diff({ ...installed, meters: new Map([[4, changed]]), noFloodPorts: new Set([2]) }, installed),
    )
    expect(operations).to.deep.equal([
      { what: 'meter', act: 'modify', meter: changed },
      { what: 'port', act: 'modify', port: 1, noFlood: false },
      { what: 'port', act: 'modify', port: 2, noFlood: true },
    ])
  })
})

describe('the order of operations', () => {
  it('keeps each table on its old or its new decision at every prefix', () => {
    const oneTable = pair.map(({ before, after }) => {
      const only = (from: SwitchProgram) => ({
        ...from,
        flows: new Map(
          [...from.flows].filter(([, flow]) => flow.table === TABLES - 1).map(([k, f]) => [k, { ...f, table: 0 }]),
        ),
      })
      return { before: only(before), after: only(after) }
    })
    fc.assert(
      fc.property(oneTable, ({ before, after }) => {
        const steps = order(diff(after, before)).map((operation) => [operation])
        assertPrefixesSafe(before, after, steps)
      }),
    )
  })

  const sending = fc.record({
    bundles: fc.boolean(),
    perSlice: fc.integer({ min: 1, max: 20 }),
    guard: fc.constant(guard),
  })

  /** Rows that packets see go from two tables: one at a time, a packet would fare as under neither program. */
  const twoTables = (() => {
    const onward = flowOf({ table: 0, priority: 1, verdict: 'next', cookie: 1n })
    const first = flowOf({ table: 0, priority: 6, port: 0, verdict: 12, cookie: 1n })
    const second = flowOf({ table: 1, priority: 5, verdict: 10, cookie: 1n })
    const of = (...flows: Flow[]): SwitchProgram => ({
      ...emptyProgram(),
      flows: new Map(flows.map((flow) => [keyOf(flow), flow])),
    })
    return { before: of(onward, first, second), after: of(onward) }
  })()

  it('with bundles never treats a packet as neither program does, without never lets such a one through', () => {
    fc.assert(
      fc.property(pair, sending, fc.boolean(), ({ before, after }, how, knows) => {
        const list = batches(diff(after, before), how, knows ? reachOf(before, after) : undefined)
        const steps = stepsOf(list)
        assertPrefixesSafe(before, after, steps, how.bundles ? [] : [''])
        const end = copyProgram(before)
        for (const step of steps) apply(step, end)
        expect(end.flows).to.deep.equal(after.flows)
        expect(list.filter(({ settles }) => settles)).to.have.lengthOf(list.length === 0 ? 0 : 1)
      }),
      { examples: [[twoTables, { bundles: true, perSlice: 1, guard }, true]] },
    )
  })

  it('moves to a layout in other tables without a gap, with bundles or without', () => {
    fc.assert(
      fc.property(pair, sending, ({ before, after }, how) => {
        const next = moved(after)
        const list = batches(diff(next, before), how, reachOf(before, next))
        assertPrefixesSafe(before, next, stepsOf(list))
        const end = copyProgram(before)
        for (const step of stepsOf(list)) apply(step, end)
        expect(end.flows).to.deep.equal(next.flows)
      }),
    )
  })

  it('leaves the tables of the old layout whole until its last decision is gone', () => {
    fc.assert(
      fc.property(pair, sending, ({ before, after }, { perSlice }) => {
        const [next, reach] = [moved(after), reachOf(before, moved(after))]
        // One small slice of additions is no movement of tables.
        const list = batches(diff(next, before), { bundles: true, perSlice, guard }, reach)
        if (list.length < 2) return
        const now = copyProgram(before)
        const deep = ({ flows }: SwitchProgram): Flow[] => [...flows.values()].filter(({ table }) => table > 0)
        const paused = (flow: Flow): boolean => reach.before !== 'anywhere' && reach.before.has(flow.table)
        for (const { operations, settles } of list) {
          apply(operations, now)
          expect(deep(now).filter(paused)).to.deep.equal(deep(before).filter(paused))
          if (settles) break
        }
      }),
    )
  })

  it('stands meters and groups before the flows that name them, deep tables before shallow ones, and removes in reverse', () => {
    const at = (table: number) => flowOf({ table, priority: 5, verdict: 'drop', cookie: 1n })
    const group = { groupId: 1, groupType: 'all' as const, buckets: [], unit: '' }
    const meter = { meterId: 1, flags: 1, bands: [], unit: '' }
    const full = { ...emptyProgram(), groups: new Map([[1, group]]), meters: new Map([[1, meter]]) }
    for (const table of [0, 1, 2]) full.flows.set(String(table), at(table))
    const names = (operations: Operation[]) =>
      order(operations).map((o) => `${o.act} ${o.what}${o.what === 'flow' ? o.flow.table : ''}`)
    expect(names(diff(full, emptyProgram()))).to.deep.equal([
      'add meter',
      'add group',
      'add flow2',
      'add flow1',
      'add flow0',
    ])
    expect(names(diff(emptyProgram(), full))).to.deep.equal([
      'delete flow0',
      'delete flow1',
      'delete flow2',
      'delete group',
      'delete meter',
    ])
  })

  it('is one bundle for a change of any size that packets see', () => {
    const flows = new Map(
      Array.from({ length: 50 }, (_, i) => {
        const flow = flowOf({ table: i % 3, priority: i + 1, verdict: 'drop', cookie: 1n })
        return [keyOf(flow), flow] as const
      }),
    )
    const operations = diff({ ...emptyProgram(), flows }, emptyProgram())
    const [{ operations: all, ...rest } = { operations: [] }, ...others] = batches(operations, {
      bundles: true,
      perSlice: 20,
      guard,
    })
    expect([all.length, rest, others]).to.deep.equal([50, { atomic: true, settles: true }, []])
    expect(batches([], { bundles: true, perSlice: 50, guard })).to.deep.equal([])
  })
})
