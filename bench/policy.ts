/**
 * Policy at the size of a cloud: what a cached lookup costs, and one that is not cached; a full compilation; the
 * compilation of one tag change and of one rule; and memory, at three sizes, so that growth shows. Beside them from the
 * same run: a lookup in a Map by the same tags as a text made before, and putting as many rows into maps. Nothing is sent
 * anywhere: `npm run bench -- tagchange` has the way to a switch and back. Usage: npx tsx bench/policy.ts [INTERFACES...]
 */
import { diff } from '../controller/flows/diff.ts'
import { Compiler } from '../controller/policy/compile.ts'
import { PolicyLookup } from '../controller/policy/lookup.ts'
import type { SwitchProgram } from '../controller/policy/program.ts'
import type { NetworkState } from '../controller/policy/state.ts'
import type { Tag } from '../model/tag.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { type CloudSize, datapathOf, interfaceOf, observedOf, policyOf, TENANTS, vnpOf } from './cloud.ts'
import { clock } from './network.ts'
import { benchRecords, must } from './records.ts'
import { figure, median, printTable, quantile } from './report.ts'

const sizes = process.argv.slice(2).map(Number)
const SIZES = sizes.length > 0 ? sizes : [1000, 10_000, 100_000]
const SWITCHES = 1000
const CHANGES = 200

const COMMAND = 'npm run bench -- policy'

/** Nanoseconds of one call: the median of several slices. */
function nanoseconds(act: (index: number) => unknown, slice = 20_000): number {
  const samples: number[] = []
  for (let round = 0; round < 15; round++) {
    const begun = clock()
    for (let index = 0; index < slice; index++) act(index)
    samples.push(((clock() - begun) * 1e6) / slice)
  }
  return median(samples.slice(5))
}

const lookups: string[][] = []
const compilations: string[][] = []

async function measure(interfaces: number): Promise<void> {
  const size: CloudSize = { interfaces, switches: SWITCHES }
  const { intent, put, delta, connect } = benchRecords()
  const drafts: AnyDraft[] = [
    ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('vnp', vnpOf(index)))),
    ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('policy', policyOf(index)))),
    ...Array.from({ length: interfaces }, (_, index) => must(validateRecord('interface', interfaceOf(size, index)))),
  ]
  await put(drafts)
  const places = new Map<string, { datapathId: string; port: number }>()
  for (const { name, attachment } of intent.interfaces.values())
    if (attachment.kind === 'port') places.set(name, { datapathId: attachment.datapathId, port: attachment.port })
  for (let index = 0; index <= size.switches; index++) await connect(datapathOf(index))

  const row = (what: string, ours: number, limit: number): void => {
    lookups.push([interfaces.toLocaleString('en-US'), what, figure(ours), figure(limit), `${figure(ours / limit)} x`])
  }
  const lookup = new PolicyLookup(intent)
  const eight = (index: number): Tag[] => [
    ...intent.interfaces.get(`i${index % interfaces}`)!.tags,
    ...Array.from({ length: 5 }, (_, more) => `"extra-${more}"` as Tag),
  ]
  const asked = Array.from({ length: Math.min(interfaces, 5000) }, (_, index) => eight(index))
  const texts = new Map(asked.map((tags) => [tags.join(), tags]))
  const keys = [...texts.keys()]
  const floor = nanoseconds((index) => texts.get(keys[index % keys.length]!))
  row(
    'merged policy of 8 tags, cached, ns',
    nanoseconds((index) => lookup.merged.forTags(asked[index % asked.length]!)),
    floor,
  )
  const packets = asked.map((_, index) => ({
    from: `i${index}`,
    to: `i${(index + 1) % interfaces}`,
    protocol: 6,
    port: 1000,
  }))
  row(
    'verdict for a packet, cached, ns',
    nanoseconds((index) => lookup.getPolicyForTraffic(packets[index % packets.length]!)),
    floor,
  )
  row(
    'merged policy, not cached, ns',
    nanoseconds((index) => {
      lookup.merged.forget()
      return lookup.merged.forTags(asked[index % asked.length]!)
    }, 500),
    floor,
  )

  const observed = observedOf(size, places)
  const state: NetworkState = { intent, observed, backend: 'fabric' }
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const compiler = new Compiler('fabric')
  const begun = clock()
  const compiled = compiler.compile(state, { intent: 'all', observed: 'all' })
  const full = clock() - begun
  globalThis.gc?.()
  const after = process.memoryUsage()
  const programs = new Map<string, SwitchProgram>([...compiled].map(([id, { program }]) => [id, program]))
  const rows = [...programs.values()].reduce((sum, { flows }) => sum + flows.size, 0)
  const copied = clock()
  const copies = [...programs.values()].map(({ flows }) => new Map(flows))
  const limit = clock() - copied
  copies.length = 0
  const told = (what: string, p50: number, p99: number, its: number): void => {
    compilations.push([interfaces.toLocaleString('en-US'), what, figure(p50), figure(p99), its.toLocaleString('en-US')])
  }
  told(`all ${size.switches + 1} switches (rows into maps: ${figure(limit)} ms)`, full, full, rows)

  async function changes(what: string, count: number, write: (index: number) => AnyDraft): Promise<void> {
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
    told(what, quantile(samples, 0.5), quantile(samples, 0.99), median(changed))
  }
  await changes('one tag of one interface', CHANGES, (index) =>
    must(
      validateRecord(
        'interface',
        interfaceOf(
          size,
          Math.floor(index / 2) % interfaces,
          index % 2 === 0 ? [`t${Math.floor(index / 2) % TENANTS}-role-${index % 7}`] : [],
        ),
      ),
    ),
  )
  await changes('one rule dropped, or put back', 20, (index) =>
    must(validateRecord('policy', policyOf(3, index % 2 === 0 ? 4 : -1))),
  )
  const differences = [...new Compiler('fabric').compile(state, { intent: 'all', observed: 'all' })].reduce(
    (sum, [id, { program }]) => sum + diff(program, programs.get(id)!).length,
    0,
  )
  if (differences > 0) throw new Error(`${differences} rows differ from a compilation of everything`)
  const mib = (octets: number): string => `${figure(octets / 2 ** 20)} MiB`
  compilations.push([
    interfaces.toLocaleString('en-US'),
    'memory',
    `${mib(after.heapUsed - before)} programs`,
    `${mib(after.rss)} resident`,
    '',
  ])
}

for (const size of SIZES) await measure(size)
printTable(
  'policy lookups, processor time',
  COMMAND,
  ['interfaces', 'what', 'ours', 'a Map by a text made before', 'ours / limit'],
  lookups,
)
printTable(
  'compilation, milliseconds of processor time',
  COMMAND,
  ['interfaces', 'what', 'p50', 'p99', 'rows'],
  compilations,
)
process.exit(0)
