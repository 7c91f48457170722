/**
 * The compiler alone at the size of a cloud, in a process of its own that holds what a controller holds for it and nothing
 * else: records and their indices as they come from a store, where things are, and programs. Usage:
 * policy-compile-process.ts COMMAND INTERFACES SWITCHES FILE, with COMMAND one of
 *
 *     write    makes the records and the changes to them as a controller writes them, and leaves them in the file
 *     measure  compiles everything at once, then one change after the other; answers with figures and digests
 *     check    compiles some switches from nothing, from the records after all changes; answers with their digests
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Compiler } from '../controller/policy/compile.ts'
import type { EntryChangeSet } from '../controller/policy/entries.ts'
import { Intent } from '../controller/policy/intent.ts'
import type { SwitchProgram } from '../controller/policy/program.ts'
import type { NetworkState, Place } from '../controller/policy/state.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { type CloudSize, datapathOf, interfaceOf, observedOf, policyOf, TENANTS, vnpOf } from './cloud.ts'
import { clock } from './network.ts'
import type { Compilations, CompileFigures, Digests } from './policy-compile.ts'
import { benchRecords, must } from './records.ts'
import { collectGarbage, median } from './report.ts'

const TAG_CHANGES = 200
const RULE_CHANGES = 40
/** Leaves whose programs are checked, beside the spine's. */
const CHECKED = 40

const [command = '', interfaces = '', switches = '', file = ''] = process.argv.slice(2)
const size: CloudSize = { interfaces: Number(interfaces), switches: Number(switches) }

async function write(): Promise<void> {
  const out = createWriteStream(file)
  const records = benchRecords()
  const put = async (drafts: AnyDraft[]): Promise<void> => {
    for (const changeSet of await records.written(() => records.put(drafts))) {
      if (!out.write(`${JSON.stringify(changeSet)}\n`)) await once(out, 'drain')
    }
  }
  await put([
    ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('vnp', vnpOf(index)))),
    ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('policy', policyOf(index)))),
    ...Array.from({ length: size.interfaces }, (_, index) =>
      must(validateRecord('interface', interfaceOf(size, index))),
    ),
  ])
  for (const changeSet of await records.written(async () => {
    for (let index = 0; index <= size.switches; index++) await records.connect(datapathOf(index))
  }))
    out.write(`${JSON.stringify(changeSet)}\n`)
  out.write('\n')
  for (let index = 0; index < TAG_CHANGES; index++) {
    const which = Math.floor(index / 2) % size.interfaces
    const extra = index % 2 === 0 ? [`t${which % TENANTS}-role-${index % 7}`] : []
    await put([must(validateRecord('interface', interfaceOf(size, which, extra)))])
  }
  for (let index = 0; index < RULE_CHANGES; index++)
    await put([must(validateRecord('policy', policyOf(3, index % 2 === 0 ? 4 : -1)))])
  out.end()
  await once(out, 'close')
}

/** The change sets of the file, and an empty one between the records and the changes to them. */
async function* changeSets(): AsyncGenerator<EntryChangeSet | undefined> {
  for await (const line of createInterface({ input: createReadStream(file) }))
    yield line === '' ? undefined : (JSON.parse(line) as EntryChangeSet)
}

function observed({ interfaces: records }: Intent): NetworkState['observed'] {
  const places = new Map<string, Place>()
  for (const { name, attachment } of records.values())
    if (attachment.kind === 'port') places.set(name, { datapathId: attachment.datapathId, port: attachment.port })
  return observedOf(size, places)
}

function memory(): { heap: number; resident: number } {
  collectGarbage()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, resident: rss }
}

/** The same for programs with the same rows. */
function digest({ flows, meters, noFloodPorts }: SwitchProgram): string {
  const hash = createHash('sha256')
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member))
  for (const key of [...flows.keys()].sort()) {
    const { table, priority, match, instructions, cookie, unit } = flows.get(key)!
    hash.update(text([key, table, priority, match, instructions, cookie, unit]))
  }
  for (const id of [...meters.keys()].sort()) hash.update(text(meters.get(id)))
  hash.update(text([...noFloodPorts].sort()))
  return hash.digest('hex')
}

function isChecked(datapathId: string): boolean {
  const index = Number.parseInt(datapathId, 16) - 1
  return index === size.switches || index % Math.ceil(size.switches / CHECKED) === 0
}

async function measure(): Promise<CompileFigures> {
  const intent = new Intent()
  const empty = memory()
  let figures: CompileFigures | undefined
  let state: NetworkState | undefined
  const compiler = new Compiler('fabric')
  const programs = new Map<string, SwitchProgram>()
  const samples: Record<'tag' | 'rule', { took: number; rows: number }[]> = { tag: [], rule: [] }
  for await (const changeSet of changeSets()) {
    if (changeSet === undefined) {
      state = { intent, observed: observed(intent), backend: 'fabric' }
      figures = compileAll(state, compiler, programs, empty.heap)
      continue
    }
    const delta = intent.apply(changeSet)
    if (state === undefined) continue
    const start = clock()
    const now = compiler.compile(state, { intent: delta, observed: { datapaths: new Set(), places: new Set() } })
    const took = clock() - start
    const rows = [...now.values()].reduce((sum, { touched }) => sum + (touched?.flows.size ?? 0), 0)
    samples[delta.rulesChanged ? 'rule' : 'tag'].push({ took, rows })
    for (const [id, { program }] of now) programs.set(id, program)
  }
  const changed = (its: { took: number; rows: number }[]): Compilations => ({
    samples: its.map(({ took }) => took),
    rows: median(its.map(({ rows }) => rows)),
  })
  const digests: Digests = {}
  for (const [id, program] of programs) if (isChecked(id)) digests[id] = digest(program)
  return { ...figures!, tag: changed(samples.tag), rule: changed(samples.rule), digests }
}

/** Everything at once; changes are measured afterwards. */
function compileAll(
  state: NetworkState,
  compiler: Compiler,
  programs: Map<string, SwitchProgram>,
  empty: number,
): CompileFigures {
  const before = memory()
  const [begun, from] = [clock(), performance.now()]
  const compiled = compiler.compile(state, { intent: 'all', observed: 'all' })
  const [processor, wall] = [clock() - begun, performance.now() - from]
  const mostResident = process.resourceUsage().maxRSS * 1024
  const after = memory()
  for (const [id, { program }] of compiled) programs.set(id, program)
  const rows = [...programs.values()].reduce((sum, { flows }) => sum + flows.size, 0)
  const copying = clock()
  for (const { flows } of programs.values()) new Map(flows)
  const limit = clock() - copying
  return {
    interfaces: size.interfaces,
    full: { processor, wall, rows },
    limit,
    memory: {
      records: before.heap - empty,
      programs: after.heap - before.heap,
      heap: after.heap,
      resident: after.resident,
      mostResident,
    },
    tag: { samples: [], rows: 0 },
    rule: { samples: [], rows: 0 },
    digests: {},
  }
}

async function check(): Promise<Digests> {
  const intent = new Intent()
  for await (const changeSet of changeSets()) if (changeSet !== undefined) intent.apply(changeSet)
  const state: NetworkState = { intent, observed: observed(intent), backend: 'fabric' }
  const digests: Digests = {}
  for (const done of new Compiler('fabric').anew(state, isChecked))
    if (done !== undefined) digests[done.datapathId] = digest(done.program)
  return digests
}

if (command === 'write') await write()
else console.log(JSON.stringify(command === 'measure' ? await measure() : await check()))
