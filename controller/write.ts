/**
 * The only way by which the API and the controller itself change records (law 1): wishes in, one store transaction, the
 * outcome back when it is durable. Requests with an id have one effect however often they are sent. It decides nothing
 * about records (policy/propose.ts does) and knows no gRPC.
 *
 *     writes ─▶ store.update ─▶ propose(newest intent) ─▶ transaction + request record ─▶ durable ─▶ outcome
 */
import { createHash } from 'node:crypto'
import type { Moment } from '../ipam/draw.ts'
import { type Failure, fail, ok, type Result } from '../model/errors.ts'
import { type Lease, PREFIX } from '../model/records.ts'
import type { ReadView, Store, Transaction } from '../store/contract.ts'
import { AddressBook, type LeaseEffects } from './addresses/book.ts'
import type { LeaseView, Leasing } from './addresses/leases.ts'
import { firstCut } from './owed-cuts.ts'
import { ConflictCheck, NO_CONFLICTS, refusal } from './policy/conflict-check.ts'
import type { Finding } from './policy/conflicts.ts'
import { Intent } from './policy/intent.ts'
import {
  type Proposal,
  propose,
  proposeNumbers,
  proposeRelease,
  proposeZones,
  type Write,
  type WriteContext,
  type WriteOutcome,
} from './policy/propose.ts'
import type { ZoneNeeds, ZoneWish } from './policy/zones.ts'

/** Who writes, by which method, and how. */
export interface WriteRequest {
  caller: string
  method: string
  /** A UUID; empty or absent: no protection against repetition. */
  requestId?: string
  /** The request as it came: a repetition with the same id must have the same. Needed with `requestId`. */
  body?: unknown
  owner?: string
  /** Check only. */
  validateOnly?: boolean
  /** Conflicts among rules are neither looked for nor refused: for who looks himself. */
  unchecked?: boolean
}

export interface Written {
  /** The revision that holds the change; the newest one where nothing changed. */
  generation: number
  /**
   * One per write, in their order; `before` is the record as it was, `revision` the one that wrote `record`: this
   * request's, or an earlier one where nothing changed. Both were read in the store's own step, so they belong together.
   */
  outcomes: (WriteOutcome & { before?: WriteOutcome['record']; revision: number })[]
  /** Conflicts among rules that the write brings. A repetition of a request is not told again. */
  warnings: Finding[]
  /** Of a request for addresses, as they are now. */
  leases?: Lease[]
}

/** What is kept of a request, so that its repetition can be answered. */
interface RequestRecord {
  digest: string
  time: number
  generation: number
  outcomes: Written['outcomes']
  leases?: Lease[]
}

/** What a request comes to, before it is checked. */
interface Wish {
  writes: Write[]
  /** Of a request for addresses: its leases, and what is written beside the records. */
  leasing?: Leasing
}

export const REQUEST_LIMITS = {
  /** Requests are remembered for an hour, as AIP-155 suggests, */
  keepMs: 3_600_000,
  /** and no more than these, */
  kept: 10_000,
  /** whose outcomes together are no more than these; one with its records counts as ten. Some 100 MB. */
  outcomes: 500_000,
  /** Outcomes with records are kept up to this many; beyond it a repetition is answered with today's records. */
  outcomesWithRecords: 100,
  /** Expired ones that one write forgets at most. */
  forgottenPerWrite: 16,
} as const

/** Rules whose conflicts are found out in one turn of the event loop; a millisecond or two. */
const PREPARED_PER_TURN = 20

export interface Writer {
  /**
   * Writes all or nothing. The writes are computed from the newest intent, inside the store's own serial step, so that a
   * read-modify-write (a masked update, a prune) cannot lose another's change.
   */
  write(decide: (intent: Intent) => Result<Write[]>, request: WriteRequest): Promise<Result<Written>>
  /**
   * Gives addresses out, or takes them back: leases and the records of their interfaces in one transaction. Of a failure,
   * what was due anyway is written.
   */
  lease(decide: (view: LeaseView) => Leasing, request: WriteRequest): Promise<Result<Written>>
  /** Reads what decisions are made against; answers when all of it is durable. */
  look<T>(read: (view: LeaseView) => T): Promise<Result<T & { generation: number }>>
  /** Reads what decisions are made against, as it is in memory: some of it may not be durable yet. */
  peek<T>(read: (view: LeaseView) => T): T
  /** Writes as they would be done: with the addresses that interfaces hold by lease. */
  keepLeased(writes: readonly Write[]): Result<Write[]>
  /**
   * Gives a switch its own numbers: itself, and a conntrack zone for each network of which it judges packets, and releases
   * zones that it needs no longer; or releases all.
   */
  assignNumbers(datapathId: string, use?: boolean): Promise<Result<void>>
  /** Releases zones that a switch needs no longer. */
  releaseZones(datapathId: string): Promise<Result<void>>
  /** Gives these zones where they are missing, all or none; switches that have never connected get theirs when they do. */
  assignZones(wishes: readonly ZoneWish[]): Promise<Result<void>>
  /** The intent that decisions are made against: it may hold writes that are not durable yet. */
  readonly newest: Intent
  /** The ledgers of addresses, likewise. */
  readonly book: AddressBook
  stop(): void
}

/**
 * @param refused Told of each write that policy/propose.ts refuses.
 * @param confirmed The store revision up to which switches have confirmed what was decided.
 */
export function createWriter(
  store: Store,
  now: () => number,
  limits: { [limit in keyof typeof REQUEST_LIMITS]: number } = REQUEST_LIMITS,
  refused: (failure: Failure) => void = () => {},
  zones?: ZoneNeeds,
  confirmed: () => number = () => Number.POSITIVE_INFINITY,
): Writer {
  const newest = new Intent()
  const book = new AddressBook(newest)
  const conflicts = new ConflictCheck(newest)
  const remembered: { key: string; time: number; weight: number }[] = []
  let weight = 0
  const unsubscribe = store.project((changeSet) => {
    newest.apply(changeSet)
    book.apply(changeSet)
    conflicts.changed(changeSet)
    for (const { key, after } of changeSet.changes) {
      if (!key.startsWith(PREFIX.request) || after === undefined) continue
      const { time, outcomes, leases = [] } = after.value as RequestRecord
      const each = outcomes.length <= limits.outcomesWithRecords ? 10 : 1
      const its = each * outcomes.length + leases.length
      remembered.push({ key, time, weight: its })
      weight += its
    }
  })
  // What every rule's conflicts are is found out in idle turns, so that the first write need not wait for all of it.
  let idle: NodeJS.Immediate | undefined
  const prepare = (): void => {
    idle = conflicts.prepare(PREPARED_PER_TURN) ? setImmediate(prepare) : undefined
  }
  idle = setImmediate(prepare)
  const stop = (): void => {
    clearImmediate(idle)
    unsubscribe()
  }
  // Keys come in order of name at start; expiry wants order of time.
  remembered.sort((a, b) => a.time - b.time)

  const expired = (view: { get(key: string): unknown }): string[] => {
    const keys: string[] = []
    while (keys.length < limits.forgottenPerWrite) {
      const oldest = remembered[0]
      if (oldest === undefined) break
      const fits = remembered.length <= limits.kept && weight <= limits.outcomes
      if (fits && now() - oldest.time <= limits.keepMs) break
      remembered.shift()
      weight -= oldest.weight
      if (view.get(oldest.key) !== undefined) keys.push(oldest.key)
    }
    return keys
  }

  const momentOf = (view: ReadView): Moment => ({
    now: now(),
    revision: view.revision() + 1,
    confirmed: confirmed(),
  })

  function write(decide: (intent: Intent) => Result<Write[]>, request: WriteRequest): Promise<Result<Written>> {
    return perform((moment) => {
      const writes = decide(newest)
      const kept = writes.ok ? book.keepLeased(writes.value, moment) : writes
      return kept.ok ? ok({ writes: kept.value }) : kept
    }, request)
  }

  function lease(decide: (view: LeaseView) => Leasing, request: WriteRequest): Promise<Result<Written>> {
    return perform((moment) => {
      const leasing = decide({ intent: newest, book, moment })
      return ok({ writes: leasing.writes, leasing })
    }, request)
  }

  async function perform(decide: (moment: Moment) => Result<Wish>, request: WriteRequest): Promise<Result<Written>> {
    const key = request.requestId ? `${PREFIX.request}${request.requestId}` : undefined
    const digest = key === undefined ? '' : digestOf(request)
    let updated: Awaited<ReturnType<typeof store.update<Result<Written>>>>
    try {
      updated = await store.update<Result<Written>>((view) => {
        const earlier = key === undefined ? undefined : view.get<RequestRecord>(key)?.value
        if (earlier !== undefined) return { result: repeated(earlier, digest, request, newest) }
        const moment = momentOf(view)
        const wish = decide(moment)
        if (!wish.ok) return { result: wish }
        const { writes, leasing } = wish.value
        const failed = leasing?.answer.ok === false ? leasing.answer : undefined
        if (failed !== undefined && request.validateOnly === true) return { result: failed }
        const context = {
          caller: request.caller,
          method: request.method,
          now: moment.now,
          ...(zones === undefined ? {} : { zones }),
          ...(request.owner ? { owner: request.owner } : {}),
          ...(key === undefined ? {} : { requestId: request.requestId! }),
        }
        const proposed = propose(newest, writes, context)
        if (!proposed.ok) {
          if (request.validateOnly !== true) refused(proposed.failure)
          return { result: proposed }
        }
        const { warnings, refused: finding } =
          request.unchecked === true ? NO_CONFLICTS : conflicts.check(proposed.value.outcomes)
        if (finding !== undefined) return { result: refusal(finding) }
        const followed = leasing === undefined ? book.follow(proposed.value.outcomes, moment) : ok(leasing.effects)
        if (!followed.ok) return { result: followed }
        const revision = view.revision()
        const outcomes = proposed.value.outcomes.map((outcome) =>
          completeOutcome(outcome, newest, request.validateOnly === true ? revision : revision + 1),
        )
        if (request.validateOnly === true)
          return { result: ok({ generation: revision, outcomes, warnings, ...leased(leasing) }) }
        const { puts, deletes, isEmpty } = together(proposed.value, followed.value)
        const generation = isEmpty && key === undefined ? revision : revision + 1
        const transaction: Transaction = {
          cause: {
            caller: request.caller,
            method: request.method,
            ...(key === undefined ? {} : { requestId: request.requestId! }),
          },
          ...(proposed.value.transaction ?? {}),
          puts: [...puts, ...firstCut(view, puts)],
          deletes,
        }
        if (failed !== undefined) return isEmpty ? { result: failed } : { result: failed, transaction }
        const written: Written = { generation, outcomes, warnings, ...leased(leasing) }
        if (key !== undefined) {
          const record: RequestRecord = {
            digest,
            time: now(),
            generation,
            ...remember(outcomes, leasing),
          }
          return {
            result: ok(written),
            transaction: {
              ...transaction,
              puts: [...(transaction.puts ?? []), { key, value: record }],
              deletes: [...(transaction.deletes ?? []), ...expired(view)],
            },
          }
        }
        return isEmpty ? { result: ok(written) } : { result: ok(written), transaction }
      })
    } catch (error) {
      return fail('STORE_FAILED', { reason: error instanceof Error ? error.message : String(error) })
    }
    if (!updated.ok) return fail('ETAG_MISMATCH', { kind: 'record', name: updated.conflict })
    return updated.result
  }

  /** Answers with leases need no records. */
  function remember(
    outcomes: Written['outcomes'],
    leasing: Leasing | undefined,
  ): Pick<RequestRecord, 'outcomes' | 'leases'> {
    if (leasing?.answer.ok === true) return { outcomes: [], leases: leasing.answer.value }
    return { outcomes: outcomes.length <= limits.outcomesWithRecords ? outcomes : outcomes.map(bare) }
  }

  async function look<T>(read: (view: LeaseView) => T): Promise<Result<T & { generation: number }>> {
    try {
      const done = await store.update((view) => {
        const moment = momentOf(view)
        return { result: { ...read({ intent: newest, book, moment }), generation: view.revision() } }
      })
      return done.ok ? ok(done.result) : fail('INTERNAL', { reason: 'a read that conflicts' })
    } catch (error) {
      return fail('STORE_FAILED', { reason: error instanceof Error ? error.message : String(error) })
    }
  }

  const momentNow = (): Moment => ({ now: now(), revision: newest.generation + 1, confirmed: confirmed() })
  const peek = <T>(read: (view: LeaseView) => T): T => read({ intent: newest, book, moment: momentNow() })
  const keepLeased = (writes: readonly Write[]): Result<Write[]> => book.keepLeased(writes, momentNow())

  /** What the controller itself writes: numbers, no records. */
  async function assign(method: string, decide: (context: WriteContext) => Result<Proposal>): Promise<Result<void>> {
    try {
      const updated = await store.update<Result<void>>(() => {
        const context = { caller: 'controller', method, now: now(), ...(zones === undefined ? {} : { zones }) }
        const proposed = decide(context)
        if (!proposed.ok) {
          refused(proposed.failure)
          return { result: proposed }
        }
        const { transaction } = proposed.value
        return transaction === undefined ? { result: ok(undefined) } : { result: ok(undefined), transaction }
      })
      return updated.ok ? updated.result : fail('ETAG_MISMATCH', { kind: 'number', name: updated.conflict })
    } catch (error) {
      return fail('STORE_FAILED', { reason: error instanceof Error ? error.message : String(error) })
    }
  }
  async function assignNumbers(datapathId: string, use = true): Promise<Result<void>> {
    if (!use) return assign('switch forgotten', (context) => proposeNumbers(newest, datapathId, context, false))
    const [given, released] = await Promise.all([
      assign('switch connected', (context) => proposeNumbers(newest, datapathId, context)),
      releaseZones(datapathId),
    ])
    return given.ok ? released : given
  }
  function releaseZones(datapathId: string): Promise<Result<void>> {
    return assign('zones needed no longer', (context) => proposeRelease(newest, datapathId, context))
  }
  const assignZones = (wishes: readonly ZoneWish[]) =>
    assign('zones needed', (context) => proposeZones(newest, wishes, context))

  return { write, lease, look, peek, keepLeased, assignNumbers, releaseZones, assignZones, newest, book, stop }
}

/** The answer to a request that was served before. */
function repeated(earlier: RequestRecord, digest: string, request: WriteRequest, intent: Intent): Result<Written> {
  if (earlier.digest !== digest) return fail('REQUEST_ID_REUSED', { requestId: request.requestId ?? '' })
  const outcomes = earlier.outcomes.map((outcome) => ({
    ...outcome,
    ...(outcome.record !== undefined
      ? {}
      : {
          record: intent.record(outcome.kind, outcome.name),
          revision: intent.modRevision(outcome.kind, outcome.name) ?? outcome.revision,
        }),
  }))
  const { generation, leases } = earlier
  return ok({ generation, outcomes, warnings: [], ...(leases === undefined ? {} : { leases }) })
}

const leased = (leasing: Leasing | undefined): Pick<Written, 'leases'> =>
  leasing?.answer.ok === true ? { leases: leasing.answer.value } : {}

/** What is written of records and of leases. */
function together(
  { transaction }: Proposal,
  effects: LeaseEffects,
): { puts: LeaseEffects['puts']; deletes: string[]; isEmpty: boolean } {
  const puts = [...(transaction?.puts ?? []), ...effects.puts]
  const deletes = [...(transaction?.deletes ?? []), ...effects.deletes]
  return { puts, deletes, isEmpty: puts.length + deletes.length === 0 }
}

const bare = ({
  record: _record,
  before: _before,
  ...rest
}: Written['outcomes'][number]): Written['outcomes'][number] => ({ ...rest, record: undefined })

export function completeOutcome(outcome: WriteOutcome, intent: Intent, writing: number): Written['outcomes'][number] {
  const before = intent.record(outcome.kind, outcome.name)
  const unchanged = outcome.outcome === 'unchanged' ? intent.modRevision(outcome.kind, outcome.name) : undefined
  return { ...outcome, revision: unchanged ?? writing, ...(before === undefined ? {} : { before }) }
}

function digestOf({ caller, method, body }: WriteRequest): string {
  const text = JSON.stringify([caller, method, body])
  return createHash('sha256').update(text).digest('base64url')
}
