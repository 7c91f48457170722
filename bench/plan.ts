/**
 * Plans of changes to a large network, nothing of which is written: how long the controller stands still for the
 * supposed moment (in place: the change goes in, is compiled, and goes out again), how long the longest slice of the
 * rest is, and the whole. The limit beside it is what the same change costs to be made: taken into intent and compiled.
 * Usage: npx tsx bench/plan.ts [INTERFACES [SWITCHES [RULES]]]
 */
import { Observed } from '../controller/observe.ts'
import type { Write } from '../controller/policy/propose.ts'
import { ok } from '../model/errors.ts'
import type { RecordKind } from '../model/records.ts'
import { validateRecord } from '../model/validate.ts'
import { loopOf, plannerOf } from '../test/support/controller-parts.ts'
import { benchNetwork, policy } from './network.ts'
import { must } from './records.ts'
import { figure, median, printTable } from './report.ts'

const [INTERFACES = 100_000, SWITCHES = 4, RULES = 1000] = process.argv.slice(2).map(Number)
const ROUNDS = 5
const { state, interfaceRecord } = await benchNetwork(INTERFACES, SWITCHES, RULES)
const { intent } = state
const { datapaths } = state.observed
const observed = new Observed(intent, { view: (id) => datapaths.get(id)!, sighting: () => undefined }, () => {})
for (const { datapathId, ports } of datapaths.values()) observed.switchUp(datapathId, ports.values())
observed.takeDelta()
const loop = loopOf({ intent, observed })
loop.open()
loop.catchUp()

/** Longest stretches between two looks at the clock are where the event loop stands still. */
let stretches: number[] = []
let lastTurn = performance.now()
const planner = plannerOf({ intent, observed, loop, places: observed })

const write = (kind: RecordKind, message: object): Write => ({
  op: 'update',
  record: must(validateRecord(kind, message)),
  allowMissing: true,
})
const many = (count: number): Write[] =>
  Array.from({ length: count }, (_, index) => write('interface', interfaceRecord(index, 'group-7')))
const cases: [string, Write[]][] = [
  ['one tag of one interface', many(1)],
  ['one tag of 100 interfaces', many(100)],
  ['one tag of 5,000 interfaces', many(5000)],
  ['a rule taken out of a policy', [write('policy', policy(3, 10))]],
  [
    'the default of the partition',
    [write('vnp', { name: 'all', selector: { allOf: [{ text: 'tenant' }] }, ingressDefault: 'DEFAULT_VERDICT_ALLOW' })],
  ],
  [
    'a partition more, of everybody',
    [
      write('vnp', {
        name: 'more',
        selector: { allOf: [{ text: 'tenant' }] },
        ingressDefault: 'DEFAULT_VERDICT_ALLOW',
      }),
    ],
  ],
]
const rows: string[][] = []
for (const [what, writes] of cases) {
  const [whole, still]: [number[], number[]] = [[], []]
  let differing = 0
  for (let round = 0; round < ROUNDS; round++) {
    stretches = []
    lastTurn = performance.now()
    let isOver = false
    const watch = (): void => {
      stretches.push(performance.now() - lastTurn)
      lastTurn = performance.now()
      if (!isOver) setImmediate(watch)
    }
    setImmediate(watch)
    const begun = performance.now()
    const request = { caller: 'bench', method: 'bench' }
    const plan = must(await planner.plan(() => ok(writes), request, { limit: 20, thorough: true }))
    whole.push(performance.now() - begun)
    isOver = true
    await new Promise((resolve) => setImmediate(resolve))
    still.push(Math.max(...stretches))
    differing = plan.verdicts.differing
  }
  rows.push([what, differing.toLocaleString('en-US'), figure(median(still)), figure(median(whole))])
}
printTable(
  `plan, milliseconds, ${INTERFACES.toLocaleString('en-US')} interfaces, ${SWITCHES} switches, ${RULES} rules`,
  'npm run bench -- plan',
  ['change', 'pairs that differ', 'longest standstill', 'whole'],
  rows,
)
process.exit(0)
