/**
 * Stage policies as writers give them: the stage that one is about, how much and which traffic it permits, and when
 * interfaces leave it. What rules that comes to is controller/policy/stages.ts. Called by validate.ts.
 */
import type { Check, Fields } from './check.ts'
import { STAGES, type Stage, type StageEscalation, type StagePolicy } from './records.ts'
import { SILENT_MOVES } from './stage.ts'
import { readRule } from './validate-rule.ts'

export const STAGE_LIMITS = { applications: 64, escalations: 8, seconds: 10 * 365 * 86_400 } as const

const RESTRICTIONS = ['no-ingress', 'no-egress', 'no-world'] as const
const TRIGGERS = ['refused-packets', 'bandwidth'] as const
const DIGITS = /^(0|[1-9][0-9]{0,15})$/

/** The fields of a stage policy besides its name and owner. */
export type StagePolicyFields = Omit<
  StagePolicy,
  'kind' | 'name' | 'owner' | 'number' | 'createTime' | 'updateTime' | 'updatedBy'
>

export function readStagePolicy(check: Check, fields: Fields): StagePolicyFields {
  const stage = STAGES.find((each) => each === fields['name'])
  if (stage === undefined) check.report('name', `must be a stage: ${STAGES.join(', ')}`)
  return {
    ...readRate(check, fields['rateLimit']),
    applications: readApplications(check, fields['applications']),
    restrictions: [
      ...new Set(
        check
          .list(fields['restrictions'], 'restrictions', RESTRICTIONS.length)
          .flatMap((each, at) => check.word(each, `restrictions[${at}]`, 'RESTRICTION', RESTRICTIONS) ?? []),
      ),
    ].sort(),
    ...readSilence(check, fields['silence'], stage),
    ...readRetention(check, fields['retentionSeconds'], stage),
    escalations: check
      .list(fields['escalations'], 'escalations', STAGE_LIMITS.escalations)
      .map((each, at) => readEscalation(check, each, `escalations[${at}]`)),
  }
}

/** As of a rule: without a burst, one second's worth. */
function readRate(check: Check, value: unknown): Pick<StagePolicyFields, 'rateKbps' | 'burstKb'> {
  if (value === undefined || value === null) return {}
  const path = 'rate_limit'
  const fields = check.fields(value, path)
  const rateKbps = check.integer(fields['kilobitsPerSecond'], `${path}.kilobits_per_second`, 1, 0xffffffff) ?? 1
  const burst = check.integer(fields['burstKilobits'] ?? 0, `${path}.burst_kilobits`, 0, 0xffffffff) ?? 0
  return { rateKbps, burstKb: burst === 0 ? rateKbps : burst }
}

/** Written as protocols and ports of a rule are. */
function readApplications(check: Check, value: unknown): StagePolicyFields['applications'] {
  return check.list(value, 'applications', STAGE_LIMITS.applications).map((each, at) => {
    const path = `applications[${at}]`
    const its = check.fields(each, path)
    if (check.list(its['protocols'], `${path}.protocols`, 256).length === 0)
      check.report(`${path}.protocols`, 'an application names its protocol')
    const rule = { direction: 'ingress', action: 'allow', peer: { any: {} } }
    const { protocols, ports } = readRule(check, { ...rule, protocols: its['protocols'], ports: its['ports'] }, path)
    return { protocols, ports }
  })
}

function readSilence(check: Check, value: unknown, stage: Stage | undefined): Pick<StagePolicyFields, 'silence'> {
  if (value === undefined || value === null) return {}
  const fields = check.fields(value, 'silence')
  const targets = stage === undefined ? STAGES : (SILENT_MOVES[stage] ?? [])
  if (targets.length === 0) {
    check.report('silence', `leads nowhere from stage ${stage}`)
    return {}
  }
  const to = check.word(fields['to'], 'silence.to', 'STAGE', targets)
  const seconds = check.integer(fields['seconds'] ?? 0, 'silence.seconds', 1, STAGE_LIMITS.seconds)
  return to === undefined || seconds === undefined ? {} : { silence: { seconds, to } }
}

/** Absent is 0 in a message. */
function readRetention(
  check: Check,
  value: unknown,
  stage: Stage | undefined,
): Pick<StagePolicyFields, 'retentionSeconds'> {
  if (value === undefined || value === null || value === 0) return {}
  if (stage !== 'revocable') check.report('retention_seconds', 'belongs to the stage revocable')
  const seconds = check.integer(value, 'retention_seconds', 1, STAGE_LIMITS.seconds)
  return seconds === undefined ? {} : { retentionSeconds: seconds }
}

function readEscalation(check: Check, value: unknown, path: string): StageEscalation {
  const fields = check.fields(value, path)
  const said = fields['above']
  const above = typeof said === 'string' && DIGITS.test(said) ? Number(said) : (said ?? 0)
  return {
    trigger: check.word(fields['trigger'], `${path}.trigger`, 'TRIGGER', TRIGGERS) ?? 'bandwidth',
    above: check.integer(above, `${path}.above`, 1, Number.MAX_SAFE_INTEGER) ?? 1,
    seconds: check.integer(fields['seconds'] ?? 0, `${path}.seconds`, 1, STAGE_LIMITS.seconds) ?? 1,
    restrict: check.boolean(fields['restrict'], `${path}.restrict`, false),
  }
}
