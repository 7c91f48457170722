/** NetworkService: routers and subnets of networks. */
import { ok, type Result } from '../../../model/errors.ts'
import type { CreateNetworkRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateNetworkRequest.ts'
import type { DeleteNetworkRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteNetworkRequest.ts'
import type { GetNetworkRequest__Output } from '../../../proto/gen/tagsteer/v1/GetNetworkRequest.ts'
import type { ListNetworksRequest__Output } from '../../../proto/gen/tagsteer/v1/ListNetworksRequest.ts'
import type { ListNetworksResponse } from '../../../proto/gen/tagsteer/v1/ListNetworksResponse.ts'
import type { Network } from '../../../proto/gen/tagsteer/v1/Network.ts'
import type { UpdateNetworkRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateNetworkRequest.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readMasked } from '../mask.ts'
import { networkMessage } from '../messages.ts'
import { createRecord, deleteRecord, type Found, getRecord, listRecords, updateRecord } from '../records.ts'
import type { ServiceMethods } from '../server.ts'

export function networkService(deps: ApiDependencies): ServiceMethods {
  const message = ({ record, revision }: Found<'network'>): Network => ({
    ...networkMessage(record, revision),
    interfaceCount: deps.intent.interfacesByNetwork.all(record.name).size,
  })
  const answer = (result: Result<Found<'network'>>): Result<Network> => (result.ok ? ok(message(result.value)) : result)

  function list(request: ListNetworksRequest__Output): Result<ListNetworksResponse> {
    const listed = listRecords(deps, 'network', request)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ networks: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  return {
    GetNetwork: { unary: ({ name }: GetNetworkRequest__Output) => answer(getRecord(deps, 'network', name)) },
    ListNetworks: { unary: list },
    CreateNetwork: {
      unary: async (request: CreateNetworkRequest__Output, context: CallContext) =>
        answer(await createRecord(deps, 'network', request.network, request, context)),
    },
    UpdateNetwork: {
      unary: async (request: UpdateNetworkRequest__Output, context: CallContext) =>
        answer(await updateRecord(deps, 'network', request.network, request, context)),
    },
    DeleteNetwork: {
      unary: (request: DeleteNetworkRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'network', request, context),
    },
  }
}
