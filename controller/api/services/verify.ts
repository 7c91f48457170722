/** VerifyService: whether switches have what is wanted of them, and whether what is wanted is what compiling gives. */
import { fail, ok, type Result } from '../../../model/errors.ts'
import type { FlowComparison } from '../../../proto/gen/tagsteer/v1/FlowComparison.ts'
import type { VerifyRequest__Output } from '../../../proto/gen/tagsteer/v1/VerifyRequest.ts'
import type { VerifyStep as StepMessage } from '../../../proto/gen/tagsteer/v1/VerifyStep.ts'
import type { Comparison } from '../../channel/compare.ts'
import { isVerified, type ProgramComparison, type SwitchFindings, type VerifyStep } from '../../verify.ts'
import type { Sink, Source } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import type { ServiceMethods } from '../server.ts'
import { datapathNamed } from '../services/flow.ts'

export function verifyService(deps: ApiDependencies): ServiceMethods {
  function verify({ switches }: VerifyRequest__Output, sink: Sink): Result<Source<StepMessage>> {
    const datapathIds = new Set<string>()
    for (const name of switches) {
      const datapathId = datapathNamed(deps, name)
      if (datapathId === undefined) return fail('NOT_FOUND', { kind: 'switch', name })
      datapathIds.add(datapathId)
    }
    if (switches.length === 0) for (const datapathId of deps.network.switches.keys()) datapathIds.add(datapathId)
    const steps: StepMessage[] = []
    const abort = new AbortController()
    const told = (step: VerifyStep): void => {
      steps.push(stepMessage(deps, step))
      sink.wake()
    }
    let ended = false
    deps.verifier.run([...datapathIds], told, abort.signal).then(
      () => {
        ended = true
        sink.wake()
      },
      (error: Error) => sink.end(fail('INTERNAL', { reason: error.message }).failure),
    )
    const next = (): StepMessage | undefined => {
      const step = steps.shift()
      // What was told before the end is taken before it.
      if (step === undefined && ended) sink.end()
      return step
    }
    return ok({ next, stop: () => abort.abort() })
  }

  return { Verify: { stream: verify } }
}

function stepMessage({ network }: ApiDependencies, step: VerifyStep): StepMessage {
  if (step.kind === 'progress') {
    const { phase, done, total } = step
    return { progress: { phase, done, total } }
  }
  const { datapathId, installed, program } = step.switch satisfies SwitchFindings
  return {
    switch: {
      datapathId,
      name: network.nameOf(datapathId),
      verified: isVerified(step.switch),
      installed: comparison(installed),
      program: comparison(program),
    },
  }
}

function comparison(found: Comparison | ProgramComparison | { reason: string }): FlowComparison {
  if ('reason' in found) return { reason: found.reason }
  const { flows, drift, changing } = found
  const { missing, changed, stale } = drift
  const { foreign, foreignFlows } = 'foreign' in found ? found : { foreign: 0, foreignFlows: [] }
  const ours = drift.shown.map(({ kind, text }) => ({ kind: KINDS[kind], text }))
  const others = foreignFlows.map((text) => ({ kind: 'DIFFERENCE_KIND_FOREIGN' as const, text }))
  return { flows, missing, changed, stale, foreign, changing, differences: [...ours, ...others] }
}

const KINDS = {
  missing: 'DIFFERENCE_KIND_MISSING',
  changed: 'DIFFERENCE_KIND_CHANGED',
  stale: 'DIFFERENCE_KIND_STALE',
} as const
