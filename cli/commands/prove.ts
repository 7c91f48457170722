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
  COUNTEREXAMPLE_KIND_ALTERED: 'arrives with another header than it should have',
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
  const { proved, switches, flows, milliseconds, generation, counterexamples, open, notProved, assumptions } = found
  const looked = `${switches} switches, ${flows} flows, in ${milliseconds} ms, generation ${generation}`
  const lines = [`${proved ? 'proved' : 'not proved'}: ${looked}\n`]
  for (const { switch: name, datapathId, reason } of notProved) {
    lines.push(`not looked at: ${name || datapathId}: ${reason}\n`)
  }
  for (const example of counterexamples) lines.push(exampleText(example))
  for (const { switch: name, port, why, needs } of open) {
    lines.push(`left open: ${name} port ${port}: ${why} (${needs.join(', ')})\n`)
  }
  for (const sentence of assumptions) lines.push(`assumed: ${sentence}\n`)
  return lines.join('')
}

export const prove: CommandRow = {
  usage: 'prove',
  summary: 'Prove that tables let pass exactly what policy permits, or show packets that say otherwise',
  options: [
    { flags: '--switch <name...>', description: 'only packets that come in there; every switch where absent' },
    { flags: '--desired', description: 'what is compiled for the switches in the place of what they have' },
    { flags: '--watch', description: 'go on: after each generation that switches have applied, and at intervals' },
    { flags: '--every <seconds>', description: 'with --watch: read tables again after so long (default 30)' },
    { flags: '--limit <count>', description: 'counterexamples after which to stop (default 10)' },
  ],
  examples: [
    'tagsteer prove',
    'tagsteer prove --switch s1 -o json',
    'tagsteer prove --desired',
    'tagsteer prove --watch -o jsonl',
  ],
  async run({ options, format, terminal, client }) {
    const limit = Number(text(options, 'limit') ?? 0)
    if (!Number.isInteger(limit) || limit < 0) throw new CliError('--limit takes a number')
    const switches = texts(options, 'switch')
    const show = (found: ProveResponse__Output, machine: typeof format): void =>
      terminal.out(
        machine === 'json' || machine === 'jsonl' || machine === 'yaml'
          ? render(machine, { columns: [], items: [found], single: true })
          : proofText(found),
      )
    if (flag(options, 'watch')) {
      const everySeconds = Number(text(options, 'every') ?? 0)
      if (!Number.isInteger(everySeconds) || everySeconds < 0) throw new CliError('--every takes a number of seconds')
      if (flag(options, 'desired')) throw new CliError('--watch looks at what switches have; leave out --desired')
      const proofs = client().stream<ProveResponse__Output>('ProveService', 'watch', { switches, limit, everySeconds })
      let assumed = ''
      for await (const found of proofs) {
        const assumptions = found.assumptions.join()
        // For people: a line for each proof that holds, and what is assumed where that is new.
        const told = format === 'table' && assumptions === assumed ? { ...found, assumptions: [] } : found
        show(told, format === 'json' ? 'jsonl' : format)
        assumed = assumptions
      }
      return EXIT.ok
    }
    if (text(options, 'every') !== undefined) throw new CliError('--every goes with --watch')
    const found = await client().call<ProveResponse__Output>('ProveService', 'prove', {
      switches,
      desired: flag(options, 'desired'),
      limit,
    })
    show(found, format)
    return found.proved ? EXIT.ok : 1
  },
}
