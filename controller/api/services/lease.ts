/**
 * LeaseService: addresses given out of NAPs, one by one, in batches and over streams, renewed and taken back; which NAP a
 * profile would get. What is asked in one message of a stream is decided and written together, and answered each for
 * itself.
 */
import { leaseKey } from '../../../model/address-key.ts'
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { type Lease as LeaseRecord, type LeaseState, PREFIX } from '../../../model/records.ts'
import { DEFAULT_NETWORK } from '../../../model/validate.ts'
import type { AllocateRequest__Output } from '../../../proto/gen/tagsteer/v1/AllocateRequest.ts'
import type { BatchAllocateRequest__Output } from '../../../proto/gen/tagsteer/v1/BatchAllocateRequest.ts'
import type { BatchAllocateResponse } from '../../../proto/gen/tagsteer/v1/BatchAllocateResponse.ts'
import type { GetLeaseHistoryRequest__Output } from '../../../proto/gen/tagsteer/v1/GetLeaseHistoryRequest.ts'
import type { GetLeaseRequest__Output } from '../../../proto/gen/tagsteer/v1/GetLeaseRequest.ts'
import type { Lease } from '../../../proto/gen/tagsteer/v1/Lease.ts'
import type { LeaseHistory } from '../../../proto/gen/tagsteer/v1/LeaseHistory.ts'
import type { ListLeasesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListLeasesRequest.ts'
import type { ListLeasesResponse } from '../../../proto/gen/tagsteer/v1/ListLeasesResponse.ts'
import type { ReleaseRequest__Output } from '../../../proto/gen/tagsteer/v1/ReleaseRequest.ts'
import type { SelectNapRequest__Output } from '../../../proto/gen/tagsteer/v1/SelectNapRequest.ts'
import type { SelectNapResponse } from '../../../proto/gen/tagsteer/v1/SelectNapResponse.ts'
import type { StreamAllocateRequest__Output } from '../../../proto/gen/tagsteer/v1/StreamAllocateRequest.ts'
import type { StreamAllocateResponse } from '../../../proto/gen/tagsteer/v1/StreamAllocateResponse.ts'
import {
  type AddressAsk,
  allocate,
  allocateEach,
  askedAddress,
  change,
  MAX_ASKS,
  runsOf,
  scores,
} from '../../addresses/leases.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { leaseHistory } from '../lease-history.ts'
import { leaseMessage, timestamp } from '../messages.ts'
import { nextToken, readPage } from '../page.ts'
import { writeRequest } from '../records.ts'
import type { ServiceMethods } from '../server.ts'
import { rpcStatus } from '../status.ts'

/** Requests of one stream that are served at once. */
export const STREAM_WINDOW = 4096

export function leaseService(deps: ApiDependencies): ServiceMethods {
  const { store, writer } = deps

  async function give(
    asks: Result<AddressAsk[]>,
    manner: { requestId: string; validateOnly: boolean },
    body: unknown,
    context: CallContext,
  ): Promise<Result<BatchAllocateResponse>> {
    if (!asks.ok) return asks
    const request = writeRequest(context, manner, body)
    if (!request.ok) return request
    const written = await writer.lease((view) => allocate(view, asks.value), request.value)
    if (!written.ok) return written
    const { generation, leases = [] } = written.value
    return ok({ leases: leases.map((lease) => leaseMessage(lease, generation)), generation: String(generation) })
  }

  async function one(request: AllocateRequest__Output, context: CallContext): Promise<Result<Lease>> {
    const ask = readAsk(request, '')
    const { requestId: _, ...body } = request
    const given = await give(ask.ok ? ok([ask.value]) : ask, request, body, context)
    return given.ok ? ok(given.value.leases![0]!) : given
  }

  function batch(request: BatchAllocateRequest__Output, context: CallContext): Promise<Result<BatchAllocateResponse>> {
    const { requests, requestId: _, ...rest } = request
    return give(readBatch(requests), request, [requests, rest], context)
  }

  /** Each by itself, in one write. Where that is refused as a whole, in writes of their own. */
  async function giveEach(asks: readonly AddressAsk[], context: CallContext): Promise<Result<Lease>[]> {
    const request = { caller: context.caller.name, method: context.method }
    let each: Result<LeaseRecord>[] = []
    const written = await writer.lease((view) => {
      const given = allocateEach(view, asks)
      each = given.each
      return given.leasing
    }, request)
    if (written.ok) {
      const { generation } = written.value
      return each.map((given) => (given.ok ? ok(leaseMessage(given.value, generation)) : given))
    }
    if (asks.length === 1 || written.failure.code === 'STORE_FAILED') return asks.map(() => written)
    const alone = await Promise.all(asks.map((ask) => giveEach([ask], context)))
    return alone.flat()
  }

  async function stream(
    { requests }: StreamAllocateRequest__Output,
    context: CallContext,
  ): Promise<Result<StreamAllocateResponse>> {
    if (requests.length > MAX_ASKS)
      return fail('TOO_MANY', { what: 'addresses in one message', count: requests.length, limit: MAX_ASKS })
    const given = new Map<number, Result<Lease>>()
    const together = new Map<number, AddressAsk>()
    const alone: Promise<unknown>[] = []
    for (const [index, { allocate: request }] of requests.entries()) {
      if (request === null) given.set(index, invalid([{ field: 'allocate', description: 'is needed' }]))
      else if (request.requestId !== '' || request.validateOnly)
        alone.push(one(request, context).then((result) => given.set(index, result)))
      else {
        const ask = readAsk(request, '')
        if (ask.ok) together.set(index, ask.value)
        else given.set(index, ask)
      }
    }
    const indices = [...together.keys()]
    const runs = await Promise.all(runsOf([...together.values()]).map((run) => giveEach(run, context)))
    for (const [at, result] of runs.flat().entries()) given.set(indices[at]!, result)
    await Promise.all(alone)
    return ok({
      results: requests.map(({ id }, index) => {
        const result = given.get(index)!
        return result.ok ? { id, lease: result.value } : { id, failure: rpcStatus(result.failure) }
      }),
    })
  }

  const moved =
    (how: 'renew' | 'release') =>
    async (request: ReleaseRequest__Output, context: CallContext): Promise<Result<Lease>> => {
      const named = readName(request)
      if (!named.ok) return named
      const { network, address } = named.value
      if (request.generation === '0') {
        const description = 'is needed: as Allocate answered it, and GetLease tells it'
        return invalid([{ field: 'generation', description }])
      }
      const { requestId, ...body } = request
      const manner = writeRequest(context, { requestId, validateOnly: false }, body)
      if (!manner.ok) return manner
      const generation = Number(request.generation)
      const written = await writer.lease((view) => change(view, how, network, address, generation), manner.value)
      if (!written.ok) return written
      return ok(leaseMessage(written.value.leases![0]!, written.value.generation))
    }

  function get(request: GetLeaseRequest__Output): Result<Lease> {
    const named = readName(request)
    if (!named.ok) return named
    const { network, address } = named.value
    const entry = store.get<LeaseRecord>(leaseKey(network, address))
    return entry === undefined
      ? fail('NO_LEASE', { address: request.address, network })
      : ok(leaseMessage(entry.value, entry.modRevision))
  }

  async function history(
    request: GetLeaseHistoryRequest__Output,
    { signal }: CallContext,
  ): Promise<Result<LeaseHistory>> {
    const named = readName(request)
    if (!named.ok) return named
    const { network, address } = named.value
    const at = request.time === null ? undefined : Number(request.time.seconds) * 1000 + request.time.nanos / 1e6
    const { holdings, complete } = await leaseHistory(store, network, address, at, signal)
    return ok({
      holdings: holdings.map(({ lease, from, until, revision, caller }) => ({
        ...(lease === undefined ? {} : { lease: leaseMessage(lease, revision) }),
        ...(from === undefined ? {} : { from: timestamp(from) }),
        ...(until === undefined ? {} : { until: timestamp(until) }),
        generation: String(revision),
        caller,
      })),
      complete,
    })
  }

  function list(request: ListLeasesRequest__Output): Result<ListLeasesResponse> {
    const { network, nap, interface: name, client } = request
    const state = readState(request.state)
    const query = `lease?${JSON.stringify([network, nap, name, client, state])}`
    const page = readPage(request.pageSize, request.pageToken, query)
    if (!page.ok) return page
    const prefix = network === '' ? PREFIX.lease : `${PREFIX.lease}${network}/`
    const isAsked = (lease: LeaseRecord): boolean =>
      (nap === '' || lease.nap === nap) &&
      (name === '' || lease.interface === name) &&
      (client === '' || lease.client === client) &&
      (state === undefined || lease.state === state)
    const leases: Lease[] = []
    const generation = String(store.revision())
    const limit = page.value.size + 1
    let { after } = page.value
    for (;;) {
      const entries = store.list<LeaseRecord>(prefix, after === undefined ? { limit } : { after, limit })
      for (const { key, value, modRevision } of entries) {
        if (isAsked(value)) {
          if (leases.length === page.value.size)
            return ok({ leases, nextPageToken: nextToken(query, after ?? ''), generation })
          leases.push(leaseMessage(value, modRevision))
        }
        after = key
      }
      if (entries.length < limit) return ok({ leases, nextPageToken: '', generation })
    }
  }

  async function select(request: SelectNapRequest__Output): Promise<Result<SelectNapResponse>> {
    const network = request.network || DEFAULT_NETWORK
    const looked = await writer.look((view) => ({ found: scores(view, network, request.profile) }))
    if (!looked.ok) return looked
    const { found } = looked.value
    if (!found.ok) return found
    const [best] = found.value
    return ok({
      nap: best === undefined || best.leftOut !== undefined ? '' : best.nap,
      scores: found.value.map(({ nap, score, parts, leftOut = '' }) => ({ nap, score, parts, leftOut })),
    })
  }

  return {
    Allocate: { unary: one },
    BatchAllocate: { unary: batch },
    StreamAllocate: {
      duplex: {
        serve: stream,
        weigh: ({ requests }: StreamAllocateRequest__Output) => Math.max(1, requests.length),
        window: STREAM_WINDOW,
      },
    },
    Renew: { unary: moved('renew') },
    Release: { unary: moved('release') },
    GetLease: { unary: get },
    ListLeases: { unary: list },
    GetLeaseHistory: { unary: history },
    SelectNap: { unary: select },
  }
}

/** @param path Where the request is in a batch, with a dot at its end. */
function readAsk(request: AllocateRequest__Output, path: string): Result<AddressAsk> {
  const { interface: name, client, choice, network } = request
  const ask = { interface: name, client, network: network || DEFAULT_NETWORK }
  if (client.length > MAX_CLIENT)
    return invalid([{ field: `${path}client`, description: `is longer than ${MAX_CLIENT} characters` }])
  if (name !== '' && network !== '')
    return invalid([{ field: `${path}network`, description: 'is that of the interface; leave it empty' }])
  if (choice === 'nap') return ok({ ...ask, choice: { nap: request.nap ?? '' } })
  if (choice === 'profile') return ok({ ...ask, choice: { profile: request.profile ?? '' } })
  if (choice !== 'address') return ok({ ...ask, choice: undefined })
  const address = askedAddress(request.address ?? '')
  if (address === undefined)
    return invalid([{ field: `${path}address`, description: 'must be an IPv4 or IPv6 address' }])
  return ok({ ...ask, choice: { address } })
}

/** Characters of a client; clouds use UUIDs, DHCP clients up to 255 octets. */
const MAX_CLIENT = 255

function readBatch(requests: readonly AllocateRequest__Output[]): Result<AddressAsk[]> {
  if (requests.length > MAX_ASKS)
    return fail('TOO_MANY', { what: 'addresses in one request', count: requests.length, limit: MAX_ASKS })
  const asks: AddressAsk[] = []
  for (const [index, request] of requests.entries()) {
    const path = `requests[${index}].`
    for (const [field, isSet] of [
      ['request_id', request.requestId !== ''],
      ['validate_only', request.validateOnly],
    ] as const)
      if (isSet) return invalid([{ field: path + field, description: 'belongs to the batch' }])
    const ask = readAsk(request, path)
    if (!ask.ok) return ask
    asks.push(ask.value)
  }
  return ok(asks)
}

function readName(request: { network: string; address: string }): Result<{ network: string; address: bigint }> {
  const address = askedAddress(request.address)
  if (address === undefined) return invalid([{ field: 'address', description: 'must be an IPv4 or IPv6 address' }])
  return ok({ network: request.network || DEFAULT_NETWORK, address })
}

function readState(state: ListLeasesRequest__Output['state']): LeaseState | undefined {
  const word = state.slice('LEASE_STATE_'.length).toLowerCase()
  return (['held', 'standby', 'cooling'] as const).find((known) => known === word)
}
