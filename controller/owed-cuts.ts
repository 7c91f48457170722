/**
 * Connections that switches are still to forget (ADR 18), kept over the end of the controller, however it ends. The store
 * has two things: `cut/done`, the generation up to which cuts are done or written down, and `cut/owed/<datapath id>`, what
 * was written down for a switch that has not forgotten it yet. `cut/done` comes in the transaction that brings the first
 * rule that cuts (write.ts), so from then on what a controller that was killed did not get to follows from the change sets
 * after it: they are taken into intent again, one after the other, when the next controller starts. Each cut is so done
 * once at least. It refuses to know what is cut (cutter.ts) and when it is sent (flows/ledger.ts).
 */
import { type Policy, PREFIX } from '../model/records.ts'
import type { ChangeSet, Entry, Key, ReadView, Store } from '../store/contract.ts'
import { Cutter, isCutting } from './cutter.ts'
import type { Tell } from './events.ts'
import { FLUSHES_OF_A_SWITCH, type Flush, flushKey } from './flows/flush.ts'
import type { Intent } from './policy/intent.ts'

const DONE = 'cut/done'
const OWED = 'cut/owed/'
/** Kinds of entries that intent is made of; those that others refer to first. */
const ORDER = [
  ...[PREFIX.number, PREFIX.identity, PREFIX.switch, PREFIX.network, PREFIX.nap, PREFIX.profile, PREFIX.stagePolicy],
  ...[PREFIX.vnp, PREFIX.policy, PREFIX.interface],
]

interface Done {
  generation: number
}

export const OWED_CUTS = {
  /** Flushes that are written down, of all switches. Some 100 octets each. */
  kept: 50_000,
  /** Change sets that a start takes in again. */
  again: 5000,
  /** Change sets after which it is written that they cut nothing more, */
  behind: 1000,
  /** or milliseconds; */
  behindMs: 10_000,
  /** milliseconds after a cut, in most of which switches are done. */
  gatherMs: 1000,
  /** Milliseconds after which a write that the store refused is tried again. */
  retryMs: 5000,
} as const

export interface OwedCutsOptions {
  store: Store
  tell: Tell
  limits?: { readonly [limit in keyof typeof OWED_CUTS]: number }
}

/** What the transaction that brings the first rule that cuts puts besides. */
export function firstCut(
  view: Pick<ReadView, 'get' | 'revision'>,
  puts: readonly { key: Key; value: unknown }[],
): { key: Key; value: Done }[] {
  const brings = puts.some(({ key, value }) => key.startsWith(PREFIX.policy) && isCutting(value as Policy))
  return brings && view.get(DONE) === undefined ? [{ key: DONE, value: { generation: view.revision() } }] : []
}

/** Entries that intent is made of. */
export function intentEntries(store: Pick<ReadView, 'list'>): Entry[] {
  return ORDER.flatMap((prefix) => store.list(prefix))
}

export class OwedCuts {
  readonly #options: OwedCutsOptions
  readonly #limits: { readonly [limit in keyof typeof OWED_CUTS]: number }
  /** By datapath id and flushKey. */
  readonly #owed = new Map<string, Map<string, Flush>>()
  #count = 0
  /** Switches of which something else is owed than is written down. */
  readonly #changed = new Set<string>()
  /** The newest generation whose cuts are known here. */
  #seen = 0
  /** Whether a rule cuts in that generation. */
  #cuts = false
  #timer: { at: number; timeout: NodeJS.Timeout } | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #failed = false
  #closed = false

  constructor(options: OwedCutsOptions) {
    this.#options = options
    this.#limits = options.limits ?? OWED_CUTS
  }

  /**
   * Brings an empty intent to the state of the store, by way of what may not have been cut. Nobody writes meanwhile.
   * @returns What is owed, by datapath id.
   */
  async load(intent: Intent): Promise<Map<string, Flush[]>> {
    const { store, tell } = this.#options
    const newest = store.revision()
    const sets = await this.#again(newest)
    const entries = before(intentEntries(store), sets)
    const revision = sets.length > 0 ? sets.at(-1)!.revision - 1 : newest
    intent.apply({ revision, changes: entries.map((after) => ({ key: after.key, after })) })
    for (const { key, value } of store.list<{ flushes: Flush[] }>(OWED))
      this.#add(key.slice(OWED.length), value.flushes)
    this.#changed.clear()
    const cutter = new Cutter({ intent, observed: undefined, tell })
    for (const changeSet of sets.reverse()) {
      const { flushes } = cutter.apply(changeSet)
      for (const [datapathId, its] of flushes) this.#add(datapathId, its)
    }
    if (intent.generation !== newest) intent.apply({ revision: newest, changes: [] })
    this.#seen = newest
    this.#cuts = cutter.cuts
    // Rules of before there was such a record cut from here on.
    if (this.#changed.size > 0 || (cutter.cuts && store.get(DONE) === undefined)) this.#soon()
    return new Map([...this.#owed].map(([datapathId, its]) => [datapathId, [...its.values()]]))
  }

  /**
   * A change set is durable. Called for each, in order.
   * @param flushes What it cuts, by datapath id. @param cuts Whether a rule cuts after it.
   */
  took({ revision, changes }: ChangeSet, flushes: ReadonlyMap<string, readonly Flush[]>, cuts: boolean): void {
    this.#seen = revision
    this.#cuts = cuts
    for (const [datapathId, its] of flushes) this.#add(datapathId, its)
    const done = this.#options.store.get<Done>(DONE)?.value
    if (done === undefined && this.#count === 0) return
    if (changes.every(({ key }) => key.startsWith('cut/') || key.startsWith('hint/'))) return
    const { behind, behindMs } = this.#limits
    if (flushes.size > 0) this.#soon()
    else this.#later(revision - (done?.generation ?? revision) >= behind ? 0 : behindMs)
  }

  /** A switch has forgotten these, or cannot: the very objects that were owed. */
  forgotten(datapathId: string, flushes: readonly Flush[]): void {
    const its = this.#owed.get(datapathId)
    for (const flush of flushes) {
      const key = flushKey(flush)
      if (its?.get(key) !== flush) continue
      its.delete(key)
      this.#count--
      this.#changed.add(datapathId)
    }
    if (its?.size === 0) this.#owed.delete(datapathId)
    if (this.#changed.has(datapathId)) this.#soon()
  }

  /** A switch will not come back. */
  gone(datapathId: string): void {
    this.forgotten(datapathId, [...(this.#owed.get(datapathId)?.values() ?? [])])
  }

  /** Writes what is waiting. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer?.timeout)
    if (this.#timer !== undefined) this.#write()
    await this.#writing
  }

  #add(datapathId: string, flushes: readonly Flush[]): void {
    const its = this.#owed.get(datapathId) ?? new Map<string, Flush>()
    let left = 0
    for (const flush of flushes) {
      const key = flushKey(flush)
      const isNew = !its.has(key)
      // What its ledger will not remember is told there.
      if (isNew && its.size >= FLUSHES_OF_A_SWITCH) continue
      if (isNew && this.#count >= this.#limits.kept) left++
      else {
        its.set(key, flush)
        if (isNew) this.#count++
      }
    }
    if (its.size > 0) this.#owed.set(datapathId, its)
    this.#changed.add(datapathId)
    if (left === 0) return
    const reason = `${left} message(s) more than are kept over a restart of the controller; they are sent if it does not end before`
    this.#options.tell('connections-not-cut', `switch ${datapathId}`, { reason })
  }

  /** Newest first: change sets whose cuts may not have been done. */
  async #again(newest: number): Promise<ChangeSet[]> {
    const { store } = this.#options
    const since = store.get<Done>(DONE)?.value.generation ?? newest
    if (since >= newest) return []
    if (newest - since > this.#limits.again) return this.#lost(since, newest, 'they are too many to look at again')
    const sets: ChangeSet[] = []
    try {
      for await (const changeSet of store.past(newest, since)) sets.push(changeSet)
    } catch (error) {
      return this.#lost(since, newest, (error as Error).message)
    }
    return sets
  }

  #lost(since: number, newest: number, why: string): [] {
    const reason = `what they cut was not done when the controller ended, and ${why}`
    this.#options.tell('connections-not-cut', `generations ${since + 1} to ${newest}`, { reason })
    return []
  }

  #soon(): void {
    this.#later(this.#limits.gatherMs)
  }

  #later(ms: number): void {
    if (this.#closed) return
    const at = performance.now() + ms
    if (this.#timer !== undefined && this.#timer.at <= at) return
    clearTimeout(this.#timer?.timeout)
    const timeout = setTimeout(() => {
      this.#timer = undefined
      this.#write()
    }, ms)
    this.#timer = { at, timeout }
  }

  #write(): void {
    const { store, tell } = this.#options
    const changed = [...this.#changed]
    this.#changed.clear()
    const written = store.update((view) => {
      const puts: { key: Key; value: unknown }[] = []
      const deletes: Key[] = []
      for (const datapathId of changed) {
        const key = OWED + datapathId
        const flushes = [...(this.#owed.get(datapathId)?.values() ?? [])]
        if (flushes.length > 0) puts.push({ key, value: { flushes } })
        else if (view.get(key) !== undefined) deletes.push(key)
      }
      // Whether a rule cuts is known of what was taken in; one may have come since.
      const isOver = this.#count === 0 && view.revision() === this.#seen && !this.#cuts
      if (!isOver) puts.push({ key: DONE, value: { generation: this.#seen } satisfies Done })
      else if (view.get(DONE) !== undefined) deletes.push(DONE)
      const nothing = puts.length + deletes.length === 0
      const cause = { caller: 'controller', method: 'connections cut' }
      return { result: undefined, ...(nothing ? {} : { transaction: { puts, deletes, cause } }) }
    })
    const settled = written.then(
      () => {
        this.#failed = false
      },
      (error: Error) => {
        if (!this.#failed) tell('store-failed', 'cuts', { reason: error.message })
        this.#failed = true
        for (const datapathId of changed) this.#changed.add(datapathId)
        this.#later(this.#limits.retryMs)
      },
    )
    this.#writing = Promise.all([this.#writing, settled])
  }
}

/** Entries as they were before change sets, newest first. */
function before(entries: readonly Entry[], sets: readonly ChangeSet[]): Entry[] {
  if (sets.length === 0) return [...entries]
  const state = new Map(entries.map((entry) => [entry.key, entry]))
  for (const { changes } of sets) {
    for (const { key, before } of changes) {
      if (before === undefined) state.delete(key)
      else state.set(key, before)
    }
  }
  return ORDER.flatMap((prefix) => [...state.values()].filter(({ key }) => key.startsWith(prefix)))
}
