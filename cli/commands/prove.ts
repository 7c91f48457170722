/** `tagsteer prove`: whether tables let pass exactly what policy permits, with packets where they do not. */
import type { Counterexample__Output } from '../../proto/gen/tagsteer/v1/Counterexample.ts'
import type { ProveResponse__Output } from '../../proto/gen/tagsteer/v1/ProveResponse.ts'
import { type CommandRow, flag, text, texts } from '../command.ts'
import { CliError, EXIT } from '../failure.ts'
import { render } from '../output.ts'

const KINDS: Record<string, string> = {
  COUNTEREXAMPLE_KIND_LEAK: 'comes out where it must not',
  COUNTEREXAMPLE_KIND_LOSS: 'is permitted and does not arrive',
  COUNTEREXAMPLE_KIND_LOOP: 'goes round in circles',
}

function exampleText(example: Counterexample__Output): string {
  const { kind, from, to, packet, reply, switch: name, port, flow, expected, arrivals, rows, why } = example
  const met = rows.map((row) => `${row.switch} ${row.table}/${row.priority} (${row.cookie})`)
  return [
    `${from} to ${to}, ${packet}${reply ? ', a reply' : ''}: ${KINDS[kind] ?? kind} (${why})`,
    `  comes in at ${name} port ${port}: ${flow}`,
    `  should arrive: ${expected || 'nowhere'}; arrives: ${arrivals.join(', ') || 'nowhere'}`,
    `  meets: ${met.join(', ') || 'nothing'}`,
    `  see: tagsteer explain ${from} ${to} ${packet}`,
    '',
  ].join('\n')
}

function proofText(found: ProveResponse__Output): string {
  const { proved, switches, flows, milliseconds, generation, counterexamples, open, notProved } = found
  const looked = `${switches} switches, ${flows} flows, in ${milliseconds} ms, generation ${generation}`
  const lines = [`${proved ? 'proved' : 'not proved'}: ${looked}\n`]
  for (const { switch: name, datapathId, reason } of notProved) {
    lines.push(`not looked at: ${name || datapathId}: ${reason}\n`)
  }
  for (const example of counterexamples) lines.push(exampleText(example))
  for (const { switch: name, port, why, needs } of open) {
    lines.push(`left open: ${name} port ${port}: ${why} (${needs.join(', ')})\n`)
  }
  return lines.join('')
}

export const prove: CommandRow = {
  usage: 'prove',
  summary: 'Prove that tables let pass exactly what policy permits, or show packets that say otherwise',
  options: [
    { flags: '--switch <name...>', description: 'only packets that come in there; every switch where absent' },
    { flags: '--desired', description: 'what is compiled for the switches in the place of what they have' },
    { flags: '--limit <count>', description: 'counterexamples after which to stop (default 10)' },
  ],
  examples: ['tagsteer prove', 'tagsteer prove --switch s1 -o json', 'tagsteer prove --desired'],
  async run({ options, format, terminal, client }) {
    const limit = Number(text(options, 'limit') ?? 0)
    if (!Number.isInteger(limit) || limit < 0) throw new CliError('--limit takes a number')
    const found = await client().call<ProveResponse__Output>('ProveService', 'prove', {
      switches: texts(options, 'switch'),
      desired: flag(options, 'desired'),
      limit,
    })
    if (format === 'json' || format === 'jsonl' || format === 'yaml')
      terminal.out(render(format, { columns: [], items: [found], single: true }))
    else terminal.out(proofText(found))
    return found.proved ? EXIT.ok : 1
  },
}
