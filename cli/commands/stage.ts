/** tagsteer stage: where interfaces are in their life: list, get, move, history, reclaim. */
import { randomUUID } from 'node:crypto'
import type { InterfaceStage__Output } from '../../proto/gen/tagsteer/v1/InterfaceStage.ts'
import type { Reclaimed__Output } from '../../proto/gen/tagsteer/v1/Reclaimed.ts'
import type { StageMove__Output } from '../../proto/gen/tagsteer/v1/StageMove.ts'
import { type CommandRow, flag, type Invocation, text } from '../command.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import { age, type Column, timeText } from '../table.ts'
import { appliedText, readWait, waitApplied } from './apply.ts'

const stageWord = (stage: string): string => stage.slice('STAGE_'.length).toLowerCase()
const causeWord = (cause: string): string => cause.slice('STAGE_CAUSE_'.length).toLowerCase().replaceAll('_', '-')

const columns = (now: number): Column<InterfaceStage__Output>[] => [
  { header: 'INTERFACE', cell: (its) => its.interface },
  { header: 'STAGE', cell: ({ stage }) => stageWord(stage) },
  { header: 'CAUSE', cell: ({ cause }) => causeWord(cause) },
  { header: 'MOVES', cell: ({ generation }) => generation, align: 'right' },
  { header: 'QUIET', cell: ({ quietSeconds }) => (quietSeconds === undefined ? '' : `${quietSeconds}s`) },
  { header: 'NOTE', cell: ({ note }) => note.replaceAll(' ', '_'), wide: true },
  { header: 'AGE', cell: ({ since }) => age(since, now) },
]

const PAST: Column<StageMove__Output>[] = [
  { header: 'SINCE', cell: ({ since }) => timeText(since) },
  { header: 'STAGE', cell: ({ stage }) => stageWord(stage) },
  { header: 'CAUSE', cell: ({ cause }) => causeWord(cause) },
  { header: 'NOTE', cell: ({ note }) => note },
]

const EVIDENCE: Column<Reclaimed__Output>[] = [
  { header: 'INTERFACE', cell: (its) => its.interface },
  { header: 'ADDRESSES', cell: ({ addresses }) => addresses.join(',') },
  { header: 'SINCE', cell: ({ revocableSince }) => timeText(revocableSince) },
  { header: 'RETENTION', cell: ({ retentionSeconds }) => `${retentionSeconds}s` },
  { header: 'QUIET', cell: ({ quietSeconds }) => (quietSeconds === undefined ? '' : `${quietSeconds}s`) },
  { header: 'SWITCH', cell: ({ datapathId }) => datapathId },
  { header: 'READ', cell: ({ readTime }) => timeText(readTime) },
  { header: 'UNANSWERED', cell: ({ unanswered }) => unanswered.join(','), wide: true },
  { header: 'REFUSED', cell: ({ refused }) => refused },
]

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<undefined>>> = {
  ...{ list, get, move, history, reclaim },
}

export const stage: CommandRow = {
  usage: 'stage <action> [interface] [stage]',
  summary:
    'List, get or move the stages of interfaces, show how one came about, or reclaim addresses of revocable ones',
  options: [
    { flags: '--stage <stage>', description: 'only interfaces in this stage (list)' },
    { flags: '--generation <number>', description: 'only if it has not moved since; any where absent (move)' },
    { flags: '--note <text>', description: 'why, for people (move)' },
    { flags: '--dry-run', description: 'tell what would be, with the evidence (move, reclaim)' },
    { flags: '--wait <state>', description: 'none, or applied: return when switches enforce it', default: 'none' },
    { flags: '--wait-timeout <duration>', description: 'how long to wait', default: '30s' },
  ],
  examples: [
    'tagsteer stage list --stage revocable',
    'tagsteer stage get web-1 -o json',
    'tagsteer stage move web-1 restricted --note "scans its neighbours" --wait applied',
    'tagsteer stage history web-1',
    'tagsteer stage reclaim --dry-run',
  ],
  async run(invocation) {
    const [word] = invocation.arguments
    const action = Object.hasOwn(ACTIONS, word!) ? ACTIONS[word!] : undefined
    if (action === undefined) throw new CliError(`tagsteer stage takes ${Object.keys(ACTIONS).join(', ')}, not ${word}`)
    return action(invocation)
  },
}

const STAGES = ['provisioned', 'active', 'idle', 'standby', 'revocable', 'retired', 'restricted']

function readStage(word: string | undefined): string {
  if (word === undefined) return 'STAGE_UNSPECIFIED'
  if (!STAGES.includes(word)) throw new CliError(`there is no stage ${word}; stages are ${STAGES.join(', ')}`)
  return `STAGE_${word.toUpperCase()}`
}

async function list({ options, format, terminal, client }: Invocation): Promise<undefined> {
  const request = { stage: readStage(text(options, 'stage')) }
  const items: InterfaceStage__Output[] = []
  let pageToken = ''
  do {
    const page: { stages: InterfaceStage__Output[]; nextPageToken: string } = await client().call(
      'LifecycleService',
      'listStages',
      { ...request, pageToken, pageSize: 1000 },
    )
    items.push(...page.stages)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  if (items.length === 0 && format !== 'json') terminal.note('no interfaces found\n')
  terminal.out(render(format, { columns: columns(terminal.now()), items, single: false, name: nameOf }))
  return undefined
}

const nameOf = (its: InterfaceStage__Output): string => `interface/${its.interface}`

function named({ arguments: [action, name] }: Invocation): string {
  if (name === undefined) throw new CliError(`name the interface: tagsteer stage ${action} INTERFACE`)
  return name
}

const found = (invocation: Invocation): Promise<InterfaceStage__Output> =>
  invocation.client().call('LifecycleService', 'getStage', { name: named(invocation) })

function show({ format, terminal }: Invocation, its: InterfaceStage__Output): undefined {
  terminal.out(render(format, { columns: columns(terminal.now()), items: [its], single: true, name: nameOf }))
}

async function get(invocation: Invocation): Promise<undefined> {
  return show(invocation, await found(invocation))
}

async function history(invocation: Invocation): Promise<undefined> {
  const its = await found(invocation)
  const { format, terminal } = invocation
  const { stage: now, cause, since, note, earlier } = its
  const items = [{ stage: now, cause, since, note }, ...earlier]
  terminal.out(render(format, { columns: PAST, items, single: false, name: ({ stage: its }) => stageWord(its) }))
  return undefined
}

async function move(invocation: Invocation): Promise<undefined> {
  const { arguments: words, options, format, terminal, client } = invocation
  const name = named(invocation)
  if (words[2] === undefined) throw new CliError(`name the stage: tagsteer stage move ${name} ${STAGES.join('|')}`)
  const wait = readWait(options)
  const generation = text(options, 'generation')
  if (generation !== undefined && !/^[0-9]+$/.test(generation))
    throw new CliError(`--generation takes a number, not ${generation}`)
  const isDry = flag(options, 'dryRun')
  const moved = await client().call<InterfaceStage__Output>('LifecycleService', 'moveStage', {
    ...{ name, stage: readStage(words[2]), note: text(options, 'note') ?? '' },
    ...(generation === undefined ? {} : { generation }),
    ...{ requestId: randomUUID(), validateOnly: isDry },
  })
  if (format !== 'table') show(invocation, moved)
  else {
    const what = isDry ? 'would be' : 'is'
    terminal.out(`interface/${name} ${what} ${stageWord(moved.stage)}, generation ${moved.generation}\n`)
  }
  if (wait === 'applied' && !isDry)
    terminal.note(appliedText(await waitApplied(client(), moved.revision, text(options, 'waitTimeout') ?? '30s')))
  return undefined
}

async function reclaim({ arguments: words, options, format, terminal, client }: Invocation): Promise<undefined> {
  const request = { name: words[1] ?? '', validateOnly: flag(options, 'dryRun') }
  const answer = await client().call<{ reclaimed: Reclaimed__Output[] }>('LifecycleService', 'reclaim', request)
  const items = answer.reclaimed
  if (items.length === 0 && format !== 'json') terminal.note('no revocable interfaces found\n')
  terminal.out(render(format, { columns: EVIDENCE, items, single: false, name: (its) => `interface/${its.interface}` }))
  return undefined
}
