/** LifecycleService: the stages of interfaces, moved by verbs, and the records that say what holds in each. */
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { type InterfaceRecord, STAGES, type Stage } from '../../../model/records.ts'
import type { CreateStagePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/CreateStagePolicyRequest.ts'
import type { DeleteStagePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteStagePolicyRequest.ts'
import type { GetStagePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/GetStagePolicyRequest.ts'
import type { GetStageRequest__Output } from '../../../proto/gen/tagsteer/v1/GetStageRequest.ts'
import type { InterfaceStage } from '../../../proto/gen/tagsteer/v1/InterfaceStage.ts'
import type { ListStagePoliciesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListStagePoliciesRequest.ts'
import type { ListStagePoliciesResponse } from '../../../proto/gen/tagsteer/v1/ListStagePoliciesResponse.ts'
import type { ListStagesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListStagesRequest.ts'
import type { ListStagesResponse } from '../../../proto/gen/tagsteer/v1/ListStagesResponse.ts'
import type { MoveStageRequest__Output } from '../../../proto/gen/tagsteer/v1/MoveStageRequest.ts'
import type { ReclaimRequest__Output } from '../../../proto/gen/tagsteer/v1/ReclaimRequest.ts'
import type { ReclaimResponse } from '../../../proto/gen/tagsteer/v1/ReclaimResponse.ts'
import type { StagePolicy } from '../../../proto/gen/tagsteer/v1/StagePolicy.ts'
import type { UpdateStagePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateStagePolicyRequest.ts'
import { move, stageOf } from '../../lifecycle/moves.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readMasked } from '../mask.ts'
import { reclaimedMessage, stageMessage, stagePolicyMessage } from '../messages.ts'
import {
  createRecord,
  deleteRecord,
  type Found,
  getRecord,
  listRecords,
  updateRecord,
  writeRequest,
} from '../records.ts'
import type { ServiceMethods } from '../server.ts'

/** Characters of a note. */
const MAX_NOTE = 255

export function lifecycleService(deps: ApiDependencies): ServiceMethods {
  const message = (record: InterfaceRecord, revision: number): InterfaceStage =>
    stageMessage(record.name, stageOf(record), revision, deps.lifecycle.track(record.name))
  const policy = ({ record, revision }: Found<'stagePolicy'>): StagePolicy => stagePolicyMessage(record, revision)
  const answer = (result: Result<Found<'stagePolicy'>>): Result<StagePolicy> =>
    result.ok ? ok(policy(result.value)) : result

  function get({ name }: GetStageRequest__Output): Result<InterfaceStage> {
    const found = getRecord(deps, 'interface', name)
    return found.ok ? ok(message(found.value.record, found.value.revision)) : found
  }

  function list(request: ListStagesRequest__Output): Result<ListStagesResponse> {
    const stage = readStage(request.stage)
    const keep = (record: InterfaceRecord): boolean => stage === undefined || stageOf(record).stage === stage
    const listed = listRecords(deps, 'interface', request, `stage=${stage ?? ''}`, keep)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    return ok({ stages: found.map(({ record, revision }) => message(record, revision)), nextPageToken, generation })
  }

  async function moveStage(request: MoveStageRequest__Output, context: CallContext): Promise<Result<InterfaceStage>> {
    const stage = readStage(request.stage)
    if (stage === undefined) return invalid([{ field: 'stage', description: `is needed: one of ${STAGES.join(', ')}` }])
    if (request.note.length > MAX_NOTE)
      return invalid([{ field: 'note', description: `is longer than ${MAX_NOTE} characters` }])
    const { requestId: _, ...body } = request
    const manner = writeRequest(context, request, body)
    if (!manner.ok) return manner
    const { name, note } = request
    const asked = { interface: name, stage, cause: 'api', note } as const
    const generation = request._generation === undefined ? {} : { generation: Number(request.generation) }
    const written = await deps.writer.lease((view) => move(view, [{ ...asked, ...generation }]), manner.value)
    if (!written.ok) return written
    const [outcome] = written.value.outcomes
    const record = outcome?.record ?? deps.writer.newest.interfaces.get(name)
    if (record?.kind !== 'interface') return fail('NOT_FOUND', { kind: 'interface', name })
    const revision = outcome?.revision ?? deps.writer.newest.modRevision('interface', name) ?? written.value.generation
    return ok(message(record, revision))
  }

  async function reclaim({ name, validateOnly }: ReclaimRequest__Output): Promise<Result<ReclaimResponse>> {
    const evidence = deps.lifecycle.evidence(name)
    if (!evidence.ok) return evidence
    const known = evidence.value
    if (validateOnly) return ok({ reclaimed: known.map(reclaimedMessage), generation: String(deps.store.revision()) })
    const { found, revision } = await deps.lifecycle.reclaim(known.map((each) => each.interface))
    return ok({ reclaimed: found.map(reclaimedMessage), generation: String(revision || deps.store.revision()) })
  }

  function listPolicies(request: ListStagePoliciesRequest__Output): Result<ListStagePoliciesResponse> {
    const listed = listRecords(deps, 'stagePolicy', request)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ stagePolicies: found.map((each) => readMasked(policy(each), paths)), nextPageToken, generation })
  }

  return {
    GetStage: { unary: get },
    ListStages: { unary: list },
    MoveStage: { unary: moveStage },
    Reclaim: { unary: reclaim },
    GetStagePolicy: {
      unary: ({ name }: GetStagePolicyRequest__Output) => answer(getRecord(deps, 'stagePolicy', name)),
    },
    ListStagePolicies: { unary: listPolicies },
    CreateStagePolicy: {
      unary: async (request: CreateStagePolicyRequest__Output, context: CallContext) =>
        answer(await createRecord(deps, 'stagePolicy', request.stagePolicy, request, context)),
    },
    UpdateStagePolicy: {
      unary: async (request: UpdateStagePolicyRequest__Output, context: CallContext) =>
        answer(await updateRecord(deps, 'stagePolicy', request.stagePolicy, request, context)),
    },
    DeleteStagePolicy: {
      unary: (request: DeleteStagePolicyRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'stagePolicy', request, context),
    },
  }
}

function readStage(word: MoveStageRequest__Output['stage']): Stage | undefined {
  const plain = word.slice('STAGE_'.length).toLowerCase()
  return STAGES.find((stage) => stage === plain)
}
