/** What differs: manifests and now, two generations, or a generation and now. */
import type { DiffGenerationsResponse__Output } from '../../proto/gen/tagsteer/v1/DiffGenerationsResponse.ts'
import type { RecordDifference__Output } from '../../proto/gen/tagsteer/v1/RecordDifference.ts'
import { changeText, plainChange, type RecordChange } from '../change-text.ts'
import { type CommandRow, type Invocation, texts } from '../command.ts'
import { CliError, EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { FILES, OWNER, PRUNE, RECURSIVE, read, send } from './apply.ts'
import { differenceText, generationNumber } from './history.ts'

/** Every record that differs between two generations; `to` 0 is the newest. */
async function between({ client }: Invocation, from: string, to: string): Promise<DiffGenerationsResponse__Output> {
  const changes: RecordDifference__Output[] = []
  let pageToken = ''
  for (;;) {
    const request = { from, to, pageSize: 1000, pageToken }
    const page = await client().call<DiffGenerationsResponse__Output>('HistoryService', 'diffGenerations', request)
    changes.push(...page.changes)
    pageToken = page.nextPageToken
    if (pageToken === '') return { ...page, changes }
  }
}

export const diff: CommandRow = {
  usage: 'diff [from] [to]',
  summary:
    'Show what apply would change (-f), or what differs between two generations, or one and now; exit 2 where something does (kubectl diff exits 1)',
  options: [FILES, RECURSIVE, OWNER, PRUNE],
  examples: ['tagsteer diff -f net.yaml', 'tagsteer diff 41 57', 'tagsteer diff 41'],
  complete: ['generation', 'generation'],
  async run(invocation) {
    const { arguments: generations, options, format, terminal } = invocation
    const files = texts(options, 'filename').length > 0
    if (files === generations.length > 0)
      throw new CliError('name manifests with -f FILE, or one or two generations: tagsteer diff 41 57')
    const [from = '0', to = '0'] = generations.map(generationNumber)
    const show = <T extends RecordChange>(item: { from: string; to?: string; changes: T[] }, text: string): number => {
      const { changes } = item
      const manifest = () => ({ ...item, changes: changes.map(plainChange) })
      if (format === 'table' || format === 'wide') terminal.out(text)
      else
        terminal.out(render(format, { columns: [], items: [item], single: true, manifest, name: () => names(changes) }))
      return changes.length === 0 ? EXIT.ok : EXIT.different
    }
    if (!files) {
      const { changes, ...ends } = await between(invocation, from, to)
      return show({ from: ends.from, to: ends.to, changes }, differenceText(changes))
    }
    const { results, generation } = await send(invocation, await read(invocation), true)
    const changes = results.filter(({ outcome }) => outcome !== 'OUTCOME_UNCHANGED')
    return show({ from: generation, changes }, changeText(changes))
  },
}

const names = (changes: readonly { kind: string; name: string }[]): string =>
  changes.map(({ kind, name }) => `${kind}/${name}`).join('\n')
