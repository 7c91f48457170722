/**
 * Policy at the size of a cloud of 1,000 switches, 1,000 policies and 10,000 tags, at three numbers of interfaces, so that
 * growth shows: a cached lookup, and one that is not cached; a full compilation, and that of one tag and of one rule; and
 * the whole controller with 1,001 switches connected, from the RPC to "applied" on all of them, with its memory
 * (policy-applied.ts). Beside each is what it cannot go below, from the same run, and the target that it is held to.
 * Processor time is steadier than the clock on a machine that does other things too; each column says which it is.
 * Usage: npx tsx bench/policy.ts [INTERFACES...] [lookup|compile|applied...] [profile=FILE] [switches=N]
 */
import { PolicyLookup } from '../controller/policy/lookup.ts'
import type { Tag } from '../model/tag.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { type CloudSize, datapathOf, interfaceOf, policyOf, TENANTS, vnpOf } from './cloud.ts'
import { clock } from './network.ts'
import { type AppliedFigures, measureApplied, type Timed } from './policy-applied.ts'
import { type CompileFigures, HEAP_LIMIT, measureCompile } from './policy-compile.ts'
import { type BenchRecords, benchRecords, must } from './records.ts'
import { figure, median, printTable, quantile } from './report.ts'

const PARTS = ['lookup', 'compile', 'applied']
const words = process.argv.slice(2)
const sizes = words.filter((word) => /^\d+$/.test(word)).map(Number)
const SIZES = sizes.length > 0 ? sizes : [1000, 10_000, 100_000]
const chosen = words.filter((word) => PARTS.includes(word))
const does = (part: string): boolean => chosen.length === 0 || chosen.includes(part)
const setting = (name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
const SWITCHES = Number(setting('switches') ?? 1000)

const COMMAND = `npm run bench -- policy${words.map((word) => ` ${word}`).join('')}`

const lookups: string[][] = []
const compilations: string[][] = []
const everything: string[][] = []
const changes: string[][] = []
const growth: string[][] = []

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

const many = (count: number): string => count.toLocaleString('en-US')
const mib = (octets: number): string => figure(octets / 2 ** 20)
const times = (ours: number, limit: number): string => `${figure(ours / limit)} x`

function measureLookups(interfaces: number, { intent }: BenchRecords): void {
  const row = (what: string, ours: number, limit: number, target: string): void => {
    lookups.push([many(interfaces), what, figure(ours), target, figure(limit), times(ours, limit)])
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
  const ofTags = nanoseconds((index) => lookup.merged.forTags(asked[index % asked.length]!))
  row('merged policy of 8 tags, cached, ns', ofTags, floor, '1,000')
  const packets = asked.map((_, index) => ({
    from: `i${index}`,
    to: `i${(index + 1) % interfaces}`,
    protocol: 6,
    port: 1000,
  }))
  const ofPacket = nanoseconds((index) => lookup.getPolicyForTraffic(packets[index % packets.length]!))
  row('verdict for a packet, cached, ns', ofPacket, floor, '1,000')
  const cold = nanoseconds((index) => {
    lookup.merged.forget()
    return lookup.merged.forTags(asked[index % asked.length]!)
  }, 500)
  row('merged policy, not cached, ns', cold, floor, '')
}

function tellCompile({ interfaces, full, limit, tag, rule, memory }: CompileFigures): void {
  const row = (what: string, p50: number, p99: number, rows: number): void => {
    compilations.push([many(interfaces), what, figure(p50), figure(p99), many(rows)])
  }
  row(`all ${many(SWITCHES + 1)} switches`, full.processor, full.processor, full.rows)
  row('the same rows put into maps', limit, limit, full.rows)
  for (const [what, { samples, rows }] of [
    ['one tag of one interface', tag],
    ['one rule dropped, or put back', rule],
  ] as const)
    row(what, quantile(samples, 0.5), quantile(samples, 0.99), rows)
  everything.push([
    many(interfaces),
    many(full.rows),
    figure(full.processor / 1000),
    figure(full.wall / 1000),
    figure(full.processor / interfaces),
    mib(memory.records),
    mib(memory.programs),
    mib(memory.heap),
    mib(memory.resident),
    mib(memory.mostResident),
    figure(memory.heap / interfaces),
  ])
}

function tellApplied({ interfaces, tag, rule, start, flowMods, idle, memory }: AppliedFigures): void {
  const row = (what: string, { samples, processor, limit }: Timed, target: string): void => {
    const [p50, p99] = [quantile(samples, 0.5), quantile(samples, 0.99)]
    const cells = [figure(p50), figure(p99), target, figure(limit), times(p50, limit), figure(processor)]
    changes.push([many(interfaces), what, ...cells])
  }
  row('one tag of one interface', tag, '10 / 30')
  row('one rule dropped, or put back', rule, '')
  const started = [figure(start.wall), '', '', '', '', figure(start.processor)]
  changes.push([many(interfaces), `all switches, from nothing (${many(flowMods)} flow-mods)`, ...started])
  growth.push([
    many(interfaces),
    figure(tag.processor),
    figure(rule.processor),
    mib(memory.heap),
    mib(memory.resident),
    mib(memory.mostResident),
    `${figure(memory.heap / 1024 / interfaces)}`,
    `${figure(100 * idle)} %`,
  ])
}

async function measure(interfaces: number): Promise<void> {
  const size: CloudSize = { interfaces, switches: SWITCHES }
  if (does('lookup')) {
    const records = benchRecords()
    const drafts: AnyDraft[] = [
      ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('vnp', vnpOf(index)))),
      ...Array.from({ length: TENANTS }, (_, index) => must(validateRecord('policy', policyOf(index)))),
      ...Array.from({ length: interfaces }, (_, index) => must(validateRecord('interface', interfaceOf(size, index)))),
    ]
    await records.put(drafts)
    for (let index = 0; index <= size.switches; index++) await records.connect(datapathOf(index))
    measureLookups(interfaces, records)
  }
  if (does('compile')) tellCompile(await measureCompile(size, setting('profile')))
  if (does('applied')) tellApplied(await measureApplied(size, setting('profile')))
}

for (const size of SIZES) await measure(size)
if (does('lookup'))
  printTable(
    'policy lookups, processor time',
    COMMAND,
    ['interfaces', 'what', 'ours', 'target', 'a Map by a text made before', 'ours / limit'],
    lookups,
  )
if (does('compile')) {
  printTable(
    'compilation, milliseconds of processor time',
    COMMAND,
    ['interfaces', 'what', 'p50', 'p99', 'rows'],
    compilations,
  )
  printTable(
    `compilation of everything, in a process of its own with a heap of at most ${many(HEAP_LIMIT)} MiB; seconds and MiB.
Records, their indices and where things are; programs and what the compiler keeps; after garbage was collected.
Gate at 100,000 interfaces: 10 s and 2,048 MiB. Aim: 4 s and 1,024 MiB. Peer: Antrea, 100,000 pods, 6 s and 1.6 GB (its own
test; it computes who may talk to whom, and leaves rows to its agents)`,
    COMMAND,
    [
      ...['interfaces', 'rows', 'processor', 'clock', 'ms / interface', 'records', 'programs'],
      ...['heap', 'resident', 'at most', 'octets / interface'],
    ],
    everything,
  )
}
if (does('applied')) {
  printTable(
    `${many(SWITCHES + 1)} switches over sockets, milliseconds on the clock from the call to "applied" on all of them;
limit: two RPCs, one fdatasync, one OpenFlow round trip; last, of processor time of the controller`,
    COMMAND,
    ['interfaces', 'what', 'p50', 'p99', 'target', 'limit', 'p50 / limit', 'processor'],
    changes,
  )
  printTable(
    'growth: milliseconds of processor time of a change, MiB of the controller once all are served, and KiB of heap each',
    COMMAND,
    ['interfaces', 'tag', 'rule', 'heap', 'resident', 'at most', 'heap / interface', 'busy when idle'],
    growth,
  )
}
process.exit(0)
