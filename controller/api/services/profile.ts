/** ProfileService: what instances are like, as far as choosing a NAP goes. */
import { ok, type Result } from '../../../model/errors.ts'
import type { CreateProfileRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateProfileRequest.ts'
import type { DeleteProfileRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteProfileRequest.ts'
import type { GetProfileRequest__Output } from '../../../proto/gen/tagsteer/v1/GetProfileRequest.ts'
import type { ListProfilesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListProfilesRequest.ts'
import type { ListProfilesResponse } from '../../../proto/gen/tagsteer/v1/ListProfilesResponse.ts'
import type { Profile } from '../../../proto/gen/tagsteer/v1/Profile.ts'
import type { UpdateProfileRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateProfileRequest.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readMasked } from '../mask.ts'
import { profileMessage } from '../messages.ts'
import { createRecord, deleteRecord, type Found, getRecord, listRecords, updateRecord } from '../records.ts'
import type { ServiceMethods } from '../server.ts'

export function profileService(deps: ApiDependencies): ServiceMethods {
  const message = ({ record, revision }: Found<'profile'>): Profile => profileMessage(record, revision)
  const answer = (result: Result<Found<'profile'>>): Result<Profile> => (result.ok ? ok(message(result.value)) : result)

  function list(request: ListProfilesRequest__Output): Result<ListProfilesResponse> {
    const listed = listRecords(deps, 'profile', request)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ profiles: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  return {
    GetProfile: { unary: ({ name }: GetProfileRequest__Output) => answer(getRecord(deps, 'profile', name)) },
    ListProfiles: { unary: list },
    CreateProfile: {
      unary: async (request: CreateProfileRequest__Output, context: CallContext) =>
        answer(await createRecord(deps, 'profile', request.profile, request, context)),
    },
    UpdateProfile: {
      unary: async (request: UpdateProfileRequest__Output, context: CallContext) =>
        answer(await updateRecord(deps, 'profile', request.profile, request, context)),
    },
    DeleteProfile: {
      unary: (request: DeleteProfileRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'profile', request, context),
    },
  }
}
