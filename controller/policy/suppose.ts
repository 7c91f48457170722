/**
 * A transaction as if it had been committed: the change set that the watch would bring, and the one that takes it back.
 * Both are made from an intent alone, so that whoever asks "what if" needs no store. It refuses to apply them; whoever
 * does (plan/suppose.ts) must apply both in one synchronous step, or others would see what was never written.
 */
import { PREFIX, RECORD_KINDS } from '../../model/records.ts'
import type { EntryChange, EntryChangeSet, ProposedTransaction, StoredEntry } from './entries.ts'
import type { Intent } from './intent.ts'

export interface Supposition {
  /** Leads to the state after the transaction, one generation on. */
  forward: EntryChangeSet
  /** Leads back: the same values as before, by reference, and the same revisions. */
  inverse: EntryChangeSet
}

export function supposition(
  intent: Intent,
  { puts, deletes }: Pick<ProposedTransaction, 'puts' | 'deletes'>,
): Supposition {
  const revision = intent.generation + 1
  const forward: EntryChange[] = puts.map(({ key, value }) => ({ key, after: { key, value, modRevision: revision } }))
  for (const key of deletes) forward.push({ key })
  const inverse = forward.map(({ key }): EntryChange => ({ key, after: entryOf(intent, key) }))
  return {
    forward: { revision, changes: forward },
    inverse: { revision: intent.generation, changes: inverse.reverse() },
  }
}

/** What an intent holds under a store key; undefined where it holds nothing, or nothing that intent knows. */
export function entryOf(intent: Intent, key: string): StoredEntry | undefined {
  const value = heldUnder(intent, key)
  return value === undefined ? undefined : { key, value, modRevision: intent.revisionOf(key) }
}

function heldUnder(intent: Intent, key: string): unknown {
  if (key.startsWith(PREFIX.number)) return intent.numberRecord(key)
  if (key.startsWith(PREFIX.identity)) return intent.identities.get(Number(key.slice(PREFIX.identity.length)))
  const kind = RECORD_KINDS.find((each) => key.startsWith(PREFIX[each]))
  return kind === undefined ? undefined : intent.record(kind, key.slice(PREFIX[kind].length))
}
