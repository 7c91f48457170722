/** Which record a flow is from, and since which change it is as it is. */
import type { BlamedFlow__Output } from '../../proto/gen/tagsteer/v1/BlamedFlow.ts'
import type { BlameResponse__Output } from '../../proto/gen/tagsteer/v1/BlameResponse.ts'
import { type CommandRow, text } from '../command.ts'
import { render } from '../output.ts'
import { type Column, timeText } from '../table.ts'
import { callerText, changeWords, differenceText, methodText } from './history.ts'

/** `policy/p rule 0`, `interface/web-1`, `link/port 3`. */
function causeText({ flow }: BlamedFlow__Output): string {
  const cause = flow?.cause
  if (!cause) return ''
  const rule = cause._rule === undefined ? '' : ` rule ${cause.rule}`
  return cause.name === '' ? cause.kind : `${cause.kind}/${cause.name}${rule}`
}

/** What made the flow what it is, in words. */
function reasonText(blamed: BlamedFlow__Output, oldest: string): string {
  const { basis, change, internal } = blamed
  switch (basis) {
    case 'BLAME_BASIS_CHANGE':
      return change === null ? internal || 'several changes together' : changeWords(change)
    case 'BLAME_BASIS_OLDER':
      return `no change since generation ${oldest}`
    case 'BLAME_BASIS_TOPOLOGY':
      return 'topology: ports and links as they are now'
    case 'BLAME_BASIS_PIPELINE':
      return 'pipeline: every switch has it'
    default:
      return 'last write of the record; the flow is about to come or to go'
  }
}

const madeBy = (blamed: BlamedFlow__Output): string => (blamed.caller === '' ? '' : callerText(blamed))

const columns = (oldest: string): Column<BlamedFlow__Output>[] => [
  { header: 'SINCE', cell: ({ generation }) => (generation === '0' ? '' : generation), align: 'right' },
  { header: 'TIME', cell: ({ time }) => timeText(time) },
  { header: 'BY', cell: madeBy },
  { header: 'CALL', cell: ({ method }) => methodText(method), wide: true },
  { header: 'CHANGE', cell: (item) => reasonText(item, oldest) },
  { header: 'CAUSE', cell: causeText },
  { header: 'SWITCHES', cell: ({ switches }) => switches.join(',') },
  { header: 'TABLE', cell: ({ flow }) => flow?.table ?? '' },
  { header: 'PRIORITY', cell: ({ flow }) => String(flow?.priority ?? ''), align: 'right' },
  { header: 'MATCH', cell: ({ flow }) => flow?.match || 'any' },
  { header: 'ACTIONS', cell: ({ flow }) => flow?.actions ?? '', wide: true },
]

/** One flow whole. */
function blamedText(item: BlamedFlow__Output, oldest: string): string {
  const { flow, switches, generation, change } = item
  const made = [`generation ${generation}`, timeText(item.time), madeBy(item) && `by ${madeBy(item)}`]
  const call = methodText(item.method)
  const lines = [
    `Flow:     ${flow?.text ?? ''}`,
    `Switches: ${switches.join(', ')}`,
    `Cause:    ${causeText(item)}`,
    ...(generation === '0' ? [] : [`Since:    ${[...made, call].filter((part) => part !== '').join(', ')}`]),
    `Change:   ${reasonText(item, oldest)}`,
  ]
  return `${lines.join('\n')}\n${change === null ? '' : differenceText([change])}`
}

export const blame: CommandRow = {
  usage: 'blame <flow...>',
  summary: 'Say which record a flow is from and which change made it what it is: who, when, by which call',
  options: [{ flags: '--switch <name>', description: 'only on this switch' }],
  examples: [
    'tagsteer blame 0x7a67010800001000',
    "tagsteer blame --switch s1 'table=5,priority=100,ip actions=drop'",
    'ovs-ofctl -O OpenFlow13 dump-flows s1 | grep 10.0.0.5 | head -1 | xargs -0 tagsteer blame',
  ],
  async run({ arguments: words, options, format, terminal, client }) {
    const request = { flow: words.join(' '), switch: text(options, 'switch') ?? '' }
    const answer = await client().call<BlameResponse__Output>('HistoryService', 'blame', request)
    const [first, second] = answer.flows
    const { oldest } = answer
    if (format === 'json') terminal.out(render('json', { columns: [], items: [answer], single: true }))
    else if (format === 'table' && first !== undefined && second === undefined) terminal.out(blamedText(first, oldest))
    else {
      const manifest = (item: BlamedFlow__Output) => ({
        switches: item.switches,
        flow: item.flow?.text,
        cause: causeText(item),
        generation: item.generation,
        time: timeText(item.time),
        caller: item.caller,
        method: methodText(item.method),
        change: reasonText(item, oldest),
      })
      const name = ({ generation }: BlamedFlow__Output) => generation
      terminal.out(render(format, { columns: columns(oldest), items: answer.flows, single: false, manifest, name }))
    }
    if (answer.truncated) terminal.note('there are more such flows: name a switch, or one flow\n')
    return undefined
  },
}
