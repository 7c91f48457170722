/**
 * The compiler alone, at the size of a cloud: everything at once, one tag, one rule, and what the programs take in
 * memory; what was compiled step by step is compared with a compilation of everything. Used by policy.ts.
 */
import { diff } from '../controller/flows/diff.ts'
import { Compiler } from '../controller/policy/compile.ts'
import type { Intent } from '../controller/policy/intent.ts'
import type { SwitchProgram } from '../controller/policy/program.ts'
import type { NetworkState } from '../controller/policy/state.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { type CloudSize, interfaceOf, observedOf, policyOf, TENANTS } from './cloud.ts'
import { clock } from './network.ts'
import { type BenchRecords, must } from './records.ts'
import { collectGarbage, median } from './report.ts'

const TAG_CHANGES = 200
const RULE_CHANGES = 40

/** Of changes: milliseconds of processor time of each, and the rows that one changes on all switches together. */
export interface Compilations {
  samples: number[]
  rows: number
}

export interface CompileFigures {
  interfaces: number
  /** Everything: milliseconds of processor time and on the clock, and rows of all switches. */
  full: { processor: number; wall: number; rows: number }
  /** Milliseconds of processor time that putting as many rows into maps takes. */
  limit: number
  tag: Compilations
  rule: Compilations
  /** Octets of all programs, and of the records and their indices. */
  memory: { programs: number; intent: number }
}

export async function measureCompile(
  size: CloudSize,
  { intent, put, delta }: BenchRecords,
  places: Map<string, { datapathId: string; port: number }>,
  intentOctets: number,
): Promise<CompileFigures> {
  const state: NetworkState & { intent: Intent } = { intent, observed: observedOf(size, places), backend: 'fabric' }
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const compiler = new Compiler('fabric')
  const [begun, from] = [clock(), performance.now()]
  const compiled = compiler.compile(state, { intent: 'all', observed: 'all' })
  const [processor, wall] = [clock() - begun, performance.now() - from]
  collectGarbage()
  const octets = process.memoryUsage().heapUsed - before
  const programs = new Map<string, SwitchProgram>([...compiled].map(([id, { program }]) => [id, program]))
  const rows = [...programs.values()].reduce((sum, { flows }) => sum + flows.size, 0)
  const copying = clock()
  const copies = [...programs.values()].map(({ flows }) => new Map(flows))
  const limit = clock() - copying
  copies.length = 0

  async function changes(count: number, write: (index: number) => AnyDraft): Promise<Compilations> {
    const samples: number[] = []
    const changed: number[] = []
    for (let index = 0; index < count; index++) {
      await put([write(index)])
      const start = clock()
      const now = compiler.compile(state, { intent: delta(), observed: { datapaths: new Set(), places: new Set() } })
      samples.push(clock() - start)
      changed.push([...now.values()].reduce((sum, { touched }) => sum + (touched?.flows.size ?? 0), 0))
      for (const [id, { program }] of now) programs.set(id, program)
    }
    return { samples, rows: median(changed) }
  }
  const tag = await changes(TAG_CHANGES, (index) => {
    const which = Math.floor(index / 2) % size.interfaces
    const extra = index % 2 === 0 ? [`t${which % TENANTS}-role-${index % 7}`] : []
    return must(validateRecord('interface', interfaceOf(size, which, extra)))
  })
  const rule = await changes(RULE_CHANGES, (index) =>
    must(validateRecord('policy', policyOf(3, index % 2 === 0 ? 4 : -1))),
  )
  const differences = [...new Compiler('fabric').compile(state, { intent: 'all', observed: 'all' })].reduce(
    (sum, [id, { program }]) => sum + diff(program, programs.get(id)!).length,
    0,
  )
  if (differences > 0) throw new Error(`${differences} rows differ from a compilation of everything`)
  const memory = { programs: octets, intent: intentOctets }
  return { interfaces: size.interfaces, full: { processor, wall, rows }, limit, tag, rule, memory }
}
