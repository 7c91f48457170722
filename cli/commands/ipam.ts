/** tagsteer ipam: external IPAMs, plans and reconciliations with them; CSV in NetBox's columns, in and out. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Connector__Output } from '../../proto/gen/tagsteer/v1/Connector.ts'
import type { ExportCsvResponse__Output } from '../../proto/gen/tagsteer/v1/ExportCsvResponse.ts'
import type { ImportCsvResponse__Output } from '../../proto/gen/tagsteer/v1/ImportCsvResponse.ts'
import type { ListConnectorsResponse__Output } from '../../proto/gen/tagsteer/v1/ListConnectorsResponse.ts'
import type { ReconcilePlan__Output } from '../../proto/gen/tagsteer/v1/ReconcilePlan.ts'
import type { ReconcileResponse__Output } from '../../proto/gen/tagsteer/v1/ReconcileResponse.ts'
import { type CommandRow, flag, type Invocation, text, texts } from '../command.ts'
import { CliError, EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { age, type Column } from '../table.ts'

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<number | undefined>>> = {
  connectors,
  plan: (invocation) => reconcile(invocation, true),
  reconcile: (invocation) => reconcile(invocation, flag(invocation.options, 'dryRun')),
  import: importCsv,
  export: exportCsv,
}

export const ipam: CommandRow = {
  usage: 'ipam <action> [target]',
  summary:
    'Reconcile addresses with external IPAMs (connectors, plan, reconcile), or import and export CSV as NetBox has it',
  options: [
    { flags: '--dry-run', description: 'tell what would be done, and do nothing (reconcile, import)' },
    {
      flags: '--take <side:address...>',
      description: 'which side wins a conflict: ours:10.0.0.7, theirs:blue/10.0.0.8 (plan, reconcile)',
    },
    { flags: '--plan <digest>', description: 'only if this is still the plan (reconcile)' },
    { flags: '--allow-vanished', description: 'also where most entries have vanished over there (reconcile)' },
    { flags: '--csv <file>', description: 'what is read or written; - is standard input or output (import, export)' },
  ],
  examples: [
    'tagsteer ipam connectors',
    'tagsteer ipam plan netbox',
    'tagsteer ipam reconcile netbox --take theirs:10.0.0.7',
    'tagsteer ipam import --csv ranges.csv --dry-run',
    'tagsteer ipam export ip-addresses --csv addresses.csv',
  ],
  async run(invocation) {
    const [word] = invocation.arguments
    const action = Object.hasOwn(ACTIONS, word!) ? ACTIONS[word!] : undefined
    if (action === undefined) throw new CliError(`tagsteer ipam takes ${Object.keys(ACTIONS).join(', ')}, not ${word}`)
    return action(invocation)
  },
}

async function connectors({ format, terminal, client }: Invocation): Promise<undefined> {
  const found = await client().call<ListConnectorsResponse__Output>('IpamService', 'listConnectors', {})
  const columns: Column<Connector__Output>[] = [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'KIND', cell: ({ kind }) => kind },
    { header: 'URL', cell: ({ url }) => url },
    { header: 'NETWORKS', cell: ({ networks }) => networks.join(',') },
    { header: 'CONFLICTS', cell: ({ conflicts }) => String(conflicts), align: 'right' },
    { header: 'FAILURES', cell: ({ failures }) => failures, align: 'right' },
    { header: 'READ', cell: ({ lastSuccess }) => (lastSuccess === null ? '' : age(lastSuccess, terminal.now())) },
    { header: 'LAST-FAILURE', cell: ({ lastFailure }) => lastFailure, wide: true },
  ]
  const items = found.connectors
  if (items.length === 0 && format !== 'json') terminal.note('no connectors are set up: see the setting ipam\n')
  terminal.out(render(format, { columns, items, single: false, name: ({ name }) => `connector/${name}` }))
  return undefined
}

interface Line {
  network: string
  address: string
  what: string
  from: string
  to: string
}

const LINES: Column<Line>[] = [
  { header: 'ADDRESS', cell: ({ address }) => address },
  { header: 'NETWORK', cell: ({ network }) => network },
  { header: 'WHAT', cell: ({ what }) => what },
  { header: 'FROM', cell: ({ from }) => from },
  { header: 'TO', cell: ({ to }) => to },
]

function linesOf({ steps, conflicts, waiting }: ReconcilePlan__Output): Line[] {
  return [
    ...steps.map(({ side, ...rest }) => ({ ...rest, what: side === 'base' ? 'agreed' : `write ${side}` })),
    ...conflicts.map(({ network, address, ours, theirs, why }) => {
      return { network, address, what: `CONFLICT (${why})`, from: `ours: ${ours}`, to: `theirs: ${theirs}` }
    }),
    ...waiting.map(({ network, address, reason }) => ({ network, address, what: 'waits', from: reason, to: '' })),
  ]
}

async function reconcile(
  { arguments: words, options, format, terminal, client }: Invocation,
  dry: boolean,
): Promise<number> {
  const [action, connector] = words
  if (connector === undefined) throw new CliError(`name the connector: tagsteer ipam ${action} NAME`)
  const choices = texts(options, 'take').map(readChoice)
  if (dry) {
    const plan = await client().call<ReconcilePlan__Output>('IpamService', 'planReconcile', { connector, choices })
    show(plan, plan)
    terminal.note(`${countsText(plan)}; plan ${plan.digest}\n`)
    return plan.stepCount + plan.conflicts.length > 0 ? EXIT.different : EXIT.ok
  }
  const request = {
    ...{ connector, choices, digest: text(options, 'plan') ?? '' },
    allowVanished: flag(options, 'allowVanished'),
  }
  const answer = await client().call<ReconcileResponse__Output>('IpamService', 'reconcile', request)
  const plan = answer.plan!
  show(plan, answer)
  for (const { network, address, side, reason } of answer.failures)
    terminal.note(`not done: ${network}/${address}, on our side or theirs (${side}): ${reason}\n`)
  const { failures, left, done } = answer
  terminal.note(`${done} done, ${failures.length} failed, ${left} left; ${plan.conflicts.length} conflicts stay\n`)
  return plan.conflicts.length + failures.length + left > 0 ? EXIT.different : EXIT.ok

  function show(its: ReconcilePlan__Output, whole: object): void {
    if (format === 'json') terminal.out(render(format, { columns: [], items: [whole], single: true }))
    else
      terminal.out(
        render(format, { columns: LINES, items: linesOf(its), single: false, name: ({ address }) => address }),
      )
  }
}

const countsText = ({
  stepCount,
  conflicts,
  waiting,
  agreed,
  outside,
  known,
  vanished,
}: ReconcilePlan__Output): string =>
  `${stepCount} steps, ${conflicts.length} conflicts, ${waiting.length} waiting; ${agreed} agreed, ${outside} in no pool, ` +
  `${vanished} of ${known} vanished`

/** `ours:10.0.0.7`, `theirs:blue/2001:db8::7`. */
function readChoice(word: string): { side: string; network: string; address: string } {
  const found = /^(ours|theirs):(?:([^/]+)\/)?([0-9a-fA-F.:]+)$/.exec(word)
  if (found === null) throw new CliError(`--take takes ours:ADDRESS or theirs:NETWORK/ADDRESS, not ${word}`)
  return { side: `SIDE_${found[1]!.toUpperCase()}`, network: found[2] ?? '', address: found[3]! }
}

async function importCsv({ arguments: words, options, format, terminal, client }: Invocation): Promise<number> {
  const file = text(options, 'csv')
  if (file === undefined) throw new CliError('name the file: tagsteer ipam import --csv FILE')
  const validateOnly = flag(options, 'dryRun')
  const request = { kind: words[1] ?? '', csv: await readFile(file, terminal), validateOnly }
  const answer = await client().call<ImportCsvResponse__Output>('IpamService', 'importCsv', request)
  const { results, conflicts, failures, agreed, outside, kind } = answer
  if (format === 'json') terminal.out(render(format, { columns: [], items: [answer], single: true }))
  else {
    const columns: Column<(typeof results)[number]>[] = [
      { header: 'NAME', cell: ({ kind: what, name }) => (what === 'address' ? name : `${what}/${name}`) },
      { header: 'OUTCOME', cell: ({ outcome }) => outcome },
    ]
    terminal.out(render(format, { columns, items: results, single: false, name: ({ name }) => name }))
  }
  for (const { network, address, ours, theirs } of conflicts)
    terminal.note(`conflict: ${network}/${address}: ours ${ours}, the file ${theirs}; ours stays\n`)
  for (const { network, address, reason } of failures) terminal.note(`not done: ${network}/${address}: ${reason}\n`)
  const dry = validateOnly ? ' (dry run)' : ''
  const others = kind === 'ip-addresses' ? `, ${agreed} as they are already, ${outside} in no pool` : ''
  terminal.note(`${results.length} taken${dry}, ${conflicts.length} conflicts, ${failures.length} failed${others}\n`)
  return conflicts.length + failures.length > 0 ? EXIT.different : EXIT.ok
}

async function exportCsv({ arguments: words, options, format, terminal, client }: Invocation): Promise<undefined> {
  const kind = words[1]
  if (kind === undefined) throw new CliError('say what: tagsteer ipam export prefixes, ip-ranges or ip-addresses')
  const { csv, lines } = await client().call<ExportCsvResponse__Output>('IpamService', 'exportCsv', { kind })
  const file = text(options, 'csv') ?? '-'
  if (file === '-') {
    terminal.out(format === 'json' ? render(format, { columns: [], items: [{ csv, lines }], single: true }) : csv)
    return undefined
  }
  try {
    writeFileSync(file, csv)
  } catch (error) {
    throw new CliError(`cannot write ${file}: ${(error as Error).message}`)
  }
  terminal.note(`${lines} lines in ${file}\n`)
  return undefined
}

async function readFile(file: string, terminal: Invocation['terminal']): Promise<string> {
  if (file === '-') return terminal.readInput()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`)
  }
}
