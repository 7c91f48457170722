/** An explanation as the tree that people read: the verdict, each step, the sentence, the smallest change. */

import type { ExplainStep__Output } from '../proto/gen/tagsteer/v1/ExplainStep.ts'
import type { Explanation__Output } from '../proto/gen/tagsteer/v1/Explanation.ts'
import type { LoggedPacket__Output } from '../proto/gen/tagsteer/v1/LoggedPacket.ts'
import { timeText } from './table.ts'

/** A stage that no connected switch decides. */
const NOWHERE = '-'

const word = (verdict: string): string => verdict.slice('VERDICT_'.length)

export function explanationText(answer: Explanation__Output): string {
  const applied =
    answer.concernedSwitches === 0
      ? 'no switch concerned'
      : `applied on ${answer.appliedSwitches} of ${answer.concernedSwitches} switches`
  const lines = [
    `${word(answer.verdict).padEnd(6)} ${answer.from} -> ${answer.to}  ${answer.packet || 'ip'}    generation ${answer.generation}, ${applied}`,
  ]
  const where = Math.max(0, ...answer.steps.map((step) => (step.where || NOWHERE).length))
  const table = Math.max(0, ...answer.steps.map((step) => step.table.length))
  answer.steps.forEach((step, index) => {
    const branch = index === answer.steps.length - 1 ? '└─' : '├─'
    lines.push(`${branch} ${(step.where || NOWHERE).padEnd(where)}  ${step.table.padEnd(table)}  ${stepText(step)}`)
  })
  lines.push(answer.summary)
  if (answer.cause !== null && answer.cause.name !== '') {
    const { cause } = answer
    lines.push(
      `Last changed: generation ${cause.generation}, by ${cause.caller || 'unknown'} (${cause.kind}/${cause.name}).`,
    )
  }
  if (answer.logged !== null) lines.push(...loggedLines(answer, answer.logged))
  if (answer.smallestChange !== '') lines.push(answer.smallestChange)
  return `${lines.join('\n')}\n`
}

/** What the packet's event said, and what has changed since. */
function loggedLines({ generation, verdict }: Explanation__Output, logged: LoggedPacket__Output): string[] {
  const since = BigInt(generation) - BigInt(logged.generation)
  const then = word(logged.verdict)
  const lines = [
    `Logged: event ${logged.sequence}, ${timeText(logged.time)}, by ${logged.rule} on switch ${logged.switch}, generation ${logged.generation}.`,
  ]
  if (since !== 0n) lines.push(`Generation ${generation} is ${since} later: the steps above are those of now.`)
  if (logged.verdict === 'VERDICT_UNSPECIFIED') lines.push('The verdict of then is not known, for an end was not.')
  else if (logged.verdict !== verdict) lines.push(`The verdict was ${then} then, and is ${word(verdict)} now.`)
  else if (since !== 0n) lines.push(`The verdict was ${then} then too.`)
  return lines
}

function stepText(step: ExplainStep__Output): string {
  const packets = step.packets === '0' ? '' : `  (${step.packets} packets)`
  return `${step.finding}${packets}${step.decides ? '  <- decides' : ''}`
}
