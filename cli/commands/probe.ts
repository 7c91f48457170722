/** `tagsteer probe`: which identity is written where a packet comes in, and which is read where it comes out. */
import type { ProbeHop__Output } from '../../proto/gen/tagsteer/v1/ProbeHop.ts'
import type { ProbeReport__Output } from '../../proto/gen/tagsteer/v1/ProbeReport.ts'
import type { ProbeTag__Output } from '../../proto/gen/tagsteer/v1/ProbeTag.ts'
import { type CommandRow, flag } from '../command.ts'
import { CliError, EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { type Column, timeText } from '../table.ts'

const word = (text: string, prefix: string): string => text.slice(prefix.length).toLowerCase().replaceAll('_', ' ')
const carrierWord = (carrier: string): string => word(carrier, 'CARRIER_')
const tagWords = (tag: ProbeTag__Output | null): string =>
  tag === null ? 'nothing' : `${tag.identity} (${carrierWord(tag.carrier)})`

const COLUMNS: Column<ProbeReport__Output>[] = [
  { header: 'TIME', cell: ({ time }) => timeText(time) },
  { header: 'FROM', cell: ({ from }) => from },
  { header: 'TO', cell: ({ to }) => to },
  { header: 'CARRIER', cell: ({ carrier }) => carrierWord(carrier) },
  { header: 'WRITTEN', cell: ({ written }) => (written === null ? '' : String(written.identity)), align: 'right' },
  { header: 'READ', cell: (row) => (row._read === undefined ? '' : String(row.read)), align: 'right' },
  { header: 'OUTCOME', cell: ({ outcome }) => word(outcome, 'PROBE_OUTCOME_') },
  { header: 'MS', cell: ({ arrived, milliseconds }) => (arrived > 0 ? milliseconds.toFixed(1) : ''), align: 'right' },
  { header: 'HEALTHY', cell: ({ healthy }) => (healthy ? 'yes' : 'no') },
  { header: 'SUMMARY', cell: ({ summary }) => summary },
]

/** Ports by which it came and left, and what it carried then. */
function hopLine(hop: ProbeHop__Output): string {
  const port = (name: string, number: number): string => name || (number > 0 ? String(number) : '?')
  const { inPort, inPortName, outPort, outPortName, arrived, left, stages } = hop
  const tags = [arrived && `came with ${tagWords(arrived)}`, left && `left with ${tagWords(left)}`].filter(Boolean)
  const ports = `${port(inPortName, inPort)} -> ${port(outPortName, outPort)}`
  const last = stages.at(-1) ?? ''
  return `  ${hop.switch || hop.datapathId}: ${ports}${tags.length > 0 ? `, ${tags.join(', ')}` : ''}, seen up to ${last}\n`
}

function reportText(report: ProbeReport__Output): string {
  const { carrier, written, carried, senderIdentity, sent, arrived, permitted, decidedBy, generation } = report
  const network = report.router === '' ? report.network : `${report.network} to ${report.toNetwork} by ${report.router}`
  const isHere = report.hops.length < 2 && report.outcome === 'PROBE_OUTCOME_DELIVERED'
  const parts = [
    `expected ${senderIdentity}`,
    ...(isHere || carrier === 'CARRIER_ADDRESS' ? [] : [`written ${tagWords(written)}`, `came ${tagWords(carried)}`]),
    `read ${report._read === undefined ? 'nowhere' : report.read}`,
  ]
  const lines = [
    report.summary,
    `packet:   ${report.packet} (network ${network}, generation ${generation})`,
    `policy:   ${permitted ? 'permits it' : 'does not permit it'} (${decidedBy})`,
    `identity: ${parts.join(', ')}${carrier === 'CARRIER_ADDRESS' && !isHere ? ', known by address' : ''}`,
    `packets:  ${sent} sent, ${arrived} arrived`,
    'path:',
  ]
  return `${lines.join('\n')}\n${report.hops.map(hopLine).join('')}`
}

export const probe: CommandRow = {
  usage: 'probe [from] [to] [packet]',
  summary:
    'Send a packet from one interface for another through the tables and say which identity was written and read; exit 2 if they differ, or if it fares otherwise than policy says',
  options: [
    { flags: '--watch', description: 'show every probe that is over from now on, those of the sampler included' },
    { flags: '--faults', description: 'with --watch, only those that show a fault' },
  ],
  examples: [
    'tagsteer probe web-1 db-1 tcp/5432',
    'tagsteer probe web-1 db-1 udp/53 -o json',
    'tagsteer probe --watch --faults',
  ],
  complete: ['interface', 'interface'],
  async run({ arguments: [from, to, packet], options, format, terminal, client }) {
    const print = (report: ProbeReport__Output): void =>
      terminal.out(
        format === 'table' && !flag(options, 'watch')
          ? reportText(report)
          : render(format, { columns: COLUMNS, items: [report], single: true, name: ({ summary }) => summary }),
      )
    if (flag(options, 'watch')) {
      if (from !== undefined) throw new CliError('--watch shows all probes: leave the interfaces out')
      const asked = { faults: flag(options, 'faults') }
      for await (const report of client().stream<ProbeReport__Output>('ProbeService', 'watch', asked)) print(report)
      return EXIT.ok
    }
    if (from === undefined || to === undefined) throw new CliError('say from which interface to which, or --watch')
    const report = await client().call<ProbeReport__Output>('ProbeService', 'probe', { from, to, packet: packet ?? '' })
    print(report)
    return report.healthy ? EXIT.ok : EXIT.different
  },
}
