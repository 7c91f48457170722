/** How findings about rules are printed, by `lint` and by every command that writes. */
import type { Finding__Output } from '../proto/gen/tagsteer/v1/Finding.ts'

const word = (text: string, prefix: string): string => text.slice(prefix.length).toLowerCase()

export const findingKind = ({ kind }: Finding__Output): string => word(kind, 'FINDING_KIND_')

/** `warning: shadowed: rule 1 of policy b never decides: ...` */
export function findingLine(finding: Finding__Output): string {
  return `${word(finding.severity, 'FINDING_SEVERITY_')}: ${findingKind(finding)}: ${finding.text}\n`
}
