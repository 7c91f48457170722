/** Pairs of neighbouring states for property tests: records of one network, and the same after a few other records. */
import fc from 'fast-check'
import type { AnyRecord } from '../../model/records.ts'
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
