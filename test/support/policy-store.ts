/** The least a store can be: a map with revisions that applies proposed transactions and keeps an intent equal to it. */
import { expect } from 'chai'
import type { EntryChange, ProposedTransaction, StoredEntry } from '../../controller/policy/entries.ts'
import { Intent, type IntentDelta } from '../../controller/policy/intent.ts'
import { type Proposal, propose, type Write, type WriteContext } from '../../controller/policy/propose.ts'
import type { Result } from '../../model/errors.ts'
import type { AnyRecord, RecordKind } from '../../model/records.ts'
import type { AnyDraft } from '../../model/validate.ts'

export class PolicyStore {
  readonly entries = new Map<string, StoredEntry>()
  readonly intent = new Intent()
  revision = 0
  now = 1_000_000
  quarantineMs = 1000
  spaces: WriteContext['spaces']
  lastDelta: IntentDelta | undefined

  get context(): WriteContext {
    const { now, quarantineMs, spaces } = this
    return { caller: 'tester', method: 'Test', now, quarantineMs, ...(spaces === undefined ? {} : { spaces }) }
  }

  /** What a controller that starts anew finds: the same entries, and an intent that was built from them alone. */
  reopened(): PolicyStore {
    const again = new PolicyStore()
    for (const [key, entry] of this.entries) again.entries.set(key, entry)
    again.revision = this.revision
    again.now = this.now
    again.quarantineMs = this.quarantineMs
    again.intent.apply({
      revision: this.revision,
      changes: [...this.entries.values()].map((after) => ({ key: after.key, after })),
    })
    return again
  }

  /** Proposes and, where that succeeds, commits. */
  write(...writes: Write[]): Result<Proposal> {
    const result = propose(this.intent, writes, this.context)
    if (result.ok && result.value.transaction !== undefined) this.commit(result.value.transaction)
    return result
  }

  /** As write, for writes that must succeed. */
  must(...writes: Write[]): Proposal {
    const result = this.write(...writes)
    if (!result.ok) throw new Error(JSON.stringify(result.failure))
    return result.value
  }

  commit({ expect: expected, puts, deletes }: ProposedTransaction): void {
    for (const { key, modRevision } of expected)
      expect(this.entries.get(key)?.modRevision ?? 0, key).to.equal(modRevision)
    const keys = [...puts.map(({ key }) => key), ...deletes]
    expect(new Set(keys).size, 'each key once').to.equal(keys.length)
    this.revision++
    const changes: EntryChange[] = []
    for (const { key, value } of puts) {
      const after = { key, value: structuredClone(value), modRevision: this.revision }
      this.entries.set(key, after)
      changes.push({ key, after })
    }
    for (const key of deletes) {
      this.entries.delete(key)
      changes.push({ key })
    }
    this.lastDelta = this.intent.apply({ revision: this.revision, changes })
  }
}

/** The part of a record that a writer says. */
export function draftOf(record: AnyRecord): AnyDraft {
  const { number: _number, createTime: _createTime, updateTime: _updateTime, updatedBy: _updatedBy, ...draft } = record
  return draft
}

export const create = (record: AnyRecord): Write => ({ op: 'create', record: draftOf(record) })
export const remove = (kind: RecordKind, name: string): Write => ({ op: 'delete', kind, name })
