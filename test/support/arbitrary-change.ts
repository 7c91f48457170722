/** Pairs of neighbouring states for property tests: records of one network, and the same after a few other records. */
import fc from 'fast-check'
import type { AnyRecord, Rule } from '../../model/records.ts'
import { type ArbitraryRecords, arbitraryRecords } from './arbitrary-state.ts'

export interface ArbitraryChange {
  before: ArbitraryRecords
  after: ArbitraryRecords
}

type Edit = { at: number; what: 'drop' | 'replace' | 'later' }

const nameOf = ({ kind, name }: AnyRecord): string => `${kind}/${name}`

/** Some records dropped, replaced by those of another network with the same name, or only there afterwards. */
export const arbitraryChange: fc.Arbitrary<ArbitraryChange> = fc
  .tuple(
    arbitraryRecords,
    arbitraryRecords,
    fc.array(fc.record({ at: fc.nat(), what: fc.constantFrom<Edit['what']>('drop', 'replace', 'replace', 'later') }), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([one, other, edits]) => {
    const all = new Map([...other.records, ...one.records].map((record) => [nameOf(record), record]))
    const fresh = new Map(other.records.map((record) => [nameOf(record), record]))
    const before = new Map(one.records.map((record) => [nameOf(record), record]))
    const after = new Map(before)
    const names = [...all.keys()]
    for (const { at, what } of edits) {
      const name = names[at % names.length]!
      if (what === 'drop') after.delete(name)
      else if (what === 'replace') after.set(name, fresh.get(name) ?? all.get(name)!)
      else {
        before.delete(name)
        after.set(name, all.get(name)!)
      }
    }
    const datapathIds = one.datapathIds.length > other.datapathIds.length ? one.datapathIds : other.datapathIds
    const sorted = (records: ReadonlyMap<string, AnyRecord>): ArbitraryRecords => ({
      records: [...records.values()],
      datapathIds,
    })
    return { before: sorted(before), after: sorted(after) }
  })

/** Changes of any kind, and as often those that turn rules which cut against what they allowed. */
export const cuttingChange: fc.Arbitrary<ArbitraryChange> = fc
  .tuple(arbitraryChange, fc.boolean(), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }))
  .map(([change, turns, turned]) => {
    if (!turns) return change
    let at = 0
    const { records, datapathIds } = change.before
    const rulesAs = (change: (rule: Rule) => Rule): AnyRecord[] =>
      records.map((record) => (record.kind === 'policy' ? { ...record, rules: record.rules.map(change) } : record))
    const cuts = (rule: Rule): Rule => (rule.action === 'allow' ? { ...rule, established: 'cut' } : rule)
    const denies = (rule: Rule): Rule => {
      if (rule.action !== 'allow' || turned[at++ % turned.length]) return cuts(rule)
      const { established: _, ...its } = rule
      return { ...its, action: 'deny' }
    }
    return { before: { records: rulesAs(cuts), datapathIds }, after: { records: rulesAs(denies), datapathIds } }
  })
