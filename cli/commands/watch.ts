/** Commands about what the network does: explain, flows, tables, events, status, wait. */
import type { Event__Output } from '../../proto/gen/tagsteer/v1/Event.ts'
import type { Explanation__Output } from '../../proto/gen/tagsteer/v1/Explanation.ts'
import type { Flow__Output } from '../../proto/gen/tagsteer/v1/Flow.ts'
import type { Table__Output } from '../../proto/gen/tagsteer/v1/Table.ts'
import { type CommandRow, flag, type Invocation, text, texts } from '../command.ts'
import { explanationText } from '../explain-text.ts'
import { CliError, EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { type Column, duration, timeText } from '../table.ts'
import { appliedText, waitApplied } from './apply.ts'

export const explain: CommandRow = {
  usage: 'explain [from] [to] [packet]',
  summary: 'Say why a packet from one interface to another is allowed or denied',
  options: [
    {
      flags: '--event <sequence>',
      description: 'the packet that this event (rule-matched) tells of, by the policy of now',
    },
    { flags: '--packet <text>', description: 'the packet; as a log shows it, from and to may be left out' },
    { flags: '--expect <verdict>', description: 'allow or deny: exit 2 where the verdict is the other' },
  ],
  examples: [
    'tagsteer explain web-1 db-1 tcp/5432',
    'tagsteer explain web-1 203.0.113.7 udp/53',
    'tagsteer explain web-1 db-1 icmp --expect deny',
    'tagsteer explain --event 118',
    "tagsteer explain --packet 'tcp 10.0.0.1:40000 -> 10.0.0.2:443'",
  ],
  complete: ['interface', 'interface'],
  async run({ arguments: words, options, format, terminal, client }) {
    const expected = text(options, 'expect')
    if (expected !== undefined && expected !== 'allow' && expected !== 'deny')
      throw new CliError(`--expect takes allow or deny, not ${expected}`)
    const answer = await client().call<Explanation__Output>('FlowService', 'explain', question(words, options))
    if (format === 'json' || format === 'jsonl' || format === 'yaml')
      terminal.out(render(format, { columns: [], items: [answer], single: true }))
    else terminal.out(explanationText(answer))
    const allowed = answer.verdict === 'VERDICT_ALLOW'
    return expected !== undefined && (expected === 'allow') !== allowed ? EXIT.different : EXIT.ok
  },
}

/** What is asked: an event, or two ends and a packet, or a packet that names its ends. */
function question(words: readonly (string | undefined)[], options: Invocation['options']): object {
  const [from = '', to = '', third] = words
  const event = text(options, 'event')
  const packet = text(options, 'packet')
  if (event !== undefined) {
    if (from !== '' || packet !== undefined) throw new CliError('--event names the packet: leave the others out')
    if (!/^[1-9][0-9]{0,14}$/.test(event)) throw new CliError(`--event takes the number of an event, not ${event}`)
    return { event }
  }
  if (third !== undefined && packet !== undefined) throw new CliError('the packet is given twice')
  const said = packet ?? third ?? ''
  // One word alone may be a packet as a log shows it.
  if (to === '' && said === '' && from.includes('>')) return { packet: from }
  if (to === '' && said === '') throw new CliError('say from whom to whom, or name an --event or a --packet')
  return { from, to, packet: said }
}

const STATE: Record<string, string> = {
  FLOW_STATE_INSTALLED: 'installed',
  FLOW_STATE_PENDING: 'pending',
  FLOW_STATE_STALE: 'stale',
}

const causeText = ({ cause }: Flow__Output): string => {
  if (cause === null) return ''
  const rule = cause._rule === undefined ? '' : `#${cause.rule}`
  return cause.name === '' ? cause.kind : `${cause.kind}/${cause.name}${rule}`
}

const FLOW_COLUMNS: Column<Flow__Output>[] = [
  { header: 'TABLE', cell: ({ table: name }) => name },
  { header: 'PRIORITY', cell: ({ priority }) => String(priority), align: 'right' },
  { header: 'PACKETS', cell: ({ packets }) => packets, align: 'right' },
  { header: 'BYTES', cell: ({ bytes }) => bytes, align: 'right', wide: true },
  { header: 'AGE', cell: ({ durationSeconds }) => duration(durationSeconds), wide: true },
  { header: 'STATE', cell: ({ state }) => STATE[state] ?? '' },
  { header: 'CAUSE', cell: causeText },
  { header: 'BY', cell: ({ cause }) => cause?.caller ?? '', wide: true },
  {
    header: 'GENERATION',
    cell: ({ cause }) => (cause === null || cause.generation === '0' ? '' : cause.generation),
    wide: true,
  },
  { header: 'COOKIE', cell: ({ cookie }) => cookie, wide: true },
  { header: 'MATCH', cell: ({ match }) => match || 'any' },
  { header: 'ACTIONS', cell: ({ actions }) => actions },
]

export const flows: CommandRow = {
  usage: 'flows <switch>',
  summary: 'Show the flows of a switch with the record and rule behind each',
  options: [
    { flags: '--table <name>', description: 'only this table' },
    { flags: '--interface <name>', description: 'only flows of this interface record' },
    { flags: '--policy <name>', description: 'only flows of this policy' },
    { flags: '--vnp <name>', description: 'only flows of this partition and its policies' },
    { flags: '--cookie <hex>', description: 'only flows with this cookie' },
    { flags: '--no-stats', description: 'do not ask the switch for counters' },
  ],
  examples: [
    'tagsteer flows s1 --table ingress_tenant',
    'tagsteer flows s1 --policy db-from-web -o wide',
    'tagsteer flows s1 -o ovs | ovs-ofctl -O OpenFlow13 diff-flows br0 -',
  ],
  complete: ['switch'],
  async run({ arguments: [name], options, format, terminal, client }) {
    const request = {
      switch: name,
      table: text(options, 'table') ?? '',
      interface: text(options, 'interface') ?? '',
      policy: text(options, 'policy') ?? '',
      vnp: text(options, 'vnp') ?? '',
      cookie: text(options, 'cookie') ?? '',
      counters: options['stats'] !== false,
    }
    const items = await client().list<Flow__Output>('FlowService', 'listFlows', 'flows', request)
    if (options['output'] === 'ovs')
      terminal.out(
        items
          .filter(({ state }) => state !== 'FLOW_STATE_STALE')
          .map(({ text: line }) => `${line}\n`)
          .join(''),
      )
    else terminal.out(render(format, { columns: FLOW_COLUMNS, items, single: false, name: ({ cookie }) => cookie }))
    return undefined
  },
}

const TABLE_COLUMNS: Column<Table__Output>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'TABLE', cell: ({ id }) => String(id), align: 'right' },
  { header: 'NEXT', cell: ({ next }) => next.join(',') },
  { header: 'MISS', cell: ({ miss }) => miss },
  { header: 'PURPOSE', cell: ({ purpose }) => purpose, wide: true },
]

export const tables: CommandRow = {
  usage: 'tables',
  summary: 'List the tables of the pipeline',
  async run({ format, terminal, client }) {
    const { tables: items } = await client().call<{ tables: Table__Output[] }>('FlowService', 'listTables', {})
    terminal.out(render(format, { columns: TABLE_COLUMNS, items, single: false }))
    return undefined
  },
}

const SEVERITY = ['info', 'warning', 'alert'] as const

export const events: CommandRow = {
  usage: 'events',
  summary: 'Show what happened: switches, links, policies, alerts',
  options: [
    { flags: '-f, --follow', description: 'go on as events happen' },
    { flags: '--since <sequence>', description: 'begin with this sequence number', default: '1' },
    { flags: '--type <type...>', description: 'only events of these types' },
    { flags: '--severity <severity>', description: 'at least info, warning or alert', default: 'info' },
  ],
  examples: ['tagsteer events --follow --severity warning', 'tagsteer events --type link-down -o jsonl'],
  async run({ options, format, terminal, client }) {
    const severity = text(options, 'severity') ?? 'info'
    if (!SEVERITY.includes(severity as (typeof SEVERITY)[number]))
      throw new CliError(`--severity takes ${SEVERITY.join(', ')}, not ${severity}`)
    const request = {
      fromSequence: text(options, 'since') ?? '1',
      types: texts(options, 'type'),
      minSeverity: `SEVERITY_${severity.toUpperCase()}`,
      noFollow: !flag(options, 'follow'),
    }
    const stream = client().stream<Event__Output>('EventService', 'watchEvents', request)
    terminal.signal.addEventListener('abort', () => void stream.return(undefined), { once: true })
    for await (const event of stream) {
      if (event.lost !== '0') terminal.note(`EVENTS LOST: ${event.lost}\n`)
      terminal.out(
        format === 'table' || format === 'wide'
          ? eventLine(event)
          : render(format === 'json' ? 'jsonl' : format, { columns: [], items: [event], single: false }),
      )
    }
    return undefined
  },
}

const eventLine = (event: Event__Output): string =>
  `${timeText(event.time)}  ${event.sequence.padStart(5)}  ${event.severity.slice(9).toLowerCase().padEnd(7)}  ${event.type.padEnd(18)}  ${event.sentence}\n`

export const wait: CommandRow = {
  usage: 'wait',
  summary: 'Wait until every switch concerned enforces a generation',
  options: [
    { flags: '--generation <number>', description: 'the generation; the newest where absent', default: '0' },
    { flags: '--wait-timeout <duration>', description: 'how long to wait', default: '30s' },
  ],
  complete: ['generation'],
  async run({ options, format, terminal, client }: Invocation) {
    const status = await waitApplied(
      client(),
      text(options, 'generation') ?? '0',
      text(options, 'waitTimeout') ?? '30s',
    )
    if (format === 'json') terminal.out(render('json', { columns: [], items: [status], single: true }))
    else terminal.out(appliedText(status))
    return undefined
  },
}
