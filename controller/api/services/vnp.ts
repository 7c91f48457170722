/** VnpService: virtual network partitions. */
import { ok, type Result } from '../../../model/errors.ts'
import type { CreateVnpRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateVnpRequest.ts'
import type { DeleteVnpRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteVnpRequest.ts'
import type { GetVnpRequest__Output } from '../../../proto/gen/tagsteer/v1/GetVnpRequest.ts'
import type { ListVnpsRequest__Output } from '../../../proto/gen/tagsteer/v1/ListVnpsRequest.ts'
import type { ListVnpsResponse } from '../../../proto/gen/tagsteer/v1/ListVnpsResponse.ts'
import type { UpdateVnpRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateVnpRequest.ts'
import type { Vnp } from '../../../proto/gen/tagsteer/v1/Vnp.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { findingMessage } from '../findings.ts'
import { readMasked } from '../mask.ts'
import { vnpMessage } from '../messages.ts'
import {
  createRecord,
  deleteRecord,
  type Found,
  getRecord,
  listRecords,
  updateRecord,
  type WrittenOne,
} from '../records.ts'
import type { ServiceMethods } from '../server.ts'

export function vnpService(deps: ApiDependencies): ServiceMethods {
  const { intent } = deps
  const members = (name: string): number => {
    let count = 0
    for (const identity of intent.membersOf(name)) count += intent.usersOf(identity).size
    return count
  }
  const message = ({ record, revision }: Found<'vnp'>): Vnp => ({
    ...vnpMessage(record, revision),
    memberCount: members(record.name),
  })
  const answer = (result: Result<Found<'vnp'>>): Result<Vnp> => (result.ok ? ok(message(result.value)) : result)
  const told = (result: Result<WrittenOne<'vnp'>>): Result<Vnp> =>
    result.ok ? ok({ ...message(result.value), warnings: result.value.warnings.map(findingMessage) }) : result

  function list(request: ListVnpsRequest__Output): Result<ListVnpsResponse> {
    const listed = listRecords(deps, 'vnp', request)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ vnps: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  return {
    GetVnp: { unary: ({ name }: GetVnpRequest__Output) => answer(getRecord(deps, 'vnp', name)) },
    ListVnps: { unary: list },
    CreateVnp: {
      unary: async (request: CreateVnpRequest__Output, context: CallContext) =>
        told(await createRecord(deps, 'vnp', request.vnp, request, context)),
    },
    UpdateVnp: {
      unary: async (request: UpdateVnpRequest__Output, context: CallContext) =>
        told(await updateRecord(deps, 'vnp', request.vnp, request, context)),
    },
    DeleteVnp: {
      unary: (request: DeleteVnpRequest__Output, context: CallContext) => deleteRecord(deps, 'vnp', request, context),
    },
  }
}
