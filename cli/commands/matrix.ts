/** tagsteer matrix: who may reach whom, for every pair of some interfaces, as policy says now. */
import type { CheckTrafficResponse__Output } from '../../proto/gen/tagsteer/v1/CheckTrafficResponse.ts'
import type { Interface__Output } from '../../proto/gen/tagsteer/v1/Interface.ts'
import { type CommandRow, text, texts } from '../command.ts'
import { tagFromText } from '../convert.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import { table } from '../table.ts'

/** Interfaces shown at most: their pairs are one question each, and a wider table reads badly. */
const MOST = 100

interface Pair {
  from: string
  to: string
  verdict: 'allow' | 'deny' | 'reject'
  decidedBy: string
}

const SIGN = { allow: 'yes', deny: '-', reject: 'reject' } as const

export const matrix: CommandRow = {
  usage: 'matrix [packet]',
  summary: 'Show who may reach whom, for every pair of interfaces',
  options: [
    { flags: '--vnp <name>', description: 'only members of this partition' },
    { flags: '-l, --selector <tag...>', description: 'only interfaces with all of these tags' },
  ],
  examples: [
    'tagsteer matrix tcp/5432',
    'tagsteer matrix icmp --vnp red',
    'tagsteer matrix tcp/443 -l app=web -o json',
  ],
  async run({ arguments: [packet = ''], options, format, terminal, client }) {
    const interfaces = await client().list<Interface__Output>('InterfaceService', 'listInterfaces', 'interfaces', {
      vnp: text(options, 'vnp') ?? '',
      selector: { allOf: texts(options, 'selector').map(tagFromText) },
    })
    const names = interfaces.map(({ name }) => name)
    if (names.length > MOST)
      throw new CliError(
        `${names.length} interfaces are too many for a matrix of at most ${MOST}: narrow it with --vnp or -l`,
      )
    const ends = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })))
    const questions = ends.map((each) => ({ ...each, packet }))
    const { answers } = await client().call<CheckTrafficResponse__Output>('PolicyService', 'checkTraffic', {
      questions,
    })
    const pairs = ends.map(({ from, to }, index): Pair => {
      const { allow, rejected, decidedBy } = answers[index]!
      return { from, to, verdict: allow ? 'allow' : rejected ? 'reject' : 'deny', decidedBy }
    })
    if (format !== 'table' && format !== 'wide') {
      terminal.out(
        render(format, { columns: [], items: pairs, single: false, name: ({ from, to }) => `${from}/${to}` }),
      )
      return undefined
    }
    const sign = new Map(pairs.map(({ from, to, verdict }) => [`${from} ${to}`, SIGN[verdict]]))
    const columns = [
      { header: 'FROM', cell: (from: string) => from },
      ...names.map((to) => ({ header: to, cell: (from: string) => sign.get(`${from} ${to}`) ?? '.' })),
    ]
    terminal.out(`${table(columns, names, false).join('\n')}\n`)
    return undefined
  },
}
