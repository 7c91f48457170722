/**
 * LintService: conflicts among all rules, as they are or as a change would leave them. It works between other calls: a
 * few milliseconds, then whoever waits.
 */
import { fail, ok, type Result } from '../../../model/errors.ts'
import type { AnyRecord, InterfaceRecord, Nap, Policy, Vnp } from '../../../model/records.ts'
import type { LintRequest__Output } from '../../../proto/gen/tagsteer/v1/LintRequest.ts'
import type { LintResponse } from '../../../proto/gen/tagsteer/v1/LintResponse.ts'
import { lint } from '../../policy/conflicts/lint.ts'
import { Population } from '../../policy/conflicts/population.ts'
import { RuleIndex } from '../../policy/conflicts/rules.ts'
import { Analysis } from '../../policy/conflicts.ts'
import type { CallContext } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { findingMessage } from '../findings.ts'
import type { ServiceMethods } from '../server.ts'
import { MAX_RECORDS, readDeletions, readRecords, writesOf } from './apply.ts'

const MAX_FINDINGS = 10_000
/** Milliseconds at a stretch. */
const STRETCH = 5

/** Records as a change would leave them: absent ones are deleted. */
interface Supposed {
  interfaces: Map<string, InterfaceRecord | undefined>
  vnps: Map<string, Vnp | undefined>
  policies: Map<string, Policy | undefined>
  naps: Map<string, Nap | undefined>
}

export function lintService({ writer }: ApiDependencies): ServiceMethods {
  /** What a change would leave, or why it would be refused (for other reasons than conflicts). */
  async function suppose(request: LintRequest__Output, context: CallContext): Promise<Result<Supposed>> {
    const supposed: Supposed = { interfaces: new Map(), vnps: new Map(), policies: new Map(), naps: new Map() }
    const count = request.records.length + request.deletions.length
    if (count > MAX_RECORDS) return fail('TOO_MANY', { what: 'records in one request', count, limit: MAX_RECORDS })
    if (count === 0) return ok(supposed)
    const wishes = await readRecords(request.records)
    if (!wishes.ok) return wishes
    const deletions = readDeletions(request.deletions)
    if (!deletions.ok) return deletions
    const how = { allowMissing: false, prune: false, owner: '' }
    const written = await writer.write((intent) => ok(writesOf(intent, wishes.value, deletions.value, how)), {
      caller: context.caller.name,
      method: context.method,
      validateOnly: true,
      unchecked: true,
    })
    if (!written.ok) return written
    for (const { kind, name, outcome, record } of written.value.outcomes) {
      const after: AnyRecord | undefined = outcome === 'deleted' ? undefined : record
      if (kind === 'interface') supposed.interfaces.set(name, after as InterfaceRecord | undefined)
      else if (kind === 'vnp') supposed.vnps.set(name, after as Vnp | undefined)
      else if (kind === 'policy') supposed.policies.set(name, after as Policy | undefined)
      else if (kind === 'nap') supposed.naps.set(name, after as Nap | undefined)
    }
    return ok(supposed)
  }

  async function answer(request: LintRequest__Output, context: CallContext): Promise<Result<LintResponse>> {
    const supposed = await suppose(request, context)
    if (!supposed.ok) return supposed
    const { interfaces, vnps, policies, naps } = supposed.value
    const { newest } = writer
    const generation = String(newest.generation)
    const index = new RuleIndex()
    index.update(new Map([...newest.vnps, ...vnps]), new Map([...newest.policies, ...policies]))
    const population = new Population(newest, index.tags, interfaces, naps)
    const steps = lint(index, new Analysis(index, () => population), { all: request.all, limit: MAX_FINDINGS })
    for (let since = performance.now(); ; ) {
      const step = steps.next()
      if (step.done === true) {
        const { findings, omitted, rules, undecided } = step.value
        return ok({ generation, findings: findings.map(findingMessage), omitted, rules, undecided })
      }
      if (performance.now() - since < STRETCH) continue
      await new Promise((resolve) => setImmediate(resolve))
      since = performance.now()
    }
  }

  return { Lint: { unary: answer } }
}
