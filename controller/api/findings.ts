/** Findings about rules as messages of the protocol. What is found is policy/conflicts.ts. */
import type { Finding as FindingMessage } from '../../proto/gen/tagsteer/v1/Finding.ts'
import type { RuleName } from '../../proto/gen/tagsteer/v1/RuleName.ts'
import type { WitnessEnd as WitnessEndMessage } from '../../proto/gen/tagsteer/v1/WitnessEnd.ts'
import type { Finding, WitnessEnd } from '../policy/conflicts.ts'
import type { RuleCause } from '../policy/order.ts'
import { tagMessage } from './messages.ts'

const nameMessage = ({ vnp, policy, ruleIndex }: RuleCause): RuleName => ({ vnp, policy, index: ruleIndex })

function endMessage(end: WitnessEnd): WitnessEndMessage {
  if (end.kind === 'world') return { address: end.address }
  const tags = end.tags.map(tagMessage)
  return end.kind === 'interface' ? { interface: end.name, tags } : { tags }
}

export function findingMessage({ kind, severity, scope, rule, other, also, witness, text }: Finding): FindingMessage {
  return {
    kind: `FINDING_KIND_${kind.toUpperCase()}` as NonNullable<FindingMessage['kind']>,
    severity: `FINDING_SEVERITY_${severity.toUpperCase()}` as NonNullable<FindingMessage['severity']>,
    scope: `FINDING_SCOPE_${scope.toUpperCase()}` as NonNullable<FindingMessage['scope']>,
    rule: nameMessage(rule),
    ...(other === undefined ? {} : { other: nameMessage(other) }),
    also: also.map(nameMessage),
    ...(witness === undefined
      ? {}
      : { witness: { ...witness, from: endMessage(witness.from), to: endMessage(witness.to) } }),
    text,
  }
}
