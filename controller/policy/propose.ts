/**
 * From wishes to one transaction: create, update, tag or delete records, one or many, all or nothing. Pure: it reads an
 * intent that equals the store's newest state and answers with the transaction to commit, or with the first failure and
 * nothing at all. Identities and numbers that the records need are given in the same transaction, so no reader ever
 * sees a record without them. Writing what is there already gives no transaction. Called by the API inside the store's
 * `update`, and by the channel when a switch connects for the first time.
 */
import { type Failure, fail, invalid, ok, type Result } from '../../model/errors.ts'
import { type AnyRecord, PREFIX, type RecordKind, STAGES } from '../../model/records.ts'
import { isStageTag, stagedTags, writtenTags } from '../../model/stage.ts'
import { TAG_LIMITS, type Tag, tagSet } from '../../model/tag.ts'
import type { AnyDraft } from '../../model/validate.ts'
import { Allocation, type AllocationRules, allocate, zonesWanted } from './allocate.ts'
import { Changes, type RecordChange, sameValue } from './changes.ts'
import { brokenConstraint, RECORD_LIMITS } from './constraints.ts'
import type { ProposedTransaction } from './entries.ts'
import type { Intent } from './intent.ts'
import { DEFAULT_QUARANTINE_MS, type NumberRecord, SPACES, ZONE_QUARANTINE_MS } from './numbers.ts'
import { MAX_NUMBER } from './order.ts'
import { domainOf, networksIn } from './routing.ts'
import { DERIVED, derivedRecords, isDerived } from './stages.ts'
import { type ZoneNeeds, type ZoneWish, zoneName } from './zones.ts'

/** One wish. `etag` is the text of the modRevision the writer has seen; empty or absent is any. */
export type Write =
  | { op: 'create'; record: AnyDraft }
  /** Replaces every field. With `allowMissing` it creates the record where there is none. */
  | { op: 'update'; record: AnyDraft; etag?: string | undefined; allowMissing?: boolean | undefined }
  /** Adds and removes tags, or replaces all by `add`. */
  | { op: 'tags'; name: string; add: Tag[]; remove: Tag[]; replace?: boolean | undefined; etag?: string | undefined }
  | { op: 'delete'; kind: RecordKind; name: string; etag?: string | undefined; allowMissing?: boolean | undefined }

export interface WriteContext {
  /** Common name of the certificate. */
  caller: string
  method: string
  /** Milliseconds since the epoch. */
  now: number
  requestId?: string
  /** Written to every record of the batch; where absent a record keeps its own. */
  owner?: string
  /** How long a released number rests; where absent an hour, and five days for zones. */
  quarantineMs?: number
  /** Where things are seen; where absent, only what records say counts. */
  zones?: ZoneNeeds
  /** For tests of full spaces. */
  spaces?: typeof SPACES
  limits?: typeof RECORD_LIMITS
}

export interface WriteOutcome {
  outcome: 'created' | 'updated' | 'unchanged' | 'deleted'
  kind: RecordKind
  name: string
  /** As it is to be stored; the former record of a deletion; undefined where a missing one was to be deleted. */
  record: AnyRecord | undefined
}

export interface Proposal {
  /** Absent where nothing changes. */
  transaction?: ProposedTransaction
  /** One per write, in their order; behind them, those of derived records. */
  outcomes: WriteOutcome[]
}

/** Writes of one batch. */
export const MAX_BATCH = 10_000

/** Last number given to records of a kind; never goes back, so a record's number never means another record. */
export const RECORD_NUMBERS: Readonly<Record<RecordKind, { key: string; last: number }>> = {
  interface: { key: `${PREFIX.number}record/interface`, last: 0xffffffff },
  vnp: { key: `${PREFIX.number}record/vnp`, last: MAX_NUMBER.vnp },
  policy: { key: `${PREFIX.number}record/policy`, last: MAX_NUMBER.policy },
  switch: { key: `${PREFIX.number}record/switch`, last: 0xffffffff },
  network: { key: `${PREFIX.number}record/network`, last: 0xffffffff },
  nap: { key: `${PREFIX.number}record/nap`, last: 0xffffffff },
  profile: { key: `${PREFIX.number}record/profile`, last: 0xffffffff },
  stagePolicy: { key: `${PREFIX.number}record/stage-policy`, last: 0xffffffff },
}

/**
 * The transaction for these writes. Records that are derived from stage policies come with them, their outcomes last.
 * Failures: DERIVED_RECORD, INVALID_FIELD, ALREADY_EXISTS, NOT_FOUND, ETAG_MISMATCH, DUPLICATE_*,
 * IN_USE, TOO_MANY, SPACE_FULL, NUMBERS_SPENT; `details.index` is the write's position where one write is at fault.
 */
export function propose(intent: Intent, writes: readonly Write[], context: WriteContext): Result<Proposal> {
  if (writes.length > MAX_BATCH)
    return fail('TOO_MANY', { what: 'writes in one request', count: writes.length, limit: MAX_BATCH })
  const changes = new Changes(intent)
  const outcomes: WriteOutcome[] = []
  const counters = new Map<RecordKind, number>()
  const seen = new Map<string, number>()
  for (const [index, write] of writes.entries()) {
    const { kind, name } = targetOf(write)
    if (isDerived(name)) return located(fail('DERIVED_RECORD', { kind, name }).failure, index)
    const earlier = seen.get(PREFIX[kind] + name)
    if (earlier !== undefined) {
      return invalid([
        { field: `requests[${index}].name`, description: `${kind} ${name} is written by requests[${earlier}] too` },
      ])
    }
    seen.set(PREFIX[kind] + name, index)
    const result = step(intent, write, context, counters)
    if (!result.ok) return located(result.failure, index)
    const { outcome, record } = result.value
    outcomes.push({ outcome, kind, name, record })
    if (outcome === 'unchanged' || record === undefined) continue
    changes.set({ kind, name, before: intent.record(kind, name), after: outcome === 'deleted' ? undefined : record })
  }
  if (changes.size === 0) return ok({ outcomes })
  const derived = derive(changes, context, counters)
  if (!derived.ok) return derived
  outcomes.push(...derived.value)
  const broken = brokenConstraint(changes, context.limits ?? RECORD_LIMITS)
  if (broken !== undefined) return { ok: false, failure: broken }
  const allocation = allocate(changes, rulesOf(context), context.zones)
  if (allocation.failure !== undefined) return { ok: false, failure: allocation.failure }
  const puts: { key: string; value: unknown }[] = []
  const deletes: string[] = []
  for (const { kind, name, after } of changes.all()) {
    if (after === undefined) deletes.push(PREFIX[kind] + name)
    else puts.push({ key: PREFIX[kind] + name, value: after })
  }
  for (const [kind, number] of counters)
    puts.push({ key: RECORD_NUMBERS[kind].key, value: { number } satisfies NumberRecord })
  const transaction = assemble(intent, puts, deletes, allocation, context)
  return ok({ outcomes, transaction })
}

/**
 * Numbers for a switch that connects: its own, and a conntrack zone for each routing domain of which it judges packets (zones
 * are per switch because switches of one host may share one connection table). No transaction where it has them all.
 * @param use False releases them and every zone that it has: the switch will not come back.
 */
export function proposeNumbers(
  intent: Intent,
  datapathId: string,
  context: WriteContext,
  use = true,
): Result<Proposal> {
  const networks = use ? networksJudgedBy(intent, datapathId, context) : intent.zones.byDatapath.all(datapathId)
  const zones = new Map([...networks].map((network) => [zoneName(datapathId, network), use]))
  return numbersOnly(intent, new Map([[datapathId, use]]), zones, context)
}

/**
 * Releases zones that a switch which connects has and needs no longer. Apart from proposeNumbers, so that it succeeds
 * where no zone can be given.
 */
export function proposeRelease(intent: Intent, datapathId: string, context: WriteContext): Result<Proposal> {
  if (context.zones?.mayBeGateway(datapathId) === true) return ok({ outcomes: [] })
  const needed = networksJudgedBy(intent, datapathId, context)
  const zones = new Map<string, boolean>()
  for (const network of intent.zones.byDatapath.all(datapathId))
    if (!needed.has(network)) zones.set(zoneName(datapathId, network), false)
  return numbersOnly(intent, new Map(), zones, context)
}

function networksJudgedBy(intent: Intent, datapathId: string, context: WriteContext): Set<string> {
  const needed = new Set<string>()
  for (const name of intent.interfacesByDatapath.all(datapathId))
    needed.add(domainOf(intent, intent.interfaces.get(name)!.network))
  for (const network of context.zones?.networksOf(datapathId) ?? []) needed.add(network)
  for (const gateway of context.zones?.gateways() ?? [])
    if (gateway === datapathId)
      for (const network of intent.interfacesByNetwork.keys()) needed.add(domainOf(intent, network))
  for (const network of [...needed]) if (!isUsed(intent, network)) needed.delete(network)
  return needed
}

/** Zones for where interfaces were found, as far as they are still missing and the switches are known. */
export function proposeZones(intent: Intent, wishes: readonly ZoneWish[], context: WriteContext): Result<Proposal> {
  const inUse = wishes.filter(({ network }) => isUsed(intent, network))
  return numbersOnly(intent, new Map(), zonesWanted(intent, inUse), context)
}

/** Whether a network of the routing domain has an interface. */
function isUsed(intent: Intent, domain: string): boolean {
  for (const network of networksIn(intent, domain)) {
    const isOfIt = domainOf(intent, network) === domain
    if (isOfIt && intent.interfacesByNetwork.all(network).size > 0) return true
  }
  return false
}

function numbersOnly(
  intent: Intent,
  switches: ReadonlyMap<string, boolean>,
  zones: ReadonlyMap<string, boolean>,
  context: WriteContext,
): Result<Proposal> {
  const allocation = new Allocation(intent, rulesOf(context))
  allocation.numbers('switch', switches)
  allocation.numbers('zone', zones)
  if (allocation.failure !== undefined) return { ok: false, failure: allocation.failure }
  if (allocation.puts.size === 0) return ok({ outcomes: [] })
  return ok({ outcomes: [], transaction: assemble(intent, [], [], allocation, context) })
}

/** The text that stands for a record's version. */
export function etagOf(intent: Intent, kind: RecordKind, name: string): string {
  return String(intent.modRevision(kind, name) ?? 0)
}

function targetOf(write: Write): { kind: RecordKind; name: string } {
  if (write.op === 'delete') return write
  return write.op === 'tags' ? { kind: 'interface', name: write.name } : write.record
}

type Step = Result<Pick<WriteOutcome, 'outcome' | 'record'>>

function step(intent: Intent, write: Write, context: WriteContext, counters: Map<RecordKind, number>): Step {
  const { kind, name } = targetOf(write)
  const before = intent.record(kind, name)
  if (write.op === 'create' && before !== undefined) return fail('ALREADY_EXISTS', { kind, name })
  const etag = write.op === 'create' ? undefined : write.etag
  if (etag !== undefined && etag !== '' && etag !== etagOf(intent, kind, name))
    return fail('ETAG_MISMATCH', { kind, name })
  if (before === undefined) {
    if (write.op === 'delete' && write.allowMissing === true) return ok({ outcome: 'unchanged', record: undefined })
    if (write.op === 'create' || (write.op === 'update' && write.allowMissing === true)) {
      return created(intent, write.record, context, counters)
    }
    return fail('NOT_FOUND', { kind, name })
  }
  if (write.op === 'delete') return ok({ outcome: 'deleted', record: before })
  const wanted = write.op === 'tags' ? retagged(intent, write) : ok(write.record as AnyDraft)
  return wanted.ok ? updated(before, wanted.value, context) : wanted
}

function created(intent: Intent, draft: AnyDraft, context: WriteContext, counters: Map<RecordKind, number>): Step {
  const { kind } = draft
  const { key, last } = RECORD_NUMBERS[kind]
  const number = (counters.get(kind) ?? intent.numberRecord(key)?.number ?? 0) + 1
  if (number > last) return fail('NUMBERS_SPENT', { space: `${kind}-numbers`, kind, limit: last })
  counters.set(kind, number)
  const { now, caller, owner } = context
  const record: AnyRecord = {
    ...draft,
    owner: owner ?? draft.owner,
    number,
    createTime: now,
    updateTime: now,
    updatedBy: caller,
  }
  return ok({ outcome: 'created', record })
}

function updated(before: AnyRecord, wanted: AnyDraft, { now, caller, owner }: WriteContext): Step {
  const draft = staged(before, wanted)
  const { number, createTime, updateTime, updatedBy } = before
  const same = { number, createTime, updateTime, updatedBy }
  const its = owner ?? (draft.owner === '' ? before.owner : draft.owner)
  const record: AnyRecord = { ...draft, owner: its, ...same }
  if (sameValue(record, before)) return ok({ outcome: 'unchanged', record: before })
  return ok({ outcome: 'updated', record: { ...record, updateTime: now, updatedBy: caller } })
}

/** Writers of a record do not say its stage, so it stays; who moves it does (validate.ts reads none). */
function staged(before: AnyRecord, draft: AnyDraft): AnyDraft {
  if (draft.kind !== 'interface' || before.kind !== 'interface') return draft
  const stage = draft.stage ?? before.stage
  return stage === undefined ? draft : { ...draft, tags: stagedTags(draft.tags, stage.stage), stage }
}

/** What the stage policies after the batch come to, as far as it is another than before. */
function derive(changes: Changes, context: WriteContext, counters: Map<RecordKind, number>): Result<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  if (changes.of('stagePolicy').next().done === true) return ok(outcomes)
  const { intent } = changes
  const wanted = derivedRecords(STAGES.flatMap((stage) => changes.get('stagePolicy', stage) ?? []))
  const { owner: _, ...own } = context
  for (const kind of ['vnp', 'policy'] as const) {
    for (const name of DERIVED[kind]) {
      const before = intent.record(kind, name)
      const draft = wanted.find((each) => each.kind === kind && each.name === name)
      if (before === undefined && draft === undefined) continue
      const step: Step =
        draft === undefined
          ? ok({ outcome: 'deleted', record: before })
          : before === undefined
            ? created(intent, draft, own, counters)
            : updated(before, draft, own)
      if (!step.ok) return step
      const { outcome, record } = step.value
      if (outcome === 'unchanged') continue
      outcomes.push({ outcome, kind, name, record })
      changes.set({ kind, name, before, after: outcome === 'deleted' ? undefined : record } as RecordChange)
    }
  }
  return ok(outcomes)
}

function retagged(intent: Intent, write: Extract<Write, { op: 'tags' }>): Result<AnyDraft> {
  const before = intent.interfaces.get(write.name)
  if (before === undefined) return fail('NOT_FOUND', { kind: 'interface', name: write.name })
  const own = write.add.find(isStageTag) ?? write.remove.find(isStageTag)
  if (own !== undefined)
    return invalid([{ field: 'tags', description: `${own} says the stage; move it with MoveStage` }])
  const removed = new Set(write.remove)
  const kept = write.replace === true ? [] : writtenTags(before.tags).filter((tag) => !removed.has(tag))
  const tags = tagSet([...kept, ...write.add])
  if (tags.length > TAG_LIMITS.perRecord) {
    return fail('TOO_MANY', { what: 'tags on one record', count: tags.length, limit: TAG_LIMITS.perRecord })
  }
  return ok({ ...before, tags })
}

function rulesOf({ now, quarantineMs, spaces = SPACES }: WriteContext): AllocationRules {
  return {
    now,
    quarantineMs: quarantineMs ?? DEFAULT_QUARANTINE_MS,
    zoneQuarantineMs: quarantineMs ?? ZONE_QUARANTINE_MS,
    spaces,
  }
}

function located(failure: Failure, index: number): { ok: false; failure: Failure } {
  return { ok: false, failure: { ...failure, details: { ...failure.details, index: String(index) } } }
}

function assemble(
  intent: Intent,
  puts: { key: string; value: unknown }[],
  deletes: string[],
  allocation: Allocation,
  { caller, method, requestId }: WriteContext,
): ProposedTransaction {
  for (const [key, value] of allocation.puts) puts.push({ key, value })
  for (const key of allocation.deletes) deletes.push(key)
  const expect = [...puts.map(({ key }) => key), ...deletes].map((key) => ({
    key,
    modRevision: intent.revisionOf(key),
  }))
  return { expect, puts, deletes, cause: { caller, method, ...(requestId === undefined ? {} : { requestId }) } }
}
