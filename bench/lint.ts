/**
 * Conflicts of rules: a look at everything, and then one written policy at a time. The limit beside the whole look, from
 * the same run: sorting the rules into the order in which they are consulted, which nobody who says what comes first can
 * do without. Milliseconds of processor time.
 * Usage: npx tsx bench/lint.ts [POLICIES [PARTITIONS [INTERFACES]]]
 */
import { ConflictCheck } from '../controller/policy/conflict-check.ts'
import { lintNow } from '../controller/policy/conflicts/lint.ts'
import { Population } from '../controller/policy/conflicts/population.ts'
import { RuleIndex } from '../controller/policy/conflicts/rules.ts'
import { Analysis } from '../controller/policy/conflicts.ts'
import { orderRules } from '../controller/policy/order.ts'
import { propose, type Write } from '../controller/policy/propose.ts'
import { createWriter } from '../controller/write.ts'
import { ok } from '../model/errors.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { openMemoryStore } from '../store/memory.ts'
import { must } from './records.ts'
import { median, printTable } from './report.ts'

const [POLICIES = 1000, PARTITIONS = 10, INTERFACES = 1000] = process.argv.slice(2).map(Number)
const PER_POLICY = 10
const GROUPS = 100
const CHANGES = 50

function clock(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
function timed<T>(work: () => T): [ms: number, result: T] {
  const since = clock()
  const result = work()
  return [clock() - since, result]
}

function policy(index: number, shift = 0): AnyDraft {
  const rules = Array.from({ length: PER_POLICY }, (_, at) => {
    const port = 1000 + ((index * PER_POLICY + at + shift) % 50_000)
    return {
      direction: at % 3 === 0 ? 'DIRECTION_EGRESS' : 'DIRECTION_INGRESS',
      peer: at % 2 === 0 ? { tags: { allOf: [{ text: `g${(index + at) % GROUPS}` }] } } : { any: {} },
      protocols: ['tcp'],
      ports: [at % 5 === 0 ? `${port}-${port + 3}` : String(port)],
      action: at === 7 ? 'ACTION_DENY' : 'ACTION_ALLOW',
    }
  })
  const appliesTo = { allOf: [{ text: `g${index % GROUPS}` }] }
  return must(validateRecord('policy', { name: `p${index}`, vnp: `v${index % PARTITIONS}`, appliesTo, rules }))
}

const drafts: AnyDraft[] = [
  ...Array.from({ length: PARTITIONS }, (_, index) =>
    must(validateRecord('vnp', { name: `v${index}`, selector: { allOf: [{ text: `t${index}` }] } })),
  ),
  ...Array.from({ length: POLICIES }, (_, index) => policy(index)),
  ...Array.from({ length: INTERFACES }, (_, index) => {
    const hex = (index + 1).toString(16).padStart(6, '0').match(/../g)!.join(':')
    const tags = [{ text: `t${index % PARTITIONS}` }, { text: `g${Math.floor(index / PARTITIONS) % GROUPS}` }]
    return must(validateRecord('interface', { name: `i${index}`, mac: `02:00:5e:${hex}`, tags }))
  }),
]
const store = openMemoryStore()
const writer = createWriter(store, Date.now)
const by = { caller: 'bench', method: 'bench', unchecked: true }
for (let at = 0; at < drafts.length; at += 5000) {
  const writes = drafts.slice(at, at + 5000).map((record): Write => ({ op: 'create', record }))
  must(await writer.write(() => ok(writes), by))
}
const intent = writer.newest
const [order] = timed(() => orderRules(intent))
const look = (all: boolean) =>
  timed(() => {
    const index = new RuleIndex()
    index.update(intent.vnps, intent.policies)
    const analysis = new Analysis(index, () => new Population(intent, index.tags))
    return lintNow(index, analysis, { all, limit: 10_000 })
  })
const [warnings, found] = look(false)
const [everything, allFound] = look(true)
const check = new ConflictCheck(intent)
check.changed({ changes: [...intent.policies.keys()].map((name) => ({ key: `policy/${name}` })) })
check.changed({ changes: [...intent.vnps.keys()].map((name) => ({ key: `vnp/${name}` })) })
const [prepared] = timed(() => check.prepare(Number.POSITIVE_INFINITY))
const checks = Array.from({ length: CHANGES }, (_, index) => {
  const write: Write = { op: 'update', record: policy(index * 7, 1) }
  const { outcomes } = must(propose(intent, [write], { caller: 'bench', method: 'bench', now: 0 }))
  return timed(() => check.check(outcomes))[0]
})
printTable(
  `conflicts of ${found.rules} rules`,
  `npm run bench -- lint ${POLICIES} ${PARTITIONS} ${INTERFACES}`,
  ['what', 'ms', 'findings'],
  [
    ['sort the rules (limit)', order.toFixed(1), ''],
    ['all warnings', warnings.toFixed(0), String(found.findings.length + found.omitted)],
    ['information too', everything.toFixed(0), String(allFound.findings.length + allFound.omitted)],
    ['prepare for writes, once', prepared.toFixed(0), ''],
    ['one written policy, median', median(checks).toFixed(2), ''],
  ],
)
writer.stop()
await store.close()
