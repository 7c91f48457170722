/**
 * The one contract of every store engine: keyed JSON values with revisions, compare-and-commit over several keys, and
 * an ordered watch from a revision. It refuses to know what the values mean (model/) and how an engine keeps them
 * (embedded.ts, memory.ts). The controller writes only through `update`; everything that follows state reads `watch`.
 *
 * Revisions: 0 is the empty store; each committed transaction that changes something has the next number, with no gap,
 * across restarts. "After revision r" always means r + 1 and later, so a reader that listed at `revision()` continues
 * with `watch(thatRevision)`.
 */
import type { Observable } from 'rxjs'

/** `kind/name`, for example `interface/web-1`: 1 to 512 UTF-8 octets, no control characters. */
export type Key = string

/** One stored value. Entries and their values are deep-frozen and shared by every reader. */
export interface Entry<V = unknown> {
  readonly key: Key
  readonly value: V
  /** Revision that created the key (again, after a deletion). */
  readonly createRevision: number
  /** Revision of the last write; what `expect` compares. */
  readonly modRevision: number
  /** 1 when created, then one more per write. */
  readonly version: number
}

/** A put has `after`; a deletion has only `before`; a creation has only `after`. */
export interface Change {
  readonly key: Key
  readonly before?: Entry
  readonly after?: Entry
}

/** Who caused a change set, kept with it. */
export interface Cause {
  readonly caller: string
  readonly method: string
  readonly requestId?: string
  readonly note?: string
}

/** Everything one transaction changed. Each key occurs once. */
export interface ChangeSet {
  readonly revision: number
  /** Milliseconds since the epoch, from the store's clock. */
  readonly time: number
  readonly cause: Cause
  readonly changes: readonly Change[]
}

/** All or nothing. A key may be put or deleted once; deleting an absent key changes nothing. */
export interface Transaction {
  /** Each key must have this modRevision now; 0 = absent. */
  readonly expect?: readonly { readonly key: Key; readonly modRevision: number }[]
  readonly puts?: readonly { readonly key: Key; readonly value: unknown }[]
  readonly deletes?: readonly Key[]
  readonly cause: Cause
}

export interface ListOptions {
  /** Only keys greater than this one (the last key of the page before). */
  after?: Key
  limit?: number
}

/** State at one moment. Keys are ordered by UTF-16 code unit, as `<` orders strings. */
export interface ReadView {
  revision(): number
  get<V = unknown>(key: Key): Entry<V> | undefined
  list<V = unknown>(prefix: string, options?: ListOptions): Entry<V>[]
}

export interface Conflict {
  ok: false
  conflict: Key
  /** What the key has instead; 0 = absent. */
  modRevision: number
}
export type Committed = { ok: true; revision: number } | Conflict
export type Updated<T> = { ok: true; revision: number; result: T } | Conflict

/** What `update`'s callback decided: an answer, and what to write for it, if anything. */
export interface Decision<T> {
  result: T
  transaction?: Transaction
}

/**
 * The store itself reads the durable state: what was acknowledged, and no more.
 *
 * Promises of `commit` and `update` settle when the write is durable and after every watcher was told of it. They
 * reject with StoreError when the engine could not write; then nothing of the transaction was kept, nor of any
 * accepted after it. Writes accepted while one is being written to disk share the next write and sync.
 */
export interface Store extends ReadView {
  /** Applies a transaction if every `expect` holds. An empty one, or one that changes nothing, costs no revision. */
  commit(transaction: Transaction): Promise<Committed>
  /**
   * Reads, decides and writes as one step. `decide` runs at once, synchronously, alone, against the newest state: that
   * includes writes accepted before it that are not durable yet. What it returns is therefore never stale, and needs no
   * `expect` of its own except for a caller's etag. The promise settles when everything `decide` could see is durable,
   * with or without a transaction, so an answer never rests on a write that a crash could undo. What `decide` throws
   * rejects the promise and changes nothing. `decide` must not call the store's writing methods.
   */
  update<T>(decide: (newest: ReadView) => Decision<T>): Promise<Updated<T>>
  /**
   * Keeps an index equal to the newest state, the one `decide` sees. `apply` is called synchronously, first with one
   * change set that creates all there is (not called on an empty store), then with every accepted change set; when a
   * write fails, with each change set's inverse (`before` and `after` exchanged, `revision` the one returned to), newest
   * first. Returns the function that ends it. For deciding only: nothing that leaves the process may follow it.
   */
  project(apply: (changeSet: ChangeSet) => void): () => void
  /**
   * Every change set after the given revision, in order, without gap or repetition, each only when durable and exactly
   * when the store's own reads show it. With a prefix: only changes of keys that start with it, change sets with none
   * left out. Errors: StoreError COMPACTED (details.oldest: the earliest revision one can resume after), AHEAD (the
   * store has never reached that revision). Completes when the store closes.
   */
  watch(afterRevision: number, prefix?: string): Observable<ChangeSet>
  /** Change sets with afterRevision < revision <= upToRevision (default: newest durable). Throws like watch errors. */
  history(afterRevision: number, upToRevision?: number): ChangeSet[]
  /** The earliest revision that watch and history can start after. */
  oldest(): number
  /**
   * Change sets with downTo < revision <= from, newest first: those of `history`, then those that compaction has moved
   * to the archive, read as they are asked for, a segment at a time and with the event loop served between. Changes of
   * keys that are not archived are left out everywhere. Without `downTo` it ends where the archive does. What is read
   * was checked: where a segment is gone or damaged the walk ends. Errors: StoreError COMPACTED (details.oldest: the
   * earliest `downTo` there is), AHEAD.
   */
  past(from: number, downTo?: number): AsyncGenerator<ChangeSet, void, undefined>
  /** The earliest revision whose state `past` leads back to; at most `oldest()`. */
  reach(): number
  /** Forgets change sets older than the revision, once they are archived where the engine has an archive. The state stays. */
  compact(beforeRevision: number): Promise<void>
  /** Writes what was accepted, ends watches, frees the directory. Later writes reject with CLOSED. */
  close(): Promise<void>
}
