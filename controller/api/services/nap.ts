/** NapService: network address pools, and how many of their addresses are in which state. */
import { ADDRESS_STATES, type Pool } from '../../../ipam/ledger.ts'
import { levelOf, usedShare } from '../../../ipam/watermarks.ts'
import { fail, ok, type Result } from '../../../model/errors.ts'
import type { CreateNapRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateNapRequest.ts'
import type { DeleteNapRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteNapRequest.ts'
import type { GetNapRequest__Output } from '../../../proto/gen/tagsteer/v1/GetNapRequest.ts'
import type { GetUtilisationRequest__Output } from '../../../proto/gen/tagsteer/v1/GetUtilisationRequest.ts'
import type { ListNapsRequest__Output } from '../../../proto/gen/tagsteer/v1/ListNapsRequest.ts'
import type { ListNapsResponse } from '../../../proto/gen/tagsteer/v1/ListNapsResponse.ts'
import type { Nap } from '../../../proto/gen/tagsteer/v1/Nap.ts'
import type { NapUtilisation } from '../../../proto/gen/tagsteer/v1/NapUtilisation.ts'
import type { UpdateNapRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateNapRequest.ts'
import type { Utilisation } from '../../../proto/gen/tagsteer/v1/Utilisation.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readMasked } from '../mask.ts'
import { napMessage } from '../messages.ts'
import { createRecord, deleteRecord, type Found, getRecord, listRecords, updateRecord } from '../records.ts'
import type { ServiceMethods } from '../server.ts'

export function napService(deps: ApiDependencies): ServiceMethods {
  const message = ({ record, revision }: Found<'nap'>): Nap => napMessage(record, revision)
  const answer = (result: Result<Found<'nap'>>): Result<Nap> => (result.ok ? ok(message(result.value)) : result)

  function list(request: ListNapsRequest__Output): Result<ListNapsResponse> {
    const listed = listRecords(deps, 'nap', request)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ naps: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  async function utilisation({ nap }: GetUtilisationRequest__Output): Promise<Result<Utilisation>> {
    const looked = await deps.writer.look(({ book, intent }) => {
      const named = intent.naps.get(nap)
      const ledgers = nap === '' ? [...book.ledgers()] : named === undefined ? [] : [book.ledger(named.network)!]
      const pools = ledgers.flatMap((ledger) => [...ledger.pools.values()])
      return { naps: pools.filter((pool) => nap === '' || pool.nap.name === nap).map(utilisationOf) }
    })
    if (!looked.ok) return looked
    const { naps, generation } = looked.value
    if (nap !== '' && naps.length === 0) return fail('NOT_FOUND', { kind: 'nap', name: nap })
    naps.sort((a, b) => ((a.nap ?? '') < (b.nap ?? '') ? -1 : 1))
    return ok({ naps, generation: String(generation) })
  }

  return {
    GetNap: { unary: ({ name }: GetNapRequest__Output) => answer(getRecord(deps, 'nap', name)) },
    ListNaps: { unary: list },
    CreateNap: {
      unary: async (request: CreateNapRequest__Output, context: CallContext) =>
        answer(await createRecord(deps, 'nap', request.nap, request, context)),
    },
    UpdateNap: {
      unary: async (request: UpdateNapRequest__Output, context: CallContext) =>
        answer(await updateRecord(deps, 'nap', request.nap, request, context)),
    },
    DeleteNap: {
      unary: (request: DeleteNapRequest__Output, context: CallContext) => deleteRecord(deps, 'nap', request, context),
    },
    GetUtilisation: { unary: utilisation },
  }
}

function utilisationOf(pool: Pool): NapUtilisation {
  const { nap, size, counts } = pool
  const states = Object.fromEntries(ADDRESS_STATES.map((state) => [state, String(counts[state])]))
  return {
    ...{ nap: nap.name, network: nap.network, size: String(size), ...states, used: usedShare(pool) },
    pressure: `PRESSURE_${levelOf(pool).toUpperCase()}` as NonNullable<NapUtilisation['pressure']>,
    watermarks: nap.watermarks,
  }
}
