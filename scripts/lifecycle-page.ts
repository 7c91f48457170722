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

\`\`\`console
$ tagsteer stage list --stage idle
$ tagsteer stage move web-1 restricted --note "scans its neighbours" --wait applied
$ tagsteer stage history web-1
\`\`\`

A move is also the event \`stage-moved\`. An interface that retires loses its leases in the same transaction.

## Stage policies

What holds in a stage is a record, one per stage and all of them optional:

\`\`\`yaml
kind: StagePolicy
name: active
silence: { seconds: 3600, to: idle }
escalations:
  - { trigger: refused-packets, above: 100, seconds: 60, restrict: true }
  - { trigger: bandwidth, above: 500000, seconds: 300 }
---
kind: StagePolicy
name: idle
rateKbps: 10000
silence: { seconds: 259200, to: revocable }
---
kind: StagePolicy
name: revocable
retentionSeconds: 86400
---
kind: StagePolicy
name: restricted
applications: [{ protocols: [udp], ports: [53] }]
restrictions: [no-ingress, no-world]
\`\`\`

- \`applications\`: nothing else is permitted, in either direction. \`restrictions\`: nothing that another opens (\`no-ingress\`), nothing
  that it opens itself (\`no-egress\`), neither with addresses that no record holds (\`no-world\`). Both only forbid.
- \`rateKbps\`: what all interfaces of the stage on a switch may send together, and receive together.
- \`escalations\`: an alert (\`stage-escalated\`) when more packets than that were refused as forged within the time, or when
  it sent faster for all of the time; with \`restrict\` it is moved to restricted besides.

They come to policies in the tier \`admin\`, of the partitions \`stage:limits\` and \`stage:rates\` that hold every interface:
\`tagsteer get policies\` shows them with the owner \`stage-policies\`, \`tagsteer explain\` names them where they decide, and
\`plan\`, \`lint\` and \`prove\` treat them as any other. Nobody writes them but by the stage policy: \`DERIVED_RECORD\`. They select by a
tag such as \`stage:idle\` that stands with the tags of the record, and that no writer can give or take; other policies may
select by it too.

## Traffic and silence

While there is a stage policy, each switch is asked every \`limits.stageSeconds\` what it let in of each interface's own addresses. A
packet more is traffic. Silence is the time between the first and the last of the readings that found the same, so it
takes two; a switch that is away is not read, and when it is back, a counter that went on speaks for the time between. One
that began anew proves nothing of before. What asks for neighbours is not counted: an idle host goes on doing so.
After a restart of the controller silence is proven anew.

## Addresses taken back

With \`retentionSeconds\` the leases of revocable interfaces end by themselves when all of this holds: the stage is as old as the
retention; counters that were read lately prove silence for as long; and nobody answers at the interface's port when
it is asked for each of its addresses (an ARP probe, or a neighbour solicitation without a source). Any frame from that port
stops it (\`reclaim-refused\`). Then the interface is retired, and its addresses cool as after a release: nobody gets them
before connected switches have let go of them.

\`\`\`console
$ tagsteer stage reclaim --dry-run
\`\`\`

shows the evidence for every revocable interface and why it keeps what it has; without \`--dry-run\` it reclaims now.
`
}
