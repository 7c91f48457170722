/**
 * The little that policy needs of a store: what a change set looks like when it arrives, and what a transaction looks
 * like when it is proposed. Structural, so that any engine fits; policy imports no store. Used by intent.ts (reads) and
 * propose.ts (writes).
 */

/** One stored value and the revision that wrote it last. */
export interface StoredEntry {
  key: string
  value: unknown
  modRevision: number
}

/** One key's change: no `after` is a deletion. */
export interface EntryChange {
  key: string
  after?: StoredEntry | undefined
}

/** Changes that became visible together. A snapshot is a change set that holds every entry as `after`. */
export interface EntryChangeSet {
  revision: number
  changes: readonly EntryChange[]
}

/** The key must still be at this revision; 0: it must not exist. */
export interface EntryExpectation {
  key: string
  modRevision: number
}

/** Who caused a write; kept with the change set it becomes. */
export interface WriteCause {
  caller: string
  method: string
  requestId?: string
}

/** All or nothing: the puts and deletes happen together, and only if every expectation holds. */
export interface ProposedTransaction {
  expect: EntryExpectation[]
  puts: { key: string; value: unknown }[]
  deletes: string[]
  cause: WriteCause
}
