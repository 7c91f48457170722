/** What was: generations with their caller and cause. */
import type { Generation__Output } from '../../proto/gen/tagsteer/v1/Generation.ts'
import type { ListGenerationsResponse__Output } from '../../proto/gen/tagsteer/v1/ListGenerationsResponse.ts'
import type { RecordDifference__Output } from '../../proto/gen/tagsteer/v1/RecordDifference.ts'
import { changeText, plainChange } from '../change-text.ts'
import { type CommandRow, flag, type Invocation, text } from '../command.ts'
import { durationMs } from '../duration.ts'
import { CliError } from '../failure.ts'
import { kindNamed } from '../kinds.ts'
import { render } from '../output.ts'
import { type Column, timeText } from '../table.ts'

/** A generation as it is typed. */
export function generationNumber(text: string): string {
  if (!/^\d{1,15}$/.test(text))
    throw new CliError(`${text} is no generation: it is a number, as tagsteer history shows`)
  return text
}

/** Records that differ as a unified diff; each side says which generation wrote it and who did. */
export function differenceText(changes: readonly RecordDifference__Output[]): string {
  return changeText(
    changes.map((change) => {
      const { before, after, generation, caller } = change
      const deleted = after === null ? `, deleted in ${generation} by ${caller}` : ''
      return { ...change, said: { before: `${written(before)}${deleted}`, after: written(after) } }
    }),
  )
}

function written(record: RecordDifference__Output['before']): string {
  const meta = record?.record === undefined ? undefined : record[record.record]?.meta
  return meta ? `generation ${meta.generation}, ${meta.updatedBy}` : ''
}

/** Who wrote: topology where the controller wrote down what it saw. */
export function callerText({ caller, method }: { caller: string; method: string }): string {
  return caller === 'controller' && (method === 'observed' || method === 'switch connected') ? 'topology' : caller
}

/** `/tagsteer.v1.ApplyService/Apply` as `ApplyService.Apply`. */
export function methodText(method: string): string {
  return method.replace(/^\/tagsteer\.v1\./, '').replace('/', '.')
}

const WORD: Record<string, string> = { OUTCOME_CREATED: 'created', OUTCOME_DELETED: 'deleted' }

/** `interface/web-1: tags`, `policy/p created`. */
export function changeWords({ kind, name, outcome, fields }: RecordDifference__Output): string {
  const word = WORD[outcome]
  if (word !== undefined) return `${kind}/${name} ${word}`
  return fields.length === 0 ? `${kind}/${name} written, not changed` : `${kind}/${name}: ${fields.join(', ')}`
}

/** The first few changes of a generation, and how many more there are. */
function changesText({ changes, changeCount, internal, internalCount }: Generation__Output, few: number): string {
  const [all, count] = changes.length > 0 ? [changes.map(changeWords), changeCount] : [internal, internalCount]
  const shown = all.slice(0, few).join('; ')
  return count > few ? `${shown}; and ${count - few} more` : shown
}

const COLUMNS: Column<Generation__Output>[] = [
  { header: 'GENERATION', cell: ({ generation }) => generation, align: 'right' },
  { header: 'TIME', cell: ({ time }) => timeText(time) },
  { header: 'BY', cell: callerText },
  { header: 'CALL', cell: ({ method }) => methodText(method) },
  { header: 'REQUEST', cell: ({ requestId }) => requestId, wide: true },
  { header: 'CHANGES', cell: (item) => changesText(item, 3) },
]

/** One generation whole. */
function generationText(item: Generation__Output): string {
  const lines = [
    `Generation: ${item.generation}`,
    `Time:       ${timeText(item.time)}`,
    `By:         ${callerText(item)}`,
    `Call:       ${methodText(item.method)}`,
    ...(item.requestId === '' ? [] : [`Request:    ${item.requestId}`]),
    ...(item.note === '' ? [] : [`Note:       ${item.note}`]),
    ...(item.internalCount === 0 ? [] : [`Also:       ${changesText({ ...item, changes: [] }, item.internal.length)}`]),
  ]
  return `${lines.join('\n')}\n${differenceText(item.changes)}`
}

/** A generation for YAML. */
function plain(
  { generation, time, caller, method, requestId, internal }: Generation__Output,
  changes: unknown[],
): object {
  return { generation, time: timeText(time), caller, method: methodText(method), requestId, changes, internal }
}

function timeBefore({ options, terminal }: Invocation, option: 'since' | 'until'): object {
  const typed = text(options, option)
  if (typed === undefined) return {}
  const ms = terminal.now() - durationMs(typed, `--${option}`)
  return { [option]: { seconds: String(Math.floor(ms / 1000)), nanos: Math.floor((ms % 1000) * 1e6) } }
}

export const history: CommandRow = {
  usage: 'history [generation]',
  summary: 'List generations, newest first, with who made them and what changed; or show one with its changes',
  options: [
    { flags: '--since <duration>', description: 'only of this last while, such as 2h or 3d' },
    { flags: '--until <duration>', description: 'only from before this last while' },
    { flags: '--caller <name>', description: 'only by this caller; controller is the controller itself' },
    { flags: '--kind <kind>', description: 'only where a record of this kind changed' },
    { flags: '--name <name>', description: 'only where a record of this name changed' },
    { flags: '-n, --number <count>', description: 'how many at most', default: '20' },
    { flags: '--all', description: 'also generations that changed no record, such as what topology found' },
  ],
  examples: ['tagsteer history --since 2h', 'tagsteer history --caller ada --kind policy -n 5', 'tagsteer history 57'],
  complete: ['generation'],
  async run(invocation) {
    const {
      arguments: [generation],
      options,
      format,
      terminal,
      client,
    } = invocation
    if (generation !== undefined) {
      const request = { generation: generationNumber(generation) }
      const item = await client().call<Generation__Output>('HistoryService', 'getGeneration', request)
      if (format === 'table' || format === 'wide') terminal.out(generationText(item))
      else {
        const manifest = () => plain(item, item.changes.map(plainChange))
        terminal.out(render(format, { columns: COLUMNS, items: [item], single: true, manifest }))
      }
      return undefined
    }
    const typed = text(options, 'number') ?? '20'
    const number = Number(typed)
    if (!Number.isSafeInteger(number) || number < 1)
      throw new CliError(`--number takes a count of 1 or more, not ${typed}`)
    const kind = text(options, 'kind')
    const request = {
      caller: text(options, 'caller') ?? '',
      kind: kind === undefined ? '' : kindNamed(kind).names[0],
      name: text(options, 'name') ?? '',
      includeInternal: flag(options, 'all'),
      ...timeBefore(invocation, 'since'),
      ...timeBefore(invocation, 'until'),
    }
    const items: Generation__Output[] = []
    let page: ListGenerationsResponse__Output
    let pageToken = ''
    do {
      const pageSize = Math.min(number - items.length, 1000)
      page = await client().call('HistoryService', 'listGenerations', { ...request, pageSize, pageToken })
      items.push(...page.generations)
      pageToken = page.nextPageToken
    } while (pageToken !== '' && items.length < number)
    const manifest = (item: Generation__Output) => plain(item, item.changes.map(changeWords))
    terminal.out(render(format, { columns: COLUMNS, items, single: false, manifest }))
    if (pageToken === '' && page.oldest !== '0' && items.length < number && options['since'] === undefined)
      terminal.note(`history begins after generation ${page.oldest}\n`)
    return undefined
  },
}
