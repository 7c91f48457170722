/**
 * The compiler alone: a full compilation, and then one change at a time: a tag on one interface, one rule dropped from
 * the middle of a policy and put back. Rows are what a switch would be sent. The limit beside the full compilation, from
 * the same run: putting as many rows, made before, into maps, which no compiler of such rows can do without.
 * Usage: npx tsx bench/compile.ts [INTERFACES [SWITCHES [RULES]]]
 */
import { diff } from '../controller/flows/diff.ts'
import { copyProgram } from '../controller/flows/ledger.ts'
import { Compiler } from '../controller/policy/compile.ts'
import type { SwitchProgram } from '../controller/policy/program.ts'
import type { Policy } from '../model/records.ts'
import { validateRecord } from '../model/validate.ts'
import { ALL } from '../test/support/controller-parts.ts'
import { benchNetwork, clock, PER_POLICY, policy } from './network.ts'
import { must } from './records.ts'
import { figure, median, printTable, quantile } from './report.ts'

const [INTERFACES = 10_000, SWITCHES = 4, RULES = 400] = process.argv.slice(2).map(Number)
const CHANGES = 100

const { state, datapathIds, interfaceRecord, put, delta } = await benchNetwork(INTERFACES, SWITCHES, RULES)
const { intent } = state
const rows: string[][] = []

const full: number[] = []
let compiler = new Compiler('fabric')
let compiled = compiler.compile(state, ALL)
for (let round = 0; round < 3; round++) {
  compiler = new Compiler('fabric')
  globalThis.gc?.()
  const begun = clock()
  compiled = compiler.compile(state, ALL)
  full.push(clock() - begun)
}
const memory = process.memoryUsage()
const total = [...compiled.values()].reduce((sum, { program }) => sum + program.flows.size, 0)
const floor: number[] = []
for (let round = 0; round < 3; round++) {
  const begun = clock()
  for (const { program } of compiled.values()) copyProgram(program)
  floor.push(clock() - begun)
}
const limit = median(floor)
const times = (took: number): string => `${figure(took / limit)} x`
rows.push(['full compilation', total.toLocaleString('en-US'), figure(median(full)), figure(limit), times(median(full))])

const installed = new Map<string, SwitchProgram>()
for (const [datapathId, { program }] of compiled) installed.set(datapathId, copyProgram(program))

/** Compiles and compares what the last write changed, and rows that differ on the first switch. */
function step(): { ms: number; changed: number } {
  const begun = clock()
  const now = compiler.compile(state, { intent: delta(), observed: { datapaths: new Set(), places: new Set() } })
  let changed = 0
  for (const [datapathId, { program, touched }] of now) {
    const operations = diff(program, installed.get(datapathId)!, touched)
    if (datapathId === datapathIds[0]) changed = operations.length
    for (const operation of operations) {
      if (operation.what !== 'flow') continue
      if (operation.act === 'delete') installed.get(datapathId)!.flows.delete(operation.key)
      else installed.get(datapathId)!.flows.set(operation.key, operation.flow)
    }
  }
  return { ms: clock() - begun, changed }
}

async function changes(what: string, count: number, write: (index: number) => Promise<void>): Promise<void> {
  const samples: { ms: number; changed: number }[] = []
  for (let index = 0; index < count; index++) {
    await write(index)
    samples.push(step())
  }
  const ms = samples.map((sample) => sample.ms)
  const changed = figure(median(samples.map((sample) => sample.changed)))
  rows.push([`${what}, p50`, changed, figure(quantile(ms, 0.5)), '', ''])
  rows.push([`${what}, p99`, changed, figure(quantile(ms, 0.99)), '', ''])
}

await changes('one tag of one interface', CHANGES, async (index) => {
  const more = index % 2 === 0 ? `group-${(index * 7 + 3) % 100}` : undefined
  const record = interfaceRecord(Math.floor(index / 2), more)
  await put(must(validateRecord('interface', record)))
})
const middle = Math.floor(RULES / PER_POLICY / 2)
const named = (intent.policies.get(`p${String(middle).padStart(4, '0')}`) as Policy).rules.length
if (named !== PER_POLICY) throw new Error(`${named} rules`)
await changes('drop a rule of a policy or put it back', 20, async (index) => {
  await put(must(validateRecord('policy', policy(middle, index % 2 === 0 ? PER_POLICY / 2 : -1))))
})
await changes('drop the last rule of a policy or put it back', 20, async (index) => {
  await put(must(validateRecord('policy', policy(middle, index % 2 === 0 ? PER_POLICY - 1 : -1))))
})
printTable(
  `compile, milliseconds of processor time, ${INTERFACES.toLocaleString('en-US')} interfaces, ${SWITCHES} switches, ${RULES} rules; heap ${Math.round(memory.heapUsed / 2 ** 20)} MiB`,
  'npm run bench -- compile',
  ['what', 'rows', 'ours', 'rows into maps', 'ours / limit'],
  rows,
)
process.exit(0)
