/** Records for benches: in memory, written as a controller writes them, and the intent that follows. */
import type { EntryChangeSet } from '../controller/policy/entries.ts'
import { Intent, type IntentDelta } from '../controller/policy/intent.ts'
import { createWriter } from '../controller/write.ts'
import type { Result } from '../model/errors.ts'
import type { AnyDraft } from '../model/validate.ts'
import { openMemoryStore } from '../store/memory.ts'

const PER_WRITE = 5000

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

export interface BenchRecords {
  intent: Intent
  /** Writes them as they are here, however many, or creates them. */
  put(drafts: readonly AnyDraft[]): Promise<void>
  /** What the last write changed. */
  delta(): IntentDelta
  /** What the store says changed while something is done. */
  written(act: () => Promise<void>): Promise<EntryChangeSet[]>
  /** As when the switch connects. */
  connect(datapathId: string): Promise<void>
}

export function benchRecords(): BenchRecords {
  const store = openMemoryStore()
  const writer = createWriter(store, Date.now)
  const intent = new Intent()
  let delta = intent.apply({ revision: 0, changes: [] })
  let noted: EntryChangeSet[] | undefined
  store.watch(0).subscribe((changeSet) => {
    noted?.push(changeSet)
    delta = intent.apply(changeSet)
  })
  return {
    intent,
    async put(drafts) {
      for (let at = 0; at < drafts.length; at += PER_WRITE) {
        const decide = (newest: Intent) => ({
          ok: true as const,
          value: drafts.slice(at, at + PER_WRITE).map((record) => ({
            op: 'update' as const,
            record,
            etag: '',
            allowMissing: newest.record(record.kind, record.name) === undefined,
          })),
        })
        must(await writer.write(decide, { caller: 'bench', method: 'bench' }))
      }
    },
    delta: () => delta,
    async written(act) {
      const its: EntryChangeSet[] = []
      noted = its
      await act()
      noted = undefined
      return its
    },
    async connect(datapathId) {
      must(await writer.assignNumbers(datapathId))
    },
  }
}
