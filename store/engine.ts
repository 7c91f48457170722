/**
 * The contract of contract.ts over any journal: serialised decisions, group commit, roll-back of what could not be
 * written, history and its compaction. It holds two tables: `newest`, which decisions see, and `durable`, which
 * everyone else sees. It refuses to know what a journal is made of (journal.ts: a file; memory.ts: nothing).
 */
import type { Observable } from 'rxjs'
import type {
  Change,
  ChangeSet,
  Committed,
  Conflict,
  Decision,
  Entry,
  Key,
  ListOptions,
  ReadView,
  Store,
  Transaction,
  Updated,
} from './contract.ts'
import { StoreError, systemFailure } from './errors.ts'
import { History } from './history.ts'
import { encodeSet } from './record.ts'
import { Table } from './table.ts'
import { checkKey, frozenCopy } from './value.ts'
import { Watchers } from './watch.ts'

/** Where accepted change sets are made durable. Calls to `append` never overlap. */
export interface Journal {
  /** Resolves when the encoded change sets are durable; rejects when none of them will be kept. */
  append(sets: readonly string[]): Promise<void>
  /** Replaces what is kept by a base state and the change sets after it, then those appended since the call began. */
  rewrite(base: number, entries: readonly Entry[], sets: readonly ChangeSet[]): Promise<void>
  close(): Promise<void>
}

/** Where change sets go when compaction takes them out of the journal. Calls to `keep` never overlap. */
export interface Archive {
  /** Resolves when the change sets, which follow what is kept already, are durable; rejects having kept none of them. */
  keep(sets: readonly ChangeSet[]): Promise<void>
  /** Change sets up to this revision are lost: what is kept is of no use any more. */
  abandon(revision: number): void
  /** The revision before the earliest change set kept; undefined where none is. */
  reach(): number | undefined
  /** Change sets from this revision back to some earlier one, newest first; none where they cannot be had. */
  back(from: number): AsyncIterable<ChangeSet>
}

/** What a store tells its owner besides answers. */
export type StoreEvent =
  | { type: 'compacted'; oldest: number }
  | { type: 'compaction_failed'; error: StoreError }
  | { type: 'write_failed'; error: StoreError; lost: number }
  /** At open: octets of a write that a crash cut short were dropped; nobody had been told of it. */
  | { type: 'torn_write_dropped'; octets: number }
  /** The archive: what is kept now reaches back to `oldest` only, because of this file. */
  | { type: 'archive_damaged'; file: string; oldest: number; reason: string }
  /** The archive took nothing for too long; change sets up to `oldest` are lost, the state is not. */
  | { type: 'archive_failed'; error: StoreError; oldest: number }

/** How much history is kept at least; up to twice as much is held between compactions. */
export interface Keep {
  revisions: number
  octets: number
}

export interface EngineOptions {
  /** Milliseconds since the epoch. */
  now?: () => number
  keep?: Partial<Keep>
  report?: (event: StoreEvent) => void
  /** Keys whose changes `past` tells and the archive keeps; all of them where absent. */
  archives?: (key: Key) => boolean
  /** Called between durability and the answers; a test that dies here shows that nothing acknowledged is needed. */
  beforeReply?: () => void
}

/** What a journal gave back at open. */
export interface Loaded {
  base: number
  entries: Iterable<Entry>
  sets: ChangeSet[]
}

const DEFAULT_KEEP: Keep = { revisions: 10_000, octets: 64 * 1024 * 1024 }
/** Bounds one journal write, so that a burst does not delay its first commit. */
const GROUP_SETS = 1_000
/** While the archive takes nothing, this many times what is kept may gather before history is given up. */
const PATIENCE = 4
/** Change sets told between two turns of the event loop. */
const PER_TURN = 64

interface Pending {
  set: ChangeSet
  text: string
  settled: { resolve: () => void; reject: (error: StoreError) => void }[]
}

export class Engine implements Store {
  readonly #journal: Journal
  readonly #archive: Archive | undefined
  readonly #options: EngineOptions
  readonly #keep: Keep
  readonly #durable = new Table()
  readonly #newest = new Table()
  readonly #history: History
  readonly #watchers: Watchers
  readonly #projections = new Set<(changeSet: ChangeSet) => void>()
  readonly #view: ReadView
  #accepted: number
  #deciding = false
  #waiting: Pending[] = []
  #writing: Pending[] = []
  #flushing: Promise<void> | undefined
  #compacting: Promise<void> | undefined
  /** Tasks that must see no journal write under way. */
  #between: (() => void)[] = []
  /** No automatic compaction before this revision. */
  #trimFrom = 0
  #closed: Promise<void> | undefined

  constructor(journal: Journal, loaded: Loaded, options: EngineOptions = {}, archive?: Archive) {
    this.#journal = journal
    this.#archive = archive
    this.#options = options
    this.#keep = { ...DEFAULT_KEEP, ...options.keep }
    const base: Change[] = []
    for (const entry of loaded.entries) base.push({ key: entry.key, after: entry })
    this.#history = new History(loaded.base)
    for (const table of [this.#durable, this.#newest]) table.apply(base)
    for (const set of loaded.sets) {
      for (const table of [this.#durable, this.#newest]) table.apply(set.changes)
      this.#history.push(set, encodeSet(set).length)
    }
    this.#accepted = this.#history.newest
    this.#watchers = new Watchers(this.#history)
    this.#view = {
      revision: () => this.#accepted,
      get: <V>(key: Key) => this.#newest.get(key) as Entry<V> | undefined,
      list: <V>(prefix: string, options?: ListOptions) => this.#newest.list(prefix, options) as Entry<V>[],
    }
  }

  revision(): number {
    return this.#history.newest
  }

  get<V = unknown>(key: Key): Entry<V> | undefined {
    return this.#durable.get(key) as Entry<V> | undefined
  }

  list<V = unknown>(prefix: string, options?: ListOptions): Entry<V>[] {
    return this.#durable.list(prefix, options) as Entry<V>[]
  }

  async commit(transaction: Transaction): Promise<Committed> {
    const done = await this.update(() => ({ result: undefined, transaction }))
    return done.ok ? { ok: true, revision: done.revision } : done
  }

  async update<T>(decide: (newest: ReadView) => Decision<T>): Promise<Updated<T>> {
    if (this.#closed) throw closed()
    if (this.#deciding) throw new StoreError('INVALID', 'decide called the store that was asking it')
    this.#deciding = true
    let decision: Decision<T>
    let accepted: Committed
    try {
      decision = decide(this.#view)
      accepted = decision.transaction ? this.#accept(decision.transaction) : { ok: true, revision: this.#accepted }
    } finally {
      this.#deciding = false
    }
    await this.#settled()
    return accepted.ok ? { ...accepted, result: decision.result } : accepted
  }

  project(apply: (changeSet: ChangeSet) => void): () => void {
    const changes: Change[] = []
    for (const entry of this.#newest.values()) changes.push({ key: entry.key, after: entry })
    const cause = { caller: 'store', method: 'project' }
    if (changes.length > 0) apply({ revision: this.#accepted, time: this.#now(), cause, changes })
    this.#projections.add(apply)
    return () => this.#projections.delete(apply)
  }

  watch(afterRevision: number, prefix = ''): Observable<ChangeSet> {
    return this.#watchers.watch(afterRevision, prefix)
  }

  history(afterRevision: number, upToRevision = this.#history.newest): ChangeSet[] {
    return this.#history.between(afterRevision, upToRevision)
  }

  oldest(): number {
    return this.#history.base
  }

  reach(): number {
    const { base } = this.#history
    return Math.min(this.#archive?.reach() ?? base, base)
  }

  async *past(from: number, downTo?: number): AsyncGenerator<ChangeSet, void, undefined> {
    if (from > this.#history.newest) this.#history.check(from)
    const end = downTo ?? 0
    if (downTo !== undefined) this.#checkReach(downTo)
    let at = from
    for (let told = 1; at > end; told++) {
      const kept = this.#history.at(at)
      if (kept !== undefined) {
        at -= 1
        yield this.#archived(kept)
        if (told % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      const before = at
      for await (const set of this.#archive?.back(at) ?? []) {
        if (set.revision <= end) return
        at = set.revision - 1
        yield set
      }
      if (at < before) continue
      if (downTo !== undefined) this.#checkReach(downTo)
      return
    }
  }

  async compact(beforeRevision: number): Promise<void> {
    if (this.#closed) throw closed()
    while (this.#compacting) await this.#compacting
    const base = Math.min(Math.max(beforeRevision - 1, this.#history.base), this.#history.newest)
    if (base === this.#history.base) return
    const work = this.#rewrite(base)
    // The next compaction waits for this one; only its caller hears of its failure.
    this.#compacting = work.catch(() => undefined).finally(() => (this.#compacting = undefined))
    await work
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#flushing
      await this.#compacting
      this.#watchers.complete()
      await this.#journal.close()
    })()
    return this.#closed
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }

  /** Checks a transaction against the newest state, applies it there and queues it for the journal. */
  #accept(transaction: Transaction): Committed {
    for (const { key, modRevision } of transaction.expect ?? []) {
      const has = this.#newest.get(key)?.modRevision ?? 0
      if (has !== modRevision) return { ok: false, conflict: key, modRevision: has } satisfies Conflict
    }
    const revision = this.#accepted + 1
    const changes = this.#changes(transaction, revision)
    if (changes.length === 0) return { ok: true, revision: this.#accepted }
    const cause = frozenCopy(transaction.cause, 'cause') as Transaction['cause']
    const set: ChangeSet = Object.freeze({ revision, time: this.#now(), cause, changes: Object.freeze(changes) })
    const text = encodeSet(set)
    this.#newest.apply(changes)
    this.#accepted = revision
    this.#waiting.push({ set, text, settled: [] })
    for (const apply of this.#projections) apply(set)
    // One microtask later, so that commits made together are written together.
    this.#flushing ??= Promise.resolve().then(() => this.#flush())
    return { ok: true, revision }
  }

  #changes({ puts = [], deletes = [] }: Transaction, revision: number): Change[] {
    const changes: Change[] = []
    const named = new Set<Key>()
    const once = (key: Key) => {
      checkKey(key)
      if (named.has(key)) throw new StoreError('INVALID', `${key} occurs twice in one transaction`, { key })
      named.add(key)
    }
    for (const { key, value } of puts) {
      once(key)
      const before = this.#newest.get(key)
      const after: Entry = Object.freeze({
        key,
        value: frozenCopy(value, key),
        createRevision: before?.createRevision ?? revision,
        modRevision: revision,
        version: (before?.version ?? 0) + 1,
      })
      changes.push(Object.freeze(before ? { key, before, after } : { key, after }))
    }
    for (const key of deletes) {
      once(key)
      const before = this.#newest.get(key)
      if (before) changes.push(Object.freeze({ key, before }))
    }
    return changes
  }

  /** Resolves when all that is accepted now is durable and announced. */
  #settled(): Promise<void> {
    const last = this.#waiting.at(-1) ?? this.#writing.at(-1)
    if (!last) return Promise.resolve()
    return new Promise((resolve, reject) => last.settled.push({ resolve, reject }))
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#writing = this.#waiting.splice(0, GROUP_SETS)
      const failure = await this.#journal.append(this.#writing.map(({ text }) => text)).then(
        () => undefined,
        (error: unknown) => systemFailure(error, 'the store could not write'),
      )
      if (failure) this.#rollBack(failure)
      else this.#publish()
      for (const task of this.#between.splice(0)) task()
      this.#trim()
    }
    this.#flushing = undefined
  }

  #publish(): void {
    const written = this.#writing
    this.#writing = []
    for (const { set, text } of written) {
      this.#durable.apply(set.changes)
      this.#history.push(set, text.length)
      this.#watchers.deliver()
    }
    this.#options.beforeReply?.()
    for (const { settled } of written) for (const { resolve } of settled) resolve()
  }

  /** What was not written never happened, and neither did what was decided on top of it. */
  #rollBack(error: StoreError): void {
    const lost = [...this.#writing, ...this.#waiting]
    this.#writing = []
    this.#waiting = []
    for (const { set } of lost.toReversed()) {
      this.#newest.revert(set.changes)
      this.#accepted = set.revision - 1
      const inverse = { ...set, revision: this.#accepted, changes: set.changes.map(inverted) }
      for (const apply of this.#projections) apply(inverse)
    }
    this.#options.report?.({ type: 'write_failed', error, lost: lost.length })
    for (const { settled } of lost) for (const { reject } of settled) reject(error)
  }

  /** Automatic compaction; a failure is reported and tried again after as much history again. */
  #trim(): void {
    const { length, octets, newest } = this.#history
    const due = length >= this.#keep.revisions * 2 || octets >= this.#keep.octets * 2
    if (!due || newest < this.#trimFrom || this.#compacting || this.#closed) return
    this.#trimFrom = newest + this.#keep.revisions
    this.compact(this.#history.keepFrom(this.#keep)).then(
      () => {
        this.#trimFrom = 0
      },
      (error) => this.#options.report?.({ type: 'compaction_failed', error: systemFailure(error, 'compaction') }),
    )
  }

  #checkReach(revision: number): void {
    const oldest = this.reach()
    if (revision >= oldest) return
    const message = `generation ${revision} is no longer kept; the oldest is ${oldest}`
    throw new StoreError('COMPACTED', message, { revision, oldest })
  }

  /** The change set without the keys that are not archived. */
  #archived(set: ChangeSet): ChangeSet {
    const { archives } = this.#options
    if (archives === undefined || set.changes.every(({ key }) => archives(key))) return set
    return { ...set, changes: set.changes.filter(({ key }) => archives(key)) }
  }

  /** Gives the archive what the journal will drop. Rejects, to be tried again, unless too much has gathered meanwhile. */
  async #archiveUpTo(base: number): Promise<void> {
    if (this.#archive === undefined) return
    const { revisions, octets } = this.#keep
    try {
      const sets = this.#history.between(this.#history.base, base)
      await this.#archive.keep(sets.map((set) => this.#archived(set)))
    } catch (error) {
      const { length, octets: held } = this.#history
      if (length < revisions * PATIENCE && held < octets * PATIENCE) throw error
      this.#archive.abandon(base)
      this.#options.report?.({ type: 'archive_failed', error: systemFailure(error, 'the archive'), oldest: base })
    }
  }

  async #rewrite(base: number): Promise<void> {
    await this.#archiveUpTo(base)
    // What the journal has written must be in the history, or the new file would miss it.
    if (this.#writing.length === 0) await this.#captured(base)
    else await new Promise<void>((resolve) => this.#between.push(() => resolve(this.#captured(base))))
    this.#history.dropUpTo(base)
    this.#options.report?.({ type: 'compacted', oldest: base })
  }

  #captured(base: number): Promise<void> {
    const state = new Map<Key, Entry>()
    for (const entry of this.#durable.values()) state.set(entry.key, entry)
    for (const { changes } of this.#history.between(base, this.#history.newest).toReversed()) {
      for (const { key, before } of changes) {
        if (before) state.set(key, before)
        else state.delete(key)
      }
    }
    return this.#journal.rewrite(base, [...state.values()], this.#history.between(base, this.#history.newest))
  }
}

function closed(): StoreError {
  return new StoreError('CLOSED', 'the store is closed')
}

function inverted({ key, before, after }: Change): Change {
  return { key, ...(after ? { before: after } : {}), ...(before ? { after: before } : {}) }
}
