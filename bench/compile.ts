/**
 * The compiler alone: a full compilation, and then one change at a time: a tag on one interface, one rule dropped from
 * the middle of a policy and put back. Rows are what a switch would be sent. The limit beside the full compilation, from
 * the same run: putting as many rows, made before, into maps, which no compiler of such rows can do without.
 * Usage: npx tsx bench/compile.ts [INTERFACES [SWITCHES [RULES]]]
 */
import { diff } from '../controller/flows/diff.ts'
import { copyProgram } from '../controller/flows/ledger.ts'
import { Compiler } from '../controller/policy/compile.ts'
import { Intent } from '../controller/policy/intent.ts'
import type { SwitchProgram } from '../controller/policy/program.ts'
import type { DatapathView, NetworkState, ObservedView } from '../controller/policy/state.ts'
import { createWriter } from '../controller/write.ts'
import type { Result } from '../model/errors.ts'
import type { Policy } from '../model/records.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { openMemoryStore } from '../store/memory.ts'
import { figure, median, printTable, quantile } from './report.ts'

const [INTERFACES = 10_000, SWITCHES = 4, RULES = 400] = process.argv.slice(2).map(Number)
const GROUPS = 100
const PER_POLICY = 20
const CHANGES = 100

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}
/** Milliseconds of processor time of this process: on a machine that others use, what work costs; collection included. */
function clock(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const datapathIds = Array.from({ length: SWITCHES }, (_, index) => (index + 1).toString(16).padStart(16, '0'))
const vnp = { name: 'all', selector: { allOf: [{ text: 'tenant' }] } }

function policy(index: number, without = -1): object {
  const rules = Array.from({ length: PER_POLICY }, (_, at) => ({
    direction: 'DIRECTION_INGRESS',
    peer: {
      tags: { anyOf: Array.from({ length: 40 }, (_, more) => ({ text: `group-${(index + at + more) % GROUPS}` })) },
    },
    protocols: ['tcp'],
    ports: [String(1000 + index * PER_POLICY + at)],
    action: 'ACTION_ALLOW',
  })).filter((_, at) => at !== without)
  const group = { text: `group-${index % GROUPS}` }
  return { name: `p${String(index).padStart(4, '0')}`, vnp: 'all', appliesTo: { allOf: [group] }, rules }
}

function interfaceRecord(index: number): object {
  const hex = (index + 1).toString(16).padStart(6, '0')
  const datapathId = datapathIds[index % SWITCHES]
  return {
    name: `i${index}`,
    tags: [{ text: 'tenant' }, { text: `group-${index % GROUPS}` }],
    mac: `02:00:5e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    addresses: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
    attachment: { port: { datapathId, port: Math.floor(index / SWITCHES) + 100 } },
  }
}

const store = openMemoryStore()
const writer = createWriter(store, Date.now)
const intent = new Intent()
let delta = intent.apply({ revision: 0, changes: [] })
store.watch(0).subscribe((changeSet) => {
  delta = intent.apply(changeSet)
})
const by = { caller: 'bench', method: 'bench' }
const put = async (...drafts: AnyDraft[]): Promise<void> => {
  const decide = (newest: Intent) => ({
    ok: true as const,
    value: drafts.map((record) => ({
      op: 'update' as const,
      record,
      etag: '',
      allowMissing: newest.record(record.kind, record.name) === undefined,
    })),
  })
  must(await writer.write(decide, by))
}
for (const datapathId of datapathIds) must(await writer.assignNumbers(datapathId))
await put(must(validateRecord('vnp', vnp)))
for (let index = 0; index < RULES / PER_POLICY; index++) await put(must(validateRecord('policy', policy(index))))
const drafts = Array.from({ length: INTERFACES }, (_, index) =>
  must(validateRecord('interface', interfaceRecord(index))),
)
for (let at = 0; at < INTERFACES; at += 5000) await put(...drafts.slice(at, at + 5000))
for (const datapathId of datapathIds) must(await writer.assignNumbers(datapathId))

const datapaths = new Map<string, DatapathView>()
for (const [number, datapathId] of datapathIds.entries()) {
  const ports = new Map<number, { port: number; name: string; up: boolean }>()
  const nextHops = new Map<string, number>()
  for (const [other, its] of datapathIds.entries()) if (other !== number) nextHops.set(its, other + 1)
  for (const port of nextHops.values()) ports.set(port, { port, name: `f${port}`, up: true })
  const fabricPorts = new Set(nextHops.values())
  for (let at = number; at < INTERFACES; at += SWITCHES) {
    const port = Math.floor(at / SWITCHES) + 100
    ports.set(port, { port, name: `p${port}`, up: true })
  }
  datapaths.set(datapathId, {
    datapathId,
    ports,
    fabricPorts,
    uplinkPorts: new Set(),
    nextHops,
    floodPorts: fabricPorts,
  })
}
const places = new Map<string, { datapathId: string; port: number }>()
for (const { name, attachment } of intent.interfaces.values()) {
  if (attachment.kind === 'port') places.set(name, { datapathId: attachment.datapathId, port: attachment.port })
}
const observed: ObservedView = { datapaths, places }
const state: NetworkState = { intent, observed, backend: 'fabric' }
const rows: string[][] = []

const full: number[] = []
let compiler = new Compiler('fabric')
let compiled = compiler.compile(state, { intent: 'all', observed: 'all' })
for (let round = 0; round < 3; round++) {
  compiler = new Compiler('fabric')
  globalThis.gc?.()
  const begun = clock()
  compiled = compiler.compile(state, { intent: 'all', observed: 'all' })
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
  const now = compiler.compile(state, { intent: delta, observed: { datapaths: new Set(), places: new Set() } })
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
  const record = interfaceRecord(Math.floor(index / 2)) as { tags: object[] }
  if (index % 2 === 0) record.tags.push({ text: `group-${(index * 7 + 3) % GROUPS}` })
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
