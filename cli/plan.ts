/**
 * `--plan` of apply, tag and delete: asks what the change would do, prints it and says it as an exit code. Nothing is
 * written. 0: no verdict changes and nothing is cut; 2: something is, or does not fit; with --fail-on, 2 only for that.
 */
import type { ApplyRequest } from '../proto/gen/tagsteer/v1/ApplyRequest.ts'
import type { PlanResponse__Output } from '../proto/gen/tagsteer/v1/PlanResponse.ts'
import { flag, type Invocation, type OptionRow, text } from './command.ts'
import { CliError, EXIT } from './failure.ts'
import { render } from './output.ts'
import { planText } from './plan-text.ts'

export const PLAN_OPTIONS: OptionRow[] = [
  { flags: '--plan', description: 'say what would happen to verdicts, connections and switches; change nothing' },
  {
    flags: '--fail-on <what,...>',
    description: 'with --plan: exit 2 only for cut, deny, allow, unknown (connections of a switch) or finding',
  },
  { flags: '--limit <number>', description: 'with --plan: groups, names and connections told of each list' },
  { flags: '--thorough', description: 'with --plan: count flows however large the change' },
]

/** What --fail-on can name, and whether a plan has it. */
const CAUSES: Readonly<Record<string, (plan: PlanResponse__Output) => boolean>> = {
  cut: ({ connections }) => Number(connections?.cut ?? 0) > 0,
  deny: ({ verdicts }) => Number(verdicts?.losing ?? 0) > 0,
  allow: ({ verdicts }) => Number(verdicts?.gaining ?? 0) > 0,
  unknown: ({ connections }) => connections?.switches.some(({ known }) => !known) ?? false,
  finding: ({ findings }) => findings.length > 0,
}

/** Whether a plan is asked for. Options that need one are refused without it. */
export function wantsPlan({ options }: Invocation): boolean {
  const asked = flag(options, 'plan')
  if (asked) return true
  for (const [option, flags] of [
    ['failOn', '--fail-on'],
    ['limit', '--limit'],
    ['thorough', '--thorough'],
  ] as const) {
    if (options[option] !== undefined && options[option] !== false) throw new CliError(`${flags} needs --plan`)
  }
  return false
}

export async function runPlan(
  { options, client, format, terminal }: Invocation,
  change: ApplyRequest,
): Promise<number> {
  const causes = readCauses(text(options, 'failOn'))
  const limit = readLimit(text(options, 'limit'))
  const request = { change, limit, thorough: flag(options, 'thorough') }
  const plan = await client().call<PlanResponse__Output>('ApplyService', 'plan', request)
  if (format === 'json' || format === 'yaml') terminal.out(render(format, { columns: [], items: [plan], single: true }))
  else terminal.out(planText(plan))
  const isMet =
    causes === undefined
      ? Number(plan.verdicts?.differing ?? 0) > 0 || CAUSES['cut']!(plan) || doesNotFit(plan)
      : causes.some((cause) => CAUSES[cause]!(plan))
  return isMet ? EXIT.different : EXIT.ok
}

const doesNotFit = ({ findings }: PlanResponse__Output): boolean => findings.some(({ kind }) => kind === 'does-not-fit')

function readCauses(words: string | undefined): string[] | undefined {
  if (words === undefined) return undefined
  const causes = words.split(',').map((word) => word.trim())
  const unknown = causes.find((cause) => !Object.hasOwn(CAUSES, cause))
  if (unknown !== undefined)
    throw new CliError(`--fail-on takes ${Object.keys(CAUSES).join(', ')}, not ${unknown || 'nothing'}`)
  return causes
}

function readLimit(words: string | undefined): number {
  if (words === undefined) return 0
  const limit = Number(words)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new CliError(`--limit takes 1 to 1000, not ${words}`)
  return limit
}
