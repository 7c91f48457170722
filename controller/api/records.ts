/**
 * The five verbs that every kind of record has, once: get, list, create, update, delete. Services add what their kind
 * has besides. Reads come from the store's durable state; writes go through the writer, which decides against the newest.
 */
import { fail, invalid, ok, type Result } from '../../model/errors.ts'
import { type AnyRecord, PREFIX, type RecordKind, type RecordOf } from '../../model/records.ts'
import { type AnyDraft, validateRecord } from '../../model/validate.ts'
import { loadServices } from '../../proto/index.ts'
import type { Finding } from '../policy/conflicts.ts'
import type { Intent } from '../policy/intent.ts'
import type { Write } from '../policy/propose.ts'
import type { WriteRequest, Written } from '../write.ts'
import type { CallContext } from './call.ts'
import type { ApiDependencies } from './deps.ts'
import { mergeMasked } from './mask.ts'
import { ownFields } from './messages.ts'
import { nextToken, readPage } from './page.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The parts of a request that say how to write rather than what. */
interface Manner {
  requestId: string
  validateOnly: boolean
}

export interface Found<K extends RecordKind> {
  record: RecordOf<K>
  /** Revision of its last write: etag and generation. */
  revision: number
}

/** The writer's view of a call, or what is wrong with the request id. */
export function writeRequest(context: CallContext, manner: Manner, body: unknown, owner = ''): Result<WriteRequest> {
  if (manner.requestId !== '' && !UUID.test(manner.requestId)) {
    return invalid([{ field: 'request_id', description: 'must be a UUID, as in 8c6a6f0e-4f6e-4c1c-9a57-6f2a8f1f8b11' }])
  }
  return ok({
    caller: context.caller.name,
    method: context.method,
    requestId: manner.requestId.toLowerCase(),
    body,
    validateOnly: manner.validateOnly,
    ...(owner === '' ? {} : { owner }),
  })
}

export function getRecord<K extends RecordKind>({ store }: ApiDependencies, kind: K, name: string): Result<Found<K>> {
  const entry = store.get<RecordOf<K>>(PREFIX[kind] + name)
  if (entry === undefined) return fail('NOT_FOUND', { kind, name })
  return ok({ record: entry.value, revision: entry.modRevision })
}

export interface Listed<K extends RecordKind> {
  found: Found<K>[]
  nextPageToken: string
  generation: string
}

/** One page, by name, of the records that `keep` wants. `query` is everything else that selects the list. */
export function listRecords<K extends RecordKind>(
  { store }: ApiDependencies,
  kind: K,
  request: { pageSize: number; pageToken: string },
  query = '',
  keep: (record: RecordOf<K>) => boolean = () => true,
): Result<Listed<K>> {
  const page = readPage(request.pageSize, request.pageToken, `${kind}?${query}`)
  if (!page.ok) return page
  const prefix = PREFIX[kind]
  const found: Found<K>[] = []
  let after = page.value.after === undefined ? undefined : prefix + page.value.after
  const generation = String(store.revision())
  for (;;) {
    const limit = page.value.size + 1
    const entries = store.list<RecordOf<K>>(prefix, after === undefined ? { limit } : { after, limit })
    for (const { value: record, modRevision } of entries) {
      if (!keep(record)) continue
      if (found.length === page.value.size) {
        return ok({ found, nextPageToken: nextToken(`${kind}?${query}`, found.at(-1)!.record.name), generation })
      }
      found.push({ record, revision: modRevision })
    }
    if (entries.length < limit) return ok({ found, nextPageToken: '', generation })
    after = entries.at(-1)!.key
  }
}

/** What one write became, with the generation that holds it. */
export interface WrittenOne<K extends RecordKind> extends Found<K> {
  /** Conflicts among rules that the write brings. */
  warnings: Finding[]
  generation: number
}

function single<K extends RecordKind>(written: Result<Written>): Result<WrittenOne<K>> {
  if (!written.ok) return written
  const { generation, outcomes, warnings } = written.value
  const [outcome] = outcomes
  if (outcome?.record === undefined) return fail('INTERNAL', { reason: 'a write without outcome' })
  return ok({ record: outcome.record as RecordOf<K>, revision: outcome.revision, generation, warnings })
}

export async function createRecord<K extends RecordKind>(
  deps: ApiDependencies,
  kind: K,
  message: object | null,
  manner: Manner,
  context: CallContext,
): Promise<Result<WrittenOne<K>>> {
  const draft = validateRecord(kind, message ?? {})
  if (!draft.ok) return prefixed(draft, kind)
  const request = writeRequest(context, manner, [kind, message])
  if (!request.ok) return request
  return single(await deps.writer.write(() => ok([{ op: 'create', record: draft.value }]), request.value))
}

interface UpdateRequest extends Manner {
  allowMissing: boolean
  updateMask?: { paths: string[] } | null
}

export async function updateRecord<K extends RecordKind>(
  deps: ApiDependencies,
  kind: K,
  message: (object & { name?: string; etag?: string }) | null,
  update: UpdateRequest,
  context: CallContext,
): Promise<Result<WrittenOne<K>>> {
  const request = writeRequest(context, update, [kind, message, update.updateMask?.paths ?? [], update.allowMissing])
  if (!request.ok) return request
  const decide = (intent: Intent): Result<Write[]> => {
    const write = updateWrite(intent, kind, message, update)
    return write.ok ? ok([write.value]) : write
  }
  return single(await deps.writer.write(decide, request.value))
}

/** The write of one update request against the newest intent. */
export function updateWrite(
  intent: Intent,
  kind: RecordKind,
  message: (object & { name?: string; etag?: string }) | null,
  { allowMissing, updateMask }: Pick<UpdateRequest, 'allowMissing' | 'updateMask'>,
): Result<Write> {
  const given = (message ?? {}) as Record<string, unknown>
  const base = intent.record(kind, String(given['name'] ?? ''))
  const paths = updateMask?.paths ?? []
  let whole = given
  if (paths.length > 0) {
    const merged = mergeMasked(
      base === undefined ? { name: given['name'] } : ownFields(base),
      given,
      paths,
      fieldsOf(kind),
    )
    if (!merged.ok) return merged
    whole = merged.value
  }
  const draft = validateRecord(kind, whole)
  if (!draft.ok) return prefixed(draft, kind)
  return ok({ op: 'update', record: draft.value, etag: message?.etag ?? '', allowMissing })
}

interface DeleteRequest extends Manner {
  name: string
  etag: string
  allowMissing: boolean
}

export async function deleteRecord(
  deps: ApiDependencies,
  kind: RecordKind,
  { name, etag, allowMissing, ...manner }: DeleteRequest,
  context: CallContext,
): Promise<Result<{ generation: string }>> {
  const request = writeRequest(context, manner, [kind, name, etag, allowMissing])
  if (!request.ok) return request
  const written = await deps.writer.write(() => ok([{ op: 'delete', kind, name, etag, allowMissing }]), request.value)
  return written.ok ? ok({ generation: String(written.value.generation) }) : written
}

/** Paths of a record's violations from the request's root: `interface.mac`. */
export function prefixed(
  failed: Result<AnyDraft> & { ok: false },
  path: string,
): { ok: false; failure: typeof failed.failure } {
  const { violations } = failed.failure
  return violations === undefined
    ? failed
    : invalid(
        violations.map(({ field, description }) => ({
          field: field === 'record' ? path : `${path}.${field}`,
          description,
        })),
      )
}

const MESSAGE: Readonly<Record<RecordKind, string>> = {
  interface: 'tagsteer.v1.Interface',
  vnp: 'tagsteer.v1.Vnp',
  policy: 'tagsteer.v1.Policy',
  switch: 'tagsteer.v1.Switch',
  network: 'tagsteer.v1.Network',
  nap: 'tagsteer.v1.Nap',
  profile: 'tagsteer.v1.Profile',
  stagePolicy: 'tagsteer.v1.StagePolicy',
}

/** Field names (camelCase) of a record's message. */
function fieldsOf(kind: AnyRecord['kind']): string[] {
  const rows = loadServices().descriptors.messages.get(MESSAGE[kind])
  return [...(rows?.values() ?? [])].map(({ name }) =>
    name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  )
}
