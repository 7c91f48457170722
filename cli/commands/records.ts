/** Commands that read and change records: get, describe, tag, delete. */
import { randomUUID } from 'node:crypto'
import { stringify } from 'yaml'
import type { ApplyResponse__Output } from '../../proto/gen/tagsteer/v1/ApplyResponse.ts'
import type { Interface__Output } from '../../proto/gen/tagsteer/v1/Interface.ts'
import { type CommandRow, flag, text, texts } from '../command.ts'
import { shownTag, tagFromText } from '../convert.ts'
import { CliError, EXIT } from '../failure.ts'
import { KINDS, kindNamed } from '../kinds.ts'
import { render } from '../output.ts'
import { PLAN_OPTIONS, runPlan, wantsPlan } from '../plan.ts'
import { timeText } from '../table.ts'
import { appliedText, readWait, waitApplied } from './apply.ts'

const kindList = KINDS.map(({ plural }) => plural).join(', ')

export const get: CommandRow = {
  usage: 'get <kind> [names...]',
  summary: `List records: ${kindList}`,
  options: [
    { flags: '--vnp <name>', description: 'only interfaces or policies of this partition' },
    { flags: '--tag <tag...>', description: 'only interfaces that carry or inherit all of these tags' },
    { flags: '--sort-by <column>', description: 'sort rows by a column of the table, e.g. AGE' },
  ],
  examples: [
    'tagsteer get interfaces -o wide',
    'tagsteer get pol --vnp prod',
    'tagsteer get if web-1 -o yaml > web-1.yaml',
  ],
  complete: ['kind', 'name'],
  async run({ arguments: [word, ...names], options, format, terminal, client }) {
    const kind = kindNamed(word!)
    let items =
      names.length === 0 ? await kind.list(client()) : await Promise.all(names.map((name) => kind.get(client(), name)))
    const vnp = text(options, 'vnp')
    if (vnp !== undefined) items = items.filter((item) => inVnp(item, vnp))
    const tags = texts(options, 'tag').map((tag) =>
      shownTag(tagFromText(tag) as Interface__Output['tags'][number] & object),
    )
    if (tags.length > 0) items = items.filter((item) => tags.every((tag) => tagsOf(item).includes(tag)))
    const columns = kind.columns(terminal.now())
    const sort = text(options, 'sortBy')
    if (sort !== undefined) {
      const column = columns.find(({ header }) => header === sort.toUpperCase())
      if (column === undefined)
        throw new CliError(`no column ${sort}: use one of ${columns.map(({ header }) => header).join(', ')}`)
      items.sort((a, b) => column.cell(a).localeCompare(column.cell(b), 'en', { numeric: true }))
    }
    if (items.length === 0 && format !== 'json') terminal.note(`no ${kind.plural} found\n`)
    terminal.out(
      render(format, {
        columns,
        items,
        single: names.length === 1,
        manifest: (item) => kind.toManifest(item),
        name: ({ name }) => `${kind.names[0]}/${name}`,
      }),
    )
    return undefined
  },
}

type ShownTag = Interface__Output['tags'][number]

function tagsOf(item: object): string[] {
  if (!('tags' in item)) return []
  const { tags, status } = item as Interface__Output
  const inherited = status?.tags.filter(({ counts }) => counts) ?? []
  return [...tags, ...inherited.flatMap(({ tag: its }) => its ?? [])].map(shownTag)
}

function inVnp(item: object, vnp: string): boolean {
  if ('vnp' in item) return item.vnp === vnp
  return 'status' in item && ((item as Interface__Output).status?.vnps ?? []).includes(vnp)
}

interface Described {
  name: string
  etag: string
  owner: string
  meta?: {
    number: number
    createTime: object | null
    updateTime: object | null
    updatedBy: string
    generation: string
  } | null
}

export const describe: CommandRow = {
  usage: 'describe <kind> <name>',
  summary: 'Show one record with its state and history',
  examples: ['tagsteer describe interface web-1'],
  complete: ['kind', 'name'],
  async run({ arguments: [word, name], format, terminal, client }) {
    const kind = kindNamed(word!)
    const item = (await kind.get(client(), name!)) as Described
    if (format === 'json') {
      terminal.out(render('json', { columns: [], items: [item], single: true }))
      return undefined
    }
    const record = { ...(kind.toManifest(item) as object) } as Record<string, unknown>
    delete record['kind']
    const { meta } = item
    const state: Record<string, unknown> = {}
    const status = known(kind.state(item as never))
    if (Object.keys(status).length > 0) state['status'] = status
    if (meta) {
      state['record'] = {
        number: meta.number,
        generation: meta.generation,
        created: timeText(meta.createTime),
        updated: timeText(meta.updateTime),
        by: meta.updatedBy,
        owner: item.owner || '<none>',
        etag: item.etag,
      }
    }
    terminal.out(
      `${kind.title} ${stringify({ ...record, ...state }, { lineWidth: 0 })}`.replace(/^(\w+) name: /, '$1 '),
    )
    return undefined
  },
}

/** A state without what is not known: an interface that is nowhere has no port. */
const known = (status: object): object =>
  Object.fromEntries(Object.entries(status).filter(([, value]) => value !== '' && value !== 0 && value !== '<none>'))

export const tag: CommandRow = {
  usage: 'tag <interface> [tags...]',
  summary: 'Add tags to an interface record; a tag that ends in "-" is removed',
  options: [
    { flags: '--add <tag...>', description: 'add these tags, as they stand' },
    { flags: '--remove <tag...>', description: 'remove these tags, as they stand' },
    { flags: '--replace', description: 'the tags given are all that the record shall have' },
    { flags: '--wait <state>', description: 'none, or applied: return when switches enforce it', default: 'none' },
    { flags: '--wait-timeout <duration>', description: 'how long to wait', default: '30s' },
    ...PLAN_OPTIONS,
  ],
  examples: [
    'tagsteer tag web-1 app=web env-',
    'tagsteer tag web-1 env=prod --plan',
    'tagsteer tag web-1 --add 42 --wait applied',
    `tagsteer tag web-1 '{"team": "blue"}'`,
  ],
  complete: ['interface'],
  async run(invocation) {
    const { options, terminal, client } = invocation
    const [name, ...words] = invocation.arguments
    const add = [...words.filter((word) => !isRemoval(word)), ...texts(options, 'add')]
    const remove = [...words.filter(isRemoval).map((word) => word.slice(0, -1)), ...texts(options, 'remove')]
    if (add.length + remove.length === 0 && !flag(options, 'replace'))
      throw new CliError('name at least one tag to add or remove')
    if (wantsPlan(invocation)) {
      const kind = kindNamed('interface')
      const before = (await kind.get(client(), name!)) as Interface__Output
      const removed = new Set(remove.map((word) => shownTag(tagFromText(word) as ShownTag)))
      const kept = flag(options, 'replace') ? [] : before.tags.filter((each) => !removed.has(shownTag(each)))
      const record = kind.toRecord(kind.toManifest(before) as never) as { interface: object }
      const tags = [...kept, ...add.map(tagFromText)]
      return runPlan(invocation, { records: [{ interface: { ...record.interface, tags, etag: before.etag } }] })
    }
    const wait = readWait(options)
    const after = await client().call<Interface__Output>('InterfaceService', 'setTags', {
      name,
      add: add.map(tagFromText),
      remove: remove.map(tagFromText),
      replace: flag(options, 'replace'),
      requestId: randomUUID(),
    })
    terminal.out(
      `interface/${name} tagged ${after.tags.map(shownTag).join(',') || '<none>'} (generation ${after.meta?.generation ?? '?'})\n`,
    )
    if (wait === 'applied') {
      const generation = after.meta?.generation ?? '0'
      terminal.note(appliedText(await waitApplied(client(), generation, text(options, 'waitTimeout') ?? '30s')))
    }
    return undefined
  },
}

/** `env-` removes the tag env; JSON and numbers are never removals in this form. */
const isRemoval = (word: string): boolean => word.length > 1 && word.endsWith('-') && !/^[{["]/.test(word)

export const remove: CommandRow = {
  usage: 'delete <kind> <names...>',
  summary: 'Delete records',
  options: [
    { flags: '--ignore-not-found', description: 'deleting what does not exist is no error' },
    { flags: '--dry-run', description: 'check only' },
    ...PLAN_OPTIONS,
  ],
  examples: ['tagsteer delete interface web-1 web-2', 'tagsteer delete policy db-from-web --dry-run'],
  complete: ['kind', 'name'],
  async run(invocation) {
    const { options, terminal, client } = invocation
    const [word, ...names] = invocation.arguments
    const kind = kindNamed(word!).names[0]!
    const dry = flag(options, 'dryRun')
    const change = {
      deletions: names.map((name) => ({ kind, name })),
      allowMissing: flag(options, 'ignoreNotFound'),
    }
    if (wantsPlan(invocation)) return runPlan(invocation, change)
    const response = await client().call<ApplyResponse__Output>('ApplyService', 'apply', {
      ...change,
      requestId: randomUUID(),
      validateOnly: dry,
    })
    for (const result of response.results) {
      terminal.out(
        `${result.kind}/${result.name} ${result.outcome === 'OUTCOME_DELETED' ? 'deleted' : 'not found'}${dry ? ' (dry run)' : ''}\n`,
      )
    }
    return EXIT.ok
  },
}
