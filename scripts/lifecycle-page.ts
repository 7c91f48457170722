/** docs/lifecycle.md: the page of stages, with the diagram and the table of moves made of ipam/lifecycle.ts. */
import { MOVES } from '../ipam/lifecycle.ts'
import { STAGES, type Stage, type StageCause } from '../model/records.ts'

const MEANING: Readonly<Record<Stage, string>> = {
  provisioned: 'it is recorded, and was not seen to send anything',
  active: 'it sends',
  idle: 'it was active, and is silent',
  standby: 'it is held ready for demand',
  revocable: 'its addresses may be taken back once retention is over',
  retired: 'it has no address any more',
  restricted: 'it did what it must not; a person decides what becomes of it',
}

export function lifecyclePage(table: (header: string[], rows: string[][]) => string): string {
  const merged = new Map<string, { from: Stage; to: Stage; causes: StageCause[] }>()
  for (const { from, to, cause } of MOVES) {
    const key = `${from} ${to}`
    const its = merged.get(key) ?? { from, to, causes: [] }
    its.causes.push(cause)
    merged.set(key, its)
  }
  const arrows = [...merged.values()]
    .filter(({ causes }) => causes.some((cause) => cause !== 'api'))
    .map(({ from, to, causes }) => `  ${from} --> ${to}: ${causes.filter((cause) => cause !== 'api').join(', ')}`)
  return `# Stages

Every interface is in one stage of its life, and its addresses with it. A stage is kept in the interface's record with when
and why it came, and the ${'`generation`'} that counts its moves; no writer of the record says it. It moves by verbs and by what
switches count.

${table(
  ['stage', 'means'],
  STAGES.map((stage) => [`\`${stage}\``, MEANING[stage]]),
)}

## Moves

What moves by itself; moves by an administrator or a provisioner are in the table below.

\`\`\`mermaid
stateDiagram-v2
  [*] --> provisioned
${arrows.join('\n')}
\`\`\`

${table(
  ['from', 'to', 'cause', 'when'],
  MOVES.map(({ from, to, cause, when }) => [from, to, `\`${cause}\``, when]),
)}

No other move is made, whoever asks: the answer is \`STAGE_MOVE_ILLEGAL\` with those that are legal.
`
}
