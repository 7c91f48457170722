/** PolicyService: policies, and the merged policy of a set of tags. */
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import { validateTags } from '../../../model/validate.ts'
import type { CheckTrafficRequest__Output } from '../../../proto/gen/tagsteer/v1/CheckTrafficRequest.ts'
import type { CheckTrafficResponse } from '../../../proto/gen/tagsteer/v1/CheckTrafficResponse.ts'
import type { CreatePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/CreatePolicyRequest.ts'
import type { DeletePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/DeletePolicyRequest.ts'
import type { GetPolicyForTrafficRequest__Output } from '../../../proto/gen/tagsteer/v1/GetPolicyForTrafficRequest.ts'
import type { GetPolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/GetPolicyRequest.ts'
import type { ListPoliciesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListPoliciesRequest.ts'
import type { ListPoliciesResponse } from '../../../proto/gen/tagsteer/v1/ListPoliciesResponse.ts'
import type { MergedPolicy } from '../../../proto/gen/tagsteer/v1/MergedPolicy.ts'
import type { Policy } from '../../../proto/gen/tagsteer/v1/Policy.ts'
import type { TrafficAnswer } from '../../../proto/gen/tagsteer/v1/TrafficAnswer.ts'
import type { UpdatePolicyRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdatePolicyRequest.ts'
import { isIpv6, readPacket } from '../asked.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { decidedBy, deciding } from '../explained.ts'
import { findingMessage } from '../findings.ts'
import { readMasked } from '../mask.ts'
import { policyMessage, ruleMessage, tierMessage } from '../messages.ts'
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

const MAX_QUESTIONS = 10_000

export function policyService(deps: ApiDependencies): ServiceMethods {
  const { intent } = deps
  const message = ({ record, revision }: Found<'policy'>): Policy => policyMessage(record, revision)
  const answer = (result: Result<Found<'policy'>>): Result<Policy> => (result.ok ? ok(message(result.value)) : result)
  const told = (result: Result<WrittenOne<'policy'>>): Result<Policy> =>
    result.ok ? ok({ ...message(result.value), warnings: result.value.warnings.map(findingMessage) }) : result

  function list(request: ListPoliciesRequest__Output): Result<ListPoliciesResponse> {
    const { vnp } = request
    const listed = listRecords(deps, 'policy', request, vnp, (record) => vnp === '' || record.vnp === vnp)
    if (!listed.ok) return listed
    const { found, nextPageToken, generation } = listed.value
    const paths = request.readMask?.paths ?? []
    return ok({ policies: found.map((each) => readMasked(message(each), paths)), nextPageToken, generation })
  }

  function forTraffic(request: GetPolicyForTrafficRequest__Output): Result<MergedPolicy> {
    const tags = validateTags(request.tags, 'tags')
    if (!tags.ok) return tags
    const { vnps, rules } = deps.lookup.merged.forTags(new Set(tags.value))
    return ok({
      generation: String(intent.generation),
      vnps: vnps.map(({ name }) => name),
      rules: rules.map(({ cause, rule, policy }) => ({
        vnp: cause.vnp,
        policy: cause.policy,
        index: cause.ruleIndex,
        rule: ruleMessage(rule),
        tier: tierMessage(policy),
      })),
    })
  }

  function check(request: CheckTrafficRequest__Output): Result<CheckTrafficResponse> {
    const { questions } = request
    if (questions.length > MAX_QUESTIONS)
      return fail('TOO_MANY', { what: 'questions in one request', count: questions.length, limit: MAX_QUESTIONS })
    const answers: TrafficAnswer[] = []
    for (const [index, { from, to, packet }] of questions.entries()) {
      const asked = readPacket(packet, isIpv6(deps, from, to))
      if (!asked.ok)
        return invalid([{ field: `questions[${index}].packet`, description: asked.failure.details['summary'] ?? '' }])
      const verdict = deps.lookup.getPolicyForTraffic({ from, to, ...asked.value })
      const decision = deciding(verdict)
      answers.push({ allow: verdict.allow, rejected: decision.verdict === 'reject', decidedBy: decidedBy(decision) })
    }
    return ok({ generation: String(intent.generation), answers })
  }

  return {
    GetPolicy: { unary: ({ name }: GetPolicyRequest__Output) => answer(getRecord(deps, 'policy', name)) },
    ListPolicies: { unary: list },
    CreatePolicy: {
      unary: async (request: CreatePolicyRequest__Output, context: CallContext) =>
        told(await createRecord(deps, 'policy', request.policy, request, context)),
    },
    UpdatePolicy: {
      unary: async (request: UpdatePolicyRequest__Output, context: CallContext) =>
        told(await updateRecord(deps, 'policy', request.policy, request, context)),
    },
    DeletePolicy: {
      unary: (request: DeletePolicyRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'policy', request, context),
    },
    GetPolicyForTraffic: { unary: forTraffic },
    CheckTraffic: { unary: check },
  }
}
