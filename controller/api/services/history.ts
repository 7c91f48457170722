/**
 * HistoryService: generations with caller and cause, one of them whole, what differs between two, and blame. It reads the
 * store's past backwards, a slice at a time, and holds what changed, never a state.
 */

import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { RECORD_KINDS } from '../../../model/records.ts'
import type { Timestamp__Output } from '../../../proto/gen/google/protobuf/Timestamp.ts'
import type { BlameRequest__Output } from '../../../proto/gen/tagsteer/v1/BlameRequest.ts'
import type { BlameResponse } from '../../../proto/gen/tagsteer/v1/BlameResponse.ts'
import type { DiffGenerationsRequest__Output } from '../../../proto/gen/tagsteer/v1/DiffGenerationsRequest.ts'
import type { DiffGenerationsResponse } from '../../../proto/gen/tagsteer/v1/DiffGenerationsResponse.ts'
import type { Generation } from '../../../proto/gen/tagsteer/v1/Generation.ts'
import type { GetGenerationRequest__Output } from '../../../proto/gen/tagsteer/v1/GetGenerationRequest.ts'
import type { ListGenerationsRequest__Output } from '../../../proto/gen/tagsteer/v1/ListGenerationsRequest.ts'
import type { ListGenerationsResponse } from '../../../proto/gen/tagsteer/v1/ListGenerationsResponse.ts'
import type { ChangeSet } from '../../../store/contract.ts'
import { StoreError, storeFailure } from '../../../store/errors.ts'
import { blame } from '../blame.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { generationMessage, type NetChange, NetEffect, nameOf, netMessage, recordKindOf } from '../differences.ts'
import { nextToken, readPage, takePage } from '../page.ts'
import type { ServiceMethods } from '../server.ts'

/** Generations that one page looks through at most. */
const SCANNED = 20_000
/** Clocks are set back at times: what is older than a limit by less than this does not end the search. */
const CLOCK_SLACK_MS = 3_600_000

export function historyService(deps: ApiDependencies): ServiceMethods {
  const { store } = deps
  const inTurn = oneAtATime()
  /** The newest difference that was told, for its other pages. */
  let told: { from: number; to: number; changes: NetChange[] } | undefined

  /** Why a generation cannot be told; undefined where it can. */
  function outOfReach(field: string, generation: number, oldest: number): Result<never> | undefined {
    const newest = store.revision()
    if (generation > newest || !Number.isSafeInteger(generation))
      return invalid([{ field, description: `is ahead of the newest generation ${newest}` }])
    return generation < oldest ? fail('COMPACTED', { revision: generation, oldest }) : undefined
  }

  async function listGenerations(
    request: ListGenerationsRequest__Output,
    { signal }: CallContext,
  ): Promise<Result<ListGenerationsResponse>> {
    const { caller, kind, name, includeInternal } = request
    if (kind !== '' && !RECORD_KINDS.some((known) => known === kind))
      return invalid([{ field: 'kind', description: `${kind}: must be one of ${RECORD_KINDS.join(', ')}` }])
    const since = request.since === null ? Number.NEGATIVE_INFINITY : milliseconds(request.since)
    const until = request.until === null ? Number.POSITIVE_INFINITY : milliseconds(request.until)
    const query = JSON.stringify([caller, kind, name, includeInternal, request.since, request.until])
    const page = readPage(request.pageSize, request.pageToken, query)
    if (!page.ok) return page
    const concerns = ({ changes }: ChangeSet): boolean =>
      changes.some(({ key }) => {
        const its = recordKindOf(key)
        if (its === undefined) return includeInternal && kind === '' && name === ''
        return (kind === '' || kind === its) && (name === '' || name === nameOf(key))
      })
    const newest = store.revision()
    const after = page.value.after === undefined ? newest : Number(page.value.after) - 1
    if (!(after <= newest)) return invalid([{ field: 'page_token', description: 'was not made by this service' }])
    const generations: Generation[] = []
    let next = ''
    let scanned = 0
    for await (const set of store.past(after)) {
      if (signal.aborted || set.time < since - CLOCK_SLACK_MS) break
      const wanted = set.time >= since && set.time <= until && (caller === '' || set.cause.caller === caller)
      if (wanted && concerns(set)) generations.push(generationMessage(set, false))
      if (generations.length < page.value.size && ++scanned < SCANNED) continue
      if (set.revision > store.reach() + 1) next = nextToken(query, String(set.revision))
      break
    }
    return ok({ generations, nextPageToken: next, newest: String(newest), oldest: String(store.reach()) })
  }

  async function getGeneration(request: GetGenerationRequest__Output): Promise<Result<Generation>> {
    const generation = Number(request.generation)
    if (generation < 1) return invalid([{ field: 'generation', description: 'is needed: the first is 1' }])
    const refused = outOfReach('generation', generation, store.reach() + 1)
    if (refused !== undefined) return refused
    return guarded(async () => {
      for await (const set of store.past(generation, generation - 1)) return ok(generationMessage(set, true))
      return fail('COMPACTED', { revision: generation, oldest: store.reach() + 1 })
    })
  }

  async function diffGenerations(
    request: DiffGenerationsRequest__Output,
    { signal }: CallContext,
  ): Promise<Result<DiffGenerationsResponse>> {
    const from = Number(request.from)
    const query = JSON.stringify([request.from, request.to])
    const page = readPage(request.pageSize, request.pageToken, query)
    if (!page.ok) return page
    // Pages of a difference to the newest are of the one that was newest for the first page.
    const [resolved, after] = page.value.after?.split(' ') ?? []
    const to = resolved === undefined ? Number(request.to) || store.revision() : Number(resolved)
    for (const [field, generation] of [
      ['from', from],
      ['to', to],
    ] as const) {
      const refused = outOfReach(field, generation, store.reach())
      if (refused !== undefined) return refused
    }
    return guarded(() =>
      inTurn(async () => {
        const changes = told?.from === from && told.to === to ? told.changes : await netChanges(from, to, signal)
        told = { from, to, changes }
        const position = { size: page.value.size, ...(after === undefined ? {} : { after }) }
        const taken = takePage(changes, ({ change }) => change.key, position, query)
        const last = taken.items.at(-1)?.change.key
        if (taken.nextPageToken === '') told = undefined
        return ok({
          from: String(from),
          to: String(to),
          changes: taken.items.map((net) => netMessage(net, to < from)),
          nextPageToken: taken.nextPageToken === '' ? '' : nextToken(query, `${to} ${last}`),
        })
      }),
    )
  }

  async function netChanges(from: number, to: number, signal: AbortSignal): Promise<NetChange[]> {
    const net = new NetEffect()
    for await (const set of store.past(Math.max(from, to), Math.min(from, to))) {
      signal.throwIfAborted()
      net.takeEarlier(set)
    }
    return net.differences()
  }

  function blameFlow(request: BlameRequest__Output, { signal }: CallContext): Promise<Result<BlameResponse>> {
    return guarded(() => inTurn(() => blame(deps, request, signal)))
  }

  return {
    Blame: { unary: blameFlow },
    ListGenerations: { unary: listGenerations },
    GetGeneration: { unary: getGeneration },
    DiffGenerations: { unary: diffGenerations },
  }
}

function milliseconds({ seconds, nanos }: Timestamp__Output): number {
  return Number(seconds) * 1000 + nanos / 1e6
}

/** What the store refuses, as a failure: segments may be dropped while they are read. */
async function guarded<T>(read: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof StoreError) return { ok: false, failure: storeFailure(error) }
    throw error
  }
}

/** Long reads one after the other, so that their memory is that of one. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
}
