/** An explanation as the tree that people read: the verdict, each step, the sentence, the smallest change. */

import type { ExplainStep__Output } from '../proto/gen/tagsteer/v1/ExplainStep.ts'
import type { Explanation__Output } from '../proto/gen/tagsteer/v1/Explanation.ts'

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
  if (answer.smallestChange !== '') lines.push(answer.smallestChange)
  return `${lines.join('\n')}\n`
}

function stepText(step: ExplainStep__Output): string {
  const packets = step.packets === '0' ? '' : `  (${step.packets} packets)`
  return `${step.finding}${packets}${step.decides ? '  <- decides' : ''}`
}
