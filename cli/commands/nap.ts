/** tagsteer nap: how full pools are, and which one a profile would get. */
import type { NapScore__Output } from '../../proto/gen/tagsteer/v1/NapScore.ts'
import type { NapUtilisation__Output } from '../../proto/gen/tagsteer/v1/NapUtilisation.ts'
import type { SelectNapResponse__Output } from '../../proto/gen/tagsteer/v1/SelectNapResponse.ts'
import type { Utilisation__Output } from '../../proto/gen/tagsteer/v1/Utilisation.ts'
import { type CommandRow, type Invocation, text } from '../command.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import type { Column } from '../table.ts'

const STATES = ['free', 'held', 'standby', 'cooling', 'fixed', 'excluded'] as const

const USAGE: Column<NapUtilisation__Output>[] = [
  { header: 'NAP', cell: ({ nap }) => nap },
  { header: 'NETWORK', cell: ({ network }) => network },
  { header: 'SIZE', cell: ({ size }) => size, align: 'right' },
  ...STATES.map((state): Column<NapUtilisation__Output> => {
    return { header: state.toUpperCase(), cell: (its) => its[state], align: 'right' }
  }),
  { header: 'FILL', cell: (its) => bar(its.used, its.watermarks?.low ?? 0, its.watermarks?.high ?? 1) },
  { header: 'USED', cell: ({ used }) => `${(used * 100).toFixed(1)}%`, align: 'right' },
  { header: 'PRESSURE', cell: ({ pressure }) => pressure.slice('PRESSURE_'.length).toLowerCase() },
]

/** Cells of a bar. */
const BAR = 20

/** `[######----|----|---]`: used, and where the watermarks are; a mark that is passed is not shown. */
export function bar(used: number, low: number, high: number): string {
  // Nothing but all is full, and nothing but none is empty.
  const full = used >= 1 ? BAR : used <= 0 ? 0 : Math.min(BAR - 1, Math.max(1, Math.round(used * BAR)))
  const marks = [low, high].flatMap((share) => (share > 0 && share < 1 ? [Math.round(share * BAR)] : []))
  const cells = Array.from({ length: BAR }, (_, at) => (at < full ? '#' : marks.includes(at) ? '|' : '-'))
  return `[${cells.join('')}]`
}

const points = (value: number): string => value.toFixed(1)

const SCORES: Column<NapScore__Output>[] = [
  { header: 'NAP', cell: ({ nap }) => nap },
  { header: 'SCORE', cell: ({ score }) => points(score), align: 'right' },
  ...(['application', 'volume', 'security', 'region'] as const).map((part): Column<NapScore__Output> => {
    return { header: part.toUpperCase(), cell: ({ parts }) => points(parts?.[part] ?? 0), align: 'right' }
  }),
  { header: 'LEFT-OUT', cell: ({ leftOut }) => leftOut },
]

export const nap: CommandRow = {
  usage: 'nap <action> [name]',
  summary: 'Show how full network address pools are (usage), or which one a profile would get (select)',
  options: [
    { flags: '--network <name>', description: 'whose pools are asked about (select)', default: 'default' },
    { flags: '--profile <name>', description: 'whose behaviour counts; nothing is known of it where absent (select)' },
  ],
  examples: ['tagsteer nap usage', 'tagsteer nap usage web-pool -o json', 'tagsteer nap select --profile web'],
  async run(invocation) {
    const [action] = invocation.arguments
    if (action === 'usage') return usage(invocation)
    if (action === 'select') return select(invocation)
    throw new CliError(`tagsteer nap takes usage or select, not ${action}; records: tagsteer get naps`)
  },
}

async function usage({ arguments: [, name = ''], format, terminal, client }: Invocation): Promise<undefined> {
  const { naps } = await client().call<Utilisation__Output>('NapService', 'getUtilisation', { nap: name })
  if (naps.length === 0 && format !== 'json') terminal.note('no naps found\n')
  terminal.out(render(format, { columns: USAGE, items: naps, single: name !== '', name: (its) => `nap/${its.nap}` }))
  return undefined
}

async function select({ options, format, terminal, client }: Invocation): Promise<undefined> {
  const request = { network: text(options, 'network'), profile: text(options, 'profile') ?? '' }
  const answer = await client().call<SelectNapResponse__Output>('LeaseService', 'selectNap', request)
  if (format === 'json') terminal.out(render(format, { columns: [], items: [answer], single: true }))
  else {
    terminal.out(
      render(format, { columns: SCORES, items: answer.scores, single: false, name: (its) => `nap/${its.nap}` }),
    )
    terminal.note(answer.nap === '' ? 'no NAP can be chosen\n' : `${answer.nap} would be chosen\n`)
  }
  return undefined
}
