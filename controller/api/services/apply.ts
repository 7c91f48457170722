/**
 * ApplyService: any number of records of any kind in one generation, all or nothing. Pruning is computed against the
 * newest intent inside the store's own step, so that a record written meanwhile cannot escape or be lost. And what the
 * same request would do, without doing it.
 */
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { RECORD_KINDS, type RecordKind } from '../../../model/records.ts'
import { type AnyDraft, validateRecord } from '../../../model/validate.ts'
import type { ApplyRequest__Output } from '../../../proto/gen/tagsteer/v1/ApplyRequest.ts'
import type { ApplyResponse } from '../../../proto/gen/tagsteer/v1/ApplyResponse.ts'
import type { PlanRequest__Output } from '../../../proto/gen/tagsteer/v1/PlanRequest.ts'
import type { PlanResponse } from '../../../proto/gen/tagsteer/v1/PlanResponse.ts'
import type { Record__Output } from '../../../proto/gen/tagsteer/v1/Record.ts'
import type { Intent } from '../../policy/intent.ts'
import type { Write } from '../../policy/propose.ts'
import type { WriteRequest } from '../../write.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { findingMessage } from '../findings.ts'
import { recordMessage } from '../messages.ts'
import { planMessage } from '../planned.ts'
import { prefixed, writeRequest } from '../records.ts'
import type { ServiceMethods } from '../server.ts'

export const MAX_RECORDS = 10_000
/** Results of more than these do without the records: the answer would exceed what most clients receive (4 MiB). */
const MAX_TOLD = 1000
/** What a plan tells of each list unless asked for more or less. */
const TOLD = 20
/** Records that are read in one turn of the event loop. */
const PER_TURN = 500

interface Wish {
  draft: AnyDraft
  etag: string
}

export function applyService(deps: ApiDependencies): ServiceMethods {
  /** What a request wishes, as a function of the newest intent, and who asks. */
  async function read(
    request: ApplyRequest__Output,
    context: CallContext,
  ): Promise<Result<{ decide: (intent: Intent) => Result<Write[]>; manner: WriteRequest }>> {
    const count = request.records.length + request.deletions.length
    if (count > MAX_RECORDS) return fail('TOO_MANY', { what: 'records in one request', count, limit: MAX_RECORDS })
    if (request.prune && request.owner === '')
      return invalid([{ field: 'owner', description: 'is needed to prune: only records of one owner are deleted' }])
    const wishes = await readRecords(request.records)
    if (!wishes.ok) return wishes
    const deletions = readDeletions(request.deletions)
    if (!deletions.ok) return deletions
    const kinds = new Set<RecordKind>([
      ...wishes.value.map(({ draft }) => draft.kind),
      ...deletions.value.map(({ kind }) => kind),
    ])
    const forbidden = context.caller.role === 'admin' ? undefined : [...kinds].find((kind) => kind !== 'interface')
    if (forbidden !== undefined || (request.prune && context.caller.role !== 'admin')) {
      return fail('FORBIDDEN', {
        role: context.caller.role,
        method: `${context.method} of ${forbidden ?? 'prune'}`,
        roles: 'admin',
      })
    }
    const manner = writeRequest(context, request, request, request.owner)
    if (!manner.ok) return manner
    return ok({
      decide: (intent) => ok(writesOf(intent, wishes.value, deletions.value, request)),
      manner: manner.value,
    })
  }

  async function plan(request: PlanRequest__Output, context: CallContext): Promise<Result<PlanResponse>> {
    const { change, thorough } = request
    if (change === null)
      return invalid([{ field: 'change', description: 'is needed: the request that Apply would get' }])
    if (request.limit > MAX_TOLD)
      return invalid([{ field: 'limit', description: `must not be greater than ${MAX_TOLD}` }])
    const limit = request.limit === 0 ? TOLD : request.limit
    const wish = await read(change, context)
    if (!wish.ok) return wish
    const { manner } = wish.value
    // Planned as it would be written: interfaces keep the addresses that they hold by lease.
    const decide = (intent: Intent): Result<Write[]> => {
      const writes = wish.value.decide(intent)
      return writes.ok ? deps.writer.keepLeased(writes.value) : writes
    }
    const planned = await deps.planner.plan(decide, manner, { limit, thorough, signal: context.signal })
    return planned.ok ? ok(planMessage(planned.value, limit, deps.network.nameOf)) : planned
  }

  async function apply(request: ApplyRequest__Output, context: CallContext): Promise<Result<ApplyResponse>> {
    const wish = await read(request, context)
    if (!wish.ok) return wish
    const { decide, manner } = wish.value
    const written = await deps.writer.write(decide, manner)
    if (!written.ok) return written
    const { generation, outcomes, warnings } = written.value
    const told = request.validateOnly || outcomes.length <= MAX_TOLD
    return ok({
      generation: String(generation),
      warnings: warnings.map(findingMessage),
      results: outcomes.map((outcome) => {
        const { kind, name, before, record } = outcome
        const deleted = outcome.outcome === 'deleted'
        return {
          kind,
          name,
          outcome: `OUTCOME_${outcome.outcome.toUpperCase()}` as 'OUTCOME_CREATED',
          ...(before === undefined || !told ? {} : { before: recordMessage(before, 0) }),
          ...(record === undefined || deleted || !told ? {} : { after: recordMessage(record, outcome.revision) }),
        }
      }),
    })
  }
  return { Apply: { unary: apply }, Plan: { unary: plan } }
}

/** Records of a request, validated. */
export async function readRecords(records: readonly Record__Output[]): Promise<Result<Wish[]>> {
  const wishes: Wish[] = []
  for (const [index, each] of records.entries()) {
    if (index % PER_TURN === PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve))
    const kind = RECORD_KINDS.find((known) => each[known] !== undefined && each[known] !== null)
    const path = `records[${index}]`
    if (kind === undefined) return invalid([{ field: path, description: 'holds no record' }])
    const message = each[kind] as { etag?: string }
    const draft = validateRecord(kind, message)
    if (!draft.ok) return prefixed(draft, `${path}.${kind}`)
    wishes.push({ draft: draft.value, etag: message.etag ?? '' })
  }
  return ok(wishes)
}

/** Deletions of a request. */
export function readDeletions(
  deletions: readonly { kind: string; name: string }[],
): Result<{ kind: RecordKind; name: string }[]> {
  const read: { kind: RecordKind; name: string }[] = []
  for (const [index, { kind, name }] of deletions.entries()) {
    const known = RECORD_KINDS.find((each) => each === kind)
    if (known === undefined) {
      return invalid([{ field: `deletions[${index}].kind`, description: `must be one of ${RECORD_KINDS.join(', ')}` }])
    }
    read.push({ kind: known, name })
  }
  return ok(read)
}

/** The writes of a request against an intent. */
export function writesOf(
  intent: Intent,
  wishes: readonly Wish[],
  deletions: readonly { kind: RecordKind; name: string }[],
  { allowMissing, prune, owner }: Pick<ApplyRequest__Output, 'allowMissing' | 'prune' | 'owner'>,
): Write[] {
  const writes: Write[] = wishes.map(({ draft, etag }) => ({ op: 'update', record: draft, etag, allowMissing: true }))
  for (const { kind, name } of deletions) writes.push({ op: 'delete', kind, name, allowMissing })
  if (!prune) return writes
  const named = new Set([
    ...wishes.map(({ draft }) => `${draft.kind}/${draft.name}`),
    ...deletions.map(({ kind, name }) => `${kind}/${name}`),
  ])
  const all = RECORD_KINDS.flatMap((kind) => [...intent.all(kind).values()])
  for (const record of all) {
    if (record.owner === owner && !named.has(`${record.kind}/${record.name}`))
      writes.push({ op: 'delete', kind: record.kind, name: record.name })
  }
  return writes
}
