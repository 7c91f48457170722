/** InterfaceService: interface records, their tags, and where each interface is now. */
import { fail, ok, type Result } from '../../../model/errors.ts'
import type { InterfaceRecord } from '../../../model/records.ts'
import { matches } from '../../../model/selector.ts'
import { validateSelector, validateTags } from '../../../model/validate.ts'
import type { BatchUpdateInterfacesRequest__Output } from '../../../proto/gen/tagsteer/v1/BatchUpdateInterfacesRequest.ts'
import type { BatchUpdateInterfacesResponse } from '../../../proto/gen/tagsteer/v1/BatchUpdateInterfacesResponse.ts'
import type { CreateInterfaceRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateInterfaceRequest.ts'
import type { DeleteInterfaceRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteInterfaceRequest.ts'
import type { GetInterfaceRequest__Output } from '../../../proto/gen/tagsteer/v1/GetInterfaceRequest.ts'
import type { Interface } from '../../../proto/gen/tagsteer/v1/Interface.ts'
import type { InterfaceStatus } from '../../../proto/gen/tagsteer/v1/InterfaceStatus.ts'
import type { ListInterfacesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListInterfacesRequest.ts'
import type { ListInterfacesResponse } from '../../../proto/gen/tagsteer/v1/ListInterfacesResponse.ts'
import type { SetTagsRequest__Output } from '../../../proto/gen/tagsteer/v1/SetTagsRequest.ts'
import type { UpdateInterfaceRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateInterfaceRequest.ts'
import { effectiveTags, sourcedTags } from '../../policy/effective-tags.ts'
import type { Write } from '../../policy/propose.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readMasked } from '../mask.ts'
import { interfaceMessage, sourcedTagMessage } from '../messages.ts'
import {
  createRecord,
  deleteRecord,
  type Found,
  getRecord,
  listRecords,
  updateRecord,
  updateWrite,
  writeRequest,
} from '../records.ts'
import type { ServiceMethods } from '../server.ts'

/** Records in one batch. */
const MAX_BATCH = 1000

export function interfaceService(deps: ApiDependencies): ServiceMethods {
  const message = ({ record, revision }: Found<'interface'>): Interface => ({
    ...interfaceMessage(record, revision),
    status: interfaceStatus(deps, record),
  })
  const answer = (result: Result<Found<'interface'>>): Result<Interface> =>
    result.ok ? ok(message(result.value)) : result

  async function setTags(request: SetTagsRequest__Output, context: CallContext): Promise<Result<Interface>> {
    const add = validateTags(request.add, 'add')
    if (!add.ok) return add
    const remove = validateTags(request.remove, 'remove')
    if (!remove.ok) return remove
    const { name, replace, etag } = request
    const manner = writeRequest(context, request, [name, request.add, request.remove, replace, etag])
    if (!manner.ok) return manner
    const write: Write = { op: 'tags', name, add: add.value, remove: remove.value, replace, etag }
    const written = await deps.writer.write(() => ok([write]), manner.value)
    if (!written.ok) return written
    const [outcome] = written.value.outcomes
    const record = outcome?.record as InterfaceRecord
    return answer(ok({ record, revision: outcome!.revision }))
  }

  async function batchUpdate(
    request: BatchUpdateInterfacesRequest__Output,
    context: CallContext,
  ): Promise<Result<BatchUpdateInterfacesResponse>> {
    const { requests } = request
    if (requests.length > MAX_BATCH)
      return fail('TOO_MANY', { what: 'requests in one batch', count: requests.length, limit: MAX_BATCH })
    const manner = writeRequest(context, request, requests)
    if (!manner.ok) return manner
    const written = await deps.writer.write((intent) => {
      const writes: Write[] = []
      for (const [index, each] of requests.entries()) {
        const write = updateWrite(intent, 'interface', each.interface, each)
        if (!write.ok) return { ok: false, failure: at(write.failure, index) }
        writes.push(write.value)
      }
      return ok(writes)
    }, manner.value)
    if (!written.ok) return written
    const { outcomes, generation } = written.value
    const interfaces = outcomes.map((outcome) =>
      message({ record: outcome.record as InterfaceRecord, revision: outcome.revision }),
    )
    return ok({ interfaces, generation: String(generation) })
  }

  function list(request: ListInterfacesRequest__Output): Result<ListInterfacesResponse> {
    const selector = validateSelector(request.selector ?? {}, 'selector')
    if (!selector.ok) return selector
    const vnp = request.vnp === '' ? undefined : deps.intent.vnps.get(request.vnp)
    if (request.vnp !== '' && vnp === undefined) return fail('NOT_FOUND', { kind: 'vnp', name: request.vnp })
    const query = JSON.stringify([selector.value, request.vnp])
    const keep = (record: InterfaceRecord): boolean => {
      const set = new Set(effectiveTags(deps.intent, record))
      return matches(selector.value, set) && (vnp === undefined || matches(vnp.selector, set))
    }
    const listed = listRecords(deps, 'interface', request, query, keep)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ interfaces: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  return {
    GetInterface: { unary: ({ name }: GetInterfaceRequest__Output) => answer(getRecord(deps, 'interface', name)) },
    ListInterfaces: { unary: list },
    CreateInterface: {
      unary: async (request: CreateInterfaceRequest__Output, context: CallContext) =>
        answer(await createRecord(deps, 'interface', request.interface, request, context)),
    },
    UpdateInterface: {
      unary: async (request: UpdateInterfaceRequest__Output, context: CallContext) =>
        answer(await updateRecord(deps, 'interface', request.interface, request, context)),
    },
    DeleteInterface: {
      unary: (request: DeleteInterfaceRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'interface', request, context),
    },
    SetTags: { unary: setTags },
    BatchUpdateInterfaces: { unary: batchUpdate },
  }
}

/** Where an interface is, who it is in the data path, and which partitions it belongs to. */
function interfaceStatus({ network, intent }: ApiDependencies, record: InterfaceRecord): InterfaceStatus {
  const { name } = record
  const tags = sourcedTags(intent, record).map(sourcedTagMessage)
  const place = network.observed.places.get(name)
  const identity = intent.identityOf(name)
  const vnps = intent.vnpsOf(identity).map((vnp) => vnp.name)
  if (place === undefined)
    return { attached: false, datapathId: '', port: 0, portName: '', identity, vnps, switchName: '', tags }
  const { datapathId, port } = place
  const portName = network.observed.datapaths.get(datapathId)?.ports.get(port)?.name ?? ''
  return { attached: true, datapathId, port, portName, identity, vnps, switchName: network.nameOf(datapathId), tags }
}

function at<F extends { details: Record<string, string>; violations?: { field: string; description: string }[] }>(
  failure: F,
  index: number,
): F {
  const violations = failure.violations?.map(({ field, description }) => ({
    field: `requests[${index}].${field}`,
    description,
  }))
  return { ...failure, details: { ...failure.details, index: String(index) }, ...(violations && { violations }) }
}
